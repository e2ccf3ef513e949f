"""Names the builder of the extension module."""

from setuptools import setup

setup(cffi_modules=["builder.py:ffibuilder"])
