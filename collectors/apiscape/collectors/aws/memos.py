"""Change tokens that remember, beside what stands, what only a detail call teaches of the facts.

Facts belong to every visit, and a detail that has not changed is not looked at again: its tags, and
whatever else the listing does not say, are kept in the token.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from hashlib import blake2b

import msgspec

from apiscape.model.values import UNKNOWN, Unknown


class Memo(msgspec.Struct, frozen=True, gc=False):
    """What is remembered of one deployment.

    Attributes:
        mark: Changes whenever the detail may have.
        of: How many deployments its object gave.
        tags: Native tags; unknown where they could not be read.
        facts: What else a detail call said, by words of the collector's own; none of it a secret.
    """

    mark: str
    of: int = 1
    tags: dict[str, str] | Unknown = UNKNOWN
    facts: dict[str, bool | str | None] = msgspec.field(default_factory=dict)


def write_memo(memo: Memo) -> str:
    """Return a memo as a token."""
    return msgspec.json.encode(memo).decode()


def read_memo(token: str | None, mark: str) -> Memo | None:
    """Return what a token remembers, if it still stands."""
    try:
        memo = msgspec.json.decode(token or "", type=Memo)
    except (msgspec.DecodeError, msgspec.ValidationError):
        return None
    return memo if memo.mark == mark else None


def stands(tokens: Mapping[str, str], mark: str) -> Memo | None:
    """Return what is remembered of an object as a whole: every deployment that it gave still stands."""
    memos = [read_memo(token, mark) for token in tokens.values()]
    found = [memo for memo in memos if memo is not None]
    if not found or len(found) < len(memos) or found[0].of != len(found):
        return None
    return found[0]


def make_mark(parts: Iterable[object]) -> str:
    """Return a mark that differs as soon as one of its parts does."""
    return "|".join(str(part) for part in parts)


def digest_mark(parts: Iterable[object]) -> str:
    """Return a mark of fixed length, for what is made of many parts."""
    digest = blake2b(digest_size=16)
    for each in parts:
        digest.update(f"{each!r}|".encode("utf-8", "backslashreplace"))
    return digest.hexdigest()
