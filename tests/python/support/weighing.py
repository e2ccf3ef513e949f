"""Generated weights, and columns with gaps."""

import decimal
import math
import random
from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa

D = decimal.Decimal
Weights = list[Any]
Kind = Callable[[random.Random, int], Weights]


def digits(source: random.Random, rows: int) -> Weights:
    """Decimals of many digits."""
    context = decimal.Context(prec=40)
    return [
        D(source.randrange(10 ** source.randint(1, 30))).scaleb(-9, context) for _ in range(rows)
    ]


#: Ways to weigh: each is as likely to have zeros and nulls.
WEIGHTS: dict[str, Kind] = {
    "counts": lambda source, rows: [source.randint(1, 9) for _ in range(rows)],
    "uniform": lambda source, rows: [source.random() for _ in range(rows)],
    "equal": lambda source, rows: [source.choice((0.1, 1.0, 3.0))] * rows,
    "huge": lambda source, rows: [source.uniform(0.5, 1) * 1.7e308 for _ in range(rows)],
    "subnormal": lambda source, rows: [source.randint(1, 2**40) * 5e-324 for _ in range(rows)],
    "scattered": lambda source, rows: [
        math.ldexp(source.uniform(0.5, 1), source.randint(-1070, 1020)) for _ in range(rows)
    ],
    "wide": lambda source, rows: [source.randint(1, 2**63 - 1) for _ in range(rows)],
    "decimals": digits,
    "flags": lambda source, rows: [source.random() < 0.7 for _ in range(rows)],
    "float32": lambda source, rows: np.array(
        [source.random() for _ in range(rows)], np.float32
    ).tolist(),
}
TYPES = {"decimals": pa.decimal128(38, 9), "float32": pa.float32(), "flags": pa.bool_()}


def with_gaps(source: random.Random, column: list[Any], *gaps: Any) -> list[Any]:
    """Replace some of the items, in half of the columns."""
    if source.random() < 0.5:
        return column
    return [source.choice(gaps) if source.random() < 0.2 else item for item in column]
