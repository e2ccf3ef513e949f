"""Every library with wheels that are small enough: it is read, or refused with words that lead on.

What is read is compared with pyarrow's export of the same values, bit by bit. What is refused names
a way out, and the test follows it.
"""

import re
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import colstats as cs

NUMBERS = ["x", "n"]


def row(result: Any) -> dict[str, Any]:
    return pa.record_batch(result).to_pylist()[0]


def statistics(data: Callable[[], Any]) -> list[dict[str, Any]]:
    """Compute statistics of the numbers of a table, made anew for each."""
    asked = (cs.count, cs.sum, cs.mean, cs.stddev, cs.min, cs.max)
    return [row(ask(data(), columns=NUMBERS)) for ask in asked]


def assert_table(data: Callable[[], Any], table: pa.Table) -> None:
    """Check a table: all statistics, the counts of all columns, and groups."""
    assert statistics(data) == statistics(lambda: table)
    assert row(cs.count(data(), columns=[*NUMBERS, "k"])) == row(cs.count(table))
    groups = cs.moments(data(), by="k", columns=NUMBERS)
    expected = cs.moments(table, by="k", columns=NUMBERS)
    keys = [pa.record_batch(states.keys()).to_pylist() for states in (groups, expected)]
    assert keys[0] == keys[1]
    assert [groups[i]["x"].mean() for i in (0, 1)] == [expected[i]["x"].mean() for i in (0, 1)]


def assert_column(data: Callable[[], Any], table: pa.Table, name: str = "x") -> None:
    """Check one column."""
    for ask in (cs.count, cs.sum, cs.mean, cs.stddev, cs.min, cs.max):
        assert ask(data()) == ask(table[name])


def refused(data: Any, *names: str) -> None:
    """Check that something is refused, with a way out that is named."""
    with pytest.raises(TypeError) as caught:
        cs.mean(data)
    for name in names:
        assert name in str(caught.value)


class TestIbis:
    @pytest.fixture
    def expression(self, table: pa.Table) -> Any:
        ibis = pytest.importorskip("ibis")
        return ibis.memtable(table)

    def test_tables(self, expression: Any, table: pa.Table) -> None:
        assert_table(lambda: expression, table)
        assert_table(lambda: expression.mutate(n=expression.n + 0), table)
        assert_table(expression.to_pyarrow, table)

    def test_columns(self, expression: Any, table: pa.Table) -> None:
        refused(expression.x, "column.to_pyarrow()", "column.as_table()")
        assert_column(expression.x.to_pyarrow, table)
        assert row(cs.mean(expression.x.as_table())) == {"x": cs.mean(table["x"])}

    def test_what_holds_no_data(self, expression: Any) -> None:
        import ibis

        refused(expression.x.mean(), "single value")
        refused(ibis._.x, "select it from its table first")
        refused(expression.group_by("k"), "aggregate it first")
        assert row(cs.max(expression.select(ibis._.n))) == {"n": 2**62}


class TestDataFusion:
    @pytest.fixture
    def frame(self, table: pa.Table) -> Any:
        datafusion = pytest.importorskip("datafusion")
        return datafusion.SessionContext().from_arrow(table)

    def test_frames(self, frame: Any, table: pa.Table) -> None:
        assert_table(lambda: frame, table)

    def test_streams_and_lists_of_batches(self, frame: Any, table: pa.Table) -> None:
        assert_table(frame.collect, table)
        assert_table(lambda: (batch.to_pyarrow() for batch in frame.execute_stream()), table)

    def test_batches_that_do_not_export_themselves(self, frame: Any, table: pa.Table) -> None:
        """Those of datafusion 55.0.0 delegate to an object that has no such method."""
        with pytest.raises(AttributeError) as caught:
            cs.mean(frame.execute_stream(), columns=NUMBERS)
        assert caught.value.__notes__ == ["if it does not export itself, use batch.to_pyarrow()"]
        (batch,) = frame.execute_stream()
        assert_table(batch.to_pyarrow, table)

    def test_expressions(self, frame: Any, table: pa.Table) -> None:
        import datafusion

        refused(datafusion.col("x"), "select it from its frame first")
        selected = frame.select(datafusion.col("x"))
        assert row(cs.mean(selected)) == {"x": cs.mean(table["x"])}


class TestDaft:
    @pytest.fixture
    def frame(self, table: pa.Table) -> Any:
        daft = pytest.importorskip("daft")
        return daft.from_arrow(table)

    def test_frames(self, frame: Any, table: pa.Table) -> None:
        assert_table(lambda: frame, table)
        assert_table(frame.collect, table)
        assert_table(frame.to_arrow_iter, table)

    def test_series(self, table: pa.Table) -> None:
        import daft

        assert_column(lambda: daft.Series.from_arrow(table["x"].combine_chunks()), table)

    def test_expressions(self, frame: Any, table: pa.Table) -> None:
        import daft

        refused(daft.col("x"), "evaluate it in its frame first")
        refused(frame.groupby("k"), "evaluate it in its frame first")
        assert row(cs.mean(frame.select(daft.col("x")))) == {"x": cs.mean(table["x"])}


