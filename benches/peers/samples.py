"""The samples: columns of every size, type, share of nulls and distribution."""

from dataclasses import dataclass, replace

import numpy as np

SEED = 20261121
SIZES = [2**power for power in (0, 6, 10, 13, 16, 18, 20, 24, 26)]
QUICK_SIZES = [size for size in SIZES if size <= 2**20]
VARIED_SIZES = [2**16, 2**24]
QUICK_VARIED_SIZES = [2**16]


@dataclass(frozen=True)
class Sample:
    """A recipe for a column; `family` says what it varies."""

    rows: int
    type: str = "float64"
    nulls: float = 0.0
    distribution: str = "normal"
    family: str = "size"

    def values(self) -> np.ndarray:
        """The values, including those under nulls."""
        return MAKERS[self.distribution](np.random.default_rng(SEED), self.rows).astype(self.type)

    def mask(self) -> np.ndarray | None:
        """Which values are null."""
        if not self.nulls:
            return None
        return np.random.default_rng(SEED + 1).random(self.rows) < self.nulls


def scattered(rng: np.random.Generator, rows: int) -> np.ndarray:
    """Normal values with exponents from all of 2^+-200."""
    return np.ldexp(rng.normal(size=rows), rng.integers(-200, 201, rows))


MAKERS = {
    "normal": lambda rng, rows: rng.normal(size=rows),
    "lognormal(0, 3)": lambda rng, rows: rng.lognormal(0.0, 3.0, rows),
    "integers as floats": lambda rng, rows: rng.integers(1, 100_000_000, rows),
    "exponents over 2^+-200": scattered,
    "uniform in +-10^9": lambda rng, rows: rng.integers(-(10**9), 10**9, rows),
    "uniform in +-10^12": lambda rng, rows: rng.integers(-(10**12), 10**12, rows),
}

VARIATIONS = [
    {"family": "type", "type": "float32"},
    {"family": "type", "type": "int32", "distribution": "uniform in +-10^9"},
    {"family": "type", "type": "int64", "distribution": "uniform in +-10^12"},
    {"family": "nulls", "nulls": 0.01},
    {"family": "nulls", "nulls": 0.1},
    {"family": "nulls", "nulls": 0.5},
    {"family": "distribution", "distribution": "lognormal(0, 3)"},
    {"family": "distribution", "distribution": "integers as floats"},
    {"family": "distribution", "distribution": "exponents over 2^+-200"},
]


def samples(quick: bool) -> list[Sample]:
    """All samples, sizes first."""
    sizes = QUICK_SIZES if quick else SIZES
    varied = QUICK_VARIED_SIZES if quick else VARIED_SIZES
    plain = [Sample(size) for size in sizes]
    return plain + [replace(Sample(size), **change) for change in VARIATIONS for size in varied]
