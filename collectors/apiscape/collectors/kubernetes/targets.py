"""Which clusters a source visits, and which others its kubeconfig knows. Reads files, and asks no cluster."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from fnmatch import fnmatchcase
from pathlib import Path

import msgspec

from apiscape.collectors.contract import CollectorError, CredentialsInvalid
from apiscape.collectors.kubernetes.kubeconfig import (
    Access,
    Kubeconfig,
    find_files,
    read_kubeconfig,
)
from apiscape.collectors.kubernetes.kubeconfig_entries import Cluster, User
from apiscape.collectors.kubernetes.place import Place, place_of
from apiscape.collectors.kubernetes.plugin import by_program
from apiscape.collectors.kubernetes.refusing import unusable
from apiscape.collectors.kubernetes.settings import IN_CLUSTER, ContextSettings, KubernetesSettings
from apiscape.collectors.kubernetes.showing import SignsIn, standing

POD = Path("/var/run/secrets/kubernetes.io/serviceaccount")
"""Where a pod finds by what to sign in."""

_HOST, _PORT = "KUBERNETES_SERVICE_HOST", "KUBERNETES_SERVICE_PORT"
_EXCLUDED = "excluded by the source"
_NOT_NAMED = "in the kubeconfig, and not among the source's `contexts`"


class Way(msgspec.Struct, frozen=True):
    """How to get into a cluster: where it is, and what signs in to it."""

    place: Place
    signs_in: SignsIn


class Target(msgspec.Struct, frozen=True, kw_only=True):
    """A cluster to visit.

    Attributes:
        key: What it is kept by, unique in its source.
        title: What people call it.
        way: Finds the way in; raises a `CollectorError` where there is none.
        uid: What the source states of it.
        namespaces: To look into; none for all.
        region: Of the cloud, where it is a cloud's.
    """

    key: str
    title: str
    way: Callable[[], Way]
    uid: str | None = None
    namespaces: tuple[str, ...] = ()
    region: str | None = None


class Unvisited(msgspec.Struct, frozen=True):
    """A cluster that is known and not visited.

    Attributes:
        key: What it would be kept by.
        is_excluded: On purpose, or because of what it is; and not only left out.
    """

    key: str
    title: str
    reason: str
    is_excluded: bool = False


class Contexts(msgspec.Struct, frozen=True):
    """What a source's kubeconfig comes to."""

    targets: tuple[Target, ...] = ()
    others: tuple[Unvisited, ...] = ()


def choose_contexts(settings: KubernetesSettings) -> Contexts:
    """Return which contexts are visited, each once, in the order in which they are named.

    Raises:
        CredentialsInvalid: The kubeconfig cannot be read, or nothing says which cluster to visit.
    """
    named = settings.context_list()
    wants_files = settings.kubeconfig is not None or any(
        each.context != IN_CLUSTER for each in named
    )
    files = find_files(settings.kubeconfig) if wants_files or not (named or settings.eks) else ()
    told = read_kubeconfig(files)
    if not named and settings.eks is None:
        named = (ContextSettings(context=_default(told, files)),)
    chosen: dict[str, Target] = {}
    for each in named:
        for context in _matching(each.context, told, settings):
            target = _target(each, context, told, settings)
            chosen.setdefault(target.key, target)
    seen = {context for each in named for context in _matching(each.context, told, settings)}
    others = tuple(_others(told, settings, seen))
    return Contexts(tuple(chosen.values()), others)


def _default(told: Kubeconfig, files: tuple[Path, ...]) -> str:
    """Return what is visited where a source says nothing: the current context, else the agent's own cluster."""
    if files:
        return told.current_context()
    if is_in_cluster():
        return IN_CLUSTER
    raise unusable(
        "nobody is signed in: there is no kubeconfig, and the agent does not run in a cluster",
        "set KUBECONFIG, or name the file in `kubeconfig` of the source",
    )


def _matching(wanted: str, told: Kubeconfig, settings: KubernetesSettings) -> Iterator[str]:
    """Yield the contexts of a name or a glob; a name that nothing has comes back, to be said so."""
    if wanted in told.contexts or not any(letter in wanted for letter in "*?["):
        yield wanted
        return
    fitting = [each for each in told.contexts if fnmatchcase(each, wanted)]
    yield from (each for each in fitting if not _is_excluded(each, settings))
    if not fitting:
        yield wanted


def _target(
    each: ContextSettings, context: str, told: Kubeconfig, settings: KubernetesSettings
) -> Target:
    name = each.name if each.name and each.context == context else context
    return Target(
        key=name,
        title=name,
        way=lambda: _way(context, told, settings),
        uid=each.uid if each.context == context else None,
        namespaces=each.namespaces or settings.namespaces,
    )


def _way(context: str, told: Kubeconfig, settings: KubernetesSettings) -> Way:
    """Return the way into a context's cluster.

    Raises:
        CollectorError: There is none.
    """
    is_own = context == IN_CLUSTER and context not in told.contexts
    access = own_access() if is_own else told.access(context)
    place = place_of(access, settings)
    return Way(place, _signs_in(access, settings))


def _signs_in(access: Access, settings: KubernetesSettings) -> SignsIn:
    user = access.user
    if user.exec is None or user.token or user.token_file:
        return standing(access)
    return by_program(access, user.exec, settings.exec)


def own_access(environment: Mapping[str, str] = os.environ, folder: Path | None = None) -> Access:
    """Return the way into the cluster that the agent runs in.

    Raises:
        CredentialsInvalid: It runs in none.
    """
    folder = folder or POD
    host, port = environment.get(_HOST, ""), environment.get(_PORT, "")
    if not host or not port or not (folder / "token").is_file():
        raise unusable(
            "the agent does not run in a cluster, or its pod has no service account",
            "name a context of a kubeconfig, or let the pod mount its service account's token",
        )
    where = f"[{host}]" if ":" in host else host
    cluster = Cluster(
        server=f"https://{where}:{port}", certificate_authority=str(folder / "ca.crt")
    )
    return Access(IN_CLUSTER, cluster, User(token_file=str(folder / "token")), folder, folder)


def is_in_cluster() -> bool:
    """Say whether the agent runs in a cluster; asks nobody."""
    try:
        own_access()
    except CredentialsInvalid:
        return False
    return True


def detect() -> Mapping[str, object] | None:
    """Return settings for what this machine is signed in to, from variables and files alone."""
    try:
        files = find_files(None)
        if files:
            return {"contexts": [read_kubeconfig(files).current_context()]}
    except CollectorError:
        return {}
    return {"contexts": [IN_CLUSTER]} if is_in_cluster() else None


def _others(
    told: Kubeconfig, settings: KubernetesSettings, visited: set[str]
) -> Iterator[Unvisited]:
    for context in told.contexts:
        if context in visited:
            continue
        if _is_excluded(context, settings):
            yield Unvisited(context, context, _EXCLUDED, is_excluded=True)
        else:
            yield Unvisited(context, context, _NOT_NAMED)


def _is_excluded(context: str, settings: KubernetesSettings) -> bool:
    return any(fnmatchcase(context, glob) for glob in settings.exclude_contexts)
