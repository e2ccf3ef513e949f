"""The accessors have every statistic, with the options and defaults that they have elsewhere."""

import ast
import inspect
from pathlib import Path
from typing import Any

import pytest

import colstats as cs
import colstats.pandas as in_pandas
import colstats.polars as in_polars
from colstats import _accessors
from colstats._accessors import PAIRS, VALUES
from colstats.distributed import ALIASES, STATISTICS

TABLE = {"by": None, "columns": None, "numeric_only": False}
#: Each class, what its methods have besides, and where its defaults differ.
CLASSES: dict[type, tuple[dict[str, Any], dict[str, Any]]] = {
    in_polars.ExprStatistics: ({}, {}),
    in_polars.SeriesStatistics: ({}, {}),
    in_polars.FrameStatistics: (TABLE, {}),
    in_polars.LazyStatistics: (TABLE, {}),
    in_pandas.SeriesStatistics: ({}, {"skip_nans": True}),
    in_pandas.FrameStatistics: (TABLE, {"skip_nans": True}),
}


def keywords(function: Any) -> dict[str, Any]:
    parameters = inspect.signature(function).parameters.values()
    return {p.name: p.default for p in parameters if p.kind is p.KEYWORD_ONLY}


@pytest.mark.parametrize("name", STATISTICS)
@pytest.mark.parametrize("owner", CLASSES)
def test_every_statistic_has_its_options(owner: type, name: str) -> None:
    place, differ = CLASSES[owner]
    function = getattr(owner, name)
    options = {o: d for o, d in keywords(getattr(cs.Moments, name)).items() if o != "threads"}
    options |= {o: d for o, d in differ.items() if o in options}
    assert list(keywords(function).items()) == list((options | place).items())
    documentation = inspect.getdoc(function) or ""
    assert documentation.startswith((inspect.getdoc(getattr(cs, name)) or "").split("\n")[0])
    assert all(f"{option}={default!r}" in documentation for option, default in options.items())
    assert f"colstats.{name}" in documentation


def options_of_values(name: str, defaults: dict[str, Any]) -> dict[str, Any]:
    """Return the options of a statistic that has no state, as accessors have them."""
    elsewhere = {"threads", "weights", "complete", "columns", "numeric_only"}
    options = {o: d for o, d in keywords(getattr(cs, name)).items() if o not in elsewhere}
    return options | {o: d for o, d in defaults.items() if o in options}


def place_of_values(name: str, is_table: bool) -> dict[str, Any]:
    if not is_table:
        return {}
    last = {"numeric_only": False} if name in VALUES else {}
    first = {"complete": False} if name in PAIRS else {}
    return first | {"columns": None} | last


@pytest.mark.parametrize("name", [*VALUES, *PAIRS])
@pytest.mark.parametrize("owner", CLASSES)
def test_statistics_of_values_have_their_options(owner: type, name: str) -> None:
    place, differ = CLASSES[owner]
    function = getattr(owner, name)
    options = options_of_values(name, differ)
    assert keywords(function) == options | place_of_values(name, bool(place))
    parameters = inspect.signature(function).parameters.values()
    front = [p.name for p in parameters if p.kind is p.POSITIONAL_ONLY]
    other = ["other"] if name in PAIRS and not place else []
    assert front == ["self", *(["q"] if name == "quantile" else other)]
    documentation = inspect.getdoc(function) or ""
    assert documentation.startswith((inspect.getdoc(getattr(cs, name)) or "").split("\n")[0])
    assert f"colstats.{name}" in documentation
    if name in PAIRS:
        assert getattr(owner, PAIRS[name]) is function


@pytest.mark.parametrize("owner", CLASSES)
def test_short_names_are_the_same_functions(owner: type) -> None:
    for alias, name in ALIASES.items():
        assert getattr(owner, alias) is getattr(owner, name)


@pytest.mark.parametrize(("owner", "place"), [("ColumnStatistics", {}), ("TableStatistics", TABLE)])
def test_the_stub_has_the_same_signatures(owner: str, place: dict[str, Any]) -> None:
    body = ast.parse(Path(_accessors.__file__).with_suffix(".pyi").read_text()).body
    (stub,) = [node for node in body if isinstance(node, ast.ClassDef) and node.name == owner]
    methods = {
        node.name: [argument.arg for argument in node.args.kwonlyargs]
        for node in stub.body
        if isinstance(node, ast.FunctionDef)
    }
    native = {name: keywords(getattr(cs.Moments, name)) for name in STATISTICS}
    of_states = {
        name: [*(option for option in options if option != "threads"), *place]
        for name, options in native.items()
    }
    of_values = {
        name: [*options_of_values(name, {}), *place_of_values(name, bool(place))]
        for name in (*VALUES, *PAIRS)
    }
    assert methods == of_states | of_values
    aliases = {ast.unparse(node) for node in stub.body if isinstance(node, ast.Assign)}
    short = ALIASES | {alias: name for name, alias in PAIRS.items()}
    assert aliases == {f"{alias} = {name}" for alias, name in short.items()}
