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
        (["--stats", "mode"], "--stats: no statistic 'mode'; there are: 'median'"),
        (["--stats", "q1.5"], "no statistic 'q1.5'"),
        (["--stats", "qx"], "no statistic 'qx'"),
        (["--stats", "median,median"], "--stats names 'median' twice"),
        (["--stats", "median", "--by", "vendor"], "groups do not hold their values"),
        (["--corr", "--per", "10"], "--corr cannot be combined with --by, --per or --stats"),
        (["--corr", "--columns", "vendor"], "a matrix needs two columns of numbers"),
    ],
)
def test_what_is_refused(file: Path, arguments: list[str], words: str) -> None:
    assert words in refusal(file, *arguments)
