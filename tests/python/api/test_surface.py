"""Classes, functions, the stub and the adapters offer the same statistics, with the same keywords.

The native module says which statistics there are: its functions that take `skip_nans` and `by`. A
statistic has the same options everywhere; only the keywords of the place differ, as `PLACES` says.
No list of statistics is kept here, so a new one fails these tests until every place offers it.

What no state answers, such as a quantile, is a function, and a method of columns and of tables.
"""

import ast
import importlib.util
import inspect
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any
from unittest import mock

import pytest

import colstats as cs
from colstats import _native, _statistics, distributed

PACKAGE = Path(cs.__file__).parent
#: The modules that an adapter imports. They are mocked, so no engine need be installed.
ENGINES = {
    "spark": ["pyarrow", "pyspark", "pyspark.sql", "pyspark.sql.types"],
    "ray": ["pyarrow", "ray", "ray.data"],
    "dask": ["pandas", "pyarrow", "dask", "dask.dataframe", "dask.delayed"],
}
ALIASES = {"var": "variance", "std": "stddev"}
PAIR_ALIASES = {"cov": "covariance", "corr": "correlation"}

Keywords = dict[str, Any]

THREADS: Keywords = {"threads": None}
COLUMNS: Keywords = {"columns": None, "numeric_only": False}
BY: Keywords = {"by": None}
#: What ``describe`` adds where the values are at hand.
VALUES: Keywords = {"quantiles": None, "shape": False}
PER: Keywords = {"per": None, "step": None, "align": None, "on": None}
AXIS: Keywords = {"axis": ..., "keepdims": False}
WEIGHTS: Keywords = {"weights": None}
#: What each place adds to the options of a statistic: `per` where the values are at hand, a
#: selection where there are several columns, `by` where both are.
PLACES: dict[str, Keywords] = {
    "functions": AXIS | BY | PER | COLUMNS | THREADS,
    "Column": PER | THREADS,
    "Table": BY | PER | COLUMNS | THREADS,
    "Moments": THREADS,
    "MomentsTable": COLUMNS | THREADS,
    "GroupedMoments": COLUMNS | THREADS,
}
CLASSES = [place for place in PLACES if place != "functions"]
#: Statistics of rows that may weigh, where the rows are at hand.
WEIGHTED = ["mean", "stddev", "variance"]
AT_HAND = ["functions", "Column", "Table"]
#: What all functions of an adapter have besides.
DISTRIBUTED: Keywords = {"fan_in": distributed.FAN_IN, "missing": "refuse"} | BY | COLUMNS


#: What adapters offer that needs the columns together.
TOGETHER = ["comoments", "covariance", "correlation", "linear_fit", "ols"]


def keywords(function: Callable[..., Any]) -> Keywords:
    """Return the keyword-only parameters and their defaults."""
    parameters = inspect.signature(function).parameters.values()
    return {p.name: p.default for p in parameters if p.kind is p.KEYWORD_ONLY}


def without(options: Keywords, *names: str) -> Keywords:
    return {name: default for name, default in options.items() if name not in names}


def takes(member: object, *options: str) -> bool:
    return inspect.isroutine(member) and {*options} <= {*inspect.signature(member).parameters}


def is_statistic(member: object) -> bool:
    name = getattr(member, "__name__", "")
    is_other = name in {*STATELESS, *FITS} or name.startswith("_")
    return takes(member, "skip_nans") and not is_other


#: Functions that make fits and tests of columns, or of states: the method that each has, if any.
FITS = {"linear_fit": "Column", "ols": "Table", "anova": None, "ttest": None}
#: Functions of data that is at hand.
STATELESS = sorted(
    name
    for name, member in vars(_native).items()
    if takes(member, "skip_nans") and not takes(member, "by")
    if name not in FITS and not name.startswith("_")
)
STATISTICS = sorted(name for name, member in vars(_native).items() if is_statistic(member))
#: The options that each statistic has everywhere.
OPTIONS = {
    name: without(keywords(getattr(_native, name)), *PLACES["functions"], *WEIGHTS)
    for name in STATISTICS
}


def expected(place: str, name: str) -> Keywords:
    """Return the keywords of a statistic in a place."""
    weights = WEIGHTS if name in WEIGHTED and place in AT_HAND else {}
    return OPTIONS[name] | weights | PLACES[place]


