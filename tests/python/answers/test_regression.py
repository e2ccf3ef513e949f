"""Regression, against rational arithmetic and the certified values of NIST."""

import decimal
import math
import pickle
import random
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa
import pytest

import colstats as cs
from support.exact import nist, regression, samples
from support.exact.elimination import Collinear
from support.fits import assert_equal
from support.weighing import TYPES, WEIGHTS, with_gaps

#: Pairs, tables of several regressors, polynomials, and fits with weights: 8,900 together.
PAIRS, TABLES, POLYNOMIALS, WEIGHTED = 4_000, 1_600, 800, 2_500


def compare(ask: Callable[[], cs.Fit], expect: Callable[[], regression.Fit | None]) -> bool:
    """Compare an answer with that of the oracle; whether there is one."""
    try:
        expected = expect()
    except Collinear:
        with pytest.raises(ValueError, match=r"is (a linear combination of|constant|zero)"):
            ask()
        return False
    if expected is None:
        with pytest.raises(ValueError, match=r"coefficients? needs? as many rows, and there"):
            ask()
        return False
    assert_equal(ask(), expected)
    return True


def test_generated_lines_equal_the_oracle() -> None:
    answered = 0
    for place, (_, x, y) in enumerate(samples.pairs(PAIRS, seed=11)):
        for intercept in (True, False) if place % 4 == 0 else (True,):
            answered += compare(
                lambda x=x, y=y, i=intercept: cs.linear_fit(pa.array(x), pa.array(y), intercept=i),
                lambda x=x, y=y, i=intercept: regression.ols(y, [x], intercept=i),
            )
    assert answered > PAIRS / 2


def test_generated_tables_equal_the_oracle() -> None:
    """Several regressors of different kinds, some of them combinations of others."""
    source, kinds, answered = random.Random(12), list(samples.KINDS.values()), 0
    for place in range(TABLES):
        rows, count = source.choice((4, 5, 8, 16)), source.choice((2, 2, 3))
        kind = kinds[place % len(kinds)]
        x = [kind(source, rows) for _ in range(count)]
        if place % 7 == 0:
            x[-1] = [-one for one in x[0]]
        y = samples.related(source, x[0], place % 4)
        columns = {f"x{at}": pa.array(column) for at, column in enumerate(x)}
        table = pa.table(columns | {"y": pa.array(y)})
        answered += compare(
            lambda table=table, count=count: cs.ols(
                table, y="y", x=[f"x{at}" for at in range(count)]
            ),
            lambda x=x, y=y: regression.ols(y, x),
        )
    assert answered > TABLES / 2


def test_generated_polynomials_equal_the_oracle() -> None:
    source, answered = random.Random(13), 0
    for _, x, y in samples.pairs(POLYNOMIALS, rows=9, seed=14):
        degree, intercept = source.choice((2, 2, 3, 4)), source.random() < 0.7
        answered += compare(
            lambda x=x, y=y, d=degree, i=intercept: cs.ols(
                {"x": x, "y": y}, y="y", x="x", degree=d, intercept=i
            ),
            lambda x=x, y=y, d=degree, i=intercept: regression.ols(y, [x], degree=d, intercept=i),
        )
    assert answered > POLYNOMIALS / 2


def test_generated_weights_equal_the_oracle() -> None:
    """Lines and polynomials with ten kinds of weights, some of them zero or null."""
    source, answered = random.Random(15), 0
    for place, (_, x, y) in enumerate(samples.pairs(WEIGHTED, seed=16)):
        name = list(WEIGHTS)[place % len(WEIGHTS)]
        plain = WEIGHTS[name](source, len(x))
        w = pa.array(with_gaps(source, plain, type(plain[0])(0), None), TYPES.get(name))
        degree, intercept = source.choice((1, 1, 1, 2, 3)), source.random() < 0.8
        options = {"degree": degree, "intercept": intercept}
        answered += compare(
            lambda x=x, y=y, w=w, o=options: cs.ols(
                pa.table({"x": x, "y": y, "w": w}), y="y", x="x", weights="w", **o
            ),
            lambda x=x, y=y, w=w, o=options: regression.ols(y, [x], weights=w.to_pylist(), **o),
        )
    assert answered > WEIGHTED / 2


