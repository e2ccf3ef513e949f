"""The module that cffi compiles, around the static library that Cargo builds."""

import sys
from pathlib import Path

from cffi import FFI

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "capi"))
from libraries import CRATE, static_library

ffibuilder = FFI()
ffibuilder.cdef((CRATE / "naive.h").read_text(encoding="utf-8"))
ffibuilder.set_source(
    "naive_cffi_setuptools._native",
    '#include <stddef.h>\n#include <stdint.h>\n#include "naive.h"',
    include_dirs=[str(CRATE)],
    extra_objects=[str(static_library())],
)
