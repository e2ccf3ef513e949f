"""States of several columns together in plain Python: read, checked, merged, written and asked.

It follows docs/reference/states-of-tables.md.
"""

import math
import struct
from dataclasses import dataclass
from fractions import Fraction
from itertools import combinations

from check import MAX_ROWS
from decode import Reader, checksum, nearest, power, put_integer
from joining import Kind, joined

NUMBERS = ("bool", "integer", "float", "decimal")
#: The factors of a product, each a column: (0, 0, 1) is the square of the first times the second.
Product = tuple[int, ...]


@dataclass(frozen=True)
class Together:
    """The fields of a state of several columns."""

    columns: list[tuple[str, str]]
    degree: int
    #: The decimal places of the weights, if rows have some, and their sums.
    places: int | None
    weights: list[Fraction]
    #: How many rows have finite numbers, a null, a NaN, an infinity.
    rows: tuple[int, int, int, int]
    sums: dict[Product, Fraction]

    @property
    def weight(self) -> Fraction:
        """What the finite rows weigh, in units of the last place: their number without weights."""
        return Fraction(self.rows[0]) if self.places is None else self.weights[0]


NOTHING = Together([], 1, None, [], (0, 0, 0, 0), {})


def products(columns: int, degree: int) -> list[Product]:
    """Return what is summed, in the order of the format."""
    found: list[Product] = [(one,) for one in range(columns)]
    for one in range(columns):
        found += [(one,) * power for power in range(2, 2 * degree + 1)]
        for other in range(one + 1, columns):
            powers = [(p, q) for p in range(1, degree + 1) for q in range(1, degree + 1)]
            found += [(one,) * p + (other,) * q for p, q in powers]
    return found


def encode_together(state: Together) -> bytes:
    """Write a state."""
    has_powers = state.degree > 1 or state.places is not None
    data = b"CSTC" + struct.pack("<BI", 1 + has_powers, len(state.columns))
    for text in (text.encode() for column in state.columns for text in column):
        data += struct.pack("<I", len(text)) + text
    if has_powers:
        data += bytes([state.degree, state.places is not None])
    if state.places is not None:
        data += bytes([state.places]) + b"".join(map(put_integer, state.weights))
    data += struct.pack("<4Q", *state.rows) + b"".join(map(put_integer, state.sums.values()))
    return data + checksum(data)


def decode_together(data: bytes) -> Together:
    """Read a state; raise ValueError if the bytes are damaged, or no data has such a state."""
    if data[:4] != b"CSTC" or data[4:5] not in (b"\1", b"\2") or checksum(data[:-8]) != data[-8:]:
        raise ValueError("this is another format or version, or damaged")
    reader = Reader(data[5:-8])
    try:
        (count,) = reader.fields("I")
        columns = [(reader.text(), reader.text()) for _ in range(count)]
        degree, weighted = reader.fields("BB") if data[4] == 2 else (1, 0)
        places = reader.fields("B")[0] if weighted else None
        weights = [reader.integer() for _ in range(3 if weighted else 0)]
        rows = reader.fields("4Q")
        sums = {product: reader.integer() for product in products(count, degree)}
        state = Together(columns, degree, places, weights, rows, sums)
        is_canonical = encode_together(state) == data
    except (struct.error, UnicodeDecodeError) as error:
        raise ValueError("a field is malformed") from error
    if not is_canonical or not 1 <= degree <= 32 or (places or 0) > 76:
        raise ValueError("the state is not in canonical form")
    if not is_possible(state):
        raise ValueError("no data has this state")
    return state


def is_possible(state: Together) -> bool:
    """Whether data may have this state, as far as pairs of columns show."""
    names, kinds = [name for name, _ in state.columns], [Kind(type) for _, type in state.columns]
    finite, nulls, nans, infinite = state.rows
    families = {kind.family for kind in kinds}
    if sum(state.rows) > MAX_ROWS or len({*names}) < len(names):
        return False
    if not names:
        return state == NOTHING
    if not families <= {*NUMBERS, "null"} or ("null" in families and sum(state.rows) > nulls):
        return False
    if "float" not in families and nans + infinite:
        return False
    return (
        weights_fit(state, (finite, nans, infinite))
        and all(sum_fits(state, kinds, product) for product in state.sums)
        and all(spreads_fit(state, *pair) for pair in combinations(range(len(names)), 2))
        and all(spread(state, one, one) >= 0 for one in range(len(names)))
    )


