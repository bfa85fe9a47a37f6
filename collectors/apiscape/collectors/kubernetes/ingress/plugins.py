"""What plugins of Kong, Middlewares of Traefik and Policies of NGINX ask of callers, where an Ingress names them.

What each of them asks the table says; here is said which of them are named, and which go before others.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from apiscape.collectors.kubernetes.ingress.guards import NOTHING, SWITCHES, Guard, together
from apiscape.collectors.kubernetes.ingress.values import shown, split
from apiscape.collectors.kubernetes.objects import Thing, key_of
from apiscape.collectors.kubernetes.resource import Look
from apiscape.collectors.kubernetes.table.finding import EVERYTHING, OF
from apiscape.collectors.kubernetes.table.rating import limits_of
from apiscape.collectors.kubernetes.table.sketch import LIMITED, Asked, Ref, Sketch
from apiscape.model.security import Scheme
from apiscape.model.vocabulary import SchemeKind

PLUGINS = "kongplugins.configuration.konghq.com"
CLUSTER_PLUGINS = "kongclusterplugins.configuration.konghq.com"
MIDDLEWARES = ("middlewares.traefik.io", "middlewares.traefik.containo.us")
"""Of its own group, and of the older one."""
POLICIES = "policies.k8s.nginx.org"

KONG_KEY = "konghq.com/plugins"
TRAEFIK_KEY = "traefik.ingress.kubernetes.io/router.middlewares"
TRAEFIK_SERVICE_KEY = "traefik.ingress.kubernetes.io/service.middlewares"
POLICY_KEYS = ("nginx.org/policies", "nginx.com/policies")
OF_OBJECTS = "@kubernetescrd"

MEMBERS = 64
"""Plugins, Policies and Middlewares that are looked at for one path, at most."""
NAME_SIZE = 320
"""What is longer is no name of a namespace and an object in it."""


class _Told(NamedTuple):
    """An object as the table reads it, and what it is called for people."""

    sketch: Sketch
    words: str

    @property
    def place(self) -> str:
        """What stands in the place of another one of it."""
        return self.sketch.sort or self.words


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


def _guard(told: _Told) -> Guard:
    """Return what an object asks, as the table says: nothing that can be relied on where it is not carried out."""
    sketch, words = told
    if not sketch.is_served:
        return NOTHING
    if sketch.fault is not None:
        why = f"{words} is not in force: {sketch.fault}"
        return Guard(hidden=(why,), incomplete=(why,), hides_limits=True)
    odd = tuple(f"{words}: {each}" for each in sketch.incomplete)
    return Guard(
        schemes=tuple(_scheme(each, words) for each in sketch.auth),
        evidence=tuple(_evidence(each, words) for each in sketch.auth),
        is_optional=bool(sketch.auth) and all(each.optional for each in sketch.auth),
        hidden=odd,
        incomplete=odd,
        hides_limits=bool(odd),
        on=sketch.switches.intersection(SWITCHES) | _mtls(sketch.auth),
        limits=tuple(limits_of(sketch.limits, words, is_on=LIMITED in sketch.switches)),
    )


def _scheme(asked: Asked, words: str) -> Scheme:
    return Scheme(
        kind=asked.means,
        location=asked.location,
        issuer=asked.issuer,
        scopes=asked.scopes,
        native_id=words,
    )


def _evidence(asked: Asked, words: str) -> str:
    let_in = ", callers without it are let in" if asked.optional else ""
    return f"{words}: {asked.id or asked.kind}{let_in}"


def _mtls(asked: Iterable[Asked]) -> frozenset[str]:
    """Return that TLS is not spoken without a certificate, where that is so; one may travel in a header, too."""
    told = any(
        each.means == SchemeKind.MTLS and each.location == "tls" and not each.optional
        for each in asked
    )
    return frozenset({"mtls"} if told else ())


# Kong.


def kong(places: Iterable[Thing], look: Look) -> Guard:
    """Return what plugins ask: those for everything, those of the Services, those of the Ingress.

    Of two of the same kind the nearer one holds.

    Args:
        places: Service and Ingress, the nearer last.
        look: By which plugins are found.
    """
    held: dict[str, _Told] = {}
    hidden: list[str] = []
    for each in look.those(CLUSTER_PLUGINS, OF, EVERYTHING):
        plugin = _read(each, f"KongClusterPlugin {each.metadata.name}")
        if plugin is not None:
            held[plugin.place] = plugin
    if not look.sees(CLUSTER_PLUGINS):
        hidden.append("KongClusterPlugins could not be seen")
    names, cut = _names(places, KONG_KEY)
    for place, name in names:
        found = _plugin(name, place.metadata.namespace, look)
        if found is None:
            hidden.append(f"plugin {shown(name)} of {place.key} is not there")
        else:
            held[found.place] = found
    guards = [_guard(each) for each in held.values()]
    return together([*guards, cut, Guard(hidden=tuple(hidden), hides_limits=bool(hidden))])


def _read(thing: object, words: str) -> _Told | None:
    return _Told(thing, words) if isinstance(thing, Sketch) else None


def _plugin(name: str, namespace: str, look: Look) -> _Told | None:
    """Return a plugin by its name: of the namespace, else of the cluster; `namespace:name` of another one."""
    other, _, bare = name.rpartition(":")
    key = key_of(other or namespace, bare)
    own = _read(look.get(PLUGINS, key), f"KongPlugin {key}")
    if own is not None or other:
        return own
    return _read(look.get(CLUSTER_PLUGINS, bare), f"KongClusterPlugin {bare}")


# Traefik.


def traefik(places: Iterable[Thing], look: Look) -> Guard:
    """Return what the Middlewares ask that a Service and an Ingress name."""
    names, cut = _names(places, TRAEFIK_KEY, TRAEFIK_SERVICE_KEY)
    held: list[_Told] = []
    hidden: list[str] = []
    for name in dict.fromkeys(name for _, name in names):
        known = list(_joined(name, look))
        held += known
        if not known:
            hidden.append(f"middleware {shown(name)} is in no object that can be seen")
    every, missing = _chained(held, look)
    return together([*map(_guard, every), cut, Guard(hidden=(*hidden, *missing))])


def _joined(name: str, look: Look) -> Iterator[_Told]:
    """Yield the Middlewares that an annotation means: `namespace-name@kubernetescrd`, wherever that is split."""
    if not name.endswith(OF_OBJECTS) or len(name) > NAME_SIZE:
        return
    namespace, *rest = name.removesuffix(OF_OBJECTS).split("-")
    while rest:
        found = _middleware(key_of(namespace, "-".join(rest)), look)
        if found is not None:
            yield found
        namespace = f"{namespace}-{rest.pop(0)}"


def _middleware(key: str, look: Look) -> _Told | None:
    words = f"Middleware {key}"
    found = (_read(look.get(resource, key), words) for resource in MIDDLEWARES)
    return next((each for each in found if each is not None), None)


def _chained(start: list[_Told], look: Look) -> tuple[list[_Told], list[str]]:
    """Return Middlewares with those that they are chains of, each once, and what of them cannot be seen."""
    found: dict[str, _Told] = {}
    missing: list[str] = []
    waiting = list(start)
    while waiting:
        told = waiting.pop(0)
        if told.words in found:
            continue
        if len(found) == MEMBERS:
            return list(found.values()), [*missing, f"more than {MEMBERS} middlewares"]
        found[told.words] = told
        for ref in told.sketch.policies:
            link = _linked(ref, told.sketch.metadata.namespace, look)
            if isinstance(link, str):
                missing.append(link)
            else:
                waiting.append(link)
    return list(found.values()), missing


def _linked(ref: Ref, namespace: str, look: Look) -> _Told | str:
    """Return a Middleware of a chain; why it is none, where it is not there or of another provider."""
    key = key_of(ref.namespace or namespace, ref.name)
    found = _middleware(key, look)
    return f"middleware {shown(key)} is not there" if found is None else found


# NGINX.


def nginx(places: Iterable[Thing], look: Look) -> Guard:
    """Return what the Policies ask that an Ingress names."""
    names, cut = _names(places, *POLICY_KEYS)
    guards: list[Guard] = [cut]
    for place, name in names:
        key = name if "/" in name else key_of(place.metadata.namespace, name)
        found = _read(look.get(POLICIES, key), f"Policy {key}")
        if found is not None:
            guards.append(_guard(found))
        else:
            told = f"Policy {shown(key)} is not there"
            guards.append(Guard(hidden=(told,), hides_limits=True))
    return together(guards)
