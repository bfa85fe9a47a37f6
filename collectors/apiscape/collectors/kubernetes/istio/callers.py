"""For which callers rules of Istio's authorization are: anyone, or those who show a token or a certificate. Pure."""

from __future__ import annotations

from enum import StrEnum

from apiscape.collectors.kubernetes.istio.security import AuthorizationRule, From, Source


class Who(StrEnum):
    """For which callers a rule is."""

    ANYONE = "anyone"
    """Of those that the rule allows, some need not say who they are."""
    TOKEN = "token"  # noqa: S105 - a word, no secret
    CERTIFICATE = "certificate"
    BOTH = "both"
    EITHER = "either"
    UNKNOWN = "unknown"


def let_in(rule: AuthorizationRule) -> Who:
    """Return what a caller has to show so that a rule lets it pass."""
    keys = [each.key for each in rule.when or () if each.is_given]
    has_token = any(each.startswith("request.auth.") for each in keys)
    has_certificate = bool({"source.principal", "source.namespace"} & set(keys))
    who = least(
        {
            _shows(each.source or Source(), token=has_token, certificate=has_certificate)
            for each in rule.origins or (From(),)
        }
    )
    return Who.UNKNOWN if rule.when and who is Who.ANYONE else who


def least(told: set[Who]) -> Who:
    """Return the least of what several ways in ask a caller to show."""
    for who in (Who.UNKNOWN, Who.ANYONE):
        if who in told:
            return who
    for who in (Who.BOTH, Who.TOKEN, Who.CERTIFICATE):
        if told <= {who, Who.BOTH}:
            return who
    return Who.EITHER


def _shows(source: Source, *, token: bool, certificate: bool) -> Who:
    has_token = token or bool(source.request_principals)
    has_certificate = certificate or any(getattr(source, name) for name in _CERTIFIED)
    if has_token and has_certificate:
        return Who.BOTH
    if has_token:
        return Who.TOKEN
    return Who.CERTIFICATE if has_certificate else Who.ANYONE


def denied_but(rule: AuthorizationRule) -> Who | None:
    """Return what saves a caller from a rule that denies; `None` where it is for callers that name themselves.

    A rule without callers is for anyone; one for those without a token or certificate saves those with one.
    """
    if rule.when:
        return Who.UNKNOWN
    if not rule.origins:
        return Who.ANYONE
    saving = {_saves(each.source or Source()) for each in rule.origins}
    for who in (Who.ANYONE, Who.UNKNOWN):
        if who in saving:
            return who
    named_ones = {each for each in saving if each is not None}
    if len(named_ones) > 1:
        return Who.BOTH
    return next(iter(named_ones), None)


def _saves(source: Source) -> Who | None:
    told = {name for name in source.__struct_fields__ if getattr(source, name)}
    if not told:
        return Who.ANYONE
    if told == {"not_request_principals"}:
        return Who.TOKEN
    if told <= {"not_principals", "not_namespaces", "not_service_accounts", "not_trust_domains"}:
        return Who.CERTIFICATE if len(told) == 1 else Who.UNKNOWN
    asks = {"request_principals", *_CERTIFIED} & told
    return None if asks or told <= _ADDRESSES else Who.UNKNOWN


_CERTIFIED = ("principals", "namespaces", "service_accounts", "trust_domains")
_ADDRESSES = frozenset({"ip_blocks", "not_ip_blocks", "remote_ip_blocks", "not_remote_ip_blocks"})
