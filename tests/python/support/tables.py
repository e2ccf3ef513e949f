"""Tables for the tests of states and groups: a small one, and random ones in random parts."""

import random
from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa

from support.reference import Value

TABLE = pa.table(
    {
        "country": ["NL", "DE", None, "DE", "NL"],
        "price": [1.0, 1e300, 5.0, -1e300, None],
        "units": pa.array([1, 2, 3, 4, 5], pa.int16()),
    }
)
ROWS = 400


def wide(rng: random.Random) -> float:
    return rng.choice([rng.gauss(1e8, 1), rng.uniform(-1, 1) * 2.0 ** rng.randint(-1000, 1000)])


def special(rng: random.Random) -> float:
    return rng.choice([0.0, -0.0, float("nan"), float("inf"), 5e-324, 1.7e308, rng.random()])


#: The type of a column, and a function that draws a random value.
KINDS: dict[str, tuple[pa.DataType, Callable[[random.Random], Any]]] = {
    "wide": (pa.float64(), wide),
    "special": (pa.float64(), special),
    "negative zeros": (pa.float64(), lambda _: -0.0),
    "single": (pa.float32(), lambda rng: float(np.float32(rng.gauss(0, 1e20)))),
    "int64": (pa.int64(), lambda rng: rng.randint(-(2**63), 2**63 - 1)),
    "uint64": (pa.uint64(), lambda rng: rng.randint(0, 2**64 - 1)),
    "int8": (pa.int8(), lambda rng: rng.randint(-128, 127)),
}


def columns(rng: random.Random) -> dict[str, list[Value]]:
    """Make random columns with a stretch of nulls."""
    rows, dull = rng.randint(0, ROWS), rng.randint(0, ROWS)
    return {
        name: [
            None if dull <= row < dull + 60 or rng.random() < 0.1 else value(rng)
            for row in range(rows)
        ]
        for name, (_, value) in KINDS.items()
    }


def cut(table: pa.Table, rng: random.Random) -> list[pa.Table]:
    """Cut a table into up to twelve parts, some of them empty, and shuffle them."""
    rows = table.num_rows
    cuts = sorted(rng.randint(0, rows) for _ in range(rng.randint(0, 9)))
    pairs = zip([0, *cuts], [*cuts, rows], strict=True)
    parts = [table.slice(start, end - start) for start, end in pairs]
    parts += [table.slice(0, 0)] * rng.randint(0, 2)
    rng.shuffle(parts)
    return parts
