"""The statistics that every adapter offers: the only list of their names in this package.

This module declares names and types, and has no values. An adapter, such as `colstats.spark`,
imports it for type checkers only: they know each function, and a typo is an error. At runtime,
`colstats.distributed` reads the names from the annotations, and makes the functions.

`colstats` itself needs no list, because it exports what the native module does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:  # not at runtime, because colstats.distributed imports this module
    from colstats.distributed import Statistic

count: Statistic
sum: Statistic
mean: Statistic
variance: Statistic
stddev: Statistic
min: Statistic
max: Statistic

# Short names: `ALIASES` in colstats.distributed.
var: Statistic
std: Statistic
