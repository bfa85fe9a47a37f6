"""From one version of a release to the next: the same names, selectors and volume, and no needless start."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from tests.helm.charting import Chart, Json, agent_pod, case, of_kind, only

#: Values that a release may go between without being renamed.
STATES: dict[str, Json] = {
    "default": {},
    "renaming nothing": {**case("everything"), "fullnameOverride": ""},
    "namespaced": case("namespaced"),
    "repository": {"overlay": case("job")["overlay"]},
    "behind a proxy": {"api": case("elsewhere")["api"]},
    "resting": {"replicas": 0, "resources": {"limits": {"memory": "4Gi"}}},
}


@pytest.mark.parametrize(("before", "after"), list(itertools.permutations(STATES, 2)))
def test_the_store_stays_with_the_release(chart: Chart, before: str, after: str) -> None:
    old, new = chart.objects(STATES[before]), chart.objects(STATES[after])
    for kind in ("Deployment", "PersistentVolumeClaim"):
        assert only(old, kind)["metadata"]["name"] == only(new, kind)["metadata"]["name"]
    selectors = [only(each, "Deployment")["spec"]["selector"] for each in (old, new)]
    assert selectors[0] == selectors[1]
    for objects in (old, new):
        (claim,) = (
            volume["persistentVolumeClaim"]["claimName"]
            for volume in agent_pod(objects)["spec"]["volumes"]
            if volume["name"] == "store"
        )
        assert claim == only(objects, "PersistentVolumeClaim")["metadata"]["name"]


@pytest.mark.parametrize("name", STATES)
def test_selectors_meet_the_pod_and_only_the_agents(chart: Chart, name: str) -> None:
    objects = chart.objects(STATES[name])
    labels = agent_pod(objects)["metadata"]["labels"]
    tester = only(objects, "Pod")["metadata"]["labels"]
    selectors = [
        only(objects, "Deployment")["spec"]["selector"]["matchLabels"],
        only(objects, "NetworkPolicy")["spec"]["podSelector"]["matchLabels"],
        *(each["spec"]["selector"] for each in of_kind(objects, "Service")),
    ]
    for selector in selectors:
        assert selector.items() <= labels.items()
        assert not selector.items() <= tester.items()


@pytest.mark.parametrize(("mode", "claim"), [("agent", "demo-apiscape"), ("job", "demo-apiscape")])
def test_both_modes_have_the_same_store(chart: Chart, mode: str, claim: str) -> None:
    assert only(chart.objects({"mode": mode}), "PersistentVolumeClaim")["metadata"]["name"] == claim


def test_the_claim_outlives_the_release_unless_it_is_told_not_to(chart: Chart) -> None:
    kept = only(chart.objects({}), "PersistentVolumeClaim")["metadata"]["annotations"]
    assert kept == {"helm.sh/resource-policy": "keep"}
    dropped = chart.objects({"store": {"volume": {"keep": False}}})
    assert "annotations" not in only(dropped, "PersistentVolumeClaim")["metadata"]


@pytest.mark.parametrize(
    ("asked", "spec"),
    [
        ({}, {}),
        ({"storageClass": "fast"}, {"storageClassName": "fast"}),
        ({"storageClass": "-"}, {"storageClassName": ""}),
    ],
)
def test_the_class_of_the_claim_is_the_clusters_unless_it_is_named(
    chart: Chart, asked: Json, spec: Json
) -> None:
    claim = only(chart.objects({"store": {"volume": asked}}), "PersistentVolumeClaim")["spec"]
    assert {name: claim[name] for name in claim if name == "storageClassName"} == spec
    assert claim["resources"] == {"requests": {"storage": "10Gi"}}


@pytest.mark.parametrize("name", ["elsewhere", "fleeting", "postgresql"])
def test_there_is_no_claim_where_nothing_would_be_on_it(chart: Chart, name: str) -> None:
    assert of_kind(chart.objects(case(name)), "PersistentVolumeClaim") == []


@pytest.mark.parametrize(
    ("values", "starts"),
    [
        ({"config": {"retention_days": 30}}, False),
        ({"sources": [{"name": "prod", "provider": "aws"}]}, False),
        (
            {
                "overlay": {
                    "files": {"owners.yaml": [{"view": "tax", "set": {"owner": "Team Tax"}}]}
                }
            },
            False,
        ),
        ({"kubernetes": {"resources": {"kong": False}}}, False),
        ({"metrics": {"rules": {"enabled": True}}}, False),
        ({"network": {"noProxy": ["10.0.0.0/8"]}}, False),
        (
            {"kubernetes": {"entries": [{"id": "a", "resource": {"group": "a.b", "plural": "c"}}]}},
            True,
        ),
        ({"log": {"level": "debug"}}, True),
        ({"probe": {"port": 9999}}, True),
        ({"image": {"tag": "0.2.0"}}, True),
    ],
)
def test_the_pod_is_started_anew_only_for_what_it_does_not_read_anew(
    chart: Chart, values: Json, starts: bool
) -> None:
    before: Json = {"overlay": {"files": {"owners.yaml": []}}}
    pods = [agent_pod(chart.objects(each)) for each in (before, merged(before, values))]
    assert (pods[0] != pods[1]) is starts


def merged(values: Json, more: Json) -> Json:
    """Return values with others laid over them, as Helm does."""
    both: dict[str, Any] = dict(values)
    for name, value in more.items():
        held = both.get(name)
        both[name] = merged(held, value) if isinstance(held, dict) else value
    return both
