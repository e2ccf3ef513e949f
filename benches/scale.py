"""What states cost at scale: size and joining are measured, large jobs are computed from them.

Writes ``docs/measured/scale.md`` and its figure. Run it by ``make bench-scale``.
"""

import datetime
import statistics
import time
from decimal import Decimal
from pathlib import Path
from typing import Any

import benches.shared.one_thread  # noqa: F401 - before the libraries are loaded

# isort: split
import numpy as np
import pyarrow as pa
from matplotlib.axes import Axes

import colstats as cs
from benches.shared import machine, pages
from benches.shared.canvas import canvas, name_ends
from benches.shared.clock import undisturbed
from benches.shared.markdown import digits, table
from colstats.distributed import FAN_IN, join

ROWS = 100_000
COLUMNS = 1_000
PARTITIONS = [10**power for power in range(1, 7)]
ROUNDS = 7
#: The head of the table of costs.
COST = [
    "partitions",
    "levels",
    "moved",
    "the driver holds",
    "joining, one core",
    "of it on the driver",
]


def samples() -> dict[str, tuple[pa.Array, pa.Array]]:
    """A typical column of each type, and one whose state is as large as possible."""
    rng = np.random.default_rng(3)
    normal = rng.normal(100.0, 15.0, ROWS)
    signed = (rng.random(ROWS) + 1.0) * rng.choice([-1.0, 1.0], ROWS)
    widest = np.ldexp(signed, rng.integers(-1074, 1000, ROWS))
    widest_single = np.ldexp(signed, rng.integers(-149, 120, ROWS)).astype("f4")
    small = rng.integers(0, 1_000, ROWS)
    full = rng.integers(-(2**63), 2**63 - 1, ROWS)
    cents = [Decimal(int(number)).scaleb(-2) for number in small]
    huge = [Decimal(int(number)) * 10**18 for number in full]
    moments = rng.integers(0, 2 * 10**15, ROWS)
    return {
        "float64": (pa.array(normal), pa.array(widest)),
        "float32": (pa.array(normal.astype("f4")), pa.array(widest_single)),
        "int64": (pa.array(small), pa.array(full)),
        "int8": (pa.array(small.astype("i1")), pa.array(full.astype("i1"))),
        "decimal128": (pa.array(cents, pa.decimal128(12, 2)), pa.array(huge, pa.decimal128(38, 0))),
        "timestamp": (pa.array(moments, pa.timestamp("us")), pa.array(full, pa.timestamp("us"))),
        "bool": (pa.array(small > 500), pa.array(small > 500)),
        "string": (pa.array(["text"] * ROWS), pa.array(["text"] * ROWS)),
    }


def bytes_of(column: pa.Array) -> int:
    """Count the bytes of a column's state."""
    return len(cs.moments(column).to_bytes())


def tables_of_states(column: pa.Array) -> list[pa.Table]:
    """Tables of states as they arrive from other machines, as many as are joined at once."""
    names = [f"column_{number}" for number in range(COLUMNS)]
    parts = np.array_split(column.to_numpy(), FAN_IN)
    states = [cs.moments(pa.array(part)) for part in parts]
    return [pa.table(cs.MomentsTable(dict.fromkeys(names, state))) for state in states]


def seconds_a_state(tables: list[pa.Table]) -> float:
    """Time joining tables, per state that is read."""
    times = []
    with undisturbed():
        for _ in range(ROUNDS):
            start = time.perf_counter()
            (joined,) = join(tables)
            times.append(time.perf_counter() - start)
    whole = sum(len(cs.merge(table)["column_0"]) for table in tables)
    assert len(joined["column_0"]) == whole == ROWS
    return statistics.median(times) / (len(tables) * COLUMNS)


