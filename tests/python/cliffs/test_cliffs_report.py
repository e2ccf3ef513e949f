"""The report on distributions, types and layouts states what its run has measured."""

import math
import re

import pytest
from benches.cliffs import cells, heat, report
from benches.cliffs.limits import limits
from benches.cliffs.results import HERE, Results
from benches.shared import pages

TEXT = (pages.MEASURED / "cliffs.md").read_text(encoding="utf-8")
RESULTS = Results.read(HERE / "full")


def chapter(head: str) -> str:
    """Return the chapter with this heading."""
    return TEXT.split(f"\n## {head}\n", 1)[1].split("\n## ", 1)[0]


def test_the_report_is_generated_from_the_results() -> None:
    assert report.write(RESULTS) == TEXT


def test_every_cell_of_the_plan_was_measured_and_is_exact() -> None:
    planned = [
        (s.type, s.distribution, s.layout, s.rows, name)
        for s in cells.full()
        for name in s.statistics
    ]
    measured = [(c.type, c.distribution, c.layout, c.rows, c.statistic) for c in RESULTS.cells]
    assert measured == planned
    assert all(cell.errors["colstats"] == 0.0 for cell in RESULTS.cells)
    assert all(cell.ns.keys() == cell.errors.keys() for cell in RESULTS.cells)


@pytest.mark.parametrize("name", ["mean", "stddev", "types"])
def test_heat_maps_state_the_ratios(name: str) -> None:
    shown = heat.grids(RESULTS)[name]
    drawing = (pages.MEASURED / pages.figure("cliffs", name)).read_text(encoding="utf-8")
    ratios = [ratio for row in shown.ratios for ratio in row if not math.isnan(ratio)]
    assert drawn(drawing) == [heat.figure(ratio) for ratio in ratios]
    assert f"({pages.figure('cliffs', name)})" in TEXT


def drawn(drawing: str) -> list[str]:
    """The numbers in the cells of a heat map."""
    return re.findall(r"<text [^>]*>(\d+(?:\.\d+)?)</text>", drawing)


def test_the_worst_cells_are_the_worst() -> None:
    ratios = sorted(cell.ratio for cell in RESULTS.cells if cell.peers)[: report.WORST]
    lines = [line for line in chapter("The worst 20 cells").splitlines() if line.startswith("| ")]
    stated = [float(line.rstrip(" |").rsplit("| ", 1)[1]) for line in lines[2:]]
    assert len(stated) == report.WORST
    assert all(
        math.isclose(one, other, rel_tol=0.01) for one, other in zip(stated, ratios, strict=True)
    )
    assert all(line.count("**") == 2 for line in lines[2:])


def test_every_cell_that_falls_short_is_listed() -> None:
    listed = chapter("What falls short").count("**") // 2
    assert listed == sum(len(limit.short) for limit in limits(RESULTS))
    for limit in limits(RESULTS):
        verdict = f"**{len(limit.short):,} fall short** |" if limit.short else "holds |"
        assert re.search(f"{re.escape(limit.text)}.*{re.escape(verdict)}", chapter("Limits"))
