"""The house's plan: one namespace, every module in a layer, every room measured."""

from __future__ import annotations

import ast
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.architecture.tree import ROOTS, Breach, Tree

NAMESPACE = "apiscape"


def namespace(tree: Tree) -> Iterator[Breach]:
    """No root has an `apiscape/__init__.py`: it would hide the other two."""
    for top in ROOTS:
        where = f"{top}/{NAMESPACE}/__init__.py"
        if (tree.root / where).exists():
            yield Breach(where, "breaks every import from the other roots")


def membership(tree: Tree) -> Iterator[Breach]:
    """Every module belongs to a layer; a package that holds several layers holds nothing else."""
    known = layers(tree.root)
    for source in tree.code:
        name = source.module
        if any(name == layer or name.startswith(f"{layer}.") for layer in known):
            continue
        above = any(layer.startswith(f"{name}.") for layer in known)
        if not (above and only_docstring(source.syntax)):
            yield source.breach(1, f"{name} is in no layer of pyproject.toml")


def marked(tree: Tree) -> Iterator[Breach]:
    """Every room says that it is typed, so that a user's type checker believes it."""
    for room in rooms(tree):
        if not any((tree.root / top / NAMESPACE / room / "py.typed").exists() for top in ROOTS):
            yield Breach(room, "has no py.typed")


def measured(tree: Tree) -> Iterator[Breach]:
    """Coverage counts every file of every root, those that no test imports too."""
    coverage = configuration(tree.root)["coverage"]
    for top in sorted(set(ROOTS) - set(coverage["run"].get("source_dirs", ()))):
        yield Breach(top, "is not in coverage's source_dirs")
    if not coverage.get("report", {}).get("include_namespace_packages"):
        yield Breach("coverage", "would not count a file that no test imports")


def configuration(root: Path) -> dict[str, Any]:
    """Return the `tool` tables of a checkout's pyproject.toml."""
    tools: dict[str, Any] = tomllib.loads((root / "pyproject.toml").read_text("utf-8"))["tool"]
    return tools


def layers(root: Path) -> tuple[str, ...]:
    """Return the modules that the layers contract names, from the top down."""
    contracts = configuration(root)["importlinter"]["contracts"]
    rows = next(each["layers"] for each in contracts if each["type"] == "layers")
    return tuple(name for row in rows for name in row.replace("|", " ").replace(":", " ").split())


def rooms(tree: Tree) -> list[str]:
    """Return the names of the packages right below the namespace."""
    parts = (Path(source.path).parts for source in tree.code)
    return sorted({each[2] for each in parts if len(each) > 3})


def only_docstring(module: ast.Module) -> bool:
    """Say whether a module consists of its docstring."""
    return len(module.body) == 1 and ast.get_docstring(module) is not None
