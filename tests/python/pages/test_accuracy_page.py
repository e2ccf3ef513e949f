"""The table of accuracy has all data sets, and the README has no other figures."""

from benches import accuracy
from benches.shared.pages import MEASURED, ROOT

import colstats as cs


def rows(text: str) -> dict[str, list[str]]:
    """The rows of the table of errors, by the names of the data."""
    lines = (line.replace("*", "").split(" | ") for line in text.splitlines())
    table = {cells[0].strip("| "): cells[1:] for cells in lines if len(cells) > 1}
    return {name: table[name] for name in accuracy.data_sets() if name in table}


def test_errors_are_of_all_data_sets_and_colstats_has_none() -> None:
    written = rows((MEASURED / "accuracy.md").read_text(encoding="utf-8"))
    assert list(written) == list(accuracy.data_sets())
    assert all(cells[-1].strip("| ") == "0" for cells in written.values())
    for name, cells in rows((ROOT / "README.md").read_text(encoding="utf-8")).items():
        assert cells == written[name], f"README: {name}"


def test_orders_and_cuts_have_the_same_values_and_colstats_one_answer() -> None:
    chunks = [next(accuracy.orders()), *list(accuracy.cuts())[::10]]
    assert {sum(map(len, parts)) for parts in chunks} == {accuracy.VALUES}
    assert len({accuracy.ask_colstats("stddev", parts) for parts in chunks}) == 1
    assert cs.stddev(chunks[0][0]) == accuracy.ask_colstats("stddev", chunks[1])
