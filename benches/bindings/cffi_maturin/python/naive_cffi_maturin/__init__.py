"""The naive statistics by cffi, as maturin does it: out of the Rust, and without a C compiler.

That is cffi's ABI mode: the library is loaded at run time, and each call is put together by libffi.
"""

from naive_faces import cffi_face

from naive_cffi_maturin._native import ffi, lib

mean, stddev, prepare = cffi_face(ffi, lib)
