"""Arrow buffers at any address."""

import pyarrow as pa


def buffer_at(data: bytes, shift: int) -> pa.Buffer:
    """The bytes at an address that is `shift` past an aligned one."""
    whole = pa.allocate_buffer(len(data) + 64)
    memory = memoryview(whole).cast("B")
    start = -whole.address % 16 + shift
    memory[start : start + len(data)] = data
    return whole.slice(start, len(data))
