"""Asking at every door, and judging what has grown."""

import gc
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest

from . import meters
from .meters import LIMIT, Reading

#: How many calls are made before anything is measured, for each that is.
WARMING = 0.2


@dataclass(frozen=True)
class Door:
    """A kind of input, and what is asked of it."""

    name: str
    #: How the inputs are made.
    makers: Sequence[Callable[[], Any]]
    #: What is asked of each. An exception is an answer, raised or returned.
    questions: Mapping[str, Callable[[Any], object]]
    #: Whether inputs are used up by one question, and made anew for the next.
    is_used_up: bool = False
    #: What shows how much the producer leaks without us: another consumer, or nobody at all.
    control: Callable[[Any], object] | None = None

    def inputs(self) -> list[Any]:
        """Make inputs that last; makers stand for those that do not."""
        return list(self.makers) if self.is_used_up else [make() for make in self.makers]

    def visit(self, inputs: Sequence[Any]) -> int:
        """Ask everything of all inputs once; count the refusals."""
        refusals = 0
        for each in inputs:
            for ask in self.questions.values():
                data = each() if self.is_used_up else each  # outlives an exception
                try:
                    refusals += isinstance(ask(data), Exception)
                except (Exception, pytest.skip.Exception):  # the latter of a stand-in
                    refusals += 1
        return refusals

    @property
    def calls(self) -> int:
        """How many calls a visit is."""
        return len(self.makers) * len(self.questions)

    def alone(self) -> "Door":
        """The same without us: as many exports, read by somebody else."""
        control = self.control or (lambda _: None)
        asked = dict.fromkeys(self.questions, control)
        return Door(self.name, self.makers, asked, self.is_used_up)


@dataclass
class Outcome:
    """What was seen at a door."""

    name: str
    calls: int
    refusals: int
    seconds: float
    growth: Reading
    #: How many more references there are to the inputs.
    references: int = 0
    #: What the producer grows by without us; looked at only where something has grown.
    alone: Reading | None = None
    grown: list[str] = field(default_factory=list)


@dataclass
class Measured:
    """What grew while something ran."""

    before: Reading
    after: Reading | None = None

    @property
    def growth(self) -> Reading:
        """From the beginning to the end."""
        return (self.after or self.before) - self.before


@contextmanager
def measured() -> Iterator[Measured]:
    """Measure before and after."""
    both = Measured(meters.read())
    yield both
    both.after = meters.read(threads=both.before.threads)


def soak(doors: Sequence[Door], calls: int) -> list[Outcome]:
    """Make so many calls, shared by all doors, and some more before; the last outcome sums up."""
    inputs = [door.inputs() for door in doors]
    times = [warm_up(door, each, 1) for door, each in zip(doors, inputs, strict=True)]
    visits = [
        max(1, round(share / door.calls))
        for door, share in zip(doors, shares(times, calls), strict=True)
    ]
    for door, each, count in zip(doors, inputs, visits, strict=True):
        warm_up(door, each, max(1, round(WARMING * count)))
    gc.collect()
    gc.freeze()  # what is there now is not looked at by the collections to come
    try:
        with measured() as whole:
            outcomes = [
                attend(door, each, count)
                for door, each, count in zip(doors, inputs, visits, strict=True)
            ]
    finally:
        gc.unfreeze()
    return [*outcomes, together(outcomes, whole.growth)]


def warm_up(door: Door, inputs: Sequence[Any], visits: int) -> float:
    """Visit without looking; the seconds that a call takes."""
    start = time.perf_counter()
    for _ in range(visits):
        door.visit(inputs)
    return (time.perf_counter() - start) / (visits * door.calls)


def shares(times: Sequence[float], calls: int) -> list[float]:
    """Share the calls, so that slow doors have more of the time and fast ones more of the calls."""
    weights = [time**-0.5 for time in times]
    return [calls * weight / sum(weights) for weight in weights]


def attend(door: Door, inputs: Sequence[Any], visits: int) -> Outcome:
    """Visit a door, and see what has grown; if anything has, see what grows without us.

    What has grown must grow again to be a leak: caches fill up once.
    """
    outcome = look(door, inputs, visits)
    if outcome.grown:
        again = look(door, inputs, visits)
        again.grown = [what for what in again.grown if what in outcome.grown]
        outcome = again
    if outcome.grown and door.control:
        outcome.alone = look(door.alone(), inputs, visits).growth
        outcome.grown = [what for what in outcome.grown if not is_alike(outcome, what)]
    return outcome


def look(door: Door, inputs: Sequence[Any], visits: int) -> Outcome:
    """Visit a door, and see what has grown."""
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
    """Whether a producer leaks nearly as much without us."""
    ours = getattr(outcome.growth, what, 0)
    return bool(outcome.alone) and 0 < ours < 1.5 * getattr(outcome.alone, what, 0)


def together(outcomes: Sequence[Outcome], growth: Reading) -> Outcome:
    """Add up; the growth is that of the process, with whatever producers and caches have kept."""
    return Outcome(
        "all of them",
        sum(outcome.calls for outcome in outcomes),
        sum(outcome.refusals for outcome in outcomes),
        sum(outcome.seconds for outcome in outcomes),
        growth,
        sum(outcome.references for outcome in outcomes),
    )
