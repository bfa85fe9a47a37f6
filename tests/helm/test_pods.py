"""The pods: restricted, told apart, and started the way that the agent wants to be started."""

from __future__ import annotations

import copy
import math
from typing import Any

import pytest

from apiscape.cli.catalogue import SUMMARIES
from apiscape.cli.commands.agent import command
from apiscape.cli.group import ROOT
from apiscape.daemon.ending import LONGEST_S
from apiscape.settings.load import unknown_variables
from tests.helm.charting import (
    CASES,
    Chart,
    Json,
    agent,
    agent_pod,
    case,
    component,
    of_kind,
    only,
    pods,
)
from tests.helm.restricted import breaches

TOKENS = "/var/run/secrets/kubernetes.io/serviceaccount"


def mounts(container: Json) -> dict[str, str]:
    return {each["mountPath"]: each["name"] for each in container["volumeMounts"]}


def volumes(pod: Json) -> dict[str, Json]:
    return {each["name"]: each for each in pod["spec"]["volumes"]}


def variables(container: Json) -> dict[str, Any]:
    return {each["name"]: each.get("value") for each in container["env"]}


@pytest.mark.parametrize("name", CASES)
def test_every_pod_is_restricted_the_one_of_the_test_too(chart: Chart, name: str) -> None:
    found = list(pods(chart.objects(case(name))))
    assert {component(pod) for pod in found} == {"agent", "test"}
    assert [told for pod in found for told in breaches(pod["spec"])] == []


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (lambda pod: pod["securityContext"].pop("runAsNonRoot"), "agent: may be root"),
        (lambda pod: pod["securityContext"].update(runAsUser=0), "agent: may be root"),
        (lambda pod: pod["securityContext"].pop("seccompProfile"), "agent: has every system call"),
        (lambda pod: pod.update(hostNetwork=True), "hostNetwork"),
        (lambda pod: pod["volumes"].append({"name": "x", "hostPath": {}}), "volume hostPath"),
        (
            lambda pod: pod["containers"][0]["securityContext"].pop("allowPrivilegeEscalation"),
            "agent: may gain privileges",
        ),
        (
            lambda pod: pod["containers"][0]["securityContext"]["capabilities"].update(add=["X"]),
            "agent: keeps capabilities",
        ),
        (
            lambda pod: pod["containers"][0]["securityContext"].pop("readOnlyRootFilesystem"),
            "agent: writes to its root",
        ),
        (
            lambda pod: pod["containers"][0]["ports"][0].update(hostPort=1),
            "agent: takes a port of the node",
        ),
    ],
)
def test_a_pod_that_is_not_restricted_is_found(chart: Chart, spoil: Any, told: str) -> None:
    spec = copy.deepcopy(agent_pod(chart.objects({}))["spec"])
    assert breaches(spec) == []
    spoil(spec)
    assert told in breaches(spec)


@pytest.mark.parametrize("name", CASES)
def test_all_that_is_mounted_is_there_and_all_that_is_there_is_mounted(
    chart: Chart, name: str
) -> None:
    for pod in pods(chart.objects(case(name))):
        every = [*pod["spec"].get("initContainers", []), *pod["spec"]["containers"]]
        used = {mount["name"] for each in every for mount in each["volumeMounts"]}
        assert used == set(volumes(pod))


@pytest.mark.parametrize("name", CASES)
def test_the_token_is_the_agents_alone_and_only_where_the_cluster_is_visited(
    chart: Chart, name: str
) -> None:
    objects = chart.objects(case(name))
    visited = case(name).get("kubernetes", {}).get("enabled", True)
    holders = [
        container["name"]
        for pod in pods(objects)
        for container in (*pod["spec"].get("initContainers", []), *pod["spec"]["containers"])
        if TOKENS in mounts(container)
    ]
    assert holders == (["agent"] if visited else [])
    assert all(pod["spec"]["automountServiceAccountToken"] is False for pod in pods(objects))
    assert all(
        each["automountServiceAccountToken"] is False for each in of_kind(objects, "ServiceAccount")
    )


@pytest.mark.parametrize("name", CASES)
def test_the_agent_is_started_with_words_that_it_knows(chart: Chart, name: str) -> None:
    words = agent(chart.objects(case(name)))["args"]
    assert words[0] == "agent"
    root = ROOT.make_context("apiscape", [], resilient_parsing=True)
    with command.make_context("agent", list(words[1:]), parent=root) as context:
        assert context.params["once"] is (case(name).get("mode") == "job")


@pytest.mark.parametrize("name", CASES)
def test_every_variable_of_ours_sets_something(chart: Chart, name: str) -> None:
    told = variables(agent(chart.objects(case(name))))
    assert unknown_variables(told) == ()
    assert told["MALLOC_ARENA_MAX"] == "2"
    assert told["PYTHONUNBUFFERED"] == told["PYTHONDONTWRITEBYTECODE"] == "1"


