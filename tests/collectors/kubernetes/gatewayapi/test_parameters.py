"""Parameters of Gateways and their classes: what a load balancer or a Service is asked to be."""

from __future__ import annotations

from typing import Any

import pytest

from apiscape.collectors.kubernetes.exposed import Reached, Served
from apiscape.model.vocabulary import Exposure, Switch
from tests.collectors.kubernetes.estate import gateway, gateway_class, listener, route, service
from tests.collectors.kubernetes.gatewayapi.room import SPACES, at_edge
from tests.collectors.kubernetes.worlds import exposed, world_of

AWS, ENVOY = "gateway.k8s.aws", "gateway.envoyproxy.io"
HIDDEN: dict[str, Any] = {"status": {"addresses": [{"type": "Hostname", "value": "lb.example"}]}}
HTTPS = listener(port=443)


def ref(kind: str, name: str, **given: Any) -> dict[str, Any]:
    group = ENVOY if kind == "EnvoyProxy" else AWS
    return {"parametersRef": {"group": group, "kind": kind, "name": name} | given}


def balancer(name: str, namespace: str = "infra", **spec: Any) -> dict[str, Any]:
    metadata = {"name": name, "namespace": namespace}
    kind = "LoadBalancerConfiguration"
    return {"apiVersion": f"{AWS}/v1", "kind": kind, "metadata": metadata, "spec": spec}


def proxy(name: str, namespace: str = "infra", **envoy_service: Any) -> dict[str, Any]:
    metadata = {"name": name, "namespace": namespace}
    spec = {"provider": {"type": "Kubernetes", "kubernetes": {"envoyService": envoy_service}}}
    return {
        "apiVersion": f"{ENVOY}/v1alpha1",
        "kind": "EnvoyProxy",
        "metadata": metadata,
        "spec": spec,
    }


def edge(parameters: Any = None, *listeners: Any, **given: Any) -> dict[str, Any]:
    spec = {"infrastructure": parameters} if parameters else {}
    return gateway(*listeners, spec=spec, **(HIDDEN | given))


def classed(parameters: Any = None, *features: Any, name: str = "public") -> dict[str, Any]:
    made = gateway_class(name)
    made["spec"] |= parameters or {}
    made["status"] = {"supportedFeatures": list(features)}
    return made


def served(*manifests: Any, **given: Any) -> Served:
    told, *_ = manifests
    (found,) = exposed(world_of(*SPACES, *manifests, **given), told)
    assert isinstance(found, Served)
    return found


def reached(*manifests: Any, **given: Any) -> Reached:
    return served(*manifests, **given).reached


OWN = ref("LoadBalancerConfiguration", "own")
WIDE = ref("LoadBalancerConfiguration", "wide", namespace="aws")


@pytest.mark.parametrize(
    ("scheme", "exposure"),
    [
        ("internet-facing", Exposure.INTERNET),
        ("internal", Exposure.PRIVATE),
        ("sideways", Exposure.UNKNOWN),
        (None, Exposure.UNKNOWN),
    ],
)
def test_a_load_balancer_of_aws_is_reached_as_its_scheme_says(scheme: Any, exposure: str) -> None:
    found = reached(edge(OWN), classed(), balancer("own", scheme=scheme))
    assert found.exposure == exposure
    says = f"spec.scheme of the LoadBalancerConfiguration is {scheme}"
    assert (says in (found.evidence or "")) is (exposure != Exposure.UNKNOWN)


@pytest.mark.parametrize(
    ("mode", "exposure"),
    [
        (None, Exposure.PRIVATE),
        ("prefer-gateway-class", Exposure.PRIVATE),
        ("prefer-gateway", Exposure.INTERNET),
    ],
)
def test_what_the_class_says_goes_first_unless_it_says_otherwise(mode: Any, exposure: str) -> None:
    own = balancer("own", scheme="internet-facing")
    wide = balancer("wide", "aws", scheme="internal", mergingMode=mode)
    assert reached(edge(OWN), classed(WIDE), own, wide).exposure == exposure


def test_what_one_of_them_leaves_out_the_other_one_says() -> None:
    own = balancer("own", scheme="internal", wafV2={"webACL": "arn:aws:wafv2:acl"})
    found = served(edge(OWN), classed(WIDE), own, balancer("wide", "aws"))
    assert (found.reached.exposure, found.waf) == (Exposure.PRIVATE, Switch.ENABLED)