def owner(place: str) -> Any:
    return cs if place == "functions" else getattr(cs, place)


def assert_same(found: Keywords, wanted: Keywords) -> None:
    """Compare by text too: 1 is not True as a default."""
    assert (found, repr(sorted(found.items()))) == (wanted, repr(sorted(wanted.items())))


def test_the_native_module_has_statistics() -> None:
    assert {"count", "mean", "stddev", "max"} <= set(STATISTICS)
    assert_same(
        OPTIONS["stddev"], {"ddof": 0, "skip_nulls": True, "min_count": 0, "skip_nans": False}
    )


@pytest.mark.parametrize("place", PLACES)
def test_every_place_has_every_statistic(place: str) -> None:
    for name in STATISTICS:
        assert hasattr(owner(place), name), f"{place} lacks {name}"
        assert_same(keywords(getattr(owner(place), name)), expected(place, name))


@pytest.mark.parametrize("place", CLASSES)
def test_no_class_has_a_statistic_of_its_own(place: str) -> None:
    members = {name for name, member in vars(owner(place)).items() if is_statistic(member)}
    assert members - {"describe"} == {*STATISTICS, *ALIASES}


@pytest.mark.parametrize("name", STATELESS)
@pytest.mark.parametrize("place", ["Column", "Table"])
def test_columns_and_tables_have_what_no_state_answers(place: str, name: str) -> None:
    """The methods have the options of the function, but for those that select columns."""
    for alias, long in PAIR_ALIASES.items():
        assert getattr(owner(place), alias) is getattr(owner(place), long)
    method = keywords(getattr(owner(place), name))
    left_out = {*COLUMNS, "complete"} if place == "Column" else set()
    assert_same(method, without(keywords(getattr(_native, name)), *left_out))


@pytest.mark.parametrize("name", ["linear_fit", "ols", "covariance", "correlation"])
def test_fits_have_the_options_of_the_function(name: str) -> None:
    """States of columns have no threads to use, their own weights, and are of some columns."""
    function = keywords(getattr(_native, name))
    if method := FITS.get(name):
        assert_same(keywords(getattr(owner(method), name)), function)
    without_rows = without(function, "threads", "complete", "columns", "weights")
    assert_same(keywords(getattr(cs.CoMoments, name)), without_rows)
    assert_same(stub_keywords(stub()["CoMoments"][name]), without_rows)


def test_the_package_exports_every_statistic() -> None:
    assert {*STATISTICS, *STATELESS, *FITS, *ALIASES, "describe"} <= set(cs.__all__)
    for name in [*STATISTICS, *STATELESS, *FITS]:
        assert getattr(cs, name) is getattr(_native, name)


def test_the_package_exports_nothing_internal() -> None:
    assert len(cs.__all__) == len(set(cs.__all__))
    assert [name for name in cs.__all__ if name.startswith("_")] == ["__version__"]
    internal = set(_native.__all__) - set(cs.__all__)
    of_rounds = {"_quantile_step", "_tallied", "_tally"}
    assert internal == {"_groups", "_joined", "_states", "_stored_groups"} | of_rounds
    assert not internal & set(dir(cs))


def test_describe_is_the_same_everywhere() -> None:
    options = without(OPTIONS["stddev"], "min_count") | COLUMNS | THREADS | {"by": None}
    assert_same(keywords(cs.describe), options | VALUES)
    assert_same(keywords(cs.Table.describe), options | VALUES)
    assert_same(keywords(cs.Column.describe), without(options | VALUES, "by", *COLUMNS))
    assert_same(keywords(cs.Moments.describe), without(options, "by", *COLUMNS))
    for states in (cs.MomentsTable, cs.GroupedMoments):
        assert_same(keywords(states.describe), without(options, "by"))


Definitions = dict[str, ast.FunctionDef]


def members(body: list[ast.stmt]) -> Definitions:
    """Return the functions that a module or class of the stub defines, and their aliases."""
    found = {node.name: node for node in body if isinstance(node, ast.FunctionDef)}
    for node in body:
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Name):
            (target,) = node.targets
            assert isinstance(target, ast.Name)
            found[target.id] = found[node.value.id]
    return found


