"""How a listener speaks TLS: who ends it, from which version on, which certificates it has, and which it asks for.

Options of listeners are each controller's own: those of kgateway (its `annotations` package), of NGINX Gateway
Fabric (its guide to TLS) and of Istio (`gateway.istio.io/tls-terminate-mode`, which goes before what the Gateway asks).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

import msgspec

from apiscape.collectors.kubernetes.gatewayapi.controlling import (
    CLIENT_CERTIFICATES,
    can,
    controller_of,
    given_to,
)
from apiscape.collectors.kubernetes.gatewayapi.granting import Leave, Reference, leave_of
from apiscape.collectors.kubernetes.gatewayapi.kinds import (
    HOLDERS,
    FrontendTls,
    Gateway,
    Listener,
    ListenerSet,
    ObjectRef,
)
from apiscape.collectors.kubernetes.gatewayapi.resources import HOLDING
from apiscape.collectors.kubernetes.objects import key_of
from apiscape.collectors.kubernetes.resource import Look
from apiscape.collectors.kubernetes.standing import read_conditions
from apiscape.model.values import UNKNOWN, Unknown
from apiscape.model.vocabulary import Switch, TlsMode

RESOLVED = "ResolvedRefs"
_ENDS_TLS = frozenset({"HTTPS", "TLS"})
_TLS_MODES = {"Terminate": TlsMode.TERMINATE, "Passthrough": TlsMode.PASSTHROUGH}
_LETS_ALL_IN = "AllowInsecureFallback"

_VERSIONS: Mapping[str, str] = {
    "kgateway.dev/": "kgateway.dev/min-tls-version",
    "gateway.nginx.org/": "nginx.org/ssl-protocols",
}
"""By how the name of a controller begins, the option that says from which version on TLS is spoken."""

_VERSION = re.compile(r"(?:TLSv)?1(?:\.([0-3]))?")

_ISTIO, _ISTIO_MODE = "istio.io/", "gateway.istio.io/tls-terminate-mode"
_ISTIO_MODES: Mapping[str, str] = {
    "MUTUAL": Switch.ENABLED,
    "ISTIO_MUTUAL": Switch.ENABLED,
    "OPTIONAL_MUTUAL": Switch.DISABLED,
    "SIMPLE": Switch.DISABLED,
}


class Certificates(msgspec.Struct, frozen=True):
    """What a listener refers to.

    Attributes:
        secrets: `namespace/name` of the Secrets of its certificates that it may use.
        refused: Why it may not use others: nothing in their namespaces lets it refer to them.
        doubted: Why nobody can tell whether it may use some, which it is taken to.
    """

    secrets: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()
    doubted: tuple[str, ...] = ()


def certificates_of(gateway: Gateway, listener: Listener, holder: str, look: Look) -> Certificates:
    """Return the certificates of a listener.

    Args:
        gateway: Which serves it.
        listener: The listener.
        holder: What has it (`Gateway/ns/name`, `ListenerSet/ns/name`, …).
        look: What is looked at.
    """
    kind, own, _ = holder.split("/", 2)
    shown = (listener.tls.certificate_refs if listener.tls else None) or ()
    told = [(each, _leave(each, kind, own, look)) for each in shown]
    further = [
        _leave(each, "Gateway", gateway.metadata.namespace, look)
        for each in _authorities(gateway, listener)
    ]
    leaves = [*(leave for _, leave in told), *further]
    return Certificates(
        secrets=tuple(
            key_of(each.namespace or own, each.name)
            for each, leave in told
            if leave.holds is not False and each.kind == "Secret" and not each.group
        ),
        refused=_words(leaves, holds=False),
        doubted=() if _follows(gateway, listener, holder, look) else _words(leaves, holds=None),
    )


def _follows(gateway: Gateway, listener: Listener, holder: str, look: Look) -> bool:
    """Say whether the controller says that it could follow all that a listener refers to."""
    kind, _, key = holder.partition("/")
    found: Gateway | ListenerSet | None = (
        gateway if kind == "Gateway" else look.get(HOLDING[kind], key)
    )
    if found is None or found.status is None:
        return False
    told = next((each for each in found.status.listeners or () if each.name == listener.name), None)
    said = read_conditions(told.conditions if told else None, found.metadata.generation)
    return any(each.name == RESOLVED and each.holds for each in said)


def _leave(ref: ObjectRef, kind: str, own: str, look: Look) -> Leave:
    """Return whether something of a kind in a namespace may refer to an object; why, and to which, unless it may."""
    namespace = ref.namespace or own
    told = leave_of(
        Reference(HOLDERS[kind], kind, own, ref.group, ref.kind, namespace, ref.name), look
    )
    why = f"{told.why}: {ref.kind} {key_of(namespace, ref.name)}" if told.why else None
    return Leave(told.holds, why)


def _words(leaves: Iterable[Leave], *, holds: bool | None) -> tuple[str, ...]:
    return tuple(dict.fromkeys(each.why for each in leaves if each.holds is holds and each.why))


def _authorities(gateway: Gateway, listener: Listener) -> Iterable[ObjectRef]:
    """Return what callers' certificates are looked at by."""
    asked = _asked_at(gateway, listener) if listener.protocol in _ENDS_TLS else None
    return (asked.validation.ca_certificate_refs if asked and asked.validation else None) or ()


