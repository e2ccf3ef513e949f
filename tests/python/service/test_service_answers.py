"""The service answers what colstats answers for the same rows: the same objects and bits."""

import datetime
import math
import random
from decimal import Decimal
from typing import Any

import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import colstats as cs
from colstats.distributed import ALIASES, STATISTICS
from colstats.service import Client, transfer

pytestmark = pytest.mark.thread_unsafe(reason="a test has a dataset of its own")

ROWS = 5_000
#: Options that change answers.
OPTIONS: list[dict[str, Any]] = [{}, {"skip_nans": True}, {"skip_nulls": False}]
NUMBERS = ["x", "with_nan", "n", "price"]
NAMES = [*STATISTICS, *ALIASES]


def table(seed: int, rows: int = ROWS) -> pa.Table:
    """Rows of all kinds: naive sums of `x` are wrong in all digits, and differ by order."""
    chance = random.Random(seed)

    def some(make: Any, kind: pa.DataType) -> pa.Array:
        return pa.array([make() if chance.random() > 0.1 else None for _ in range(rows)], kind)

    def wide() -> float:
        return math.ldexp(chance.random() - 0.5, chance.randrange(-60, 60))

    start = datetime.datetime(2026, 11, 25, tzinfo=datetime.UTC)

    def later(microseconds: int) -> datetime.datetime:
        return start + datetime.timedelta(microseconds=chance.randrange(0, microseconds, 1_000))

    def price() -> Decimal:
        return Decimal(chance.randrange(10**9)).scaleb(-2)

    return pa.table(
        {
            "at": some(lambda: later(86_400_000_000), pa.timestamp("ms", "UTC")),
            "host": some(lambda: chance.choice(["a", "b", "ä", ""]), pa.string()),
            "code": some(lambda: chance.randrange(3), pa.int8()),
            "x": some(wide, pa.float64()),
            "with_nan": some(lambda: chance.choice([1.5, -0.0, math.nan, 1e300]), pa.float64()),
            "n": some(lambda: chance.randrange(-(2**62), 2**62), pa.int64()),
            "price": some(price, pa.decimal128(20, 2)),
            "since": some(lambda: later(10**9), pa.timestamp("us", "UTC")),
            "took": some(lambda: later(10**9) - start, pa.duration("us")),
            "kind": some(lambda: chance.choice("xyz"), pa.string()).dictionary_encode(),
            "on": some(lambda: chance.random() < 0.5, pa.bool_()),
        }
    )


def assert_same(found: Any, expected: Any) -> None:
    """Compare bits: two NaNs are the same, 0.0 and -0.0 are not."""
    assert type(found) is type(expected)
    assert repr(found) == repr(expected)
    assert pa.record_batch(found).equals(pa.record_batch(expected)) or "nan" in repr(found)


@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_every_statistic_is_that_of_all_rows(node: Client, dataset: str, options: Any) -> None:
    parts = [table(seed) for seed in range(3)]
    for part in reversed(parts):
        node.put(part.drop_columns(["kind"]), dataset=dataset)
    whole = pa.concat_tables(parts)
    for name in NAMES:
        own = {} if name == "count" and "skip_nulls" in options else options
        found = getattr(node, name)(dataset, columns=NUMBERS, **own)
        assert_same(found, getattr(cs, name)(whole, columns=NUMBERS, **own))
    for name in ("count", "mean", "min", "max"):
        for column in ("since", "took"):
            found = getattr(node, name)(dataset, columns=[column])
            assert_same(found, getattr(cs, name)(whole, columns=[column]))
    assert_same(
        node.sum(dataset, numeric_only=True), cs.sum(whole.drop_columns("kind"), numeric_only=True)
    )


def test_describe_is_that_of_all_rows(node: Client, dataset: str) -> None:
    whole = table(1).drop_columns(["kind"])
    node.put(whole, dataset=dataset)
    assert str(node.describe(dataset)) == str(cs.describe(whole))
    found = node.describe(dataset, columns=["x"], ddof=1, skip_nans=True)
    assert str(found) == str(cs.describe(whole, columns=["x"], ddof=1, skip_nans=True))


