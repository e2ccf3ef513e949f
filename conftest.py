"""Names that the examples in the documentation may use without importing them."""

from typing import Any

import numpy as np
import pytest

import colstats


@pytest.fixture(autouse=True)
def _names_in_examples(doctest_namespace: dict[str, Any]) -> None:
    doctest_namespace.update(cs=colstats, np=np)
