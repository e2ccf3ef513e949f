"""The peak memory of a process, for programs that tests run in a child process."""

import resource
from pathlib import Path

STATUS = Path("/proc/self/status")


def peak() -> float:
    """Return the peak resident memory of this process in MiB.

    On Linux `ru_maxrss` of a child includes the memory of its parent before exec, so a large parent
    would hide any growth. `VmHWM` does not.
    """
    if STATUS.exists():
        lines = STATUS.read_text().splitlines()
        return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM"))
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
