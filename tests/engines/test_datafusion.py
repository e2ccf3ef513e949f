"""The aggregates that colstats adds to DataFusion give the bits of colstats, however it groups."""

import math
from pathlib import Path

import datafusion
import numpy as np
import pyarrow as pa
import pytest

import colstats as cs
from colstats import datafusion as cs_datafusion
from support.pages import DOCS, run


@pytest.fixture(scope="module")
def table() -> pa.Table:
    rng = np.random.default_rng(7)
    values = np.ldexp(rng.normal(size=20_000), rng.integers(-40, 40, 20_000))
    missing = rng.random(20_000) < 0.1
    return pa.table(
        {
            "x": pa.array(values, mask=missing),
            "n": pa.array(rng.integers(-(2**62), 2**62, 20_000), mask=missing),
            "k": rng.integers(0, 50, 20_000),
            "t": pa.array(rng.integers(0, 10**15, 20_000), pa.timestamp("us")),
            "d": pa.array(rng.integers(0, 10**9, 20_000), pa.int64()).cast(pa.decimal128(19, 0)),
        }
    )


@pytest.fixture
def context(table: pa.Table) -> datafusion.SessionContext:
    context = datafusion.SessionContext(datafusion.SessionConfig().with_target_partitions(4))
    context.register_record_batches("t", [table.to_batches(max_chunksize=1000)])
    cs_datafusion.register(context, "float64", "int64", pa.timestamp("us"), pa.decimal128(19, 0))
    return context


def rows(context: datafusion.SessionContext, query: str) -> list[dict[str, object]]:
    return pa.Table.from_batches(context.sql(query).collect()).to_pylist()


@pytest.mark.parametrize("statistic", ["sum", "mean", "variance", "stddev"])
@pytest.mark.parametrize(("column", "kind"), [("x", "float64"), ("n", "int64")])
def test_answers_have_the_bits_of_colstats(
    context: datafusion.SessionContext, table: pa.Table, statistic: str, column: str, kind: str
) -> None:
    (found,) = rows(context, f"select cs_{statistic}_{kind}({column}) as y from t")
    expected = getattr(cs, statistic)(table[column])
    assert found["y"] == expected
    grouped = rows(context, f"select k, cs_{statistic}_{kind}({column}) as y from t group by k")
    states = cs.moments(table.select([column, "k"]), by="k")
    by_key = pa.table(getattr(states, statistic)())[column].to_pylist()
    keys = pa.table(states.keys())["k"].to_pylist()
    assert {row["k"]: row["y"] for row in grouped} == dict(zip(keys, by_key, strict=True))


def test_times_and_decimals(context: datafusion.SessionContext, table: pa.Table) -> None:
    query = "select cs_mean_timestamp_us(t) as t, cs_stddev_decimal128_19_0(d) as d from t"
    assert rows(context, query) == [{"t": cs.mean(table["t"]), "d": cs.stddev(table["d"])}]


def test_states_merge_there_and_here(context: datafusion.SessionContext, table: pa.Table) -> None:
    expected = cs.moments(table["x"]).to_bytes()
    parts = "select k, cs_state_float64(x) as s from t group by k"
    assert rows(context, f"select cs_merge(s) as s from ({parts})") == [{"s": expected}]
    states = [cs.Moments.from_bytes(row["s"]) for row in rows(context, parts)]
    assert sum(states[1:], states[0]).to_bytes() == expected


def test_no_rows_nulls_and_special_values(context: datafusion.SessionContext) -> None:
    (none,) = rows(
        context, "select cs_mean_float64(x) as m, cs_sum_int64(n) as s from t where k < 0"
    )
    assert none == {"m": None, "s": None}
    values = [math.nan, None, math.inf]
    context.register_record_batches("v", [pa.table({"x": values}).to_batches()])
    (special,) = rows(context, "select cs_mean_float64(x) as m from v")
    assert math.isnan(special["m"])
    (filtered,) = rows(context, "select cs_mean_float64(x) filter (where k = 3) as m from t")
    (again,) = rows(context, "select cs_mean_float64(x) as m from t where k = 3")
    assert filtered == again


def test_growing_windows_are_exact_and_sliding_ones_are_refused(
    context: datafusion.SessionContext,
) -> None:
    context.register_record_batches("w", [pa.table({"x": [1e16, 1.0, -1e16]}).to_batches()])
    found = rows(context, "select cs_sum_float64(x) over (order by x desc) as s from w")
    assert [row["s"] for row in found] == [1e16, 1e16 + 1.0, 1.0]
    sliding = "select cs_sum_float64(x) over (order by x rows 1 preceding) from w"
    with pytest.raises(Exception, match="retract_batch"):
        context.sql(sliding).collect()


def test_options_and_names(context: datafusion.SessionContext) -> None:
    sample = cs_datafusion.udaf("stddev", "float64", ddof=1, name="sample")
    context.register_udaf(sample)
    context.register_record_batches("o", [pa.table({"x": [1.0, 2.0]}).to_batches()])
    assert rows(context, "select sample(x) as s from o") == [{"s": 0.5**0.5}]
    with pytest.raises(ValueError, match="there is no function for 'median', but for sum, mean"):
        cs_datafusion.udaf("median", "float64")
    with pytest.raises(TypeError, match="points in time cannot be added"):
        cs_datafusion.udaf("sum", pa.timestamp("us"))
    with pytest.raises(ValueError, match="ddof"):
        cs_datafusion.udaf("stddev", "float64", ddof=-1)


def test_damaged_states_are_refused(context: datafusion.SessionContext) -> None:
    context.register_record_batches("b", [pa.table({"s": [b"abc"]}).to_batches()])
    with pytest.raises(Exception, match="not a colstats state"):
        context.sql("select cs_merge(s) from b").collect()


def test_the_page_of_the_documentation(tmp_path: Path) -> None:
    run(DOCS / "guides" / "sql.md", tmp_path, by="tests/engines/test_datafusion.py")
