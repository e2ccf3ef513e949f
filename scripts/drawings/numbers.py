"""What a float64 is: its bits, its neighbours, and why the order of additions matters."""

import math
import struct

from scripts.drawings.svg import WIDTH, Drawing, power

LEFT = 10


def bits_of(x: float) -> str:
    """The 64 bits of a float64."""
    return f"{struct.unpack('>Q', struct.pack('>d', x))[0]:064b}"


def integer_of(x: float) -> tuple[int, int]:
    """The significand of 53 bits, and the exponent, of a normal number."""
    fraction, exponent = math.frexp(x)
    return int(fraction * 2**53), exponent - 53


def bits() -> Drawing:
    """The 64 bits of 0.1, and the integer that they are."""
    x = 0.1
    drawing = Drawing(f"The 64 bits of {x} and the number that they mean", 214)
    fields = {"sign": (0, 1, "purple"), "exponent": (1, 12, "orange"), "fraction": (12, 64, "blue")}
    step = (WIDTH - 2 * LEFT) / 64
    written = bits_of(x)
    for first, last, tone in fields.values():
        for place in range(first, last):
            kinds = "" if written[place] == "1" else "none faint"
            drawing.box(LEFT + place * step + 0.7, 44, step - 1.4, 22, tone, kinds)
    biased = int(written[1:12], 2)
    drawing.text(LEFT, 32, "sign", "purple", "small")
    drawing.text(
        LEFT + 6.5 * step, 86, f"exponent: {biased} − 1023 = −{1023 - biased}", "orange", "small"
    )
    drawing.text(LEFT + 38 * step, 32, "52 bits of the fraction", "blue", "small", at="middle")
    drawing.text(LEFT + 290, 86, "filled: 1, empty: 0", "soft", "small")
    significand, exponent = integer_of(x)
    assert math.ldexp(significand, exponent) == x
    drawing.text(LEFT, 128, "A 1 before the fraction makes it an integer of 53 bits:", "ink")
    drawing.text(LEFT, 156, f"{x} is stored as {significand:,} × {power(exponent)}", "ink", "bold")
    below, above = math.nextafter(x, 0), math.nextafter(x, 1)
    assert above - x == x - below == 2.0**exponent
    drawing.text(
        LEFT, 184, f"Its neighbours are one unit of {power(exponent)} away: that is", "ink"
    )
    drawing.text(LEFT, 206, f"the ulp (unit in the last place) of {x}.", "ink")
    return drawing


def spacing() -> Drawing:
    """All numbers of a format with three bits, from 1 to 8, and what rounding does."""
    drawing = Drawing("The numbers that three bits can hold, and a number that is rounded", 190)
    left, unit, y = 24.0, 72.0, 110.0

    def place(x: float) -> float:
        return left + (x - 1) * unit

    drawing.line(place(1), y, place(8), y, "soft")
    for exponent, tone in enumerate(("blue", "green", "purple")):
        low, ulp = 2.0**exponent, 2.0 ** (exponent - 2)
        for step in range(4):
            drawing.line(place(low + step * ulp), y - 12, place(low + step * ulp), y + 12, tone)
        drawing.line(place(low) + 3, 60, place(2 * low) - 3, 60, tone)
        name = {0.25: "¼", 0.5: "½", 1.0: "1"}[ulp]
        drawing.text((place(low) + place(2 * low)) / 2, 50, f"ulp {name}", tone, at="middle")
    drawing.line(place(8), y - 12, place(8), y + 12, "soft")
    for whole in range(1, 9):
        drawing.text(place(whole), y + 32, str(whole), "soft", "small", at="middle")
    exact, nearest = 5.4, 5.0
    drawing.dot(place(exact), y, "orange")
    drawing.arrow(place(exact), y - 8, place(nearest) + 3, y - 16, "orange")
    drawing.text(
        place(exact),
        180,
        f"{exact} is none of them: it is rounded to {nearest:g}",
        "orange",
        at="middle",
    )
    return drawing


def order() -> Drawing:
    """Three numbers, added in two orders."""
    big, one = 1e16, 1.0
    drawing = Drawing("1e16, 1 and -1e16 added in two orders", 236)
    assert (big + one) - big == 0.0
    assert (big - big) + one == 1.0
    assert math.ulp(big) == 2.0
    columns = {
        10: (
            "(1e16 + 1) − 1e16",
            ("1e16 + 1", f"{int(big) + 1:,}", f"rounded to {int(big):,}", "orange"),
            ("… − 1e16", "0", "the 1 is lost", "orange"),
        ),
        290: (
            "(1e16 − 1e16) + 1",
            ("1e16 − 1e16", "0", "exact", "green"),
            ("0 + 1", "1", "exact", "green"),
        ),
    }
    for x, (head, *steps) in columns.items():
        drawing.text(x + 130, 22, head, "ink", "bold", at="middle")
        for number, (operation, result, remark, tone) in enumerate(steps):
            y = 36 + number * 100
            drawing.box(x, y, 260, 80, tone)
            drawing.text(x + 12, y + 22, operation, "soft", "small")
            drawing.text(x + 12, y + 45, f"= {result}", "ink")
            drawing.text(x + 12, y + 68, remark, tone, "small")
            if number == 0:
                drawing.arrow(x + 130, y + 81, x + 130, y + 99, "soft")
    return drawing


ROOM = "how-it-works/figures"
DRAWINGS = {"bits": bits, "spacing": spacing, "order": order}
