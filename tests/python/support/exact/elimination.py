"""Linear equations between integers, solved by elimination without fractions.

Bareiss' algorithm: every division leaves no remainder, and every intermediate number is a
determinant of a part of the matrix, so that numbers grow no faster than they must.

>>> solve([[2, 1], [1, 3]], [[1], [2]])
[[Fraction(1, 5)], [Fraction(3, 5)]]
"""

from collections.abc import Sequence
from fractions import Fraction
from math import lcm


class Collinear(ValueError):
    """The equations have no single solution. `column` is a combination of columns before it."""

    def __init__(self, column: int) -> None:
        super().__init__(f"column {column} is a linear combination of those before it")
        self.column = column


def solve(
    matrix: Sequence[Sequence[Fraction | int]], right: Sequence[Sequence[Fraction | int]]
) -> list[list[Fraction]]:
    """Solve `matrix * unknowns = right`, for several right-hand sides at once."""
    rows = [integers([*left, *sides]) for left, sides in zip(matrix, right, strict=True)]
    size, previous = len(rows), 1
    for pivot in range(size):
        exchange(rows, pivot)
        for row in range(size):
            if row != pivot:
                rows[row] = eliminated(rows[row], rows[pivot], pivot, previous)
        previous = rows[pivot][pivot]
    return [[Fraction(value, row[place]) for value in row[size:]] for place, row in enumerate(rows)]


def integers(row: Sequence[Fraction | int]) -> list[int]:
    """Multiply an equation by the denominators that occur in it."""
    common = lcm(*(Fraction(value).denominator for value in row))
    return [int(value * common) for value in row]


def exchange(rows: list[list[int]], pivot: int) -> None:
    """Bring a row to the place of the pivot in which the unknown occurs."""
    for row in range(pivot, len(rows)):
        if rows[row][pivot] != 0:
            rows[pivot], rows[row] = rows[row], rows[pivot]
            return
    raise Collinear(pivot)


def eliminated(row: list[int], above: list[int], pivot: int, previous: int) -> list[int]:
    """Remove an unknown from an equation, and divide by the previous pivot: always exact."""
    products = [
        above[pivot] * value - row[pivot] * other for value, other in zip(row, above, strict=True)
    ]
    assert all(product % previous == 0 for product in products)
    return [product // previous for product in products]


def inverse(matrix: Sequence[Sequence[Fraction | int]]) -> list[list[Fraction]]:
    """Return the inverse of a matrix.

    >>> inverse([[0, 2], [1, 0]])
    [[Fraction(0, 1), Fraction(1, 1)], [Fraction(1, 2), Fraction(0, 1)]]
    """
    size = len(matrix)
    return solve(matrix, [[int(row == column) for column in range(size)] for row in range(size)])
