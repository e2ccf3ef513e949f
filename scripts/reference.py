"""What the reference of Python shows beyond the sources: a Griffe extension for mkdocstrings.

Griffe reads sources and stubs without running them. Much of colstats is made when it is imported:
the compiled module has the docstrings of its functions and classes, which its stub does not repeat,
and the methods of accessors, adapters and clients are made from one list of statistics. So this
imports the package, and adds to what Griffe has read: missing docstrings, and missing members with
their signatures. A second name of the same object refers to the first.

It also turns docstrings into Markdown: examples outside a section become blocks of code, and names
of what the reference has become links. Comments that begin with ``#:`` are the docstrings of the
attributes below them, and private names of types are replaced by what they stand for.
"""

import importlib
import inspect
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import griffe

SOURCES = Path(__file__).parent.parent / "python"

#: Modules that can be imported without an engine; of all others, what Griffe reads must do.
MODULES = [
    "colstats",
    "colstats._native",
    "colstats.distributed",
    "colstats.fits",
    "colstats.grouped",
    "colstats.pandas",
    "colstats.polars",
    "colstats.service",
    "colstats.service.client",
    "colstats.summary",
    "colstats.summary.grouped",
    "colstats.summary.plain",
    "colstats.times",
]

ATTRIBUTE_COMMENT = re.compile(r"^ *#: ?(.*)")
PRIVATE = re.compile(r"\b_[A-Z]\w+\b")
SESSION = re.compile(r"^(?:>>> .*\n)(?:.+\n?)*", re.MULTILINE)
FLAG = re.compile(r"\s*# doctest: .+$", re.MULTILINE)
NAME = re.compile(r"(?<![\w`\[])(`{1,2})(colstats(?:\.[A-Za-z]\w*)+)\1(?![\w`\]])")


class Reference(griffe.Extension):
    """Add what is there at runtime, and write docstrings as Markdown."""

    def on_package(self, *, pkg: griffe.Module, loader: griffe.GriffeLoader, **_: Any) -> None:
        """Complete a package that was read."""
        if pkg.name != "colstats":
            return
        sys.path.insert(0, str(SOURCES))
        _read_comments(pkg)
        modules = {path: importlib.import_module(path) for path in MODULES}
        # Classes are completed where they are defined, before names for them are made elsewhere.
        for path, module in sorted(modules.items(), key=lambda item: -item[0].count(".")):
            _complete(_read(pkg, path), module)
        known = {f"colstats.{name}" for name in modules["colstats"].__all__}
        _write(pkg, known | {f"colstats.{name}" for name in pkg.modules}, loader)
        aliases = {
            name: str(member.value)
            for name, member in pkg["_native"].members.items()
            if isinstance(member, griffe.Attribute) and PRIVATE.fullmatch(name)
        }
        _spell_out(pkg["_native"], aliases)


def _read(pkg: griffe.Module, path: str) -> griffe.Module:
    within = path.partition(".")[2]
    found = pkg[within] if within else pkg
    assert isinstance(found, griffe.Module), path
    return found


def _complete(read: griffe.Module, module: ModuleType) -> None:
    """Complete the public names of a module that are not defined in another."""
    names = [name for name in vars(module) if not name.startswith("_")]
    for name in names:
        there = getattr(module, name)
        if inspect.isclass(there) and there.__module__.startswith("colstats"):
            if name in read.members and not read.members[name].is_alias:
                _complete_class(read.members[name], there)
        elif inspect.isroutine(there) and name in getattr(module, "__all__", []):
            _complete_member(read, name, there, there.__name__)


def _complete_class(read: Any, there: type) -> None:
    _document(read, there)
    for name in _names(there):
        member = inspect.getattr_static(there, name)
        first = getattr(member, "__name__", name)
        _complete_member(read, name, getattr(there, name), first)


def _names(there: type) -> list[str]:
    """Return the public names of a class, in the order of their definition."""
    ours = [base for base in reversed(there.__mro__) if base.__module__.startswith("colstats")]
    names = dict.fromkeys(name for base in ours for name in vars(base))
    return [name for name in names if not name.startswith("_")]


