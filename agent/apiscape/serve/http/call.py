"""One call of an operation: who asks, and for what, read strictly."""

from __future__ import annotations

import gzip
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar
from urllib.parse import unquote

import msgspec

from apiscape.client.inventory import Inventory
from apiscape.client.wire import JSON, Asked
from apiscape.errors import UsageError
from apiscape.model.codec import ready
from apiscape.serve.errors import Rejected
from apiscape.serve.http.operations import Operation
from apiscape.serve.http.ports import Offer
from apiscape.serve.principal import Principal

T = TypeVar("T", bound=Asked)

SMALLEST_COMPRESSED = 1024
"""Bytes from which an answer is compressed."""

FAST = 3
"""Level of compression: most of what the best level saves, at a fifth of its time."""


class Call(msgspec.Struct, frozen=True):
    """What a handler is given.

    Attributes:
        inventory: Narrowed to what the caller may see.
        path, query: As they were sent, still encoded in the path's case.
        accept: Media types that the caller takes, as sent.
        base: Scheme and host that the caller used, `https://host:port`.
    """

    operation: Operation
    offer: Offer
    inventory: Inventory
    principal: Principal
    path: str
    query: Sequence[tuple[str, str]]
    body: bytes = b""
    content_type: str = JSON
    accept: str = ""
    base: str = ""

    def asked(self, kind: type[T]) -> T:
        """Return the query as a struct.

        Raises:
            UsageError: A parameter is not known, stands twice, or has a value that it cannot have.
        """
        given: dict[str, str] = {}
        for name, value in self.query:
            if name in given:
                raise UsageError(f"{name} stands twice in the query")
            given[name] = value
        try:
            return msgspec.convert(given, ready(kind), strict=False)
        except msgspec.ValidationError as error:
            raise UsageError(f"the query cannot be read: {error}") from None

    def told(self, kind: type[T]) -> T:
        """Return the body as a struct.

        Raises:
            Rejected: It is not JSON.
            UsageError: It is not such a struct.
        """
        if self.content_type.partition(";")[0].strip().lower() != JSON:
            raise Rejected("media-type", f"the body must be {JSON}")
        try:
            return msgspec.json.decode(self.body, type=ready(kind))
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
            raise UsageError(f"the body cannot be read: {error}") from None

    def parameter(self) -> str:
        """Return the last segment of the path, decoded.

        Raises:
            UsageError: It is no text.
        """
        try:
            return unquote(self.path.rpartition("/")[2], errors="strict")
        except UnicodeDecodeError:
            raise UsageError("the path is not UTF-8") from None

    def takes(self, media: str) -> bool:
        """Say whether the caller names a media type among those that it takes."""
        return names(self.accept, media)


def names(accept: str, media: str) -> bool:
    """Say whether a media type is among those of an `Accept`."""
    return any(part.partition(";")[0].strip().lower() == media for part in accept.split(","))


class Reply(msgspec.Struct, frozen=True):
    """An answer, ready to be sent; `route`: the path of its operation, as the table has it."""

    body: bytes
    media: str = JSON
    status: int = 200
    headers: Mapping[str, str] = msgspec.field(default_factory=dict)
    route: str = ""


_ENCODER = msgspec.json.Encoder()


def in_json(value: Any, call: Call) -> Reply:  # noqa: ANN401 - any struct of the model or the wire
    """Return a struct as the answer to a call."""
    return Reply(_ENCODER.encode(value), status=call.operation.status)


def compressed(reply: Reply) -> Reply:
    """Return an answer in gzip, unless it is small."""
    if len(reply.body) < SMALLEST_COMPRESSED:
        return reply
    headers = {**reply.headers, "Content-Encoding": "gzip"}
    body = gzip.compress(reply.body, compresslevel=FAST, mtime=0)
    return msgspec.structs.replace(reply, body=body, headers=headers)
