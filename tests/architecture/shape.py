"""Budgets of shape: shallow inheritance, full annotations, honest handlers, telling names."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from tests.architecture.tree import Breach, Function, Source, Tree

INHERITANCE = 2
IGNORES_PER_LINES = 1_000
NAMELESS = re.compile(r"^_*(utils?|helpers?|common|base|managers?|misc)$")
TYPE_IGNORE = re.compile(r"#\s*(?:type|pyright):\s*ignore(\[[\w\-, ]+\])?")
FAILURE = re.compile(r"\w(Error|Exception)\b")
BROAD = frozenset({"Exception", "BaseException"})

#: The process edges (a run, a request, a screen): one failure must not take the rest along. One handler each.
EDGES: Mapping[str, str] = {
    "agent/apiscape/cli/group.py": "a command: a defect has an exit code of its own",
    "agent/apiscape/collect/run.py": "a run: one broken scope holds up nobody",
    "agent/apiscape/demo/aws/wire/dispatch.py": "a request to the demo: its failure is an answer",
    "agent/apiscape/serve/errors.py": "a request: its failure is an answer",
    "tui/apiscape/tui/app.py": "a screen: its failure is shown",
}


def inheritance(tree: Tree) -> Iterator[Breach]:
    """No class more than two below a library's class."""
    ours = {
        f"{source.module}.{each.name}": (source, each)
        for source in tree.code
        for each in source.classes()
    }
    above = {
        name: [full(source, base) for base in each.bases] for name, (source, each) in ours.items()
    }
    for name, (source, each) in ours.items():
        depth = levels(name, above)
        if depth > INHERITANCE:
            words = f"{each.name} is {depth} below a library's class, {INHERITANCE} is the limit"
            yield source.breach(each, words)


def tracked_failures(tree: Tree) -> Iterator[Breach]:
    """No struct that the garbage collector does not see holds an exception: its traceback holds whoever holds it."""
    for source in tree.code:
        for each in source.classes():
            told = {mark.arg: ast.unparse(mark.value) for mark in each.keywords}
            is_entity = "Entity" in map(ast.unparse, each.bases)
            if told.get("gc", "False" if is_entity else "True") != "False":
                continue
            for field in each.body:
                if isinstance(field, ast.AnnAssign) and FAILURE.search(
                    ast.unparse(field.annotation)
                ):
                    words = (
                        f"{each.name}.{ast.unparse(field.target)} holds an exception, and gc is off"
                    )
                    yield source.breach(field, words)


def annotated(tree: Tree) -> Iterator[Breach]:
    """Every parameter and every result has its type."""
    for source in tree.code:
        methods = {
            id(node)
            for each in source.classes()
            for node in each.body
            if not any(
                called(mark) == "staticmethod" for mark in getattr(node, "decorator_list", ())
            )
        }
        for function in source.functions():
            for name in unannotated(function, method=id(function) in methods):
                yield source.breach(function, f"{function.name} does not say the type of {name}")


def ignores(tree: Tree) -> Iterator[Breach]:
    """At most one switched-off type check in 1,000 lines, each with its code."""
    found = [
        (source, line, match)
        for source in tree.code
        for line, text in enumerate(source.text.splitlines(), start=1)
        for match in TYPE_IGNORE.finditer(text)
    ]
    for source, line, match in found:
        if not match[1]:
            yield source.breach(line, "a type check is switched off without its code")
    allowed = max(1, sum(source.length for source in tree.code) // IGNORES_PER_LINES)
    if len(found) > allowed:
        yield Breach("types", f"{len(found)} checks switched off, {allowed} is the limit")


def handlers(tree: Tree) -> Iterator[Breach]:
    """No bare except; a broad one only at a process edge, and one there."""
    for source in tree.code:
        broad = [node for node in source.nodes if catches_all(node)]
        allowed = 1 if source.path in EDGES else 0
        for node in broad[allowed:]:
            yield source.breach(node, "catches everything; only a process edge may, once")
        for node in source.nodes:
            if isinstance(node, ast.ExceptHandler) and node.type is None:
                yield source.breach(node, "a bare except")


def names(tree: Tree) -> Iterator[Breach]:
    """No module called after nothing: utils, helpers, common, base, manager."""
    for source in tree.code:
        for part in Path(source.path).with_suffix("").parts:
            if NAMELESS.match(part):
                yield source.breach(1, f"`{part}` names no thing")


def providers(tree: Tree) -> Iterator[Breach]:
    """No branch on a provider's name outside the rooms that know one."""
    known = {"aws", "azure", "gcp", "kubernetes"}
    for source in tree.code:
        if Path(source.path).parts[0] == "collectors" or source.module.startswith("apiscape.demo"):
            continue
        for node in ast.walk(source.syntax):
            if isinstance(node, ast.Compare) and known & set(constants(node)):
                yield source.breach(node, "branches on a provider's name; ask the contract instead")


def levels(name: str, above: Mapping[str, list[str]]) -> int:
    """Return how many classes of ours stand between a class and a library's, itself included."""
    return (
        0
        if name not in above
        else 1 + max((levels(base, above) for base in above[name]), default=0)
    )


def full(source: Source, base: ast.expr) -> str:
    """Return the dotted name that a base class has in our tree, as far as imports tell it."""
    text = ast.unparse(base.value if isinstance(base, ast.Subscript) else base)
    head, _, rest = text.partition(".")
    for node in ast.walk(source.syntax):
        if isinstance(node, ast.ImportFrom | ast.Import):
            for alias in node.names:
                if (alias.asname or alias.name) == head:
                    origin = f"{node.module}." if isinstance(node, ast.ImportFrom) else ""
                    return f"{origin}{alias.name}" + (f".{rest}" if rest else "")
    return f"{source.module}.{text}"


def unannotated(function: Function, *, method: bool) -> Iterator[str]:
    """Yield what a function leaves untyped: parameters by name, and its result."""
    given = function.args
    positional = [*given.posonlyargs, *given.args]
    named = [*positional[method:], *given.kwonlyargs, given.vararg, given.kwarg]
    yield from (each.arg for each in named if each is not None and each.annotation is None)
    if function.returns is None:
        yield "its result"


def catches_all(node: ast.AST) -> bool:
    """Say whether a handler, or a `suppress`, takes every exception."""
    if isinstance(node, ast.ExceptHandler) and node.type is not None:
        return bool(BROAD & {called(name) for name in listed(node.type)})
    if isinstance(node, ast.Call) and called(node.func) == "suppress":
        return bool(BROAD & {called(name) for name in node.args})
    return False


def listed(kind: ast.expr) -> list[ast.expr]:
    """Return the members of a tuple, or the one expression itself."""
    return kind.elts if isinstance(kind, ast.Tuple) else [kind]


def called(name: ast.expr) -> str:
    """Return the last part of a dotted name; of anything else, nothing."""
    if isinstance(name, ast.Attribute):
        return name.attr
    return name.id if isinstance(name, ast.Name) else ""


def constants(node: ast.Compare) -> Iterator[str]:
    """Yield the texts that a comparison compares with, those of a literal collection too."""
    for side in (node.left, *node.comparators):
        for part in side.elts if isinstance(side, ast.Tuple | ast.Set | ast.List) else [side]:
            if isinstance(part, ast.Constant) and isinstance(part.value, str):
                yield part.value
