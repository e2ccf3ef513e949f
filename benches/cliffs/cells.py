"""Which cells are measured: samples, and the statistics that are asked of each.

float64 is measured in every distribution and layout, in the caches; other types in a few layouts.
Sizes from 2^3 to 2^24 values, and columns that must come from memory, are measured in fewer
distributions. `quick` keeps a third of all this, `tiny` proves that the benchmark works.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from benches.cliffs.distributions import FLOAT64, MAKERS, SKIPPING

CACHED = 2**16
MEMORY = 2**24
SMALLEST = 2**13  # values from which means are promised to be fast
WINDOWED = 10**7  # values of the long column with windows

CONTIGUOUS = "contiguous"
ROW_MAJOR = {"rows 1,000 x 1,000": (1000, 1000), "rows 100,000 x 20": (100_000, 20)}
WINDOWS = {"windows of 100": 100, "windows of 1,024": 1024}
CHUNKS = {"chunks of 100": 100, "chunks of 4,096": 4096}
NULLS = {"10% nulls": 0.1, "50% nulls": 0.5}
SLICES = {"slice": 0.0, "slice, 10% nulls": 0.1}
TABLE, COLUMNS = "table of 1,000 columns", 1000
LAYOUTS = [
    *(CONTIGUOUS, *NULLS, *SLICES, *CHUNKS, "strided"),
    *("dictionary", "runs", *WINDOWS, *ROW_MAJOR),
]
TYPED_LAYOUTS = [CONTIGUOUS, "10% nulls", "chunks of 100", "windows of 100"]
BOTH = ("mean", "stddev")


@dataclass(frozen=True)
class Sample:
    """A column, or several in one layout."""

    type: str = "float64"
    distribution: str = "normal"
    layout: str = CONTIGUOUS
    rows: int = CACHED
    statistics: tuple[str, ...] = BOTH

    @property
    def has_nans(self) -> bool:
        """Whether there are NaNs."""
        return "NaN" in self.distribution

    @property
    def skips_nans(self) -> bool:
        """Whether NaNs are left out."""
        return self.distribution in SKIPPING


def fitted(sample: Sample) -> Sample:
    """Give a sample the number of values that its layout needs."""
    if sample.layout in ROW_MAJOR:
        rows, columns = ROW_MAJOR[sample.layout]
        return replace(sample, rows=rows * columns)
    if sample.layout in WINDOWS:
        width = WINDOWS[sample.layout]
        return replace(sample, rows=-(-sample.rows // width) * width)
    return sample


def by_layout() -> Iterator[Sample]:
    """float64, in every distribution and layout."""
    for layout in LAYOUTS:
        statistics = (*BOTH, "sum", "max") if layout == CONTIGUOUS else BOTH
        for distribution in FLOAT64:
            yield Sample(distribution=distribution, layout=layout, statistics=statistics)


def by_type() -> Iterator[Sample]:
    """All other types, in a few layouts."""
    for kind in [name for name in MAKERS if name != "float64"]:
        layouts = TYPED_LAYOUTS if kind != "decimal128" else TYPED_LAYOUTS[:3]
        for layout in layouts:
            for distribution in MAKERS[kind]:
                yield Sample(kind, distribution, layout)
    for layout in ROW_MAJOR:
        yield Sample("float32", "normal", layout)
        yield Sample("int64", "small", layout)
        yield Sample("int32", "uniform", layout)


def by_size() -> Iterator[Sample]:
    """Calls on few values, and columns that come from memory."""
    for rows in (2**3, 2**10, SMALLEST, 2**18, 2**20):
        yield Sample(rows=rows)
    for distribution in ("integers", "lognormal(0, 4)", "exponents 2^±200", "1% NaN, skipped"):
        yield Sample(distribution=distribution, rows=SMALLEST)
    for distribution in (
        *("normal", "integers", "cents", "lognormal(0, 4)", "exponents 2^±200"),
        *("0.1% at 1e30", "1% NaN", "1% NaN, skipped"),
    ):
        yield Sample(distribution=distribution, rows=MEMORY)
    yield Sample(layout="10% nulls", rows=MEMORY)
    yield Sample(distribution="lognormal(0, 4)", layout="10% nulls", rows=MEMORY)
    yield Sample("float32", rows=MEMORY)
    yield Sample("int64", "small", rows=MEMORY)
    yield Sample("int32", "uniform", rows=MEMORY)


def long_windows() -> Iterator[Sample]:
    """A long column in windows and as a whole, and a table of many short columns."""
    yield Sample(rows=WINDOWED)
    for layout in WINDOWS:
        yield Sample(layout=layout, rows=WINDOWED)
    yield Sample(layout=TABLE, rows=COLUMNS * 1000)


def full() -> list[Sample]:
    """All samples."""
    parts = (by_layout(), by_type(), by_size(), long_windows())
    return [fitted(sample) for part in parts for sample in part]


#: One distribution of each family.
QUICK = {
    *("normal", "integers", "cents", "zeros", "lognormal(0, 4)", "0.1% at 1e30"),
    *("exponents 2^±200", "1% NaN, skipped", "uniform", "small", "half true", "prices"),
}


def quick() -> list[Sample]:
    """A third of the distributions, and nothing from memory."""
    return [s for s in full() if s.distribution in QUICK and s.rows < MEMORY]


def tiny() -> list[Sample]:
    """A few small samples in every layout and type, which take seconds."""
    layouts = [layout for layout in LAYOUTS if layout not in ROW_MAJOR]
    samples = [Sample(layout=layout, rows=1000) for layout in layouts]
    samples += [
        Sample(distribution="1% NaN, skipped", layout=layout, rows=1000) for layout in layouts
    ]
    samples += [Sample(kind, next(iter(MAKERS[kind])), rows=1000) for kind in MAKERS]
    return [fitted(sample) for sample in samples]


PLANS = {"full": full, "quick": quick, "tiny": tiny}
