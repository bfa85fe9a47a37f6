"""Expressions of the table: JMESPath, compiled once, never raising on what an object holds."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import jmespath
from jmespath import exceptions, functions
from jmespath.visitor import Options, TreeInterpreter

from apiscape.collectors.kubernetes.table.functions import FUNCTIONS

MAX_LENGTH = 4_000

Json = Any


def _runtime() -> functions.Functions:
    """Return what calls functions: those of JMESPath, and ours beside them."""
    made = functions.Functions()
    own = {
        name: {
            "function": lambda _, value, called=called: called(value),
            "signature": ({"types": []},),
        }
        for name, called in FUNCTIONS.items()
    }
    made.FUNCTION_TABLE = {**made.FUNCTION_TABLE, **own}
    return made


_RUNTIME = _runtime()
_INTERPRETER = TreeInterpreter(Options(custom_functions=_RUNTIME))
"""Made once: it remembers by itself how each kind of node is carried out, and nothing of what it was asked."""


class Expression:
    """A JMESPath expression.

    Args:
        text: As it is written.

    Attributes:
        tree: What it was parsed into, for whoever checks which fields it reads.

    Raises:
        ValueError: It is none, or calls a function that there is not.
    """

    __slots__ = ("text", "tree")

    def __init__(self, text: str) -> None:
        if len(text) > MAX_LENGTH:
            raise ValueError(f"an expression has at most {MAX_LENGTH} characters")
        try:
            self.tree: Any = jmespath.compile(text).parsed
        except exceptions.JMESPathError as error:
            raise ValueError(f"no expression: {_first_line(error)}") from None
        self.text = text
        for name in self._calls(self.tree):
            if name not in _RUNTIME.FUNCTION_TABLE:
                raise ValueError(f"no expression: there is no function {name}()")

    def search(self, body: Json) -> Json:
        """Return what it finds in a value.

        Raises:
            Unfit: The value is not of the form that it expects; never says which value that was.
                JMESPath itself says so of most; a text that is compared with a number it lets pass.
        """
        try:
            return _INTERPRETER.visit(self.tree, body)
        except (exceptions.JMESPathError, TypeError, RecursionError) as error:
            raise Unfit(type(error).__name__) from None

    def _calls(self, node: dict[str, Any]) -> Iterator[str]:
        if node["type"] == "function_expression":
            yield node["value"]
        for child in node.get("children", ()):
            yield from self._calls(child)


class Unfit(Exception):
    """An object is not of the form that an expression expects."""


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0][:200]
