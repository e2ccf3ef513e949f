"""One rounding: what cancellation leaves of integers, and what rounding twice costs."""

import math
import statistics
from fractions import Fraction

from scripts.drawings.svg import WIDTH, Drawing

LEFT = 10


def cancellation() -> Drawing:
    """The two products whose difference is the variance, bit by bit."""
    values = [100_000_001, 100_000_002, 100_000_003]
    n, first, second = len(values), sum(values), sum(x * x for x in values)
    products = {"n·S2": n * second, "S1²": first * first}
    width = max(products.values()).bit_length()
    step = (WIDTH - 2 * LEFT - 56) / width
    left = LEFT + 56.0
    drawing = Drawing(
        "The bits of n*S2 and of S1 squared, which differ in the last ones alone", 236
    )
    texts = {name: f"{product:0{width}b}" for name, product in products.items()}
    one, other = texts.values()
    same = next(place for place in range(width) if one[place] != other[place])
    assert same >= 53
    drawing.text(LEFT, 20, "Values 100,000,001, …2 and …3:", "ink")
    for row, (name, text) in enumerate(texts.items()):
        y = 62.0 + 34 * row
        drawing.text(left - 8, y + 16, name, "ink", at="end")
        for place, bit in enumerate(text):
            tone = "orange" if place >= same else "blue"
            kinds = "" if bit == "1" else "none faint"
            drawing.box(left + place * step + 0.6, y, step - 1.2, 22, tone, kinds)
    end = left + 53 * step
    drawing.line(left, 50, end, 50, "soft")
    drawing.line(end, 42, end, 128, "soft", "dashed")
    drawing.text(
        left + 26 * step, 44, "the 53 bits that a float64 can hold", "soft", "small", at="middle"
    )
    difference = n * second - first * first
    drawing.text(LEFT, 152, "A float64 rounds the orange bits away: no variance is left.", "orange")
    drawing.text(LEFT, 180, f"Between integers the difference is {difference}, exactly.", "green")
    exact = Fraction(difference, n * n)
    drawing.text(
        LEFT, 208, f"Variance: {difference} / {n * n}, rounded once: {float(exact)!r}", "green"
    )
    return drawing


def deviation_in_ulps(values: list[float]) -> tuple[float, float]:
    """The exact deviation, and the root of the rounded variance, in ulp from the nearest double."""
    nearest = statistics.pstdev(values)
    variance = statistics.pvariance(map(Fraction, values))

    def ulps(square: Fraction) -> float:
        scaled = square * 2**400
        root = Fraction(math.isqrt(scaled.numerator // scaled.denominator), 2**200)
        return float((root - Fraction(nearest)) / Fraction(math.ulp(nearest)))

    return ulps(variance), ulps(Fraction(float(variance)))


def twice() -> Drawing:
    """A deviation whose variance is rounded first, and comes out as another double."""
    values = [3.5, 9.3, 3.0, 7.6]
    exact, rounded = deviation_in_ulps(values)
    nearest = statistics.pstdev(values)
    wrong = math.sqrt(statistics.pvariance(values))
    assert wrong == math.nextafter(nearest, 0)
    assert -0.5 < exact < 0
    assert rounded < -0.5
    drawing = Drawing("The root of a rounded variance may round to another double", 232)
    unit, right, y = 360.0, 460.0, 90.0

    def place(ulps: float) -> float:
        return right + ulps * unit

    drawing.text(LEFT, 20, f"Standard deviation of {', '.join(map(str, values))}:", "ink")
    drawing.box(place(-0.5), y - 26, WIDTH - 10 - place(-0.5), 52, "green", "tint full")
    drawing.box(LEFT, y - 26, place(-0.5) - LEFT, 52, "orange", "tint full")
    drawing.line(LEFT, y, WIDTH - 10, y, "soft")
    for tick, x in ((-1, wrong), (0, nearest)):
        drawing.line(place(tick), y - 20, place(tick), y + 20, "ink")
        drawing.text(place(tick), y - 36, repr(x), "ink", "small", at="middle")
    drawing.line(place(-0.5), y - 26, place(-0.5), y + 26, "soft", "dashed")
    drawing.text(place(-0.5), y - 36, "midpoint", "soft", "small", at="middle")
    drawing.dot(place(exact), y, "green")
    drawing.dot(place(rounded), y, "orange")
    drawing.line(place(exact), y + 8, place(exact) + 14, y + 44, "green")
    drawing.line(place(rounded), y + 8, place(rounded) - 14, y + 44, "orange")
    drawing.text(place(exact) + 14, y + 60, "the exact deviation", "green")
    drawing.text(place(rounded) - 14, y + 60, "root of the rounded variance", "orange", at="end")
    drawing.text(
        LEFT, y + 100, "Rounded once, it is the double on the right. If the variance is", "ink"
    )
    drawing.text(
        LEFT, y + 122, "rounded first, the root falls on the other side of the midpoint.", "ink"
    )
    return drawing


ROOM = "how-it-works/figures"
DRAWINGS = {"cancellation": cancellation, "twice": twice}
