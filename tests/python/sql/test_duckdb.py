"""The aggregates that colstats adds to DuckDB give the bits of colstats, whatever the plan."""

import datetime as dt
import math
import struct
import threading
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import colstats as cs
from colstats import duckdb as cs_duckdb

INTEGERS = [
    "tinyint",
    "smallint",
    "integer",
    "bigint",
    "utinyint",
    "usmallint",
    "uinteger",
    "ubigint",
]


@pytest.fixture(scope="module")
def database() -> Iterator[Any]:
    connection = cs_duckdb.connect()
    yield connection
    connection.close()


@pytest.fixture
def con(database: Any) -> Iterator[Any]:
    cursor = database.cursor()
    yield cursor
    cursor.close()


def one(con: Any, query: str) -> Any:
    """Return the only value of the result."""
    ((value,),) = con.sql(query).fetchall()
    return value


def bits(value: float | None) -> bytes | None:
    return None if value is None else struct.pack("<d", math.nan if math.isnan(value) else value)


def refusal(con: Any, query: str) -> str:
    with pytest.raises(duckdb.Error) as caught:
        con.sql(query).fetchall()
    return str(caught.value)


# -- answers --------------------------------------------------------------------------------------


def test_known_answers(con: Any) -> None:
    con.execute("create temp table t as select unnest([1e16, 1.0, -1e16, null]) x")
    assert one(con, "select cs_sum(x) from t") == 1.0
    assert one(con, "select cs_mean(x) from t") == 1 / 3
    con.execute("create temp table b as select 1e8 + i % 2 as x from range(1000) t(i)")
    assert one(con, "select cs_stddev(x) from b") == 0.5
    assert one(con, "select cs_variance(x, 1) from b") == 250 / 999
    assert one(con, "select cs_std(x) = cs_stddev(x) and cs_var(x) = cs_variance(x) from b")


@settings(max_examples=60, deadline=None)
@given(
    values=st.lists(st.none() | st.floats() | st.floats(-1e3, 1e3), max_size=40),
    groups=st.integers(1, 5),
    ddof=st.integers(0, 2),
)
def test_floats_have_the_bits_of_colstats(
    database: Any, values: list[float | None], groups: int, ddof: int
) -> None:
    table = pa.table(
        {"x": pa.array(values, pa.float64()), "k": [i % groups for i in range(len(values))]}
    )
    con = database.cursor()
    con.register("t", table)
    query = f"""select k, cs_sum(x), cs_mean(x), cs_variance(x, {ddof}), cs_stddev(x, {ddof}),
        cs_state(x) from t group by k order by k"""
    for k, total, mean, variance, stddev, state in con.sql(query).fetchall():
        column = pa.array([x for i, x in enumerate(values) if i % groups == k], pa.float64())
        assert bits(total) == bits(cs.sum(column))
        assert bits(mean) == bits(cs.mean(column))
        assert bits(variance) == bits(cs.variance(column, ddof=ddof))
        assert bits(stddev) == bits(cs.stddev(column, ddof=ddof))
        assert state == cs.moments(column).to_bytes()
    con.close()


