"""Ingresses that are nothing without another: canaries, masters and minions, and what one says for a whole host."""

from __future__ import annotations

from typing import Any

import pytest

from apiscape.collectors.kubernetes.ingress.guarding import SIBLINGS
from tests.collectors.kubernetes.ingress.room import (
    Json,
    asked,
    condition,
    expose,
    expose_in,
    ingress,
    named,
    one,
    only,
    path,
    rule,
    urls,
    world_of,
)

N = "nginx.ingress.kubernetes.io/"


def canary(*rules: Json, namespace: str = "shop", **said: str) -> Json:
    told = {f"{N}canary": "true"} | {
        f"{N}canary-{key.replace('_', '-')}": v for key, v in said.items()
    }
    return ingress("nginx", *rules, name="canary", namespace=namespace, said=told)


NEW = rule("shop.example", path("/a", "new"))
MAIN = ingress("nginx", rule("shop.example", path("/a", "old"), path("/b", "old")))


def shares(*around: Json) -> list[list[tuple[str, int]]]:
    return [[(t.name, t.weight) for t in each.targets] for each in one(MAIN, *around).rules or ()]


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ({"weight": "20"}, [("old", 80), ("new", 20)]),
        ({"weight": "100"}, [("old", 0), ("new", 100)]),
        ({"weight": "5", "weight_total": "10"}, [("old", 50), ("new", 50)]),
        ({"weight": "900"}, [("old", 0), ("new", 100)]),
        ({"by_header": "X-New"}, [("old", 99), ("new", 1)]),
        ({"by_cookie": "new", "weight": "0"}, [("old", 99), ("new", 1)]),
        ({"weight": "many"}, [("old", 100), ("new", 0)]),
        ({"weight": "9" * 5_000}, [("old", 100), ("new", 0)]),
        ({}, [("old", 100), ("new", 0)]),
    ],
)
def test_a_canary_takes_its_share_of_the_path_that_it_varies(
    said: dict[str, str], told: list[tuple[str, int]]
) -> None:
    assert shares(canary(NEW, **said)) == [told, [("old", 1)]]


def test_a_canary_is_no_api_of_its_own() -> None:
    assert expose(canary(NEW, weight="20"), MAIN) == []


def test_a_canary_of_nothing_is_attached_to_nothing() -> None:
    found = one(canary(NEW, weight="20"))
    assert condition(found, "Attached") == (False, "a canary of no Ingress of shop.example")
    assert found.addresses == ()
    elsewhere = canary(NEW, namespace="infra", weight="20")
    assert condition(one(elsewhere, MAIN), "Attached") is not None
    assert shares(elsewhere) == [[("old", 1)], [("old", 1)]]


@pytest.mark.parametrize(("count", "told"), [(SIBLINGS, ()), (SIBLINGS + 1, ("canaries",))])
def test_canaries_of_a_host_are_not_looked_at_without_end(
    count: int, told: tuple[str, ...]
) -> None:
    many = [
        ingress("nginx", NEW, name=f"c{number:03}", said={f"{N}canary": "true"})
        for number in range(count)
    ]
    found = one(MAIN, *many)
    words = [f"more than {SIBLINGS} {what} of shop.example" for what in told]
    assert [each for each in found.incomplete if "canaries" in each] == words


def test_a_canary_is_one_of_ingress_nginx_alone() -> None:
    thing = ingress("kong", NEW, said={f"{N}canary": "true"})
    assert condition(one(thing), "Attached") is None


def test_what_a_canary_varies_is_asked_again_when_it_changes() -> None:
    world = world_of(MAIN)
    expose_in(world, "Ingress", "shop/api")
    resource = "ingresses.networking.k8s.io"
    world.put(resource, world_of(canary(NEW, weight="20")).held(resource)["shop/canary"])
    assert {each.key for each in world.stale} == {"shop/api", "shop/canary"}


# Masters and minions.


def master(**said: str) -> Json:
    tls = [{"hosts": ["shop.example"], "secretName": "cert"}]
    told = {"nginx.org/mergeable-ingress-type": "master"} | said
    return ingress(
        "f5", {"host": "shop.example"}, name="master", namespace="infra", said=told, tls=tls
    )


