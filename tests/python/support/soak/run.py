"""Makes the calls of every door, and decides what has leaked."""

import gc
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest

from . import meters
from .meters import LIMIT, Reading

#: Warm-up calls, as a fraction of the measured calls.
WARM_UP = 0.2


@dataclass(frozen=True)
class Door:
    """A kind of input, and the calls that are made with it."""

    name: str
    #: Functions that make the inputs.
    makers: Sequence[Callable[[], Any]]
    #: The calls for each input. An exception counts as an answer, raised or returned.
    questions: Mapping[str, Callable[[Any], object]]
    #: Whether a call consumes its input, so that each call needs a new one.
    is_used_up: bool = False
    #: Another consumer, or none, which shows how much the producer leaks without colstats.
    control: Callable[[Any], object] | None = None

    def inputs(self) -> list[Any]:
        """Return the inputs, or their makers if a call consumes them."""
        return list(self.makers) if self.is_used_up else [make() for make in self.makers]

    def visit(self, inputs: Sequence[Any]) -> int:
        """Make every call with every input once, and count the refusals."""
        refusals = 0
        for each in inputs:
            for ask in self.questions.values():
                data = each() if self.is_used_up else each  # must outlive an exception
                try:
                    refusals += isinstance(ask(data), Exception)
                except (Exception, pytest.skip.Exception):  # the latter is raised by stand-ins
                    refusals += 1
        return refusals

    @property
    def calls(self) -> int:
        """The number of calls of one visit."""
        return len(self.makers) * len(self.questions)

    def alone(self) -> "Door":
        """Return the same door without colstats: as many exports, read by the control."""
        control = self.control or (lambda _: None)
        asked = dict.fromkeys(self.questions, control)
        return Door(self.name, self.makers, asked, self.is_used_up)


@dataclass
class Outcome:
    """What was measured at a door."""

    name: str
    calls: int
    refusals: int
    seconds: float
    growth: Reading
    #: The growth of the number of references to the inputs.
    references: int = 0
    #: The growth with the control; measured only if something has grown.
    alone: Reading | None = None
    grown: list[str] = field(default_factory=list)


@dataclass
class Measured:
    """Readings before and after something ran."""

    before: Reading
    after: Reading | None = None

    @property
    def growth(self) -> Reading:
        """The difference of the readings."""
        return (self.after or self.before) - self.before


@contextmanager
def measured() -> Iterator[Measured]:
    """Measure before and after."""
    both = Measured(meters.read())
    yield both
    both.after = meters.read(threads=both.before.threads)


def soak(doors: Sequence[Door], calls: int) -> list[Outcome]:
    """Make `calls` calls, shared by all doors, after a warm-up; the last outcome is the total."""
    inputs = [door.inputs() for door in doors]
    times = [warm_up(door, each, 1) for door, each in zip(doors, inputs, strict=True)]
    visits = [
        max(1, round(share / door.calls))
        for door, share in zip(doors, shares(times, calls), strict=True)
    ]
    for door, each, count in zip(doors, inputs, visits, strict=True):
        warm_up(door, each, max(1, round(WARM_UP * count)))
    gc.collect()
    gc.freeze()  # later collections skip the objects that exist now
    try:
        with measured() as whole:
            outcomes = [
                measure(door, each, count)
                for door, each, count in zip(doors, inputs, visits, strict=True)
            ]
    finally:
        gc.unfreeze()
    return [*outcomes, total(outcomes, whole.growth)]


def warm_up(door: Door, inputs: Sequence[Any], visits: int) -> float:
    """Visit without measuring growth; return the seconds per call."""
    start = time.perf_counter()
    for _ in range(visits):
        door.visit(inputs)
    return (time.perf_counter() - start) / (visits * door.calls)


def shares(times: Sequence[float], calls: int) -> list[float]:
    """Share the calls: slow doors get more of the time, fast ones more of the calls."""
    weights = [time**-0.5 for time in times]
    return [calls * weight / sum(weights) for weight in weights]


def measure(door: Door, inputs: Sequence[Any], visits: int) -> Outcome:
    """Visit a door and measure the growth; if anything grows, measure again without colstats.

    What has grown must grow again to be a leak: caches fill up once.
    """
    outcome = measure_once(door, inputs, visits)
    if outcome.grown:
        again = measure_once(door, inputs, visits)
        again.grown = [what for what in again.grown if what in outcome.grown]
        outcome = again
    if outcome.grown and door.control:
        outcome.alone = measure_once(door.alone(), inputs, visits).growth
        outcome.grown = [what for what in outcome.grown if not is_alike(outcome, what)]
    return outcome


def measure_once(door: Door, inputs: Sequence[Any], visits: int) -> Outcome:
    """Visit a door, and measure what has grown."""
    door.visit(inputs)
    held = meters.references(inputs)
    refusals = 0
    with measured() as both:
        start = time.perf_counter()
        for _ in range(visits):
            refusals += door.visit(inputs)
        seconds = time.perf_counter() - start
    more = sum(meters.references(inputs)) - sum(held)
    outcome = Outcome(door.name, visits * door.calls, refusals, seconds, both.growth, more)
    outcome.grown = both.growth.above(LIMIT) + ["references"] * (more > 0)
    return outcome


def is_alike(outcome: Outcome, what: str) -> bool:
    """Whether the producer leaks nearly as much without colstats."""
    ours = getattr(outcome.growth, what, 0)
    return bool(outcome.alone) and 0 < ours < 1.5 * getattr(outcome.alone, what, 0)


def total(outcomes: Sequence[Outcome], growth: Reading) -> Outcome:
    """Sum up. The growth is that of the process, including what producers and caches keep."""
    return Outcome(
        "all of them",
        sum(outcome.calls for outcome in outcomes),
        sum(outcome.refusals for outcome in outcomes),
        sum(outcome.seconds for outcome in outcomes),
        growth,
        sum(outcome.references for outcome in outcomes),
    )