def columns() -> dict[str, tuple[str, pa.Array]]:
    """Columns of every type that has statistics: their type in SQL, and their values."""
    rng = np.random.default_rng(3)
    n = 5000
    missing = rng.random(n) < 0.1
    found: dict[str, tuple[str, pa.Array]] = {}
    for name in INTEGERS:
        arrow = {"tinyint": "int8", "smallint": "int16", "integer": "int32", "bigint": "int64"}
        kind = arrow.get(name) or arrow[name[1:]].replace("int", "uint")
        limits = np.iinfo(kind)
        values = rng.integers(limits.min, limits.max, n, dtype=kind, endpoint=True)
        found[name] = (name, pa.array(values, mask=missing))
    normal = rng.normal(1e8, 1, n)
    found["double"] = ("double", pa.array(normal, mask=missing))
    found["scattered"] = (
        "double",
        pa.array(np.ldexp(normal, rng.integers(-900, 900, n)), mask=missing),
    )
    found["float"] = ("float", pa.array(normal.astype("float32") / 3, mask=missing))
    found["boolean"] = ("boolean", pa.array(rng.random(n) < 0.3, mask=missing))
    for width, scale in ((4, 1), (9, 2), (18, 6), (38, 10), (38, 0)):
        digits = [int(x) for x in rng.integers(-(10**4) + 1, 10**4, n)]
        scaled = (
            [d * 10 ** max(width - 5, 0) + d for d in digits]
            if width > 4
            else [d % 9999 for d in digits]
        )
        cells = [
            None if gone else Decimal(v).scaleb(-scale)
            for v, gone in zip(scaled, missing, strict=True)
        ]
        found[f"decimal {width} {scale}"] = (
            f"decimal({width}, {scale})",
            pa.array(cells, pa.decimal128(width, scale)),
        )
    return found


COLUMNS = columns()


@pytest.mark.parametrize("name", COLUMNS)
@pytest.mark.parametrize("groups", [1, 3, 700])
def test_every_type_has_the_bits_of_colstats(con: Any, name: str, groups: int) -> None:
    sql, column = COLUMNS[name]
    keys = np.arange(len(column)) * 7919 % groups
    con.register("arrow", pa.table({"x": column, "k": keys}))
    con.execute(f"create or replace temp table t as select x::{sql} as x, k from arrow")
    query = """select k, cs_mean(x), cs_variance(x), cs_stddev(x, 1), cs_state(x) from t
        group by k order by k"""
    for k, mean, variance, stddev, state in con.sql(query).fetchall():
        part = column.filter(pa.array(keys == k))
        assert bits(mean) == bits(cs.mean(part))
        assert bits(variance) == bits(cs.variance(part))
        assert bits(stddev) == bits(cs.stddev(part, ddof=1))
        assert state == cs.moments(part).to_bytes()
    assert bits(one(con, "select cs_mean(x) from t")) == bits(cs.mean(column))
    assert one(con, "select cs_state(x) from t") == cs.moments(column).to_bytes()


@pytest.mark.parametrize("sql", [*INTEGERS, "boolean"])
def test_sums_of_integers_are_exact(con: Any, sql: str) -> None:
    _, column = COLUMNS[sql]
    con.register("arrow", pa.table({"x": column}))
    assert one(con, f"select cs_sum(x::{sql}) from arrow") == cs.sum(column)


def test_integers_of_128_bits_are_exact_or_refused(con: Any) -> None:
    big = 2**127 - 1
    con.execute(f"create temp table h as select unnest([{big}::hugeint, {-big}, 5, null]) x")
    assert one(con, "select cs_sum(x) from h") == 5
    assert one(con, "select cs_mean(x) from h") == 5 / 3
    assert cs.Moments.from_bytes(one(con, "select cs_state(x) from h")).sum() == 5
    assert "out of range for HUGEINT" in refusal(
        con, f"select cs_sum({big}::hugeint) from range(2)"
    )
    largest = 2**128 - 1
    con.execute(f"create temp table u as select unnest([{largest}::uhugeint, 1]) x")
    assert one(con, "select cs_mean(x) from u") == 2.0**127
    assert one(con, "select cs_stddev(x) from u") == 2.0**127 - 1
    assert "UHUGEINT values are not supported" in refusal(con, "select cs_state(x) from u")


