"""The code that the adapters of all engines share, without an engine."""

import pickle
import random
import subprocess
import sys
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

import colstats as cs
from colstats.distributed import Engine, Plan, PlanTogether, conclude, join, partial

ENGINES = {"spark": "pyspark", "ray": "ray", "dask": "dask"}


def run(code: str) -> str:
    child = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return child.stdout.strip()


def test_no_engine_is_imported() -> None:
    modules = run("import sys, colstats, colstats.distributed; print(sorted(sys.modules))")
    assert "'colstats.distributed'" in modules
    for name in [*ENGINES.values(), "pyarrow", "pandas"]:
        assert f"'{name}'" not in modules


@pytest.mark.parametrize("adapter", ENGINES)
def test_an_adapter_without_its_engine_names_the_extra(adapter: str) -> None:
    code = f"""
import sys
sys.modules[{ENGINES[adapter]!r}] = None  # as if it were not installed
try:
    import colstats.{adapter}
except ImportError as error:
    print(error)
"""
    assert f"pip install 'colstats[{adapter}]'" in run(code)


def test_partials_join_in_any_tree() -> None:
    parts = [pa.table({"x": [float(number), -1e16 * number]}) for number in range(11)]
    whole = cs.moments(pa.concat_tables(parts))
    plan = Plan(fan_in=3)
    level = [partial(part) for part in parts]
    while len(level) > 1:
        level = [one for group in plan.groups(level) for one in join(group)]
    assert conclude(level) == whole
    assert conclude([pa.table(partial(part)) for part in reversed(parts)]) == whole


def test_type_conflicts_are_passed_on_and_raised_at_the_end() -> None:
    states = [partial(pa.table({"x": column})) for column in ([1.0], ["a"], [3.0])]
    passed_on = join(states)
    assert passed_on == states
    with pytest.raises(TypeError, match='column "x": cannot merge a state of float64 values with'):
        conclude(passed_on)


def test_columns_are_in_the_order_of_the_table() -> None:
    none = partial(pa.table({"b": pa.array([], pa.float64()), "a": pa.array([], pa.int64())}))
    backwards = partial(pa.table({"a": [1, 2], "b": [1.5, 2.5]}))
    assert conclude([backwards], none).column_names == ["b", "a"]
    assert conclude([], none).count() == {"b": 0, "a": 0}


def test_missing_columns_and_partitions_are_refused() -> None:
    both, one = pa.table({"a": [1.0], "x": [2.0]}), pa.table({"a": [1.0]})
    with pytest.raises(ValueError, match="column 'x' is missing in some partitions: it has 1 rows"):
        conclude([partial(both), partial(one)])
    with pytest.raises(ValueError, match="there are no partitions"):
        conclude([])
    assert join([]) == []
    with pytest.raises(ValueError, match="fan_in must be at least 2, not 0"):
        Plan(fan_in=0)


def test_groups_are_joined_by_key() -> None:
    parts = [pa.table({"k": ["a", "b"], "x": [1.0, 2.0]}), pa.table({"k": ["a"], "x": [3.0]})]
    groups = conclude(join([partial(part, by="k") for part in parts]))
    assert pa.table(groups.mean()).to_pylist() == [{"k": "a", "x": 2.0}, {"k": "b", "x": 2.0}]


class Here(Engine):
    """Tables in this process, whose states are sent as pickles or as Arrow."""

    def states(self, data: Any, plan: Plan) -> tuple[list[Any], Any]:
        plan = pickle.loads(pickle.dumps(plan))
        level = [pickle.loads(pickle.dumps(plan.partial(part))) for part in data]
        random.Random(1).shuffle(level)
        while len(level) > plan.fan_in:
            level = [
                pa.table(one) for group in plan.groups(level) for one in plan.join(iter(group))
            ]
        return level, plan.partial(data[0].slice(0, 0))


HERE = Here()
RNG = np.random.default_rng(8)
WHOLE = pa.table(
    {
        "k": RNG.integers(0, 6, 400),
        "s": ["text"] * 400,
        "y": RNG.normal(1e6, 1, 400),
        "x": RNG.normal(size=400),
        "w": RNG.integers(0, 3, 400),
    }
)
PARTS = [WHOLE.slice(at, 7) for at in range(0, 400, 7)]


@pytest.mark.parametrize("fan_in", [2, 5, 100])
def test_columns_together_are_those_of_one_process(fan_in: int) -> None:
    numbers = WHOLE.select(["y", "x"])
    states = HERE.comoments(PARTS, columns=["y", "x"], fan_in=fan_in)
    assert states == cs.comoments(WHOLE, columns=["y", "x"])
    assert HERE.comoments(PARTS, fan_in=fan_in).columns == ["k", "y", "x", "w"]
    only = {"columns": ["y", "x"], "fan_in": fan_in}
    assert HERE.covariance(PARTS, ddof=1, **only) == cs.covariance(numbers, ddof=1)
    assert HERE.correlation(PARTS, **only) == cs.correlation(numbers)
    weighted = HERE.covariance(PARTS, weights="w", **only)
    assert weighted == cs.covariance(numbers, weights=WHOLE["w"])
    line = HERE.linear_fit(PARTS, "x", "y", weights="w", fan_in=fan_in)
    assert line == cs.linear_fit(WHOLE["x"], WHOLE["y"], weights=WHOLE["w"])
    for options in ({}, {"weights": "w"}, {"degree": 3, "intercept": False}):
        fit = HERE.ols(PARTS, y="y", x=["x", "k"], fan_in=fan_in, **options)
        assert fit == cs.ols(WHOLE, y="y", x=["x", "k"], **options)


def test_columns_together_by_groups() -> None:
    options: dict[str, Any] = {"by": "k", "weights": "w", "columns": ["x", "y"]}
    whole = cs.comoments(WHOLE, **options)
    assert HERE.comoments(PARTS, fan_in=4, **options) == whole
    assert HERE.linear_fit(PARTS, "x", "y", by="k", weights="w") == whole.linear_fit("x", "y")
    assert HERE.ols(PARTS, y="y", x="x", by=["k"], weights="w") == whole.ols(y="y", x="x")
    assert HERE.covariance(PARTS, **options) == whole.covariance()
    assert HERE.correlation(PARTS, **options) == whole.correlation()


def test_bad_options_are_refused_before_the_work() -> None:
    with pytest.raises(ValueError, match="degree must be from 1 to 32"):
        HERE.ols([], y="y", x="x", degree=0)
    with pytest.raises(TypeError, match="intercept"):
        HERE.ols([], y="y", x="x", intercept="no")
    with pytest.raises(TypeError, match="ddof"):
        HERE.covariance([], ddof="one")
    with pytest.raises(TypeError, match="weights= takes the name of a column"):
        HERE.comoments([], weights=[1, 2])
    with pytest.raises(KeyError, match='no column "z"'):
        HERE.linear_fit(PARTS, "z", "y")
    assert PlanTogether().join([]) == []
    with pytest.raises(ValueError, match="there are no partitions"):
        PlanTogether().conclude([], None)


def test_partitions_of_other_columns_are_refused_on_the_driver() -> None:
    parts = [PARTS[0], pa.table({"x": [1.0], "z": [2.0]})]
    plan = PlanTogether()
    states = plan.join([plan.partial(part) for part in parts])
    assert len(states) == 2
    with pytest.raises(TypeError, match='no column "'):
        plan.conclude(states, None)
