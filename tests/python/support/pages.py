"""Pages of the documentation: the blocks of code on them, and what it takes to run those.

The blocks of a page run in order, in a folder of their own and in one namespace:

* ``python``: executed. Where a statement is followed by a comment that is a Python value (up to a
  semicolon), its value, or that of the name it assigns to, must be that one. Blocks with ``>>>``
  run as doctest.
* ``sh``: run by bash, with the programs of this environment first on its path.
* ``text`` directly after one of these is what it must have printed; ``...`` matches anything.

Any other block, and one that is not run here, says so in a line directly before it:
``<!-- not run: reason -->``, or ``<!-- run by: tests/a_file.py -->``. Before the heading of the
page, such a line stands for all blocks of the page.
"""

import ast
import contextlib
import doctest
import io
import os
import re
import subprocess
import sys
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[3]
DOCS = ROOT / "docs"

FENCE = re.compile(r"^(?P<indent> *)(?P<fence>`{3,}|~{3,})(?P<info>.*)$")
TITLE = re.compile(r'title="([^"]*)"')
MARK = re.compile(r"^ *<!-- (?P<kind>not run|run by): (?P<says>.+?) -->$")
#: What a page may print at most in a line, and no colours.
ENVIRONMENT = {"COLUMNS": "100", "NO_COLOR": "1", "PYTHONWARNINGS": "error"}
DOCTEST = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
#: Seconds that the commands of a block may take.
PATIENCE = 120


@dataclass(frozen=True)
class Block:
    """A fenced block of a page."""

    line: int  #: of the fence, from 1 on
    language: str
    name: str  #: its title, if it has one
    code: str
    mark: tuple[str, str] | None  #: its kind, and what it says
    follows: bool  #: whether only blank lines, or its mark, separate it from the block before

    @property
    def is_doctest(self) -> bool:
        """Whether it is a session at the prompt of Python."""
        return bool(re.search(r"^>>> ", self.code, re.MULTILINE))


class WrongPageError(AssertionError):
    """A page says what is not so, or a block neither runs nor says why."""


def blocks(text: str) -> list[Block]:
    """Return the blocks of a page."""
    lines = text.splitlines()
    found: list[Block] = []
    position, end, whole_page = 0, 0, _mark_of_page(lines)
    while position < len(lines):
        opening = FENCE.match(lines[position])
        if opening is None:
            position += 1
            continue
        start, indent = position, len(opening["indent"])
        closing = re.compile(rf"^ *{opening['fence'][0]}{{{len(opening['fence'])},}} *$")
        while not closing.match(lines[(position := position + 1)]):
            if position + 1 == len(lines):
                raise WrongPageError(f"line {start + 1}: the block does not end")
        found.append(
            Block(
                line=start + 1,
                language=opening["info"].strip().partition(" ")[0],
                name=title[1] if (title := TITLE.search(opening["info"])) else "",
                code="".join(f"{line[indent:]}\n" for line in lines[start + 1 : position]),
                mark=_mark(lines[start - 1]) or whole_page if start else whole_page,
                follows=bool(found)
                and not any(line.strip() and not MARK.match(line) for line in lines[end:start]),
            )
        )
        end = position = position + 1
    return found


def _mark(line: str) -> tuple[str, str] | None:
    mark = MARK.match(line)
    return (mark["kind"], mark["says"]) if mark else None


def _mark_of_page(lines: list[str]) -> tuple[str, str] | None:
    for line in lines:
        if line.startswith("# "):
            return None
        if mark := _mark(line):
            return mark
    return None


def run_elsewhere(page: Path, language: str) -> list[Block]:
    """Return the blocks of a language that a test of the page runs by itself."""
    found = blocks(page.read_text(encoding="utf-8"))
    return [
        block
        for block in found
        if block.language == language and block.mark and block.mark[0] == "run by"
    ]


def run(page: Path, folder: Path, by: str | None = None) -> None:
    """Run the blocks of a page in an empty folder; a WrongPageError names the line that is wrong.

    With `by`, those run that are marked to be run by that file, and no others.
    """
    names: dict[str, Any] = {"__name__": "__main__"}
    printed: str | None = None
    with _surroundings(folder):
        for block in _chosen(page, by):
            try:
                printed = _run(block, page, names, printed)
            except WrongPageError as wrong:
                raise WrongPageError(f"{page.name}, line {block.line}: {wrong}") from None


def _chosen(page: Path, by: str | None) -> list[Block]:
    found = blocks(page.read_text(encoding="utf-8"))
    if by is None:
        return found
    marked = [replace(block, mark=None) for block in found if block.mark == ("run by", by)]
    if not marked:
        raise WrongPageError(f"{page.name} has no block that is run by {by}")
    return marked


