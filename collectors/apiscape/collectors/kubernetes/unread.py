"""Kinds that say which APIs gateways serve, and that nothing here reads: where one is installed, that is said.

A table of one's own may read them (`entries` of a source): then they are not unread.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from apiscape.collectors.contract import PartFailed
from apiscape.collectors.kubernetes.discovering import Catalogue
from apiscape.collectors.kubernetes.resource import Resource
from apiscape.model.run import ErrorRecord
from apiscape.model.vocabulary import ErrorKind

UNREAD: Mapping[str, str] = {
    "apiproducts.apim.googleapis.com": "Apigee Operator",
    "apirules.gateway.kyma-project.io": "Kyma",
    "httproutes.networking.x-k8s.io": "Gateway API, first version",
    "httproutes.policy.linkerd.io": "Linkerd",
    "ingresslinks.cis.f5.com": "F5 Container Ingress Services",
    "ingressroutes.contour.heptio.com": "Contour, before its first version",
    "meshgatewayroutes.kuma.io": "Kuma",
    "meshhttproutes.kuma.io": "Kuma",
    "multiclusteringresses.networking.aks.io": "AKS",
    "multiclusteringresses.networking.gke.io": "GKE",
    "routegroups.zalando.org": "Skipper",
    "transportservers.cis.f5.com": "F5 Container Ingress Services",
    "virtualservers.cis.f5.com": "F5 Container Ingress Services",
}
"""By what a resource is called, whose it is. Not those of connections that come with kinds that are read."""

WHY = "installed, and nothing here reads it yet"


def unread(catalogue: Catalogue, resources: Iterable[Resource]) -> Iterator[PartFailed]:
    """Yield what a cluster serves of such kinds: whether anything is exposed by them is not known."""
    served = {each.name for each in catalogue.served.values()}
    for name in sorted(served & UNREAD.keys() - {each.name for each in resources}):
        error = ErrorRecord(
            kind=ErrorKind.UNSUPPORTED,
            message=f"{name} of {UNREAD[name]} is {WHY}",
            operation="GET /apis",
            next_step="describe the kind in a table of your own: `entries` of the source",
        )
        yield PartFailed(part=name, error=error, accepted=WHY)


class Unread:
    """Names such kinds of a cluster that is followed, each once.

    Args:
        resources: What is read.
    """

    def __init__(self, resources: Iterable[Resource]) -> None:
        self._resources = tuple(resources)
        self._named: set[str] = set()
        self._found: Catalogue | None = None

    def look(self, catalogue: Catalogue) -> None:
        """Take up what is served now."""
        self._found = catalogue

    def news(self) -> Iterator[PartFailed]:
        """Yield those that were not named yet."""
        found, self._found = self._found, None
        for each in unread(found, self._resources) if found is not None else ():
            if each.part not in self._named:
                self._named.add(each.part)
                yield each