def test_it_has_the_time_to_end_that_it_takes(chart: Chart) -> None:
    spec = agent_pod(chart.objects({}))["spec"]
    assert spec["terminationGracePeriodSeconds"] > LONGEST_S


def test_what_is_asked_whether_it_is_well_is_the_probe_door(chart: Chart) -> None:
    container = agent(chart.objects({"startupSeconds": 42}))
    assert {port["name"]: port["containerPort"] for port in container["ports"]} == {"probe": 9464}
    asked = {name: container[f"{name}Probe"] for name in ("startup", "liveness", "readiness")}
    assert {name: each["httpGet"] for name, each in asked.items()} == {
        "startup": {"path": "/healthz", "port": "probe"},
        "liveness": {"path": "/healthz", "port": "probe"},
        "readiness": {"path": "/readyz", "port": "probe"},
    }
    startup = asked["startup"]
    assert startup["failureThreshold"] == math.ceil(42 / startup["periodSeconds"])


def test_a_job_is_asked_by_nobody_and_not_repeated(chart: Chart) -> None:
    objects = chart.objects(case("job"))
    assert not [each for each in objects if each["kind"] in {"Deployment", "Service"}]
    clock = only(objects, "CronJob")["spec"]
    assert (clock["schedule"], clock["timeZone"]) == ("5 3 * * *", "Europe/London")
    assert clock["concurrencyPolicy"] == "Forbid"
    assert clock["jobTemplate"]["spec"]["backoffLimit"] == 0
    assert clock["jobTemplate"]["spec"]["template"]["spec"]["restartPolicy"] == "Never"
    container = agent(objects)
    assert not [name for name in container if name.endswith("Probe") or name == "ports"]
    assert only(chart.objects({"mode": "job", "replicas": 0}), "CronJob")["spec"]["suspend"] is True


def test_one_agent_ends_before_the_next_begins(chart: Chart) -> None:
    deployment = only(chart.objects({}), "Deployment")["spec"]
    assert (deployment["strategy"], deployment["replicas"]) == ({"type": "Recreate"}, 1)


@pytest.mark.parametrize(
    ("image", "name"),
    [
        ({}, "apiscape:0.1.0"),
        ({"tag": "1.2.3"}, "apiscape:1.2.3"),
        ({"registry": "r:5000", "repository": "a/b"}, "r:5000/a/b:0.1.0"),
        ({"tag": "1.2.3", "digest": f"sha256:{'0' * 64}"}, f"apiscape@sha256:{'0' * 64}"),
    ],
)
def test_the_image_is_named_by_its_digest_before_its_tag(
    chart: Chart, image: Json, name: str
) -> None:
    objects = chart.objects({"image": image})
    images = {each["image"] for pod in pods(objects) for each in pod["spec"]["containers"]}
    assert images == {name}


@pytest.mark.parametrize("name", CASES)
def test_no_image_is_whatever_is_newest(chart: Chart, name: str) -> None:
    for pod in pods(chart.objects(case(name))):
        for each in (*pod["spec"].get("initContainers", []), *pod["spec"]["containers"]):
            last = each["image"].rpartition("/")[2]
            assert ":" in last
            assert not last.endswith(":latest")


def test_clouds_are_signed_in_to_without_a_stored_credential(chart: Chart) -> None:
    objects = chart.objects(case("everything"))
    told = only(objects, "ServiceAccount")["metadata"]["annotations"]
    assert told == {
        "azure.workload.identity/client-id": "00000000-0000-0000-0000-000000000001",
        "azure.workload.identity/tenant-id": "00000000-0000-0000-0000-000000000002",
        "contact": "platform@example.org",
        "eks.amazonaws.com/role-arn": "arn:aws:iam::111122223333:role/apiscape",
        "iam.gke.io/gcp-service-account": "apiscape@estate.iam.example",
        "note": "read-only",
    }
    assert agent_pod(objects)["metadata"]["labels"]["azure.workload.identity/use"] == "true"
    assert "azure.workload.identity/use" not in agent_pod(chart.objects({}))["metadata"]["labels"]


def test_secrets_are_named_and_never_written(chart: Chart) -> None:
    objects = chart.objects(case("everything"))
    assert of_kind(objects, "Secret") == []
    assert agent(objects)["envFrom"] == [
        {"secretRef": {"name": "apiscape-credentials"}},
        {"configMapRef": {"name": "regions"}, "prefix": "AWS_"},
    ]
    held = volumes(agent_pod(objects))
    assert held["tokens"]["secret"] == {"secretName": "apiscape-tokens", "defaultMode": 0o400}
    assert held["tls"]["secret"] == {"secretName": "apiscape-tls", "defaultMode": 0o400}
    store = next(
        each
        for each in agent(chart.objects(case("postgresql")))["env"]
        if each["name"] == "APISCAPE_STORE"
    )
    assert store["valueFrom"] == {"secretKeyRef": {"name": "apiscape-store", "key": "dsn"}}