def _complete_member(read: Any, name: str, there: Any, first: str) -> None:
    """Add a member, or the docstring that it lacks."""
    path = read.path.replace("colstats._native", "colstats")
    has = read.members.get(name)
    if first != name and hasattr(there, "__name__"):
        read.set_member(name, _function(name, there, f"Short for [`{first}`][{path}.{first}]."))
    elif has and (has.is_alias or has.docstring):
        return
    elif inspect.isroutine(there) and not (has and has.is_function):
        read.set_member(name, _function(name, there, inspect.getdoc(there)))
    elif not (inspect.isroutine(there) or inspect.isdatadescriptor(there)):
        return  # the documentation of a value is that of its type
    elif has:
        _document(has, there)
    elif documentation := inspect.getdoc(there):
        attribute = griffe.Attribute(name, docstring=griffe.Docstring(documentation))
        read.set_member(name, attribute)


def _document(read: Any, there: Any) -> None:
    if read.docstring is None and (documentation := inspect.getdoc(there)):
        read.docstring = griffe.Docstring(documentation, parent=read)


def _function(name: str, there: Any, documentation: str | None) -> griffe.Function:
    parameters = griffe.Parameters(*_parameters(inspect.signature(there)))
    function = griffe.Function(name, parameters=parameters)
    if documentation:
        function.docstring = griffe.Docstring(documentation, parent=function)
    return function


def _parameters(signature: inspect.Signature) -> Iterator[griffe.Parameter]:
    for parameter in signature.parameters.values():
        if parameter.name != "self":
            has_default = parameter.default is not inspect.Parameter.empty
            default = "..." if parameter.default is ... else repr(parameter.default)
            kind = griffe.ParameterKind(parameter.kind.description)
            yield griffe.Parameter(
                parameter.name, kind=kind, default=default if has_default else None
            )


def _write(read: Any, known: set[str], loader: griffe.GriffeLoader) -> None:
    """Write all docstrings as Markdown, and let the new ones be read as the others are."""
    if read.is_alias:
        return
    if read.name.startswith("__"):
        read.docstring = None  # the class says what operators do
    if read.docstring:
        read.docstring.value = _as_markdown(read.docstring.value, known)
        read.docstring.parser = loader.docstring_parser
        read.docstring.parser_options = loader.docstring_options or {}
    for member in read.members.values():
        _write(member, known, loader)


def _read_comments(read: Any) -> None:
    """Take the comments of attributes as their docstrings."""
    if read.is_alias:
        return
    if read.is_attribute and read.docstring is None and (comment := _comment(read)):
        read.docstring = griffe.Docstring(comment, parent=read)
    for member in read.members.values():
        _read_comments(member)


def _comment(read: griffe.Attribute) -> str:
    """Return the comment above an attribute that documents it."""
    above = read.lines_collection[read.filepath][: (read.lineno or 1) - 1]
    lines: list[str] = []
    while above and (found := ATTRIBUTE_COMMENT.match(above.pop())):
        lines.insert(0, found[1])
    return "\n".join(lines)


def _spell_out(read: Any, aliases: dict[str, str]) -> None:
    """Replace private names of types in signatures."""

    def plain(annotation: Any) -> str | None:
        text = str(annotation)
        while PRIVATE.search(text) and (new := PRIVATE.sub(_value_of(aliases), text)) != text:
            text = new
        return text if annotation is not None else None

    for member in read.members.values():
        if member.is_alias:
            continue
        if member.is_class:
            _spell_out(member, aliases)
        elif member.is_function:
            member.returns = plain(member.returns)
            for parameter in member.parameters:
                parameter.annotation = plain(parameter.annotation)


def _value_of(aliases: dict[str, str]) -> Callable[[re.Match[str]], str]:
    return lambda found: aliases.get(found[0], found[0])


def _as_markdown(text: str, known: set[str]) -> str:
    def block(found: re.Match[str]) -> str:
        code = FLAG.sub("", found[0].rstrip("\n")).replace("<BLANKLINE>", "")
        return f"```pycon\n{code}\n```\n"

    def link(found: re.Match[str]) -> str:
        name = found[2]
        return f"[`{name}`][{name}]" if name in known else found[0]

    parts = re.split(r"(```pycon\n.*?\n```\n)", SESSION.sub(block, f"{text}\n"), flags=re.DOTALL)
    return "".join(part if part.startswith("```") else NAME.sub(link, part) for part in parts)
