"""The benchmark notices wrong answers, and holds each layout as it says."""

import math
import re
from collections.abc import Callable
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa
import pytest
from benches.cliffs import cells, check, layouts
from benches.cliffs.cells import LAYOUTS, ROW_MAJOR, Sample, fitted
from benches.cliffs.layouts import Held

import colstats as cs

SMALL = [layout for layout in LAYOUTS if layout not in ROW_MAJOR]


def hold(layout: str, distribution: str = "normal", kind: str = "float64") -> tuple[Sample, Held]:
    sample = fitted(Sample(kind, distribution, layout, rows=1000))
    return sample, layouts.hold(sample)


def verdict(sample: Sample, held: Held, statistic: str, **changed: Callable[[], Any]) -> Any:
    """Check the answers of a layout, after some calls have been changed."""
    calls = {name: c[statistic] for name, c in held.rivals.items() if statistic in c} | changed
    reference = check.Reference.of(held.columns, sample)
    return {name: check.check(name, call, statistic, reference) for name, call in calls.items()}


@pytest.mark.parametrize("statistic", ["mean", "stddev"])
@pytest.mark.parametrize("distribution", ["normal", "1% NaN, skipped", "50% NaN", "1% infinite"])
@pytest.mark.parametrize("layout", SMALL)
def test_all_libraries_answer_alike(layout: str, distribution: str, statistic: str) -> None:
    with np.errstate(invalid="ignore"):
        errors = verdict(*hold(layout, distribution), statistic)
    assert errors["colstats"] == 0.0
    assert len(errors) > 1 or (layout == "chunks of 100" and "skipped" in distribution)
    assert all(error < 1e-12 for error in errors.values())


@pytest.mark.parametrize("distribution", ["normal", "1% NaN, skipped", "50% NaN", "1% infinite"])
@pytest.mark.parametrize("statistic", ["sum", "max"])
def test_libraries_agree_on_sums_and_extremes(distribution: str, statistic: str) -> None:
    sample = Sample(distribution=distribution, rows=1000, statistics=("sum", "max"))
    errors = verdict(sample, layouts.hold(sample), statistic)
    assert len(errors) >= 2
    assert all(error < 1e-12 for error in errors.values())


def off_by_one(answer: float) -> float:
    return math.nextafter(answer, math.inf)


@pytest.mark.parametrize("statistic", ["mean", "stddev"])
def test_one_wrong_bit_of_ours_is_noticed(statistic: str) -> None:
    sample, held = hold("contiguous")
    right = held.rivals["colstats"][statistic]()
    assert isinstance(right, float)
    with pytest.raises(check.WrongAnswer, match="colstats is not exact"):
        verdict(sample, held, statistic, colstats=lambda: off_by_one(right))


def test_one_wrong_window_of_ours_is_noticed() -> None:
    sample, held = hold("windows of 100")
    right = np.asarray(held.rivals["colstats"]["mean"]()).tolist()
    verdict(sample, held, "mean", colstats=lambda: right)
    wrong = [*right[:-1], off_by_one(right[-1])]
    with pytest.raises(check.WrongAnswer, match=r"colstats is not exact.*\(answer 9\)"):
        verdict(sample, held, "mean", colstats=lambda: wrong)


@pytest.mark.parametrize(
    ("layout", "statistic", "wrong"),
    [
        ("contiguous", "stddev", lambda values: values.std(ddof=1)),
        ("contiguous", "mean", lambda values: values[:-1].mean()),
        ("contiguous", "stddev", lambda values: values.var() + 0.1),
        ("contiguous", "mean", lambda values: math.nan),
        ("contiguous", "mean", lambda values: math.inf),
        ("10% nulls", "mean", lambda values: values.sum() / (len(values) + 1)),
    ],
)
def test_another_question_is_noticed(layout: str, statistic: str, wrong: Any) -> None:
    sample, held = hold(layout)
    values = held.columns[0]
    with pytest.raises(check.WrongAnswer, match=f"numpy: {statistic} is"):
        verdict(sample, held, statistic, numpy=lambda: wrong(values))


def test_nans_that_were_not_skipped_are_noticed() -> None:
    sample, held = hold("contiguous", "1% NaN, skipped")
    for name in ("numpy", "colstats"):
        with pytest.raises(check.WrongAnswer, match=name):
            verdict(sample, held, "mean", **{name: lambda: math.nan})
    sample, held = hold("contiguous", "1% NaN")
    for name in ("numpy", "colstats"):
        with pytest.raises(check.WrongAnswer, match=name):
            verdict(sample, held, "mean", **{name: lambda: 0.5})


def test_missing_answers_are_noticed() -> None:
    sample, held = hold("windows of 100")
    with pytest.raises(check.WrongAnswer, match="numpy: 1 answers for 10 columns"):
        verdict(sample, held, "mean", numpy=lambda: 0.0)


