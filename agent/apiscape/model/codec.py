"""Encode, decode, hash and describe the model."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable
from typing import Any, TypeVar

import msgspec

from apiscape.model import change, deployment, limits, row, run, security, surroundings
from apiscape.model.deployment import DETAIL_FIELDS, VOLATILE_FIELDS, Deployment
from apiscape.model.plain import escape
from apiscape.model.values import UNKNOWN, Unknown, is_known

T = TypeVar("T")

HASH_BYTES = 16
"""blake2b-128: 2.5 microseconds a row, collision odds 2**-64 at 4 billion documents."""

_ENCODER = msgspec.json.Encoder(order="deterministic")

PUBLISHED: tuple[type[Any], ...] = (
    run.Scope,
    run.PartReport,
    run.RunReport,
    run.EstateEntry,
    surroundings.Gateway,
    deployment.Deployment,
    surroundings.FrontDoor,
    deployment.Endpoint,
    deployment.Operation,
    deployment.Backend,
    deployment.Spec,
    security.Security,
    limits.RateLimit,
    surroundings.Consumer,
    surroundings.Api,
    surroundings.ApiVersion,
    surroundings.CatalogueRecord,
    surroundings.Party,
    surroundings.Relation,
    surroundings.Signal,
    surroundings.Health,
    surroundings.Finding,
    surroundings.Waiver,
    change.Change,
    row.Row,
)
"""Entities of the published JSON Schema."""


encode: Callable[[Any], bytes] = _ENCODER.encode
"""Returns deterministic JSON of any struct of the model, or a container of them: equal values give equal bytes."""


def decode(data: bytes | str, kind: type[T]) -> T:
    """Return a struct from JSON.

    Raises:
        msgspec.ValidationError: the document is not of that kind.
        msgspec.DecodeError: not JSON.
    """
    return msgspec.json.decode(data, type=ready(kind))


_BUILDING = threading.RLock()
_READY: set[Any] = set()


def ready(kind: type[T]) -> type[T]:
    """Return a type that any thread may decode and convert to.

    The struct library describes a type to itself when it is first decoded to, and runs Python code on the
    way; two threads that do so for one type at a time crash the interpreter. Here one does it, for all.
    """
    if kind not in _READY:
        with _BUILDING:
            msgspec.json.Decoder(kind)
            _READY.add(kind)
    return kind


def plain_json(value: object) -> str:
    """Return JSON on one line for people and other tools; what a terminal would obey is escaped."""
    return escape(msgspec.json.encode(value).decode())


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of every published entity, under `$defs`."""
    _, definitions = msgspec.json.schema_components(PUBLISHED, ref_template="#/$defs/{name}")
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "apiscape model",
        "$defs": definitions,
    }


def digest(data: bytes) -> bytes:
    """Return the 16-byte content hash of some bytes."""
    return hashlib.blake2b(data, digest_size=HASH_BYTES).digest()


def _digest_of(value: object, begin: bytes = b"") -> bytes:
    """Return the content hash of some bytes and the JSON of a value, of which no copy is made."""
    _ENCODER.encode_into(value, _SCRATCH.buffer)
    found = hashlib.blake2b(begin, digest_size=HASH_BYTES)
    found.update(_SCRATCH.buffer)
    return found.digest()


class _Scratch(threading.local):
    """Where a thread encodes what is hashed and let go of: half the time that bytes of its own take."""

    def __init__(self) -> None:
        self.buffer = bytearray()


_SCRATCH = _Scratch()


def facts_hash(item: Deployment) -> bytes:
    """Return the hash of a deployment's facts: without times, provenance and what costs a detail call."""
    return _digest_of(msgspec.structs.replace(item, **_NO_DETAIL))


def operations_hash(operations: tuple[deployment.Operation, ...] | Unknown) -> bytes:
    """Return the hash of an operation set; stages and versions with equal sets share one.

    Operations that nobody could see hash to nothing (`b""`), which no set does.
    """
    return _digest_of(operations) if is_known(operations) else b""


def detail_hash(item: Deployment, operations: bytes | None = None) -> bytes:
    """Return the hash of what costs a detail call: operations, backends and specs.

    Args:
        item: The deployment.
        operations: The hash of its operations, where it was taken already.
    """
    first = operations_hash(item.operations) if operations is None else operations
    return _digest_of([_or_word(item.backends), _or_word(item.specs)], first)


def _or_word(value: object) -> object:
    """Return a value that encodes inside a list, where an unknown one would be refused."""
    return value if is_known(value) else "unknown"


_NO_DETAIL: dict[str, Any] = dict.fromkeys((*VOLATILE_FIELDS, *DETAIL_FIELDS), UNKNOWN) | {
    "provenance": {}
}
