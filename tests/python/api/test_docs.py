"""Every public object has a docstring with an example, and the examples run."""

import doctest
import inspect

import numpy as np
import pytest

import colstats as cs

PROPERTIES = {
    "name",
    "type",
    "null_count",
    "nan_count",
    "num_chunks",
    "column_names",
    "num_columns",
    "by",
}


def public_objects() -> dict[str, object]:
    """Return all public functions, classes and members, by name."""
    functions = {name: getattr(cs, name) for name in cs.__all__ if name != "__version__"}
    members = {
        f"{owner.__name__}.{name}": member
        for owner in (cs.Column, cs.Table, cs.Moments, cs.MomentsTable, cs.GroupedMoments)
        for name, member in vars(owner).items()
        if not name.startswith("_")
    }
    return functions | members


@pytest.mark.thread_unsafe(reason="doctest replaces the output of the process")
@pytest.mark.parametrize("name", sorted(public_objects()))
def test_docstrings_have_examples_that_run(name: str) -> None:
    documentation = inspect.getdoc(public_objects()[name])
    examples = doctest.DocTestParser().get_doctest(
        documentation or "", {"cs": cs, "np": np}, name, None, None
    )
    assert examples.examples, f"{name} has no example"
    outcome = doctest.DocTestRunner().run(examples)
    assert outcome.attempted > 0
    assert outcome.failed == 0


def test_public_objects_include_functions_classes_and_members() -> None:
    names = public_objects()
    assert {"mean", "var", "Column", "Column.mean", "Table.std"} <= set(names)
    assert len([name for name in names if name.split(".")[-1] in PROPERTIES]) == 12
