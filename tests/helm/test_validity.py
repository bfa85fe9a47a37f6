"""What is rendered is valid for every Kubernetes that the chart is for, and Helm's own linter agrees."""

from __future__ import annotations

import copy
import json
import os
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from kubernetes_validate.utils import schema_contents
from referencing import Registry, Resource

from tests.architecture.tree import ROOM
from tests.helm.charting import (
    CASES,
    CHART,
    OPERATOR,
    VERSIONS,
    Chart,
    Json,
    RefusedError,
    case,
    of_kind,
    only,
)

CUSTOM = {"HTTPRoute", "PodMonitor", "PrometheusRule", "ServiceMonitor"}
"""Kinds that a cluster knows by a CustomResourceDefinition."""


@cache
def validator(version: str, kind: str, api_version: str) -> Any:
    """Return what checks objects of a kind as a version of Kubernetes has it, unknown fields included."""
    room = f"kubernetes-json-schema/v{version}.0-local-strict"
    group, _, of_group = api_version.rpartition("/")
    name = "-".join(each for each in (kind.lower(), group.partition(".")[0], of_group) if each)
    return jsonschema.Draft202012Validator(
        schema_contents(f"{room}/{name}.json", version), registry=registry(room, version)
    )


@cache
def registry(room: str, version: str) -> Any:
    definitions = Resource.from_contents(schema_contents(f"{room}/_definitions.json", version))
    return definitions @ Registry()


def faults(thing: Json, version: str) -> list[str]:
    checked = validator(version, thing["kind"], thing["apiVersion"])
    return [error.message for error in checked.iter_errors(thing)]


@pytest.mark.parametrize("name", CASES)
def test_the_linter_has_nothing_to_say(chart: Chart, name: str) -> None:
    said = chart.run("lint", "--strict", str(CHART), "--values", str(CASES[name]))
    assert "0 chart(s) failed" in said
    assert "WARNING" not in said


@pytest.mark.parametrize("name", CASES)
def test_every_object_is_valid_in_every_version(chart: Chart, name: str) -> None:
    objects = [each for each in chart.objects(case(name)) if each["kind"] not in CUSTOM]
    assert len(objects) > 4
    found = {
        f"{version} {each['kind']}": told
        for version in VERSIONS
        for each in objects
        if (told := faults(each, version))
    }
    assert found == {}


@pytest.mark.parametrize("name", ["default", "everything"])
def test_no_version_is_given_anything_else(chart: Chart, name: str) -> None:
    (text,) = {chart.text(case(name), kube=version) for version in VERSIONS}
    assert "kind: Deployment" in text


def test_a_field_that_nobody_knows_is_found(chart: Chart) -> None:
    spoilt = copy.deepcopy(only(chart.objects({}), "Deployment"))
    spoilt["spec"]["template"]["spec"]["containers"][0]["imagePullPolice"] = "Always"
    assert "imagePullPolice" in str(faults(spoilt, VERSIONS[0]))


def test_a_cluster_that_is_too_old_is_refused(chart: Chart) -> None:
    about = yaml.safe_load((CHART / "Chart.yaml").read_text("utf-8"))
    assert about["kubeVersion"] == f">={VERSIONS[0]}.0-0"
    with pytest.raises(RefusedError, match=r"incompatible with Kubernetes v1\.28\.0"):
        chart.text({}, kube="1.28")


def test_an_httproute_is_valid_by_its_own_definition(chart: Chart) -> None:
    room = os.environ.get("APISCAPE_FIXTURES")
    if room is None:
        pytest.skip("APISCAPE_FIXTURES names no folder with the definitions of Gateway API")
    file = Path(room) / "kubernetes/gateway-api/crds/httproutes.gateway.networking.k8s.io.yaml"
    definition = yaml.safe_load(file.read_text("utf-8"))
    (schema,) = (
        each["schema"]["openAPIV3Schema"]
        for each in definition["spec"]["versions"]
        if each["name"] == "v1"
    )
    route = only(chart.objects(case("everything")), "HTTPRoute")
    jsonschema.validate(route, closed(schema))
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({**route, "spec": {**route["spec"], "hostname": "x"}}, closed(schema))


