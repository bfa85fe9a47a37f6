"""Every gateway of a cluster: what it exposes, listed or followed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from typing import Any, ClassVar, Generic, TypeVar, cast

from apiscape.collectors.contract import Observation, Permission, Quota, Visit
from apiscape.collectors.kubernetes.cluster import Cluster
from apiscape.collectors.kubernetes.deploying.deployment import PRODUCT, PROVIDER, Place
from apiscape.collectors.kubernetes.families import permissions, reads
from apiscape.collectors.kubernetes.following import Following
from apiscape.collectors.kubernetes.reading import Reading
from apiscape.model.run import Scope

T = TypeVar("T")


class _Lazily(Generic[T]):
    """A value of a class that is made when it is first asked for: it is read from files, and import reads none."""

    def __init__(self, work: Callable[[], T]) -> None:
        self._work = cache(work)

    def __get__(self, _instance: object, _owner: type) -> T:
        return self._work()


def _lazily(work: Callable[[], T]) -> T:
    """Return what stands for a value of a class until it is asked for."""
    return cast("T", _Lazily(work))


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
    permissions: ClassVar[tuple[Permission, ...]] = _lazily(
        lambda: tuple(permissions(reads().resources))
    )
    parts: ClassVar[tuple[str, ...]] = _lazily(
        lambda: tuple(each.name for each in reads().resources)
    )
    stability: ClassVar[str] = "beta"
    normaliser_version: ClassVar[int] = 1

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
