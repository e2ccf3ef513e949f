"""The report on the paper states what its run has measured."""

import json
import re
import statistics
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
from benches.paper import published, regression
from benches.paper.qualities import bindings, builds, memory, misuse, sources
from benches.paper.report import errata, page, qualities
from benches.paper.report.results import Results
from benches.paper.rows import CHUNKED, M1, M2, PYO3_ARROW
from benches.shared import pages

PAPER = Path(__file__).parents[3] / "benches" / "paper"
TEXT = (pages.MEASURED / "paper.md").read_text(encoding="utf-8")
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
    named = re.findall(r"\]\((figures/paper/[\w-]+\.svg)\)", TEXT)
    assert len(named) == 6
    for name in named:
        assert (pages.MEASURED / name).read_text(encoding="utf-8").rstrip().endswith("</svg>")


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
    beside, all_rows = chapter(head).split("All rows, here:")
    names = re.search(r"^\| us \| (.*) \|$", all_rows, re.MULTILINE)
    assert names is not None
    for size, (label, figures) in zip(DATA["faithful"], rows(all_rows).items(), strict=True):
        assert int(2 ** float(label.removeprefix("2^"))) == int(size)
        for name, figure in zip(names[1].split(" | "), figures, strict=True):
            assert close(figure, DATA["faithful"][size][name][statistic]["median"]), (size, name)
    for index, figures in enumerate(rows(beside).values()):
        paper = [published.CHUNKED[statistic][name][index] for name in ("PyO3", "NumPy")]
        assert close(figures[0], paper[0])
        assert close(figures[3], paper[1])


@pytest.mark.parametrize(
    "rival", [name for name in ("NumPy", "PyO3", PYO3_ARROW) if name in DATA["M2"]]
)
def test_the_smallest_and_largest_ratios_are_stated(rival: str) -> None:
    line = next(line for line in TEXT.splitlines() if line.startswith(f"* {rival}: "))
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


needs_qualities = pytest.mark.skipif(
    not DATA.get("qualities"), reason="the full run is older than Tables III and IX"
)


def cells(head: str) -> dict[str, list[str]]:
    """Read the table of a chapter as text, by the names of its lines."""
    lines = [line.split("|")[1:-1] for line in chapter(head).splitlines() if line.startswith("|")]
    return {name.strip(): [cell.strip() for cell in rest] for name, *rest in lines[2:]}


@needs_qualities
def test_every_binding_is_in_the_tables_of_qualities() -> None:
    tools = [binding.tool for binding in bindings.NAIVE]
    every = [*tools, *(f"{binding.tool}, probes" for binding in bindings.PROBES)]
    assert list(DATA["qualities"]) == [binding.package for binding in bindings.BINDINGS]
    for head in ("RQ1, conc", "tooling: building", "type checking", "wrong arguments"):
        assert list(cells(head)) == every, head
    assert list(cells("Table III:")) == tools


@needs_qualities
def test_qualities_state_the_measurements() -> None:
    written, built, memories = cells("RQ1, conc"), cells("tooling: building"), cells("Table III:")
    misused = cells("wrong arguments")
    for package, name in qualities.names(Results(DATA)).items():
        found = DATA["qualities"][package]
        counted = [int(cell) for cell in written[name][:4] if cell]
        assert sorted(counted) == sorted(found["sources"]["lines"].values())
        assert int(written[name][4]) == found["sources"]["config"]
        assert float(built[name][0].split()[0]) == pytest.approx(found["build"]["seconds"], abs=0.1)
        if found["memory"]:
            assert memories[name][0] == ("shared" if found["memory"]["shared"] else "copied")
            assert float(memories[name][2]) == pytest.approx(found["memory"]["held"] / 2**20, abs=1)
        for mistake, cell in zip(bindings.MISTAKES, misused[name], strict=True):
            outcome = found["misuse"].get(mistake)
            assert bool(outcome) == bool(cell)
            if outcome:
                assert ("**" in cell) == (outcome["kind"] in ("killed", "wrong")), (name, mistake)
                assert outcome.get("signal", outcome.get("error", "")) in cell


def test_chapters_without_measurements_are_left_out() -> None:
    older = {key: value for key, value in DATA.items() if key != "qualities"}
    text = page.write(Results(older), [])
    assert "Table III" not in text
    assert "Table IX" not in text


def test_binding_sources_exist_and_are_counted() -> None:
    for binding in bindings.BINDINGS:
        found = sources.measure(binding)
        assert sum(found["lines"].values()) > 5, binding.package
        assert found["config"] > 10
        assert len(found["declaration"]) > 0 or binding in bindings.PROBES
    by_ctypes, by_pyo3 = (sources.measure(bindings.NAIVE[number])["unsafe"] for number in (0, 3))
    assert by_ctypes > by_pyo3 == 0


def test_lines_of_code_are_those_with_code() -> None:
    head = '"""A module."""\n\n# why\nx = [\n    1,  # one\n\n]\n'
    text = head + 'def f():\n    """Two\n    lines."""\n    return x\n'
    assert sources.python_lines(text) == ["x = [", "    1,  # one", "]", "def f():", "    return x"]
    assert sources.python_lines(text, "f") == ["def f():", "    return x"]
    header = sources.code_lines("capi/naive.h")
    assert header[0].startswith("typedef")
    assert len(header) == 7


@pytest.mark.parametrize(
    ("call", "kind"),
    [
        ("1.0 + 0.5", "right"),
        ("x = values[1]; x", "wrong"),
        ("values[2]", "refused"),
        ("import os; os.kill(os.getpid(), 6)", "killed"),
    ],
)
def test_wrong_arguments_are_judged_by_what_they_do(call: str, kind: str) -> None:
    found = misuse.judged(misuse.attempt("", call), "1.5")
    assert found["kind"] == kind
    if kind == "killed":
        assert found["signal"] == "SIGABRT"


def test_a_copy_is_told_from_shared_memory() -> None:
    for make, shared in (("list(source)", False), ("source", True)):
        container = bindings.Container(make, "sum(container) / len(container)")
        found = memory.run("", memory.SHARING, container, container.make)
        assert found == {"shared": shared, "outlives": True}


def test_a_wheel_is_described(tmp_path: Path) -> None:
    wheel = tmp_path / "some-1.0-cp311-abi3-linux_x86_64.whl"
    with ZipFile(wheel, "w") as archive:
        archive.writestr("some/__init__.py", "x = 1\n")
        archive.writestr("some-1.0.dist-info/METADATA", "Name: some\nRequires-Dist: numpy\n")
    found = builds.contents(wheel)
    assert (found["tag"], found["requires"]) == ("cp311-abi3", ["numpy"])
    assert found["installed"] == 6 + 32


def test_the_row_of_pyo3_arrow_is_in_both_forms() -> None:
    assert f"{PYO3_ARROW} M1, list" in M1
    assert f"{PYO3_ARROW} M1, pyarrow" in CHUNKED
    assert PYO3_ARROW in M2
