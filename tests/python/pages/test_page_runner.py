"""The runner of pages notices what is wrong on a page."""

from contextlib import nullcontext
from pathlib import Path
from textwrap import dedent

import pytest

from support.pages import WrongPageError, blocks, run

pytestmark = pytest.mark.thread_unsafe(reason="changes the folder and the output of the process")

GOOD = [
    "```python\nx = 1 + 1  # 2\nx  # 2; said once\nx  # the sum\n```",
    "```python\nfrom decimal import Decimal\nDecimal('1.5') * 2  # Decimal('3.0')\n```",
    "```python\nprint('one')\nprint('two')\n```\n\n```text\none\n...\n```",
    "```python\n>>> [1,\n...  2]\n[1,   2]\n\n```",
    "```python\n(1 +\n  1)  # 2\n```",
    "```sh\necho $COLUMNS > width; cat width\n```\n```text\n100\n```",
    "```sh\npython -c 'import colstats'\ncolstats --version >/dev/null\n```",
    "```sh\necho complaint >&2\n```\n```text\ncomplaint\n```",
    "<!-- not run: it is no code -->\n```json\n{}\n```",
    "<!-- run by: tests/python/pages/test_page_runner.py -->\n```sql\nselect 1\n```",
    "````python\ntext = '''\n```\n'''\n````",
    "- In a list:\n\n    ```python\n    1  # 1\n    ```",
]

#: What is wrong, and what the runner says.
WRONG = {
    "```python\n1 + 1  # 3\n```": r"line 3: `1 \+ 1` in line 4 gives 2, and not 3",
    "```python\n1 + 1  # 2.0\n```": "gives 2, and not 2.0",
    "```python\n-0.0  # 0.0\n```": "gives -0.0, and not 0.0",
    "```python\nx = 1 + 1  # 3\n```": "gives 2, and not 3",
    "```python\nfrom math import sqrt\nsqrt(4)  # sqrt(9)\n```": "gives 2.0, and not 3.0",
    "```python\n>>> 1 + 1\n3\n```": r"(?s)Expected:\s+3\s+Got:\s+2",
    "```python\nprint(1)\n```\n```text\n2\n```": "printed was\n1\nand not\n2",
    "```sh\nfalse\ntrue\n```": "exit status 1",
    "```sh\necho $undefined\n```": "unbound variable",
    "```sh\necho 1\n```\n```text\n2\n```": "printed was\n1\nand not\n2",
    "```sh\necho 1\n```\nProse.\n```text\n1\n```": "'text' is not run",
    "```text\n1\n```": "'text' is not run",
    "```json\n{}\n```": "'json' is not run",
    "```\n{}\n```": "'no language' is not run",
    "<!-- not run: reason -->\n\n```json\n{}\n```": "'json' is not run",
    "<!-- not run: -->\n```json\n{}\n```": "'json' is not run",
    "<!-- run by: tests/missing.py -->\n```json\n{}\n```": "missing.py is no test of page.md",
    "<!-- run by: tests/python/pages/test_pages.py -->\n```json\n{}\n```": "is no test of page.md",
    "```python\n1 + 1": "does not end",
}


def written(text: str, folder: Path) -> Path:
    page = folder / "page.md"
    page.write_text(f"# A page\n\n{text}\n", encoding="utf-8")
    (folder / "work").mkdir()
    return page


@pytest.mark.parametrize("text", GOOD)
def test_good_pages_pass(text: str, tmp_path: Path) -> None:
    run(written(text, tmp_path), tmp_path / "work")


@pytest.mark.parametrize("text", WRONG)
def test_wrong_pages_are_noticed(text: str, tmp_path: Path) -> None:
    with pytest.raises(WrongPageError, match=WRONG[text]):
        run(written(text, tmp_path), tmp_path / "work")


def test_exceptions_and_failed_asserts_are_those_of_the_code(tmp_path: Path) -> None:
    page = written("```python\nassert 1 == 2\n```", tmp_path)
    with pytest.raises(AssertionError) as raised:
        run(page, tmp_path / "work")
    assert not isinstance(raised.value, WrongPageError)
    assert (raised.traceback[-1].path, raised.traceback[-1].lineno + 1) == (page, 4)


def test_blocks_share_names_and_files(tmp_path: Path) -> None:
    text = """
        ```python
        x = "shared"
        with open("file", "w") as file:
            file.write(x)
        ```
        ```sh
        cat file
        ```
        ```text
        shared
        ```
        ```python
        >>> y = x.upper()
        ```
        ```python
        y  # "SHARED"
        ```
    """
    run(written(dedent(text), tmp_path), tmp_path / "work")
    assert (tmp_path / "work" / "file").read_text() == "shared"


def test_a_mark_before_the_heading_is_for_all_blocks() -> None:
    text = "<!-- run by: tests/a.py -->\n# Page\n\n```json\n1\n```\n\n```sql\n2\n```\n"
    assert [block.mark for block in blocks(text)] == [("run by", "tests/a.py")] * 2


def test_the_blocks_of_another_test_run_alone(tmp_path: Path) -> None:
    text = """
        ```python
        raise NotImplementedError
        ```

        <!-- run by: tests/python/pages/test_page_runner.py -->
        ```python
        1 + 1  # 3
        ```
    """
    page = written(dedent(text), tmp_path)
    with pytest.raises(WrongPageError, match="gives 2, and not 3"):
        run(page, tmp_path, by="tests/python/pages/test_page_runner.py")
    with pytest.raises(WrongPageError, match="no block that is run by"):
        run(page, tmp_path, by="tests/python/pages/test_pages.py")


@pytest.mark.parametrize("shown", ["2", "3"])
def test_what_marked_blocks_print_is_compared(shown: str, tmp_path: Path) -> None:
    mark = "<!-- run by: tests/python/pages/test_page_runner.py -->"
    text = f"{mark}\n```python\nprint(1 + 1)\n```\n\n{mark}\n```text\n{shown}\n```"
    page = written(text, tmp_path)
    with nullcontext() if shown == "2" else pytest.raises(WrongPageError, match="printed was\n2"):
        run(page, tmp_path, by="tests/python/pages/test_page_runner.py")
