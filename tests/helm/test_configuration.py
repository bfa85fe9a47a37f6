"""The configuration that the chart writes is one that the agent reads, and says what the values say."""

from __future__ import annotations

import json
import tempfile
from datetime import date
from pathlib import Path

import msgspec
import pytest

from apiscape.collectors.registry import provider_names
from apiscape.errors import UsageError
from apiscape.network.ways import read_ways
from apiscape.serve.http.listen import ApiDoor, Tls, check_door, parse_address
from apiscape.settings.document import parse_document
from apiscape.settings.load import read_settings, validate_providers
from apiscape.settings.overlay import read_entries
from apiscape.settings.schema import Settings
from tests.helm.charting import CASES, Chart, Json, agent, case, configuration, of_kind

IN_A_POD = {"KUBERNETES_SERVICE_HOST": "10.96.0.1"}


def written(chart: Chart, values: Json) -> Json:
    return dict(json.loads(configuration(chart.objects(values))))


MOUNTED = "/etc/apiscape/entries"


def read(chart: Chart, values: Json) -> Settings:
    """Return the configuration as the agent reads it, of sources that can be visited here, with what is mounted."""
    objects = chart.objects(values)
    told = dict(json.loads(configuration(objects)))
    installed = provider_names()
    told["sources"] = [each for each in told["sources"] if each["provider"] in installed]
    with tempfile.TemporaryDirectory() as folder:
        for each in of_kind(objects, "ConfigMap"):
            for name, text in each.get("data", {}).items():
                (Path(folder) / name).write_text(text, "utf-8")
        text = json.dumps(told).replace(MOUNTED, folder)
        document = parse_document(text, "config.yaml")
        settings = read_settings(document, IN_A_POD)
        validate_providers(document, settings)
    return settings


@pytest.mark.parametrize("name", CASES)
def test_the_agent_reads_it(chart: Chart, name: str) -> None:
    settings = read(chart, case(name))
    asked = settings.agent
    assert asked.log_level == case(name).get("log", {}).get("level", "info")
    if case(name).get("mode") == "job":
        assert (asked.probe_listen, asked.listen) == (None, None)
        return
    assert asked.probe_listen is not None
    assert parse_address(asked.probe_listen).port == 9464


def test_this_cluster_is_the_first_source(chart: Chart) -> None:
    cluster = {"name": "cluster", "provider": "kubernetes", "contexts": ["in-cluster"]}
    assert written(chart, {})["sources"] == [cluster]
    assert written(chart, case("namespaced"))["sources"] == [
        cluster | {"namespaces": ["payments", "permits"]}
    ]
    stated = {"context": "in-cluster", "uid": "6f1c0000-0000-0000-0000-000000000001"}
    assert written(chart, {"kubernetes": {"uid": stated["uid"]}})["sources"] == [
        cluster | {"contexts": [stated]}
    ]
    hub, prod = written(chart, case("everything"))["sources"]
    assert hub == {
        "name": "hub",
        "provider": "kubernetes",
        "contexts": ["in-cluster"],
        "entries": "/etc/apiscape/entries/entries.yaml",
        "interval_s": 900,
        "exclude": {"names": ["test-*"]},
    }
    assert prod["provider"] == "aws"
    (only_clouds,) = written(chart, case("elsewhere"))["sources"]
    assert only_clouds == {"name": "prod", "provider": "aws"}


def test_what_is_said_of_the_configuration_stands_in_it(chart: Chart) -> None:
    settings = read(chart, case("everything"))
    assert settings.retention_days == 730
    assert settings.telemetry.most_deployments == 1_000_000
    assert settings.probes is not None
    assert settings.probes.interval_s == 120
    assert settings.health[0].view == "environment:production 5xx>1"
    assert settings.notify[0].secrets == ("env:CHAT_SECRET",)
    assert (settings.agent.log_format, settings.agent.log_level) == ("text", "debug")


def test_only_the_probe_door_is_open_by_default(chart: Chart) -> None:
    asked = read(chart, {}).agent
    assert asked.probe_listen == "0.0.0.0:9464"
    assert (asked.listen, asked.tokens, asked.tls, asked.hosts) == (None, None, None, ())
    assert read(chart, case("fleeting")).agent.probe_listen == "[::]:9464"