def table_of(rows: list[tuple[str, ...]], convert: Callable[[str], Any]) -> Any:
    """Return the columns of a set of NIST: y, x0, x1, ..."""
    y, *x = ([convert(value) for value in column] for column in zip(*rows, strict=True))
    return {"y": y} | {f"x{at}": column for at, column in enumerate(x)}


def decimals(rows: list[tuple[str, ...]]) -> Any:
    """Return the columns of a set of NIST as decimal128."""
    columns = table_of(rows, Decimal)
    return pa.table({name: pa.array(values) for name, values in columns.items()})


def certified_digits(found: float | None, certified: str) -> float:
    """Return how many digits agree, as NIST counts them: 15 at most."""
    assert found is not None
    exact = Decimal(certified)
    error = abs(Decimal(found) - exact)
    if error == 0:
        return 15
    return min(15.0, -float((error / abs(exact) if exact else error).log10()))


@pytest.mark.parametrize("name", nist.REGRESSIONS)
def test_nist_as_decimals(name: str) -> None:
    published = nist.regression(name)
    table = decimals(published.rows)
    assert pa.types.is_decimal128(table["y"].type)
    x = [column for column in table.column_names if column != "y"]
    fit = cs.ols(table, y="y", x=x, degree=published.degree, intercept=published.intercept)
    pairs = [
        *zip(fit.coefficients.values(), published.coefficients, strict=True),
        *zip(fit.standard_errors.values(), published.standard_errors, strict=True),
        (fit.r2, published.r2),
        (fit.residual_stddev, published.residual_stddev),
        (fit.f, published.f),
        (fit.sums_of_squares[0], published.regression_sum),
        (fit.sums_of_squares[1], published.residual_sum),
    ]
    # The doubles that are nearest to 15 certified digits differ by up to half a unit of the last.
    for found, certified in pairs:
        if certified is not None:
            assert certified_digits(found, certified) >= 14.3, (found, certified)


