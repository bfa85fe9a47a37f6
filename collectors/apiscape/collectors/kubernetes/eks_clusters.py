"""Clusters of Amazon EKS as targets: found in every configured region, by every configured role."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from fnmatch import fnmatchcase

import msgspec

from apiscape.collectors.contract import CollectorError, Gone, Malformed, Permission
from apiscape.collectors.kubernetes.auth.eks import AwsAccount
from apiscape.collectors.kubernetes.place import Place, read_network
from apiscape.collectors.kubernetes.settings import EksSettings, KubernetesSettings
from apiscape.collectors.kubernetes.targets import Target, Unvisited, Way
from apiscape.model.codec import ready
from apiscape.network.ways import Network

LIST_CLUSTERS, DESCRIBE_CLUSTER = "eks:ListClusters", "eks:DescribeCluster"
ASSUME_ROLE = "sts:AssumeRole"
THREADS = 8
PERMISSIONS = (
    Permission(
        action=LIST_CLUSTERS,
        operations=(LIST_CLUSTERS,),
        reveals="which clusters of Amazon EKS exist; needed only where the source has `eks`",
        optional=True,
    ),
    Permission(
        action=DESCRIBE_CLUSTER,
        resources=("arn:*:eks:*:*:cluster/*",),
        operations=(DESCRIBE_CLUSTER,),
        reveals="where a cluster of Amazon EKS is; needed only where the source has `eks`",
        optional=True,
    ),
    Permission(
        action=ASSUME_ROLE,
        operations=(ASSUME_ROLE,),
        reveals="clusters of other accounts; needed only where `eks` of the source has `roles`",
        optional=True,
    ),
)
"""Of AWS: what a role of IAM must allow, not what a role of a cluster does."""

_READY = frozenset({"ACTIVE", "UPDATING"})


class FoundClusters(msgspec.Struct, frozen=True):
    """What there is, and what could not be looked at."""

    targets: tuple[Target, ...] = ()
    others: tuple[Unvisited, ...] = ()
    errors: tuple[CollectorError, ...] = ()


def find_clusters(settings: KubernetesSettings) -> FoundClusters:
    """Return the clusters of every region and role; what cannot be looked at hides nothing else."""
    eks = settings.eks
    if eks is None:
        return FoundClusters()
    places = [
        (account, region)
        for account in (AwsAccount(eks, role, settings.network) for role in eks.role_list())
        for region in eks.regions
    ]
    with ThreadPoolExecutor(THREADS, thread_name_prefix="eks-plan") as threads:
        found = list(threads.map(lambda each: _in_region(each[0], each[1], eks, settings), places))
    return FoundClusters(
        tuple(target for each in found for target in each.targets),
        tuple(other for each in found for other in each.others),
        tuple(error for each in found for error in each.errors),
    )


def _in_region(
    account: AwsAccount, region: str, eks: EksSettings, settings: KubernetesSettings
) -> FoundClusters:
    targets: list[Target] = []
    others: list[Unvisited] = []
    errors: list[CollectorError] = []
    try:
        for name in account.names(region):
            try:
                told = account.ask("eks", region, "DescribeCluster", name=name)
                found = _cluster(told.get("cluster"))
            except Gone:
                continue  # deleted since it was listed
            except CollectorError as error:
                errors.append(error)
                continue
            other = _why_not(found, eks)
            if other is not None:
                others.append(other)
            else:
                targets.append(_target(account, region, found, settings))
    except CollectorError as error:
        errors.append(error)
    return FoundClusters(tuple(targets), tuple(others), tuple(errors))


def _why_not(found: _Cluster, eks: EksSettings) -> Unvisited | None:
    if eks.clusters and not any(fnmatchcase(found.name, glob) for glob in eks.clusters):
        reason = "a cluster of Amazon EKS, and not among `clusters` of the source's `eks`"
        return Unvisited(found.key, found.name, reason)
    if found.status not in _READY or not found.endpoint:
        reason = f"its state is {found.status or 'not told'}"
        return Unvisited(found.key, found.name, reason, is_excluded=True)
    return None


def _target(
    account: AwsAccount, region: str, found: _Cluster, settings: KubernetesSettings
) -> Target:
    signs_in = account.signs_in(region, found.name)

    def way() -> Way:
        ways = read_network(settings.network)
        proxy = ways.to(found.endpoint).proxy
        url = found.endpoint.rstrip("/")
        return Way(Place(url=url, authority=found.authority(), proxy=proxy, ways=ways), signs_in)

    return Target(
        key=found.key, title=found.name, way=way, namespaces=settings.namespaces, region=region
    )


def try_clusters(eks: EksSettings, network: Network) -> Iterator[tuple[str, CollectorError | None]]:
    """Yield what came of each right of AWS, by its action: nothing where it is granted, else the error."""
    for role in eks.role_list():
        account = AwsAccount(eks, role, network)
        for region in eks.regions:
            try:
                name = next(account.names(region), None)
                yield LIST_CLUSTERS, None
            except CollectorError as error:
                yield error.operation or LIST_CLUSTERS, error
                continue
            try:
                if name is not None:
                    account.ask("eks", region, "DescribeCluster", name=name)
                    yield DESCRIBE_CLUSTER, None
            except CollectorError as error:
                yield DESCRIBE_CLUSTER, error


class _Authority(msgspec.Struct, frozen=True):
    data: str = ""


class _Cluster(msgspec.Struct, frozen=True, rename="camel"):
    name: str
    arn: str
    status: str = ""
    endpoint: str = ""
    certificate_authority: _Authority | None = None

    @property
    def key(self) -> str:
        """`ACCOUNT/REGION/NAME`, of the ARN."""
        _, _, _, region, account, _ = self.arn.split(":", 5)
        return f"{account}/{region}/{self.name}"

    def authority(self) -> str:
        """Return who issued the certificate of its API.

        Raises:
            Malformed: It is not told.
        """
        told = self.certificate_authority.data if self.certificate_authority else ""
        with suppress(binascii.Error, ValueError):
            if told:
                return base64.b64decode(told, validate=True).decode("ascii")
        raise Malformed(
            "AWS does not tell the cluster's certificate authority", operation=DESCRIBE_CLUSTER
        )


def _cluster(told: object) -> _Cluster:
    """Return a cluster as AWS tells it.

    Raises:
        Malformed: It does not.
    """
    try:
        found = msgspec.convert(told, ready(_Cluster))
        found.key  # noqa: B018 - its ARN is one
    except (msgspec.ValidationError, ValueError):
        raise Malformed(
            "AWS does not tell what the cluster is", operation=DESCRIBE_CLUSTER
        ) from None
    return found
