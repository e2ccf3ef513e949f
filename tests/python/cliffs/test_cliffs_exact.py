"""The exact answers of the benchmark are those of rational arithmetic."""

from fractions import Fraction

import numpy as np
import pytest
from benches.cliffs import distributions, exact
from benches.cliffs.distributions import MAKERS, SKIPPING

from support.reference import expected, same_bits

EVERY = [(kind, name) for kind, made in MAKERS.items() for name in made]


@pytest.mark.parametrize(("kind", "name"), EVERY)
def test_answers_are_those_of_the_reference(kind: str, name: str) -> None:
    values, skip = distributions.make(kind, name, 301), name in SKIPPING
    found = exact.exact(values, skip)
    for statistic in ("mean", "stddev", "sum", "max"):
        right = expected(statistic, values.tolist(), skip_nans=skip)
        assert right is not None
        assert same_bits(getattr(found, statistic), float(right)), statistic


def test_blocks_are_added_up(monkeypatch: pytest.MonkeyPatch) -> None:
    values = distributions.make("float64", "all exponents", 1000)
    whole = exact.exact(values)
    monkeypatch.setattr(exact, "BLOCK", 17)
    assert exact.exact(values) == whole
    assert exact.exact(np.append(values, 5e-324)) != whole


def test_integers_of_all_bits_are_exact() -> None:
    values = np.array([-(2**63), 2**63 - 1, -(2**63)])
    found = exact.exact(values)
    assert Fraction(found.total, 2**exact.GRID) == -(2**63) - 1
    assert Fraction(found.squares, 4**exact.GRID) == 2 * 2**126 + (2**63 - 1) ** 2


def test_decimals_are_divided_by_their_unit() -> None:
    found = exact.exact(np.array([125, 250]), unit=100)
    assert (found.mean, found.stddev, found.sum) == (1.875, 0.625, 3.75)
    assert found.size("mean") == 1.875


def test_sizes_ignore_signs() -> None:
    found = exact.exact(np.array([3.0, -3.0]))
    assert (found.mean, found.size("mean"), found.size("sum")) == (0.0, 3.0, 6.0)
    assert (found.size("stddev"), found.size("max")) == (3.0, 3.0)


@pytest.mark.parametrize(("kind", "name"), EVERY)
def test_distributions_are_what_they_are_called(kind: str, name: str) -> None:
    values = distributions.make(kind, name, 5000)
    assert len(values) == 5000
    assert values.dtype == ("int64" if kind == "decimal128" else kind)
    assert (distributions.make(kind, name, 5000).tobytes()) == values.tobytes()
    if "NaN" in name or "infinite" in name:
        share = 1 - np.isfinite(values).mean()
        assert share == pytest.approx(float(name.split("%", maxsplit=1)[0]) / 100, rel=0.3)
    elif kind.startswith("float"):
        assert np.isfinite(values).all()
    if name == "subnormal":
        assert values.max() < np.finfo(kind).smallest_normal
        assert values.min() > 0
    if name in ("sorted", "constant"):
        assert (values[1:] >= values[:-1]).all()
    if name == "one huge, last":
        assert values[-1] == values.max() > 1.5 * values[:-1].max() or kind.endswith("int8")
