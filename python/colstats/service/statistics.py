"""The statistics of a client, which are methods with the options that they have elsewhere."""

from collections.abc import Callable
from inspect import signature
from typing import Any, Protocol

from colstats._native import Moments, Rows
from colstats.service.arguments import By, Columns, Instant, Per, States

__all__ = ["Method", "method"]


class Asked(Protocol):
    """What is asked for states: a client."""

    def states(
        self,
        dataset: str,
        *,
        by: By = None,
        columns: Columns = None,
        since: Instant | None = None,
        until: Instant | None = None,
        per: Per = "all",
    ) -> States:
        """Return states; see ``Client.states``."""
        ...


class Method(Protocol):
    """A statistic of a dataset; ``options`` are those that it has elsewhere."""

    def __call__(
        self,
        dataset: str,
        *,
        by: By = None,
        columns: Columns = None,
        numeric_only: bool = False,
        since: Instant | None = None,
        until: Instant | None = None,
        per: Per = "all",
        **options: Any,
    ) -> Rows:
        """Return a Row, or with ``by`` or ``per`` Rows."""
        ...


def method(name: str) -> Callable[..., Rows]:
    """Make the method that asks for a statistic, with the options of `Moments`."""

    def compute(
        self: Asked,
        dataset: str,
        *,
        by: By = None,
        columns: Columns = None,
        numeric_only: bool = False,
        since: Instant | None = None,
        until: Instant | None = None,
        per: Per = "all",
        **options: Any,
    ) -> Rows:
        getattr(Moments("float64"), name)(**options)  # refuses bad options before the work
        which: dict[str, Any] = {"since": since, "until": until, "per": per}
        states = self.states(dataset, by=by, columns=columns, **which)
        answer: Rows = getattr(states, name)(numeric_only=numeric_only, **options)
        return answer

    *own, _ = signature(compute).parameters.values()
    _, *options = signature(getattr(Moments, name)).parameters.values()
    shown = signature(compute).replace(parameters=[*own, *options])
    compute.__signature__ = shown  # type: ignore[attr-defined]
    compute.__name__ = compute.__qualname__ = name
    compute.__doc__ = f"""Ask for ``colstats.{name}`` of each column of a dataset.

    Args:
        dataset: The name of the dataset.
        by: As for ``states``.
        columns: As for ``states``.
        numeric_only: Whether to leave out columns that are not numeric.
        since: As for ``states``.
        until: As for ``states``.
        per: As for ``states``.
        {", ".join(option.name for option in options)}: As for ``colstats.{name}``.

    """
    return compute