def test_overflow_is_recorded_only_where_squares_are_too_large() -> None:
    sample, held = hold("contiguous", "all exponents")
    assert verdict(sample, held, "stddev", numpy=lambda: math.inf)["numpy"] == math.inf
    sample, held = hold("contiguous", "subnormal")
    assert verdict(sample, held, "stddev", numpy=lambda: 0.0)["numpy"] == 1.0
    with pytest.raises(check.WrongAnswer, match=r"numpy: mean is 0\.0"):
        verdict(sample, held, "mean", numpy=lambda: 0.0)


def test_errors_are_relative() -> None:
    sample, held = hold("contiguous", "constant")
    assert verdict(sample, held, "mean", numpy=lambda: 0.1 + 1e-12)["numpy"] == pytest.approx(1e-11)
    assert check.relative(1e-20, 0.0) == math.inf
    assert check.relative(0.0, -0.0) == 0.0


def test_others_are_left_out_for_wrong_answers_and_refusals() -> None:
    def refuse() -> None:
        raise pa.ArrowNotImplementedError("no kernel")

    sample, held = hold("contiguous")
    reference, wrong = check.Reference.of(held.columns, sample), list[str]()
    rivals = held.rivals | {"numpy": {"mean": lambda: 1e9}, "pyarrow": {"mean": refuse}}
    errors = check.checked(sample, rivals, "mean", reference, wrong)
    assert errors.keys() == {"colstats", "polars"}
    assert len(wrong) == 1
    assert re.fullmatch(
        r"numpy: mean is 1000000000\.0, far from .* \(float64, normal, contiguous\)", wrong[0]
    )
    rivals["colstats"] = {"mean": lambda: 1e9}
    with pytest.raises(check.WrongAnswer, match="colstats is not exact"):
        check.checked(sample, rivals, "mean", reference, wrong)


@pytest.mark.parametrize(
    ("found", "listed"),
    [
        (1.5, [1.5]),
        (None, [math.nan]),
        (np.float32(0.5), [0.5]),
        (np.array([1.0, 2.0]), [1.0, 2.0]),
        (pa.scalar(2), [2.0]),
        (pa.array([1.0, None]), [1.0, math.nan]),
        ([(2.5,)], [2.5]),
        ([1.0, 2.0], [1.0, 2.0]),
        (np.ma.array([1.0, 2.0], mask=[False, True]), [1.0, math.nan]),
        (cs.mean(pa.table({"a": [1.0, 2.0], "b": [3, 4]})), [1.5, 3.5]),
        (cs.Column([1.0, 2.0, 3.0, 4.0]).mean(per=2), [1.5, 3.5]),
    ],
)
def test_answers_become_numbers(found: Any, listed: list[float]) -> None:
    assert str(check.answers(found)) == str(listed)


def test_answers_of_polars_become_numbers() -> None:
    assert check.answers(pl.Series([1.0, 2.0])) == [1.0, 2.0]
    assert check.answers(pl.DataFrame({"a": [1.0], "b": [2.0]})) == [1.0, 2.0]


def test_many_answers_are_checked_from_the_first_to_the_last_part() -> None:
    assert list(check.chosen(10)) == list(range(10))
    some = check.chosen(100_000)
    assert some[0] == 0
    assert len(some) == check.MOST
    assert some[-1] >= 100_000 - 100


def test_layouts_are_what_they_are_called() -> None:
    def column(layout: str) -> Any:
        return hold(layout)[1].rivals["colstats"]["mean"].func.__self__  # type: ignore[attr-defined]

    assert column("chunks of 100").num_chunks == 10
    assert 70 < column("10% nulls").null_count < 130
    assert 70 < column("slice, 10% nulls").null_count < 130
    assert 430 < column("50% nulls").null_count < 570
    assert column("dictionary").type.startswith("dictionary")
    assert "run" in column("runs").type
    for layout in SMALL:
        assert len(column(layout)) == fitted(Sample(layout=layout, rows=1000)).rows


def test_encodings_decode_to_their_columns() -> None:
    for layout in ("dictionary", "runs"):
        sample, held = hold(layout)
        column = held.columns[0]
        assert len(column) == sample.rows
        assert cs.mean(column) == held.rivals["colstats"]["mean"]()


def test_plans_hold_every_type_and_layout() -> None:
    everything = cells.full()
    assert {sample.layout for sample in everything} == {*LAYOUTS, cells.TABLE}
    assert {sample.type for sample in everything} == set(cells.MAKERS)
    assert len(everything) == len(set(everything))
    assert set(cells.quick()) < set(everything)
    assert all(sample == fitted(sample) for sample in cells.tiny())
