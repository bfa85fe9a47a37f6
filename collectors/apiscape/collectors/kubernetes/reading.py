"""One visit of a cluster: every resource listed to its end, then said what each object gives."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

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
from apiscape.collectors.kubernetes.discovering import Catalogue, Served
from apiscape.collectors.kubernetes.listing import Where, read_pages
from apiscape.collectors.kubernetes.objects import Decoder, Odd, Thing
from apiscape.collectors.kubernetes.resource import Resource
from apiscape.collectors.kubernetes.wire import Wire

ENDS_IT_ALL = (Cancelled, CredentialsInvalid)
"""Errors that no other resource would be spared."""


def find(
    resource: Resource, catalogue: Catalogue, namespaces: Sequence[str]
) -> Served | PartAbsent | PartFailed:
    """Return the version in which a resource is read, or why it is not."""
    if namespaces and not resource.is_namespaced:
        names = ", ".join(namespaces)
        why = f"not looked at: it is in no namespace, and only {names} may be read"
        return PartAbsent(part=resource.name, reason=why)
    served = catalogue.find(resource.group, resource.plural, resource.versions)
    if served is not None:
        return served
    if catalogue.is_down(resource.group, resource.versions):
        words = f"what serves {resource.group} does not answer"
        return _failed(resource, Unreachable(words, operation="GET /apis"))
    others = sorted(catalogue.versions(resource.group, resource.plural))
    if others:
        words = f"served as {', '.join(others)} alone, which is not understood"
        return _failed(resource, Unsupported(words, operation="GET /apis"))
    return PartAbsent(part=resource.name, reason="not installed")


def _failed(resource: Resource, error: CollectorError) -> PartFailed:
    return PartFailed(part=resource.name, error=error.record())


class Reading:
    """Reads a cluster once.

    Args:
        cluster: Where it is kept.
        wire: The cluster.
        namespaces: The only ones that may be read; none for all of them.
        visit: The visit.
    """

    def __init__(
        self, cluster: Cluster, wire: Wire, namespaces: Sequence[str], visit: Visit
    ) -> None:
        self._cluster = cluster
        self._wire = wire
        self._namespaces = namespaces
        self._visit = visit

    def read(self, catalogue: Catalogue) -> Iterator[Observation]:
        """Yield what there is, every resource as its own part, then what each object gives.

        Raises:
            CollectorError: Nothing of the cluster can be read, or the visit is to end.
        """
        resources = self._cluster.reads.resources
        for resource in resources:
            found = find(resource, catalogue, self._namespaces)
            if isinstance(found, Served):
                yield from self._list(resource, found)
            else:
                self._cluster.world.see(resource.name, whole=is_known_absent(found))
                yield found
        for resource in resources:
            self._visit.check()
            yield from self._cluster.say_all(resource)

    def _list(self, resource: Resource, served: Served) -> Iterator[Observation]:
        """Yield the pages of a resource; that it could not be read to its end, where it could not."""
        decoder = Decoder(resource.type)
        places = [Where(served, each) for each in self._namespaces or ("",)]
        try:
            for index, where in enumerate(places, 1):
                is_final = index == len(places)
                for page in read_pages(self._wire, where, decoder, self._visit.check):
                    found: tuple[Thing | Odd, ...] = (*page.items, *page.odd)
                    for each in found:
                        self._cluster.take(resource, each)
                    keys = [each.key for each in found]
                    yield Listed(
                        part=resource.name,
                        native_ids=self._cluster.native_ids(resource, keys),
                        last=is_final and not page.go_on,
                    )
        except ENDS_IT_ALL:
            raise
        except Gone:
            self._cluster.world.see(resource.name, whole=True)
            yield PartAbsent(part=resource.name, reason="not installed any more")
        except CollectorError as error:
            yield _failed(resource, error)
        else:
            self._cluster.world.see(resource.name, whole=True)


def is_known_absent(said: PartAbsent | PartFailed) -> bool:
    """Say whether it is known that there is nothing: the resource is not installed."""
    return isinstance(said, PartAbsent) and said.reason.startswith("not installed")
