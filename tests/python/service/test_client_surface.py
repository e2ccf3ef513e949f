"""The client offers the statistics of states, with their options, and its types say so."""

import inspect
from typing import get_type_hints

import pytest

import colstats as cs
from colstats.distributed import ALIASES, STATISTICS
from colstats.service import Client, client, connect

#: What says which rows, for all statistics.
WHICH = {
    "by": None,
    "columns": None,
    "numeric_only": False,
    "since": None,
    "until": None,
    "per": "all",
}


def keywords(function: object) -> dict[str, object]:
    parameters = inspect.signature(function).parameters.values()  # type: ignore[arg-type]
    return {p.name: p.default for p in parameters if p.kind is p.KEYWORD_ONLY}


@pytest.mark.parametrize("name", [*STATISTICS, *ALIASES])
def test_statistics_have_the_options_of_states(name: str) -> None:
    expected = keywords(getattr(cs.Moments, name)) | WHICH
    assert keywords(getattr(Client, name)) == expected
    assert f"``colstats.{ALIASES.get(name, name)}``" in (getattr(Client, name).__doc__ or "")


def test_type_checkers_know_every_statistic() -> None:
    source = inspect.getsource(client)
    declared = source.split("    if TYPE_CHECKING:\n")[1].split("\n\n")[0]
    names = [line.strip().removesuffix(": Method") for line in declared.splitlines()]
    assert sorted(names) == sorted([*STATISTICS, *ALIASES])


def test_states_and_describe_say_which_rows_alike() -> None:
    which = {name: default for name, default in WHICH.items() if name != "numeric_only"}
    assert keywords(Client.states) == which
    assert keywords(Client.describe).items() > which.items()
    assert get_type_hints(Client.states)["dataset"] is str


def test_it_prints_where_it_is_connected_to() -> None:
    with connect("grpc://127.0.0.1:8815") as node:
        assert repr(node) == "<colstats.service.Client of grpc://127.0.0.1:8815>"


def test_every_method_has_a_docstring() -> None:
    for name, member in vars(Client).items():
        if not name.startswith("_"):
            assert inspect.getdoc(member), name
