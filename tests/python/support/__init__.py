"""Helpers that several tests share.

What is expected:

* `reference`: the reference implementation of every statistic, in exact rational arithmetic.
* `exact`: the same for the statistics beyond mean and deviation, and NIST's reference datasets.
* `checks`: compares colstats with the reference, statistic by statistic and bit by bit.

Data that must be read:

* `arrow_types`: a column of every Arrow type, in every layout.
* `numpy_arrays`: NumPy arrays of every numeric type and stride.
* `libraries`: columns and a table as pyarrow, polars, pandas and other libraries export them.
* `tables`: tables for the tests of states and groups.
* `buffers`: Arrow buffers at misaligned addresses.

Data made by hand with ctypes, which counts releases and can lie about itself:

* `c_structs`: the C structures of the Arrow C data interface, in capsules.
* `producers`, `tensors`: producers of Arrow data and of DLPack tensors.
* `honest`: producers that keep every promise, one for each protocol and shape.
* `deep_nesting`: structures nested deeper than any stack.
* `bad_inputs`: inputs that must be refused, each with the expected exception.

Processes and environment:

* `child`: programs that run in a child process with a timeout.
* `peak`: the peak memory of such a program.
* `command_line`: runs ``python -m colstats``, and writes files for it.
* `low_memory`: calls in a process with little memory left.
* `public_calls`: calls everything public with everything it should not be called with.
* `stand_ins`: stand-ins for libraries that have no wheel for this interpreter.
* `soak`: a million calls, after which the process may not have grown (``make soak``).
"""