def test_times_are_rounded_once(con: Any) -> None:
    con.execute("create temp table d as select unnest([date '2024-01-01', date '2024-01-04']) d")
    assert one(con, "select cs_mean(d) from d") == dt.datetime(2024, 1, 2, 12)
    assert one(con, "select cs_stddev(d) from d") == dt.timedelta(days=1.5)
    for kind in ("timestamp", "timestamp_s", "timestamp_ms", "timestamptz"):
        con.execute(f"""create or replace temp table s as select
            unnest(['2024-01-01 00:00:00+00', '2024-01-01 00:00:01+00', null])::{kind} t""")
        assert one(con, "select epoch_us(cs_mean(t)) from s") == 1704067200500000
        assert one(con, "select cs_stddev(t) from s") == dt.timedelta(seconds=0.5)
        assert one(con, "select cs_stddev(t, 1) from s") == dt.timedelta(microseconds=707107)
    con.execute("""create temp table n as select
        unnest(['2024-01-01 00:00:00.000000001', '2024-01-01 00:00:00.000000005'])
        ::timestamp_ns t""")
    assert one(con, "select epoch_ns(cs_mean(t)) % 1000 from n") == 3
    assert one(
        con, "select cs_mean(t) from (values (time '01:00'), (time '02:00')) v(t)"
    ) == dt.time(1, 30)


@pytest.mark.parametrize(
    ("kind", "arrow"),
    [
        ("date", "date32"),
        ("time", "time64[us]"),
        ("timestamp", "timestamp[us]"),
        ("timestamp_s", "timestamp[s]"),
        ("timestamp_ms", "timestamp[ms]"),
        ("timestamp_ns", "timestamp[ns]"),
        ("timestamptz", "timestamp[us, tz=UTC]"),
        ("varchar", "string"),
        ("blob", "binary"),
        ("integer", "int32"),
    ],
)
def test_states_have_the_arrow_type(con: Any, kind: str, arrow: str) -> None:
    value = {"time": "01:02:03", "integer": "7"}.get(kind, "2024-01-01")
    state = cs.Moments.from_bytes(
        one(con, f"select cs_state(x) from (values ('{value}'::{kind}), (null)) t(x)")
    )
    assert (state.type, state.count(), state.null_count) == (arrow, 1, 1)


# -- what DuckDB does with rows -------------------------------------------------------------------


def test_no_rows_and_nulls_give_null(con: Any) -> None:
    asked = "cs_sum(x), cs_mean(x), cs_variance(x), cs_stddev(x), cs_stddev(x, 1)"
    con.execute("create temp table e (x double)")
    assert con.sql(f"select {asked}, cs_state(x), cs_merge(null) from e").fetchall() == [
        (None,) * 7
    ]
    con.execute("insert into e values (null), (null)")
    assert con.sql(f"select {asked} from e").fetchall() == [(None,) * 5]
    assert cs.Moments.from_bytes(one(con, "select cs_state(x) from e")).null_count == 2
    assert con.sql("select cs_mean(null), cs_sum(null), cs_stddev(null)").fetchall() == [
        (None,) * 3
    ]
    assert one(con, "select cs_stddev(1.0, 1)") is None


def test_distinct_and_filter(con: Any) -> None:
    con.execute("create temp table f as select i % 10 as x from range(1000) t(i)")
    query = "select cs_mean(distinct x) filter (x > 3), cs_stddev(x) filter (x > 100) from f"
    assert con.sql(query).fetchall() == [(6.5, None)]
    assert one(con, "select cs_mean(x order by x desc) from f") == 4.5


@pytest.mark.parametrize(
    "frame",
    [
        "rows between 5 preceding and current row",
        "rows between 700 preceding and 900 following",
        "rows between unbounded preceding and current row",
        "rows between unbounded preceding and unbounded following",
        "range between 3 preceding and 2 following",
        "rows between 2 preceding and 5 following exclude current row",
    ],
)
def test_window_frames(con: Any, frame: str) -> None:
    rng = np.random.default_rng(1)
    values = np.ldexp(rng.normal(size=4000), rng.integers(-60, 60, 4000))
    con.register("arrow", pa.table({"x": values, "i": np.arange(4000), "k": np.arange(4000) % 3}))
    # A list of the same frame, which colstats reads by itself.
    query = f"""select cs_stddev(x) over w, list(x) over w, cs_mean(x) over w from arrow
        window w as (partition by k order by i {frame})"""
    rows = con.sql(query).fetchall()
    assert len(rows) == 4000
    for stddev, frame_values, mean in rows[::37]:
        column = pa.array(frame_values or [], pa.float64())
        assert bits(stddev) == bits(cs.stddev(column))
        assert bits(mean) == bits(cs.mean(column))


