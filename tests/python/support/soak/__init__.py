"""A soak test: a million calls through every door, after which the process may not have grown.

A door is a protocol by which a Python object enters colstats. Every call is made again and again
with every kind of input, and with the package's own objects; calls that are refused are included.
Before and after, the process is measured: memory, Python objects, references to the inputs, files,
threads. What grows with the number of calls is a leak.

`inputs` makes the data, `questions` lists the calls, `doors` combines both, `meters` measures, and
`run` decides. ``make soak`` runs all and prints a table; the exit code is 1 if anything grows.
"""

from support import stand_ins

stand_ins.install()  # before `doors` imports these libraries
