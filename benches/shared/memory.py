"""The rise of peak memory; on Linux only."""

from collections.abc import Callable
from pathlib import Path

STATUS, RESET = Path("/proc/self/status"), Path("/proc/self/clear_refs")


def peak() -> int:
    """Read the peak of the resident memory, in bytes."""
    lines = STATUS.read_text(encoding="utf-8").splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM"))


def peak_rise(call: Callable[[], object]) -> int | None:
    """The bytes by which a call raises the peak; None where that is unknown."""
    try:
        RESET.write_text("5", encoding="utf-8")
        before = peak()
    except OSError:
        return None
    kept = call()
    rise = peak() - before
    del kept
    return rise
