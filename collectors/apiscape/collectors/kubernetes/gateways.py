"""Every gateway of a cluster: what it exposes, listed or followed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

from apiscape.collectors.contract import Observation, Permission, Quota, Visit
from apiscape.collectors.kubernetes.cluster import Cluster
from apiscape.collectors.kubernetes.deploying.deployment import PRODUCT, PROVIDER, Place
from apiscape.collectors.kubernetes.families import FAMILIES, Reads, permissions
from apiscape.collectors.kubernetes.following import Following
from apiscape.collectors.kubernetes.reading import Reading
from apiscape.model.run import Scope

READS = Reads(FAMILIES)


class GatewaysCollector:
    """Reads the gateways of one cluster: a part for each resource, a deployment for each route at each gateway."""

    product: ClassVar[str] = PRODUCT
    title: ClassVar[str] = "Kubernetes gateways"
    provider: ClassVar[str] = PROVIDER
    permissions: ClassVar[tuple[Permission, ...]] = tuple(permissions(READS.resources))
    quotas: ClassVar[tuple[Quota, ...]] = (
        Quota(
            family="kubernetes",
            rate_per_s=10.0,
            burst=100,
            scope="account",
            source="https://kubernetes.io/docs/concepts/cluster-administration/flow-control/",
        ),
    )
    parts: ClassVar[tuple[str, ...]] = tuple(each.name for each in READS.resources)
    stability: ClassVar[str] = "beta"
    normaliser_version: ClassVar[int] = 1

    def discover(self, scope: Scope, visit: Visit) -> Iterator[Observation]:
        """Yield what a cluster exposes.

        Raises:
            CollectorError: nothing of it can be read.
        """
        session: Any = visit.session
        cluster = _cluster(scope, visit, remembers=False)
        reading = Reading(cluster, session.wire, session.namespaces, visit)
        yield from reading.read(session.catalogue.look())

    def watch(self, scope: Scope, visit: Visit) -> Iterator[tuple[Observation, ...]]:
        """Yield what a cluster exposes, then what happens to it.

        Raises:
            CollectorError: it can be followed no more.
        """
        session: Any = visit.session
        cluster = _cluster(scope, visit, remembers=True)
        return Following(
            cluster, session.wire, session.catalogue, session.namespaces, visit
        ).batches()


def _cluster(scope: Scope, visit: Visit, *, remembers: bool) -> Cluster:
    place = Place(cluster=scope.reach.account)
    return Cluster(READS, place, visit, remembers=remembers)
