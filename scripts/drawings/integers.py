"""The sum as an integer: one unit for all numbers, and a bucket for each exponent."""

import math
from fractions import Fraction

from scripts.drawings.numbers import integer_of
from scripts.drawings.svg import WIDTH, Drawing, power

LOWEST, HIGHEST, LIMB = -1074, 1024, 64
FIRST_LIMB = LOWEST // LIMB * LIMB


def span(x: float) -> tuple[int, int]:
    """The powers of two of the lowest and of the highest bit of a number, the latter excluded."""
    significand, exponent = integer_of(x) if x >= 2.0**-1022 else (int(x / 2.0**-1074), -1074)
    lowest = exponent + (significand & -significand).bit_length() - 1
    return lowest, exponent + significand.bit_length()


def unit() -> Drawing:
    """Where the bits of some numbers lie among all that float64 has, and what a sum stores."""
    numbers = {"1e300": 1e300, "129.95": 129.95, "0.1": 0.1, "5e-324": 5e-324}
    drawing = Drawing("Bits of float64 numbers on one axis, and the window that a sum stores", 322)
    left, right = 84.0, WIDTH - 12.0

    def place(exponent: int) -> float:
        return right - (exponent - FIRST_LIMB) * (right - left) / (HIGHEST - FIRST_LIMB)

    drawing.text(left, 20, power(1023), "soft", "small")
    drawing.text(place(0), 20, power(0), "soft", "small", at="middle")
    drawing.text(right, 20, power(LOWEST), "soft", "small", at="end")
    for row, (name, x) in enumerate(numbers.items()):
        y = 34.0 + 32 * row
        low, high = span(x)
        drawing.text(left - 12, y + 16, name, "ink", at="end")
        drawing.line(left, y + 11, right, y + 11, "soft", "faint")
        width = max(place(low) - place(high), 3.0)
        drawing.box(min(place(high), right - width), y, width, 22, "blue", "")
    drawing.text(left, 180, "At most 53 bits each, somewhere among 2,098 places.", "ink")
    for number, names in enumerate((["129.95", "0.1"], list(numbers))):
        y = 204.0 + 58 * number
        spans = [span(numbers[name]) for name in names]
        low = min(low for low, _ in spans) // LIMB
        high = -(-max(high for _, high in spans) // LIMB)
        for limb in range(FIRST_LIMB // LIMB, HIGHEST // LIMB):
            kept = low <= limb < high
            x = place((limb + 1) * LIMB)
            drawing.box(
                x + 1, y, place(limb * LIMB) - x - 2, 22, "green", "" if kept else "none faint"
            )
        drawing.text(left - 12, y + 16, "sum of", "ink", at="end")
        what = "all four" if number else " and ".join(names)
        drawing.text(
            left, y + 42, f"{what}: {high - low} limbs of 64 bits are stored", "soft", "small"
        )
    return drawing


def buckets() -> Drawing:
    """Five numbers of four bits, added in buckets by their exponents."""
    values = [6.5, 0.75, -2.0, 5.0, 0.625]
    drawing = Drawing("Numbers are added as integers, in a bucket for each exponent", 262)
    parts = []
    for x in values:
        fraction, exponent = math.frexp(x)
        parts.append((int(fraction * 16), exponent - 4))
    kept: dict[int, list[int]] = {}
    for significand, exponent in parts:
        kept.setdefault(exponent, []).append(significand)
    exponents = sorted(kept, reverse=True)
    tones = dict(zip(exponents, ("blue", "purple", "orange"), strict=True))
    rows = {exponent: 56.0 + 66 * row for row, exponent in enumerate(exponents)}
    drawing.text(10, 24, "values", "soft", "small")
    drawing.text(226, 24, "buckets: integers", "soft", "small")
    drawing.text(424, 24, f"in units of {power(min(exponents))}", "soft", "small")
    for row, (x, (significand, exponent)) in enumerate(zip(values, parts, strict=True)):
        y = 36.0 + 38 * row
        words = f"{x:g} = {significand} × {power(exponent)}".replace("-", "−")
        drawing.cell(10, y, 150, 30, words, tones[exponent])
        drawing.arrow(162, y + 15, 222, rows[exponent] + 18, tones[exponent])
    lowest = min(exponents)
    total = 0
    for exponent, y in rows.items():
        sums = " + ".join(map(str, kept[exponent])).replace("-", "−")
        bucket = sum(kept[exponent])
        words = f"{power(exponent)}:  {sums}" + (f" = {bucket}" if len(kept[exponent]) > 1 else "")
        drawing.cell(226, y, 160, 36, words, tones[exponent])
        shifted = bucket << (exponent - lowest)
        total += shifted
        drawing.arrow(388, y + 18, 420, y + 18, tones[exponent])
        drawing.cell(424, y, 126, 36, f"{shifted:,}".replace("-", "−"), tones[exponent])
    assert Fraction(total) * Fraction(2) ** lowest == sum(map(Fraction, values))
    exact = f"{total} × {power(lowest)} = {sum(values):g}"
    drawing.text(549, 254, f"sum: {exact}, exactly", "green", "bold", at="end")
    return drawing


ROOM = "how-it-works/figures"
DRAWINGS = {"unit": unit, "buckets": buckets}
