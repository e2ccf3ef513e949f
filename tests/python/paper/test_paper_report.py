"""The report on the paper states what its run has measured."""

import json
import re
import statistics
from pathlib import Path
from typing import Any

import pytest
from benches.paper import published, regression
from benches.paper.report import errata, page
from benches.paper.report.results import Results

PAPER = Path(__file__).parents[3] / "benches" / "paper"
TEXT = (PAPER / "REPORT.md").read_text(encoding="utf-8")
DATA: dict[str, Any] = json.loads((PAPER / "results" / "full.json").read_text(encoding="utf-8"))


def chapter(head: str) -> str:
    """Return the chapter with this heading."""
    return re.split(r"^##+ ", TEXT.split(head, 1)[1], maxsplit=1, flags=re.MULTILINE)[0]


def rows(text: str) -> dict[str, list[float | None]]:
    """Return the rows of all tables: their names and numbers."""
    found = {}
    for line in text.splitlines():
        name, *cells = (cell.strip() for cell in line.strip("| ").split(" | "))
        if cells and re.fullmatch(r"[-\d,.]*", cells[-1]):
            found[name] = [float(cell.replace(",", "")) if cell else None for cell in cells]
    return found


def close(written: float | None, measured: float) -> bool:
    """Whether a number with three digits is the measured one."""
    return written is not None and abs(written - measured) <= 0.0051 * abs(measured)


def test_the_report_is_generated_from_the_results() -> None:
    free = PAPER / "results" / "full-free-threaded.json"
    others = [Results.read(free)] if free.exists() else []
    assert page.write(Results(DATA), others) == TEXT


def test_figures_exist() -> None:
    named = re.findall(r"\]\((results/[\w-]+\.svg)\)", TEXT)
    assert len(named) == 6
    for name in named:
        assert (PAPER / name).read_text(encoding="utf-8").rstrip().endswith("</svg>")
        assert (PAPER / name).with_suffix(".png").stat().st_size > 20_000


@pytest.mark.parametrize(("head", "form"), [("Table IV:", "M1"), ("Table V:", "M2")])
def test_serial_tables_state_the_measurements(head: str, form: str) -> None:
    written = rows(chapter(head))
    assert list(written) == list(DATA[form])
    for name, cells in DATA[form].items():
        figures = [written[name][1], written[name][4]]
        measured = [cells[statistic]["median"] for statistic in ("mean", "stddev")]
        assert all(map(close, figures, measured)), name
        if name in published.SERIAL[form]:
            paper = [written[name][0], written[name][3]]
            assert all(map(close, paper, published.SERIAL[form][name].values())), name


@pytest.mark.parametrize(("head", "statistic"), [("Table VI:", "mean"), ("Table VII:", "stddev")])
def test_chunked_tables_state_the_measurements(head: str, statistic: str) -> None:
    beside, everybody = chapter(head).split("Everybody, here:")
    names = re.search(r"^\| us \| (.*) \|$", everybody, re.MULTILINE)
    assert names is not None
    for size, (label, figures) in zip(DATA["faithful"], rows(everybody).items(), strict=True):
        assert int(2 ** float(label.removeprefix("2^"))) == int(size)
        for name, figure in zip(names[1].split(" | "), figures, strict=True):
            assert close(figure, DATA["faithful"][size][name][statistic]["median"]), (size, name)
    for index, figures in enumerate(rows(beside).values()):
        paper = [published.CHUNKED[statistic][name][index] for name in ("PyO3", "NumPy")]
        assert close(figures[0], paper[0])
        assert close(figures[3], paper[1])


@pytest.mark.parametrize("rival", ["NumPy", "PyO3"])
def test_the_smallest_and_largest_ratios_are_stated(rival: str) -> None:
    line = next(line for line in TEXT.splitlines() if line.startswith(f"* {rival} takes"))
    written = [(float(a), int(b.replace(",", ""))) for a, b in RATIO.findall(line)]
    for statistic, pair in zip(("mean", "stddev"), (written[:2], written[2:]), strict=True):
        ratios = {
            int(size): cell[rival][statistic]["median"] / cell["colstats M2"][statistic]["median"]
            for size, cell in DATA["faithful"].items()
        }
        for (ratio, size), extreme in zip(pair, (min, max), strict=True):
            assert size == extreme(ratios, key=lambda size: ratios[size])
            assert abs(ratio - ratios[size]) <= 0.0051


RATIO = re.compile(r"([\d.]+) \(chunks of ([\d,]+)\)")


def test_every_package_took_part_and_was_right() -> None:
    assert "* wrong answers: 0 of " in TEXT
    assert DATA["failures"] == {}
    assert all(status["ok"] for status in DATA["bindings"].values())


def test_failures_are_listed_in_the_report() -> None:
    broken = json.loads(json.dumps(DATA))
    broken["failures"]["ctypes"] = "OSError: no such library"
    broken["bindings"]["naive_ctypes"] |= {"ok": False, "error": "error: linker not found"}
    for rows_ in [broken["M1"], broken["M2"], *broken["faithful"].values()]:
        del rows_["ctypes"]
    text = page.write(Results(broken), [])
    assert "* ctypes: OSError: no such library" in text
    assert "* naive_ctypes was not built: error: linker not found" in text
    assert "| ctypes | 1,369 |  |  | 1,658 |  |  |" in text


def test_errata_state_their_arithmetic() -> None:
    text = errata.write()
    assert text in TEXT
    for figure in ("490.", "-43.", "7,464 by the lines", "16,432 by the lines", "0.63 ns"):
        assert figure in text


def test_fits_are_least_squares() -> None:
    calls, slope, base = [977, 691, 489, 346, 123, 8], 3.5, 120.0
    noise = [1.0, -1.0, 0.5, -0.5, 0.25, -0.25]
    totals = [slope * call + base + off for call, off in zip(calls, noise, strict=True)]
    fit = regression.line(calls, totals, [1.0] * len(calls), root=False)
    expected = statistics.linear_regression(calls, totals)
    assert fit.call == pytest.approx(expected.slope)
    assert fit.base == pytest.approx(expected.intercept)


def test_crossings_are_found_only_where_they_exist() -> None:
    one, other = regression.Fit(0.1408, 472.7), regression.Fit(3.562, 14.36)
    assert regression.crossing_of_fits(one, other, 10**6) == pytest.approx(7464.4, abs=0.5)
    sizes, flat = [1024, 2048, 4096], [700.0, 700.0, 700.0]
    assert regression.crossing_of_totals(sizes, flat, [1400.0, 1400.0, 350.0]) == pytest.approx(
        2048 * 2**0.5
    )
    assert regression.crossing_of_totals(sizes, flat, [900.0, 800.0, 710.0]) is None
