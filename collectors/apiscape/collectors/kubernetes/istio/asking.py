"""What is asked of callers of a VirtualService: at a gateway by its workloads, in the mesh by those of each Service."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

import msgspec

from apiscape.collectors.kubernetes.core import SERVICES, Service
from apiscape.collectors.kubernetes.exposed import Match, PathType, Rule, Target
from apiscape.collectors.kubernetes.istio.authorizing import Rules, security_of, values_of
from apiscape.collectors.kubernetes.istio.matching import Request
from apiscape.collectors.kubernetes.istio.security import (
    AUTHORIZATIONS,
    FILTERS,
    PEERS,
    PLUGINS,
    REQUESTS,
    PeerAuthentication,
)
from apiscape.collectors.kubernetes.istio.workloads import ROOT, Workload, policies_for, sees_for
from apiscape.collectors.kubernetes.objects import Thing, key_of
from apiscape.collectors.kubernetes.policies.attaching import age
from apiscape.collectors.kubernetes.policies.opaque import MADE_BY_KUADRANT, unseen
from apiscape.collectors.kubernetes.policies.securing import asked, named, together, unknown
from apiscape.collectors.kubernetes.resource import Look
from apiscape.model.security import Scheme, Security
from apiscape.model.vocabulary import Requirement, SchemeKind, Switch


class Enforcer(msgspec.Struct, frozen=True):
    """What asks callers something.

    Attributes:
        rules: That are for it.
        beside: What is asked, or not known, whatever the request.
        mtls: Whether callers have to show a certificate: a word of `Switch`.
    """

    rules: Rules
    beside: tuple[Security, ...] = ()
    mtls: str = Switch.UNKNOWN

    def security(self, request: Request) -> Security:
        """Return what is asked of callers of some requests."""
        return together([security_of(request, self.rules), *self.beside])


def rules_for(workload: Workload, look: Look) -> Rules:
    """Return the policies that are for a workload."""
    authorizations = tuple(policies_for(AUTHORIZATIONS, workload, look))
    return Rules(
        tuple(policies_for(REQUESTS, workload, look)),
        authorizations,
        values_of(policy for policy, _ in authorizations),
    )


def doubts(workload: Workload, look: Look) -> Iterator[Security]:
    """Yield why nobody can tell what is asked: what could not be read, and what changes proxies unsaid."""
    for resource in (REQUESTS, AUTHORIZATIONS, FILTERS, PLUGINS):
        if not sees_for(resource, workload, look):
            yield unseen(resource)
    for resource in (FILTERS, PLUGINS):
        for policy, _ in policies_for(resource, workload, look):
            if not _is_known(policy):
                yield unknown(f"{named(resource.kind, policy)} may ask for more")


_OF_ISTIO = re.compile(r"(tcp-)?(stats-filter|metadata-exchange)-\d+\.\d+(-.*)?")
"""What older Istio comes with for the whole mesh: it measures, and asks for nothing."""


def _is_known(policy: Thing) -> bool:
    """Say whether it is known that a filter asks for nothing that is not read elsewhere."""
    if MADE_BY_KUADRANT in (policy.metadata.labels or {}):
        return True
    is_root = policy.metadata.namespace == ROOT
    return is_root and _OF_ISTIO.fullmatch(policy.metadata.name) is not None


def at_gateway(workload: Workload, gateway: str, mtls: str, look: Look) -> Enforcer:
    """Return what asks callers at a gateway; `mtls` is what all of its servers ask of them."""

    def work(look: Look) -> tuple[Rules, tuple[Security, ...]]:
        return rules_for(workload, look), tuple(doubts(workload, look))

    rules, beside = look.once("istio.policies", repr(workload), work)
    if mtls == Switch.ENABLED:
        beside = (*beside, _certificate(f"Gateway {gateway}"))
    return Enforcer(rules, beside, mtls)


def in_mesh(target: Target, look: Look) -> Enforcer | None:
    """Return what asks callers within the mesh of where a target is; `None` where it is no Service."""
    if target.kind != "service":
        return None
    key = key_of(target.namespace, target.name)
    return look.once("istio.enforcer", key, lambda look: _of_service(key, look))


def _of_service(key: str, look: Look) -> Enforcer:
    service: Service | None = look.get(SERVICES, key)
    labels = dict((service.spec.selector if service else None) or {})
    namespace = key.partition("/")[0]
    workload = Workload((namespace,), labels, named=(("", "Service", key),))
    beside = list(doubts(workload, look))
    mtls, by = peer_mode(workload, look)
    if mtls == Switch.ENABLED:
        beside.append(_certificate(by))
    elif mtls == Switch.UNKNOWN:
        beside.append(unknown(by))
    return Enforcer(rules_for(workload, look), tuple(beside), mtls)


def _certificate(by: str) -> Security:
    return asked(by, Scheme(kind=SchemeKind.MTLS, location="tls", native_id=by))


_MODES = {
    "STRICT": Switch.ENABLED,
    "PERMISSIVE": Switch.DISABLED,
    "DISABLE": Switch.DISABLED,
}


def peer_mode(workload: Workload, look: Look) -> tuple[str, str]:
    """Return whether callers within the mesh show certificates, and what says so.

    That of the workload goes before that of its namespace, that before that of the mesh; without any,
    plain text is let in too.
    """
    if not sees_for(PEERS, workload, look):
        return Switch.UNKNOWN, f"{PEERS.kind} could not be read"
    found = [
        (rank, policy, sure)
        for policy, sure in policies_for(PEERS, workload, look)
        if (rank := _rank(policy, workload)) and (policy.spec.mtls or policy.spec.port_level_mtls)
    ]
    found.sort(key=lambda each: (-each[0], *age(each[1])))
    for _, policy, sure in found:
        mode = (policy.spec.mtls.mode if policy.spec.mtls else None) or "UNSET"
        by = named(PEERS.kind, policy)
        told = {each.mode or "UNSET" for each in (policy.spec.port_level_mtls or {}).values()}
        if not sure or told - {mode}:
            return Switch.UNKNOWN, f"{by}: nobody knows whether it is for it"
        if mode != "UNSET":
            return _MODES.get(mode, Switch.UNKNOWN), by
    return Switch.DISABLED, f"no {PEERS.kind} is for it"


def _rank(policy: PeerAuthentication, workload: Workload) -> int:
    """Return how specific a policy is for a workload; zero where it is for others."""
    is_own = policy.metadata.namespace in (workload.namespaces or ())
    if policy.spec.selector is not None and policy.spec.selector.match_labels:
        return 3 if is_own else 0
    if is_own:
        return 2
    return 1 if policy.metadata.namespace == ROOT else 0


def ruled(
    matches: Iterable[Match],
    targets: tuple[Target, ...],
    enforcers: Sequence[Enforcer],
    hosts: tuple[str, ...],
    port: int | None = None,
) -> Iterator[Rule]:
    """Yield rules for requests: one for each that something else is asked of."""
    found: dict[Security, list[Match]] = {}
    for match in matches:
        request = Request(_as_compared(match), hosts, port)
        told = dict.fromkeys(each.security(request) for each in enforcers)
        found.setdefault(agreed(tuple(told)), []).append(match)
    for security, those in found.items():
        yield Rule(matches=tuple(those), targets=targets, security=security)


def agreed(told: Sequence[Security]) -> Security:
    """Return what is asked by all of some; where they differ, nobody can say one thing of them."""
    if not told:
        return unknown("nobody knows what asks")
    if len({each.requirement for each in told}) == 1:
        return told[0] if told[0].requirement == Requirement.NONE else together(told)
    evidence = dict.fromkeys(each.evidence for each in told if each.evidence)
    return unknown("some of it: " + "; ".join(evidence))


def _as_compared(match: Match) -> Match:
    """Return a match as policies compare it: what begins with a prefix of Istio, begins with its letters."""
    if match.path_type == PathType.OWN:
        return msgspec.structs.replace(match, path_type=PathType.PREFIX)
    return match
