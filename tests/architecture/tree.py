"""The tree under judgement: its sources, read once, and what a breach is."""

from __future__ import annotations

import ast
import io
import subprocess
import tokenize
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TypeAlias, TypeGuard

ROOTS = ("agent", "collectors", "tui")
ROOM = Path(__file__).parents[2]

_SILENT = frozenset(
    {
        tokenize.COMMENT,
        tokenize.DEDENT,
        tokenize.ENDMARKER,
        tokenize.INDENT,
        tokenize.NEWLINE,
        tokenize.NL,
    }
)

Function: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Breach:
    """One place that breaks a rule, and how it reads to the one who has to mend it."""

    where: str
    words: str

    def __str__(self) -> str:
        """Return one line that an editor can jump from."""
        return f"{self.where}: {self.words}"


@dataclass(frozen=True)
class Source:
    """One Python file: its path below the root, and its text."""

    path: str
    text: str

    @cached_property
    def syntax(self) -> ast.Module:
        """The parsed file."""
        return ast.parse(self.text, self.path)

    @property
    def length(self) -> int:
        """Lines, blank ones and comments included."""
        return self.text.count("\n")

    @cached_property
    def nodes(self) -> tuple[ast.AST, ...]:
        """Every node of the parsed file."""
        return tuple(ast.walk(self.syntax))

    @cached_property
    def statements(self) -> int:
        """Lines that hold code: neither blank, nor a comment, nor part of a docstring."""
        documented: set[int] = set()
        for node in self.nodes:
            if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
                documented.update(_lines(node))
        silent = {
            number
            for number, line in enumerate(self.text.splitlines(), start=1)
            if not line.strip(" \t\f\\") or line.lstrip().startswith("#")
        } - documented
        if any(_is_text(node) and not silent.isdisjoint(_lines(node)) for node in self.nodes):
            return len(_spoken(self.text) - documented)  # a text that holds what looks like silence
        return len(self.text.splitlines()) - len(silent) - len(documented)

    @property
    def module(self) -> str:
        """Dotted name as imported: `agent/apiscape/model/run.py` is `apiscape.model.run`."""
        parts = Path(self.path).with_suffix("").parts
        parts = parts[1:] if parts[0] in ROOTS else parts
        return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)

    def functions(self) -> Iterator[Function]:
        """Yield every function and method, nested ones included."""
        for node in self.nodes:
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield node

    def classes(self) -> Iterator[ast.ClassDef]:
        """Yield every class, nested ones included."""
        for node in self.nodes:
            if isinstance(node, ast.ClassDef):
                yield node

    def breach(self, node: ast.AST | int, words: str) -> Breach:
        """Return a breach at a node, or at a line counted from 1."""
        line = node if isinstance(node, int) else getattr(node, "lineno", 1)
        return Breach(f"{self.path}:{line}", words)


def _lines(node: ast.expr | ast.stmt) -> range:
    return range(node.lineno, (node.end_lineno or node.lineno) + 1)


def _is_text(node: ast.AST) -> TypeGuard[ast.Constant | ast.JoinedStr]:
    if isinstance(node, ast.Constant):
        return isinstance(node.value, str | bytes)
    return isinstance(node, ast.JoinedStr)


def _spoken(text: str) -> set[int]:
    """Return the lines that hold a token of code; exact, and slow."""
    written: set[int] = set()
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type not in _SILENT:
            written.update(range(token.start[0], token.end[0] + 1))
    return written


@dataclass(frozen=True)
class Tree:
    """A checkout: the folder, the product's sources and the tests' sources."""

    root: Path
    code: tuple[Source, ...]
    tests: tuple[Source, ...]


Check: TypeAlias = Callable[[Tree], Iterable[Breach]]


def tracked(root: Path) -> list[str]:
    """Return the paths of a checkout's files below `root`; of every file where there is no git."""
    if (root / ".git").exists():
        # A clone may belong to another user than the one who tests it.
        command = ["git", "-c", "safe.directory=*", "ls-files", "-z"]
        listing = subprocess.run(command, cwd=root, check=True, capture_output=True, text=True)
        names = [name for name in listing.stdout.split("\0") if name]
    else:
        names = [path.relative_to(root).as_posix() for path in root.rglob("*")]
    return sorted(name for name in names if (root / name).is_file())


def read(root: Path) -> Tree:
    """Read the checkout at `root`."""
    names = [name for name in tracked(root) if name.endswith(".py")]

    def sources(*tops: str) -> tuple[Source, ...]:
        return tuple(
            Source(name, (root / name).read_text("utf-8"))
            for name in names
            if Path(name).parts[0] in tops
        )

    return Tree(root=root, code=sources(*ROOTS), tests=sources("tests"))
