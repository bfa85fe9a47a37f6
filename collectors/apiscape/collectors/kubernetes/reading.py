"""One visit of a cluster: every resource listed to its end, then said what each object gives."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from apiscape.collectors.contract import (
    Cancelled,
    CollectorError,
    CredentialsInvalid,
    Gone,
    Listed,
    Observation,
    PartAbsent,
    PartFailed,
    Unreachable,
    Unsupported,
    Visit,
)
from apiscape.collectors.kubernetes.cluster import Cluster
from apiscape.collectors.kubernetes.discovering import Catalogue, Discovery, Served
from apiscape.collectors.kubernetes.listing import Where, read_pages
from apiscape.collectors.kubernetes.objects import Decoder, Odd, Page, Thing
from apiscape.collectors.kubernetes.resource import Resource
from apiscape.collectors.kubernetes.unread import unread
from apiscape.collectors.kubernetes.wire import Wire
from apiscape.model.run import ErrorRecord
from apiscape.model.vocabulary import ErrorKind

ENDS_IT_ALL = (Cancelled, CredentialsInvalid)
"""Errors that no other resource would be spared."""


def find(
    resource: Resource, catalogue: Catalogue, namespaces: Sequence[str]
) -> Served | PartAbsent | PartFailed:
    """Return the version in which a resource is read, or why it is not."""
    served = catalogue.find(resource.group, resource.plural, resource.versions)
    if served is not None:
        narrow = bool(namespaces) and not resource.is_namespaced
        return _left_out(resource, served, namespaces) if narrow else served
    if catalogue.is_down(resource.group, resource.versions):
        words = f"what serves {resource.group} does not answer"
        return _failed(resource, Unreachable(words, operation="GET /apis"))
    others = sorted(catalogue.versions(resource.group, resource.plural))
    if others:
        words = f"served as {', '.join(others)} alone, which is not understood"
        return _failed(resource, Unsupported(words, operation="GET /apis"))
    return PartAbsent(part=resource.name, reason="not installed")


def _left_out(resource: Resource, served: Served, namespaces: Sequence[str]) -> PartFailed:
    """Return that a resource of no namespace is not looked at, for the source names the namespaces to look into."""
    error = ErrorRecord(
        kind=ErrorKind.ACCESS_DENIED,
        message="not looked at: it lies in no namespace, and the source names namespaces",
        permission=f"list {served.name}",
        operation=f"list {served.name}",
        next_step="leave `namespaces` out of the source, and grant the rules of `--format rbac`",
    )
    why = f"in no namespace, and the source names {', '.join(namespaces)} alone"
    return PartFailed(part=resource.name, error=error, accepted=why)


def _failed(resource: Resource, error: CollectorError) -> PartFailed:
    return PartFailed(part=resource.name, error=error.record())


class Means(msgspec.Struct, frozen=True):
    """What a cluster is read or followed with.

    Attributes:
        cluster: Where what is there is kept.
        wire: The cluster.
        discovery: What it serves.
        namespaces: The only ones that may be read; none for all of them.
        visit: The visit.
    """

    cluster: Cluster
    wire: Wire
    discovery: Discovery
    namespaces: tuple[str, ...]
    visit: Visit


class Reading:
    """Reads a cluster once, with some means."""

    def __init__(self, means: Means) -> None:
        self._cluster = means.cluster
        self._wire = means.wire
        self._discovery = means.discovery
        self._namespaces = means.namespaces
        self._visit = means.visit
        self._listed = False
        self._tried: set[str] = set()

    def read(self) -> Iterator[Observation]:
        """Yield what there is, every resource as its own part, then what each object gives.

        Raises:
            CollectorError: Nothing of the cluster can be read, or the visit is to end.
        """
        resources = self._cluster.reads.resources
        catalogue = self._discovery.look()
        for resource in resources:
            self._listed = False
            self._tried.clear()
            yield from self._read(resource, find(resource, catalogue, self._namespaces))
        yield from unread(catalogue, resources)
        for resource in resources:
            self._visit.check()
            yield from self._cluster.say_all(resource)

    def _read(
        self, resource: Resource, found: Served | PartAbsent | PartFailed
    ) -> Iterator[Observation]:
        """Yield a resource page by page; why it could not be read to its end, where it could not."""
        if not isinstance(found, Served):
            yield self._without(resource, found)
            return
        self._tried.add(found.path)
        try:
            yield from self._list(resource, found)
        except ENDS_IT_ALL:
            raise
        except Gone as error:
            yield from self._gone(resource, error)
        except CollectorError as error:
            yield _failed(resource, error)
        else:
            world = self._cluster.world
            world.see(resource.name, whole=True, namespaces=self._namespaces)

    def _list(self, resource: Resource, served: Served) -> Iterator[Observation]:
        """Yield the pages of a resource; one namespace that cannot be read keeps nothing back of the others.

        Raises:
            CollectorError: It could not be read to its end.
        """
        decoder = Decoder(resource.type)
        places = [Where(served, each) for each in self._namespaces or ("",)]
        failed: CollectorError | None = None
        for index, where in enumerate(places, 1):
            ends = index == len(places) and failed is None
            try:
                for page in read_pages(self._wire, where, decoder, self._visit.check):
                    yield self._page(resource, page, last=ends and not page.go_on)
            except ENDS_IT_ALL:
                raise
            except CollectorError as error:
                failed = failed or error
        if failed is not None:
            raise failed

    def _page(self, resource: Resource, page: Page[Thing], *, last: bool) -> Listed:
        found: tuple[Thing | Odd, ...] = (*page.items, *page.odd)
        take = self._cluster.take
        for each in found:
            take(resource, each)
        keys = [each.key for each in found]
        self._listed = self._listed or bool(keys)
        ids = self._cluster.native_ids(resource, keys)
        within = self._cluster.within(resource, self._namespaces)
        return Listed(part=resource.name, native_ids=ids, last=last, within=within)

    def _gone(self, resource: Resource, error: Gone) -> Iterator[Observation]:
        """Yield what became of a resource that is not found where it was: the cluster alone can say that it is gone."""
        try:
            found = find(resource, self._discovery.look(), self._namespaces)
        except CollectorError as refused:
            yield _failed(resource, refused)
            return
        if isinstance(found, Served) and found.path not in self._tried:
            yield from self._read(resource, found)
        elif isinstance(found, Served):
            yield _failed(resource, not_found(found))
        else:
            yield _failed(resource, error) if self._listed else self._without(resource, found)

    def _without(self, resource: Resource, found: PartAbsent | PartFailed) -> Observation:
        self._cluster.world.see(resource.name, whole=is_known_absent(found))
        return found


def not_found(served: Served) -> CollectorError:
    """Return the error of a resource that is said to be served, and is not found."""
    words = f"{served.path} is said to be served, and is not found"
    return Unreachable(words, operation=f"list {served.name}")


def is_known_absent(said: PartAbsent | PartFailed) -> bool:
    """Say whether it is known that there is nothing: the resource is not installed."""
    return isinstance(said, PartAbsent)
