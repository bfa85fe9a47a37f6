"""What an API server's refusals mean to the operator, by name; its own words are kept short and neutral."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import msgspec

from apiscape.collectors.contract import (
    AccessDenied,
    CollectorError,
    CredentialsInvalid,
    Gone,
    Malformed,
    Throttled,
)
from apiscape.model.codec import ready
from apiscape.model.plain import plain
from apiscape.model.vocabulary import ErrorKind

LONGEST_WORDS = 300
MOST_WAIT_S = 600.0
"""Longest that a server may ask us to wait."""

FORBIDDEN, GONE = 403, 410
BUSY = frozenset({429, 503})
_ELSEWHERE = range(300, 400)
_OF_THE_CALLER = range(400, 500)


class Told(msgspec.Struct, gc=False):
    """As much of a `Status` object as is read."""

    reason: str = ""
    message: str = ""
    metadata: ToldMetadata | None = None


class ToldMetadata(msgspec.Struct, gc=False):
    """What a `Status` of an expired listing goes on with."""

    go_on: str = msgspec.field(default="", name="continue")


class Expired(CollectorError):
    """What a listing or a watch goes on from is not kept any more.

    Attributes:
        again: A token to read the rest of a listing by, which is then of another version; empty if none.
    """

    kind = ErrorKind.UNREACHABLE

    def __init__(self, message: str, *, operation: str, again: str = "") -> None:
        """Keep how to go on."""
        super().__init__(message, operation=operation)
        self.again = again


class TooLarge(Malformed):
    """An answer, or an event, that is larger than is read: whoever asked may ask for less."""


class Refused(CollectorError):
    """The server understood and will not: a parameter that it does not know, a feature that it lacks.

    Attributes:
        status: Of HTTP.
    """

    kind = ErrorKind.MALFORMED

    def __init__(self, message: str, *, operation: str, status: int) -> None:
        """Keep the status."""
        super().__init__(message, operation=operation)
        self.status = status


def error_of(
    status: int, headers: Mapping[str, str], body: bytes, *, operation: str, permission: str
) -> CollectorError:
    """Return what a refusal means.

    Args:
        status: Of HTTP, or of a `Status` object in a watch.
        headers: Names in whatever letters.
        body: A `Status` object, or whatever stood in its place.
        operation: What was asked (`list ingresses.networking.k8s.io`).
        permission: The right that it needs.
    """
    told = _read(body)
    words = _short(told.message) or f"the API server answered {status}"
    if status == FORBIDDEN:
        return AccessDenied(f"needs {permission}", permission=permission, operation=operation)
    if status == GONE:
        again = told.metadata.go_on if told.metadata else ""
        return Expired(words, operation=operation, again=again)
    if status in BUSY:
        return Throttled(words, retry_after_s=wait_of(headers), operation=operation)
    if status in _PLAIN:
        return _PLAIN[status](words, operation=operation)
    if status in _ELSEWHERE:
        return garbled(operation, f"leads elsewhere ({status}), as to a page to sign in at")
    kind = Refused if status in _OF_THE_CALLER else ServerFault
    return kind(words, operation=operation, status=status)


class ServerFault(CollectorError):
    """The server failed.

    Attributes:
        status: Of HTTP.
    """

    kind = ErrorKind.UNREACHABLE

    def __init__(self, message: str, *, operation: str, status: int) -> None:
        """Keep the status."""
        super().__init__(message, operation=operation)
        self.status = status


_PLAIN: Mapping[int, type[CollectorError]] = {401: CredentialsInvalid, 404: Gone}


def garbled(operation: str, why: str = "is not the JSON of an API server") -> Malformed:
    """Return the error of an answer that cannot be read, such as a sign-in page of a proxy."""
    return Malformed(f"the answer {why}", operation=operation)


def wait_of(headers: Mapping[str, str]) -> float | None:
    """Return how many seconds a server asks to wait, in either form of `Retry-After`."""
    text = headers.get("Retry-After")
    if text is None:
        return None
    if text.isascii() and text.isdecimal():
        return min(float(text[:9]), MOST_WAIT_S)
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return min(max(0.0, (aware - datetime.now(UTC)).total_seconds()), MOST_WAIT_S)


def _read(body: bytes) -> Told:
    try:
        return msgspec.json.decode(body, type=ready(Told))
    except msgspec.DecodeError:
        return Told()


def _short(words: str) -> str:
    return plain(words)[:LONGEST_WORDS].strip()