def test_groups_are_those_of_all_rows(node: Client, dataset: str) -> None:
    parts = [table(seed) for seed in range(3)]
    for part in parts:
        node.put(part, dataset=dataset, by=["host", "code"])
    whole = pa.concat_tables(parts)
    for by in (["host"], ["code"], ["host", "code"]):
        for name in NAMES:
            found = getattr(node, name)(dataset, by=by, columns=NUMBERS)
            assert_same(found, getattr(cs, name)(whole, by=by, columns=NUMBERS))
    assert str(node.describe(dataset, by="host", columns=["x"])) == str(
        cs.describe(whole, by="host", columns=["x"])
    )
    assert_same(node.mean(dataset, columns=NUMBERS), cs.mean(whole, columns=NUMBERS))


def test_buckets_of_time_are_groups(node: Client, dataset: str) -> None:
    whole = table(7)
    node.put(whole, dataset=dataset, by="host", time=("at", "6h"))
    width = 6 * 3_600_000
    millis = whole["at"].cast(pa.int64())
    starts = [None if at is None else at // width * width // 1000 for at in millis.to_pylist()]
    cut = whole.set_column(0, "at", pa.array(starts, pa.timestamp("s", "UTC")))
    for name in NAMES:
        found = getattr(node, name)(dataset, per="bucket", columns=NUMBERS)
        assert_same(found, getattr(cs, name)(cut, by="at", columns=NUMBERS))
    found = node.sum(dataset, per="bucket", by="host", columns=NUMBERS)
    assert_same(found, cs.sum(cut, by=["at", "host"], columns=NUMBERS))
    since = datetime.datetime(2026, 11, 25, 6, tzinfo=datetime.UTC)
    until = datetime.datetime(2026, 11, 25, 18, tzinfo=datetime.UTC)
    chosen = cut.filter(pa.compute.and_(
        pa.compute.greater_equal(cut["at"], pa.scalar(since, pa.timestamp("s", "UTC"))),
        pa.compute.less(cut["at"], pa.scalar(until, pa.timestamp("s", "UTC"))),
    ))  # fmt: skip
    assert 0 < chosen.num_rows < cut.num_rows
    found = node.mean(dataset, since=since, until=until.isoformat(), columns=NUMBERS)
    assert_same(found, cs.mean(chosen, columns=NUMBERS))


def test_encoded_keys_and_values_are_read_as_their_values(node: Client, dataset: str) -> None:
    plain = table(3).select(["host", "code", "x"])
    encoded = plain.set_column(0, "host", plain["host"].dictionary_encode())
    encoded = encoded.set_column(1, "code", plain["code"].dictionary_encode())
    node.put(encoded, dataset=dataset, by=["host", "code"], batch_id="same")
    assert node.put(plain, dataset=dataset, batch_id="same").duplicates == 1
    assert_same(node.sum(dataset, by=["host", "code"]), cs.sum(plain, by=["host", "code"]))


def test_dictionaries_may_differ_from_batch_to_batch(
    node: Client, dataset: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transfer, "BATCH_ROWS", 7)
    chunks = [pa.array(list(text)).dictionary_encode() for text in ("abaabcbbaa", "zbqqqbzbaa")]
    whole = pa.table({"key": pa.chunked_array(chunks), "x": [float(n) for n in range(20)]})
    assert node.put(whole, dataset=dataset, by="key").batches == 3
    assert_same(node.sum(dataset, by="key"), cs.sum(whole, by="key"))
    assert node.moments(whole, by="key") == cs.moments(whole, by="key")


def test_every_kind_of_column_is_described(node: Client, dataset: str) -> None:
    kinds = pa.table(
        {
            "list": [[1], [2], None],
            "struct": [{"a": 1}, {"a": 2}, None],
            "runs": pa.RunEndEncodedArray.from_arrays([2, 3], [1.5, None]),
            "wide": pa.array([1, 2, None], pa.decimal256(50, 2)),
            "half": pa.array([1.0, 2.0, 3.0], pa.float16()),
            "day": pa.array([1, 2, 3], pa.date32()),
            "bytes": [b"x", None, b""],
            "nothing": pa.nulls(3),
        }
    )
    node.put(kinds, dataset=dataset)
    assert str(node.describe(dataset)) == str(cs.describe(kinds))


def test_frames_are_tables(node: Client, dataset: str) -> None:
    whole = table(4).select(["host", "x", "n"])
    frames = {
        "polars": pl.DataFrame(whole),
        "pandas": pd.DataFrame(whole.to_pandas()[["host", "x"]]),
    }
    for library, frame in frames.items():
        name = f"{dataset} {library}"
        node.put(frame, dataset=name, by="host")
        assert_same(
            node.mean(name, by="host", columns=["x"]), cs.mean(frame, by="host", columns=["x"])
        )
        assert_same(
            node.stddev(name, columns=["x"], ddof=1), cs.stddev(whole, columns=["x"], ddof=1)
        )


def test_streams_and_dicts_are_tables(node: Client, dataset: str) -> None:
    whole = table(5).select(["x", "n"])
    stream = pa.RecordBatchReader.from_batches(whole.schema, whole.to_batches(max_chunksize=7))
    assert node.put(stream, dataset=dataset, batch_id="it").rows == ROWS
    columns = {"x": whole["x"], "n": whole["n"]}
    assert node.put(columns, dataset=dataset, batch_id="it").duplicates == 1
    batch = whole.combine_chunks().to_batches()[0]
    assert node.put(batch, dataset=dataset, batch_id="it").duplicates == 1
    assert_same(node.sum(dataset), cs.sum(whole))


def test_states_count_as_their_rows(node: Client, dataset: str) -> None:
    parts = [table(seed).select(["host", "x", "n"]) for seed in range(2)]
    whole = pa.concat_tables(parts)
    values = [part.drop_columns("host") for part in parts]
    node.put(values[0], dataset=dataset)
    assert node.put(cs.moments(values[1]), dataset=dataset, batch_id="edge").rows == ROWS
    assert node.put(cs.moments(values[1]), dataset=dataset, batch_id="edge").duplicates == 1
    assert_same(node.stddev(dataset), cs.stddev(whole, columns=["x", "n"]))
    assert node.states(dataset) == cs.moments(whole, columns=["x", "n"])

    grouped = f"{dataset} grouped"
    node.put(parts[0], dataset=grouped, by="host")
    node.put(cs.moments(parts[1], by="host"), dataset=grouped, batch_id="edge")
    assert_same(node.stddev(grouped, by="host"), cs.stddev(whole, by="host"))
    assert node.states(grouped, by="host") == cs.moments(whole, by="host")


def test_statistics_as_a_call(node: Client) -> None:
    whole = table(6)
    found = node.exchange(whole, statistics=["mean", "stddev"], columns=NUMBERS, ddof=1)
    for name in NUMBERS:
        assert_same_scalar(found[f"{name}_mean"], cs.mean(whole[name]))
        assert_same_scalar(found[f"{name}_stddev"], cs.stddev(whole[name], ddof=1))
    assert node.moments(whole, columns=NUMBERS) == cs.moments(whole, columns=NUMBERS)
    assert node.moments(whole, by=["host", "code"], columns=NUMBERS) == cs.moments(
        whole, by=["host", "code"], columns=NUMBERS
    )
    buckets = node.moments(whole, time=("at", "1d"), columns=["x"])
    assert buckets.by == ["at"]
    assert node.datasets("statistics as a call") == {}


def assert_same_scalar(found: pa.ChunkedArray, expected: Any) -> None:
    (value,) = found.to_pylist()
    assert repr(value) == repr(expected)


def test_rows_in_any_order_and_any_batches_are_the_same(node: Client, dataset: str) -> None:
    whole = table(8).select(["host", "x"])
    order = list(range(ROWS))
    random.Random(1).shuffle(order)
    for start in range(0, ROWS, 1_300):
        node.put(whole.take(order[start : start + 1_300]), dataset=dataset, by="host")
    assert_same(node.sum(dataset, by="host"), cs.sum(whole, by="host"))
