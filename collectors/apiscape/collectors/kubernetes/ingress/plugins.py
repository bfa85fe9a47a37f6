"""What plugins of Kong, Middlewares of Traefik and Policies of NGINX ask of callers, where an Ingress names them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from apiscape.collectors.kubernetes.ingress.guards import NOTHING, SWITCHES, Guard, together
from apiscape.collectors.kubernetes.ingress.named import (
    CLUSTER_PLUGINS,
    GLOBAL,
    JOINED,
    MIDDLEWARES,
    PLUGINS,
    POLICIES,
    KongPlugin,
    Middleware,
    Policy,
    PolicyMtls,
)
from apiscape.collectors.kubernetes.ingress.plugin_rates import (
    kong_rates,
    traefik_in_flight,
    traefik_rate,
)
from apiscape.collectors.kubernetes.ingress.values import issuer_of, shown, split
from apiscape.collectors.kubernetes.objects import Thing, key_of
from apiscape.collectors.kubernetes.policies.rates import nginx_limits
from apiscape.collectors.kubernetes.resource import Look
from apiscape.collectors.kubernetes.table.sketch import Sketch
from apiscape.collectors.kubernetes.twofold import as_a
from apiscape.model.security import Scheme
from apiscape.model.vocabulary import SchemeKind

KONG_LIMITS = frozenset({"rate-limiting", "rate-limiting-advanced", "response-ratelimiting"})
KONG_SCRIPTS = frozenset({"pre-function", "post-function", "serverless-functions"})

KONG_KEY = "konghq.com/plugins"
TRAEFIK_KEY = "traefik.ingress.kubernetes.io/router.middlewares"
TRAEFIK_SERVICE_KEY = "traefik.ingress.kubernetes.io/service.middlewares"
POLICY_KEYS = ("nginx.org/policies", "nginx.com/policies")
OF_OBJECTS = "@kubernetescrd"


def _names(things: Iterable[Thing], *keys: str) -> tuple[list[tuple[Thing, str]], Guard]:
    """Return what things name by some annotations, with who does; and that it is not all, if so."""
    found = [
        (thing, name)
        for thing in things
        for key in keys
        for name in split((thing.metadata.annotations or {}).get(key, ""))
    ]
    if len(found) <= MEMBERS:
        return found, NOTHING
    told = f"more than {MEMBERS} are named"
    return found[:MEMBERS], Guard(hidden=(told,), incomplete=(told,), hides_limits=True)


# Kong.


def kong(places: Iterable[Thing], look: Look) -> Guard:
    """Return what plugins ask: those for everything, those of the Services, those of the Ingress.

    Of two of the same kind the nearer one holds.

    Args:
        places: Service and Ingress, the nearer last.
        look: By which plugins are found.
    """
    held: dict[str, _Plugin] = {}
    hidden: list[str] = []
    for each in look.those(CLUSTER_PLUGINS, GLOBAL, "true"):
        plugin = _read(each, f"KongClusterPlugin {each.metadata.name}")
        if plugin is not None:
            held[plugin.read.plugin] = plugin
    if not look.sees(CLUSTER_PLUGINS):
        hidden.append("KongClusterPlugins could not be seen")
    names, cut = _names(places, KONG_KEY)
    for place, name in names:
        found = _plugin(name, place.metadata.namespace, look)
        if found is None:
            hidden.append(f"plugin {shown(name)} of {place.key} is not there")
        else:
            held[found.read.plugin] = found
    guards = [_kong_guard(each) for each in held.values() if not each.read.disabled]
    return together([*guards, cut, Guard(hidden=tuple(hidden), hides_limits=bool(hidden))])


class _Plugin(NamedTuple):
    """A plugin as code reads it, and what the table says of it."""

    read: KongPlugin
    told: Sketch
    words: str


def _read(thing: object, words: str) -> _Plugin | None:
    read = as_a(KongPlugin, thing)
    return _Plugin(read, thing, words) if read is not None and isinstance(thing, Sketch) else None


def _plugin(name: str, namespace: str, look: Look) -> _Plugin | None:
    """Return a plugin by its name: of the namespace, else of the cluster; `namespace:name` of another one."""
    other, _, bare = name.rpartition(":")
    key = key_of(other or namespace, bare)
    own = _read(look.get(PLUGINS, key), f"KongPlugin {key}")
    if own is not None or other:
        return own
    return _read(look.get(CLUSTER_PLUGINS, bare), f"KongClusterPlugin {bare}")


def _kong_guard(plugin: _Plugin) -> Guard:
    """Return what a plugin asks: which kinds do so, and what else they are, the table says."""
    config, name, words = plugin.read.config, plugin.read.plugin, plugin.words
    if name in KONG_SCRIPTS:
        told = f"{words} runs a script"
        return Guard(hidden=(told,), incomplete=(told,))
    if name in KONG_LIMITS:
        return Guard(limits=tuple(kong_rates(name, config, words)))
    kind = next((each.means for each in plugin.told.auth), None)
    on = plugin.told.switches.intersection(SWITCHES)
    if kind is None:
        return Guard(on=on) if on else NOTHING
    scheme = Scheme(
        kind=kind,
        issuer=issuer_of(config.issuer) if config else None,
        scopes=tuple(config.scopes_required or ()) if config else (),
        location="tls" if kind == SchemeKind.MTLS else None,
        native_id=words,
    )
    is_optional = bool(config and config.anonymous)
    evidence = f"{words}: {name}" + (", anonymous callers are let in" if is_optional else "")
    mtls = frozenset({"mtls"}) if name == "mtls-auth" and not is_optional else on
    return Guard(schemes=(scheme,), evidence=(evidence,), is_optional=is_optional, on=mtls)


# Traefik.


def traefik(places: Iterable[Thing], look: Look) -> Guard:
    """Return what the Middlewares ask that a Service and an Ingress name."""
    names, cut = _names(places, TRAEFIK_KEY, TRAEFIK_SERVICE_KEY)
    held: list[Middleware] = []
    hidden: list[str] = []
    for name in dict.fromkeys(name for _, name in names):
        joined = name.removesuffix(OF_OBJECTS)
        found = look.those(MIDDLEWARES, JOINED, joined) if name.endswith(OF_OBJECTS) else ()
        known = [one for each in found if (one := as_a(Middleware, each)) is not None]
        held += known
        if not known:
            hidden.append(f"middleware {shown(name)} is in no object that can be seen")
    every, missing = _chained(held, look)
    guards = [guard for each in every for guard in _traefik_guards(each)]
    return together([*guards, cut, Guard(hidden=(*hidden, *missing))])


def _chained(start: list[Middleware], look: Look) -> tuple[list[Middleware], list[str]]:
    """Return Middlewares with those that they are chains of, each once, and what of them cannot be seen."""
    found: dict[str, Middleware] = {}
    missing: list[str] = []
    waiting = list(start)
    while waiting:
        middleware = waiting.pop(0)
        if middleware.key in found:
            continue
        if len(found) == MEMBERS:
            return list(found.values()), [*missing, f"more than {MEMBERS} middlewares"]
        found[middleware.key] = middleware
        for ref in (middleware.spec.chain.middlewares if middleware.spec.chain else None) or ():
            key = key_of(ref.namespace or middleware.metadata.namespace, ref.name)
            link = as_a(Middleware, look.get(MIDDLEWARES, key))
            if link is not None:
                waiting.append(link)
            else:
                missing.append(f"middleware {key} is not there")
    return list(found.values()), missing


def _traefik_guards(middleware: Middleware) -> Iterator[Guard]:
    spec, words = middleware.spec, f"Middleware {middleware.key}"
    if spec.basic_auth is not None or spec.digest_auth is not None:
        name = "basicAuth" if spec.basic_auth is not None else "digestAuth"
        scheme = Scheme(kind=SchemeKind.BASIC, location="header:Authorization", native_id=words)
        yield Guard(schemes=(scheme,), evidence=(f"{words}: {name}",))
    if spec.forward_auth is not None:
        issuer = issuer_of(spec.forward_auth.address)
        scheme = Scheme(kind=SchemeKind.CUSTOM, issuer=issuer, native_id=words)
        yield Guard(schemes=(scheme,), evidence=(f"{words}: forwardAuth",))
    if spec.rate_limit is not None:
        yield Guard(limits=tuple(traefik_rate(spec.rate_limit, words)))
    if spec.in_flight_req is not None:
        yield Guard(limits=tuple(traefik_in_flight(spec.in_flight_req, words)))
    headers = spec.headers
    if headers and (
        headers.access_control_allow_origin_list or headers.access_control_allow_origin_list_regex
    ):
        yield Guard(on=frozenset({"cors"}))
    for name in spec.plugin or ():
        told = f"{words} is plugin {name}"
        yield Guard(hidden=(told,), incomplete=(told,))


# NGINX.


def nginx(places: Iterable[Thing], look: Look) -> Guard:
    """Return what the Policies ask that an Ingress names."""
    names, cut = _names(places, *POLICY_KEYS)
    guards: list[Guard] = [cut]
    for place, name in names:
        key = name if "/" in name else key_of(place.metadata.namespace, name)
        found = as_a(Policy, look.get(POLICIES, key))
        if found is not None:
            guards += _nginx_guards(found)
        else:
            told = f"Policy {shown(key)} is not there"
            guards.append(Guard(hidden=(told,), hides_limits=True))
    return together(guards)


def _nginx_guards(policy: Policy) -> Iterator[Guard]:
    spec, words = policy.spec, f"Policy {policy.key}"
    for name, part, kind, location in (
        ("jwt", spec.jwt, SchemeKind.JWT, None),
        ("oidc", spec.oidc, SchemeKind.OIDC, None),
        ("basicAuth", spec.basic_auth, SchemeKind.BASIC, "header:Authorization"),
        ("apiKey", spec.api_key, SchemeKind.API_KEY, None),
        ("externalAuth", spec.external_auth, SchemeKind.CUSTOM, None),
    ):
        if part is not None:
            issuer = issuer_of(spec.jwt.jwks_uri) if name == "jwt" and spec.jwt else None
            scheme = Scheme(kind=kind, location=location, issuer=issuer, native_id=words)
            yield Guard(schemes=(scheme,), evidence=(f"{words}: {name}",))
    if spec.ingress_mtls is not None:
        yield _nginx_mtls(spec.ingress_mtls, words)
    if spec.rate_limit is not None:
        yield Guard(limits=nginx_limits([spec.rate_limit], words))
    parts = (("cors", spec.cors), ("waf", spec.waf))
    yield Guard(on=frozenset(name for name, part in parts if part is not None))


def _nginx_mtls(asked: PolicyMtls, words: str) -> Guard:
    """Return what a Policy asks of certificates: asked for unless it says `off` or `optional`."""
    if asked.verify_client == "off":
        return NOTHING
    is_optional = asked.verify_client.startswith("optional")
    return Guard(
        schemes=(Scheme(kind=SchemeKind.MTLS, location="tls", native_id=words),),
        evidence=(f"{words}: ingressMTLS, verifyClient is {asked.verify_client}",),
        is_optional=is_optional,
        on=frozenset() if is_optional else frozenset({"mtls"}),
    )


MEMBERS = 64
"""Plugins, Policies and Middlewares that are looked at for one path, at most."""
