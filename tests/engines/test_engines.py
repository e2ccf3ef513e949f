"""Spark, Ray and Dask give the bits of a single process, however the rows are partitioned."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from tables import cut, shuffled, table, with_dictionaries

import colstats as cs

TABLE = table()
#: The number of partitions, and the order of the rows.
CUTS = [(1, 0), *((parts, way) for parts in (2, 7, 64) for way in (0, 1, 2)), (1000, 1)]
STATISTICS = ["count", "sum", "mean", "variance", "stddev", "min", "max"]
NO_NUMBERS = {"place", "moment", "day"}


@dataclass
class OnSpark:
    """Spark, its adapter, and its table."""

    session: Any
    data: pa.Table

    @property
    def adapter(self) -> Any:
        from colstats import spark

        return spark

    def spread(self, data: pa.Table, parts: int) -> Any:
        return self.session.createDataFrame(data).repartition(parts)


@dataclass
class OnRay:
    """Ray."""

    session: Any
    data: pa.Table

    @property
    def adapter(self) -> Any:
        from colstats import ray

        return ray

    def spread(self, data: pa.Table, parts: int) -> Any:
        return self.session.data.from_arrow(cut(data, parts))


@dataclass
class OnDask:
    """Dask, with delayed Arrow tables."""

    session: Any
    data: pa.Table

    @property
    def adapter(self) -> Any:
        from colstats import dask

        return dask

    def spread(self, data: pa.Table, parts: int) -> Any:
        import dask

        return [dask.delayed(part) for part in cut(data, parts)]


class OnDaskFrames(OnDask):
    """Dask, with data frames of pandas."""

    def spread(self, data: pa.Table, parts: int) -> Any:
        import dask.dataframe as dd
        import pandas as pd

        return dd.from_pandas(data.to_pandas(types_mapper=pd.ArrowDtype), npartitions=parts)


ENGINES = {
    "spark": (OnSpark, "spark", TABLE),
    "ray": (OnRay, "ray", with_dictionaries(TABLE)),
    "dask": (OnDask, "dask", with_dictionaries(TABLE)),
    "dask frames": (OnDaskFrames, "dask", TABLE),
}


@pytest.fixture(scope="session", params=ENGINES)
def engine(request: pytest.FixtureRequest) -> Any:
    kind, fixture, data = ENGINES[request.param]
    return kind(request.getfixturevalue(fixture), data)


def rows(batch: Any) -> str:
    """Return the rows of an answer as text, so that NaN equals NaN."""
    return repr(pa.record_batch(batch).to_pylist())


@pytest.mark.parametrize(("parts", "way"), CUTS)
def test_states_equal_those_of_one_process(engine: Any, parts: int, way: int) -> None:
    frame = engine.spread(shuffled(engine.data, way), parts)
    states = engine.adapter.moments(frame, fan_in=5 if parts < 1000 else 32)
    assert states.column_names == engine.data.column_names
    assert states == cs.moments(engine.data)


def test_statistics_equal_those_of_one_process(engine: Any) -> None:
    frame = engine.spread(shuffled(engine.data, 1), 3)
    numbers = [name for name in engine.data.column_names if name not in NO_NUMBERS]
    for name in STATISTICS:
        answer = getattr(engine.adapter, name)(frame, columns=numbers)
        assert rows(answer) == rows(getattr(cs, name)(engine.data, columns=numbers)), name
    summary = engine.adapter.describe(frame, ddof=1)
    assert str(summary) == str(cs.describe(engine.data, ddof=1))
    assert engine.adapter.std is not None
    assert rows(engine.adapter.var(frame, columns=["far"], ddof=1)) == rows(
        cs.var(engine.data, columns=["far"], ddof=1)
    )


@pytest.mark.parametrize("parts", [1, 7])
def test_quantiles_equal_those_of_one_process(engine: Any, parts: int) -> None:
    columns = [name for name in engine.data.column_names if name != "place"]
    frame = engine.spread(shuffled(engine.data, parts), parts)
    options: dict[str, Any] = {"columns": columns, "skip_nans": True}
    found = engine.adapter.quantile(frame, [0, 0.29, 0.5, 1], fan_in=4, **options)
    assert rows(found) == rows(cs.quantile(engine.data, [0, 0.29, 0.5, 1], **options))
    assert rows(engine.adapter.median(frame, **options)) == rows(cs.median(engine.data, **options))
    with pytest.raises(TypeError, match='column "place": quantiles of text need all of it'):
        engine.adapter.quantile(frame, 0.5, interpolation="lower")


@pytest.mark.parametrize("parts", [1, 7, 64])
def test_groups_equal_those_of_one_process(engine: Any, parts: int) -> None:
    data = engine.data.select(["place", "small", "scattered", "nan", "cents"])
    frame = engine.spread(shuffled(data, parts), parts)
    groups = engine.adapter.moments(frame, by=["place", "small"], fan_in=4)
    expected = cs.moments(data, by=["place", "small"])
    assert len(groups) == len(expected) == 1000
    for name in STATISTICS:
        assert rows(getattr(groups, name)()) == rows(getattr(expected, name)()), name
    summary = engine.adapter.describe(frame, by="place", columns=["scattered"])
    assert str(summary) == str(cs.describe(data, by="place", columns=["scattered"]))


@pytest.mark.parametrize("parts", [1, 7])
def test_columns_together_are_those_of_one_process(engine: Any, parts: int) -> None:
    data = engine.data.select(["place", "far", "half_null", "cents", "integer", "flag"])
    frame, adapter = engine.spread(shuffled(data, parts), parts), engine.adapter
    columns = ["far", "half_null", "cents", "integer"]
    states = adapter.comoments(frame, columns=columns, fan_in=4)
    assert states == cs.comoments(data, columns=columns)
    assert states.columns == columns
    only = {"columns": columns, "weights": "flag"}
    whole = cs.comoments(data, **only)
    assert rows(adapter.covariance(frame, ddof=1, **only)) == rows(whole.covariance(ddof=1))
    assert rows(adapter.correlation(frame, **only)) == rows(whole.correlation())
    line = adapter.linear_fit(frame, "far", "half_null", weights="flag")
    assert line == cs.linear_fit(data["far"], data["half_null"], weights=data["flag"])
    fit = adapter.ols(frame, y="half_null", x=["far", "integer"], degree=2, fan_in=4)
    assert fit == cs.ols(data, y="half_null", x=["far", "integer"], degree=2)
    by_place = adapter.comoments(frame, by="place", columns=columns, fan_in=4)
    expected = cs.comoments(data, by="place", columns=columns)
    assert list(by_place) == list(expected)
    assert by_place.values() == expected.values()
    fits = adapter.ols(frame, by="place", y="half_null", x="far", fan_in=4)
    # Of the rows that have a number in these columns.
    expected = cs.comoments(data, by="place", columns=["far", "half_null"])
    assert fits == expected.ols(y="half_null", x="far")


@pytest.mark.parametrize("parts", [1, 3])
def test_a_table_without_rows_gives_the_empty_answer(engine: Any, parts: int) -> None:
    frame = engine.spread(engine.data.select(["far", "integer"]).slice(0, 0), parts)
    assert rows(engine.adapter.mean(frame)) == "[{'far': None, 'integer': None}]"
    assert rows(engine.adapter.count(frame)) == "[{'far': 0, 'integer': 0}]"
    assert rows(engine.adapter.median(frame)) == "[{'far': None, 'integer': None}]"


def test_bad_calls_are_refused_before_the_engine_runs(engine: Any) -> None:
    frame, adapter = engine.spread(engine.data, 2), engine.adapter
    with pytest.raises(TypeError, match="unexpected keyword argument 'ddof'"):
        adapter.mean(frame, ddof=1)
    with pytest.raises(TypeError, match=r"cannot compute the mean of .*string.* values"):
        adapter.mean(frame)
    with pytest.raises(TypeError, match=r"expected a .*, not pyarrow\.lib\.Table"):
        adapter.mean(engine.data)
    with pytest.raises(ValueError, match="fan_in must be at least 2, not 1"):
        adapter.moments(frame, fan_in=1)
    with pytest.raises(ValueError, match="ddof"):
        adapter.stddev(frame, ddof=-1)


def test_unknown_columns_are_refused(engine: Any) -> None:
    with pytest.raises(KeyError, match='no column "nowhere"; there are: "scattered"'):
        engine.adapter.mean(engine.spread(engine.data, 2), columns=["nowhere"])


MIXED = 'column "x": cannot merge a state of (float64|int64) values with one of (float64|int64)'


def test_type_conflicts_are_raised_on_the_driver(ray: Any, dask: Any) -> None:
    parts = [pa.table({"a": [1.5], "x": [float(number)]}) for number in range(40)]
    parts[17] = pa.table({"a": [1.5], "x": [2**60 + 1]})  # which no float is
    on_dask, on_ray = OnDask(dask, TABLE), OnRay(ray, TABLE)
    with pytest.raises(TypeError, match=MIXED):
        on_ray.adapter.mean(ray.data.from_arrow(parts), fan_in=3)
    import dask as dask_itself

    with pytest.raises(TypeError, match=MIXED):
        on_dask.adapter.mean([dask_itself.delayed(part) for part in parts], fan_in=3)


def test_missing_columns_are_raised_on_the_driver(dask: Any) -> None:
    import dask as dask_itself

    parts = [pa.table({"a": [1.5, 2.5], "x": [1.0, 2.0]}), pa.table({"a": [1.5]})]
    with pytest.raises(ValueError, match="column 'x' is missing in some partitions: it has 2 rows"):
        OnDask(dask, TABLE).adapter.moments([dask_itself.delayed(part) for part in parts])


def dying(marker: str) -> Callable[[pa.Table], pa.Table]:
    """Return a function that kills its process once; a closure, which workers need not import."""

    def die_once(part: pa.Table) -> pa.Table:
        if not Path(marker).exists():
            Path(marker).touch()
            os._exit(1)
        return part

    return die_once


def test_a_dask_worker_may_die(dask: Any, tmp_path: Path) -> None:
    import dask as dask_itself

    marker = str(tmp_path / "dead")
    parts = [dask_itself.delayed(dying(marker))(part) for part in cut(TABLE, 12)]
    assert OnDask(dask, TABLE).adapter.moments(parts) == cs.moments(TABLE)
    assert Path(marker).exists()


def test_a_ray_worker_may_die(ray: Any, tmp_path: Path) -> None:
    marker = str(tmp_path / "dead")
    blocks = ray.data.from_arrow(cut(TABLE, 12)).map_batches(
        dying(marker), batch_format="pyarrow", batch_size=None
    )
    assert OnRay(ray, TABLE).adapter.moments(blocks) == cs.moments(TABLE)
    assert Path(marker).exists()


def test_adapters_stay_exact_and_engines_are_reported(spark: Any, dask: Any, tell: Any) -> None:
    on_spark, on_dask = OnSpark(spark, TABLE), OnDaskFrames(dask, TABLE)
    data = TABLE.select(["far"])
    right = answers(cs.moments(data))
    theirs: dict[str, list[tuple[float, float]]] = {"Spark": [], "Dask": []}
    for parts, way in CUTS[:-1]:
        frame = on_spark.spread(shuffled(data, way), parts)
        theirs["Spark"].append(tuple(frame.selectExpr("avg(far)", "stddev_pop(far)").first()))
        assert answers(on_spark.adapter.moments(frame)) == right
        frame = on_dask.spread(shuffled(data, way), parts)
        far = frame["far"]
        theirs["Dask"].append((float(far.mean().compute()), float(far.std(ddof=0).compute())))
        assert answers(on_dask.adapter.moments(frame)) == right
    for name, given in theirs.items():
        tell(
            f"{name} itself, {len(given)} ways to spread the same rows: {len(set(given))} different"
            f" (mean, stddev), {given.count(right)} of {len(given)} exact; colstats on it: 1, exact"
        )


def answers(states: Any) -> tuple[float, float]:
    """Return the mean and the standard deviation."""
    return states["far"].mean(), states["far"].stddev()
