"""Fast paths: a value cut into slices, brackets around the truth, and the order of attempts."""

import struct
from fractions import Fraction

from scripts.drawings.integers import span
from scripts.drawings.svg import WIDTH, Drawing, power

#: Bits of a slice where slices are summed: see src/kernels/slices.rs.
SLICE = 43


def slices() -> Drawing:
    """A value below 2^8, cut on the grids of two accumulators."""
    x, top = 129.95, 8
    grids = [top + 1 - SLICE * (number + 1) for number in range(2)]
    start = 1.5 * 2.0 ** (grids[0] + 52)
    t = start + x
    h = t - start
    r = x - h
    assert Fraction(h) + Fraction(r) == Fraction(x)
    assert Fraction(r) % Fraction(2) ** grids[1] == 0
    moved = [struct.unpack("<q", struct.pack("<d", number))[0] for number in (start, t)]
    units = moved[1] - moved[0]
    assert Fraction(units) * Fraction(2) ** grids[0] == Fraction(h)

    drawing = Drawing("A value is cut in two by the grids of two accumulators", 352)
    left, right, highest, lowest = 62.0, WIDTH - 10.0, grids[0] + 53, grids[1] - 1
    step = (right - left) / (highest - lowest)

    def place(exponent: int) -> float:
        """The right end of the cell of a bit."""
        return right - (exponent - lowest) * step

    def number(name: str, y: float, value: float, tone: str) -> None:
        low, high = span(abs(value))
        bits = f"{int(Fraction(abs(value)) / Fraction(2) ** low):b}"
        drawing.text(left - 8, y + 16, name, tone, at="end")
        for offset, bit in enumerate(bits):
            place_of = place(high - 1 - offset)
            drawing.box(
                place_of - step + 0.5, y, step - 1, 22, tone, "" if bit == "1" else "none faint"
            )

    def accumulator(name: str, y: float, grid: int, tone: str) -> None:
        drawing.text(left - 8, y + 16, name, tone, at="end")
        drawing.box(place(grid + 52) - step, y, place(grid) - place(grid + 52) + step, 22, tone)
        for bit in (52, 51):
            drawing.box(place(grid + bit) - step + 0.5, y, step - 1, 22, tone, "")

    for grid, tone in zip(grids, ("blue", "orange"), strict=True):
        drawing.line(place(grid), 30, place(grid), 236, tone, "dashed")
        drawing.text(place(grid), 22, f"grid {power(grid)}", tone, "small", at="end")
    accumulator("S₀", 40, grids[0], "blue")
    number("x", 80, x, "ink")
    number("h", 120, h, "blue")
    number("r" if r > 0 else "−r", 160, r, "orange")
    accumulator("S₁", 200, grids[1], "orange")
    lines = [
        ("t = S₀ + x", "rounds x to the grid of S₀"),
        ("h = t − S₀", "is that multiple of the grid, exactly"),
        ("r = x − h", "is the rest, exactly: it goes to S₁"),
    ]
    for row, (formula, meaning) in enumerate(lines):
        drawing.text(left, 262 + 24 * row, formula, "ink", "mono")
        drawing.text(left + 110, 262 + 24 * row, meaning, "ink")
    drawing.text(left, 340, f"The bits of S₀ have moved by {units:,} units.", "blue")
    return drawing


def bracket() -> Drawing:
    """Two brackets: one that settles the rounding, and one that does not."""
    drawing = Drawing(
        "A bracket between two midpoints settles the rounding; one across does not", 272
    )
    left, gap = 60.0, 220.0
    for y, (low, high), tone, words in (
        (64.0, (0.86, 1.2), "green", "both ends round to this double: settled"),
        (194.0, (1.36, 1.62), "orange", "the ends round apart: left open"),
    ):
        start, end = left + 0.5 * gap, left + 1.5 * gap
        drawing.box(start, y - 26, gap, 52, "soft", "tint full")
        drawing.line(20, y, WIDTH - 20, y, "soft")
        for tick in range(3):
            drawing.line(left + tick * gap, y - 20, left + tick * gap, y + 20, "ink")
        for middle in (start, end):
            drawing.line(middle, y - 26, middle, y + 26, "soft", "dashed")
        x, width = left + low * gap, (high - low) * gap
        drawing.box(x, y - 9, width, 18, tone, "")
        drawing.text(
            (start + end) / 2 if tone == "green" else x + width / 2,
            y + 50,
            words,
            tone,
            at="middle",
        )
    drawing.text(left + gap, 28, "all that rounds to this double", "soft", "small", at="middle")
    drawing.text(left, 104, "a double", "soft", "small", at="middle")
    drawing.text(left + 1.5 * gap, 158, "midpoint", "soft", "small", at="middle")
    return drawing


def attempts() -> Drawing:
    """The order in which a deviation of floats is attempted."""
    steps = [
        ("Sums of two doubles", "pieces of at most 2,048 values, without a state", "blue"),
        ("Bracket", "one cut for each value; from 256 values on", "blue"),
        ("Fine bracket", "2²⁰ times as narrow, for exponents far apart", "blue"),
        ("Exact sums by slices", "two to six slices for each value", "green"),
        ("Integer kernels", "blocks that fit no grid: always exact", "green"),
    ]
    drawing = Drawing(
        "Attempts at a standard deviation, from the fastest to the last", 66.0 * len(steps) + 10
    )
    for row, (name, about, tone) in enumerate(steps):
        y = 8.0 + 66 * row
        drawing.box(10, y, 350, 50, tone)
        drawing.text(22, y + 21, name, "ink", "bold")
        drawing.text(22, y + 41, about, "soft", "small")
        if row < len(steps) - 1:
            drawing.arrow(60, y + 51, 60, y + 65, "orange")
        drawing.arrow(362, y + 25, 428, y + 25, "green")
        if tone == "blue":
            drawing.text(395, y + 17, "settled", "green", "small", at="middle")
            drawing.text(70, y + 63, "open", "orange", "small")
    drawing.box(430, 8, 120, 66.0 * len(steps) - 16, "green")
    middle = 4 + 33.0 * len(steps)
    drawing.text(490, middle, "the double", "ink", "bold", at="middle")
    drawing.text(490, middle + 22, "nearest to", "ink", "bold", at="middle")
    drawing.text(490, middle + 44, "the truth", "ink", "bold", at="middle")
    return drawing


ROOM = "how-it-works/figures"
DRAWINGS = {"slices": slices, "bracket": bracket, "attempts": attempts}
