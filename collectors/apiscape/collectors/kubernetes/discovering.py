"""What a cluster serves: which resources, in which versions; what is down hides nothing else."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import msgspec

from apiscape.collectors.contract import CollectorError
from apiscape.collectors.kubernetes.errors import garbled
from apiscape.collectors.kubernetes.wire import Asked, Reply, Wire
from apiscape.model.codec import ready

_AT_ONCE = "application/json;g=apidiscovery.k8s.io;v={};as=APIGroupDiscoveryList"
ALL_AT_ONCE = f"{_AT_ONCE.format('v2')}, {_AT_ONCE.format('v2beta1')}, application/json"
_PERMISSION = "system:discovery"


class Served(msgspec.Struct, frozen=True, gc=False):
    """A resource in one version, as the cluster serves it."""

    group: str
    version: str
    plural: str
    kind: str
    is_namespaced: bool
    verbs: frozenset[str]

    @property
    def name(self) -> str:
        """What it is called whatever its kind is: `httproutes.gateway.networking.k8s.io`."""
        return f"{self.plural}.{self.group}" if self.group else self.plural

    @property
    def path(self) -> str:
        """Where all of its objects are listed."""
        root = f"/apis/{self.group}" if self.group else "/api"
        return f"{root}/{self.version}/{self.plural}"


class Catalogue(msgspec.Struct, frozen=True):
    """What a cluster serves.

    Attributes:
        served: By group, plural and version.
        down: Versions of groups that another server serves, and that does not answer.
        marks: What the answers were marked with, by path, to be asked for only where they changed.
    """

    served: Mapping[tuple[str, str, str], Served]
    down: frozenset[tuple[str, str]] = frozenset()
    marks: Mapping[str, str] = msgspec.field(default_factory=dict)

    def find(self, group: str, plural: str, versions: Iterable[str]) -> Served | None:
        """Return a resource in the first of some versions that is served; one that is not is never asked for."""
        return next(
            (found for each in versions if (found := self.served.get((group, plural, each)))), None
        )

    def versions(self, group: str, plural: str) -> set[str]:
        """Return the versions that a resource is served in."""
        return {version for *named, version in self.served if named == [group, plural]}

    def is_down(self, group: str, versions: Iterable[str]) -> bool:
        """Say whether nobody knows if a resource is served: who would serve its group does not answer."""
        return any((group, version) in self.down for version in versions)


class Discovery:
    """Finds out what a cluster serves, at the cost of two requests, of none where nothing changed.

    Args:
        wire: The cluster.
    """

    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        self._last: Catalogue | None = None

    def look(self) -> Catalogue:
        """Return what is served now.

        Raises:
            CollectorError: The cluster does not say.
        """
        last = self._last
        marks = dict(last.marks) if last else {}
        replies = {path: self._ask(path, marks.get(path)) for path in ("/api", "/apis")}
        if last is not None and all(reply.is_same for reply in replies.values()):
            return last
        if last is not None and any(reply.is_same for reply in replies.values()):
            replies = {path: self._ask(path, None) for path in replies}
        found: list[Served] = []
        down: set[tuple[str, str]] = set()
        for path, reply in replies.items():
            for each in self._read(path, reply):
                if isinstance(each, Served):
                    found.append(each)
                else:
                    down.add(each)
        self._last = Catalogue(
            served={(each.group, each.plural, each.version): each for each in found},
            down=frozenset(down),
            marks={
                path: mark for path, reply in replies.items() if (mark := reply.headers.get("ETag"))
            },
        )
        return self._last

    def _ask(self, path: str, mark: str | None) -> Reply:
        headers = {"Accept": ALL_AT_ONCE} | ({"If-None-Match": mark} if mark else {})
        return self._wire.get(_asked(path, headers))

    def _read(self, path: str, reply: Reply) -> Iterator[Served | tuple[str, str]]:
        told = _decode(reply.body, _Document, path)
        if told.kind == "APIGroupDiscoveryList":
            yield from _aggregated(told)
        elif path == "/api":
            yield from self._listed("", "v1")
        else:
            for group in told.groups:
                for version in group.versions:
                    yield from self._listed(group.name, version.version)

    def _listed(self, group: str, version: str) -> Iterator[Served | tuple[str, str]]:
        """Yield the resources of one version; that it is down, where it does not answer."""
        path = f"/apis/{group}/{version}" if group else f"/api/{version}"
        try:
            told = _decode(self._wire.get(_asked(path, {})).body, _Resources, path)
        except CollectorError:
            yield (group, version)
            return
        for each in told.resources:
            if "/" not in each.name:
                named = (group, version, each.name, each.kind, each.namespaced)
                yield Served(*named, frozenset(each.verbs))


def _aggregated(told: _Document) -> Iterator[Served | tuple[str, str]]:
    for group in told.items:
        for version in group.versions:
            name = group.metadata.name
            if version.freshness == "Stale" or version.resources is None:
                yield (name, version.version)
                continue
            for each in version.resources:
                kind = each.kind.kind if each.kind else ""
                is_namespaced = each.scope == "Namespaced"
                named = (name, version.version, each.resource, kind, is_namespaced)
                yield Served(*named, frozenset(each.verbs))


def _asked(path: str, headers: Mapping[str, str]) -> Asked:
    return Asked(path=path, operation=f"GET {path}", permission=_PERMISSION, headers=headers)


def _decode(body: bytes, kind: type[Any], path: str) -> Any:  # noqa: ANN401 - of the type that is asked for
    try:
        return msgspec.json.decode(body, type=ready(kind))
    except msgspec.DecodeError:
        raise garbled(f"GET {path}") from None


# ── The documents ────────────────────────────────────────────────────────────


class _Named(msgspec.Struct, gc=False):
    name: str = ""


class _Kind(msgspec.Struct, gc=False):
    kind: str = ""


class _AggregatedResource(msgspec.Struct):
    resource: str
    scope: str = ""
    verbs: list[str] = []
    kind: _Kind | None = msgspec.field(default=None, name="responseKind")


class _AggregatedVersion(msgspec.Struct):
    version: str
    resources: list[_AggregatedResource] | None = None
    freshness: str = ""


class _Aggregated(msgspec.Struct):
    versions: list[_AggregatedVersion]
    metadata: _Named = msgspec.field(default_factory=_Named)


class _Version(msgspec.Struct, gc=False):
    version: str


class _Group(msgspec.Struct):
    name: str
    versions: list[_Version]


class _Document(msgspec.Struct):
    """Either form of the document of all groups."""

    kind: str
    items: list[_Aggregated] = []
    groups: list[_Group] = []


class _Resource(msgspec.Struct, gc=False):
    name: str
    kind: str
    namespaced: bool = False
    verbs: list[str] = []


class _Resources(msgspec.Struct):
    resources: list[_Resource] = []
