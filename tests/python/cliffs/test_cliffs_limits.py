"""Limits, summaries and heat maps of the benchmark say what the cells say."""

import math
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from benches.cliffs import heat, report
from benches.cliffs.cells import CONTIGUOUS, MEMORY, TABLE, WINDOWED
from benches.cliffs.limits import limits, mean_bound
from benches.cliffs.results import Cell, Results, geometric_mean

ROOT = Path(__file__).parents[3]


def cell(ours: float, numpy: float | None = 100.0, **changed: Any) -> Cell:
    """A cell with these times of colstats and NumPy, and 150 ns of polars."""
    usual = {
        "type": "float64",
        "distribution": "normal",
        "layout": CONTIGUOUS,
        "rows": 2**16,
        "statistic": "mean",
    }
    ns = {"colstats": ours} | ({} if numpy is None else {"numpy": numpy, "polars": 150.0})
    return Cell(**usual | changed, ns=ns, errors=dict.fromkeys(ns, 0.0))


def results(*cells: Cell, cpu: str = "AMD EPYC") -> Results:
    machine = {"cpu": cpu, "cores": 2, "isa": {"avx2": True}, "caches": {}, "system": "Linux"}
    header = {"form": "full", "machine": machine, "versions": {}, "build": None, "threads": 1}
    return Results(header | {"seconds": 1, "wrong": []}, list(cells))


def short(*cells: Cell, cpu: str = "AMD EPYC") -> dict[str, list[float]]:
    """The figures that fall short, by the first words of their limit."""
    return {
        limit.text.split(":")[0]: [figure for _, figure in limit.short]
        for limit in limits(results(*cells, cpu=cpu))
    }


def test_ratios_are_to_the_fastest_other_library() -> None:
    assert (cell(50.0).ratio, cell(50.0).fastest) == (2.0, "colstats")
    assert (cell(200.0).ratio, cell(200.0).fastest) == (0.5, "numpy")
    assert math.isnan(cell(50.0, None).ratio)
    assert geometric_mean([0.5, 8.0]) == pytest.approx(2.0)


@pytest.mark.parametrize(
    ("cpu", "bound"), [("AMD EPYC", 0.9), ("Intel(R) Xeon(R)", 0.75), ("Neoverse-N1", 0.75)]
)
def test_the_bound_of_means_depends_on_the_processor(cpu: str, bound: float) -> None:
    assert mean_bound(cpu) == bound
    name = "mean, from 2^13 values on"
    slow = 100.0 / bound
    assert short(cell(slow - 0.1), cpu=cpu)[name] == []
    assert short(cell(slow + 0.1), cpu=cpu)[name] == [pytest.approx(bound, rel=0.01)]
    assert name not in short(cell(1000.0, rows=2**10), cpu=cpu)
    assert short(cell(101.0, rows=MEMORY), cpu=cpu)["mean, from memory"] != []


def test_a_deviation_is_never_behind() -> None:
    found = short(cell(99.0, statistic="stddev"), cell(101.0, statistic="stddev"))
    assert found["stddev"] == [pytest.approx(100 / 101)]


def test_the_spread_is_over_the_fastest_ordinary_distribution() -> None:
    name = "worst distribution over the best, same type and layout"
    special = cell(1.0, distribution="1% infinite")
    slow = cell(26.0, distribution="cents")
    assert short(cell(10.0), special)[name] == []
    assert short(cell(10.0), special, slow)[name] == [2.6]
    assert name not in short(cell(10.0), cell(90.0, layout="strided"))


def test_nans_are_compared_with_normal_values() -> None:
    name = "NaNs"
    assert short(cell(10.0), cell(15.0, distribution="1% NaN"))[name] == []
    assert short(cell(10.0), cell(16.0, distribution="50% NaN, skipped"))[name] == [1.6]


def test_row_major_arrays_and_float16_are_compared_with_numpy() -> None:
    wide = {"layout": "rows 1,000 x 1,000"}
    assert short(cell(129.0, **wide))["row-major, mean"] == []
    assert short(cell(131.0, **wide))["row-major, mean"] == [1.31]
    assert short(cell(50.0, statistic="stddev", **wide))["row-major, stddev"] == [2.0]
    assert short(cell(11.0, type="float16"))["float16"] == [pytest.approx(100 / 11)]


def test_long_columns_and_tables_have_limits() -> None:
    hundreds = cell(8.5e6, layout="windows of 100", rows=WINDOWED)
    assert short(hundreds)["means of 10^7 values in windows of 100"] == [8.5]
    whole = cell(2e6, rows=WINDOWED, statistic="stddev")
    thousands = cell(4e6, layout="windows of 1,024", rows=10_000_384, statistic="stddev")
    name = "stddevs of 10^7 values in windows of 1,024, over the whole column"
    assert short(whole, thousands)[name] == [pytest.approx(2.0, rel=1e-4)]
    name = "means of a table of 1,000 columns of 1,000 values, a column"
    assert short(cell(0.7e6, layout=TABLE, rows=10**6))[name] == [0.7]


def test_a_grid_holds_each_ratio_once() -> None:
    grid = heat.by_layout(
        results(
            cell(50.0),
            cell(200.0, layout="strided"),
            cell(25.0, distribution="cents"),
            cell(80.0, rows=MEMORY),
            cell(1.0, rows=2**10),
            cell(1.0, type="float32"),
            cell(1.0, statistic="stddev"),
            cell(50.0, None, layout="chunks of 100"),
        ),
        "mean",
    )
    assert grid.rows == ["normal", "cents"]
    assert grid.columns == ["contiguous", "strided", "contiguous, from memory"]
    assert str(grid.ratios) == "[[2.0, 0.5, 1.25], [4.0, nan, nan]]"
    assert [heat.figure(ratio) for ratio in (0.5, 1.994, 1.996, 9.96, math.nan)] == (
        ["0.50", "1.99", "2.0", "10", ""]
    )


def test_the_report_bolds_the_fastest_and_counts() -> None:
    text = report.write(results(cell(50.0), cell(200.0, distribution="cents")))
    assert "fastest in 1 of 2 cells (50%), 1.00 times\nas fast" in text
    assert "takes at most\n4.00 times as long" in text
    assert "| all | 2 | 1 | 50% | 1.00 | 0.500 | 2.00 |" in text
    key = "| mean: float64, cents, contiguous, 2^16 |"
    assert f"{key} 0.00305 | **0.00153** |  | 0.00229 |  | 0.500 |" in text
    assert "| numpy | 2 | 1 | 1.00 | 2 | 0 | 0 |" in text
    assert "### Mean, from 2^13 values on: the same" in text


def test_results_survive_their_file(tmp_path: Path) -> None:
    before = results(cell(50.0), cell(0.25, None, distribution="lognormal(0, 4)"))
    before.cells[0].errors["numpy"] = math.inf
    before.write(tmp_path / "some")
    after = Results.read(tmp_path / "some")
    assert (after.header, after.cells) == (before.header, before.cells)


@pytest.mark.thread_unsafe(reason="starts a process that takes seconds")
def test_a_tiny_run_measures_every_layout_and_type(tmp_path: Path) -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "benches.cliffs.run", "--form", "tiny", "--results", str(tmp_path)],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": os.pathsep.join([*sys.path, "tests/python"])},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    found = Results.read(tmp_path / "tiny")
    assert len(found.cells) > 60
    assert len({cell.type for cell in found.cells}) == 9
    assert all(cell.ours > 0 and cell.errors["colstats"] == 0 for cell in found.cells)
    assert "| polars |" in report.write(found)
