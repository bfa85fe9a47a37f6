"""Lists: whole or page by page, of one version, with tokens that expire."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from apiscape.demo.kubernetes.kinds import Resource
from apiscape.demo.kubernetes.refusals import bad_request, expired, too_large
from apiscape.demo.kubernetes.selecting import Test, selection
from apiscape.demo.kubernetes.storage import Held, Place, Storage

Json = dict[str, Any]
Query = Mapping[str, str]
Render = Callable[[Resource, Held], bytes]

_GONE = (
    "The provided continue parameter is too old to display a consistent list result. You can start a"
    " new list without the continue parameter, or use the continue token in this response to retrieve"
    " the remainder of the results. Continuing with the provided token results in an inconsistent"
    " list - objects that were created, modified, or deleted between the time the first chunk was"
    " returned and now may show up in the list."
)
_NOW = -1
"""In a token: of whatever version there is then."""


class _Token(msgspec.Struct, rename={"version": "rv"}):
    """Where a listing goes on."""

    version: int
    namespace: str
    name: str

    @property
    def place(self) -> Place:
        return (self.namespace, self.name)

    def text(self) -> str:
        return base64.urlsafe_b64encode(msgspec.json.encode(self)).decode()


class Page(msgspec.Struct, frozen=True):
    """What a list request is answered with.

    Attributes:
        items: Each as it is served.
        version: Of the whole listing.
        token: To go on with; empty at the end.
        remaining: How many are still to come, where that is told.
    """

    items: list[bytes]
    version: int
    token: str = ""
    remaining: int | None = None

    def encode(self, resource: Resource) -> bytes:
        """Return the body of the answer."""
        metadata: Json = {"resourceVersion": str(self.version)}
        if self.token:
            metadata["continue"] = self.token
        if self.remaining is not None:
            metadata["remainingItemCount"] = self.remaining
        head = {
            "kind": resource.listed_as,
            "apiVersion": resource.api_version,
            "metadata": metadata,
        }
        return msgspec.json.encode(head)[:-1] + b',"items":[' + b",".join(self.items) + b"]}"


def page(
    storage: Storage, resource: Resource, namespace: str, query: Query, render: Render
) -> Page:
    """Return a list, or a page of one.

    Raises:
        Refusal: The token or the version that is asked for is not kept any more, or is none.
    """
    wanted = selection(query.get("labelSelector", ""), query.get("fieldSelector", ""))
    limit = _number(query.get("limit", "0"), "limit")
    with storage.changed:
        token = query.get("continue")
        if token:
            version, items = _go_on(storage, resource, _read(token), namespace)
        else:
            _check_version(storage, query)
            items = storage.every(resource.key, namespace)
            version = storage.version
        return _cut(storage, resource, version, items, limit, wanted, render)


def _cut(
    storage: Storage,
    resource: Resource,
    version: int,
    items: list[tuple[Place, Held]],
    limit: int,
    wanted: Test,
    render: Render,
) -> Page:
    """Return the first page of what is left."""
    selected = [each for each in items if wanted(each[1].body)]
    if not limit or len(selected) <= limit:
        return Page([render(resource, held) for _, held in selected], version)
    shown, rest = selected[:limit], selected[limit:]
    if storage.kept_listing(resource.key, version) is None:
        version = storage.keep_listing(resource.key, items)
    token = _Token(version, *shown[-1][0])
    is_all = len(selected) == len(items)
    return Page(
        items=[render(resource, held) for _, held in shown],
        version=version,
        token=token.text(),
        remaining=len(rest) if is_all else None,
    )


def _go_on(
    storage: Storage, resource: Resource, token: _Token, namespace: str
) -> tuple[int, list[tuple[Place, Held]]]:
    kept = (
        storage.every(resource.key, namespace)
        if token.version == _NOW
        else storage.kept_listing(resource.key, token.version)
    )
    if kept is None:
        raise expired(_GONE, again=_Token(_NOW, token.namespace, token.name).text())
    version = storage.version if token.version == _NOW else token.version
    return version, [each for each in kept if each[0] > token.place]


def _check_version(storage: Storage, query: Query) -> None:
    """Refuse a version that is not there yet, or not any more where exactly it is asked for."""
    text = query.get("resourceVersion", "")
    if text in {"", "0"}:
        return
    asked = _number(text, "resourceVersion")
    if asked > storage.version:
        raise too_large(asked, storage.version)
    if query.get("resourceVersionMatch") == "Exact" and asked < storage.version:
        raise expired(f"The resourceVersion for the provided list is too old: {asked}")


def _read(text: str) -> _Token:
    try:
        return msgspec.json.decode(base64.urlsafe_b64decode(text), type=_Token)
    except (binascii.Error, ValueError, msgspec.DecodeError):
        raise bad_request("continue key is not valid") from None


def _number(text: str, name: str) -> int:
    if not (text.isascii() and text.isdecimal()):
        raise bad_request(f"invalid {name}: {text!r}")
    return int(text)
