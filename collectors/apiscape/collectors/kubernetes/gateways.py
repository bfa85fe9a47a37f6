"""Every gateway of a cluster: what it exposes, listed or followed."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import Any, ClassVar

from apiscape.collectors.contract import Observation, Permission, Quota, Visit
from apiscape.collectors.kubernetes.cluster import Cluster
from apiscape.collectors.kubernetes.deploying.deployment import PRODUCT, PROVIDER, Place
from apiscape.collectors.kubernetes.families import permissions, reads
from apiscape.collectors.kubernetes.following import Following
from apiscape.collectors.kubernetes.reading import Reading
from apiscape.model.run import Scope


class GatewaysCollector:
    """Reads the gateways of one cluster: a part for each resource, a deployment for each route at each gateway."""

    product: ClassVar[str] = PRODUCT
    title: ClassVar[str] = "Kubernetes gateways"
    provider: ClassVar[str] = PROVIDER
    quotas: ClassVar[tuple[Quota, ...]] = (
        Quota(
            family="kubernetes",
            rate_per_s=10.0,
            burst=100,
            scope="account",
            source="https://kubernetes.io/docs/concepts/cluster-administration/flow-control/",
        ),
    )
    stability: ClassVar[str] = "beta"
    normaliser_version: ClassVar[int] = 1

    @cached_property
    def permissions(self) -> tuple[Permission, ...]:  # from files, and so not at import
        """What is asked for: to list and to watch what is read."""
        return tuple(permissions(reads().resources))

    @cached_property
    def parts(self) -> tuple[str, ...]:
        """What is read, each listed by itself."""
        return tuple(each.name for each in reads().resources)

    def discover(self, scope: Scope, visit: Visit) -> Iterator[Observation]:
        """Yield what a cluster exposes.

        Raises:
            CollectorError: nothing of it can be read.
        """
        session: Any = visit.session
        cluster = _cluster(session, scope, visit, remembers=False)
        reading = Reading(cluster, session.wire, session.catalogue, session.namespaces, visit)
        yield from reading.read()

    def watch(self, scope: Scope, visit: Visit) -> Iterator[tuple[Observation, ...]]:
        """Yield what a cluster exposes, then what happens to it.

        Raises:
            CollectorError: it can be followed no more.
        """
        session: Any = visit.session
        cluster = _cluster(session, scope, visit, remembers=True)
        return Following(
            cluster, session.wire, session.catalogue, session.namespaces, visit
        ).batches()


def _cluster(session: Any, scope: Scope, visit: Visit, *, remembers: bool) -> Cluster:  # noqa: ANN401 - as a visit has it
    place = Place(cluster=scope.reach.account)
    return Cluster(reads(session.entries), place, visit, remembers=remembers)
