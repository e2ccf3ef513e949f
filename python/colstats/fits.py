"""What regressions and comparisons of groups return.

All numbers are floats that are correctly rounded from exact expressions, and whole numbers.
"""

from typing import Any, NamedTuple

from arro3.core import Array, DataType
from arro3.core import Table as ArrowTable

from colstats.layout import cells, listed, quoted, visible

__all__: list[str] = []


class Fit:
    """A fit by least squares.

    It prints as a table, and exports to Arrow as one, with a row for each term and the columns
    ``term`` (string), ``coefficient`` and ``standard_error`` (float64). Indexing by the name of a
    term returns its coefficient.

    Without degrees of freedom, when there are as many coefficients as rows, there is no deviation
    of the residuals, and no standard error and no F: these are None.

    Examples:
        >>> import colstats as cs
        >>> fit = cs.linear_fit([0, 1, 2], [1, 3, 4])
        >>> print(fit)
        term       coefficient         standard error
        intercept  1.1666666666666667  0.37267799624996495
        slope      1.5                 0.28867513459481287
        <BLANKLINE>
        3 rows, 1 degree of freedom
        r2               0.9642857142857143
        residual stddev  0.408248290463863
        F                27.0
        >>> fit["slope"], fit.standard_errors["slope"]
        (1.5, 0.28867513459481287)

    """

    #: By the names of the terms.
    coefficients: dict[str, float]
    #: Of the coefficients, by the names of the terms.
    standard_errors: dict[str, float | None]
    #: The coefficient of determination; NaN if the response is constant.
    r2: float
    #: The standard deviation of the residuals, by the degrees of freedom.
    residual_stddev: float | None
    #: The F statistic of all terms but the intercept; None if there are no others.
    f: float | None
    #: The number of rows less that of the coefficients. With weights, their sum takes the place of
    #: the number of rows, and this may be a float.
    degrees_of_freedom: int | float
    #: That of the regression, and that of the residuals.
    sums_of_squares: tuple[float, float]
    #: How many rows the fit is made from, whatever their weights.
    count: int

    __slots__ = (
        "coefficients",
        "count",
        "degrees_of_freedom",
        "f",
        "r2",
        "residual_stddev",
        "standard_errors",
        "sums_of_squares",
    )
    __hash__ = None  # type: ignore[assignment]

    @classmethod
    def _of(
        cls, terms: tuple[list[str], list[float], list[float | None]], known: tuple[Any, ...]
    ) -> "Fit":
        """Make one of what the native module has computed."""
        names, coefficients, errors = terms
        fit = cls()
        fit.coefficients = dict(zip(names, coefficients, strict=True))
        fit.standard_errors = dict(zip(names, errors, strict=True))
        fit.r2, fit.residual_stddev, fit.f, fit.degrees_of_freedom, fit.count = known[:5]
        fit.sums_of_squares = known[5]
        return fit

    def __getitem__(self, term: str) -> float:
        """Return the coefficient of a term, by its name."""
        if term not in self.coefficients:
            there = listed(list(self.coefficients))
            raise KeyError(f"no term {quoted(term)}; there are: {there}")
        return self.coefficients[term]

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Fit):
            return NotImplemented
        # As text, NaN equals NaN.
        return all(repr(getattr(self, it)) == repr(getattr(other, it)) for it in self.__slots__)

    def __repr__(self) -> str:
        """Show the terms as a table, and what is known of the fit."""
        errors = self.standard_errors.values()
        rows = zip(self.coefficients, self.coefficients.values(), errors, strict=True)
        lines = [("term", "coefficient", "standard error")]
        lines += [(printable(name), str(value), str(error)) for name, value, error in rows]
        known = [
            ("r2", str(self.r2)),
            ("residual stddev", str(self.residual_stddev)),
            ("F", str(self.f)),
        ]
        counts = f"{counted(self.count, 'row')}, {counted(self.degrees_of_freedom, 'degree')}"
        return "\n".join([*aligned(lines), "", f"{counts} of freedom", *aligned(known)])

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        """Export a row for each term."""
        columns: dict[str, Any] = {
            "term": Array(list(self.coefficients), DataType.utf8()),
            "coefficient": Array(list(self.coefficients.values()), DataType.float64()),
            "standard_error": Array(list(self.standard_errors.values()), DataType.float64()),
        }
        return ArrowTable.from_pydict(columns).__arrow_c_stream__(requested_schema)


class Anova(NamedTuple):
    """An analysis of variance with one factor.

    Examples:
        >>> import colstats as cs
        >>> cs.anova([[1, 2, 3], [2, 4, 6], [5, 5]]).r2
        0.5454545454545454

    """

    #: The F statistic.
    f: float
    #: Between the groups, and within them.
    degrees_of_freedom: tuple[int, int]
    #: Between the groups, and within them.
    sums_of_squares: tuple[float, float]
    #: The part of the whole sum of squares that is between the groups.
    r2: float
    #: The standard deviation within the groups.
    residual_stddev: float


class TTest(NamedTuple):
    """A t test of two means.

    Examples:
        >>> import colstats as cs
        >>> cs.ttest([1, 2, 3], [2, 4, 6], pooled=True)
        TTest(t=-1.5491933384829668, degrees_of_freedom=4.0)

    """

    #: The difference of the means, divided by its standard error.
    t: float
    #: Those of Student's distribution; by Welch and Satterthwaite unless the variances are pooled.
    degrees_of_freedom: float


def printable(name: str) -> str:
    """Escape what is not printable."""
    return "".join(map(visible, name))


def counted(number: int | float, thing: str) -> str:
    """Return a number of things, which are named in the singular."""
    return f"{number} {thing}{'' if number == 1 else 's'}"


def aligned(lines: list[Any]) -> list[str]:
    """Return lines of cells with columns of one width, but for the last."""
    widths = [max(map(cells, column)) for column in zip(*lines, strict=True)][:-1]
    return [
        "  ".join(
            [
                *(
                    text + " " * (width - cells(text))
                    for text, width in zip(line, widths, strict=False)
                ),
                line[-1],
            ]
        )
        for line in lines
    ]