def levels(partitions: int) -> list[int]:
    """Count the tables of each level of the tree, the driver's last."""
    counts = [partitions]
    while counts[-1] > FAN_IN:
        counts.append(-(-counts[-1] // FAN_IN))
    return counts


def cost(partitions: int, size: float, seconds: float) -> dict[str, float]:
    """Compute what a job moves, how long one core joins, and what the driver holds."""
    tables = levels(partitions)
    states = sum(tables) * COLUMNS
    return {
        "partitions": partitions,
        "levels": len(tables),
        "bytes": states * size,
        "seconds": states * seconds,
        "driver": tables[-1] * COLUMNS * size,
        "driver_seconds": tables[-1] * COLUMNS * seconds,
    }


def amount(size: float) -> str:
    """Write a number of bytes."""
    for unit, scale in (("TB", 1e12), ("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if size >= scale:
            return f"{digits(size / scale)} {unit}"
    return f"{size:.0f} B"


def duration(seconds: float) -> str:
    """Write a time."""
    for unit, scale in (("h", 3600.0), ("min", 60.0), ("s", 1.0), ("ms", 1e-3)):
        if seconds >= scale:
            return f"{digits(seconds / scale)} {unit}"
    return f"{digits(seconds * 1e6)} us"


def draw(costs: dict[str, list[dict[str, float]]], stem: Path) -> None:
    """Draw bytes moved and the time of joining against the number of partitions."""
    colors = {"typical": "#1f6fb4", "worst": "#c1121f"}
    panels = {"bytes": "bytes moved", "seconds": "seconds of one core for joining"}
    with canvas(stem, 2, 1, figsize=(7.6, 8.5)) as (figure, axes_of):
        for axes, (key, label) in zip(axes_of, panels.items(), strict=True):
            lines = {name: [row[key] for row in rows] for name, rows in costs.items()}
            draw_panel(axes, lines, colors)
            axes.set_ylabel(label)
        figure.suptitle(f"{COLUMNS:,} columns of float64, states joined {FAN_IN} at a time")


def draw_panel(axes: Axes, lines: dict[str, list[float]], colors: dict[str, str]) -> None:
    """Draw one panel."""
    axes.set_xscale("log")
    axes.set_yscale("log")
    for name, line in lines.items():
        axes.plot(PARTITIONS, line, color=colors[name], marker="o")
    axes.set_xlabel("partitions")
    axes.set_xlim(7, 10**7.6)
    axes.set_xticks(PARTITIONS)
    axes.grid(alpha=0.25, linewidth=0.6)
    name_ends(axes, {name: (PARTITIONS[-1], line[-1]) for name, line in lines.items()}, colors, 1.6)


def main() -> None:
    """Measure, compute and write."""
    columns = samples()
    sizes = {name: [bytes_of(column) for column in pair] for name, pair in columns.items()}
    names = ("typical", "worst")
    speeds = {
        name: [seconds_a_state(tables_of_states(column)) for column in columns[name]]
        for name in ("float64", "int64")
    }
    costs = {
        name: [cost(count, sizes["float64"][at], speeds["float64"][at]) for count in PARTITIONS]
        for at, name in enumerate(names)
    }
    draw(costs, pages.stem("scale", "scale"))
    pages.publish("scale", page(sizes, speeds, costs))


def page(sizes: Any, speeds: Any, costs: Any) -> str:
    """Write the page."""
    here = machine.machine()
    size_rows = [[name, *map(str, pair)] for name, pair in sizes.items()]
    speed_rows = [
        [name, *map(duration, pair), *(f"{1 / second:,.0f}" for second in pair)]
        for name, pair in speeds.items()
    ]
    cost_rows = [
        [
            f"{row['partitions']:,}, {name}",
            str(row["levels"]),
            *(amount(row[key]) for key in ("bytes", "driver")),
            *(duration(row[key]) for key in ("seconds", "driver_seconds")),
        ]
        for name in costs
        for row in costs[name][2:]
    ]
    return f"""\
# What states cost at scale

<!-- Written by benches/scale.py: do not edit. -->

How small states are, and what it costs to join them. Sizes and speeds are measured
({here["cpu"]}, one core, {datetime.date.today():%B %Y});
the costs of large jobs are calculated from them, as explained below.
{pages.run_it("bench-scale")}

## Bytes of a state

By type: of {ROWS:,} typical values, and of values chosen to make it as large as possible
(every exponent that the type has, both signs). The number of rows hardly matters.

{table(["bytes", "typical", "worst"], size_rows)}
## Joining

Tables of {COLUMNS:,} columns, {FAN_IN} at once, as they arrive from elsewhere (Arrow in memory):
the time per state, and how many states one core joins per second; the median of
{ROUNDS} runs.

{table(["", "typical", "worst", "a second, typical", "worst"], speed_rows)}
## What a job costs

{COLUMNS:,} columns of float64, joined {FAN_IN} at a time. A tree over *p* partitions has
*p* + *p*/{FAN_IN} + *p*/{FAN_IN}^2 + ... tables; each is moved once and read once. The
engine's own overhead per byte and per task is not included.

{table(COST, cost_rows)}
![What a job costs]({pages.figure("scale", "scale")})

The lower levels of the tree are joined by as many cores as the engine has; only the last level
runs on the driver. At 10^6 partitions, most of the cost is moving states: fewer, larger partitions
cost less.
"""


if __name__ == "__main__":
    main()
