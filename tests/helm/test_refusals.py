"""What cannot work is refused before anything is installed, and says what to do instead."""

from __future__ import annotations

from typing import Any

import pytest

from tests.helm.charting import Chart, Json, RefusedError, case

API = {"api": {"enabled": True, "existingSecret": "tokens", "tlsSecret": "tls"}}
GIT = {"repository": "https://git.example.org/apis.git"}


def entry(group: str, plural: str) -> Json:
    resource = {"group": group, "plural": plural}
    return {"kubernetes": {"entries": [{"id": "own", "resource": resource}]}}


def api(**more: Any) -> Json:
    return {"api": {**API["api"], **more}}


TYPOS = [
    ({"replica": 1}, "additional properties 'replica' not allowed"),
    ({"kubernetes": {"resources": {"istoi": True}}}, "'istoi' not allowed"),
    ({"kubernetes": {"settings": {"intervall_s": 900}}}, "'intervall_s' not allowed"),
    ({"kubernetes": {"settings": {"interval_s": "often"}}}, "got string, want number"),
    ({"kubernetes": {"settings": {"provider": "aws"}}}, "'provider' not allowed"),
    ({"kubernetes": {"settings": {"kubeconfig": "elsewhere"}}}, "'kubeconfig' not allowed"),
    ({"overlay": {"files": {"a.yaml": [{"view": "*", "sets": {}}]}}}, "'sets' not allowed"),
    (
        {"sources": [{"name": "p", "provider": "aws", "region": "eu-west-1"}]},
        "at '/sources/0/region'",
    ),
    (entry("", "secrets"), "at '/kubernetes/entries/0/resource/group'"),
    (entry("gates.example", "*"), "at '/kubernetes/entries/0/resource/plural'"),
    (entry("*", "gates"), "at '/kubernetes/entries/0/resource/group'"),
    ({"kubernetes": {"entries": [{"id": "own"}]}}, "missing property 'resource'"),
    ({"sources": [{"provider": "aws"}]}, "missing property 'name'"),
    ({"config": {"retention_day": 30}}, "'retention_day' not allowed"),
    ({"config": {"retention_days": 0}}, "at '/config/retention_days'"),
    ({"config": {"store": "elsewhere.db"}}, "'store' not allowed"),
    ({"config": {"agent": {"listen": "0.0.0.0:1"}}}, "'agent' not allowed"),
    ({"config": {"probes": {"view": "*", "methods": "GET"}}}, "'methods' not allowed"),
    ({"api": {"enable": True}}, "'enable' not allowed"),
    ({"store": {"volume": {"size": "big"}}}, "at '/store/volume/size'"),
    ({"store": {"volume": {"accessModes": ["ReadWriteMany"]}}}, "at '/store/volume/accessModes/0'"),
    ({"log": {"level": "loud"}}, "value must be one of 'debug', 'info', 'warning', 'error'"),
    ({"image": {"digest": "sha256:abc"}}, "at '/image/digest'"),
    ({"image": {"tag": "latest"}}, "at '/image/tag'"),
    ({"overlay": {"files": {"owners.yml": []}}}, "'owners.yml' not allowed"),
    ({"overlay": {"gitSync": {**GIT, "image": "git-sync:latest"}}}, "at '/overlay/gitSync/image'"),
    (
        {"overlay": {"gitSync": {"repository": "https://u:p@git.example.org/a"}}},
        "gitSync/repository",
    ),
    ({"network": {"proxy": "http://user:word@proxy:3128"}}, "at '/network/proxy'"),
    ({"probe": {"port": 80}}, "at '/probe/port'"),
    ({"probe": {"from": [{"podSelektor": {}}]}}, "'podSelektor' not allowed"),
    ({"tolerations": [{"kay": "x"}]}, "'kay' not allowed"),
    ({"extraEnv": [{"value": "x"}]}, "missing property 'name'"),
    ({"terminationGracePeriodSeconds": 5}, "at '/terminationGracePeriodSeconds'"),
]
"""Values that the schema refuses, with what it says."""

