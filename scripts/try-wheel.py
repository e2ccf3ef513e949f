"""Ask an installed colstats something, without any library beside it, and print its version."""

import sys
from array import array

import colstats as cs

morning, evening = cs.moments([1e300, 1.0]), cs.moments([-1e300])
assert cs.mean([1e16, 1.0, -1e16]) == 1 / 3
assert cs.stddev(array("d", [1.5, 2.5, 3.5]), ddof=1) == 1.0
assert (morning + evening).sum() == 1.0
assert cs.describe({"units": [3, 4, 5]})["units"]["mean"] == 4.0
# Importing colstats leaves a free-threaded interpreter as it is.
assert getattr(sys, "_is_gil_enabled", lambda: True)() == ("free-threading" not in sys.version)
print(cs.__version__, cs.build_info(), sys.version)
