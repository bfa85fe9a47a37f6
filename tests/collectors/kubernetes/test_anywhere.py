"""What is made in a cluster is read back from it: an emulated one, or the one that KUBECONFIG names.

There up to three namespaces are made, objects in them, an IngressClass and a GatewayClass that nobody looks after; all
of it is removed again.
"""

from __future__ import annotations

from typing import Any

import pytest

from apiscape.collectors.contract import (
    Cancelled,
    Failed,
    Listed,
    PartFailed,
    Recorded,
    Skipped,
)
from apiscape.collectors.kubernetes import following, listing
from apiscape.collectors.kubernetes.gateways import GatewaysCollector
from apiscape.demo.kubernetes.faults import Fault, FaultKind
from tests.collectors.kubernetes.anywhere import Somewhere
from tests.collectors.kubernetes.estate import (
    backend,
    endpoint_slice,
    gateway,
    gateway_class,
    listener,
    namespace,
    parent,
    route,
    rule,
    service,
)
from tests.collectors.kubernetes.following.room import short
from tests.collectors.kubernetes.visiting import Told, Visit, Watch, read
from tests.collectors.kubernetes.visiting import following as follow

Json = dict[str, Any]
INGRESSES, SLICES = "ingresses.networking.k8s.io", "endpointslices.discovery.k8s.io"
GATEWAY_API = "gateway.networking.k8s.io/v1"
PATIENCE_S = 60.0


def ingress(name: str, space: str, host: str = "orders.example") -> Json:
    backend = {"service": {"name": "orders", "port": {"number": 80}}}
    path = {"path": "/", "pathType": "Prefix", "backend": backend}
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "Ingress",
        "metadata": {"name": name, "namespace": space},
        "spec": {"ingressClassName": space, "rules": [{"host": host, "http": {"paths": [path]}}]},
    }


def ingress_class(name: str) -> Json:
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "IngressClass",
        "metadata": {"name": name},
        "spec": {"controller": "apiscape.example/nobody"},
    }


def behind(space: str) -> tuple[Json, Json]:
    """Return a Service, and what is behind it."""
    return service(namespace=space), endpoint_slice(namespace=space)


def here(told: Told, space: str) -> dict[str, Any]:
    """Return the deployments of a namespace: a real cluster has others."""
    found = told.deployments
    return {key: found[key] for key in found if key.startswith(f"{space}/")}


def watched(watch: Watch, holds: Any) -> bool:
    return watch.until(holds, PATIENCE_S)


