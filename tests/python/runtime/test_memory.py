"""Zero copy: the statistics of a column of 1 GiB take almost no memory.

Each measurement runs in its own process, which builds the column, resets the peak of its resident
memory, computes, and reports by how much the peak rose.
"""

import json
import subprocess
import sys

import polars as pl
import pytest

pytestmark = pytest.mark.thread_unsafe(reason="measures the memory of processes")

MIB = 2**20
COLUMN = 1024 * MIB

SETUP = """
import json, sys
import numpy as np, pyarrow as pa
import colstats as cs

def status(key):
    with open("/proc/self/status") as lines:
        return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(key))

def filled(dtype):
    values = np.full(2**27, 0.5, dtype)  # writes every page
    values[::2] = 1.5
    return values

def misaligned():
    memory = pa.allocate_buffer(2**30 + 1)
    np.frombuffer(memory, "f8", 2**27, offset=1)[:] = filled("f8")
    return pa.Array.from_buffers(pa.float64(), 2**27, [None, memory.slice(1)])

def in_polars():
    import polars as pl
    return pl.Series(pl.from_arrow(pa.array(filled("f8"))))

MAKE = {
    "pyarrow": lambda: pa.array(filled("f8")),
    "pyarrow, misaligned": misaligned,
    "polars": in_polars,
    "numpy": lambda: filled("f8"),
    "numpy, backwards": lambda: filled("f8")[::-1],
    "numpy, byte-swapped": lambda: filled(">f8"),
}
ASK = {"colstats": lambda column: (cs.mean(column), cs.stddev(column)),
       "a copy": lambda column: (float(column.copy()[0]), None)}

column = MAKE[sys.argv[1]]()
cs.stddev(pa.array([1.0, 2.0]))
with open("/proc/self/clear_refs", "w") as refs:
    refs.write("5")
before = status("VmHWM")
answers = ASK[sys.argv[2]](column)
print(json.dumps({"held": status("VmRSS"), "rise": status("VmHWM") - before, "answers": answers}))
"""


def measure(producer: str, question: str = "colstats") -> dict[str, object]:
    command = [sys.executable, "-c", SETUP, producer, question]
    child = subprocess.run(command, capture_output=True, text=True, check=False)
    assert child.returncode == 0, child.stderr
    return json.loads(child.stdout)


@pytest.mark.parametrize(
    "producer",
    [
        "pyarrow",
        "pyarrow, misaligned",
        "polars",
        "numpy",
        "numpy, backwards",
        "numpy, byte-swapped",
    ],
)
def test_a_gibibyte_is_read_without_a_copy(producer: str) -> None:
    if producer == "polars":
        pl.Series()  # skips the test where polars is not installed
    measured = measure(producer)
    assert measured["answers"] == [1.0, 0.5]
    assert measured["held"] > COLUMN
    assert measured["rise"] < 16 * MIB


def test_a_copy_would_be_detected() -> None:
    assert measure("numpy", "a copy")["rise"] > COLUMN - 16 * MIB
