"""A soak: a million calls through every door, after which nothing may have grown.

Every kind of input is asked every question again and again, refusals included, and so are our own
objects. Before and after, the process is measured: its memory, the objects of Python, references to
the inputs, files, threads. What grows with the calls is a leak.

`doors` has what is asked, `questions` how, `meters` what is measured, `run` judges. ``make soak``
runs it all and prints a table; the exit code is 1 if anything grows.
"""

from support import stand_ins

stand_ins.install()  # before the doors import what they stand in for
