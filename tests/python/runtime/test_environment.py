"""The bits do not depend on the floating-point control register or the instruction set."""

import ctypes
import mmap
import os
import platform
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import pytest

import colstats as cs

#: MXCSR flags: flush results to zero, treat subnormal operands as zero, round down.
FLAGS = {"flush": 0x8000, "zero": 0x0040, "round down": 0x2000}

only_x86 = pytest.mark.skipif(platform.machine() != "x86_64", reason="the machine code is x86-64")


def machine_code(code: bytes) -> tuple[mmap.mmap, int]:
    """Write machine code to executable memory; return the memory and its address."""
    memory = mmap.mmap(-1, len(code), prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
    memory.write(code)
    return memory, ctypes.addressof(ctypes.c_char.from_buffer(memory))


LOAD, LOAD_AT = machine_code(b"\x0f\xae\x17\xc3")  # ldmxcsr [rdi]; ret
STORE, STORE_AT = machine_code(b"\x0f\xae\x1f\xc3")  # stmxcsr [rdi]; ret


@contextmanager
def control_register(flags: int) -> Iterator[None]:
    """Set flags of this thread's control register, as libraries built with fast math do."""
    load = ctypes.CFUNCTYPE(None, ctypes.POINTER(ctypes.c_uint32))(LOAD_AT)
    store = ctypes.CFUNCTYPE(None, ctypes.POINTER(ctypes.c_uint32))(STORE_AT)
    before = ctypes.c_uint32()
    store(before)
    load(ctypes.c_uint32(before.value | flags))
    try:
        yield
    finally:
        load(before)


def columns() -> list[np.ndarray]:
    rng = np.random.default_rng(3)
    return [
        rng.normal(size=5000),
        rng.normal(size=5000) * 1e-310,
        (rng.normal(size=5000) * 1e-40).astype(np.float32),
        rng.normal(size=20) * 5e-324,
    ]


def answers() -> list[str]:
    return [
        value.hex()
        for column in columns()
        for value in (cs.mean(column), cs.stddev(column), cs.min(column), cs.sum(column))
    ]


@only_x86
@pytest.mark.parametrize("flags", FLAGS.values(), ids=FLAGS)
def test_the_control_register_does_not_change_answers(flags: int) -> None:
    data, expected = columns(), answers()
    statistics = (cs.mean, cs.stddev, cs.min, cs.sum)
    with control_register(flags):
        unusual = cs.build_info()["isa"]
        found = [statistic(column) for column in data for statistic in statistics]
    assert unusual == "portable"
    assert [value.hex() for value in found] == expected


def test_every_instruction_set_gives_the_same_bits() -> None:
    code = "import test_environment as t; print(*t.answers())"
    for isa in ("portable", "avx2", "avx512", "neon"):
        done = subprocess.run(
            [sys.executable, "-c", code],
            cwd=os.path.dirname(__file__),
            env={**os.environ, "COLSTATS_ISA": isa},
            capture_output=True,
            text=True,
            check=True,
        )
        assert done.stdout.split() == answers(), isa
