"""The recipes of docs/guides/engines.md run as printed, and give the answers of one process."""

import importlib.util
import re
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import compute, parquet

import colstats as cs

PAGE = Path(__file__).parents[2] / "docs" / "guides" / "engines.md"


@pytest.fixture(scope="module")
def recipes(tmp_path_factory: pytest.TempPathFactory) -> ModuleType:
    """Write all recipes to a module that other processes can import."""
    text = PAGE.read_text(encoding="utf-8").split("## The recipe")[1]
    code = "\n".join(re.findall(r"```python\n(.*?)```", text, re.DOTALL))
    path = tmp_path_factory.mktemp("recipes") / "recipes.py"
    path.write_text(code, encoding="utf-8")
    sys.path.insert(0, str(path.parent))
    spec = importlib.util.spec_from_file_location("recipes", path)
    assert spec is not None
    assert spec.loader is not None
    module = sys.modules["recipes"] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def data() -> pa.Table:
    rng = np.random.default_rng(5)
    prices = np.ldexp(rng.random(5_000) + 1, rng.integers(0, 100, 5_000))
    countries = np.array(["no", "pe", "it"])[rng.integers(0, 3, 5_000)]
    return pa.table({"country": countries, "price": prices})


@pytest.fixture(scope="module")
def paths(data: pa.Table, tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    folder = tmp_path_factory.mktemp("prices")
    for number in range(5):
        parquet.write_table(data.slice(number * 1000, 1000), folder / f"{number}.parquet")
    return [str(path) for path in sorted(folder.glob("*.parquet"))]


@pytest.mark.parametrize("recipe", ["by_processes", "by_duckdb", "by_datafusion"])
def test_recipes_give_the_answers_of_one_process(
    recipe: str, recipes: ModuleType, paths: list[str], data: pa.Table
) -> None:
    kept = data.filter(compute.greater(data["price"], 1)) if recipe == "by_duckdb" else data
    expected = cs.moments(kept, by="country")
    states = getattr(recipes, recipe)(paths)
    assert pa.table(states.keys()).to_pylist() == [{"country": name} for name in ("it", "no", "pe")]
    for name in ("count", "sum", "mean", "stddev", "max"):
        answer = pa.table(getattr(states, name)()).to_pylist()
        assert answer == pa.table(getattr(expected, name)()).to_pylist(), name
