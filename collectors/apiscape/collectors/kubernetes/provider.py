"""The Kubernetes provider: which clusters there are, which one each is, and sessions for them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from typing import Any, ClassVar

from apiscape.collectors.contract import (
    AccessDenied,
    Budget,
    Cancelled,
    CollectorError,
    CredentialsInvalid,
    Permission,
    Plan,
    ProviderSettings,
)
from apiscape.collectors.kubernetes.eks_clusters import (
    ASSUME_ROLE,
    PERMISSIONS,
    FoundClusters,
    find_clusters,
    try_clusters,
)
from apiscape.collectors.kubernetes.identity import IDENTITY, AnotherCluster, identify, read_uid
from apiscape.collectors.kubernetes.planning import ask_each, doubles, reaches
from apiscape.collectors.kubernetes.rbac import FORMS, Subject, write_policy
from apiscape.collectors.kubernetes.session import ClusterSession
from apiscape.collectors.kubernetes.settings import KubernetesSettings
from apiscape.collectors.kubernetes.targets import Contexts, Target, choose_contexts, detect
from apiscape.collectors.trying import Grant, Tried
from apiscape.model.run import EstateEntry, Reach
from apiscape.model.vocabulary import ReachState


class KubernetesProvider:
    """Kubernetes, wherever it runs."""

    name: ClassVar[str] = "kubernetes"
    title: ClassVar[str] = "Kubernetes"
    unit: ClassVar[str] = "cluster"
    settings_type: ClassVar[type[ProviderSettings]] = KubernetesSettings
    products: ClassVar[tuple[str, ...]] = ("kubernetes.gateways",)
    permissions: ClassVar[tuple[Permission, ...]] = (IDENTITY, *PERMISSIONS)
    policy_forms: ClassVar[tuple[str, ...]] = FORMS

    def __init__(self) -> None:
        """Start with no cluster of a cloud known."""
        self._found: dict[KubernetesSettings, FoundClusters] = {}

    def plan(self, source: str, settings: KubernetesSettings) -> Plan:
        """Ask each configured cluster which one it is, and say what else exists.

        Raises:
            CredentialsInvalid: the kubeconfig cannot be read, or nothing says which cluster to visit.
            CollectorError: no cluster is known, and none could be looked for.
        """
        contexts = choose_contexts(settings)
        found = self._found[settings] = find_clusters(settings)
        targets = (*contexts.targets, *found.targets)
        if not targets and found.errors:
            raise found.errors[0]
        asked = ask_each(targets)
        return Plan(
            reaches=tuple(reaches(asked)),
            estate=(
                *doubles(source, self.name, asked),
                *self._others(source, contexts, found),
            ),
            estate_error=next((error.record() for error in found.errors), None),
        )

    def session(self, settings: KubernetesSettings, reach: Reach, budget: Budget) -> ClusterSession:
        """Return a session for a cluster that was planned; it is asked whether it is still that one.

        Raises:
            CollectorError: it is another one, or cannot be signed in to.
        """
        target = self._target(settings, reach)
        with ExitStack() as undo:
            session = undo.enter_context(
                ClusterSession(target, reach.account, budget, settings.entries, settings.keys)
            )
            if identify(session.wire, target.uid) != reach.account:
                raise AnotherCluster(
                    f"where {target.title} was, another cluster answers than was planned",
                    operation="plan",
                )
            undo.pop_all()
        return session

    def try_sign_in(
        self, settings: KubernetesSettings, reaches: Sequence[Reach], budget: Budget
    ) -> Iterator[Tried]:
        """Yield what came of trying `permissions` (`apiscape permissions`).

        Raises:
            CredentialsInvalid: nobody is signed in.
        """
        for reach in reaches:
            yield self._try_identity(settings, reach, budget)
        yield from _try_aws(settings)

    def write_policy(
        self, form: str, settings: KubernetesSettings, permissions: Iterable[Permission]
    ) -> str:
        """Return the smallest policy for these permissions and the provider's own (`apiscape permissions`).

        Raises:
            ValueError: there is no such form, or a permission is one that is never asked for.
            CollectorError: the table of custom resources that the source names cannot be used.
        """
        stated = [each.uid is not None for each in settings.context_list()]
        own = [] if stated and all(stated) and settings.eks is None else [IDENTITY]
        named = {*settings.namespaces}
        for each in settings.context_list():
            named |= {*each.namespaces}
        wanted = (
            *own,
            *permissions,
            *_of_entries(settings.entries),
            *(PERMISSIONS if form == "iam" else ()),
        )
        return write_policy(form, wanted, tuple(sorted(named)), Subject())

    def check_files(self, settings: KubernetesSettings) -> Mapping[str, str]:
        """Read the table of custom resources that a source names, and go by it from now on.

        Raises:
            BadFile: it cannot be used; it says where.
        """
        from apiscape.collectors.kubernetes.families import take

        return {} if settings.entries is None else {settings.entries: take(settings.entries).digest}

    def detect(self) -> Mapping[str, Any] | None:
        """Return settings for what this machine is signed in to, from variables and files alone."""
        return detect()

    def _others(
        self, source: str, contexts: Contexts, found: FoundClusters
    ) -> Iterator[EstateEntry]:
        """Yield what is known and not visited."""
        for other in (*contexts.others, *found.others):
            yield EstateEntry(
                source=source,
                provider=self.name,
                key=other.key,
                title=other.title if other.title != other.key else None,
                state=ReachState.EXCLUDED if other.is_excluded else ReachState.NOT_CONFIGURED,
                reason=other.reason,
            )

    def _target(self, settings: KubernetesSettings, reach: Reach) -> Target:
        """Return how to get into a cluster that was planned; a kubeconfig is read anew, for tools write it anew.

        Raises:
            CredentialsInvalid: the settings name no way.
        """
        for target in choose_contexts(settings).targets:
            if target.key == reach.key:
                return target
        if settings not in self._found:
            self._found[settings] = find_clusters(settings)
        for target in self._found[settings].targets:
            if target.key == reach.key:
                return target
        raise CredentialsInvalid(f"nothing leads to the cluster {reach.key} any more")

    def _try_identity(self, settings: KubernetesSettings, reach: Reach, budget: Budget) -> Tried:
        """Read which cluster it is, unless the source states it; what ails one cluster is no other's."""
        target: Target | None = None
        try:
            target = self._target(settings, reach)
            with ClusterSession(target, reach.account, budget) as session:
                read_uid(session.wire)
        except Cancelled:
            raise
        except AccessDenied as error:
            if target is not None and target.uid is not None:
                return _tried(reach, Grant.NOT_NEEDED, "the source states which cluster it is")
            return _tried(reach, Grant.DENIED, error.message)
        except CollectorError as error:
            return _tried(reach, Grant.UNKNOWN, error.message)
        return _tried(reach, Grant.GRANTED)


