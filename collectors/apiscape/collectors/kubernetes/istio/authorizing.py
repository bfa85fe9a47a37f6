"""What Istio asks of callers of one operation. Pure.

After the order in which Istio decides: who is asked elsewhere (`CUSTOM`), what is denied (`DENY`), what is
allowed (`ALLOW`; where any such policy is for a workload, nothing else passes). A RequestAuthentication looks at
tokens where there are any; that there is one is asked by an AuthorizationPolicy, or by `presence: REQUIRED`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import msgspec

from apiscape.collectors.kubernetes.istio.callers import Who, denied_but, least, let_in
from apiscape.collectors.kubernetes.istio.matching import Request, Sure, all_of, is_to
from apiscape.collectors.kubernetes.istio.security import (
    AuthorizationPolicy,
    AuthorizationRule,
    JwtRule,
    OperationOf,
    RequestAuthentication,
)
from apiscape.collectors.kubernetes.policies.securing import (
    any_of,
    asked,
    named,
    nothing,
    together,
    unknown,
)
from apiscape.model.security import Scheme, Security
from apiscape.model.vocabulary import SchemeKind

_SCHEMES = {
    Who.TOKEN: (SchemeKind.JWT,),
    Who.CERTIFICATE: (SchemeKind.MTLS,),
    Who.BOTH: (SchemeKind.JWT, SchemeKind.MTLS),
    Who.EITHER: (SchemeKind.CUSTOM,),
}
_PLACES = {SchemeKind.JWT: "header:Authorization", SchemeKind.MTLS: "tls"}


class Rules(msgspec.Struct, frozen=True):
    """Policies that are for a workload, each with whether that is certain.

    Attributes:
        values: How many values requests are compared with; with more than `MOST_VALUES` none are.
    """

    requests: Sequence[tuple[RequestAuthentication, bool]] = ()
    authorizations: Sequence[tuple[AuthorizationPolicy, bool]] = ()
    values: int = 0


MOST_VALUES = 2_000


def values_of(policies: Iterable[AuthorizationPolicy]) -> int:
    """Return how many values requests are compared with."""
    return sum(
        1 + sum(len(getattr(told, name) or ()) for name in told.__struct_fields__)
        for policy in policies
        for rule in policy.spec.rules or ()
        for told in [each.operation or OperationOf() for each in rule.to or ()] or [OperationOf()]
    )


def security_of(request: Request, rules: Rules) -> Security:
    """Return what is asked of callers of some requests."""
    if rules.values > MOST_VALUES:
        return unknown(
            f"more than {MOST_VALUES} values of AuthorizationPolicies, which are not compared"
        )
    tokens = _tokens(rules.requests)
    told = [each for each in _authorized(request, rules.authorizations, tokens) if each]
    if tokens is not None:
        told.append(tokens)
    if told:
        return together(told)
    return nothing("no RequestAuthentication or AuthorizationPolicy is for it")


# Tokens.


def _tokens(requests: Iterable[tuple[RequestAuthentication, bool]]) -> Security | None:
    """Return what tokens are looked at, and whether there has to be one."""
    told = list(requests)
    rules = [(rule, each) for each, _ in told for rule in each.spec.jwt_rules or ()]
    if not rules:
        return None
    by = _names("RequestAuthentication", [each for _, each in rules])
    scheme = any_of([_scheme(rule, by) for rule, _ in rules])
    if not all(sure for _, sure in told):
        return Security(schemes=(scheme,), evidence=f"{by}: nobody knows whether it is for it")
    is_required = all(rule.presence == "REQUIRED" for rule, _ in rules)
    return asked(by, scheme, optional=not is_required)


def _scheme(rule: JwtRule, by: str) -> Scheme:
    places = [f"header:{each.name}" for each in rule.from_headers or ()]
    places += [f"query:{each}" for each in rule.from_params or ()]
    places += [f"cookie:{each}" for each in rule.from_cookies or ()]
    return Scheme(
        kind=SchemeKind.JWT,
        location=places[0] if places else "header:Authorization",
        issuer=rule.issuer or None,
        native_id=by,
    )


# Authorization.


def _authorized(
    request: Request,
    policies: Iterable[tuple[AuthorizationPolicy, bool]],
    tokens: Security | None,
) -> Iterator[Security | None]:
    allowing: list[tuple[AuthorizationPolicy, bool]] = []
    for policy, sure in policies:
        match policy.spec.action or "ALLOW":
            case "ALLOW":
                allowing.append((policy, sure))
            case "DENY":
                yield _doubted(_denied(request, policy, tokens), policy, sure=sure)
            case "CUSTOM":
                yield _doubted(_elsewhere(request, policy), policy, sure=sure)
            case "AUDIT":
                continue
            case action:
                yield unknown(f"{_name(policy)}: nobody knows the action {action}")
    if allowing:
        yield _allowed(request, allowing, tokens)


def _doubted(told: Security | None, policy: AuthorizationPolicy, *, sure: bool) -> Security | None:
    if told is None or sure:
        return told
    return Security(
        schemes=told.schemes, evidence=f"{_name(policy)}: nobody knows whether it is for it"
    )


def _elsewhere(request: Request, policy: AuthorizationPolicy) -> Security | None:
    """Return what is asked where somebody else decides."""
    provider = policy.spec.provider.name if policy.spec.provider else "?"
    by = f"{_name(policy)} asks {provider}"
    scheme = Scheme(kind=SchemeKind.CUSTOM, native_id=_name(policy))
    told = [_is_for(rule, request) for rule in policy.spec.rules or ()]
    if True in told:
        return asked(by, scheme)
    if None in told:
        return Security(schemes=(scheme,), evidence=f"{by} about some of it")
    return None


def _is_for(rule: AuthorizationRule, request: Request) -> Sure:
    """Say whether a rule is for requests of anyone; of some only, where it is for some callers."""
    callers: Sure = None if rule.origins or rule.when else True
    return all_of((is_to(rule.to, request), callers))


def _denied(
    request: Request, policy: AuthorizationPolicy, tokens: Security | None
) -> Security | None:
    """Return what a caller has to show not to be denied."""
    told = [
        (fits, denied_but(rule))
        for rule in policy.spec.rules or ()
        if (fits := is_to(rule.to, request)) is not False
    ]
    sure = [who for fits, who in told if fits is True and who is not None]
    by = _name(policy)
    if Who.ANYONE in sure:
        return unknown(f"{by} denies everyone")
    for who in (Who.BOTH, Who.TOKEN, Who.CERTIFICATE):
        if who in sure:
            return asked(by, *_schemes(who, by, tokens))
    if any(who is not None for _, who in told):
        return unknown(f"{by} denies some of it")
    return None


def _allowed(
    request: Request, policies: Sequence[tuple[AuthorizationPolicy, bool]], tokens: Security | None
) -> Security:
    """Return what a caller has to show so that one of some policies lets it pass."""
    told: list[tuple[bool, Who, AuthorizationPolicy]] = []
    for policy, sure in policies:
        for rule in policy.spec.rules or ():
            fits = is_to(rule.to, request)
            if fits is not False:
                told.append((sure and fits is True, let_in(rule), policy))
    by = _names("AuthorizationPolicy", [policy for _, _, policy in told])
    if any(sure and who is Who.ANYONE for sure, who, _ in told):
        return nothing(f"{by} allows anyone")
    if any(who in {Who.ANYONE, Who.UNKNOWN} for _, who, _ in told):
        return unknown(f"{by}: nobody knows whether it allows anyone")
    if not all(sure for _, sure in policies):
        return unknown(f"{by or _names('AuthorizationPolicy', _of(policies))}: may not be for it")
    if not told:
        return unknown(f"{_names('AuthorizationPolicy', _of(policies))} allows nobody")
    return asked(by, *_schemes(least({who for _, who, _ in told}), by, tokens))


def _of(policies: Sequence[tuple[AuthorizationPolicy, bool]]) -> list[AuthorizationPolicy]:
    return [policy for policy, _ in policies]


def _schemes(who: Who, by: str, tokens: Security | None) -> Iterator[Scheme]:
    """Yield how callers prove who they are; of a token what is looked at of it."""
    for kind in _SCHEMES[who]:
        if kind == SchemeKind.JWT and tokens is not None:
            yield from tokens.schemes
        else:
            yield Scheme(kind=kind, location=_PLACES.get(kind), native_id=by)


def _name(policy: AuthorizationPolicy) -> str:
    return named("AuthorizationPolicy", policy)


def _names(kind: str, policies: Iterable[AuthorizationPolicy | RequestAuthentication]) -> str:
    return ", ".join(dict.fromkeys(named(kind, each) for each in policies))