TOGETHER = [
    ({"replicas": 2}, "an agent holds its store alone"),
    ({"kubernetes": {"enabled": False}}, "there is nothing to look at"),
    (
        {"sources": [{"name": "cluster", "provider": "aws"}]},
        "is what this cluster is called already",
    ),
    (
        {"api": {"enabled": True, "tlsSecret": "tls"}},
        "api.existingSecret: a Secret with the tokens",
    ),
    (api(tlsSecret=""), "either `tlsSecret` with a certificate, or `behindProxy`"),
    (api(behindProxy=True), "either `tlsSecret` with a certificate, or `behindProxy`"),
    (api(tlsSecret="", behindProxy=True), "api.from: behind a proxy tokens come in clear"),
    (
        {
            **api(tlsSecret="", behindProxy=True, **{"from": [{"podSelector": {}}]}),
            "networkPolicy": {"ingress": False},
        },
        "keep `networkPolicy.ingress` on",
    ),
    ({"mode": "job", **API}, "api.enabled: nobody answers between visits"),
    ({"api": {"ingress": {"enabled": True, "host": "x"}}}, "api.ingress: it needs `api.enabled`"),
    (api(ingress={"enabled": True}), "and a `host`"),
    (api(httpRoute={"enabled": True, "hostnames": ["x"]}), "api.httpRoute: it needs"),
    ({"overlay": {"configMaps": ["a"], "existingVolume": {"emptyDir": {}}}}, "overlay: either"),
    (
        {"overlay": {"files": {"a.yaml": []}, "gitSync": {**GIT, "image": "g:v4"}}},
        "overlay: either",
    ),
    ({"overlay": {"gitSync": GIT}}, "overlay.gitSync.image: which image"),
    ({"network": {"caConfigMap": "a", "caSecret": "b"}}, "not in both"),
    (
        {"metrics": {"serviceMonitor": {"enabled": True}, "podMonitor": {"enabled": True}}},
        "count everything twice",
    ),
    ({"mode": "job", "metrics": {"podMonitor": {"enabled": True}}}, "nobody answers a scrape"),
    ({"mode": "job", "extraArgs": ["--once"]}, "gives --once already"),
]
"""Values of which each is well, and which do not go together."""


@pytest.mark.parametrize(("values", "told"), TYPOS)
def test_a_mistyped_value_is_refused(chart: Chart, values: Json, told: str) -> None:
    with pytest.raises(RefusedError) as refused:
        chart.text(values)
    assert told in str(refused.value)
    assert "values don't meet the specifications of the schema" in str(refused.value)


@pytest.mark.parametrize(("values", "told"), TOGETHER)
def test_values_that_do_not_go_together_are_refused(chart: Chart, values: Json, told: str) -> None:
    with pytest.raises(RefusedError) as refused:
        chart.text(values)
    assert told in str(refused.value)
    assert "don't meet the specifications" not in str(refused.value)


def test_a_provider_that_is_not_known_here_has_whatever_keys_it_has(chart: Chart) -> None:
    source = {"name": "own", "provider": "somebody-elses", "place": "here"}
    assert '"place": "here"' in chart.text({"sources": [source]})


def test_what_a_chart_above_shares_is_no_typing_error(chart: Chart) -> None:
    assert chart.text({"global": {"anything": 1}}) == chart.text({})


@pytest.mark.parametrize(
    ("values", "said", "unsaid"),
    [
        ({}, ["deploy/demo-apiscape -c agent -- apiscape", "The API is closed"], ["WARNING"]),
        (case("job"), ["cronjob/demo-apiscape", "exit 2"], ["WARNING", "deploy/", "port-forward"]),
        (case("everything"), ["https://localhost:8443 --token-file", "gloo, tyk."], ["is closed"]),
        (case("elsewhere"), ["http://localhost:8443 --token-file"], ["Not read of this cluster"]),
        (case("namespaced"), ["Only payments, permits are visited", "unknown, not nothing"], []),
        ({"kubernetes": {"namespaces": ["tax"]}}, ["Only tax is visited"], []),
        (case("postgresql"), [], ["history ends"]),
        (
            case("fleeting"),
            [
                "WARNING: without `store.volume` and `store.postgresql` the history ends",
                "WARNING: without a memory limit",
                "WARNING: without `networkPolicy.ingress`",
                "No role was made: grant demo-apiscape",
            ],
            [],
        ),
    ],
)
def test_the_notes_say_how_to_look_in_and_what_will_hurt(
    chart: Chart, values: Json, said: list[str], unsaid: list[str]
) -> None:
    notes = chart.notes(values)
    assert [each for each in said if each not in notes] == []
    assert [each for each in unsaid if each in notes] == []
