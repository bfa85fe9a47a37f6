"""Limits of rates that policies of Gateway API's controllers state, decoded and as the model has them. Pure.

After Envoy Gateway (BackendTrafficPolicy), Kuadrant (RateLimitPolicy), kgateway (TrafficPolicy) and NGINX
Gateway Fabric (RateLimitPolicy). What a limit goes by is read, never which values of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, TypeVar

import msgspec

from apiscape.collectors.kubernetes.core import Field
from apiscape.collectors.kubernetes.limiting import (
    CLIENT_ADDRESS,
    each_once,
    expressed_key,
    figure,
    nginx_key,
    rate_of,
    span_s,
    unit_s,
)
from apiscape.collectors.kubernetes.policies.attaching import Attached
from apiscape.collectors.kubernetes.policies.targets import Policy, Present
from apiscape.model.limits import RateLimit, RateLimits
from apiscape.model.values import UNKNOWN, Unknown

P = TypeVar("P", bound=Policy)


def in_all(
    force: Sequence[Attached[P]], told: Callable[[P], RateLimits], *, sees: bool
) -> RateLimits | Unknown:
    """Return the limits of all policies that hold; unknown where there is none and nobody can tell what holds.

    Args:
        force: What holds.
        told: The limits of a policy.
        sees: Whether all policies that may hold were read.
    """
    held = each_once(limit for each in force if each.is_sure for limit in told(each.policy))
    if held:
        return held
    return () if sees and all(each.is_sure for each in force) else UNKNOWN


# Envoy Gateway.


class EnvoyLimit(Field):
    """As many in each unit."""

    requests: Any = None
    unit: Any = None


class EnvoyMatch(Field):
    """A header or an address that a rule goes by; of its values nothing is read."""

    type: Any = None
    name: Any = None


class EnvoySelector(Field):
    """Which requests, and by what they are counted."""

    headers: list[EnvoyMatch] | None = None
    source: EnvoyMatch | None = msgspec.field(default=None, name="sourceCIDR")
    path: Present | None = None
    methods: list[Any] | None = None
    query_params: list[Any] | None = None


class EnvoyRule(Field):
    """A limit, and for which requests it is."""

    client_selectors: list[EnvoySelector] | None = None
    limit: EnvoyLimit | None = None


class EnvoyRules(Field):
    """Limits."""

    rules: list[EnvoyRule] | None = None


class EnvoyRateLimit(Field):
    """Limits of each instance, and of all of them together."""

    local: EnvoyRules | None = None
    all: EnvoyRules | None = msgspec.field(default=None, name="global")


def envoy_limits(told: EnvoyRateLimit, by: str) -> RateLimits:
    """Return the limits of a BackendTrafficPolicy."""
    parts = ((told.local, False), (told.all, True))
    found = [
        _envoy_limit(rule, by, shared=shared)
        for part, shared in parts
        for rule in (part.rules if part else None) or ()
    ]
    return each_once(found) or (RateLimit(native_id=by),)


def _envoy_limit(rule: EnvoyRule, by: str, *, shared: bool) -> RateLimit:
    keys, some = _selected(rule.client_selectors or ())
    limit = rule.limit or EnvoyLimit()
    return RateLimit(
        requests=figure(limit.requests),
        per_s=unit_s(limit.unit),
        by=keys,
        shared=shared,
        condition=f"for some values of {', '.join(some)}" if some else None,
        evidence="rateLimit.global" if shared else "rateLimit.local",
        native_id=by,
    )


def _selected(selectors: Iterable[EnvoySelector]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return what callers are told apart by, and what else requests are chosen by."""
    keys: dict[str, None] = {}
    some: dict[str, None] = {}
    for each in selectors:
        for name, is_key in _matched(each):
            (keys if is_key else some)[name] = None
    return tuple(keys), tuple(some)


def _matched(selector: EnvoySelector) -> Iterator[tuple[str, bool]]:
    for header in selector.headers or ():
        name = header.name.lower() if isinstance(header.name, str) else "?"
        yield f"header:{name}", header.type == "Distinct"
    if selector.source is not None:
        yield CLIENT_ADDRESS, selector.source.type == "Distinct"
    for word, told in (
        ("path", selector.path),
        ("methods", selector.methods),
        ("query", selector.query_params),
    ):
        if told:
            yield word, False


# Kuadrant.


class KuadrantRate(Field):
    """As many in each window."""

    limit: Any = None
    window: Any = None


class KuadrantCounter(Field):
    """What callers are told apart by."""

    expression: Any = None


class KuadrantLimit(Field):
    """Rates that hold together."""

    rates: list[KuadrantRate] | None = None
    counters: list[KuadrantCounter] | None = None
    when: list[Present] | None = None


def kuadrant_limits(name: str, told: KuadrantLimit, by: str, *, narrowed: bool) -> RateLimits:
    """Return one limit of a RateLimitPolicy, by its name.

    Args:
        name: Of the limit.
        told: What it states.
        by: What evidence calls the policy.
        narrowed: Whether the policy as a whole is for some requests alone.
    """
    keys = tuple(dict.fromkeys(expressed_key(each.expression) for each in told.counters or ()))
    return tuple(
        RateLimit(
            requests=figure(rate.limit),
            per_s=span_s(rate.window),
            by=keys,
            shared=True,
            condition="where its predicates hold" if told.when or narrowed else None,
            evidence=f"limit {name}",
            native_id=by,
        )
        for rate in told.rates or (KuadrantRate(),)
    )


# kgateway.


class TokenBucket(Field):
    """What a bucket holds, and how it is filled."""

    max_tokens: Any = None
    tokens_per_fill: Any = 1
    fill_interval: Any = None


class KgatewayLocal(Field):
    """A limit of each instance."""

    token_bucket: TokenBucket | None = None


class KgatewayRateLimit(Field):
    """A limit of each instance, of a service that all of them ask, or none at all."""

    local: KgatewayLocal | None = None
    all: Present | None = msgspec.field(default=None, name="global")
    disable: Present | None = None


def kgateway_limits(told: KgatewayRateLimit, by: str) -> RateLimits:
    """Return the limits of a TrafficPolicy; what a service is asked for stands elsewhere."""
    if told.disable is not None:
        return ()
    found: list[RateLimit] = []
    bucket = told.local.token_bucket if told.local else None
    if bucket is not None:
        found.append(
            RateLimit(
                requests=figure(bucket.tokens_per_fill),
                per_s=span_s(bucket.fill_interval),
                burst=figure(bucket.max_tokens),
                by=(),
                shared=False,
                evidence="rateLimit.local",
                native_id=by,
            )
        )
    if told.all is not None:
        found.append(RateLimit(shared=True, evidence="rateLimit.global", native_id=by))
    return tuple(found) or (RateLimit(native_id=by),)


# NGINX.


class NginxRate(Field):
    """A limit as NGINX has it; one that is tried only limits nothing."""

    rate: Any = None
    key: Any = None
    burst: Any = None
    dry_run: bool | None = None
    condition: Present | None = None


def nginx_limits(told: Iterable[NginxRate], by: str) -> RateLimits:
    """Return limits of NGINX: each of its instances counts by itself."""
    return each_once(
        RateLimit(
            requests=requests,
            per_s=per_s,
            burst=None if each.burst is None else figure(each.burst),
            by=nginx_key(each.key),
            shared=False,
            condition="where its condition holds" if each.condition is not None else None,
            evidence="rateLimit",
            native_id=by,
        )
        for each in told
        if not each.dry_run
        for requests, per_s in (rate_of(each.rate),)
    )
