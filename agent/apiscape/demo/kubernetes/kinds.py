"""What a cluster serves: the built-in resources that gateways lean on, and those of its CustomResourceDefinitions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

Json = dict[str, Any]

VERBS = ("create", "delete", "get", "list", "patch", "update", "watch")
CRDS = ("apiextensions.k8s.io", "customresourcedefinitions")
APISERVICES = ("apiregistration.k8s.io", "apiservices")
NAMESPACES = ("", "namespaces")
REVIEWS = ("selfsubjectaccessreviews", "selfsubjectrulesreviews")


class Resource(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """One version of a resource.

    Attributes:
        schema: OpenAPI schema of a custom resource; built-in ones are taken as they come.
        has_status: Whether status is a subresource.
        is_storage: Whether its version is the one that is stored.
        is_deprecated: As its definition says.
    """

    group: str
    version: str
    plural: str
    kind: str
    singular: str = ""
    list_kind: str = ""
    short_names: tuple[str, ...] = ()
    is_namespaced: bool = True
    has_status: bool = True
    is_storage: bool = True
    is_deprecated: bool = False
    schema: Json | None = None
    verbs: tuple[str, ...] = VERBS

    @property
    def key(self) -> tuple[str, str]:
        """What tells resources apart, whatever their kinds are called."""
        return (self.group, self.plural)

    @property
    def api_version(self) -> str:
        """`v1` of the core group, `group/version` of every other."""
        return f"{self.group}/{self.version}" if self.group else self.version

    @property
    def listed_as(self) -> str:
        """The kind of its lists."""
        return self.list_kind or f"{self.kind}List"


def _core(plural: str, kind: str, short: str = "", *, namespaced: bool = True) -> Resource:
    return Resource(
        group="",
        version="v1",
        plural=plural,
        kind=kind,
        singular=kind.lower(),
        short_names=(short,) if short else (),
        is_namespaced=namespaced,
    )


def _built_in(
    group: str, plural: str, kind: str, *, namespaced: bool = True, status: bool = True
) -> Resource:
    return Resource(
        group=group,
        version="v1",
        plural=plural,
        kind=kind,
        singular=kind.lower(),
        is_namespaced=namespaced,
        has_status=status,
    )


def _review(plural: str, kind: str) -> Resource:
    return Resource(
        group="authorization.k8s.io",
        version="v1",
        plural=plural,
        kind=kind,
        is_namespaced=False,
        has_status=False,
        verbs=("create",),
    )


BUILT_IN = (
    _core("configmaps", "ConfigMap", "cm"),
    _core("namespaces", "Namespace", "ns", namespaced=False),
    _core("pods", "Pod", "po"),
    _core("secrets", "Secret"),
    _core("services", "Service", "svc"),
    _built_in("networking.k8s.io", "ingresses", "Ingress"),
    _built_in(
        "networking.k8s.io", "ingressclasses", "IngressClass", namespaced=False, status=False
    ),
    _built_in("discovery.k8s.io", "endpointslices", "EndpointSlice", status=False),
    _built_in("coordination.k8s.io", "leases", "Lease", status=False),
    _built_in(*CRDS, "CustomResourceDefinition", namespaced=False),
    _built_in(*APISERVICES, "APIService", namespaced=False),
    _review("selfsubjectaccessreviews", "SelfSubjectAccessReview"),
    _review("selfsubjectrulesreviews", "SelfSubjectRulesReview"),
)


class Kinds:
    """Every resource that is served now, and which groups of it are down."""

    def __init__(self, resources: Iterable[Resource] = BUILT_IN) -> None:
        self._served = {(each.group, each.version, each.plural): each for each in resources}
        self.stale: set[tuple[str, str]] = set()

    def __iter__(self) -> Iterator[Resource]:
        return iter(self._served.values())

    def find(self, group: str, version: str, plural: str) -> Resource | None:
        """Return a resource as one version has it."""
        return self._served.get((group, version, plural))

    def of_kind(self, api_version: str, kind: str) -> Resource | None:
        """Return the resource of a manifest."""
        return next(
            (each for each in self if (each.api_version, each.kind) == (api_version, kind)), None
        )

    def storage(self, key: tuple[str, str]) -> Resource | None:
        """Return a resource as it is stored."""
        return next((each for each in self if each.key == key and each.is_storage), None)

    def groups(self) -> dict[str, list[str]]:
        """Return the versions of each group, in the order that they are preferred in."""
        found: dict[str, list[str]] = {}
        for each in self:
            versions = found.setdefault(each.group, [])
            if each.version not in versions:
                versions.append(each.version)
        for group, version in sorted(self.stale):
            versions = found.setdefault(group, [])
            if version not in versions:
                versions.append(version)
        return {group: sorted(versions, key=priority) for group, versions in found.items()}

    def define(self, definition: Json) -> None:
        """Serve what a CustomResourceDefinition says, in place of what it said before."""
        self.undefine(definition)
        for each in defined(definition):
            self._served[each.group, each.version, each.plural] = each

    def undefine(self, definition: Json) -> None:
        """Serve nothing of a CustomResourceDefinition any more."""
        spec = definition["spec"]
        gone = (spec["group"], spec["names"]["plural"])
        self._served = {key: each for key, each in self._served.items() if each.key != gone}


def defined(definition: Json) -> Iterator[Resource]:
    """Yield the resources that a CustomResourceDefinition has served."""
    spec = definition["spec"]
    names = spec["names"]
    for version in spec["versions"]:
        if version.get("served"):
            yield Resource(
                group=spec["group"],
                version=version["name"],
                plural=names["plural"],
                kind=names["kind"],
                singular=names.get("singular") or names["kind"].lower(),
                list_kind=names.get("listKind") or "",
                short_names=tuple(names.get("shortNames") or ()),
                is_namespaced=spec.get("scope") != "Cluster",
                has_status="status" in (version.get("subresources") or {}),
                is_storage=bool(version.get("storage")),
                is_deprecated=bool(version.get("deprecated")),
                schema=(version.get("schema") or {}).get("openAPIV3Schema"),
            )


def priority(version: str) -> tuple[int, int, int, str]:
    """Return what versions are ordered by: stable ones first, newer ones before older ones.

    After the rules for versions of custom resources in Kubernetes' documentation.
    """
    for rank, mark in enumerate(("", "beta", "alpha")):
        major, _, minor = (
            version.removeprefix("v").partition(mark) if mark else (version[1:], "", "0")
        )
        if version.startswith("v") and major.isdecimal() and (not mark or minor.isdecimal()):
            return (rank, -int(major), -int(minor), "")
    return (3, 0, 0, version)