def test_one_answer_for_any_number_of_threads(con: Any) -> None:
    con.execute("select setseed(0.5)")
    con.execute("""create temp table r as
        select (random() - 0.5) * 10 ** (random() * 12) as x, i % 7 as k from range(500000) t(i)""")
    ours, theirs = set(), set()
    try:
        for run in range(20):
            con.execute(f"set threads = {1 + run % 8}")
            ours.add(
                tuple(con.sql("select cs_sum(x), cs_mean(x), cs_stddev(x) from r").fetchall()[0])
            )
            theirs.add(tuple(con.sql("select sum(x), avg(x), stddev_pop(x) from r").fetchall()[0]))
            grouped = con.sql("select k, cs_stddev(x) from r group by k order by k").fetchall()
            ours.add(tuple(grouped[0]))
    finally:
        con.execute("reset threads")
    assert len(ours) == 2  # of all rows, and of a group
    assert len(theirs) > 1  # the reason for all this
    column = pa.table(con.sql("select x from r").to_arrow_table())["x"]
    assert (cs.sum(column), cs.mean(column), cs.stddev(column)) in ours


def test_many_groups_in_several_threads(con: Any) -> None:
    rng = np.random.default_rng(2)
    table = pa.table({"x": rng.normal(5, 1, 400_000), "k": rng.integers(0, 100_000, 400_000)})
    con.register("arrow", table)
    found = con.sql("select k, cs_stddev(x) s from arrow group by k order by k").to_arrow_table()
    expected = pa.table(cs.moments(table, by="k").stddev())
    assert found["k"].to_pylist() == pa.table(cs.moments(table, by="k").keys())["k"].to_pylist()
    assert found["s"].to_pylist() == expected["x"].to_pylist()


# -- states ---------------------------------------------------------------------------------------


def test_states_merge_in_sql_and_in_python(con: Any) -> None:
    con.execute(
        "create temp table days as select i % 7 as day, i / 3.0::double as x from range(1000) t(i)"
    )
    con.execute("create temp table kept as select day, cs_state(x) state from days group by day")
    whole = cs.moments(con.sql("select x from days").to_arrow_table()["x"])
    assert one(con, "select cs_merge(state) from kept") == whole.to_bytes()
    query = """select cs_state_count(s), cs_state_null_count(s), cs_state_mean(s),
        cs_state_variance(s), cs_state_stddev(s, 1), cs_state_var(s, 1), cs_state_std(s)
        from (select cs_merge(state) s from kept)"""
    assert con.sql(query).fetchall() == [
        (
            1000,
            0,
            whole.mean(),
            whole.variance(),
            whole.stddev(ddof=1),
            whole.variance(ddof=1),
            whole.stddev(),
        )
    ]
    parts = [
        cs.Moments.from_bytes(state) for (state,) in con.sql("select state from kept").fetchall()
    ]
    assert sum(parts[1:], parts[0]).to_bytes() == whole.to_bytes()
    assert one(con, "select cs_state_mean(null)") is None


