"""Ways to damage bytes."""

from random import Random


def damaged(data: bytes, source: Random) -> bytes:
    """Change one to four bytes, cut the end off, or splice blocks."""
    kind = source.randrange(10)
    if kind == 0:
        return data[: source.randrange(len(data))]
    if kind == 1:
        return spliced(data, source)
    changed = bytearray(data)
    for _ in range(source.randint(1, 4)):
        at = source.randrange(len(changed))
        changed[at] = altered(changed[at], source)
    return bytes(changed)


def altered(byte: int, source: Random) -> int:
    """Return another byte: one bit flipped, a neighbour, an extreme, or anything."""
    ways = (byte ^ 1 << source.randrange(8), byte + 1, byte - 1, 0, 0x7F, 0x80, 0xFF)
    return source.choice((*ways, source.randrange(256))) % 256


def spliced(data: bytes, source: Random) -> bytes:
    """Copy a block to another place, over what is there, or drop or repeat it."""
    length = source.choice([8, 64, source.randint(1, max(len(data) // 4, 1))])
    start, end = sorted(source.randrange(len(data)) for _ in range(2))
    block = data[start : start + length]
    match source.randrange(3):
        case 0:
            return data[:end] + block + data[end + len(block) :]
        case 1:
            return data[:start] + data[start + length :]
        case _:
            return data[:end] + block + data[end:]
