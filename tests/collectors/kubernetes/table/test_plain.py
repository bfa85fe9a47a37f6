"""Who takes plain requests beside TLS: those addresses are told too, and none where they are sent to https."""

from __future__ import annotations

from typing import Any

import pytest

from apiscape.collectors.kubernetes.exposed import Exposed
from tests.collectors.kubernetes.table.room import Json, Room, rules
from tests.collectors.kubernetes.table.test_gateways import made, mapping

HTTPS, HTTP = ["https"], ["http"]
BOTH = ["https", "http"]


def openshift(**tls: Any) -> Json:
    spec = {"host": "a.example", "to": {"kind": "Service", "name": "a"}, "tls": tls}
    return made("route.openshift.io/v1", "Route", "a", spec)


def nginx(**spec: Any) -> Json:
    return made("k8s.nginx.org/v1", "VirtualServer", "a", {"host": "a.example"} | spec)


def contour(tls: Json | None, *routes: Json) -> Json:
    spec = {"virtualhost": {"fqdn": "a.example", "tls": tls}, "routes": list(routes)}
    return made("projectcontour.io/v1", "HTTPProxy", "a", spec)


def kong(*protocols: str) -> Json:
    spec: Json = {"hosts": ["a.example"], "paths": ["/"]}
    if protocols:
        spec["protocols"] = list(protocols)
    return made("configuration.konghq.com/v1alpha1", "KongRoute", "a", spec)


SECRET: Json = {"secret": "a"}
CERTIFICATE: Json = {"secretName": "a"}

SERVED: dict[str, tuple[Json, list[str]]] = {
    "openshift: nothing said": (openshift(termination="edge"), HTTPS),
    "openshift: both": (openshift(termination="edge", insecureEdgeTerminationPolicy="Allow"), BOTH),
    "openshift: sent on": (
        openshift(termination="edge", insecureEdgeTerminationPolicy="Redirect"),
        HTTPS,
    ),
    "nginx: without TLS": (nginx(), HTTP),
    "nginx: TLS of nobody": (nginx(tls={}), HTTP),
    "nginx: both": (nginx(tls=SECRET), BOTH),
    "nginx: sent on": (nginx(tls=SECRET | {"redirect": {"enable": True}}), HTTPS),
    "nginx: not sent on": (nginx(tls=SECRET | {"redirect": {"enable": False}}), BOTH),
    "nginx: a listener of TLS": (nginx(tls=SECRET, listener={"https": "h"}), HTTPS),
    "nginx: a plain listener": (nginx(tls=SECRET, listener={"http": "h"}), HTTP),
    "contour: without TLS": (contour(None, {"permitInsecure": True}), HTTP),
    "contour: sent on": (contour(CERTIFICATE, {"permitInsecure": False}, {}), HTTPS),
    "contour: permitted": (contour(CERTIFICATE, {}, {"permitInsecure": True}), BOTH),
    "kong: nothing said": (kong(), BOTH),
    "kong: both": (kong("http", "https"), HTTP + HTTPS),
    "kong: TLS alone": (kong("https"), HTTPS),
    "kong: gRPC over TLS": (kong("grpcs"), HTTPS),
    "kong: gRPC": (kong("grpc"), HTTP),
    "kong: streams": (kong("tls", "udp"), ["tls", "udp"]),
}


def addresses(exposed: Exposed) -> list[tuple[str, str]]:
    return [(each.scheme, each.host) for each in exposed.addresses or ()]


@pytest.mark.parametrize(("one", "schemes"), SERVED.values(), ids=SERVED.keys())
def test_an_api_is_served_where_its_object_says(one: Json, schemes: list[str]) -> None:
    exposed = Room([one]).one()
    assert addresses(exposed) == [(scheme, "a.example") for scheme in schemes]
    assert not [each for each in exposed.incomplete if "addresses" in each]


def test_a_stream_that_is_passed_on_has_its_tls_ended_by_nobody_here() -> None:
    found = Room([kong("tls_passthrough")]).one().addresses or ()
    assert [(each.scheme, each.tls_mode) for each in found] == [("tls", "passthrough")]


def test_nobody_is_asked_for_a_certificate_where_plain_requests_are_permitted() -> None:
    tls = CERTIFICATE | {"clientValidation": {"caSecret": "callers"}}
    plain = {"conditions": [{"prefix": "/open"}], "permitInsecure": True}
    exposed = Room([contour(tls, {"conditions": [{"prefix": "/"}]}, plain)]).one()
    assert [each.security.requirement for each in rules(exposed)] == ["required", "none"]
    assert [each.mtls for each in exposed.addresses or ()] == ["enabled", "disabled"]
    assert exposed.mtls == "unknown"


@pytest.mark.parametrize(
    ("action", "schemes"), [("Route", BOTH), ("Redirect", HTTPS), (None, HTTPS)]
)
def test_a_host_of_emissary_says_what_becomes_of_plain_requests(
    action: str | None, schemes: list[str]
) -> None:
    spec: Json = {"hostname": "a.example", "tlsSecret": {"name": "a"}}
    if action:
        spec["requestPolicy"] = {"insecure": {"action": action}}
    host = made("getambassador.io/v3alpha1", "Host", "h", spec)
    (exposed,) = Room([mapping("a.example"), host]).exposed()["Mapping shop/m"]
    assert isinstance(exposed, Exposed)
    assert addresses(exposed) == [(scheme, "a.example") for scheme in schemes]