def stub() -> dict[str, Definitions]:
    """Read what the stub defines in each place, inherited members included."""
    body = ast.parse((PACKAGE / "_native.pyi").read_text()).body
    found = {"functions": members(body)}
    for node in body:
        if isinstance(node, ast.ClassDef):
            bases = [found[base.id] for base in node.bases if isinstance(base, ast.Name)]
            found[node.name] = {
                name: member
                for part in [*bases, members(node.body)]
                for name, member in part.items()
            }
    return found


def stub_keywords(function: ast.FunctionDef) -> Keywords:
    pairs = zip(function.args.kwonlyargs, function.args.kw_defaults, strict=True)
    return {
        argument.arg: ast.literal_eval(default) if default else inspect.Parameter.empty
        for argument, default in pairs
    }


@pytest.mark.parametrize("place", PLACES)
def test_the_stub_has_every_statistic(place: str) -> None:
    defined = stub()[place]
    for name in STATISTICS:
        assert name in defined, f"{place} lacks {name} in the stub"
        assert_same(stub_keywords(defined[name]), expected(place, name))
    found = {name for name, function in defined.items() if "skip_nans" in stub_keywords(function)}
    aliases = set() if place == "functions" else {*ALIASES}  # those are in colstats/__init__.py
    others = {*STATELESS} if place in ("functions", "Column", "Table") else set()
    others |= {name for name, method in FITS.items() if place in ("functions", method)}
    if place in ("Column", "Table"):
        others |= {*PAIR_ALIASES}
    found = {name for name in found if not name.startswith("_")}
    assert found - {"describe"} == {*STATISTICS} | aliases | others
    for name in others:
        assert_same(stub_keywords(defined[name]), keywords(getattr(owner(place), name)))


@pytest.mark.parametrize("place", CLASSES)
def test_the_stub_describes_as_the_classes_do(place: str) -> None:
    assert_same(stub_keywords(stub()[place]["describe"]), keywords(owner(place).describe))


def adapter(name: str) -> ModuleType:
    """Run the module of an adapter with mocks for what it imports, and leave no trace."""
    specification = importlib.util.spec_from_file_location(name, PACKAGE / f"{name}.py")
    assert specification is not None
    assert specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    with mock.patch.dict(sys.modules, {name: mock.MagicMock() for name in ENGINES[name]}):
        specification.loader.exec_module(module)
    return module


@pytest.mark.thread_unsafe(reason="mocks modules while an adapter is imported")
@pytest.mark.parametrize("engine", ENGINES)
def test_adapters_have_every_statistic(engine: str) -> None:
    module = adapter(engine)
    in_rounds = {"median", "quantile"}
    named = {*STATISTICS, *ALIASES, *TOGETHER, *in_rounds, "moments", "describe"}
    assert set(module.__all__) == named
    for name in STATISTICS:
        function = getattr(module, name)
        assert function.__name__ == name
        assert f"``colstats.{name}``" in function.__doc__
        assert_same(keywords(function), OPTIONS[name] | DISTRIBUTED | THREADS)
    for alias, name in ALIASES.items():
        assert getattr(module, alias) is getattr(module, name)
    for name in ("moments", "describe"):
        here = without(keywords(getattr(cs, name)), "threads", *VALUES)
        assert_same(keywords(getattr(module, name)), here | DISTRIBUTED)
    for name in in_rounds:
        here = without(keywords(getattr(cs, name)), "threads")
        assert_same(keywords(getattr(module, name)), here | {"fan_in": distributed.FAN_IN})
    for name in TOGETHER:
        here = without(keywords(getattr(cs, name)), "threads", "complete")
        assert_same(keywords(getattr(module, name)), here | BY | {"fan_in": distributed.FAN_IN})


@pytest.mark.parametrize("engine", ENGINES)
def test_type_checkers_know_the_statistics_of_an_adapter(engine: str) -> None:
    declared = inspect.get_annotations(_statistics)
    assert declared == dict.fromkeys([*STATISTICS, *ALIASES], "Statistic")
    branches = [
        node
        for node in ast.parse((PACKAGE / f"{engine}.py").read_text()).body
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
    ]
    imports = [ast.unparse(node) for branch in branches for node in branch.body]
    assert imports == ["from colstats._statistics import *"]