def mtls_of(gateway: Gateway, listener: Listener, look: Look) -> str:
    """Return whether callers have to show a certificate at a listener, as far as the Gateway says.

    What its controller does not say that it can do is not known to be done.
    """
    if listener.protocol not in _ENDS_TLS:
        return Switch.DISABLED
    if listener.protocol == "TLS" and listener.tls and listener.tls.mode == "Passthrough":
        return Switch.UNKNOWN
    if listener.port in given_to(gateway, look).verifying:
        return Switch.ENABLED
    mode = _option(gateway, listener, {_ISTIO: _ISTIO_MODE}, look)
    if mode is not None:
        return _ISTIO_MODES.get(mode, Switch.UNKNOWN)
    told = _asked_at(gateway, listener)
    if told is None or told.validation is None or not can(gateway, CLIENT_CERTIFICATES, look):
        return Switch.UNKNOWN
    return Switch.DISABLED if told.validation.mode == _LETS_ALL_IN else Switch.ENABLED


def _asked_at(gateway: Gateway, listener: Listener) -> FrontendTls | None:
    frontend = gateway.spec.tls.frontend if gateway.spec.tls else None
    if frontend is None:
        return None
    ports = (each.tls for each in frontend.per_port or () if each.port == listener.port)
    return next(ports, frontend.default)


def tls_mode_of(listener: Listener) -> str:
    """Return who ends TLS at a listener; of a protocol of somebody's own, and of streams, nobody can tell."""
    if listener.protocol not in _ENDS_TLS:
        return TlsMode.UNKNOWN
    mode = (listener.tls.mode if listener.tls else None) or "Terminate"
    return _TLS_MODES.get(mode, TlsMode.UNKNOWN)


def tls_min_of(gateway: Gateway, listener: Listener, look: Look) -> str | Unknown:
    """Return from which version on TLS is spoken at a listener that ends it, as far as its options say."""
    if tls_mode_of(listener) != TlsMode.TERMINATE:
        return UNKNOWN
    told = _option(gateway, listener, _VERSIONS, look) or ""
    found = [_VERSION.fullmatch(word) for word in told.split()]
    versions = sorted(int(each[1] or 0) for each in found if each is not None)
    if not versions or len(versions) < len(found):
        return UNKNOWN
    return f"TLS_1_{versions[0]}"


def lowest(gateway: Gateway, listeners: Iterable[Listener], look: Look) -> str | Unknown:
    """Return the lowest version of TLS that is spoken at any of some listeners that end it; unknown where one is."""
    ending = (each for each in listeners if tls_mode_of(each) == TlsMode.TERMINATE)
    found = {tls_min_of(gateway, each, look) for each in ending}
    known: list[str] = sorted(each for each in found if isinstance(each, str))
    return known[0] if known and len(known) == len(found) else UNKNOWN


def _option(
    gateway: Gateway, listener: Listener, keys: Mapping[str, str], look: Look
) -> str | None:
    """Return an option of a listener: the one that whoever looks after it understands, by how that is called."""
    options = (listener.tls.options if listener.tls else None) or {}
    if not options:
        return None
    controller = controller_of(gateway, look) or ""
    return next(_understood(options, keys, controller), None)


def _understood(
    options: Mapping[str, str], keys: Mapping[str, str], controller: str
) -> Iterator[str]:
    for name, key in keys.items():
        if controller.startswith(name) and key in options:
            yield options[key]
