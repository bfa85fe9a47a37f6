r"""Resource policies: unescaped, read and told in a line.

API Gateway sends them escaped twice: the field holds the inside of a JSON string literal
(`{\"Version\":…`, also `\/`). So it is first read as such a literal, then as JSON; a
plain document is understood too.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from apiscape.collectors.aws.picking import Item, items, part, text, well_formed
from apiscape.collectors.contract import Malformed

MOST_STATEMENTS = 10
"""Statements told in the summary; the rest is counted."""


class UnreadPolicy(Malformed):
    """A policy that is none: whom it lets in is unknown, and asking again does not help."""

    next_step = (
        "look at the policy in the console: it is no JSON object, so whom it lets in is not known"
    )

    def __init__(self, kind: str) -> None:
        """Say which kind of policy it is (`resource policy`)."""
        super().__init__(f"the {kind} cannot be read")


def read_policy(escaped: str) -> Item | None:
    """Return a policy document, or `None` where the text is none."""
    for candidate in (f'"{escaped}"', escaped):
        document = _decode(candidate)
        if isinstance(document, str):
            document = _decode(document)
        if isinstance(document, dict):
            return document
    return None


def tell_policy(document: Item) -> str:
    """Return who may call, statement by statement, without any value of a condition."""
    statements = _statements(document)
    told = [_tell(statement) for statement in statements[:MOST_STATEMENTS]]
    rest = len(statements) - len(told)
    summary = "; ".join(told + ([f"and {rest} more"] if rest else []))
    return well_formed(summary) or "no statement"


def _statements(document: Item) -> tuple[Item, ...]:
    single = part(document, "Statement")
    return (single,) if single else items(document, "Statement")


def _tell(statement: Item) -> str:
    effect = {"Allow": "allows", "Deny": "denies"}.get(text(statement, "Effect") or "", "?")
    conditions = ", ".join(_conditions(statement))
    return f"{effect} {_principals(statement)}" + (f" if {conditions}" if conditions else "")


def _principals(statement: Item) -> str:
    given = statement.get("Principal", statement.get("NotPrincipal"))
    prefix = "all but " if "NotPrincipal" in statement else ""
    named = given.values() if isinstance(given, dict) else [given]
    flat = [one for value in named for one in (value if isinstance(value, list) else [value])]
    if "*" in flat:
        return f"{prefix}anyone"
    return f"{prefix}{len(flat)} principal{'s' if len(flat) != 1 else ''}"


def _conditions(statement: Item) -> Iterator[str]:
    """Yield `operator key (number of values)` of each condition."""
    for operator, keys in part(statement, "Condition").items():
        if isinstance(keys, dict):
            for key, values in keys.items():
                yield f"{operator} {key} ({len(values) if isinstance(values, list) else 1})"


def _decode(document: str) -> Any:  # noqa: ANN401 - any JSON value
    try:
        return json.loads(document, strict=False)
    except (ValueError, RecursionError):
        return None
