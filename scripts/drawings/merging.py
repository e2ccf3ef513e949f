"""States: the same from any parts in any order, and what their bytes hold."""

from scripts.drawings.svg import WIDTH, Drawing

import colstats as cs

VALUES = [9.5, 0.1, 7.2, 3.3, 8.0, 2.7, 6.4, 1.1, 5.9, 4.2, 0.3, 9.9]


def parts(values: list[float], lengths: list[int]) -> list[list[float]]:
    """Cut values into parts."""
    ends = [sum(lengths[: number + 1]) for number in range(len(lengths))]
    return [values[end - length : end] for length, end in zip(lengths, ends, strict=True)]


def merging() -> Drawing:
    """Three ways to cut and order one column, and the bytes of the state that each gives."""
    ways = {
        "one pass": (VALUES, [12]),
        "three chunks, or threads": (VALUES, [5, 4, 3]),
        "another order, on two machines": (VALUES[::-1], [7, 5]),
    }
    drawing = Drawing("One column in three parts and orders gives the same bytes", 306)
    tones = ("blue", "purple", "orange")
    found = set()
    for row, (name, (values, lengths)) in enumerate(ways.items()):
        y = 10.0 + 88 * row
        drawing.text(10, y + 14, name, "soft", "small")
        state = cs.Moments()
        x = 10.0
        for part, tone in zip(parts(values, lengths), tones, strict=False):
            left = x
            for value in part:
                drawing.box(x, y + 24, 26, 24, tone)
                drawing.text(x + 13, y + 41, f"{value}", "ink", "small", at="middle")
                x += 27
            drawing.line(left + 2, y + 56, x - 3, y + 56, tone)
            state = state + cs.moments(part)
            x += 9
        drawing.arrow(364, y + 36, 396, y + 36, "soft")
        bytes_ = state.to_bytes()
        found.add(bytes_)
        drawing.box(398, y + 18, 152, 40, "green")
        drawing.text(474, y + 35, f"{len(bytes_)} bytes", "ink", "small", at="middle")
        drawing.text(474, y + 52, f"… {bytes_[-4:].hex(' ')}", "ink", "small mono", at="middle")
    assert len(found) == 1
    drawing.text(10, 284, "Each part has a state of its own; states are added as integers,", "ink")
    drawing.text(10, 302, "so all three ways end in the same bytes.", "ink")
    return drawing


def fields(state: bytes) -> dict[str, int]:
    """The lengths of the fields of a serialized state: see src/states/wire.rs."""
    place, lengths = 0, {}

    def take(name: str, length: int) -> None:
        nonlocal place
        lengths[name] = length
        place += length

    take("head", 10 + int.from_bytes(state[6:10], "little"))
    take("counts", 40)
    for name in ("S1", "S2"):
        take(name, 5 + 8 * int.from_bytes(state[place + 3 : place + 5], "little"))
    for name in ("min", "max"):
        take(name, 2 + state[place + 1])
    take("FNV", 8)
    assert place == len(state)
    return lengths


def state() -> Drawing:
    """The bytes of a state, to scale."""
    bytes_ = cs.moments(VALUES).to_bytes()
    drawing = Drawing("The fields of a serialized state, to scale", 142)
    step = (WIDTH - 20) / len(bytes_)
    tones = dict.fromkeys(("head", "FNV"), "soft")
    tones |= {"counts": "purple", "S1": "blue", "S2": "blue", "min": "orange", "max": "orange"}
    x = 10.0
    drawing.text(10, 20, f"{len(bytes_)} bytes, as in the drawing above:", "ink")
    for name, length in fields(bytes_).items():
        width = length * step
        drawing.box(x + 1, 34, width - 2, 34, tones[name])
        drawing.text(x + width / 2, 88, name, tones[name], "small", at="middle")
        drawing.text(x + width / 2, 104, str(length), tones[name], "small", at="middle")
        x += width
    drawing.text(
        10, 132, "S1 and S2 are integers of as many 64-bit limbs as they need.", "soft", "small"
    )
    return drawing


ROOM = "how-it-works/figures"
DRAWINGS = {"merging": merging, "state": state}
