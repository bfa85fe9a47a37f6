"""Other forms of objects and lists that a client may ask for: metadata only, and tables."""

from __future__ import annotations

from typing import Any

import msgspec

from apiscape.demo.kubernetes.kinds import Resource
from apiscape.demo.kubernetes.storage import Held

Json = dict[str, Any]

META = "meta.k8s.io/v1"
_PARTIAL, _TABLE = "PartialObjectMetadata", "Table"


def asked_form(accept: str) -> str:
    """Return the form that a client takes first: `PartialObjectMetadata`, `Table` or, as it is stored, nothing."""
    for media in accept.split(","):
        name, *parameters = (part.strip() for part in media.split(";"))
        if name not in {"application/json", "*/*"}:
            continue
        given = dict(part.split("=", 1) for part in parameters if "=" in part)
        form = given.get("as", "").removesuffix("List")
        if form in {_PARTIAL, _TABLE} and given.get("g") == "meta.k8s.io":
            return form
        if not form:
            return ""
    return ""


def render(resource: Resource, held: Held, form: str = "") -> bytes:
    """Return an object as one version of its resource has it, in a form."""
    if form:
        return msgspec.json.encode(_partial(held.body))
    if held.body["apiVersion"] == resource.api_version:
        return held.raw
    return msgspec.json.encode(held.body | {"apiVersion": resource.api_version})


def listed_form(resource: Resource, form: str) -> Resource:
    """Return what the list of a form calls itself."""
    group, _, version = META.partition("/")
    return (
        msgspec.structs.replace(
            resource, group=group, version=version, list_kind="PartialObjectMetadataList"
        )
        if form == _PARTIAL
        else resource
    )


def table(items: list[bytes], version: int, token: str) -> bytes:
    """Return a list as a table of names and ages, with the metadata of each."""
    rows = [
        {"cells": [each["metadata"]["name"], each["metadata"]["creationTimestamp"]], "object": each}
        for each in (msgspec.json.decode(item) for item in items)
    ]
    body: Json = {
        "kind": _TABLE,
        "apiVersion": META,
        "metadata": {"resourceVersion": str(version)} | ({"continue": token} if token else {}),
        "columnDefinitions": [_column("Name", "name"), _column("Created At", "date")],
        "rows": rows,
    }
    return msgspec.json.encode(body)


def _column(name: str, form: str) -> Json:
    return {"name": name, "type": "string", "format": form, "description": name, "priority": 0}


def _partial(body: Json) -> Json:
    return {"kind": _PARTIAL, "apiVersion": META, "metadata": body["metadata"]}
