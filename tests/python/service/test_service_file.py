"""Files that earlier releases wrote are opened, and what is no such file is refused by name.

``format-1.redb.gz`` was written by the first release that has a service: `TRIPS`, put twice under
one id. A release that changes the layout adds a file of its own, and keeps this one.
"""

import datetime as dt
import gzip
import shutil
import subprocess
from pathlib import Path

import pyarrow as pa
import pytest

import colstats as cs
from colstats.service import connect
from support.service import Service, program

DATA = Path(__file__).parent.parent / "data" / "service"
START = dt.datetime(2026, 11, 26, 8, tzinfo=dt.UTC)
TRIPS = pa.table(
    {
        "at": [START + dt.timedelta(minutes=25 * n) for n in range(6)],
        "city": ["Rome", "Oslo", None, "Oslo", "Rome", "Rome"],
        "fare": [12.5, 0.1, 0.2, 1e16, None, -1e16],
        "riders": pa.array([2**40, 1, 3, None, 5, 7], "int64"),
    }
)


@pytest.fixture
def old(tmp_path: Path) -> Path:
    data = tmp_path / "data"
    data.mkdir()
    with gzip.open(DATA / "format-1.redb.gz") as packed, open(data / "colstats.redb", "wb") as file:
        shutil.copyfileobj(packed, file)
    return data


def test_a_file_of_an_earlier_release_is_opened(old: Path) -> None:
    with Service(old) as service, connect(service.url) as node:
        groups = cs.moments(TRIPS.drop(["at"]), by="city")
        assert pa.table(node.states("trips", by="city")) == pa.table(groups)
        assert node.stddev("trips")["riders"] == cs.stddev(TRIPS["riders"])
        hours = node.count("trips", per="bucket").to_list()
        assert [(row["at"].hour, row["fare"]) for row in hours] == [(8, 3), (9, 1), (10, 1)]
        again = node.put(TRIPS, dataset="trips", batch_id="file 1")
        assert (again.duplicates, again.rows) == (1, 6)


def test_a_file_that_is_none_is_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "colstats.redb").write_bytes(b"no such file" * 1_000)
    command = [program(), "--data", tmp_path, "--listen", "127.0.0.1:0", "--page", "none"]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode == 1
    assert str(tmp_path / "colstats.redb") in ended.stderr
