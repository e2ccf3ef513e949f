"""One bad input: what it is, who is asked to read it, and what the user must be told."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import colstats as cs


@dataclass(frozen=True)
class Case:
    """An input that must be refused with an exception of exactly this type, in these words."""

    name: str
    make: Callable[[], Any]
    error: type[Exception]
    says: str
    call: Callable[[Any], object] = cs.mean

    def provoke(self, call: Callable[[Any], object] | None = None) -> Exception | None:
        """Make a fresh input and return the exception; a panic, which is none, is raised."""
        data = self.make()  # outlives the exception: its capsules die without one pending
        try:
            (call or self.call)(data)
        except Exception as raised:
            return raised.with_traceback(None)
        return None

    def complaint(self) -> str | None:
        """Tell how the exception is not the one that it should be."""
        raised = self.provoke()
        if type(raised) is not self.error:
            return f"expected {self.error.__name__}, got {raised!r}"
        words = " ".join(map(str, [*raised.args, *getattr(raised, "__notes__", ())]))
        if not re.search(self.says, words, re.DOTALL):
            return f"expected {self.says!r}, got {words!r}"
        return None