class TestAdbc:
    @pytest.fixture
    def cursor(self, table: pa.Table) -> Any:
        dbapi = pytest.importorskip("adbc_driver_sqlite.dbapi")
        with dbapi.connect() as connection, connection.cursor() as cursor:
            cursor.adbc_ingest("t", table)
            yield cursor

    def test_results(self, cursor: Any, table: pa.Table) -> None:
        def result() -> Any:
            cursor.execute("select * from t")
            return cursor.fetch_arrow()

        assert_table(result, table)
        cursor.execute("select * from t")
        assert row(cs.mean(cursor.fetch_record_batch(), columns=NUMBERS)) == row(
            cs.mean(table, columns=NUMBERS)
        )

    def test_a_cursor(self, cursor: Any, table: pa.Table) -> None:
        cursor.execute("select * from t")
        refused(cursor, ".fetch_arrow()")
        assert row(cs.mean(cursor.fetch_arrow(), columns=["x"])) == {"x": cs.mean(table["x"])}


def test_cursors_of_python(table: pa.Table) -> None:
    connection = sqlite3.connect(":memory:")
    connection.execute("create table t(x real)")
    connection.executemany("insert into t values (?)", [(x,) for x in table["x"].to_pylist()])
    cursor = connection.execute("select x from t")
    refused(cursor, "(row[0] for row in cursor)")
    assert cs.mean(row[0] for row in cursor) == cs.mean(table["x"])


class TestDuckDB:
    def test_relations(self, table: pa.Table) -> None:
        duckdb = pytest.importorskip("duckdb")
        connection = duckdb.connect()
        relation = connection.from_arrow(table)
        assert_table(lambda: relation, table)
        assert_table(relation.to_arrow_reader, table)

    def test_connections(self, table: pa.Table) -> None:
        duckdb = pytest.importorskip("duckdb")
        connection = duckdb.connect()
        connection.register("t", table)
        refused(connection, "connection.sql(query)")
        assert_table(lambda: connection.sql("select * from t"), table)


class TestDeltaLake:
    @pytest.fixture
    def delta(self, table: pa.Table, tmp_path: Path) -> Any:
        deltalake = pytest.importorskip("deltalake")
        deltalake.write_deltalake(tmp_path, table[:5])
        deltalake.write_deltalake(tmp_path, table[5:], mode="append")
        return deltalake.DeltaTable(tmp_path)

    def test_tables(self, delta: Any, table: pa.Table) -> None:
        refused(delta, "table.scan().read_all()", "deltalake.QueryBuilder()")
        assert_table(lambda: delta.scan().read_all(), table)

    def test_queries(self, delta: Any, table: pa.Table) -> None:
        import deltalake

        def result() -> Any:
            return deltalake.QueryBuilder().register("t", delta).execute("select * from t")

        assert_table(result, table)

    def test_datasets(self, delta: Any, table: pa.Table) -> None:
        dataset = delta.to_pyarrow_dataset()
        refused(dataset, "dataset.scanner().to_reader()")
        assert_table(lambda: dataset.scanner().to_reader(), table)


class TestLance:
    @pytest.fixture
    def lance(self, table: pa.Table, tmp_path: Path) -> Any:
        lancedb = pytest.importorskip("lancedb")
        return lancedb.connect(tmp_path).create_table("t", table)

    def test_tables(self, lance: Any, table: pa.Table) -> None:
        refused(lance, "table.to_arrow()", "table.search().limit(None).to_batches()")
        assert_table(lance.to_arrow, table)
        assert_table(lambda: lance.search().limit(None).to_batches(), table)

    def test_queries(self, lance: Any, table: pa.Table) -> None:
        query = lance.search().where("n > 0")
        refused(query, "query.to_batches()")
        assert row(cs.min(query.to_batches(), columns=["n"])) == {"n": 3}


class TestFastExcel:
    @pytest.fixture
    def workbook(self, table: pa.Table, tmp_path: Path) -> Any:
        fastexcel = pytest.importorskip("fastexcel")
        path = tmp_path / "book.xlsx"
        table.select(["x"]).to_pandas().to_excel(path, index=False)
        return fastexcel.read_excel(path)

    def test_sheets(self, workbook: Any, table: pa.Table) -> None:
        refused(workbook, "reader.load_sheet(0)")
        assert row(cs.mean(workbook.load_sheet(0))) == {"x": cs.mean(table["x"])}
        assert row(cs.stddev(workbook.load_sheet(0).to_arrow())) == {"x": cs.stddev(table["x"])}