def minion(**said: str) -> Json:
    return ingress("f5", said={"nginx.org/mergeable-ingress-type": "minion"} | said)


def test_a_minion_is_served_as_its_master_says() -> None:
    found = one(minion(), master())
    assert urls(found) == ["https://shop.example"]
    assert [each.certificate for each in found.addresses or ()] == ["infra/cert"]
    assert condition(found, "Attached") is None
    assert asked(found) == [("none", [])]


def test_a_master_exposes_nothing_itself() -> None:
    assert expose(master(), minion()) == []


def test_a_minion_without_a_master_is_attached_to_nothing() -> None:
    found = one(minion())
    assert condition(found, "Attached") == (False, "a minion of no master of shop.example")
    assert found.addresses == ()


def test_what_a_master_asks_is_asked_of_callers_of_its_minions() -> None:
    asking = master(**{"nginx.com/jwt-key": "s"})
    found = one(minion(), asking)
    assert asked(found) == [("required", ["jwt"])]
    rule_ = only(found)
    assert rule_.security.evidence == "Ingress infra/master: nginx.com/jwt-key is s"
    assert asked(one(minion(), master(**{"nginx.org/policies": "gone"}))) == [("unknown", [])]


def test_what_a_minion_asks_itself_is_asked_instead() -> None:
    own = minion(**{"nginx.org/basic-auth-secret": "s"})
    assert asked(one(own, master(**{"nginx.com/jwt-key": "s"}))) == [("required", ["basic"])]


def test_certificates_that_a_master_asks_for_are_asked_for_beside() -> None:
    own = minion(**{"nginx.org/basic-auth-secret": "s"})
    around = named("Policy", "p", "infra", spec={"ingressMTLS": {"verifyClient": "on"}})
    found = one(own, master(**{"nginx.org/policies": "p"}), around)
    assert asked(found) == [("required", ["basic", "mtls"])]


def test_how_a_host_is_listened_on_is_the_masters_word() -> None:
    loose = {"nginx.org/ssl-redirect": "false"}
    assert urls(one(minion(**loose), master())) == ["https://shop.example"]
    assert urls(one(minion(), master(**loose))) == ["https://shop.example", "http://shop.example"]


# One host, several Ingresses.


def other(name: str = "other", *, cls: str = "nginx", **more: Any) -> Json:
    return ingress(cls, rule("shop.example", path("/x")), name=name, namespace="infra", **more)


def test_tls_and_certificates_of_callers_hold_for_the_whole_host() -> None:
    tls = [{"hosts": ["shop.example"], "secretName": "cert"}]
    around = other(tls=tls, said={f"{N}auth-tls-secret": "infra/ca", f"{N}auth-type": "basic"})
    found = one(MAIN, around)
    assert urls(found) == ["https://shop.example"]
    assert asked(found) == [("required", ["mtls"])] * 2
    assert found.mtls == "enabled"


def test_ingresses_of_another_class_say_nothing_of_a_host() -> None:
    around = other(cls="kong", tls=[{"hosts": ["shop.example"], "secretName": "cert"}])
    assert urls(one(MAIN, around)) == ["http://shop.example"]


def test_a_snippet_for_the_whole_host_leaves_it_open() -> None:
    closed = ingress("nginx", said={f"{N}enable-global-auth": "false"})
    assert asked(one(closed)) == [("none", [])]
    assert asked(one(closed, other(said={f"{N}server-snippet": "x"}))) == [("unknown", [])]


def test_ingresses_of_a_host_are_not_looked_at_without_end() -> None:
    many = [other(f"n{number:03}") for number in range(SIBLINGS + 1)]
    closed = ingress("nginx", name="zz", namespace="zz", said={f"{N}enable-global-auth": "false"})
    found = one(closed, *many)
    assert found.incomplete == (f"more than {SIBLINGS} Ingresses of shop.example",)
    assert asked(found) == [("unknown", [])]
