"""Watches: what there is, or what happened since a version; then what happens, until the time is up."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import msgspec

from apiscape.demo.kubernetes.kinds import Kinds, Resource
from apiscape.demo.kubernetes.refusals import bad_request, expired, too_large
from apiscape.demo.kubernetes.selecting import Test, selection
from apiscape.demo.kubernetes.storage import Event, Held, Storage

Json = dict[str, Any]
Query = Mapping[str, str]
Render = Callable[[Resource, Held], bytes]

LONGEST_S = 1800.0
LAST_BOOKMARK_S = 0.3
"""How long before its end a watch that takes bookmarks gets one; the real server's is two seconds."""

_STEP_S = 0.2
_END = "k8s.io/initial-events-end"


class Watch:
    """One watch; iterate over it for the lines that are sent.

    Args:
        storage: What is watched.
        kinds: Whether the resource is still served is asked of these.
        resource: What is asked for, in which version.
        namespace: Empty for all of them.
        query: As it was asked.
        render: Gives the bytes of an object.

    Raises:
        Refusal: It cannot be begun.
    """

    def __init__(
        self,
        storage: Storage,
        kinds: Kinds,
        resource: Resource,
        namespace: str,
        query: Query,
        render: Render,
    ) -> None:
        self._storage = storage
        self._kinds = kinds
        self._resource = resource
        self._namespace = namespace
        self._render = render
        self._wanted: Test = selection(
            query.get("labelSelector", ""), query.get("fieldSelector", "")
        )
        self._takes_bookmarks = query.get("allowWatchBookmarks") in {"true", "1"}
        self._streams_list = query.get("sendInitialEvents") == "true"
        self._ends_at = time.monotonic() + _seconds(query.get("timeoutSeconds", ""))
        self._from = self._begin(query)

    def _begin(self, query: Query) -> int | None:
        """Return the version to go on from; nothing where everything is sent first."""
        if self._streams_list and query.get("resourceVersionMatch") != "NotOlderThan":
            raise bad_request(
                "sendInitialEvents: Forbidden: sendInitialEvents requires setting"
                " resourceVersionMatch to NotOlderThan"
            )
        text = query.get("resourceVersion", "")
        if text in {"", "0"} or self._streams_list:
            return None
        if not (text.isascii() and text.isdecimal()):
            raise bad_request(f"invalid resource version {text!r}")
        if int(text) > self._storage.version:
            raise too_large(int(text), self._storage.version)
        return int(text)

    def __iter__(self) -> Iterator[bytes]:
        """Yield the lines, each an event, and an empty one now and then while nothing happens."""
        version = self._from
        if version is None:
            version, lines = self._initial()
            yield from lines
        told_last = False
        while (left := self._ends_at - time.monotonic()) > 0 and self._is_served:
            if self._takes_bookmarks and not told_last and left <= LAST_BOOKMARK_S:
                told_last = True
                yield self._bookmark(version)
            found = self._next(version, min(left, _STEP_S))
            if found is None:
                status = expired(f"too old resource version: {version}").status()
                yield _line("ERROR", msgspec.json.encode(status))
                return
            for event in found:
                version = event.held.version
                yield from self._lines(event)
            if not found:
                yield b""

    @property
    def _is_served(self) -> bool:
        each = self._resource
        return self._kinds.find(each.group, each.version, each.plural) is not None

    def _initial(self) -> tuple[int, list[bytes]]:
        with self._storage.changed:
            version = self._storage.version
            lines = [
                _line("ADDED", self._render(self._resource, held))
                for _, held in self._storage.every(self._resource.key, self._namespace)
                if self._wanted(held.body)
            ]
        if self._takes_bookmarks or self._streams_list:
            lines.append(self._bookmark(version, is_end=self._streams_list))
        return version, lines

    def _next(self, version: int, wait_s: float) -> list[Event] | None:
        with self._storage.changed:
            found = self._storage.since(self._resource.key, version)
            if found == []:
                self._storage.changed.wait(wait_s)
                found = self._storage.since(self._resource.key, version)
            return found

    def _lines(self, event: Event) -> Iterator[bytes]:
        """Yield what a watcher sees of an event: to whoever selects, leaving the selection is a deletion."""
        body = event.held.body
        if self._namespace not in {"", body["metadata"].get("namespace", "")}:
            return
        is_in = self._wanted(body) and event.kind != "DELETED"
        was_in = event.before is not None and self._wanted(event.before.body)
        if not is_in and not was_in:
            return
        kind = ("MODIFIED" if was_in else "ADDED") if is_in else "DELETED"
        yield _line(kind, self._render(self._resource, event.held))

    def _bookmark(self, version: int, *, is_end: bool = False) -> bytes:
        metadata: Json = {"resourceVersion": str(version), "creationTimestamp": None}
        if is_end:
            metadata["annotations"] = {_END: "true"}
        each = self._resource
        body = {"kind": each.kind, "apiVersion": each.api_version, "metadata": metadata}
        return _line("BOOKMARK", msgspec.json.encode(body))


def _line(kind: str, body: bytes) -> bytes:
    return b'{"type":"' + kind.encode() + b'","object":' + body + b"}\n"


def _seconds(text: str) -> float:
    if not text:
        return LONGEST_S
    if not (text.isascii() and text.isdecimal()):
        raise bad_request(f"invalid timeoutSeconds {text!r}")
    return min(float(text), LONGEST_S) or LONGEST_S
