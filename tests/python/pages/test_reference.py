"""The reference of Python has all that is public, once."""

import pkgutil
import re
from collections import Counter

import colstats as cs
from support.pages import DOCS

#: Modules that are for colstats itself, or for the command line.
INTERNAL = {"cli", "demo", "files", "fits", "grouped", "layout", "results", "summary"}


def shown() -> Counter[str]:
    """Return how often pages show each object."""
    pages = (DOCS / "reference" / "python").glob("*.md")
    text = "\n".join(page.read_text(encoding="utf-8") for page in pages)
    return Counter(re.findall(r"^::: ([\w.]+)$", text, re.MULTILINE))


def test_each_public_name_and_module_is_shown_once() -> None:
    names = {f"colstats.{name}" for name in cs.__all__ if name != "__version__"}
    modules = {
        f"colstats.{module.name}"
        for module in pkgutil.iter_modules(cs.__path__)
        if not module.name.startswith("_") and module.name not in INTERNAL
    }
    assert len(names) > 40
    assert len(modules) >= 10
    assert shown() == Counter(names | modules)