@pytest.mark.parametrize("name", ["everything", "elsewhere"])
def test_the_api_door_may_be_where_it_is(chart: Chart, name: str) -> None:
    asked = read(chart, case(name)).agent
    assert asked.listen is not None
    assert asked.tokens == "/etc/apiscape/tokens/tokens.yaml"
    shown = asked.tls
    door = ApiDoor(
        address=parse_address(asked.listen),
        tls=Tls(certificate=Path(shown.certificate), key=Path(shown.key)) if shown else None,
        behind_proxy=asked.behind_proxy,
    )
    check_door(door)
    assert (shown is None) is asked.behind_proxy
    with pytest.raises(UsageError):
        check_door(ApiDoor(address=door.address))


def test_the_api_is_known_by_every_name_that_leads_to_it(chart: Chart) -> None:
    objects = chart.objects(case("everything"))
    hosts = set(read(chart, case("everything")).agent.hosts)
    services = {each["metadata"]["name"] for each in of_kind(objects, "Service")}
    assert "inventory-api" in services & hosts
    assert {
        *("inventory-api.apis", "inventory-api.apis.svc"),
        *("inventory-api.apis.svc.cluster.local", "apis.example.org"),
        *("inventory.example.org", "apis.example.gov"),
    } < hosts


@pytest.mark.parametrize(
    ("url", "is_direct"),
    [
        ("https://10.96.0.1:443/apis", True),
        ("http://collector.observability.svc:4317", True),
        ("http://collector.observability.svc.cluster.local:4317", True),
        ("https://10.1.2.3/", True),
        ("https://apigateway.eu-west-2.amazonaws.com/", False),
    ],
)
def test_the_cluster_itself_is_reached_without_the_proxy(
    chart: Chart, url: str, is_direct: bool
) -> None:
    network = read(chart, case("everything")).network
    assert network.proxy == "http://proxy.example:3128"
    way = read_ways(msgspec.structs.replace(network, ca_bundle=None), {}).to(url)
    assert (way.proxy is None) is is_direct


def test_certificates_of_ones_own_are_where_they_are_mounted(chart: Chart) -> None:
    for name, file in (("everything", "ca.crt"), ("postgresql", "bundle.pem")):
        objects = chart.objects(case(name))
        places = {each["mountPath"] for each in agent(objects)["volumeMounts"]}
        bundle = read(chart, case(name)).network.ca_bundle
        assert bundle == f"/etc/apiscape/ca/{file}"
        assert "/etc/apiscape/ca" in places


@pytest.mark.parametrize(
    ("name", "place"),
    [
        ("default", None),
        ("everything", "/etc/apiscape/overlay"),
        ("namespaced", "/etc/apiscape/overlay"),
        ("job", "/etc/apiscape/overlay/current/overlay"),
        ("postgresql", "/etc/apiscape/overlay/current"),
    ],
)
def test_the_overlay_is_where_it_is_mounted(chart: Chart, name: str, place: str | None) -> None:
    assert read(chart, case(name)).overlay == place
    mounted = {each["mountPath"] for each in agent(chart.objects(case(name)))["volumeMounts"]}
    assert ("/etc/apiscape/overlay" in mounted) is (place is not None)


def test_files_of_the_overlay_are_entries_that_the_agent_reads(chart: Chart) -> None:
    maps = of_kind(chart.objects(case("everything")), "ConfigMap")
    (held,) = (each for each in maps if each["metadata"]["name"] == "inventory-overlay")
    ((name, text),) = held["data"].items()
    (entry,) = read_entries(parse_document(text, name, list), name)
    assert entry.entry.view == "tag:service=tax"
    assert entry.entry.given.owner == "Team Tax"
    assert entry.entry.confirmed_on == date(2026, 11, 2)


def test_kinds_of_ones_own_are_where_the_source_looks_for_them(chart: Chart) -> None:
    values = case("everything")
    objects = chart.objects(values)
    (held,) = (each for each in of_kind(objects, "ConfigMap") if "entries.yaml" in each["data"])
    assert json.loads(held["data"]["entries.yaml"]) == values["kubernetes"]["entries"]
    mounted = {each["mountPath"]: each["name"] for each in agent(objects)["volumeMounts"]}
    assert mounted["/etc/apiscape/entries"] == "entries"
    assert "entries" not in json.dumps(written(chart, {})["sources"])


def test_a_number_stays_a_whole_number(chart: Chart) -> None:
    assert '"most_deployments": 1000000' in configuration(chart.objects(case("everything")))
