"""The project speaks of itself alone: no registry's host, no machine's path, no tracker's number."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from tests.architecture.tree import Breach, Tree, tracked

#: What is looked for, and what it is called when it is found. No pattern matches itself.
FOREIGN: Mapping[str, re.Pattern[str]] = {
    "a package registry's host": re.compile(
        r"\b(?:pypi|pythonhosted|npmjs|crates|rubygems)\.(?:org|com|io)\b", re.IGNORECASE
    ),
    "an index address": re.compile(r"--(?:find-links|(?:extra-)?index-url)|\bPIP_[A-Z]+_URL\b"),
    "a machine's path": re.compile(
        r"(?<![\w.{}-])/(?:work|root|home/\w+|Users/\w+|opt/pypi)(?:/|\b(?!\w))"
    ),
    "a tracker's number": re.compile(
        r"(?:\b(?:issues?|pr|pull request|bug|ticket|gh)[ -]?#\d+)|(?:\b[\w.-]+/[\w.-]+#\d+\b)",
        re.IGNORECASE,
    ),
}
PROSE_NUMBER = re.compile(r"(?:^|[\s(])#\d{1,5}\b(?!;)")
UNREAD = frozenset({".png", ".svg", ".ico", ".gz", ".zip"})


def foreign(tree: Tree) -> Iterator[Breach]:
    """Nothing in a tracked file points at a registry, a machine or a tracker."""
    for name in tracked(tree.root):
        if Path(name).suffix in UNREAD:
            continue
        text = (tree.root / name).read_text("utf-8", errors="replace")
        suspected = [each for each in patterns(name) if each[1].search(text)]
        for line, words in enumerate(text.splitlines() if suspected else (), start=1):
            for what, pattern in suspected:
                if match := pattern.search(words):
                    yield Breach(f"{name}:{line}", f"{what}: {match[0].strip()}")


def patterns(name: str) -> Iterator[tuple[str, re.Pattern[str]]]:
    """Yield what is looked for in a file of this name."""
    yield from FOREIGN.items()
    if Path(name).suffix == ".md":
        yield "a tracker's number", PROSE_NUMBER