@pytest.mark.parametrize(
    ("acl", "switch"), [({"webACL": "arn"}, Switch.ENABLED), ({}, Switch.UNKNOWN)]
)
def test_a_firewall_of_the_load_balancer_stands_before_its_routes(acl: Any, switch: str) -> None:
    gate = edge(OWN)
    assert at_edge(route(), gate, balancer("own", wafV2=acl)).waf == switch


@pytest.mark.parametrize(
    ("ranges", "words"),
    [
        (["198.51.100.0/24", "10.0.0.0/8"], "lets in 198.51.100.0/24, 10.0.0.0/8 alone"),
        (["10.0.0.0/8"] * 2, "lets in 10.0.0.0/8 alone"),
        ([f"10.{n}.0.0/16" for n in range(5)], "10.2.0.0/16 and 2 more alone"),
    ],
)
def test_who_alone_is_let_in_is_evidence_and_no_proof(ranges: Any, words: str) -> None:
    found = reached(edge(OWN), balancer("own", scheme="internet-facing", sourceRanges=ranges))
    assert found.exposure == Exposure.INTERNET
    assert (found.evidence or "").endswith(words)


@pytest.mark.parametrize("ranges", [[], ["10.0.0.0/8", "0.0.0.0/0"], [" "]])
def test_where_everybody_is_let_in_nothing_is_said_of_it(ranges: Any) -> None:
    found = reached(edge(OWN), balancer("own", scheme="internet-facing", sourceRanges=ranges))
    assert "lets in" not in (found.evidence or "")


def configured(port: str, mode: str | None) -> dict[str, Any]:
    asked = {} if mode is None else {"mutualAuthentication": {"mode": mode}}
    return {"protocolPort": port} | asked


@pytest.mark.parametrize(
    ("configurations", "switch"),
    [
        ([configured("HTTPS:443", "verify")], Switch.ENABLED),
        ([configured("HTTPS:443", "passthrough")], Switch.UNKNOWN),
        ([configured("HTTPS:443", None)], Switch.UNKNOWN),
        ([configured("HTTPS:8443", "verify")], Switch.UNKNOWN),
        ([configured("HTTPS", "verify")], Switch.UNKNOWN),
        ([configured("HTTPS:443", "off"), configured("HTTPS:443", "verify")], Switch.UNKNOWN),
    ],
)
def test_certificates_are_asked_for_at_ports_that_verify_them(
    configurations: Any, switch: str
) -> None:
    own = balancer("own", listenerConfigurations=configurations)
    assert at_edge(route(), edge(OWN, HTTPS), own).mtls == switch


@pytest.mark.parametrize(
    ("unseen", "words"),
    [
        ((), "LoadBalancerConfiguration infra/own is not there"),
        (
            ("loadbalancerconfigurations",),
            "LoadBalancerConfiguration infra/own could not be looked at",
        ),
    ],
)
def test_parameters_that_cannot_be_found_are_named_where_nothing_else_is_known(
    unseen: Any, words: str
) -> None:
    found = reached(edge(OWN), unseen=unseen)
    assert (found.exposure, words in (found.evidence or "")) == (Exposure.UNKNOWN, True)
    known = reached(edge(OWN, status={"addresses": [{"value": "203.0.113.9"}]}), unseen=unseen)
    assert (known.exposure, words in (known.evidence or "")) == (Exposure.INTERNET, False)


def test_parameters_that_nobody_reads_say_nothing() -> None:
    foreign = {"parametersRef": {"group": "x.example", "kind": "EnvoyProxy", "name": "own"}}
    gate = edge(foreign, status={})
    assert reached(gate, classed(), proxy("own", type="ClusterIP")) == reached(gate, classed())


# Envoy Gateway.

ENVOYS, WIDE_ENVOYS = ref("EnvoyProxy", "own"), ref("EnvoyProxy", "wide", namespace="envoy")
LABELS = {"gateway.networking.k8s.io/gateway-name": "edge"}


def test_envoys_behind_a_service_of_the_cluster_are_reached_in_it() -> None:
    found = reached(edge(ENVOYS, status={}), classed(), proxy("own", type="ClusterIP"))
    assert (found.exposure, found.evidence) == (Exposure.CLUSTER, "a ClusterIP")


def test_parameters_of_a_gateway_stand_in_the_place_of_its_classs() -> None:
    wide = proxy("wide", "envoy", type="ClusterIP")
    by_class = reached(edge(status={}), classed(WIDE_ENVOYS), wide)
    assert by_class.exposure == Exposure.CLUSTER
    own = proxy("own", type="LoadBalancer")
    both = reached(edge(ENVOYS, status={}), classed(WIDE_ENVOYS), wide, own)
    assert (both.exposure, both.evidence) == (Exposure.UNKNOWN, "no address of the LoadBalancer")