@pytest.mark.parametrize("name", nist.REGRESSIONS)
def test_nist_as_doubles(name: str) -> None:
    """The doubles next to the data are other data: the answer is that of the oracle."""
    published = nist.regression(name)
    columns = table_of(published.rows, float)
    y, *x = columns.values()
    expected = regression.ols(y, x, degree=published.degree, intercept=published.intercept)
    assert expected is not None
    for chunks in (1, 5):
        table = pa.table(columns)
        cut = -(-len(y) // chunks)
        parts = [table.slice(at, cut) for at in range(0, len(y), cut)]
        fit = cs.ols(
            pa.concat_tables(parts),
            y=0,
            x=list(columns)[1:],
            degree=published.degree,
            intercept=published.intercept,
        )
        assert_equal(fit, expected)


@pytest.mark.parametrize("chunk", [7, 1000, 1024, 1500])
def test_the_bits_do_not_depend_on_chunks_order_or_threads(chunk: int) -> None:
    rng = np.random.default_rng(2)
    size = 200_000
    x, z = rng.normal(1e6, 1, size), rng.lognormal(0, 4, size)
    y = 3 * x - z + rng.normal(0, 1, size)
    order = rng.permutation(size)
    shuffled = {"x": x[order], "y": y[order], "z": z[order]}
    cut = {
        name: pa.chunked_array(
            [values[at : at + chunk] for at in range(0, min(size, 300 * chunk), chunk)]
            + [values[300 * chunk :]] * (size > 300 * chunk)
        )
        for name, values in {"x": x, "y": y, "z": z}.items()
    }
    for degree in (1, 2):
        expected = cs.ols({"x": x, "y": y, "z": z}, y="y", x=["x", "z"], degree=degree)
        for threads in (1, 2):
            found = cs.ols(pa.table(cut), y="y", x=["x", "z"], degree=degree, threads=threads)
            assert found == expected
        assert cs.ols(shuffled, y="y", x=["x", "z"], degree=degree) == expected


def test_high_powers_on_several_threads() -> None:
    x = np.arange(150_000) % 97 / 8
    y = x**3 - 2 * x
    cut = pa.chunked_array([x[:70_001], x[70_001:]])
    expected = cs.ols({"x": x, "y": y}, y="y", x="x", degree=3, threads=1)
    assert cs.ols({"x": cut, "y": y}, y="y", x="x", degree=3, threads=2) == expected
    assert list(expected.coefficients.values()) == [0, -2, 0, 1]
    assert expected.r2 == 1


def test_every_type_of_numbers() -> None:
    x, y = [3, 0, 1, 2, 7, 7], [1, 0, 1, 1, 0, 0]
    expected = cs.linear_fit(x, y)
    kinds: dict[str, Any] = {
        "float32": pa.array(x, pa.float32()),
        "uint64": pa.array(x, pa.uint64()),
        "decimal": pa.array([Decimal(value) for value in x], pa.decimal128(38, 5)),
        "wide": pa.array([Decimal(value) for value in x], pa.decimal256(76, 20)),
        "dictionary": pa.array(x).dictionary_encode(),
        "strided": np.repeat(np.array(x, np.float64), 3)[::3],
        "polars": pl.Series("n", x),
    }
    for kind in kinds.values():
        assert cs.linear_fit(kind, pa.array([value == 1 for value in y])) == expected
        assert cs.Column(kind).linear_fit(y) == expected
    assert_equal(expected, oracle_of(x, y))


def oracle_of(x: list[Any], y: list[Any], **options: Any) -> regression.Fit:
    fit = regression.ols(y, [x], **options)
    assert fit is not None
    return fit


def test_decimals_of_different_scales() -> None:
    source = random.Random(15)
    context = decimal.Context(prec=60)
    for _ in range(100):
        x = [Decimal(source.randint(-(10**20), 10**20)).scaleb(-7, context) for _ in range(6)]
        y = [Decimal(source.randint(-(10**37), 10**37)).scaleb(-30, context) for _ in range(6)]
        columns = pa.table({"x": pa.array(x), "y": pa.array(y)})
        for degree in (1, 2, 3):
            fit = cs.ols(columns, y="y", x="x", degree=degree)
            assert_equal(fit, oracle_of(x, y, degree=degree))


def test_wide_integers_keep_all_digits() -> None:
    source = random.Random(16)
    x = [source.randint(-(2**63), 2**63 - 1) for _ in range(40)]
    y = [source.randint(2**63 - 5, 2**63 - 1) for _ in range(40)]
    assert_equal(cs.linear_fit(x, y), oracle_of(x, y))


def test_rows_with_nulls_and_nans_are_left_out() -> None:
    source = random.Random(17)
    for _, left, right in samples.pairs(300, rows=12, seed=18):
        x = [source.choice((value, value, value, None, math.nan)) for value in left]
        y = [source.choice((value, value, value, None)) for value in right]
        compare(
            lambda x=x, y=y: cs.linear_fit(pa.array(x), pa.array(y), skip_nans=True),
            lambda x=x, y=y: regression.ols(y, [x], skip_nans=True),
        )


def test_an_exact_line_leaves_nothing() -> None:
    fit = cs.linear_fit([1e300, 2e300, 4e300], [1, 2, 4])
    assert fit.sums_of_squares[1] == 0 or fit.r2 == 1
    fit = cs.linear_fit([1, 2, 4], [3, 5, 9])
    assert (fit["intercept"], fit["slope"], fit.r2, fit.f) == (1, 2, 1, math.inf)
    assert (fit.residual_stddev, fit.standard_errors["slope"]) == (0, 0)
    two = cs.linear_fit([1, 2], [3, 5])
    assert (two.residual_stddev, two.f, two.degrees_of_freedom) == (None, None, 0)
    assert two.standard_errors == {"intercept": None, "slope": None}
    constant = cs.linear_fit([1, 2, 3], [5, 5, 5])
    assert math.isnan(constant.r2)
    assert math.isnan(constant.f or 0)


def test_the_order_is_x_then_y() -> None:
    assert cs.linear_fit([0, 1, 2], [5, 15, 25])["slope"] == 10
    assert cs.linear_fit([0, 1, 2], [5, 15, 25])["intercept"] == 5


def test_numpy_has_fewer_digits() -> None:
    """Of Filip's polynomial, `numpy.linalg.lstsq` finds none of the coefficients."""
    published = nist.regression("Filip")
    columns = table_of(published.rows, float)
    design = np.vander(np.array(columns["x0"]), 11, increasing=True)
    theirs = np.linalg.lstsq(design, np.array(columns["y"]), rcond=None)[0]
    assert certified_digits(float(theirs[1]), published.coefficients[1]) < 1
    ours = cs.ols(columns, y="y", x="x0", degree=10)
    assert certified_digits(ours["x0"], published.coefficients[1]) > 13.5


def test_a_fit_reads_as_a_table() -> None:
    table = pa.table({"a": [0, 1, 2, 3], "b\n": [1, 0, 0, 1], "y": [1.0, 3.0, 5.5, 7.0]})
    fit = cs.ols(table, y="y", x=["a", "b\n"])
    assert cs.Table(table).ols(y="y", x=[0, 1]) == fit
    exported = pa.table(fit)
    assert exported["term"].to_pylist() == ["intercept", "a", "b\n"]
    assert exported["coefficient"].to_pylist() == list(fit.coefficients.values())
    assert exported["standard_error"].to_pylist() == list(fit.standard_errors.values())
    assert pl.DataFrame(fit).columns == ["term", "coefficient", "standard_error"]
    assert "b\\n" in repr(fit)
    assert "4 rows, 1 degree of freedom" in repr(fit)
    assert pickle.loads(pickle.dumps(fit)) == fit
    with pytest.raises(KeyError, match=r"no term 'c'; there are: "):
        fit["c"]


TABLE = {"a": [1, 2, 3, 4], "b": [2, 4, 6, 8], "c": [1, 1, 1, 1], "y": [1.0, 5.0, 2.0, 2.0]}
NAN = {"a": [1.0, 2.0, math.nan, 4.0], "y": [None, 1.0, 2.0, 3.0], "i": [1.0, 2.0, 3.0, math.inf]}


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: cs.linear_fit([1, 2], [1]), ValueError, "x has 2 rows and y has 1: they must be"),
        (
            lambda: cs.ols(TABLE, y="y", x=["a", "b"]),
            ValueError,
            'regressor "b" is a linear combination of "a": leave it out',
        ),
        (
            lambda: cs.ols(TABLE, y="y", x=["a", "c"]),
            ValueError,
            'regressor "c" is constant, as the intercept is: leave it out',
        ),
        (
            lambda: cs.ols(
                {"a": [1, 2, 3, 5], "b": [3, 5, 7, 11], "y": [1, 2, 1, 1]}, y="y", x="ab"
            ),
            KeyError,
            'no column "ab"',
        ),
        (
            lambda: cs.ols(
                {"a": [1, 2, 3, 5], "b": [3, 5, 7, 11], "y": [1, 2, 1, 1]}, y="y", x=["a", "b"]
            ),
            ValueError,
            r'regressor "b" is a linear combination of "a" \(and the intercept\): leave it out',
        ),
        (
            lambda: cs.ols({"x": [1, 2, 1, 2], "y": [1, 2, 3, 4]}, y="y", x="x", degree=3),
            ValueError,
            r'regressor "x\^2" is a linear combination of "x" \(and the intercept\)',
        ),
        (
            lambda: cs.linear_fit([0, 0, 0], [1, 2, 3], intercept=False),
            ValueError,
            'regressor "x" is zero in all rows: leave it out',
        ),
        (
            lambda: cs.ols(NAN, y="y", x="a"),
            ValueError,
            'column "a": row 2 is NaN: skip_nans=True leaves such rows out',
        ),
        (
            lambda: cs.ols(NAN, y="y", x="i", skip_nans=True),
            ValueError,
            'column "i": row 3 is infinite: leave such rows out',
        ),
        (
            lambda: cs.ols(NAN, y="y", x="a", skip_nans=True, skip_nulls=False),
            ValueError,
            'column "y": row 0 is null: skip_nulls=True leaves such rows out',
        ),
        (
            lambda: cs.linear_fit(NAN["a"], NAN["i"]),
            ValueError,
            'column "x": row 2 is NaN',
        ),
        (
            lambda: cs.linear_fit([1.0, None], [1, 2]),
            ValueError,
            "2 coefficients need as many rows, and there is 1 without null or NaN, and 1 with one",
        ),
        (
            lambda: cs.linear_fit([], []),
            ValueError,
            "2 coefficients need as many rows, and there are 0",
        ),
        (
            lambda: cs.linear_fit(TABLE, [1]),
            TypeError,
            r"x is a table \(dict\), not one column: ols",
        ),
        (
            lambda: cs.linear_fit([1], pa.array(["x"])),
            TypeError,
            "y is string: a fit needs numbers",
        ),
        (
            lambda: cs.ols([1, 2], y="y", x="x"),
            TypeError,
            "ols takes a table, and list is one column",
        ),
        (lambda: cs.ols(TABLE, y="z", x="a"), KeyError, 'no column "z"'),
        (lambda: cs.ols(TABLE, y="y", x=[]), None, ""),
        (
            lambda: cs.ols(TABLE, y="y", x=[], intercept=False),
            ValueError,
            "x takes the name of at least one regressor",
        ),
        (
            lambda: cs.ols(TABLE, y="y", x=["a", "a"]),
            ValueError,
            'two terms would be called "a": name each regressor once',
        ),
        (
            lambda: cs.ols({"intercept": [1, 2], "y": [1, 2]}, y="y", x="intercept"),
            ValueError,
            'column "intercept" has the name of the constant term: rename it',
        ),
        (
            lambda: cs.ols(TABLE, y="y", x="a", degree=0),
            ValueError,
            "degree must be from 1 to 32, got 0",
        ),
        (lambda: cs.ols(TABLE, y="y", x="a", degree=1.5), TypeError, "degree must be an int"),
        (lambda: cs.ols(TABLE, y="y", x="a", intercept=1), TypeError, "intercept must be a bool"),
        (lambda: cs.ols(TABLE, y=1.5, x="a"), TypeError, "y names a column by a str or an int"),
        (lambda: cs.ols(TABLE, y="y", x=3.5), TypeError, "x takes a name or a list of names"),
        (
            lambda: cs.ols(pa.table({"a": [1], "y": ["x"]}), y="y", x="a"),
            TypeError,
            'column "y" is string: a fit needs numbers',
        ),
    ],
)
def test_refusals(call: Any, error: type[Exception] | None, message: str) -> None:
    if error is None:
        assert list(call().coefficients) == ["intercept"]
        return
    with pytest.raises(error, match=message):
        call()


def test_a_constant_alone_is_the_mean() -> None:
    fit = cs.ols(TABLE, y="y", x=[])
    assert fit.coefficients == {"intercept": 2.5}
    assert fit.f is None
    assert fit.residual_stddev == cs.stddev(TABLE["y"], ddof=1)
    assert fit.standard_errors["intercept"] == cs.sem(TABLE["y"])
    assert Fraction(fit.sums_of_squares[1]) == 9
