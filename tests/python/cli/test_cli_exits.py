"""How the command line exits: errors take one line, Ctrl-C and closed pipes are handled."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.feather
import pyarrow.parquet as pq
import pytest

import colstats as cs
from support import child
from support.command_line import Run, failure, run, table, written

pytestmark = pytest.mark.thread_unsafe(reason="starts processes and reads their terminal")


@pytest.fixture
def files(tmp_path: Path) -> dict[str, Path]:
    return written(tmp_path)


def test_failures_are_one_line(tmp_path: Path, files: dict[str, Path]) -> None:
    assert "no-such.parquet: no such file" in failure(tmp_path / "no-such.parquet")
    assert "*.nothing: no such file" in failure(tmp_path / "*.nothing")
    damaged = tmp_path / "damaged.parquet"
    damaged.write_bytes(files["parquet"].read_bytes()[:5000])
    assert "damaged.parquet: " in failure(damaged)
    damaged = tmp_path / "damaged.arrow"
    damaged.write_bytes(b"ARROW1 and nothing else")
    assert "damaged.arrow: " in failure(files["arrow"], damaged)
    keys, values = pa.array([0, 7], pa.int8()), pa.array([1.0, 2.0])
    wrong = pa.DictionaryArray.from_arrays(keys, values, safe=False)
    with pa.ipc.new_file(tmp_path / "keys.arrow", pa.schema({"d": wrong.type})) as writer:
        writer.write_batch(pa.record_batch({"d": wrong}))
    assert "keys.arrow: batch 0 is damaged: " in failure(tmp_path / "keys.arrow")
    unknown = tmp_path / "t.xlsx"
    unknown.touch()
    assert "cannot read files of type '.xlsx'" in failure(unknown)
    assert "no column 'z'; there are: 'x', 'n', 'when', 'name'" in failure(
        files["arrow"], "--columns", "z"
    )
    assert "--ddof takes a whole number of at least 0, not '-1'" in failure(
        files["arrow"], "--ddof=-1"
    )
    double = tmp_path / "double.csv"
    double.write_text("a,b,a\n1,2,3\n")
    assert "double.csv: 2 columns are named 'a'" in failure(double)
    assert "--columns names 'x' twice" in failure(files["arrow"], "--columns", "x,n,x")
    (tmp_path / "t.parquet.gz").touch()
    assert "cannot read files of type '.parquet.gz'" in failure(tmp_path / "t.parquet.gz")
    assert "no such file" in failure("a" * 5000)
    names = tmp_path / "names.csv"
    names.write_bytes(b"a,\xff\xfe\n1,2\n")
    assert "names.csv: 'utf-8' codec" in failure(names)
    empty = tmp_path / "empty.csv"
    empty.touch()
    assert "empty.csv: " in failure(empty)


def test_types_that_differ_are_named(tmp_path: Path) -> None:
    pq.write_table(pa.table({"x": [1.0]}), tmp_path / "a.parquet")
    pq.write_table(pa.table({"x": ["one"]}), tmp_path / "b.parquet")
    words = failure(tmp_path / "a.parquet", tmp_path / "b.parquet")
    assert "b.parquet: column 'x' is string here, but float64 in an earlier file" in words


def test_a_closed_pipe_is_quiet(files: dict[str, Path]) -> None:
    command = f"'{sys.executable}' -m colstats --per-chunk '{files['parquet']}' | head -c 1"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_closed_reader_is_no_failure(files: dict[str, Path]) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    command = [sys.executable, "-m", "colstats", "--per-chunk", str(files["parquet"])]
    done = subprocess.run(command, stdout=writing, stderr=subprocess.PIPE, text=True, check=False)
    os.close(writing)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
def test_a_full_disk_is_one_line(files: dict[str, Path]) -> None:
    command = f"'{sys.executable}' -m colstats '{files['parquet']}' > /dev/full"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr == "colstats: cannot write the output: No space left on device\n"


@pytest.mark.parametrize(("closed", "code"), [(">&-", 0), ("2>&-", 0), ("<&-", 0)])
def test_closed_standard_streams_are_no_failure(
    files: dict[str, Path], closed: str, code: int
) -> None:
    command = f"'{sys.executable}' -m colstats '{files['parquet']}' {closed}"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (code, "")


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "utf-8"])
def test_any_output_encoding_works(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "t.parquet"
    pq.write_table(pa.table({"数据" + "x" * 60: [1.0]}), path)
    done = run(path, env=os.environ | {"PYTHONIOENCODING": encoding}, encoding=encoding)
    assert (done.returncode, done.stderr) == (0, "")
    assert len(done.stdout.splitlines()) == 2


LIBRARIES = """
import sys
sys.modules[{missing!r}] = None
from colstats.cli import main
sys.exit(main({arguments!r}))
"""


def test_missing_libraries(files: dict[str, Path]) -> None:
    def without(missing: str) -> Run:
        program = LIBRARIES.format(missing=missing, arguments=[str(files["parquet"])])
        command = [sys.executable, "-c", program]
        return subprocess.run(command, capture_output=True, text=True, check=False)

    done = without("pyarrow")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "colstats: reading files needs pyarrow: pip install 'colstats[cli]'\n"
    assert without("tqdm").returncode == 0


@pytest.mark.parametrize(
    ("missing", "repeated", "is_shown"),
    [
        ("nothing", 1, False),
        ("nothing", 600, True),
        ("tqdm", 600, False),
    ],
)
def test_a_progress_bar_is_shown_on_terminals_for_long_runs(
    tmp_path: Path, missing: str, repeated: int, is_shown: bool
) -> None:
    pty, termios = pytest.importorskip("pty"), pytest.importorskip("termios")
    path = tmp_path / "t.parquet"
    pq.write_table(table(100_000), path)
    program = LIBRARIES.format(missing=missing, arguments=[str(path)] * repeated)
    ours, theirs = pty.openpty()
    termios.tcsetwinsize(theirs, (24, 80))
    process = subprocess.Popen(
        [sys.executable, "-c", program], stdout=subprocess.PIPE, stderr=theirs, text=True
    )
    os.close(theirs)
    shown = b""
    try:
        while part := os.read(ours, 4096):
            shown += part
    except OSError:
        pass  # the terminal was closed
    os.close(ours)
    assert process.stdout is not None
    with process.stdout:
        assert process.stdout.read().startswith("name ")
    assert process.wait() == 0
    assert (b"%" in shown) == is_shown
    assert b"Traceback" not in shown


def test_wide_row_groups_are_read_in_little_memory(tmp_path: Path) -> None:
    path = tmp_path / "wide.parquet"
    column = np.random.default_rng(1).random(1 << 20)
    pq.write_table(
        pa.table({f"c{i}": column for i in range(80)}),
        path,
        compression="none",
        use_dictionary=False,
    )
    program = f"""
        import sys
        from colstats.cli import main
        from support.peak import peak
        code = main([{str(path)!r}])
        print(peak())
        sys.exit(code)
    """
    assert float(child.answer(program).split()[-1]) < 500  # MiB; the row group has 640


@pytest.mark.usefixtures("_ctrl_c")
def test_ctrl_c_exits_with_130(tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    pq.write_table(table(200_000), path)
    command = [sys.executable, "-m", "colstats", *[str(path)] * 2000]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    time.sleep(2)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=10)
    assert (process.returncode, out, err) == (130, "", "")


def test_help_and_version() -> None:
    assert run("--version").stdout == f"colstats {cs.__version__}\n"
    nothing = run()
    assert nothing.returncode == 2
    assert "--per-chunk" in nothing.stdout
