"""The benchmarks of a paper on Python bindings, repeated, corrected and answered.

The paper binds a naive mean and standard deviation by ctypes, cffi and PyO3, calls them with the
argument converted at every call (M1) and with a container built once (M2), on whole samples and
chunk by chunk, and compares with NumPy. ``run.py`` measures, ``report`` writes the report.
"""