def _run(block: Block, page: Path, names: dict[str, Any], printed: str | None) -> str | None:
    """Run a block, and return what it has printed, or None if that may not be shown next."""
    if block.mark:
        _check_mark(*block.mark, page)
        return None
    match block.language:
        case "python" | "pycon" if block.is_doctest:
            _session(block, page, names)
            return None
        case "python":
            return _statements(block, page, names)
        case "sh":
            return _commands(block)
        case "text" if block.follows and printed is not None:
            _compare(block.code, printed)
            return None
    raise WrongPageError(
        f"a block of {block.language or 'no language'!r} is not run: "
        "a line before it must say why, or by what (<!-- not run: reason -->)"
    )


def _check_mark(kind: str, says: str, page: Path) -> None:
    if kind == "run by":
        test = ROOT / says
        if not test.is_file() or page.name not in test.read_text(encoding="utf-8"):
            raise WrongPageError(f"{says} is no test of {page.name}")


@contextlib.contextmanager
def _surroundings(folder: Path) -> Iterator[None]:
    """Work in the folder, with lines of a known width and the programs of this environment."""
    programs = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    before = dict(os.environ)
    os.environ.update(ENVIRONMENT, PATH=programs)
    try:
        with contextlib.chdir(folder):
            yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def _statements(block: Block, page: Path, names: dict[str, Any]) -> str:
    """Execute statement by statement, and compare the values that comments state."""
    code = "\n" * block.line + block.code  # so that tracebacks name the lines of the page
    comments = _comments(code)
    output = io.StringIO()
    with contextlib.redirect_stdout(output):
        for statement in ast.parse(code, str(page)).body:
            value, has_value = _execute(statement, page, names)
            stated = comments.get(statement.end_lineno or 0, "").partition(";")[0].strip()
            if has_value and _is_value(stated, names):
                _same(value, eval(stated, names), statement)
    return output.getvalue()


def _comments(code: str) -> dict[int, str]:
    """Return the comments by line."""
    tokens = tokenize.generate_tokens(io.StringIO(code).readline)
    return {token.start[0]: token.string[1:] for token in tokens if token.type == tokenize.COMMENT}


def _execute(statement: ast.stmt, page: Path, names: dict[str, Any]) -> tuple[Any, bool]:
    """Execute a statement; return its value, if it has one."""
    if isinstance(statement, ast.Expr):
        return eval(compile(ast.Expression(statement.value), str(page), "eval"), names), True
    exec(compile(ast.Module([statement], []), str(page), "exec"), names)
    match statement:
        case ast.Assign(targets=[ast.Name(name)]):
            return names[name], True
    return None, False


def _is_value(comment: str, names: dict[str, Any]) -> bool:
    """Whether a comment is a value: a literal, or a call of a name that is known (Decimal("1"))."""
    try:
        parsed = ast.parse(comment, mode="eval").body
    except SyntaxError:
        return False
    match parsed:
        case ast.Call(func=ast.Name(name)) | ast.Call(func=ast.Attribute(value=ast.Name(name))):
            return name in names
    try:
        ast.literal_eval(parsed)
    except ValueError:
        return False
    return True


def _same(value: Any, stated: Any, statement: ast.stmt) -> None:
    # 1 is not 1.0, and -0.0 not 0.0: what is stated is what is printed.
    exact = not isinstance(stated, int | float | str) or repr(value) == repr(stated)
    if not (value == stated and exact):
        raise WrongPageError(
            f"`{ast.unparse(statement)}` in line {statement.lineno} gives {value!r}, "
            f"and not {stated!r}"
        )


def _session(block: Block, page: Path, names: dict[str, Any]) -> None:
    test = doctest.DocTestParser().get_doctest(block.code, {}, page.name, str(page), block.line)
    test.globs = names  # the parser's copy would keep names from later blocks
    report = io.StringIO()
    outcome = doctest.DocTestRunner(optionflags=DOCTEST).run(
        test, out=report.write, clear_globs=False
    )
    if outcome.failed:
        raise WrongPageError(report.getvalue())


def _commands(block: Block) -> str:
    """Run the commands as a terminal would show them, errors included."""
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", block.code],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        timeout=PATIENCE,
    )
    if done.returncode:
        raise WrongPageError(f"exit status {done.returncode}:\n{done.stdout}")
    return done.stdout


def _compare(shown: str, printed: str) -> None:
    shown, printed = _trimmed(shown), _trimmed(printed)
    if not doctest.OutputChecker().check_output(shown, printed, doctest.ELLIPSIS):
        raise WrongPageError(f"printed was\n{printed}and not\n{shown}")


def _trimmed(text: str) -> str:
    """Return the lines without blanks at their ends, and without blank lines around them."""
    lines = "\n".join(line.rstrip() for line in text.splitlines()).strip("\n")
    return f"{lines}\n"