def test_openshift_chooses_the_ids(chart: Chart) -> None:
    told = agent_pod(chart.objects(case("elsewhere")))["spec"]["securityContext"]
    assert told == {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}}
    own = agent_pod(chart.objects({"ids": {"runAsUser": 1000}}))["spec"]["securityContext"]
    assert (own["runAsUser"], own["fsGroup"]) == (1000, 65532)


def test_the_pod_is_placed_where_it_is_told(chart: Chart) -> None:
    values = case("everything")
    spec = agent_pod(chart.objects(values))["spec"]
    for name in (
        *("affinity", "dnsConfig", "hostAliases", "hostUsers", "nodeSelector"),
        *("priorityClassName", "runtimeClassName", "tolerations"),
    ):
        assert spec[name] == values[name]
    assert spec["imagePullSecrets"] == values["imagePullSecrets"]
    assert spec["enableServiceLinks"] is False


def test_further_containers_volumes_and_variables_are_added(chart: Chart) -> None:
    more = {"name": "beside", "image": "x:1", "volumeMounts": []}
    values = case("everything") | {"extraContainers": [more], "initContainers": [more]}
    objects = chart.objects(values)
    spec = agent_pod(objects)["spec"]
    assert more in spec["containers"]
    assert spec["initContainers"] == [more]
    assert volumes(agent_pod(objects))["kubeconfigs"]["secret"] == {"secretName": "clusters"}
    assert mounts(agent(objects))["/etc/apiscape/kubeconfigs"] == "kubeconfigs"
    assert variables(agent(objects))["AWS_REGION"] == "eu-west-2"
    assert variables(agent(objects))["OTEL_EXPORTER_OTLP_PROTOCOL"] == "grpc"


@pytest.mark.parametrize(
    ("name", "where"),
    [
        ("default", {"persistentVolumeClaim": {"claimName": "demo-apiscape"}}),
        ("elsewhere", {"persistentVolumeClaim": {"claimName": "kept-inventory.v1"}}),
        ("everything", {"persistentVolumeClaim": {"claimName": "inventory"}}),
        ("fleeting", {"emptyDir": {}}),
        ("postgresql", {"emptyDir": {}}),
    ],
)
def test_the_store_is_on_a_volume_unless_somebody_else_has_it(
    chart: Chart, name: str, where: Json
) -> None:
    pod = agent_pod(chart.objects(case(name)))
    assert volumes(pod)["store"] == {"name": "store", **where}
    assert mounts(agent(chart.objects(case(name))))["/var/lib/apiscape"] == "store"


@pytest.mark.parametrize(
    ("name", "source"),
    [
        (
            "everything",
            {
                "projected": {
                    "sources": [
                        {"configMap": {"name": "inventory-overlay"}},
                        {"configMap": {"name": "from-elsewhere"}},
                    ]
                }
            },
        ),
        ("namespaced", {"persistentVolumeClaim": {"claimName": "overlay"}}),
        ("postgresql", {"emptyDir": {}}),
    ],
)
def test_the_overlay_is_a_directory_that_can_change(chart: Chart, name: str, source: Json) -> None:
    objects = chart.objects(case(name))
    assert volumes(agent_pod(objects))["overlay"] == {"name": "overlay", **source}
    (mount,) = (each for each in agent(objects)["volumeMounts"] if each["name"] == "overlay")
    assert mount == {"name": "overlay", "mountPath": "/etc/apiscape/overlay", "readOnly": True}


def test_a_repository_is_there_before_the_agent_and_then_followed(chart: Chart) -> None:
    spec = agent_pod(chart.objects(case("postgresql")))["spec"]
    (first,) = spec["initContainers"]
    beside = next(each for each in spec["containers"] if each["name"] == "overlay")
    assert "--one-time" in first["args"]
    assert "--period=60s" in beside["args"]
    assert "--repo=https://git.example.org/apis.git" in beside["args"]
    assert beside["envFrom"] == [{"secretRef": {"name": "git"}}]
    assert mounts(first) == mounts(beside) == {"/overlay": "overlay", "/tmp": "git"}  # noqa: S108 - of the pod
    alone = agent_pod(chart.objects(case("job")))["spec"]
    assert [each["name"] for each in alone["containers"]] == ["agent"]


def test_the_chart_tests_itself_with_what_the_image_has(chart: Chart) -> None:
    pod = next(each for each in chart.objects({}) if each["kind"] == "Pod")
    assert pod["metadata"]["annotations"]["helm.sh/hook"] == "test"
    asked = {each["name"]: each for each in pod["spec"]["containers"]}
    assert asked["configuration"]["args"] == ["sources", "validate"]
    assert "sources" in SUMMARIES
    assert asked["readiness"]["command"] == ["python", "-c"]
    (program,) = asked["readiness"]["args"]
    assert "http://demo-apiscape:9464/readyz" in program
    compile(program, "readiness", "exec")
    by_clock = next(each for each in chart.objects(case("job")) if each["kind"] == "Pod")
    assert [each["name"] for each in by_clock["spec"]["containers"]] == ["configuration"]
