"""No cliffs: mean and deviation of every distribution, type and layout, next to other libraries.

Real columns are not normally distributed, contiguous float64 in the first caches. A cell of this
benchmark is a type, a distribution, a layout, a number of values and a statistic. In each cell all
libraries take turns, every answer is checked, and the report says where colstats is behind.

* `distributions`: the values of each type;
* `cells`: which cells are measured;
* `layouts`: how each library holds a layout, and the calls that are timed;
* `exact`: the exact answers, computed without colstats;
* `check`: whether an answer is right;
* `run`: measures, checks, and writes `results/`;
* `results`: the file format, and the ratio to the fastest library;
* `limits`: what colstats promises of these cells, and which cells fall short;
* `report`, `heat`: the page and the heat maps in docs/measured, from `results/` alone.

Run it by ``make bench-cliffs`` (``QUICK=1``: fewer distributions and rounds, kept local).
"""