def closed(schema: Any) -> Any:
    """Return a schema of which no mapping has keys that it does not name, as an API server prunes them."""
    if isinstance(schema, list):
        return [closed(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    narrowed = {name: closed(value) for name, value in schema.items()}
    if isinstance(schema.get("properties"), dict) and schema["properties"].get("spec") is None:
        narrowed.setdefault("additionalProperties", False)
    return narrowed


DEFINITIONS = Path(__file__).with_name("definitions")


def of_operator(kind: str) -> Any:
    """Return what checks the `spec` of a kind of the Prometheus operator."""
    schema = yaml.safe_load((DEFINITIONS / f"{kind}.yaml").read_text("utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


@pytest.mark.parametrize(
    ("kind", "part"),
    [
        ("ServiceMonitor", "serviceMonitor"),
        ("PodMonitor", "podMonitor"),
        ("PrometheusRule", "rules"),
    ],
)
def test_what_the_operator_is_given_is_as_its_definition_has_it(
    chart: Chart, kind: str, part: str
) -> None:
    thing = only(chart.objects({"metrics": {part: {"enabled": True}}}), kind)
    checked = of_operator(kind)
    assert thing["apiVersion"] == OPERATOR
    assert [error.message for error in checked.iter_errors(thing["spec"])] == []
    assert not checked.is_valid({**thing["spec"], "endpoint": []})
    assert not checked.is_valid({})


def test_what_a_cluster_has_no_kinds_for_is_left_out_and_said(chart: Chart) -> None:
    values = case("everything")
    assert {each["kind"] for each in chart.objects(values)} > {"PrometheusRule", "ServiceMonitor"}
    without = chart.objects(values, apis=())
    assert not {each["kind"] for each in without} & (CUSTOM - {"HTTPRoute"})
    assert "made for metrics.serviceMonitor, metrics.rules" in chart.notes(values)
    assert "Prometheus operator" not in chart.notes({})


def test_the_operator_is_told_where_to_scrape(chart: Chart) -> None:
    objects = chart.objects(case("everything"))
    monitor = only(objects, "ServiceMonitor")
    (endpoint,) = monitor["spec"]["endpoints"]
    assert (monitor["apiVersion"], endpoint["port"]) == (OPERATOR, "probe")
    wanted = monitor["spec"]["selector"]["matchLabels"].items()
    met = [
        each for each in of_kind(objects, "Service") if wanted <= each["metadata"]["labels"].items()
    ]
    assert [port["name"] for each in met for port in each["spec"]["ports"]] == ["probe"]

    by_pod = chart.objects(case("postgresql"))
    monitor = only(by_pod, "PodMonitor")
    labels = only(by_pod, "Deployment")["spec"]["template"]["metadata"]["labels"]
    assert monitor["spec"]["selector"]["matchLabels"].items() <= labels.items()


def test_alerts_and_dashboard_are_those_of_the_project(chart: Chart) -> None:
    objects = chart.objects(case("everything"))
    shipped = yaml.safe_load((ROOM / "deploy/prometheus/apiscape.rules.yml").read_text("utf-8"))
    assert only(objects, "PrometheusRule")["spec"] == shipped
    maps = {each["metadata"]["name"]: each for each in of_kind(objects, "ConfigMap")}
    shown = maps["inventory-dashboard"]
    assert shown["metadata"]["labels"]["grafana_dashboard"] == "1"
    assert json.loads(shown["data"]["apiscape.json"]) == json.loads(
        (ROOM / "deploy/grafana/apiscape.json").read_text("utf-8")
    )


def test_objects_of_ones_own_are_filled_in(chart: Chart) -> None:
    maps = of_kind(chart.objects(case("everything")), "ConfigMap")
    (extra,) = (each for each in maps if each["metadata"]["name"] == "demo-extra")
    assert extra["data"] == {"namespace": "apis"}