def test_what_the_service_of_envoys_is_asked_to_be_counts_until_there_is_one() -> None:
    internal = {"networking.gke.io/load-balancer-type": "Internal"}
    asked = proxy("own", type="ClusterIP", annotations=internal)
    assert reached(edge(ENVOYS, status={}), asked).exposure == Exposure.PRIVATE
    there = service("envoys", "infra", spec={"type": "LoadBalancer"}, metadata={"labels": LABELS})
    plain = proxy("own", type="ClusterIP")
    assert reached(edge(ENVOYS, status={}), plain, there).evidence == (
        "no address of the LoadBalancer"
    )


@pytest.mark.parametrize("spec", [{}, {"provider": {}}, {"provider": {"kubernetes": {}}}])
def test_envoys_of_which_nothing_is_asked_are_as_any(spec: Any) -> None:
    asked = proxy("own") | {"spec": spec}
    assert reached(edge(ENVOYS), asked) == reached(edge())


# What classes say.


def test_a_class_of_google_says_from_where_its_gateways_are_reached() -> None:
    for name, exposure in (
        ("gke-l7-rilb", Exposure.PRIVATE),
        ("gke-l7-global-external-managed", Exposure.INTERNET),
        ("gke-my-own", Exposure.UNKNOWN),
    ):
        gate = gateway(spec={"gatewayClassName": name}, **HIDDEN)
        assert reached(gate, classed(name=name)).exposure == exposure


CERTIFICATES: dict[str, Any] = {"tls": {"frontend": {"default": {"validation": {}}}}}


@pytest.mark.parametrize(
    ("features", "switch"),
    [
        ([], Switch.ENABLED),
        ([{"name": "GatewayFrontendClientCertificateValidation"}], Switch.ENABLED),
        (["Gateway", "GatewayFrontendClientCertificateValidation"], Switch.ENABLED),
        ([{"name": "Gateway"}], Switch.UNKNOWN),
    ],
)
def test_certificates_are_not_known_to_be_asked_for_where_the_controller_cannot(
    features: Any, switch: str
) -> None:
    world = world_of(*SPACES, classed(None, *features), gateway(spec=CERTIFICATES), one := route())
    (api,) = exposed(world, one)
    assert api.mtls == switch


@pytest.mark.parametrize(
    ("features", "switch"),
    [
        ([], Switch.ENABLED),
        ([{"name": "HTTPRouteCORS"}], Switch.ENABLED),
        ([{"name": "HTTPRoute"}], Switch.UNKNOWN),
    ],
)
def test_other_sites_are_not_known_to_be_answered_where_the_controller_cannot(
    features: Any, switch: str
) -> None:
    cors = {"filters": [{"type": "CORS", "cors": {"allowOrigins": ["*"]}}]}
    one = route("r", cors | {"backendRefs": []})
    (api,) = exposed(world_of(*SPACES, classed(None, *features), gateway(), one), one)
    assert api.cors == switch


# What AWS calls the load balancer of a Gateway.


def behind(controller: str, *addresses: dict[str, str]) -> dict[str, str]:
    """Return the links of a route at a Gateway that a controller looks after."""
    made = classed(name="aws")
    made["spec"] |= {"controllerName": controller}
    status: dict[str, Any] = {"status": {"addresses": list(addresses)}} if addresses else {}
    spec = {"gatewayClassName": "aws"}
    front = gateway(HTTPS, spec=spec, **status)
    return at_edge(route(), front, made).links


LB = {"type": "Hostname", "value": "K8s-Infra-Edge.elb.example"}


@pytest.mark.parametrize(
    ("controller", "stack"),
    [
        (f"{AWS}/alb", "gateway.k8s.aws.alb/stack"),
        (f"{AWS}/nlb", "gateway.k8s.aws.nlb/stack"),
    ],
)
def test_a_route_says_what_aws_calls_the_load_balancer_of_its_gateway(
    controller: str, stack: str
) -> None:
    host = {"apiscape.io/load-balancer-host": "k8s-infra-edge.elb.example"}
    assert behind(controller, LB) == {stack: "infra/edge"} | host
    assert behind(controller) == {stack: "infra/edge"}
    assert behind(controller, {"type": "IPAddress", "value": "203.0.113.9"}) == {
        stack: "infra/edge"
    }
    assert behind(controller, LB, {"type": "Hostname", "value": "b.example"}) == {
        stack: "infra/edge"
    }


def test_a_gateway_of_another_controller_is_no_load_balancer_of_aws() -> None:
    assert behind(f"{ENVOY}/gatewayclass-controller", LB) == {}
