"""Changes as CloudEvents: one by itself, or many as a digest with the first of them. Pure.

What gateways called things is neutralised, and every text passes whoever hides credentials.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any
from urllib.parse import quote

import msgspec

from apiscape.model.change import Change
from apiscape.model.entity import Entity
from apiscape.model.plain import plain

EVENT = "application/cloudevents+json"
BATCH = "application/cloudevents-batch+json"

LARGEST_EVENT = 64_000
"""Bytes, as every intermediary takes them; of a larger one the values of fields are left out."""

LARGEST_BATCH = 256_000
LISTED = 20
"""Changes that a digest names, the first ones."""

Hide = Callable[[str], str]
"""Returns a text without what may be a credential."""


class Message(Entity, frozen=True):
    """What is posted: the same id each time, however often.

    Attributes:
        seq: Up to where whoever takes it was told then.
        count: How many changes it tells of.
    """

    ident: str
    media: str
    body: bytes
    seq: int
    count: int


class Digest(Entity, frozen=True):
    """Many changes at once.

    Attributes:
        name: Of the target.
        after, until: Between which sequence numbers they lie.
        kinds: How many there are of each kind.
        first: The first of them, in order.
        undecided: Changes of which nobody could tell whether they are of the view.
        lost: Whether some before them are not kept any more.
    """

    name: str
    after: int
    until: int
    at: datetime
    kinds: Mapping[str, int]
    first: tuple[Change, ...]
    undecided: int = 0
    lost: bool = False

    @property
    def count(self) -> int:
        """How many changes there are."""
        return sum(self.kinds.values())


def single(change: Change, hide: Hide = str) -> Message:
    """Return the message of one change."""
    body = _encode(event_of(change, hide))
    return Message(ident=id_of(change), media=EVENT, body=body, seq=change.seq, count=1)


def digest_message(digest: Digest, hide: Hide = str) -> Message:
    """Return the message of a digest: an event with the sums, and one for each of the first changes."""
    listed: list[bytes] = []
    size = 0
    for change in digest.first[:LISTED]:
        event = _encode(event_of(change, hide))
        size += len(event)
        if size > LARGEST_BATCH:
            break
        listed.append(event)
    ident = f"{digest.name}-{digest.after}-{digest.until}"
    sums = {
        "changes": digest.count,
        "kinds": dict(digest.kinds),
        "listed": len(listed),
        "undecided": digest.undecided,
        "after": digest.after,
        "until": digest.until,
        "lost": digest.lost,
    }
    head = _event(ident, "apiscape.digest", f"/apiscape/notify/{digest.name}", digest.at, sums)
    body = b"[" + b",".join([_encode(head), *listed]) + b"]"
    return Message(ident=ident, media=BATCH, body=body, seq=digest.until, count=digest.count)


def trial_message(name: str, at: datetime) -> Message:
    """Return a message that tells of nothing, to try a target with."""
    ident = f"{name}-test-{int(at.timestamp() * 1000)}"
    data = {"message": "apiscape can reach this address"}
    body = _encode(_event(ident, "apiscape.test", f"/apiscape/notify/{name}", at, data))
    return Message(ident=ident, media=EVENT, body=body, seq=0, count=0)


def id_of(change: Change) -> str:
    """Return what tells a repeat from another change."""
    return f"{change.uid}-{change.seq}"


def event_of(change: Change, hide: Hide = str) -> dict[str, Any]:
    """Return a change as an event; a field that nobody knows is left out of its data."""
    data = _neutral(msgspec.to_builtins(change), hide)
    source = f"/apiscape/scopes/{quote(change.scope, errors='replace')}"
    event = _event(id_of(change), f"apiscape.deployment.{change.kind}", source, change.at, data) | {
        "subject": change.uid,
        "sequence": f"{change.seq:020}",
    }
    if len(_encode(event)) > LARGEST_EVENT:
        event["data"] = data | {"fields": _names(data["fields"]), "cut": True}
    return event


def _event(ident: str, kind: str, source: str, at: datetime, data: object) -> dict[str, Any]:
    return {
        "specversion": "1.0",
        "id": ident,
        "type": kind,
        "source": source,
        "time": at,
        "datacontenttype": "application/json",
        "data": data,
    }


def _names(fields: Iterable[Mapping[str, Any]]) -> list[dict[str, str]]:
    """Return which fields moved, without what they were and are; as many as fit."""
    return [{"field": each["field"][:200]} for each in fields][:200]


def _neutral(value: Any, hide: Hide) -> Any:  # noqa: ANN401 - JSON
    if isinstance(value, str):
        return plain(hide(value))
    if isinstance(value, Mapping):
        return {plain(key): _neutral(each, hide) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_neutral(each, hide) for each in value]
    return value


def _encode(event: Mapping[str, Any]) -> bytes:
    return msgspec.json.encode(event)
