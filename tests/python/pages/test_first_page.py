"""The figures of the first page are the measured ones."""

from benches import partitions
from benches.cliffs.excerpt import excerpt
from benches.cliffs.results import HERE, Results

from support.pages import DOCS

TEXT = (DOCS / "index.md").read_text(encoding="utf-8")


def rows(head: str) -> list[str]:
    """Return the rows of the table whose head begins so."""
    lines = TEXT[TEXT.index(f"| {head} |") :].splitlines()
    return lines[2 : next(n for n, line in enumerate(lines) if not line.startswith("|"))]


def test_times_are_the_measured_ones() -> None:
    results = Results.read(HERE / "full")
    measured = excerpt(results).splitlines()
    assert len(rows("ns a value")) >= 6
    assert set(rows("ns a value")) <= set(measured)
    cells = [cell for cell in results.cells if cell.peers]
    ahead = sum(cell.ratio >= 1 for cell in cells)
    assert f"Of {len(cells):,} kinds of data" in TEXT
    assert f"the fastest in {ahead:,} of them ({ahead / len(cells):.0%};" in TEXT
    for statistic, plural in (("mean", "means"), ("stddev", "deviations")):
        own = [cell.ratio >= 1 for cell in cells if cell.statistic == statistic]
        assert f"{plural} {sum(own) / len(own):.0%}" in TEXT.replace("\n", " ")


def test_errors_are_the_measured_ones() -> None:
    measured = (DOCS / "measured" / "accuracy.md").read_text(encoding="utf-8").splitlines()
    assert len(rows("error in ulp")) >= 3
    assert set(rows("error in ulp")) <= set(measured)


def test_parts_have_the_answers_of_the_page() -> None:
    named = {line.split(" | ")[0].strip("| "): line for line in rows("mean")}
    assert named.keys() == partitions.answers().keys()
    answers = partitions.answers()["colstats"]
    assert len(set(answers)) == 1
    assert named.pop("colstats") == f"| colstats | {' | '.join(map(repr, answers))} |"
