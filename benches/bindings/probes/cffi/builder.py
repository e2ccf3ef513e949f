"""The module that cffi compiles, with the kernels linked in."""

import sys
from pathlib import Path

from cffi import FFI

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "kernels"))
from extensions import HEADER, PREAMBLE, with_kernels

ffibuilder = FFI()
ffibuilder.cdef(HEADER.read_text(encoding="utf-8"))
ffibuilder.set_source("probe_cffi._native", PREAMBLE, **with_kernels())
