"""Budgets of size: what fits in a head."""

from __future__ import annotations

import ast
import statistics
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from tests.architecture.tree import Breach, Function, Source, Tree

FILE_LINES = 500
FILE_LINES_MEDIAN = 150
FUNCTION_LINES = 50
FUNCTION_LINES_P90 = 35
CLASS_METHODS = 20
COLLECTOR_LINES = 300


def files(tree: Tree) -> Iterator[Breach]:
    """No file over 500 lines; half of them within 150."""
    for source in tree.code:
        if source.length > FILE_LINES:
            yield source.breach(1, f"{source.length} lines, {FILE_LINES} are the limit")
    lengths = [source.length for source in tree.code if source.length]
    if lengths and statistics.median(lengths) > FILE_LINES_MEDIAN:
        median = statistics.median(lengths)
        yield Breach("files", f"median of {median} lines, {FILE_LINES_MEDIAN} is the limit")


def functions(tree: Tree) -> Iterator[Breach]:
    """No function over 50 lines; nine of ten within 35."""
    lengths: list[int] = []
    for source in tree.code:
        for function in source.functions():
            lines = length(function)
            lengths.append(lines)
            if lines > FUNCTION_LINES:
                words = f"{function.name} has {lines} lines, {FUNCTION_LINES} are the limit"
                yield source.breach(function, words)
    if percentile(lengths, 90) > FUNCTION_LINES_P90:
        words = f"{percentile(lengths, 90)} lines at 90 %, {FUNCTION_LINES_P90} are the limit"
        yield Breach("functions", words)


def classes(tree: Tree) -> Iterator[Breach]:
    """No class with more than 20 methods."""
    for source in tree.code:
        for each in source.classes():
            names = {
                node.name
                for node in each.body
                if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
            }
            if len(names) > CLASS_METHODS:
                words = f"{each.name} has {len(names)} methods, {CLASS_METHODS} are the limit"
                yield source.breach(each, words)


def collectors(tree: Tree) -> Iterator[Breach]:
    """No module of a provider over 300 lines: a collector is read in one sitting."""
    for source in tree.code:
        if provider_module(source) and source.length > COLLECTOR_LINES:
            yield source.breach(1, f"{source.length} lines, {COLLECTOR_LINES} are the limit here")


def test_lines(tree: Tree) -> Iterator[Breach]:
    """At least as many lines of tests as of code: of all lines, and of those that hold code."""
    counted: dict[str, Callable[[Source], int]] = {
        "lines": lambda source: source.length,
        "lines with code": lambda source: source.statements,
    }
    for what, count in counted.items():
        code, tested = (sum(map(count, side)) for side in (tree.code, tree.tests))
        if tested < code:
            yield Breach("tests", f"{tested} {what} of tests for {code} of code")


def length(function: Function) -> int:
    """Return the lines of a function from its `def` to its last statement, docstring included."""
    return (function.end_lineno or function.lineno) - function.lineno + 1


def percentile(values: Sequence[int], percent: int) -> int:
    """Return the smallest value that `percent` of the values do not exceed; 0 of none."""
    if not values:
        return 0
    rank = -(-len(values) * percent // 100)
    return sorted(values)[rank - 1]


def provider_module(source: Source) -> bool:
    """Say whether a file belongs to a provider's package of collectors."""
    parts = Path(source.path).parts
    return parts[0] == "collectors" and len(parts) > 4
