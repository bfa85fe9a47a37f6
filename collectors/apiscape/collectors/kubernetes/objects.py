"""Objects of a cluster as they are decoded: only what is asked of them, one odd one apart from all others.

What repeats an object (`managedFields`, the annotation of what was applied last) is never kept.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import Any, Generic, TypeVar

import msgspec

from apiscape.collectors.kubernetes.errors import garbled
from apiscape.collectors.kubernetes.shallow import CUT, shallow
from apiscape.model.codec import ready

DROPPED = frozenset({"kubectl.kubernetes.io/last-applied-configuration"})
"""Annotations that repeat the whole object, credentials included."""


class OwnerReference(msgspec.Struct, gc=False, rename="camel"):
    """What an object was made by."""

    kind: str
    name: str
    api_version: str = ""
    uid: str = ""
    controller: bool | None = None


class Metadata(msgspec.Struct, rename="camel"):
    """Metadata of an object, as far as it is used.

    Attributes:
        key: What the object is called in its part, made of the others: `namespace/name`, the name alone where
            it is in none.
    """

    name: str
    uid: str = ""
    resource_version: str = ""
    namespace: str = ""
    generation: int = 0
    creation_timestamp: str | None = None
    deletion_timestamp: str | None = None
    labels: dict[str, str] | None = None
    annotations: dict[str, str] | None = None
    owner_references: list[OwnerReference] | None = None
    key: str = ""

    def __post_init__(self) -> None:
        """Drop the annotations that repeat the object, and say what it is called."""
        self.key = key_of(self.namespace, self.name)
        if self.annotations:
            for name in DROPPED:
                self.annotations.pop(name, None)


class Thing(msgspec.Struct):
    """An object of any kind; those of a kind add what is read of it."""

    metadata: Metadata

    @property
    def key(self) -> str:
        """What it is called in its part: `namespace/name`, the name alone where it is in none."""
        return self.metadata.key


T = TypeVar("T", bound=Thing)
D = TypeVar("D")

_UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError)


class Odd(msgspec.Struct, frozen=True, gc=False):
    """An object that is not as its kind has to be: what it is called, and what is odd about it."""

    key: str
    why: str
    version: str = ""


def key_of(namespace: str, name: str) -> str:
    """Return what an object is called in its part."""
    return f"{namespace}/{name}" if namespace else name


class Page(msgspec.Struct, Generic[T], frozen=True):
    """A page of a list.

    Attributes:
        version: Of the whole list.
        go_on: The token of the next page; empty at the end.
    """

    items: tuple[T, ...]
    odd: tuple[Odd, ...]
    version: str
    go_on: str


class Event(msgspec.Struct, Generic[T], frozen=True, gc=False):
    """One line of a watch.

    Attributes:
        kind: `ADDED`, `MODIFIED`, `DELETED`, `BOOKMARK` or `ERROR`.
        item: The object, where it is one of the kind; or that it is odd.
        version: Of the object, or of the bookmark.
        is_initial_end: Whether everything that there was has been said.
        code, raw: Of an error, its status and its `Status`.
    """

    kind: str
    item: T | Odd | None = None
    version: str = ""
    is_initial_end: bool = False
    code: int = 0
    raw: bytes = b""


class Decoder(Generic[T]):
    """Decodes lists and watches of one kind.

    Args:
        kind: What is read of an object.
    """

    def __init__(self, kind: type[T]) -> None:
        self._one: msgspec.json.Decoder[T] = msgspec.json.Decoder(ready(kind))
        self._all: msgspec.json.Decoder[Any] = msgspec.json.Decoder(ready(_listed(kind)))
        self._each = msgspec.json.Decoder(ready(_Raws))
        self._line = msgspec.json.Decoder(ready(_Line))
        self._bare = msgspec.json.Decoder(ready(_Bare))

    def page(self, body: bytes, operation: str) -> Page[T]:
        """Return a page of a list; where one object of it is odd, the others are still there.

        Raises:
            Malformed: It is no list.
        """
        try:
            told = self._all.decode(body)
        except (msgspec.ValidationError, RecursionError):
            return self._page_one_by_one(body, operation)
        except _UNREADABLE:
            raise garbled(operation) from None
        return _page(told.items or (), (), told.metadata)

    def _page_one_by_one(self, body: bytes, operation: str) -> Page[T]:
        try:
            told = _bounded(self._each, body)
        except _UNREADABLE:
            raise garbled(operation, "is no list") from None
        items: list[T] = []
        odd: list[Odd] = []
        for raw in told.items or ():
            found = self._decode(bytes(raw))
            if isinstance(found, Odd):
                odd.append(found)
            else:
                items.append(found)
        return _page(items, odd, told.metadata)

    def event(self, line: bytes, operation: str) -> Event[T]:
        """Return what a line of a watch says.

        Raises:
            Malformed: It is no event.
        """
        try:
            told = _bounded(self._line, line)
        except _UNREADABLE:
            raise garbled(operation, "is no event of a watch") from None
        raw = bytes(told.object)
        if told.type == "ERROR":
            return Event(told.type, code=self._code(raw), raw=raw)
        if told.type == "BOOKMARK":
            marked = self._metadata(raw)
            is_end = marked.annotations.get("k8s.io/initial-events-end") == "true"
            return Event(told.type, version=marked.resource_version, is_initial_end=is_end)
        found = self._decode(raw)
        if isinstance(found, Odd):
            return Event(told.type, found, found.version)
        return Event(told.type, found, found.metadata.resource_version)

    def _decode(self, raw: bytes) -> T | Odd:
        if CUT in raw:
            return self._odd(raw, "is nested too deep")
        try:
            return self._one.decode(raw)
        except RecursionError:
            return self._odd(shallow(raw), "is nested too deep")
        except _UNREADABLE as error:
            return self._odd(raw, str(error))

    def _odd(self, raw: bytes, why: str) -> Odd:
        marked = self._metadata(raw)
        key = key_of(marked.namespace, marked.name) if marked.name else ""
        return Odd(key, why, marked.resource_version)

    def _code(self, raw: bytes) -> int:
        try:
            return msgspec.json.decode(raw, type=ready(_Failed)).code
        except msgspec.DecodeError:
            return 0

    def _metadata(self, raw: bytes) -> _Marked:
        try:
            return self._bare.decode(raw).metadata
        except _UNREADABLE:
            return _Marked()


def _bounded(decoder: msgspec.json.Decoder[D], body: bytes) -> D:
    """Return what is decoded; where it is nested too deep, of what is left when that is cut."""
    try:
        return decoder.decode(body)
    except RecursionError:
        return decoder.decode(shallow(body))


def _page(items: Iterable[T], odd: Iterable[Odd], metadata: _ListMetadata) -> Page[T]:
    return Page(tuple(items), tuple(odd), metadata.resource_version, metadata.go_on)


class _ListMetadata(msgspec.Struct, gc=False):
    resource_version: str = msgspec.field(default="", name="resourceVersion")
    go_on: str = msgspec.field(default="", name="continue")


class _Raws(msgspec.Struct):
    metadata: _ListMetadata
    items: list[msgspec.Raw] | None = None


class _Line(msgspec.Struct):
    type: str
    object: msgspec.Raw


class _Marked(msgspec.Struct, rename="camel"):
    """Metadata of which nothing is taken for granted."""

    name: str = ""
    namespace: str = ""
    resource_version: str = ""
    annotations: dict[str, Any] = {}


class _Bare(msgspec.Struct):
    metadata: _Marked = msgspec.field(default_factory=_Marked)


class _Failed(msgspec.Struct, gc=False):
    code: int = 0


@cache
def _listed(kind: type[Thing]) -> type[msgspec.Struct]:
    """Return the type of a list of a kind."""
    items: Any = list[kind] | None  # type: ignore[valid-type] # made at run time
    fields: list[tuple[str, Any, Any]] = [("items", items, None)]
    return msgspec.defstruct(f"{kind.__name__}List", [("metadata", _ListMetadata), *fields])
