"""How much is written for a binding: lines of code by language, and lines with ``unsafe``."""

import ast
import io
import re
import tokenize
from pathlib import Path
from typing import Any

from benches.paper.qualities.bindings import FOLDER, Binding, Declaration

LANGUAGES = {
    ".py": "Python",
    ".pyx": "Cython",
    ".rs": "Rust",
    ".c": "C, C++",
    ".h": "C, C++",
    ".hpp": "C, C++",
    ".cpp": "C, C++",
}
SLASHES = re.compile(r"/\*.*?\*/|//[^\n]*", re.DOTALL)
HASHES = re.compile(r'^\s*"""[^\n]*"""\s*$|#[^\n]*', re.MULTILINE)
UNSAFE = re.compile(r"\bunsafe\b")
#: Tokens of Python that are no code.
BLANK = (tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT)


def measure(binding: Binding) -> dict[str, Any]:
    """Count the lines of a binding, and quote how one function is declared."""
    lines: dict[str, int] = {}
    unsafe = 0
    for name in binding.code:
        code = code_lines(name)
        language = LANGUAGES[Path(name.partition(":")[0]).suffix]
        lines[language] = lines.get(language, 0) + len(code)
        if language == "Rust":
            unsafe += sum(bool(UNSAFE.search(line)) for line in code)
    return {
        "lines": lines,
        "unsafe": unsafe,
        "config": sum(len(code_lines(name)) for name in binding.config),
        "declaration": quote(binding.declaration) if binding.declaration else [],
    }


def code_lines(name: str) -> list[str]:
    """List the lines of a file, or of one function in it, without blanks, comments, docstrings."""
    file, _, function = name.partition(":")
    text = (FOLDER / file).read_text(encoding="utf-8")
    if file.endswith(".py"):
        return python_lines(text, function)
    comments = SLASHES if Path(file).suffix in (".rs", ".c", ".h", ".hpp", ".cpp") else HASHES
    return [line for line in comments.sub("", text).splitlines() if line.strip()]


def python_lines(text: str, function: str = "") -> list[str]:
    """List the lines of Python code that hold a token which is neither comment nor docstring."""
    tree = ast.parse(text)
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef)
    skipped: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, documented) and ast.get_docstring(node) is not None:
            skipped.update(range(node.body[0].lineno, (node.body[0].end_lineno or 0) + 1))
    wanted = range(1, len(text.splitlines()) + 1)
    if function:
        found = next(
            node
            for node in ast.walk(tree)
            if isinstance(node, ast.FunctionDef) and node.name == function
        )
        wanted = range(found.lineno, (found.end_lineno or 0) + 1)
    used: set[int] = set()
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type not in BLANK and token.string:
            used.update(range(token.start[0], token.end[0] + 1))
    lines = text.splitlines()
    return [lines[number - 1] for number in sorted(used - skipped) if number in wanted]


def quote(declaration: Declaration) -> list[str]:
    """Quote the lines that declare a function."""
    lines = (FOLDER / declaration.file).read_text(encoding="utf-8").splitlines()
    first = next(n for n, line in enumerate(lines) if re.search(declaration.first, line))
    last = next(
        n for n, line in enumerate(lines[first:], first) if re.search(declaration.last, line)
    )
    return lines[first : last + 1]
