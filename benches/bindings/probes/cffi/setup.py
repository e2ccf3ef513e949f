"""Says where the builder of the extension module is."""

from setuptools import setup

setup(cffi_modules=["builder.py:ffibuilder"])
