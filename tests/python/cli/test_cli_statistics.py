"""`--stats` and `--corr`: statistics that take all values of a column at once."""

import csv
import io
import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import colstats as cs
from support.command_line import call, refusal

RANDOM = np.random.default_rng(7)
TABLE = pa.table(
    {
        "fare": RANDOM.normal(10, 3, 1000),
        "tip": pa.array(RANDOM.normal(2, 1, 1000), mask=RANDOM.random(1000) < 0.1),
        "vendor": RANDOM.choice(["a", "b"], 1000),
        "column": RANDOM.integers(0, 9, 1000),
    }
)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Return a file with several row groups."""
    path = tmp_path / "trips.parquet"
    pq.write_table(TABLE, path, row_group_size=300)
    return path


def test_statistics_are_those_of_the_functions(file: Path) -> None:
    names = ["median", "q0.99", "skewness", "kurtosis", "sem", "rms"]
    rows = json.loads(call(file, "--stats", ",".join(names), "--ddof", "1", "--json").stdout)
    assert list(rows[0])[-len(names) :] == names
    for row in rows:
        column = TABLE[row["name"]]
        if row["name"] == "vendor":
            assert [row[name] for name in names] == [None] * len(names)
            continue
        assert row["median"] == cs.median(column)
        assert row["q0.99"] == cs.quantile(column, 0.99)
        assert row["skewness"] == cs.skewness(column)
        assert row["kurtosis"] == cs.kurtosis(column)
        assert row["sem"] == cs.sem(column, ddof=1)
        assert row["rms"] == cs.rms(column)
        assert row["mean"] == cs.mean(column)


def test_statistics_of_parts(file: Path) -> None:
    lines = call(file, "--stats", "median", "--columns", "fare", "--per", "400", "--format", "csv")
    medians = [float(row["median"]) for row in csv.DictReader(io.StringIO(lines.stdout))]
    starts = range(0, 1000, 400)
    assert medians == [cs.median(TABLE["fare"].slice(start, 400)) for start in starts]


def test_values_are_counted(file: Path) -> None:
    rows = json.loads(call(file, "--stats", "n_unique,mode,median", "--json").stdout)
    for row in rows:
        column = TABLE[row["name"]]
        assert (row["n_unique"], row["mode"]) == (cs.n_unique(column), cs.mode(column))
    assert {row["name"]: row["median"] for row in rows}["vendor"] is None
    shown = call(file, "--stats", "n_unique,mode", "--wide").stdout
    assert shown.splitlines()[0].split()[-2:] == ["n_unique", "mode"]


@pytest.mark.parametrize("by", ["vendor", "vendor,column", "code", "real", "moment", "median"])
def test_statistics_of_groups(tmp_path: Path, by: str) -> None:
    """Groups are in the order of keys; zeros are one key, and so are NaNs, and nulls."""
    reals = np.array([0.0, -0.0, 1.5, np.nan, np.inf])[RANDOM.integers(0, 5, 1000)]
    moments = pa.array(RANDOM.integers(0, 3, 1000), pa.timestamp("us"))
    table = (
        TABLE.append_column("code", TABLE["vendor"].combine_chunks().dictionary_encode())
        .append_column("real", pa.array(reals, mask=RANDOM.random(1000) < 0.1))
        .append_column("moment", moments)
        .append_column("median", TABLE["column"])
    )
    for place, start in enumerate((0, 400, 1000)):
        pq.write_table(table.slice(start, 600), tmp_path / f"{place}.parquet", row_group_size=150)
    names = ["median", "q0.9", "n_unique", "mode"]
    arguments = ("--by", by, "--columns", "fare,tip,column", "--stats", ",".join(names))
    rows = json.loads(call(tmp_path, *arguments, "--json").stdout)
    keys = by.split(",")
    table = pa.concat_tables([table.slice(0, 600), table.slice(400, 600)])
    expected = cs.moments(table, by=keys, columns=["fare"])
    groups = [key if isinstance(key, tuple) else (key,) for key in expected]
    assert len(rows) == 3 * len(groups)
    assert list(rows[0])[-len(names) :] == names
    for place, row in enumerate(rows):
        chosen = [
            all(map(alike, key, groups[place // 3]))
            for key in zip(*(table[key].to_pylist() for key in keys), strict=True)
        ]
        column = table.filter(pa.array(chosen))[row["name"]]
        assert row["count"] == cs.count(column)
        found = [cs.median(column), cs.quantile(column, 0.9), cs.n_unique(column), cs.mode(column)]
        own = [row[name] for name in names]
        assert own == found, row
    first = "median_key" if by == "median" else keys[0]
    assert next(iter(rows[0])) == first
    lines = call(tmp_path, *arguments, "--format", "csv").stdout.splitlines()
    assert lines[0].startswith(first + ",")
    assert len(lines) == len(rows) + 1


def alike(one: object, other: object) -> bool:
    """Whether two values are one key."""
    return one == other or (one != one and other != other)  # noqa: PLR0124 - NaN


def test_correlations_are_those_of_the_function(file: Path) -> None:
    rows = json.loads(call(file, "--corr", "--json").stdout)
    assert list(rows[0]) == ["column_", "fare", "tip", "column"]
    for row in rows:
        for other in ("fare", "tip", "column"):
            assert row[other] == cs.correlation(TABLE[row["column_"]], TABLE[other])


def test_columns_that_a_file_lacks_are_nulls_in_correlations(file: Path, tmp_path: Path) -> None:
    more = TABLE.drop_columns(["tip"]).slice(0, 10)
    pq.write_table(more, tmp_path / "zzz.parquet")
    lines = call(file, tmp_path / "zzz.parquet", "--missing", "null", "--corr", "--format", "csv")
    rows = {row["column_"]: row for row in csv.DictReader(io.StringIO(lines.stdout))}
    assert float(rows["fare"]["tip"]) == cs.correlation(TABLE["fare"], TABLE["tip"])
    whole = pa.concat_tables([TABLE.drop_columns(["tip"]), more])
    assert float(rows["fare"]["column"]) == cs.correlation(whole["fare"], whole["column"])


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--stats", "modus"], "--stats: no statistic 'modus'; there are: 'median'"),
        (["--stats", "q1.5"], "no statistic 'q1.5'"),
        (["--stats", "qx"], "no statistic 'qx'"),
        (["--stats", "median,median"], "--stats names 'median' twice"),
        (["--corr", "--per", "10"], "--corr cannot be combined with --by, --per or --stats"),
        (["--corr", "--columns", "vendor"], "a matrix needs two columns of numbers"),
    ],
)
def test_what_is_refused(file: Path, arguments: list[str], words: str) -> None:
    assert words in refusal(file, *arguments)
