"""Names that the examples in the documentation may use without importing them."""

from typing import Any

import colstats
import numpy as np
import pytest


@pytest.fixture(autouse=True)
def _names_in_examples(doctest_namespace: dict[str, Any]) -> None:
    doctest_namespace.update(cs=colstats, np=np)
