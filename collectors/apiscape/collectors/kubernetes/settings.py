"""What may stand in a Kubernetes source of the configuration, beside the keys that every source has."""

from __future__ import annotations

import msgspec

from apiscape.collectors.contract import ProviderSettings
from apiscape.network.ways import Network

IN_CLUSTER = "in-cluster"
"""The context of the cluster that the agent itself runs in; it stands in no kubeconfig."""


class ContextSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A cluster to visit, where more is to be said of it than its context.

    Attributes:
        context: Of the kubeconfig, or `in-cluster`.
        name: What people call the cluster; its context if left out. What was visited is kept by it.
        uid: UID of its namespace `kube-system`; only where nobody may read that namespace.
        namespaces: Namespaces to look into, in place of the source's.
    """

    context: str
    name: str | None = None
    uid: str | None = None
    namespaces: tuple[str, ...] = ()


class EksRoleSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A role of another account to find clusters and to sign in by.

    Attributes:
        role_arn: Its ARN.
        external_id: What the role's trust policy asks for, if it does.
    """

    role_arn: str
    external_id: str | None = None


class EksSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Clusters of Amazon EKS, found and signed in to without a kubeconfig and without a program.

    Attributes:
        regions: Regions to look in; one at least.
        clusters: Globs of the names of clusters to visit; all if left out.
        profile: Profile of the SDK's own configuration files.
        roles: Roles to take on: an ARN, or an ARN with external id; whoever is signed in if left out.
        endpoint_url: A private or emulated endpoint for EKS and for taking on roles.
    """

    regions: tuple[str, ...]
    clusters: tuple[str, ...] = ()
    profile: str | None = None
    roles: tuple[str | EksRoleSettings, ...] = ()
    endpoint_url: str | None = None

    def role_list(self) -> tuple[EksRoleSettings | None, ...]:
        """Return every role in its long form; nothing for whoever is signed in."""
        return tuple(
            EksRoleSettings(role_arn=role) if isinstance(role, str) else role for role in self.roles
        ) or (None,)


class KeySettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which labels and annotations say what, beside `apiscape.io/…`. Compared without case; the first one there wins.

    Attributes:
        owner: Keys that name who answers for an API.
        contact: Keys that name how whoever answers for it is reached.
        environment: Keys that name what it is for.
        lifecycle: Keys that name its phase.
        version: Keys that name its version.
        title: Keys that name it for people.
        description: Keys that say what it does.
    """

    owner: tuple[str, ...] = (
        "a8r.io/owner",
        "backstage.io/owner",
        "app.kubernetes.io/owner",
        "owner",
        "team",
        "owning-team",
        "service-owner",
        "tags.datadoghq.com/team",
    )
    contact: tuple[str, ...] = ("contact", "a8r.io/support", "a8r.io/chat")
    environment: tuple[str, ...] = (
        "environment",
        "env",
        "app.kubernetes.io/environment",
        "deployment-environment",
        "tags.datadoghq.com/env",
    )
    lifecycle: tuple[str, ...] = ("backstage.io/lifecycle", "lifecycle", "service-phase")
    version: tuple[str, ...] = (
        "api-version",
        "app.kubernetes.io/version",
        "tags.datadoghq.com/version",
    )
    title: tuple[str, ...] = ("backstage.io/kubernetes-id", "app.kubernetes.io/name")
    description: tuple[str, ...] = ("a8r.io/description", "description")


USUAL = KeySettings()


class KubernetesSettings(ProviderSettings, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which clusters to visit, and how to sign in to them.

    Without `contexts` and `eks` the current context of the kubeconfig is visited; where there is no
    kubeconfig, the cluster that the agent runs in.

    Attributes:
        kubeconfig: File, or several as in `KUBECONFIG`; that variable or `~/.kube/config` if left out.
        contexts: Contexts to visit: a name, a glob (`prod-*`), or a context with more said of it.
        exclude_contexts: Globs of contexts that are left out on purpose; counted, not visited.
        namespaces: Namespaces to look into; the whole cluster if left out.
        exec: Names or absolute paths of programs that a kubeconfig may have run to sign in; none if left out.
        unverified: Whether a context is visited that switches off the check of the server's certificate.
        eks: Clusters of Amazon EKS.
        entries: File with a table of custom resources of your own.
        keys: Which labels and annotations say who answers for an API, and what it is for.
        network: The way out of this source alone; the configuration's own if left out.
    """

    kubeconfig: str | None = None
    contexts: tuple[str | ContextSettings, ...] = ()
    exclude_contexts: tuple[str, ...] = ()
    namespaces: tuple[str, ...] = ()
    exec: tuple[str, ...] = ()
    unverified: bool = False
    eks: EksSettings | None = None
    entries: str | None = None
    keys: KeySettings = USUAL
    network: Network = Network()

    def context_list(self) -> tuple[ContextSettings, ...]:
        """Return every configured context in its long form."""
        return tuple(
            ContextSettings(context=each) if isinstance(each, str) else each
            for each in self.contexts
        )
