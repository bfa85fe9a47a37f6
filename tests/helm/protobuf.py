"""Reads the Secrets that Helm keeps its releases in: it sends protobuf, which the emulated server does not take.

The numbers are those of the messages `Unknown`, `ObjectMeta` and `Secret` in Kubernetes' own definitions.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import Any, TypeAlias

MEDIA = "application/vnd.kubernetes.protobuf"
MAGIC = b"k8s\x00"

_VARINT, _BYTES = 0, 2

Message: TypeAlias = dict[int, list[Any]]


def secret(body: bytes) -> dict[str, Any]:
    """Return a Secret as JSON would have it.

    Raises:
        ValueError: It is something else.
    """
    if not body.startswith(MAGIC):
        raise ValueError("not an object of Kubernetes in protobuf")
    envelope = fields(body.removeprefix(MAGIC))
    kind = fields(envelope[1][0])
    if text(kind, 2) != "Secret":
        raise ValueError(f"not a Secret but a {text(kind, 2)}")
    held = fields(envelope[2][0])
    metadata = fields(held[1][0])
    named = {1: "name", 3: "namespace", 6: "resourceVersion"}
    told = {name: text(metadata, number) for number, name in named.items()}
    return {
        "apiVersion": text(kind, 1),
        "kind": "Secret",
        "metadata": {
            **{name: value for name, value in told.items() if value},
            "labels": {name: value.decode() for name, value in mapping(metadata, 11)},
        },
        "type": text(held, 3),
        "data": {name: base64.b64encode(value).decode() for name, value in mapping(held, 2)},
    }


def fields(body: bytes) -> Message:
    """Return the fields of a message by number, each in the order that it came."""
    found: Message = {}
    place = 0
    while place < len(body):
        key, place = varint(body, place)
        number, kind = key >> 3, key & 7
        if kind not in {_VARINT, _BYTES}:
            raise ValueError(f"field {number} is of kind {kind}")
        value, place = varint(body, place)
        if kind == _BYTES:
            found.setdefault(number, []).append(body[place : place + value])
            place += value
        else:
            found.setdefault(number, []).append(value)
    return found


def varint(body: bytes, place: int) -> tuple[int, int]:
    """Return a number, and where it ends."""
    value, shift = 0, 0
    while True:
        byte = body[place]
        place += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, place
        shift += 7


def text(message: Message, number: int) -> str:
    """Return a field that is text, empty where it is not there."""
    return str(message.get(number, [b""])[0].decode())


def mapping(message: Message, number: int) -> Iterator[tuple[str, bytes]]:
    """Yield the entries of a field that is a map."""
    for entry in message.get(number, ()):
        pair = fields(entry)
        yield text(pair, 1), pair.get(2, [b""])[0]
