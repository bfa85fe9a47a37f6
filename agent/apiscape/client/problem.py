"""Errors on the wire: problem details (RFC 9457) for ours, and ours again for problem details."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from apiscape.errors import (
    ApiscapeError,
    Busy,
    Fenced,
    NotFound,
    NotKept,
    QueryError,
    Refused,
    SettingsError,
    StoreError,
    StoreFull,
    StoreLocked,
    StoreTooNew,
    UnreachableError,
    UsageError,
)

MEDIA_TYPE = "application/problem+json"
PREFIX = "urn:apiscape:problem:"


class Problem(msgspec.Struct, frozen=True, omit_defaults=True):
    """Why a request was not answered (RFC 9457).

    Attributes:
        type: What kind of problem it is, as a URI; the same kind always has the same one.
        title: The kind in words.
        status: The status of the answer.
        detail: What is wrong, in a sentence.
        hint: The next step, if there is one.
        text: The view that cannot be read; `column`: where it goes wrong, counted from 1.
    """

    type: str
    title: str
    status: int
    detail: str
    hint: str | None = None
    text: str | None = None
    column: int | None = None


class Kind(msgspec.Struct, frozen=True):
    """One kind of problem: its status, its words, and the error that a client raises for it."""

    status: int
    title: str
    error: type[ApiscapeError]


KINDS: Mapping[str, Kind] = {
    "query": Kind(400, "A view that cannot be read", QueryError),
    "usage": Kind(400, "Something that cannot be", UsageError),
    "unauthenticated": Kind(401, "No valid token", Refused),
    "forbidden": Kind(403, "Not for this token", Refused),
    "not-found": Kind(404, "Nothing of that name", NotFound),
    "no-such-path": Kind(404, "No such path", UsageError),
    "method": Kind(405, "Not a method of this path", UsageError),
    "fenced": Kind(409, "A newer run took over", Fenced),
    "busy": Kind(409, "Under way already", Busy),
    "not-kept": Kind(410, "No longer kept", NotKept),
    "too-large": Kind(413, "A body that is too large", UsageError),
    "media-type": Kind(415, "A body of another type", UsageError),
    "misdirected": Kind(421, "Another host was asked for", Refused),
    "head-too-large": Kind(431, "A head that is too long", UsageError),
    "too-many": Kind(429, "Too many wrong tokens", UnreachableError),
    "defect": Kind(500, "A defect of the agent", UnreachableError),
    "settings": Kind(500, "A configuration that cannot be read", SettingsError),
    "not-offered": Kind(501, "Not offered by this agent", UsageError),
    "unreachable": Kind(502, "Something behind the agent does not answer", UnreachableError),
    "overloaded": Kind(503, "Too much at once", UnreachableError),
    "too-slow": Kind(503, "It took too long", UnreachableError),
    "store-locked": Kind(503, "Another process writes to the store", StoreLocked),
    "store-full": Kind(503, "The store may not be written, or has no space", StoreFull),
    "store-too-new": Kind(503, "The store was written by a newer version", StoreTooNew),
    "store": Kind(503, "The store does not answer", StoreError),
}
"""Every kind of problem by its word. Of two with one error the first is what that error is told as."""

_DEFECT = "defect"
_WORDS = {kind.error: word for word, kind in [*KINDS.items()][::-1]} | {
    UnreachableError: "unreachable",
    Refused: "forbidden",
}


def make_problem(word: str, detail: str, *, hint: str | None = None) -> Problem:
    """Return a problem of a kind."""
    kind = KINDS[word]
    return Problem(
        type=PREFIX + word, title=kind.title, status=kind.status, detail=detail, hint=hint
    )


def problem_of(error: ApiscapeError) -> Problem:
    """Return an error as a problem; one of no kind of its own is a defect."""
    word = _WORDS.get(type(error), _DEFECT)
    problem = make_problem(word, error.message, hint=error.hint)
    if isinstance(error, QueryError):
        return msgspec.structs.replace(problem, text=error.text, column=error.column)
    return problem


HOW_TO_COME_IN = "set APISCAPE_TOKEN, or name the file that it is in: apiscape ctx add NAME URL --token-file FILE"
"""What a person does where an agent asks for a token; what it says itself is for who writes requests."""


def error_of(problem: Problem) -> ApiscapeError:
    """Return the error that a problem was made of; an unknown kind is told by its status."""
    word = problem.type.removeprefix(PREFIX)
    kind = KINDS.get(word)
    if word == "unauthenticated":
        return Refused(problem.detail, hint=HOW_TO_COME_IN)
    error = kind.error if kind else _by_status(problem.status)
    if error is QueryError:
        return QueryError(
            problem.detail, text=problem.text or "", column=problem.column or 1, hint=problem.hint
        )
    if error is SettingsError:
        return SettingsError(problem.detail, path="the agent's configuration", hint=problem.hint)
    return error(problem.detail, hint=problem.hint)


def _by_status(status: int) -> type[ApiscapeError]:
    """Return the error of the first kind that has a status, else the one of its hundred."""
    for kind in KINDS.values():
        if kind.status == status and kind.error is not QueryError:
            return kind.error
    return UsageError if 400 <= status < 500 else UnreachableError  # noqa: PLR2004 - the client's fault
