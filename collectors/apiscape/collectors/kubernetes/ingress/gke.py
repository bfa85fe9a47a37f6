"""What is said of Ingresses of GKE beside the Ingress itself: BackendConfigs of Services, and how backends fare."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from apiscape.collectors.kubernetes.exposed import Condition
from apiscape.collectors.kubernetes.ingress.guards import NOTHING, Guard
from apiscape.collectors.kubernetes.ingress.kinds import NAME_SIZE
from apiscape.collectors.kubernetes.ingress.named import (
    BACKEND_CONFIGS,
    FRONTEND_CONFIGS,
    BackendConfig,
    FrontendConfig,
)
from apiscape.collectors.kubernetes.objects import key_of
from apiscape.collectors.kubernetes.resource import Look
from apiscape.model.codec import ready
from apiscape.model.security import Scheme
from apiscape.model.vocabulary import SchemeKind

CONFIG_KEYS = ("cloud.google.com/backend-config", "beta.cloud.google.com/backend-config")
HEALTH_KEY = "ingress.kubernetes.io/backends"
FRONT_KEY = "networking.gke.io/v1beta1.FrontendConfig"
POLICY_LINK = "networking.gke.io/ssl-policy"
"""What the policy is called that says which versions of TLS are taken: it is kept outside of the cluster."""
INTERNAL_CLASS = "gce-internal"
JSON_SIZE = 1 << 16
NAMED = 3
"""Backends that are named of those that are not well; the others are counted."""


class Front(msgspec.Struct, frozen=True, kw_only=True):
    """How requests are taken that reach an Ingress.

    Attributes:
        away: Why plain requests do not reach it, if they do not.
        links: What things are called elsewhere.
        incomplete: What may say otherwise and could not be found.
    """

    away: str | None = None
    links: dict[str, str] = {}
    incomplete: tuple[str, ...] = ()


def front_of(said: Mapping[str, str], namespace: str, look: Look) -> Front:
    """Return what the FrontendConfig says that an Ingress names.

    Args:
        said: Annotations of the Ingress.
        namespace: Of the Ingress.
        look: By which it is found.
    """
    name = said.get(FRONT_KEY, "").strip()
    if not name or len(name) > NAME_SIZE:
        return Front()
    words = f"FrontendConfig {key_of(namespace, name)}"
    found = look.get(FRONTEND_CONFIGS, key_of(namespace, name))
    if not isinstance(found, FrontendConfig):
        seen = look.sees(FRONTEND_CONFIGS, namespace)
        return Front(
            incomplete=(f"{words} {'is not there' if seen else 'could not be looked at'}",)
        )
    redirect, policy = found.spec.redirect_to_https, found.spec.ssl_policy
    return Front(
        away=f"sent to https: {words}" if redirect and redirect.enabled else None,
        links={POLICY_LINK: policy} if policy else {},
    )


class _Configs(msgspec.Struct):
    default: str | None = None
    ports: dict[str, str] = {}


def guard_of(said: Mapping[str, str], namespace: str, port: str | None, look: Look) -> Guard:
    """Return what the BackendConfig of a Service's port asks of callers.

    Args:
        said: Annotations of the Service.
        namespace: Of the Service.
        port: Number or name of its port.
        look: By which it is found.
    """
    told = next((said[key] for key in CONFIG_KEYS if said.get(key)), None)
    if told is None:
        return NOTHING
    name = _config_name(told, port)
    key = key_of(namespace, name) if name else ""
    found = look.get(BACKEND_CONFIGS, key) if name else None
    if not isinstance(found, BackendConfig):
        return Guard(hidden=(f"BackendConfig {key or 'of a Service'} is not there",))
    words = f"BackendConfig {key}"
    on = frozenset({"waf"} if found.spec.security_policy is not None else ())
    if found.spec.iap is None or not found.spec.iap.enabled:
        return Guard(on=on)
    scheme = Scheme(kind=SchemeKind.OIDC, issuer="https://cloud.google.com/iap", native_id=words)
    return Guard(schemes=(scheme,), evidence=(f"{words}: iap is enabled",), on=on)


def _config_name(told: str, port: str | None) -> str | None:
    if len(told) > JSON_SIZE:
        return None
    try:
        configs = msgspec.json.decode(told, type=ready(_Configs))
    except msgspec.DecodeError:
        return None
    return configs.ports.get(port or "") or configs.default


def backends_condition(said: Mapping[str, str]) -> Condition | None:
    """Return how the load balancer finds its backends; nothing where it does not say."""
    told = said.get(HEALTH_KEY)
    if not told or len(told) > JSON_SIZE:
        return None
    try:
        states = msgspec.json.decode(told, type=dict[str, str])
    except msgspec.DecodeError:
        return None
    ill = sorted(name for name, state in states.items() if state.upper() == "UNHEALTHY")
    if ill:
        more = f" and {len(ill) - NAMED} more" if len(ill) > NAMED else ""
        reason = f"unhealthy: {', '.join(ill[:NAMED])}{more}"
        return Condition(name="BackendsHealthy", holds=False, reason=reason)
    if states and all(state.upper() == "HEALTHY" for state in states.values()):
        return Condition(name="BackendsHealthy", holds=True)
    return Condition(name="BackendsHealthy", holds=None, reason="pending: not measured yet")