def test_states_that_cannot_be_merged_or_read_are_refused(con: Any) -> None:
    assert "not a colstats state" in refusal(con, "select cs_merge('abc'::blob)")
    assert "not a colstats state" in refusal(con, "select cs_state_mean('abc'::blob)")
    states = "select cs_state(1.5::double) s union all select cs_state(true)"
    assert "cannot merge a state of" in refusal(con, f"select cs_merge(s) from ({states})")
    assert "no DOUBLE" in refusal(con, "select cs_state_mean(cs_state(date '2024-01-01'))")
    assert "ddof must not be negative" in refusal(con, "select cs_state_std(cs_state(1), -1)")
    damaged = bytearray(one(con, "select cs_state(1)"))
    damaged[20] ^= 1
    with pytest.raises(duckdb.Error, match="damaged"):
        con.execute("select cs_merge(?::blob)", [bytes(damaged)]).fetchall()


# -- refusals -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("call", "words"),
    [
        ("cs_mean('a')", "cs_mean: cannot compute the mean of string values"),
        ("cs_stddev([1, 2])", "cs_stddev: LIST values are not supported"),
        ("cs_mean(interval 1 day)", "INTERVAL values are not supported: .* use epoch"),
        ("cs_mean('01:00:00+00'::timetz)", "cast it to TIME"),
        ("cs_sum(date '2024-01-01')", "points in time cannot be added"),
        ("cs_variance(timestamp '2024-01-01')", "its unit would be a squared time"),
        ("cs_sum(1.5::decimal(4, 1))", r"sum\(\) of DECIMAL values is exact in DuckDB itself"),
        ("cs_stddev(timestamp_ns '2024-01-01')", r"use cs_stddev\(epoch_ns\(x\)\)"),
        ("cs_mean(timestamp 'infinity')", "TIMESTAMP values are infinite"),
        ("cs_mean(date '-infinity')", "DATE values are infinite"),
        ("cs_stddev(1.0, -1)", "ddof must be from 0 to 65535, not -1"),
        ("cs_stddev(1.0, null)", "ddof must not be NULL"),
        ("cs_state({'a': 1})", "STRUCT values are not supported"),
    ],
)
def test_refusals_name_the_function_and_the_type(con: Any, call: str, words: str) -> None:
    with pytest.raises(duckdb.Error, match=words):
        con.sql(f"select {call}").fetchall()


def test_ddof_must_not_change_within_a_group(con: Any) -> None:
    query = "select cs_stddev(i, i % 2) from range(4) t(i)"
    assert "ddof must be the same" in refusal(con, query)
    found = con.sql(
        "select cs_stddev(i, i % 2) from range(4) t(i) group by i % 2 order by i % 2"
    ).fetchall()
    assert found == [(1.0,), (2**0.5,)]


# -- loading --------------------------------------------------------------------------------------


def test_loading_twice_and_in_many_databases() -> None:
    for _ in range(3):
        connection = cs_duckdb.connect()
        cs_duckdb.load(connection)
        assert one(connection, "select cs_mean(2)") == 2.0
        connection.close()


def test_connections_that_load_nothing_unsigned_are_told_so() -> None:
    with (
        duckdb.connect() as connection,
        pytest.raises(ValueError, match=r"colstats\.duckdb\.connect"),
    ):
        cs_duckdb.load(connection)


def test_databases_without_external_access_are_told_so() -> None:
    with pytest.raises(RuntimeError, match=r"does not load the extension of colstats: .* disabled"):
        cs_duckdb.connect(config={"enable_external_access": "false"})


def test_what_is_no_connection_is_refused() -> None:
    with pytest.raises(TypeError, match=r"expected a connection of DuckDB, not builtins\.int"):
        cs_duckdb.load(3)


def test_a_pending_result_survives_loading() -> None:
    connection = duckdb.connect(config={"allow_unsigned_extensions": "true"})
    connection.execute("select i from range(3) t(i)")
    cs_duckdb.load(connection)
    assert connection.fetchall() == [(0,), (1,), (2,)]
    connection.close()


def test_threads_load_at_the_same_time() -> None:
    answers: list[float] = []

    def work() -> None:
        connection = cs_duckdb.connect()
        answers.append(one(connection, "select cs_mean(i) from range(5) t(i)"))
        connection.close()

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [2.0] * 8
