"""One bad input: how it is made, which call reads it, and the exception the user must see."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import colstats as cs


@dataclass(frozen=True)
class Case:
    """An input that must be refused with exactly this exception type and a matching message."""

    name: str
    make: Callable[[], Any]
    error: type[Exception]
    says: str
    call: Callable[[Any], object] = cs.mean

    def provoke(self, call: Callable[[Any], object] | None = None) -> Exception | None:
        """Make a new input and return the exception; a panic, which is none, is raised."""
        # The data outlive the exception: none is pending when their capsules are destroyed.
        data = self.make()
        try:
            (call or self.call)(data)
        except Exception as raised:
            return raised.with_traceback(None)
        return None

    def complaint(self) -> str | None:
        """Describe how the exception differs from the expected one; None if it does not."""
        raised = self.provoke()
        if type(raised) is not self.error:
            return f"expected {self.error.__name__}, got {raised!r}"
        words = " ".join(map(str, [*raised.args, *getattr(raised, "__notes__", ())]))
        if not re.search(self.says, words, re.DOTALL):
            return f"expected {self.says!r}, got {words!r}"
        return None
