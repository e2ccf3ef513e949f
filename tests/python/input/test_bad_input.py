"""Bad input raises an exception that names the problem, the object, and the way out."""

import pathlib
import subprocess
import sys
from operator import attrgetter
from typing import Any

import polars as pl
import pytest

import colstats as cs
from support.bad_inputs import objects as bad_objects
from support.bad_inputs import protocol as bad_protocol
from support.bad_inputs.absurd import ABSURD
from support.bad_inputs.arrow import PRODUCERS
from support.bad_inputs.case import Case
from support.bad_inputs.objects import OBJECTS
from support.bad_inputs.protocol import PROTOCOLS
from support.tensors import TensorProducer

CASES = [*OBJECTS, *PROTOCOLS, *PRODUCERS]
name_of = attrgetter("name")


@pytest.mark.parametrize("case", CASES, ids=name_of)
def test_bad_input_raises_exactly_the_expected_exception(case: Case) -> None:
    assert case.complaint() is None


@pytest.mark.thread_unsafe(reason="starts a process")
@pytest.mark.parametrize("case", ABSURD, ids=name_of)
def test_absurd_sizes_are_refused_without_a_crash(case: Case) -> None:
    chosen = f"ABSURD[{ABSURD.index(case)}]"
    code = f"from support.bad_inputs.absurd import ABSURD; print({chosen}.complaint())"
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=pathlib.Path(__file__).parents[1],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout.strip()) == (0, "None"), done.stderr


@pytest.mark.parametrize(
    "producer",
    [
        bad_protocol.Fails,
        bad_protocol.FailsStream,
        bad_protocol.FailsTensor,
        bad_protocol.FailsInterface,
    ],
    ids=attrgetter("__name__"),
)
def test_exceptions_of_producers_propagate_unchanged(producer: Any) -> None:
    with pytest.raises(type(producer.error)) as caught:
        cs.mean(producer())
    assert caught.value is producer.error
    assert caught.value.args == ("my own",)
    assert caught.value.__cause__ is None


@pytest.mark.parametrize("many", [4, 2**63, 2**64, 10**30])
def test_huge_ddof_and_min_count_give_none(many: int) -> None:
    assert cs.variance([1, 2, 3], ddof=many) is None
    assert cs.Column([1, 2, 3]).stddev(ddof=many) is None
    assert cs.mean([1, 2, 3], min_count=many) is None


def test_values_of_unknown_width_are_not_counted() -> None:
    with pytest.raises(TypeError, match=r"count of unknown Arrow format .*_pli128"):
        cs.count(pl.Series([1, None], dtype=pl.Int128))


def test_a_tensor_capsule_is_consumed_once() -> None:
    class Reused(TensorProducer):
        capsule: object = None

        def __dlpack__(self, **kwargs: object) -> object:
            self.capsule = self.capsule or super().__dlpack__(**kwargs)
            return self.capsule

    tensor = Reused()
    assert cs.mean(tensor) == 2.0
    with pytest.raises(ValueError, match=r"Reused.*consumed already"):
        cs.mean(tensor)
    assert tensor.unbalanced() == []


def test_a_table_of_a_table_has_the_same_columns() -> None:
    table = cs.Table(bad_objects.TABLE)
    assert cs.Table(table).column_names == ["a", "text"]


def test_instances_of_unhashable_classes_are_read() -> None:
    class Meta(type):
        __hash__ = None

    class Unhashable(bad_protocol.Interface, metaclass=Meta):
        __array_interface__: dict[str, Any]

    assert cs.mean(Unhashable()) == 0.0
