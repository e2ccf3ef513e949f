"""Packages the naive statistics as a shared library, which Cargo builds."""

import sys
from pathlib import Path

from setuptools import setup

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "capi"))
from libraries import BuildRust, RustExtension

setup(ext_modules=[RustExtension("naive_ctypes._native")], cmdclass={"build_ext": BuildRust})
