"""Plugins of Kong and Middlewares of Traefik at routes of Gateway API."""

from __future__ import annotations

from typing import Any

import pytest

from apiscape.collectors.kubernetes.core import CORE
from apiscape.collectors.kubernetes.families import reads
from apiscape.collectors.kubernetes.ingress.family import IngressFamily
from apiscape.collectors.kubernetes.objects import Metadata
from apiscape.collectors.kubernetes.policies.effective import Effective, Point, effective
from tests.collectors.kubernetes.ingress.room import NAMED
from tests.collectors.kubernetes.policies.clusters import (
    EVERY,
    Json,
    look_at,
    made,
    point,
    world_of,
)

KONG = "konghq.com/kic-gateway-controller"
TRAEFIK = "traefik.io/gateway-controller"
_NAMES = NAMED | {each.name for each in (*CORE, *IngressFamily.resources, *EVERY)}
RESOURCES = tuple(each for each in reads().resources if each.name in _NAMES)
BY_KONG = ("configuration.konghq.com", "KongPlugin", "login")
BY_TRAEFIK = ("traefik.io", "Middleware", "login")


def plugin(name: str, kind: str, **given: Any) -> Json:
    told = made("KongPlugin", name, {}, group="configuration.konghq.com", status={})
    return told | {"plugin": kind} | given


def middleware(name: str, spec: Json) -> Json:
    return made("Middleware", name, spec, group="traefik.io", status={})


def service(**annotations: str) -> Json:
    told = made("Service", "web", {}, group="x", status={}, annotations=annotations)
    return told | {"apiVersion": "v1"}


def annotated(**given: Any) -> Point:
    route = Metadata(name="web", namespace="shop", annotations={"konghq.com/plugins": "login"})
    return point(KONG, route=route, **given)


def holding(at: Point, *objects: Json, unseen: tuple[str, ...] = ()) -> Effective:
    return effective(at, look_at(world_of(*objects, unseen=unseen, resources=RESOURCES)))


def asked(at: Point, *objects: Json, unseen: tuple[str, ...] = ()) -> tuple[str, ...]:
    told = holding(at, *objects, unseen=unseen).security
    return (str(told.requirement), *(str(each.kind) for each in told.schemes))


@pytest.mark.parametrize(
    ("at", "objects"),
    [
        (point(KONG, extensions=(BY_KONG,)), []),
        (annotated(), []),
        (point(KONG, services=("shop/web",)), [service(**{"konghq.com/plugins": "login"})]),
    ],
)
def test_a_plugin_of_kong_asks_wherever_it_is_named(at: Point, objects: list[Json]) -> None:
    assert asked(at, plugin("login", "key-auth"), *objects) == ("required", "api_key")
    assert asked(at, *objects) == ("unknown",)


def test_a_plugin_that_nothing_names_asks_nobody() -> None:
    at = point(KONG, services=("shop/web", "shop/gone"))
    assert asked(at, plugin("login", "key-auth"), service()) == ("none",)
    assert holding(at, service()).security.evidence == "HTTPRoute shop/web asks for nothing"


def test_plugins_for_everything_have_to_be_seen() -> None:
    assert asked(point(KONG), unseen=("KongClusterPlugin",)) == ("unknown",)
    behind = point(KONG, services=("shop/web",))
    assert asked(behind, unseen=("Service",)) == ("unknown",)
    assert asked(point("konghq.com/gateway-operator")) == ("unknown",)


def test_plugins_of_kong_switch_things_on() -> None:
    told = holding(point(KONG, extensions=(BY_KONG,)), plugin("login", "rate-limiting"))
    assert (told.rate_limit, told.cors) == ("enabled", "unknown")


def test_a_middleware_of_traefik_asks_callers_of_its_rule() -> None:
    at = point(TRAEFIK, extensions=(BY_TRAEFIK,))
    login = middleware("login", {"basicAuth": {"secret": "people"}})
    assert asked(at, login) == ("required", "basic")
    assert asked(at) == ("unknown",)
    assert asked(point(TRAEFIK), login) == ("unknown",)
    assert "entry points" in (holding(point(TRAEFIK)).security.evidence or "")


def test_an_extension_of_another_maker_is_not_read() -> None:
    login = middleware("login", {"basicAuth": {"secret": "people"}})
    assert asked(point(KONG, extensions=(BY_TRAEFIK,)), login) == ("unknown",)


def test_without_a_route_nothing_is_referred_to() -> None:
    at = point(TRAEFIK, route=None, extensions=(BY_TRAEFIK,))
    assert asked(at, middleware("login", {"basicAuth": {}})) == ("unknown",)
    assert asked(point(KONG, route=None)) == ("none",)


def test_what_one_route_names_says_nothing_of_another() -> None:
    world = world_of(plugin("login", "key-auth"), resources=RESOURCES)
    told = [
        effective(at, look_at(world)).security.requirement
        for at in (annotated(), point(KONG), annotated(), point(KONG))
    ]
    assert told == ["required", "none", "required", "none"]
