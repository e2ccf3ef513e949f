"""A table of taxi trips that never took place, for pictures: the same on every machine."""

import datetime
import random
from decimal import Decimal
from typing import Any

ROWS = 20_000
PAYMENTS = ("app", "card", "cash")


def columns() -> dict[str, list[Any]]:
    """The columns of the table."""
    rng = random.Random(7)
    first = datetime.date(2026, 1, 1)
    return {
        "pickup": [first + datetime.timedelta(rng.randrange(31)) for _ in range(ROWS)],
        "distance": [
            None if rng.random() < 0.02 else rng.lognormvariate(1, 0.8) for _ in range(ROWS)
        ],
        "fare": [Decimal(rng.randrange(300, 9000)).scaleb(-2) for _ in range(ROWS)],
        "passengers": [rng.randint(1, 6) for _ in range(ROWS)],
        "payment": [rng.choice(PAYMENTS) for _ in range(ROWS)],
    }
