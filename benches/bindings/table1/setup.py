"""Packages the loop over integers twice, in C and in Rust."""

import sys
from pathlib import Path

from setuptools import Extension, setup

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "capi"))
from libraries import BuildRust, RustExtension

IN_C = Extension("naive_table1._c", ["sum.c"], extra_compile_args=["-O3"])
setup(
    ext_modules=[IN_C, RustExtension("naive_table1._rust")],
    cmdclass={"build_ext": BuildRust},
)
