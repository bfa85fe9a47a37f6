"""What the source says in words: docstrings, and work left open with its reason."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Iterator

from tests.architecture.shape import called
from tests.architecture.tree import Breach, Function, Source, Tree

OPEN_WORK = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b:?\s*(.*)")
REASON_LETTERS = 20
SILENT = frozenset({"overload", "override", "setter", "deleter"})


def docstrings(tree: Tree) -> Iterator[Breach]:
    """Every public module, class and function says what it is."""
    for source in tree.code:
        if source.text.strip() and ast.get_docstring(source.syntax) is None:
            yield source.breach(1, "the module does not say what it is")
        if "/migrations/versions/" in source.path:
            continue  # a revision is told by its title
        for node in public(source.syntax):
            if ast.get_docstring(node) is None:
                yield source.breach(node, f"{node.name} does not say what it is")


def open_work(tree: Tree) -> Iterator[Breach]:
    """Work left open is a TODO with its reason; there is no other word for it."""
    for source in (*tree.code, *tree.tests):
        if OPEN_WORK.search(source.text) is None:
            continue  # a comment is told apart from a text slowly
        for line, comment in comments(source):
            match = OPEN_WORK.search(comment)
            if match and (match[1] != "TODO" or len(match[2]) < REASON_LETTERS):
                yield source.breach(line, f"{match[1]} without a reason")


def public(body: ast.Module | ast.ClassDef) -> Iterator[ast.ClassDef | Function]:
    """Yield the public classes and functions of a module or class, and those of its classes."""
    for node in body.body:
        if not isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        if node.name.startswith("_") or SILENT & {called(mark) for mark in node.decorator_list}:
            continue
        yield node
        if isinstance(node, ast.ClassDef):
            yield from public(node)


def comments(source: Source) -> Iterator[tuple[int, str]]:
    """Yield every comment with its line, counted from 1."""
    for token in tokenize.generate_tokens(io.StringIO(source.text).readline):
        if token.type == tokenize.COMMENT:
            yield token.start[0], token.string
