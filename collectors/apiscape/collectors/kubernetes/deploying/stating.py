"""What objects state of an API, their own and those that describe it: claims, weighed with what people say."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec

from apiscape.collectors.kubernetes.exposed import Condition, Exposed, Rule
from apiscape.collectors.kubernetes.limiting import each_once
from apiscape.collectors.kubernetes.table.describing import Told
from apiscape.model.limits import RateLimits
from apiscape.model.provenance import Claim
from apiscape.model.security import Security
from apiscape.model.values import known_or
from apiscape.model.vocabulary import Lifecycle, ProvenanceMethod, Requirement, Status, Switch

Claims = dict[str, tuple[Claim, ...]]

_TEXTS = ("title", "description", "version")
_SWITCHES = ("cors", "waf", "mtls", "request_validation", "access_log", "tracing")


def stated(exposed: Exposed) -> Claims:
    """Return what an object states of its own API, with the claims that it comes with."""
    found: Claims = dict(exposed.claims)
    for field in _TEXTS:
        value = getattr(exposed, field)
        if value:
            found[field] = (_source(value), *found.get(field, ()))
    if exposed.lifecycle != Lifecycle.UNKNOWN:
        found["lifecycle"] = (_source(exposed.lifecycle), *found.get("lifecycle", ()))
    if exposed.owners:
        found["owners"] = (*exposed.owners, *found.get("owners", ()))
    return found


def _source(value: str, by: str | None = None) -> Claim:
    return Claim(value, ProvenanceMethod.SOURCE, by)


def described(exposed: Exposed, said: Iterable[Told]) -> Exposed:
    """Return what is exposed with what other objects say of it: they add, and take nothing away."""
    for each in said:
        exposed = _with(exposed, each)
    return exposed


def _with(exposed: Exposed, told: Told) -> Exposed:
    claims: Claims = dict(exposed.claims)
    for field in (*_TEXTS, "lifecycle"):
        value = getattr(told, field)
        if value:
            claims[field] = (*claims.get(field, ()), _source(value, told.by))
    if told.owners:
        claims["owners"] = (*claims.get("owners", ()), *told.owners)
    switched = {
        name: Switch.ENABLED
        for name in told.switches
        if name in _SWITCHES and getattr(exposed, name) != Switch.ENABLED
    }
    return msgspec.structs.replace(
        exposed,
        claims=claims,
        status=exposed.status
        if exposed.status != Status.UNKNOWN
        else told.status or exposed.status,
        documents=(*exposed.documents, *told.documents),
        conditions=(*exposed.conditions, *_conditions(told)),
        links={**told.links, **exposed.links},
        consumers=exposed.consumers if told.consumers is None else told.consumers,
        rules=_limited(_secured(exposed.rules, told.security), told.limits),
        **switched,
    )


def _conditions(told: Told) -> Iterator[Condition]:
    """Yield what controllers say of another object, by its kind: that one need not stand for this one to be served."""
    kind = told.by.partition(" ")[0]
    for each in told.conditions:
        reason = f"{told.by}: {each.reason}" if each.reason else None
        yield Condition(name=f"{kind}{each.name}", holds=each.holds, reason=reason)


def _secured(rules: tuple[Rule, ...] | None, asked: Security) -> tuple[Rule, ...] | None:
    """Return rules with what is asked of callers besides."""
    if rules is None or asked.requirement != Requirement.REQUIRED:
        return rules
    return tuple(
        msgspec.structs.replace(rule, security=_both(rule.security, asked)) for rule in rules
    )


def _limited(rules: tuple[Rule, ...] | None, limits: RateLimits) -> tuple[Rule, ...] | None:
    """Return rules with the limits that hold for all of them besides."""
    if rules is None or not limits:
        return rules
    return tuple(
        msgspec.structs.replace(
            rule, rate_limits=each_once((*known_or(rule.rate_limits, ()), *limits))
        )
        for rule in rules
    )


def _both(own: Security, other: Security) -> Security:
    """Return what is asked where two ask: where one of them requires something, it is required."""
    evidence = "; ".join(each for each in (own.evidence, other.evidence) if each)
    if own.requirement != Requirement.REQUIRED:
        return msgspec.structs.replace(other, evidence=evidence or None)
    schemes = dict.fromkeys((*own.schemes, *other.schemes))
    return msgspec.structs.replace(own, schemes=tuple(schemes), evidence=evidence or None)
