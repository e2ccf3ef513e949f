"""The samples of the paper's benchmarks, and their exact statistics."""

import statistics
from fractions import Fraction

import numpy as np
import pytest
from benches.paper import published
from benches.paper.samples import HIGH, LOW, Sample, chunks, root


def test_values_are_reproducible_integers_of_the_range() -> None:
    one, other = Sample(1, 10_000), Sample(1, 10_000)
    assert (one.array == other.array).all()
    assert (one.array != Sample(2, 10_000).array).any()
    assert one.integers.min() >= LOW
    assert one.integers.max() <= HIGH
    assert one.integers.max() > 0.99 * HIGH


@pytest.mark.parametrize(("start", "stop"), [(0, 3000), (0, 1), (17, 19), (100, 1124)])
def test_exact_statistics_equal_rational_arithmetic(start: int, stop: int) -> None:
    sample = Sample(0, 3000)
    part = sample.integers[start:stop].tolist()
    assert sample.exact(start, stop) == {
        "mean": float(Fraction(sum(part), len(part))),
        "stddev": statistics.pstdev(part),
    }


def test_roots_are_rounded_once() -> None:
    rng = np.random.default_rng(1)
    for _ in range(2_000):
        exponent = int(rng.integers(1, 80))
        top, bottom = (int(number) + 1 for number in rng.integers(0, 2**62, 2))
        numerator = top << exponent
        given = Fraction(root(numerator, bottom))
        below, above = (Fraction(np.nextafter(float(given), end)) for end in (0, np.inf))
        ends = [(given + neighbour) / 2 for neighbour in (below, above)]
        assert ends[0] ** 2 <= Fraction(numerator, bottom) <= ends[1] ** 2
    assert root(0, 9) == 0.0
    assert root(9 * 49, 49) == 3.0


def test_chunks_cover_the_sample_with_its_remainder() -> None:
    assert list(chunks(10, 4)) == [(0, 4), (4, 8), (8, 10)]
    assert [len(list(chunks(10**6, size))) for size in published.CHUNKS[:2]] == [977, 691]
    assert published.CHUNKS[0] == 1024
    assert published.CHUNKS[-1] == 370_727
    assert len(published.CHUNKS) == 18
