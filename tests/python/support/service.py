"""The service as a process: the binary that was built, on a free port of this machine."""

import os
import subprocess
from pathlib import Path
from typing import Self

ROOT = Path(__file__).parents[3]
#: Where the binary may be; the Makefile builds the first.
BUILT = [ROOT / "target" / profile / "colstats-service" for profile in ("light", "release")]


def program() -> Path:
    """Return the binary, which must be there: what it does is not tested without it."""
    named = os.environ.get("COLSTATS_SERVICE")
    found = [path for path in ([Path(named)] if named else BUILT) if path.is_file()]
    assert found, "build it first: cargo build -p colstats-service --profile light"
    return found[0]


class Service:
    """A running service. Killed and started again, it has the same port and the same file."""

    def __init__(
        self, data: Path, *arguments: str, address: str = "127.0.0.1:0", page: str = "none"
    ) -> None:
        self.data = data
        self.arguments = arguments
        self.address = address
        self.page = page  # or many would want its port
        self.start()

    def start(self) -> None:
        """Start the process, and wait until it listens."""
        command = [program(), "--data", self.data, "--listen", self.address, *self.arguments]
        environment = os.environ | {"COLSTATS_PAGE": self.page}
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment)
        assert self.process.stdout
        line = self.process.stdout.readline()
        assert line.startswith("listening on "), f"it ended with {self.process.wait()}"
        self.address = line.split()[2]
        if self.page != "none":
            self.page = self.process.stdout.readline().split("//")[1].strip("/\n")

    @property
    def url(self) -> str:
        """Where to connect."""
        return f"grpc://{self.address}"

    def kill(self) -> None:
        """End the process as a power cut would: it cannot do anything about it."""
        self.process.kill()
        self._ended()

    def stop(self) -> int:
        """Ask the process to end; returns its exit code."""
        self.process.terminate()
        return self._ended()

    def _ended(self) -> int:
        code = self.process.wait(30)
        assert self.process.stdout
        self.process.stdout.close()
        return code

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.kill()
