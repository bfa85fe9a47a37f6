"""Whether a resource policy lets in callers who prove nothing: what makes a URL without authentication public."""

from __future__ import annotations

from collections.abc import Iterator
from fnmatch import fnmatchcase

from apiscape.collectors.aws.picking import Item, entries, items, part, text

AUTH_TYPE = "lambda:functionurlauthtype"
"""Condition by which a statement is for URLs of one type of authentication."""

_OF_ANYBODY = "*"


def invites(policy: Item, action: str, auth: str) -> bool | None:
    """Say whether a policy lets anybody do something; `None` where a statement denies it to anybody as well.

    Conditions narrow who comes through, not whether they must say who they are: a statement with
    conditions invites all the same, unless it is for another type of authentication.

    Args:
        policy: The document.
        action: What is done (`lambda:InvokeFunctionUrl`).
        auth: Type of authentication of the URL (`NONE`).
    """
    effects = {
        text(statement, "Effect")
        for statement in _statements(policy)
        if _is_for_anybody(statement) and _is_of(statement, action) and _fits(statement, auth)
    }
    if "Allow" not in effects:
        return False
    return None if "Deny" in effects else True


def _statements(policy: Item) -> tuple[Item, ...]:
    single = part(policy, "Statement")
    return (single,) if single else items(policy, "Statement")


def _is_for_anybody(statement: Item) -> bool:
    given = statement.get("Principal")
    named = list(given.values()) if isinstance(given, dict) else [given]
    return any(
        one == _OF_ANYBODY
        for value in named
        for one in (value if isinstance(value, list) else [value])
    )


def _is_of(statement: Item, action: str) -> bool:
    named = (text(statement, "Action"), *entries(statement, "Action"))
    wanted = action.casefold()
    return any(isinstance(one, str) and fnmatchcase(wanted, one.casefold()) for one in named)


def _fits(statement: Item, auth: str) -> bool:
    asked = list(_asked(statement))
    return not asked or auth in asked


def _asked(statement: Item) -> Iterator[str]:
    """Yield the types of authentication that a statement is for."""
    for keys in part(statement, "Condition").values():
        if not isinstance(keys, dict):
            continue
        for key, value in keys.items():
            if isinstance(key, str) and key.casefold() == AUTH_TYPE:
                yield from (str(one) for one in (value if isinstance(value, list) else [value]))
