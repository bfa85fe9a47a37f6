"""Requests and answers as the emulated API server handles them, apart from sockets."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec

from apiscape.demo.kubernetes.refusals import Refusal

JSON = "application/json"
TEXT = "text/plain; charset=utf-8"


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """One request, as it came; names of headers are in small letters."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes = b""


class Call(msgspec.Struct, frozen=True, kw_only=True):
    """One request, as it was understood; what the log of calls holds."""

    verb: str
    group: str
    resource: str
    namespace: str
    name: str
    user: str
    path: str
    query: Mapping[str, str]
    accept: str
    encoding: str


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What is sent back: a body, or the lines of a watch, as they come."""

    status: int = 200
    body: bytes = b""
    media: str = JSON
    headers: Mapping[str, str] = msgspec.field(default_factory=dict)
    lines: Iterable[bytes] | None = None


def document(body: object, **given: object) -> Answer:
    """Return a value as the JSON of an answer."""
    answer = Answer(body=msgspec.json.encode(body))
    return msgspec.structs.replace(answer, **given)


NO_ROUTE = Answer(status=404, body=b"404 page not found\n", media=TEXT)
"""Nobody serves such a path."""


def refuse(refusal: Refusal) -> Answer:
    """Return the answer that a refusal is told by."""
    return document(refusal.status(), status=refusal.code, headers=refusal.headers)
