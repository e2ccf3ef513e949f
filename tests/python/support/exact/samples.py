"""Columns on which statistics go wrong: the same in every run.

Each kind is a way to lose digits: values that cancel, that hardly differ, that differ by hundreds
of binades, that are subnormal or nearly overflow, that lie on a line.

>>> [kind for kind, _, _ in pairs(len(KINDS), rows=3)] == list(KINDS)
True
>>> _, left, right = next(pairs(1, rows=3))
>>> len(left), len(right)
(3, 3)
"""

import math
import random
import sys
from collections.abc import Callable, Iterator

Column = list[float]


def normal(source: random.Random, rows: int) -> Column:
    return [source.gauss(0, 1) for _ in range(rows)]


def near(source: random.Random, rows: int) -> Column:
    """Far from zero, for its deviation."""
    center = 10.0 ** source.randint(3, 12)
    return [source.gauss(center, 1) for _ in range(rows)]


def constant(source: random.Random, rows: int) -> Column:
    return [source.choice((0.1, 0.3, 1e300, 5e-324, -7.0))] * rows


def neighbours(source: random.Random, rows: int) -> Column:
    """Two doubles that are next to each other."""
    value = source.uniform(-1e3, 1e3)
    return [source.choice((value, math.nextafter(value, math.inf))) for _ in range(rows)]


def huge(source: random.Random, rows: int) -> Column:
    return [source.uniform(-1, 1) * sys.float_info.max for _ in range(rows)]


def subnormal(source: random.Random, rows: int) -> Column:
    return [source.randint(-(2**52) + 1, 2**52 - 1) * 5e-324 for _ in range(rows)]


def scattered(source: random.Random, rows: int) -> Column:
    """Exponents over the whole range."""
    return [math.ldexp(source.uniform(-1, 1), source.randint(-1070, 1020)) for _ in range(rows)]


def lognormal(source: random.Random, rows: int) -> Column:
    return [source.lognormvariate(0, 8) for _ in range(rows)]


def cancelling(source: random.Random, rows: int) -> Column:
    """Large values that add up to nothing, and small ones between them."""
    pairs = [source.gauss(0, 1e15) for _ in range(rows // 3)]
    small = [source.gauss(0, 1) for _ in range(rows - 2 * len(pairs))]
    mixed = [*pairs, *(-value for value in pairs), *small]
    source.shuffle(mixed)
    return mixed


def outlier(source: random.Random, rows: int) -> Column:
    values = normal(source, rows)
    values[source.randrange(rows)] = source.choice((1e16, -1e100, 1e300))
    return values


def integers(source: random.Random, rows: int) -> Column:
    """Whole numbers with many ties; zeros of both signs among them."""
    return [source.choice((-0.0, 0.0, 1.0, 2.0, 3.0, -4.0)) for _ in range(rows)]


KINDS: dict[str, Callable[[random.Random, int], Column]] = {
    kind.__name__: kind
    for kind in (
        normal,
        near,
        constant,
        neighbours,
        huge,
        subnormal,
        scattered,
        lognormal,
        cancelling,
        outlier,
        integers,
    )
}


def columns(count: int, rows: int | None = None, seed: int = 0) -> Iterator[tuple[str, Column]]:
    """Yield columns with their kinds, which take turns; the number of rows varies if not given."""
    source = random.Random(seed)
    for place in range(count):
        kind = list(KINDS)[place % len(KINDS)]
        length = source.choice((1, 2, 3, 4, 7, 16, 65)) if rows is None else rows
        yield kind, KINDS[kind](source, length)


def pairs(
    count: int, rows: int | None = None, seed: int = 0
) -> Iterator[tuple[str, Column, Column]]:
    """Yield pairs of columns with the kind of the left one, and each relation in turn.

    The right column is unrelated, a line, nearly proportional, or the same with two values swapped.
    """
    source = random.Random(seed + 1)
    for place, (kind, left) in enumerate(columns(count, rows, seed)):
        yield kind, left, related(source, left, place // len(KINDS) % 4)


def related(source: random.Random, left: Column, relation: int) -> Column:
    """Return a column that has something to do with another one."""
    if relation == 0:
        return KINDS[source.choice(list(KINDS))](source, len(left))
    if relation == 1:
        slope, shift = source.uniform(-2, 2) / 4, source.uniform(-1, 1)
        return [slope * value + shift for value in left]
    if relation == 2:
        return [value / 2 * (1 + source.gauss(0, 1e-9)) for value in left]
    swapped = list(left)
    one, other = source.randrange(len(left)), source.randrange(len(left))
    swapped[one], swapped[other] = swapped[other], swapped[one]
    return swapped