@pytest.fixture(autouse=True)
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let nothing be waited for that a test does not wait for."""
    monkeypatch.setattr(following, "GATHER_S", 0.02)
    monkeypatch.setattr(following, "WAIT_S", 0.05)


def test_an_ingress_is_read_with_what_is_behind_it_and_whose_it_is(somewhere: Somewhere) -> None:
    space = somewhere.space
    somewhere.add(ingress_class(space), *behind(space), ingress("orders", space))
    with somewhere.session() as session:
        told = read(session)
    assert told.closes()
    (key,) = here(told, space)
    made = told.deployments[key]
    assert [each.url for each in made.endpoints] == ["http://orders.example"]
    assert [each.backend for each in made.operations] == [f"{space}/orders:80"]
    assert [each.name for each in made.owners] == ["testers"]
    assert told.signals(key)["backends.ready"].value == 1


def test_a_route_is_read_at_its_gateway(somewhere: Somewhere) -> None:
    somewhere.needs(GATEWAY_API, "GatewayClass", "Gateway", "HTTPRoute")
    space = somewhere.space
    edge = gateway(
        listener(protocol="HTTP", port=80), namespace=space, spec={"gatewayClassName": space}
    )
    at = [parent(namespace=space)]
    one = route(
        "orders", rule("/v1", backend()), namespace=space, parents=at, hostnames=["shop.example"]
    )
    somewhere.add(gateway_class(space), edge, *behind(space), one)
    with somewhere.session() as session:
        told = read(session)
    made = here(told, space)[f"{space}/orders@{space}/edge"]
    assert (made.gateway, [each.url for each in made.endpoints]) == (
        f"{space}/edge",
        ["http://shop.example"],
    )
    assert [(each.verb, each.template) for each in made.operations] == [("ANY", "/v1/*")]
    assert f"{space}/edge" in told.gateways


def test_of_one_namespace_nothing_else_is_read_and_what_is_left_out_is_said(
    somewhere: Somewhere,
) -> None:
    space = somewhere.space
    somewhere.add(ingress_class(space), *behind(space), ingress("orders", space))
    with somewhere.session(space) as session:
        told = read(session)
    assert len(told.deployments) == len(here(told, space)) == 1
    assert {"namespaces", "ingressclasses.networking.k8s.io"} <= told.accepted.keys()
    assert told.broken.keys() == told.accepted.keys()


def test_a_resource_is_listed_page_by_page(
    somewhere: Somewhere, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listing, "PAGE", 3)
    space = somewhere.space
    somewhere.add(*(ingress(f"i{number}", space, f"i{number}.example") for number in range(7)))
    with somewhere.session(space) as session:
        told = read(session)
    pages = [each for each in told.said if isinstance(each, Listed) and each.part == INGRESSES]
    assert [(len(each.native_ids), each.last) for each in pages] == [
        (3, False),
        (3, False),
        (1, True),
    ]
    assert len(here(told, space)) == 7


def test_what_is_made_changed_and_removed_is_said(somewhere: Somewhere) -> None:
    space = somewhere.space
    one, other = ingress("orders", space), ingress("late", space, "late.example")
    somewhere.add(one)
    with somewhere.session(space) as session, follow(session) as watch:
        assert watched(watch, lambda told: INGRESSES in told.synced)
        assert len(here(watch.told, space)) == 1
        somewhere.add(other)
        assert watched(watch, lambda told: len(here(told, space)) == 2)
        somewhere.change(other, spec=ingress("late", space, "moved.example")["spec"])
        moved = ["http://moved.example"]
        assert watched(
            watch,
            lambda told: (
                moved in [[end.url for end in each.endpoints] for each in told.deployments.values()]
            ),
        )
        somewhere.remove(one)
        assert watched(watch, lambda told: len(here(told, space)) == 1)


def test_what_is_behind_an_ingress_is_followed(somewhere: Somewhere) -> None:
    space = somewhere.space
    of_service, ready = behind(space)
    somewhere.add(of_service, ready, ingress("orders", space))

    def is_ready(told: Told) -> object:
        (key,) = here(told, space) or ("",)
        return key and told.signals(key)["backends.ready"].value

    with somewhere.session(space) as session, follow(session) as watch:
        assert watched(
            watch, lambda told: {INGRESSES, SLICES} <= told.synced and is_ready(told) == 1
        )
        ended = [{"addresses": ["10.0.0.1"], "conditions": {"ready": False}}]
        somewhere.change(ready, endpoints=ended)
        assert watched(watch, lambda told: is_ready(told) == 0)


def test_a_watch_that_the_server_no_longer_keeps_is_listed_anew(somewhere: Somewhere) -> None:
    server, space = somewhere.emulated(), somewhere.space
    somewhere.add(ingress("orders", space))
    with somewhere.session(space) as session, follow(session) as watch:
        assert watched(watch, lambda told: INGRESSES in told.synced)
        server.inject(Fault(kind=FaultKind.GONE_EVENT, verb="watch", resource="ingresses", times=1))
        server.hang_up()
        somewhere.add(ingress("late", space, "late.example"))
        assert watched(watch, lambda told: len(here(told, space)) == 2)


# ── Read once ────────────────────────────────────────────────────────────────


def test_every_listed_object_ends_once_whatever_else_is_there(somewhere: Somewhere) -> None:
    space = somewhere.space
    somewhere.add(ingress_class(space), *behind(space), ingress("orders", space))
    with somewhere.session() as session:
        told = read(session)
    ended = [each.native_id for each in told.said if isinstance(each, Recorded | Skipped | Failed)]
    assert len(ended) == len(set(ended)) == len(told.objects)
    assert told.closes()
    assert told.whole | told.missing.keys() | told.broken.keys() == set(GatewaysCollector.parts)


def test_of_what_lies_in_no_namespace_only_what_is_installed_is_left_out(
    somewhere: Somewhere,
) -> None:
    with somewhere.session() as session:
        everywhere = read(session)
    with somewhere.session(somewhere.space) as session:
        narrow = read(session)
    lost = everywhere.whole - narrow.whole
    assert {"namespaces", "ingressclasses.networking.k8s.io"} <= lost
    assert narrow.accepted.keys() == lost
    assert narrow.missing == everywhere.missing
    left_out = next(each for each in narrow.said if isinstance(each, PartFailed))
    assert left_out.error.permission == f"list {left_out.part}"
    assert left_out.error.next_step is not None


def test_several_namespaces_are_read_one_after_the_other(somewhere: Somewhere) -> None:
    space, other, third = (f"{somewhere.space}{tail}" for tail in ("", "-pay", "-infra"))
    somewhere.add(
        namespace(other),
        namespace(third),
        *(ingress("orders", each, f"{each}.example") for each in (space, other, third)),
    )
    with somewhere.session(space, other) as session:
        told = read(session)
    spaces = {key.partition("/")[0] for key in told.deployments}
    assert spaces == {space, other}
    pages = [each for each in told.said if isinstance(each, Listed) and each.part == INGRESSES]
    assert [each.last for each in pages] == [False, True]
    kind = "cluster:networking.k8s.io/ingresses:"
    assert {each.within for each in pages} == {(f"{kind}{space}/", f"{kind}{other}/")}
    assert told.closes()


def test_what_people_leave_out_is_skipped_with_their_reason(somewhere: Somewhere) -> None:
    space = somewhere.space
    hidden = ingress("hidden", space, "hidden.example")
    hidden["metadata"]["labels"] = {"tier": "gold"}
    somewhere.add(ingress("orders", space), hidden)
    with somewhere.session(space) as session:
        visit = Visit(session)
        visit.excluded = {f"{space}/hidden": "excluded by name"}
        told = read(session, visit)
    assert told.ends(Skipped) == [f"{space}/hidden"]
    assert len(here(told, space)) == 1
    assert visit.traits[f"{space}/hidden"] == {"tier": "gold", "namespace": space}


def test_a_visit_that_is_told_to_stop_stops(somewhere: Somewhere) -> None:
    with somewhere.session() as session:
        visit = Visit(session)
        visit.is_over = True
        with pytest.raises(Cancelled, match="told to stop"):
            read(session, visit)


# ── Followed ─────────────────────────────────────────────────────────────────


def test_a_service_concerns_those_that_send_to_it_alone(somewhere: Somewhere) -> None:
    space = somewhere.space
    somewhere.add(*behind(space), ingress("orders", space))
    cards = ingress("cards", space, "cards.example")
    cards["spec"]["rules"][0]["http"]["paths"][0]["backend"]["service"]["name"] = "cards"
    somewhere.add(cards)

    def ready(told: Told, name: str) -> object:
        keys = [key for key in here(told, space) if key.startswith(f"{space}/{name}")]
        return keys and told.signals(keys[0])["backends.ready"].value

    with somewhere.session(space) as session, follow(session) as watch:
        assert watched(watch, lambda told: ready(told, "orders") == 1 and SLICES in told.synced)
        watch.since()
        somewhere.add(service("cards", namespace=space), endpoint_slice("cards", namespace=space))
        assert watched(watch, lambda told: ready(told, "cards") == 1)
        said = [each for each in short(watch.since()) if each.startswith("ingresses")]
        assert said == [f"ingresses {space}/cards"]


def test_what_says_nothing_of_an_object_has_nothing_said_again(somewhere: Somewhere) -> None:
    space = somewhere.space
    of_service, slices = behind(space)
    somewhere.add(of_service, slices, ingress("orders", space))
    with somewhere.session(space) as session, follow(session) as watch:
        assert watched(watch, lambda told: {INGRESSES, SLICES} <= told.synced)
        watch.since()
        somewhere.change(slices, metadata={"annotations": {"note": "nobody reads it"}})
        somewhere.add(ingress("later", space, "later.example"))
        assert watched(watch, lambda told: len(here(told, space)) == 2)
        said = [each for each in short(watch.since()) if each.startswith("ingresses")]
        assert said == [f"ingresses {space}/later"]


def test_measurements_are_said_again_before_they_are_too_old(
    somewhere: Somewhere, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(following, "REFRESH_S", 0.05)
    space = somewhere.space
    somewhere.add(*behind(space), ingress("orders", space))
    with somewhere.session(space) as session, follow(session) as watch:
        assert watched(watch, lambda told: {INGRESSES, SLICES} <= told.synced)
        watch.since()
        again = [f"ingresses {space}/orders"]
        assert watched(watch, lambda _: short(watch.last) == again)
