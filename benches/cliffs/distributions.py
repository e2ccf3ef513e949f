"""The distributions of each type: what people's columns look like, and what is hard to add.

A maker takes a random generator and a number of values. `SKIPPING` are distributions that are asked
with ``skip_nans``.
"""

from collections.abc import Callable
from typing import TypeAlias

import numpy as np

SEED = 20261126
Rng: TypeAlias = np.random.Generator
Maker: TypeAlias = Callable[[Rng, int], np.ndarray]


def replaced(rng: Rng, rows: int, share: float, value: float) -> np.ndarray:
    """Normal values, a share of which is another value; at least one, if there are two values."""
    values = rng.normal(size=rows)
    values[rng.random(rows) < share] = value
    if rows > 1:
        values[rows // 2] = value
    return values


def rescaled(rng: Rng, rows: int, share: float, scale: float) -> np.ndarray:
    """Normal values, a share of which is of another scale; at least one."""
    values = rng.normal(size=rows)
    chosen = rng.random(rows) < share
    chosen[rows // 2] = True
    values[chosen] *= scale
    return values


def one_huge(rng: Rng, rows: int, place: int, huge: float = 1e30) -> np.ndarray:
    """Normal values and one that dwarfs them."""
    values = rng.normal(size=rows)
    values[place] = huge
    return values


def scattered(rng: Rng, rows: int, low: int, high: int) -> np.ndarray:
    """Normal values whose exponents are drawn from a range."""
    return np.ldexp(rng.normal(size=rows), rng.integers(low, high + 1, rows))


def at_exponents(rng: Rng, exponents: np.ndarray) -> np.ndarray:
    """Values of both signs with these exponents."""
    signs = rng.choice([-1.0, 1.0], len(exponents))
    return np.ldexp(signs * rng.uniform(1.0, 2.0, len(exponents)), exponents.astype(int))


def cancelling(rng: Rng, rows: int) -> np.ndarray:
    """Pairs whose sum is zero, in random order, and a one that is left over."""
    half = 1e8 * rng.normal(size=rows // 2)
    values = np.concatenate([half, -half, np.zeros(rows % 2)])
    rng.shuffle(values)
    values[-1] += 1.0
    return values


def subnormal(kind: type[np.floating]) -> Maker:
    """Multiples of the smallest positive number, below the smallest normal one."""
    smallest = np.finfo(kind).smallest_subnormal
    limit = int(np.finfo(kind).smallest_normal / smallest)
    return lambda rng, rows: (rng.integers(1, limit, rows).astype(kind) * smallest).astype(kind)


FLOAT64: dict[str, Maker] = {
    "normal": lambda rng, rows: rng.normal(size=rows),
    "uniform": lambda rng, rows: rng.random(rows),
    "exponential": lambda rng, rows: rng.exponential(size=rows),
    "integers": lambda rng, rows: rng.integers(1, 10**8, rows).astype(float),
    "sixteenths": lambda rng, rows: rng.integers(16, 16_000, rows) / 16.0,
    "cents": lambda rng, rows: rng.integers(1, 100_000, rows) / 100.0,
    "float32 widened": lambda rng, rows: rng.normal(size=rows).astype(np.float32).astype(float),
    "constant": lambda rng, rows: np.full(rows, 0.1),
    "zeros": lambda rng, rows: np.zeros(rows),
    "sparse (99% zeros)": lambda rng, rows: np.where(
        rng.random(rows) < 0.01, rng.normal(size=rows), 0.0
    ),
    "sorted": lambda rng, rows: np.sort(rng.normal(size=rows)),
    "random walk": lambda rng, rows: rng.normal(size=rows).cumsum(),
    "alternating signs": lambda rng, rows: rng.uniform(1.0, 2.0, rows) * (1 - 2 * (_at(rows) % 2)),
    "1e9 + normal": lambda rng, rows: 1e9 + rng.normal(size=rows),
    "cancelling": cancelling,
    "Cauchy": lambda rng, rows: rng.standard_cauchy(rows),
    "lognormal(0, 4)": lambda rng, rows: rng.lognormal(0.0, 4.0, rows),
    "normal^8": lambda rng, rows: rng.normal(size=rows) ** 8,
    "1% at 1e-30": lambda rng, rows: rescaled(rng, rows, 0.01, 1e-30),
    "0.1% at 1e30": lambda rng, rows: rescaled(rng, rows, 0.001, 1e30),
    "one huge, first": lambda rng, rows: one_huge(rng, rows, 0),
    "one huge, last": lambda rng, rows: one_huge(rng, rows, -1),
    "scale changes": lambda rng, rows: at_exponents(rng, 100 * (_at(rows) // 4096 % 3) - 100),
    "rising exponents": lambda rng, rows: at_exponents(rng, np.linspace(-500, 500, rows)),
    "sawtooth exponents": lambda rng, rows: at_exponents(rng, _at(rows) % 1000 * 0.4 - 200),
    "exponents 2^±200": lambda rng, rows: scattered(rng, rows, -200, 200),
    "all exponents": lambda rng, rows: scattered(rng, rows, -1060, 1015),
    "subnormal": subnormal(np.float64),
    "1% NaN": lambda rng, rows: replaced(rng, rows, 0.01, np.nan),
    "1% NaN, skipped": lambda rng, rows: replaced(rng, rows, 0.01, np.nan),
    "50% NaN": lambda rng, rows: replaced(rng, rows, 0.5, np.nan),
    "50% NaN, skipped": lambda rng, rows: replaced(rng, rows, 0.5, np.nan),
    "1% infinite": lambda rng, rows: replaced(rng, rows, 0.01, np.inf),
}
#: Distributions with NaNs or infinities: a sum may stop early there, so none is the best case.
SPECIAL = {name for name in FLOAT64 if "NaN" in name or "infinite" in name}
SKIPPING = {name for name in FLOAT64 if name.endswith("skipped")}


def _at(rows: int) -> np.ndarray:
    """The position of each value."""
    return np.arange(rows)


def _narrow(kind: type[np.floating], wide: list[str], **own: Maker) -> dict[str, Maker]:
    """Take distributions from float64, rounded, and add some."""
    makers = {name: FLOAT64[name] for name in wide} | own
    return {
        name: lambda rng, rows, f=make: f(rng, rows).astype(kind) for name, make in makers.items()
    }


def whole(low: int, high: int) -> Maker:
    """Integers uniform on a range that includes both ends."""
    return lambda rng, rows: rng.integers(low, high, rows, endpoint=True)


def integers(kind: type[np.integer]) -> dict[str, Maker]:
    """The distributions of an integer type."""
    low, high = int(np.iinfo(kind).min), int(np.iinfo(kind).max)
    makers: dict[str, Maker] = {
        "uniform": whole(low, high),
        "small": whole(max(low, -100), 100),
        "constant": lambda rng, rows: np.full(rows, 77),
        "sparse (99% zeros)": lambda rng, rows: (
            whole(1, 100)(rng, rows) * (rng.random(rows) < 0.01)
        ),
        "sorted": lambda rng, rows: np.sort(whole(low, high)(rng, rows)),
        "one huge, last": lambda rng, rows: np.append(whole(0, 100)(rng, rows - 1), high),
    }
    return {
        name: lambda rng, rows, f=make: f(rng, rows).astype(kind) for name, make in makers.items()
    }


#: float32 and float16 have fewer exponents, so theirs are spread over less.
FLOAT32 = _narrow(
    np.float32,
    [
        *("normal", "uniform", "integers", "sixteenths", "cents", "constant", "zeros"),
        *("sparse (99% zeros)", "sorted", "random walk", "alternating signs", "Cauchy"),
        *("lognormal(0, 4)", "normal^8", "1% at 1e-30", "0.1% at 1e30", "one huge, last"),
        *("1% NaN", "1% NaN, skipped", "50% NaN", "50% NaN, skipped", "1% infinite"),
    ],
) | {
    "all exponents": lambda rng, rows: scattered(rng, rows, -140, 120).astype(np.float32),
    "subnormal": subnormal(np.float32),
}
FLOAT16 = _narrow(
    np.float16,
    [
        *("normal", "uniform", "constant", "zeros", "sparse (99% zeros)", "sorted"),
        *("1% NaN", "1% NaN, skipped", "50% NaN", "50% NaN, skipped", "1% infinite"),
    ],
) | {
    "integers": lambda rng, rows: whole(0, 2048)(rng, rows).astype(np.float16),
    "all exponents": lambda rng, rows: at_exponents(rng, whole(-14, 15)(rng, rows)).astype("f2"),
    "subnormal": subnormal(np.float16),
}
BOOL: dict[str, Maker] = {
    "half true": lambda rng, rows: rng.random(rows) < 0.5,
    "1% true": lambda rng, rows: rng.random(rows) < 0.01,
    "sorted": lambda rng, rows: np.sort(rng.random(rows) < 0.5),
}
#: The digits of a decimal after the point, and what its unscaled values are divided by.
SCALE = 2
UNIT = 10**SCALE
DECIMAL: dict[str, Maker] = {
    "prices": whole(1, 10**7),
    "both signs": whole(-(10**15), 10**15),
    "constant": lambda rng, rows: np.full(rows, 1999),
    "one huge, last": lambda rng, rows: np.append(whole(1, 10**5)(rng, rows - 1), 10**18),
}
MAKERS: dict[str, dict[str, Maker]] = {
    "float64": FLOAT64,
    "float32": FLOAT32,
    "float16": FLOAT16,
    "int64": integers(np.int64),
    "int32": integers(np.int32),
    "int8": integers(np.int8),
    "uint8": integers(np.uint8),
    "bool": BOOL,
    "decimal128": DECIMAL,
}


def make(kind: str, distribution: str, rows: int) -> np.ndarray:
    """The values; of a decimal type the unscaled ones, as int64."""
    with np.errstate(over="ignore", under="ignore"):  # narrow types round to infinity and zero
        return MAKERS[kind][distribution](np.random.default_rng(SEED), rows)


def mask(rows: int, share: float) -> np.ndarray:
    """Which values are null."""
    return np.random.default_rng(SEED + 1).random(rows) < share
