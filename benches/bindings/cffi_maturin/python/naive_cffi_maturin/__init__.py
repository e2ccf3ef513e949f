"""The naive statistics by cffi as maturin uses it: from the Rust crate, and without a C compiler.

That is cffi's ABI mode: the library is loaded at run time, and libffi makes each call.
"""

from naive_faces import cffi_face

from naive_cffi_maturin._native import ffi, lib

mean, stddev, prepare = cffi_face(ffi, lib)
