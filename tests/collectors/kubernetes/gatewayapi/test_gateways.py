"""Gateways: the hosts that they serve, from where they are reached, and which certificates they ask for."""

from __future__ import annotations

from typing import Any

import pytest

from apiscape.model.vocabulary import Exposure, Switch
from tests.collectors.kubernetes.estate import (
    KINDS,
    backend,
    gateway,
    listener,
    route,
    said,
    service,
)
from tests.collectors.kubernetes.gatewayapi.room import (
    SPACES,
    TAKES_SETS,
    at_edge,
    listener_set,
)
from tests.collectors.kubernetes.worlds import READS, exposed, world_of


def test_a_gateway_serves_the_hosts_of_its_listeners_and_of_the_sets_that_it_takes() -> None:
    tls = {"certificateRefs": [{"name": "own"}, {"kind": "ConfigMap", "name": "no"}]}
    edge = gateway(listener(hostname="a.example", tls=tls))
    more = listener_set(listener(hostname="b.example", tls=tls))
    (alone,) = exposed(world_of(*SPACES, edge, more), edge)
    assert (alone.hosts, alone.certificates) == (("a.example",), ("infra/own",))
    edge["spec"] |= TAKES_SETS
    (both,) = exposed(world_of(*SPACES, edge, more), edge)
    assert (both.hosts, both.certificates) == (
        ("a.example", "b.example"),
        ("infra/own", "shop/own"),
    )


def test_a_gateway_of_which_one_listener_takes_any_host_serves_any() -> None:
    for anything in (listener("any"), listener("any", hostname="")):
        edge = gateway(listener(hostname="a.example"), anything)
        (found,) = exposed(world_of(edge), edge)
        assert found.hosts == ()


def test_a_gateway_says_what_its_controller_says() -> None:
    status = {
        "conditions": said(Accepted="True", Programmed="True"),
        "listeners": [{"name": "web", "conditions": said(ResolvedRefs="False")}],
    }
    edge = gateway(status=status)
    (found,) = exposed(world_of(edge), edge)
    assert {each.name: each.holds for each in found.conditions} == {
        "Accepted": True,
        "Programmed": True,
        "ResolvedRefs.web": False,
    }
    for nothing in ({}, {"conditions": None, "listeners": None}):
        edge = gateway(status=nothing)
        (found,) = exposed(world_of(edge), edge)
        (told,) = found.conditions
        assert (told.name, told.holds) == ("Programmed", None)


def test_a_gateway_is_reached_by_what_is_said_to_its_load_balancer() -> None:
    internal = {"service.beta.kubernetes.io/aws-load-balancer-scheme": "internal"}
    name: dict[str, Any] = {"status": {"addresses": [{"type": "Hostname", "value": "lb.example"}]}}
    for edge, *others in (
        [gateway(spec={"infrastructure": {"annotations": internal}}, **name)],
        [gateway(metadata={"annotations": internal}, **name)],
        [
            gateway(**name),
            service(
                "edge-lb",
                "infra",
                spec={"type": "LoadBalancer"},
                metadata={
                    "annotations": internal,
                    "labels": {"gateway.networking.k8s.io/gateway-name": "edge"},
                },
            ),
        ],
    ):
        (found,) = exposed(world_of(edge, *others), edge)
        assert found.reached.exposure == Exposure.PRIVATE
        assert "internal" in (found.reached.evidence or "")
    (plain,) = exposed(world_of(gateway()), gateway())
    assert plain.reached.exposure == Exposure.INTERNET


def test_every_kind_is_read() -> None:
    assert {each.plural for each in READS.resources} >= KINDS.keys()


# Certificates of callers.


def validated(mode: str = "AllowValidOnly", **given: Any) -> dict[str, Any]:
    frontend = {"default": {"validation": {"mode": mode}}} | given
    return {"tls": {"frontend": frontend}}


PER_PORT = [{"port": 8443, "tls": {"validation": {}}}]
MTLS = {
    "valid certificates alone": (listener(), validated(), Switch.ENABLED),
    "any certificate": (listener(), validated("AllowInsecureFallback"), Switch.DISABLED),
    "none": (listener(), {}, Switch.UNKNOWN),
    "no validation": (listener(), {"tls": {"frontend": {"default": {}}}}, Switch.UNKNOWN),
    "another port": (listener(), {"tls": {"frontend": {"perPort": PER_PORT}}}, Switch.UNKNOWN),
    "its port": (
        listener(port=8443),
        {"tls": {"frontend": {"perPort": PER_PORT}}},
        Switch.ENABLED,
    ),
    "plain": (listener(protocol="HTTP"), validated(), Switch.DISABLED),
}


@pytest.mark.parametrize(("given", "spec", "switch"), MTLS.values(), ids=MTLS.keys())
def test_callers_show_certificates_where_the_gateway_asks_for_them(
    given: Any, spec: Any, switch: str
) -> None:
    api = at_edge(route(), gateway(given, spec=spec))
    assert (api.mtls, [each.mtls for each in api.addresses or ()]) == (switch, [switch])


def test_certificates_of_a_listener_that_lets_tls_through_are_not_its_own() -> None:
    through = listener(protocol="TLS", tls={"mode": "Passthrough"})
    one = route("r", {"backendRefs": [backend()]}, kind="TLSRoute")
    assert at_edge(one, gateway(through, spec=validated())).mtls == Switch.UNKNOWN
