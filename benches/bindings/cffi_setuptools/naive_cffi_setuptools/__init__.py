"""The naive statistics by cffi's API mode, compiled by setuptools and linked statically."""

from naive_faces import cffi_face

from naive_cffi_setuptools._native import ffi, lib

mean, stddev, prepare = cffi_face(ffi, lib)
