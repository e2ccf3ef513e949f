"""The code that the adapters of all engines share, without an engine."""

import subprocess
import sys

import pyarrow as pa
import pytest

import colstats as cs
from colstats.distributed import Plan, conclude, join, partial

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