def _of_entries(entries: str | None) -> Iterator[Permission]:
    """Yield what a table of a user's own asks for beside what is asked for anyway.

    Raises:
        CollectorError: it cannot be used.
    """
    if entries is None:
        return
    from apiscape.collectors.kubernetes.families import permissions, reads

    usual = {each.name for each in reads().resources}
    yield from permissions(each for each in reads(entries).resources if each.name not in usual)


def _tried(reach: Reach, grant: Grant, reason: str | None = None) -> Tried:
    return Tried(IDENTITY, grant, reason, IDENTITY.operations[0], reach.key)


def _try_aws(settings: KubernetesSettings) -> Iterator[Tried]:
    """Yield what came of the rights of AWS, which only a source with `eks` needs."""
    by_action = {permission.action: permission for permission in PERMISSIONS}
    if settings.eks is None:
        for permission in PERMISSIONS:
            yield Tried(permission, Grant.NOT_NEEDED, "the source has no `eks`")
        return
    for action, error in try_clusters(settings.eks, settings.network):
        permission = by_action.get(action, PERMISSIONS[0])
        yield _told(permission, error)
    if not settings.eks.roles:
        yield Tried(by_action[ASSUME_ROLE], Grant.NOT_NEEDED, "`eks` of the source has no roles")


def _told(permission: Permission, error: CollectorError | None) -> Tried:
    if error is None:
        return Tried(permission, Grant.GRANTED, operation=permission.action)
    if isinstance(error, CredentialsInvalid | Cancelled):
        raise error
    grant = Grant.DENIED if isinstance(error, AccessDenied) else Grant.UNKNOWN
    return Tried(permission, grant, error.message, permission.action)