def weights_fit(state: Together, rows: tuple[int, int, int]) -> bool:
    """Whether rows have the weights: none weighs less than nothing, nor nothing."""
    for weight, count in zip(state.weights, rows, strict=False):
        is_multiple = (weight / power(-1074)).denominator == 1
        most = count * power(1024 + 4 * (state.places or 0))
        if not is_multiple or not 0 <= weight <= most or (weight == 0) != (count == 0):
            return False
    return True


def sum_fits(state: Together, kinds: list[Kind], product: Product) -> bool:
    """Whether a sum is in range, and not negative if it is one of even powers."""
    lowest, end = (0 if state.places is None else -1074), 0
    for column in product:
        is_float = kinds[column].family == "float"
        lowest += -1074 if is_float else 0
        end += 1024 if is_float else 768 + 4 * kinds[column].digits
    total = state.sums[product]
    is_square = len({*product}) == 1 and len(product) % 2 == 0
    is_multiple = (total / power(lowest)).denominator == 1
    return is_multiple and abs(total) <= state.weight * power(end) and not (is_square and total < 0)


def spread(state: Together, one: int, other: int) -> Fraction:
    """Return the sum of products of deviations, times the weight."""
    product = state.sums[min(one, other), max(one, other)]
    return state.weight * product - state.sums[one,] * state.sums[other,]


def spreads_fit(state: Together, one: int, other: int) -> bool:
    """Whether no correlation is beyond 1: the inequality of Cauchy and Schwarz."""
    return spread(state, one, other) ** 2 <= spread(state, one, one) * spread(state, other, other)


def merge_together(one: Together, other: Together) -> Together:
    """Join the states of two parts; the order of the columns is that of the first."""
    if not one.columns or not other.columns:
        return one if one.columns else other
    if sum(one.rows + other.rows) > MAX_ROWS:
        raise ValueError("a state counts at most 2^53 rows")
    ours, theirs = dict(one.columns), dict(other.columns)
    if ours.keys() != theirs.keys() or one.degree != other.degree:
        raise ValueError("the states have other columns, or another degree")
    if (one.places is None) != (other.places is None):
        raise ValueError("only one of the states has weights")
    columns = [(name, str(joined(type, theirs[name]))) for name, type in one.columns]
    places = None if one.places is None else max(one.places, other.places or 0)
    parts = [arranged(part, columns, places) for part in (one, other)]
    finite, nulls, nans, infinite = map(sum, zip(one.rows, other.rows, strict=True))
    return Together(
        columns,
        one.degree,
        places,
        [sum(pair, Fraction(0)) for pair in zip(*(it.weights for it in parts), strict=True)],
        (finite, nulls, nans, infinite),
        {product: parts[0].sums[product] + parts[1].sums[product] for product in parts[0].sums},
    )


def arranged(state: Together, columns: list[tuple[str, str]], places: int | None) -> Together:
    """Return the same state with the columns in an order, of wider types and finer weights."""
    names = [name for name, _ in state.columns]
    order = [names.index(name) for name, _ in columns]
    factors = [
        10 ** (Kind(type).digits - Kind(state.columns[at][1]).digits)
        for at, (_, type) in zip(order, columns, strict=True)
    ]
    unit = 10 ** ((places or 0) - (state.places or 0))
    sums = {}
    for product in products(len(columns), state.degree):
        total = state.sums[own(state, [order[column] for column in product])]
        sums[product] = total * unit * math.prod(factors[column] for column in product)
    weights = [weight * unit for weight in state.weights]
    return Together(columns, state.degree, places, weights, state.rows, sums)


def own(state: Together, factors: list[int]) -> Product:
    """Return factors as a state has them: those of the column that is first before the others."""
    product = tuple(sorted(factors))
    assert product in state.sums
    return product


def covariance(
    state: Together, one: int, other: int, ddof: int = 0, skip_nans: bool = False
) -> float | None:
    """Return a covariance, rounded once."""
    finite, _, nans, infinite = state.rows
    others = infinite + (0 if skip_nans else nans)
    unit = 10 ** (state.places or 0)
    weights = [Fraction(finite), Fraction(nans), Fraction(infinite)]
    if state.places is not None:
        weights = [weight / unit for weight in state.weights]
    weight = weights[0] + weights[2] + (0 if skip_nans else weights[1])
    if finite + others == 0 or weight <= ddof:
        return None
    if others:
        return math.nan
    digits = sum(Kind(state.columns[at][1]).digits for at in (one, other))
    divisor = state.weight * (state.weight - ddof * unit) * Fraction(10) ** digits
    return nearest(spread(state, one, other) / divisor)
