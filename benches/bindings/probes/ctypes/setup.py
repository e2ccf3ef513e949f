"""Packages the kernels as a shared library for ctypes."""

import sys
from pathlib import Path

from setuptools import Extension, setup

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "kernels"))
from extensions import with_kernels

setup(ext_modules=[Extension("probe_ctypes._native", **with_kernels())])
