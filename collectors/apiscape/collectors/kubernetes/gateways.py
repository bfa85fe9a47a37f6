"""Every gateway of a cluster: what it exposes, listed or followed.

What reads the many kinds is imported on first use: it would hold up whoever only asks what there is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar, cast

from apiscape.collectors.contract import Observation, Permission, Quota, Visit
from apiscape.collectors.kubernetes.access import QUOTA, try_list
from apiscape.collectors.kubernetes.resource import PRODUCT, PROVIDER
from apiscape.collectors.trying import Tried
from apiscape.model.run import Scope

if TYPE_CHECKING:
    from apiscape.collectors.kubernetes.reading import Means

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


def _permissions() -> tuple[Permission, ...]:
    from apiscape.collectors.kubernetes.defining import PERMISSION
    from apiscape.collectors.kubernetes.families import permissions, reads

    return (*permissions(reads().resources), PERMISSION)


def _parts() -> tuple[str, ...]:
    from apiscape.collectors.kubernetes.families import reads

    return tuple(each.name for each in reads().resources)


class GatewaysCollector:
    """Reads the gateways of one cluster: a part for each resource, a deployment for each route at each gateway."""

    product: ClassVar[str] = PRODUCT
    title: ClassVar[str] = "Kubernetes gateways"
    provider: ClassVar[str] = PROVIDER
    quotas: ClassVar[tuple[Quota, ...]] = (QUOTA,)
    permissions: ClassVar[tuple[Permission, ...]] = _lazily(_permissions)
    parts: ClassVar[tuple[str, ...]] = _lazily(_parts)
    stability: ClassVar[str] = "beta"
    normaliser_version: ClassVar[int] = 1

    def try_permissions(self, scope: Scope, visit: Visit) -> Iterator[Tried]:
        """Yield what came of trying each permission, by a list of one object.

        Raises:
            CollectorError: nobody is signed in.
        """
        from apiscape.collectors.kubernetes import defining
        from apiscape.collectors.kubernetes.families import reads

        del scope  # the session knows its cluster
        session: Any = visit.session
        catalogue = session.catalogue.look()
        kinds = [(each.group, each.plural, each.versions) for each in reads().resources]
        kinds.append((defining.GROUP, defining.PLURAL, defining.VERSIONS))
        for kind, permission in zip(kinds, self.permissions, strict=True):
            visit.check()
            served = catalogue.find(*kind)
            yield try_list(session.wire, permission, served, session.namespaces)

    def discover(self, scope: Scope, visit: Visit) -> Iterator[Observation]:
        """Yield what a cluster exposes.

        Raises:
            CollectorError: nothing of it can be read.
        """
        from apiscape.collectors.kubernetes.reading import Reading

        yield from Reading(_means(scope, visit, remembers=False)).read()

    def watch(self, scope: Scope, visit: Visit) -> Iterator[tuple[Observation, ...]]:
        """Yield what a cluster exposes, then what happens to it.

        Raises:
            CollectorError: it can be followed no more.
        """
        from apiscape.collectors.kubernetes.following import Following

        return Following(_means(scope, visit, remembers=True)).batches()


def _means(scope: Scope, visit: Visit, *, remembers: bool) -> Means:
    from apiscape.collectors.kubernetes.cluster import Cluster
    from apiscape.collectors.kubernetes.deploying.deployment import Place
    from apiscape.collectors.kubernetes.families import reads
    from apiscape.collectors.kubernetes.reading import Means

    session: Any = visit.session
    place = Place(cluster=scope.reach.account, keys=session.keys)
    cluster = Cluster(reads(session.entries), place, visit, remembers=remembers)
    return Means(cluster, session.wire, session.catalogue, tuple(session.namespaces), visit)
