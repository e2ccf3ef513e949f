"""Oracles of the statistics beyond mean and deviation: by definition, in rational numbers.

Each function returns its answer unrounded, as a `Fraction` or a `Root`, which is the root of one.
`rounded` makes the nearest float of it, and `agrees` compares it with a published decimal. Values
are ints, floats, Decimals, Fractions, and None for null. Nothing here is fast, and nothing is taken
from colstats.

* `numbers`: rational numbers, roots of them, and how both are rounded.
* `missing`: which rows count: nulls, NaNs, infinities, `min_count`.
* `weights`: mean and variance with frequency weights.
* `pairs`: covariance, correlation, and their matrices.
* `shape`: skewness, kurtosis, standard error of the mean, root mean square.
* `order`: median, quantiles, mode, number of distinct values.
* `windows`: overlapping, trailing, cumulative and timed windows.
* `elimination`: linear equations, by elimination without fractions.
* `regression`: least squares with one or several predictors.
* `groups`: analysis of variance, and the t statistics of two samples.

Data for tests:

* `samples`: columns and pairs of columns on which statistics go wrong.
* `nist`: the Statistical Reference Datasets, with certified answers.

The conventions, the same in every module:

* None where too few values remain (`min_count`, `ddof`).
* NaN where the definition is 0/0, such as the correlation with a constant column, and wherever a
  NaN or an infinity takes part, unless the limit is clear (the mean of 1 and infinity).
* A row with a null in any column that takes part is left out; with `skip_nans`, so is a NaN.
"""
