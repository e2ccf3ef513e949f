"""The report on the peers states what its run has measured."""

import json
from pathlib import Path

from benches.peers import report
from benches.peers.excerpt import excerpt
from benches.shared import pages

RESULTS = Path(__file__).parents[3] / "benches" / "peers" / "results" / "full.json"


def test_the_report_is_generated_from_the_results() -> None:
    text = (pages.MEASURED / "peers.md").read_text(encoding="utf-8")
    assert report.write(json.loads(RESULTS.read_text(encoding="utf-8"))) == text


def test_the_comparison_shows_measured_ratios() -> None:
    text = (pages.MEASURED / "compare.md").read_text(encoding="utf-8")
    assert excerpt(json.loads(RESULTS.read_text(encoding="utf-8"))) in text
