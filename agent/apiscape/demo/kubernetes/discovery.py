"""What the cluster says that it serves: per group, all at once, and as OpenAPI documents."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Any

import msgspec

from apiscape.demo.kubernetes.kinds import Kinds, Resource
from apiscape.demo.kubernetes.refusals import PlainRefusal, Refusal

Json = dict[str, Any]

AGGREGATED = "APIGroupDiscoveryList"
_MEDIA = "application/json;g=apidiscovery.k8s.io;v={};as=APIGroupDiscoveryList"
VERSION: Json = {
    "major": "1",
    "minor": "36",
    "gitVersion": "v1.36.0",
    "gitTreeState": "clean",
    "platform": "linux/amd64",
}


def aggregated_version(accept: str) -> str:
    """Return the version of aggregated discovery that a client takes, `v2` before `v2beta1`; empty if none."""
    taken = [media.strip().replace(" ", "") for media in accept.split(",")]
    for version in ("v2", "v2beta1"):
        wanted = {"g=apidiscovery.k8s.io", f"v={version}", f"as={AGGREGATED}"}
        if any(wanted <= set(media.split(";")) for media in taken):
            return version
    return ""


def media_of(version: str) -> str:
    """Return the media type of aggregated discovery."""
    return _MEDIA.format(version)


def aggregated(kinds: Kinds, version: str, *, core: bool) -> Json:
    """Return all groups with all their resources; a version that is down has none, and says that it is stale."""
    items = [
        {
            "metadata": {"name": group, "creationTimestamp": None}
            if group
            else {"creationTimestamp": None},
            "versions": [_fresh(kinds, group, each) for each in versions],
        }
        for group, versions in kinds.groups().items()
        if (group == "") is core
    ]
    api_version = f"apidiscovery.k8s.io/{version}"
    return {"kind": AGGREGATED, "apiVersion": api_version, "metadata": {}, "items": items}


def _fresh(kinds: Kinds, group: str, version: str) -> Json:
    if (group, version) in kinds.stale:
        return {"version": version, "freshness": "Stale"}
    resources = [_aggregated_resource(each) for each in _of(kinds, group, version)]
    return {"version": version, "resources": resources, "freshness": "Current"}


def _aggregated_resource(each: Resource) -> Json:
    kind = {"group": each.group, "version": each.version, "kind": each.kind}
    found: Json = {
        "resource": each.plural,
        "responseKind": kind,
        "scope": "Namespaced" if each.is_namespaced else "Cluster",
        "singularResource": each.singular,
        "verbs": list(each.verbs),
    }
    if each.short_names:
        found["shortNames"] = list(each.short_names)
    if each.has_status:
        status = {
            "subresource": "status",
            "responseKind": kind,
            "verbs": ["get", "patch", "update"],
        }
        found["subresources"] = [status]
    return found


def versions() -> Json:
    """Return what `/api` says to who takes no aggregated discovery."""
    return {"kind": "APIVersions", "versions": ["v1"], "serverAddressByClientCIDRs": []}


def group_list(kinds: Kinds) -> Json:
    """Return what `/apis` says to who takes no aggregated discovery."""
    groups = [_group(name, found) for name, found in kinds.groups().items() if name]
    return {"kind": "APIGroupList", "apiVersion": "v1", "groups": groups}


def group(kinds: Kinds, name: str) -> Json:
    """Return a group and its versions.

    Raises:
        PlainRefusal: There is none.
    """
    found = kinds.groups().get(name)
    if not found:
        raise PlainRefusal
    return {"kind": "APIGroup", "apiVersion": "v1"} | _group(name, found)


def _group(name: str, found: list[str]) -> Json:
    told = [{"groupVersion": f"{name}/{version}", "version": version} for version in found]
    return {"name": name, "versions": told, "preferredVersion": told[0]}


def resource_list(kinds: Kinds, group_name: str, version: str) -> Json:
    """Return the resources of a version.

    Raises:
        PlainRefusal: There is none.
        Refusal: Whoever serves it is down.
    """
    if (group_name, version) in kinds.stale:
        raise Refusal(503, "ServiceUnavailable", "service unavailable")
    found = list(_of(kinds, group_name, version))
    if not found:
        raise PlainRefusal
    resources: list[Json] = []
    for each in found:
        told = {
            "name": each.plural,
            "singularName": each.singular,
            "namespaced": each.is_namespaced,
            "kind": each.kind,
            "verbs": list(each.verbs),
        }
        resources.append(told)
        if each.has_status:
            status = {"name": f"{each.plural}/status", "verbs": ["get", "patch", "update"]}
            resources.append(told | status)
    named = found[0].api_version
    return {
        "kind": "APIResourceList",
        "apiVersion": "v1",
        "groupVersion": named,
        "resources": resources,
    }


def _of(kinds: Kinds, group_name: str, version: str) -> Iterable[Resource]:
    return (each for each in kinds if (each.group, each.version) == (group_name, version))


# ── OpenAPI ──────────────────────────────────────────────────────────────────


def openapi_index(kinds: Kinds) -> Json:
    """Return which documents there are, each at an address that changes with what it says."""
    paths: Json = {}
    for name, found in kinds.groups().items():
        for version in found:
            if (name, version) not in kinds.stale:
                place = f"apis/{name}/{version}" if name else f"api/{version}"
                mark = etag(openapi(kinds, name, version))
                paths[place] = {"serverRelativeURL": f"/openapi/v3/{place}?hash={mark}"}
    return {"paths": paths}


def openapi(kinds: Kinds, group_name: str, version: str) -> Json:
    """Return the document of a version.

    Raises:
        PlainRefusal: There is none.
    """
    found = list(_of(kinds, group_name, version))
    if not found:
        raise PlainRefusal
    schemas = {
        ".".join([*reversed(each.group.split(".")), each.version, each.kind]): each.schema
        or {"type": "object"}
        for each in found
    }
    return {
        "openapi": "3.0.0",
        "info": {"title": "Kubernetes CRD Swagger", "version": "v0.1.0"},
        "paths": {},
        "components": {"schemas": schemas},
    }


def etag(body: Json) -> str:
    """Return what changes with a document."""
    return hashlib.sha256(msgspec.json.encode(body)).hexdigest().upper()
