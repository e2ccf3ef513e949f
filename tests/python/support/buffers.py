"""Arrow buffers at misaligned addresses."""

import pyarrow as pa


def buffer_at(data: bytes, shift: int) -> pa.Buffer:
    """Copy the bytes to an address `shift` bytes past a multiple of 16."""
    whole = pa.allocate_buffer(len(data) + 64)
    memory = memoryview(whole).cast("B")
    start = -whole.address % 16 + shift
    memory[start : start + len(data)] = data
    return whole.slice(start, len(data))