class TestNarwhals:
    @pytest.mark.parametrize("native", ["pyarrow", "polars", "pandas"])
    def test_frames_and_series(self, native: str, table: pa.Table) -> None:
        nw = pytest.importorskip("narwhals")
        frames = {
            "pyarrow": table,
            "polars": pl.DataFrame(table),
            "pandas": table.to_pandas(types_mapper=pd.ArrowDtype),
        }
        frame = nw.from_native(frames[native])
        assert_table(lambda: frame, table)
        assert_column(lambda: frame["x"], table)

    def test_what_is_lazy(self, table: pa.Table) -> None:
        nw = pytest.importorskip("narwhals")
        lazy = nw.from_native(pl.DataFrame(table).lazy())
        refused(lazy, ".collect()")
        assert_table(lazy.collect, table)
        refused(nw.col("x"), "evaluate it in its frame first")
        assert row(cs.max(lazy.collect().select(nw.col("n")))) == {"n": 2**62}


class TestGeoPandas:
    @pytest.fixture
    def frame(self, table: pa.Table) -> Any:
        geopandas = pytest.importorskip("geopandas")
        points = geopandas.points_from_xy(range(8), range(8))
        return geopandas.GeoDataFrame(table.to_pandas(types_mapper=pd.ArrowDtype), geometry=points)

    def test_frames(self, frame: Any, table: pa.Table) -> None:
        assert_table(lambda: frame.to_arrow(index=False), table)
        with pytest.raises(pa.ArrowTypeError) as caught:
            cs.mean(frame)
        assert "use frame.to_arrow(index=False)" in caught.value.__notes__[0]
        with pytest.raises(pa.ArrowTypeError) as caught:
            cs.count(frame.geometry)
        assert "use series.to_arrow()" in caught.value.__notes__[0]

    def test_the_geometry_is_counted(self, frame: Any) -> None:
        assert row(cs.count(frame.to_arrow(index=False), columns=["geometry"])) == {"geometry": 8}
        assert cs.count(frame.geometry.to_arrow()) == 8
        with pytest.raises(TypeError, match=r'"geometry".*columns='):
            cs.mean(frame.to_arrow(index=False), columns=["x", "geometry"])


class TestDask:
    def test_frames(self, table: pa.Table) -> None:
        dd = pytest.importorskip("dask.dataframe")
        import colstats.dask

        frame = dd.from_pandas(table.to_pandas(), npartitions=2)
        refused(frame, "colstats.dask", ".compute()")
        expected = row(cs.mean(table, columns=["x"]))
        assert row(colstats.dask.mean(frame, columns=["x"])) == expected
        assert row(cs.mean(frame.compute(), columns=["x"])) == expected
        refused(frame["x"], ".compute()")
        assert cs.mean(frame["x"].compute()) == cs.mean(table["x"])

    def test_arrays(self) -> None:
        da = pytest.importorskip("dask.array")
        values = np.arange(40.0).reshape(8, 5)
        array = da.from_array(values, chunks=(3, 2))
        refused(array, "(block.compute() for block in array.ravel().blocks)")
        assert cs.std(block.compute() for block in array.ravel().blocks) == cs.std(values.ravel())

    def test_delayed(self) -> None:
        dask = pytest.importorskip("dask")
        delayed = dask.delayed(lambda: [1.0, 2.0])()
        refused(delayed, ".compute()")
        assert cs.mean(delayed.compute()) == 1.5


class TestNarrowFloats:
    @pytest.mark.parametrize("name", ["bfloat16", "float8_e4m3fn", "float8_e5m2", "int4"])
    def test_arrays(self, name: str) -> None:
        ml_dtypes = pytest.importorskip("ml_dtypes")
        array = np.array([1, 2, 4], getattr(ml_dtypes, name))
        with pytest.raises(TypeError, match=r"\.astype\('(float32|int8)'\)") as caught:
            cs.mean(array)
        dtype = re.search(r"astype\('(\w+)'\)", str(caught.value))[1]
        assert cs.sum(array.astype(dtype)) == 7
        with pytest.raises(TypeError, match=r"\.astype\('(float32|int8)'\)"):
            cs.mean(array.reshape(1, 3), axis=0)


class TestSciPy:
    @pytest.mark.parametrize("form", ["csr_matrix", "csr_array", "coo_array"])
    def test_sparse_arrays(self, form: str) -> None:
        sparse = pytest.importorskip("scipy.sparse")
        matrix = getattr(sparse, form)(np.array([[0.0, 3.0], [0.0, 0.0]]))
        refused(matrix, "matrix.toarray()", "matrix.data")
        assert row(cs.mean(matrix.toarray())) == {"0": 0.0, "1": 1.5}
        assert cs.mean(matrix.data) == 3.0


def test_parquet_files_of_pyarrow(table: pa.Table, tmp_path: Path) -> None:
    pq.write_table(table, tmp_path / "t.parquet", row_group_size=3)
    file = pq.ParquetFile(tmp_path / "t.parquet")
    refused(file, "file.iter_batches()")
    assert_table(lambda: pq.ParquetFile(tmp_path / "t.parquet").iter_batches(), table)
