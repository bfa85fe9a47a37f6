"""Who reaches the pod, and where it goes."""

from __future__ import annotations

import pytest

from tests.helm.charting import Chart, Json, agent, case, of_kind, only

TESTER = {
    "podSelector": {
        "matchLabels": {
            "app.kubernetes.io/name": "apiscape",
            "app.kubernetes.io/instance": "demo",
            "app.kubernetes.io/component": "test",
        }
    }
}


def policy(chart: Chart, values: Json) -> Json:
    return dict(only(chart.objects(values), "NetworkPolicy")["spec"])


def test_by_default_only_the_probe_door_can_be_reached(chart: Chart) -> None:
    spec = policy(chart, {})
    assert spec["policyTypes"] == ["Ingress"]
    assert spec["ingress"] == [{"ports": [{"port": "probe", "protocol": "TCP"}]}]
    (service,) = of_kind(chart.objects({}), "Service")
    assert service["spec"]["type"] == "ClusterIP"
    assert [port["name"] for port in service["spec"]["ports"]] == ["probe"]


@pytest.mark.parametrize("name", ["default", "elsewhere", "everything"])
def test_ports_that_are_let_in_are_ports_that_are_open(chart: Chart, name: str) -> None:
    objects = chart.objects(case(name))
    opened = {port["name"] for port in agent(objects)["ports"]}
    let_in = {
        port["port"]
        for rule in only(objects, "NetworkPolicy")["spec"]["ingress"]
        for port in rule["ports"]
    }
    served = {
        port["targetPort"]
        for service in of_kind(objects, "Service")
        for port in service["spec"]["ports"]
    }
    assert let_in == opened == served
    assert ("api" in opened) is (name != "default")


def test_who_may_come_in_is_who_is_named_and_the_charts_own_test(chart: Chart) -> None:
    values = case("everything")
    probe, api = policy(chart, values)["ingress"]
    assert probe["from"] == [*values["probe"]["from"], TESTER]
    assert api["from"] == values["api"]["from"]


def test_a_job_is_reached_by_nobody(chart: Chart) -> None:
    assert policy(chart, {"mode": "job"})["ingress"] == []


def test_what_leaves_is_bounded_where_it_is_asked_for(chart: Chart) -> None:
    spec = policy(chart, case("everything"))
    assert spec["policyTypes"] == ["Ingress", "Egress"]
    dns, server, clouds = spec["egress"]
    assert {(port["port"], port["protocol"]) for port in dns["ports"]} == {(53, "UDP"), (53, "TCP")}
    assert server["to"] == [{"ipBlock": {"cidr": "10.96.0.1/32"}}]
    assert [port["port"] for port in server["ports"]] == [443, 6443]
    assert clouds == case("everything")["networkPolicy"]["to"][0]
    only_dns = policy(chart, case("elsewhere"))["egress"]
    assert only_dns == [dns]


def test_without_either_there_is_no_policy(chart: Chart) -> None:
    assert of_kind(chart.objects(case("fleeting")), "NetworkPolicy") == []


def test_the_apis_service_is_as_it_is_asked_for(chart: Chart) -> None:
    services = {
        each["metadata"]["name"]: each
        for each in of_kind(chart.objects(case("everything")), "Service")
    }
    assert services["inventory"]["spec"]["type"] == "ClusterIP"
    api = services["inventory-api"]
    assert api["spec"]["type"] == "LoadBalancer"
    assert api["metadata"]["annotations"] == {
        "contact": "platform@example.org",
        "internal": "true",
    }
    assert api["spec"]["ports"] == [
        {"name": "api", "port": 8443, "targetPort": "api", "appProtocol": "https"}
    ]


def test_an_ingress_and_a_route_lead_to_the_api(chart: Chart) -> None:
    objects = chart.objects(case("everything"))
    ingress, route = only(objects, "Ingress")["spec"], only(objects, "HTTPRoute")["spec"]
    (rule,) = ingress["rules"]
    assert rule["host"] == "inventory.example.org"
    assert rule["http"]["paths"][0]["backend"]["service"] == {
        "name": "inventory-api",
        "port": {"name": "api"},
    }
    assert ingress["tls"] == [{"hosts": ["inventory.example.org"], "secretName": "inventory-tls"}]
    assert ingress["ingressClassName"] == "nginx"
    assert route["rules"] == [{"backendRefs": [{"name": "inventory-api", "port": 8443}]}]
    assert route["hostnames"] == ["apis.example.gov"]
    assert route["parentRefs"] == case("everything")["api"]["httpRoute"]["parentRefs"]
