"""Timing rivals in turns: in an order drawn anew for each round, so all meet the same noise."""

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from benches.shared.clock import time_calls


@dataclass(frozen=True)
class Effort:
    """How long to measure: seconds for all rivals, unless the fewest rounds take longer."""

    name: str
    slice: int  # ns per rival and round, if its call is shorter
    budget: float
    fewest: int
    most: int


def calibrate(call: Callable[[], object], slice: int) -> float:
    """Estimate the time of a call."""
    first = time_calls(call, 1)
    return first if first > slice else min(time_calls(call, 1) for _ in range(5))


def take_turns(
    contest: Mapping[str, Callable[[], object]], effort: Effort
) -> dict[str, list[float]]:
    """Time all rivals in turn; nanoseconds per call of each, by rounds."""
    guesses = {name: max(1.0, calibrate(call, effort.slice)) for name, call in contest.items()}
    calls = {name: max(1, int(effort.slice / guess)) for name, guess in guesses.items()}
    cost = sum(max(effort.slice, guess) for guess in guesses.values()) * 1e-9
    rounds = min(max(int(effort.budget / cost), effort.fewest), effort.most)
    times: dict[str, list[float]] = {name: [] for name in contest}
    draw = random.Random(0)
    for _ in range(rounds):
        for name in draw.sample(list(contest), len(contest)):
            times[name].append(time_calls(contest[name], calls[name]))
    return times
