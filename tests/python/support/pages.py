"""Pages of the documentation whose examples are run."""

import doctest
from pathlib import Path

DOCS = Path(__file__).parents[3] / "docs"


def failures(page: str, section: str) -> int:
    """Run the examples of a section of a page, and return how many failed; there must be some."""
    text = (DOCS / page).read_text(encoding="utf-8")
    examples = text.split(f"\n## {section}\n")[1].split("\n## ")[0]
    # The fences of code are no output.
    code = examples.replace("```python\n", "\n").replace("\n```\n", "\n\n")
    options = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
    test = doctest.DocTestParser().get_doctest(code, {}, f"{page}: {section}", None, None)
    assert test.examples
    return doctest.DocTestRunner(optionflags=options).run(test).failed
