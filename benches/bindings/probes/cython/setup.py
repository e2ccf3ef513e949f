"""Translates the module by Cython, and compiles it with the kernels."""

import sys
from pathlib import Path

from Cython.Build import cythonize
from setuptools import Extension, setup

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "kernels"))
from extensions import with_kernels

NATIVE = Extension("probe_cython._native", **with_kernels("probe_cython/_native.pyx"))
setup(ext_modules=cythonize([NATIVE], build_dir="build"))
