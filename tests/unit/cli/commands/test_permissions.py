from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from apiscape.cli.commands.permissions import errors_of
from apiscape.cli.progress import CLEAR_LINE
from apiscape.collect import preflight
from apiscape.collect.preflight import SourceTrial
from apiscape.collect.scan import Tools
from apiscape.collect.source import SourcePlan
from apiscape.model.run import ErrorRecord, Exclusion, Gap, PartReport, RunReport
from tests.store.making import SCOPE, T0
from tests.unit.cli.conftest import Call

DENIED = ErrorRecord(kind="access_denied", message="no")


def test_without_a_configuration_every_provider_says_what_it_asks_for(call: Call) -> None:
    answer = call("permissions")
    assert answer.code == 2
    assert "No source is configured, so nothing was tried: add one to the file" in answer.err
    rows = answer.out.splitlines()
    assert rows[0].split()[:3] == ["SOURCE", "PRODUCT", "PERMISSION"]
    assert {row.split()[0] for row in rows[1:]} == {"aws", "kubernetes"}
    own = [row for row in rows if " sts:AssumeRole " in row]
    assert [row.split()[0] for row in own] == ["aws", "kubernetes"]
    assert all("  ?  " in row for row in own)
    assert all(" not tried " in row for row in rows if " apigateway:GET " in row)
    assert answer.err.startswith("apiscape permissions --policy prints the smallest policy")
    both = call("permissions", "--policy")
    assert (both.code, "name one of them: aws, kubernetes" in both.err) == (3, True)
    assert '"Version"' in call("permissions", "aws", "--policy").out
    assert "kind: ClusterRole\n" in call("permissions", "kubernetes", "--policy").out


def test_a_source_that_is_asked_for_where_none_is_configured(call: Call) -> None:
    answer = call("permissions", "prod")
    assert (answer.code, answer.out) == (3, "")
    assert "no source 'prod': none is configured\n  → add one to the file" in answer.err


def test_offline_it_is_complete_whatever_it_says(call: Call) -> None:
    answer = call("permissions", "--offline")
    assert answer.code == 0
    assert "nothing was tried" not in answer.err


def test_what_the_last_visit_was_refused(call: Call, configured: Path, filled: Path) -> None:
    lines = [
        json.loads(line)
        for line in call("permissions", "prod", "--offline", "--json").out.splitlines()
    ]
    rest = [line for line in lines if line["product"] == "aws.apigateway.rest"]
    states = {line["on"][0].rpartition("::")[2]: line["state"] for line in rest}
    assert states.pop("/restapis") == "denied"
    assert set(states.values()) == {"not denied"}
    others = {line["state"] for line in lines if line["product"] != "aws.apigateway.rest"}
    assert others == {"not tried", "?"}
    table = call("permissions", "prod", "--offline").out
    assert "denied (2)" in table
    assert "apigateway:GET" in call("permissions", "prod", "--offline", "-o", "name").out.split()
    assert call("permissions", "prod", "--offline", "-o", "yaml").out.startswith("- source: prod\n")


def test_only_the_products_that_a_source_names(call: Call, configured: Path) -> None:
    lines = [
        json.loads(line)
        for line in call("permissions", "lab", "--offline", "--json").out.splitlines()
    ]
    assert {line["product"] for line in lines} == {"aws", "aws.apigateway.rest"}


def test_one_policy_at_a_time(call: Call, configured: Path) -> None:
    both = call("permissions", "--policy")
    assert (both.code, both.out) == (3, "")
    assert both.err.endswith("these sources need a policy each\n  → name one of them: prod, lab\n")
    one = json.loads(call("permissions", "prod", "--policy").out)
    assert one["Version"] == "2012-10-17"
    actions = [each["Action"] for each in one["Statement"]]
    assert actions == ["organizations:ListAccounts", "sts:AssumeRole"], "its roles read"
    said = call("permissions", "prod", "--policy").err
    assert said.endswith("--format reader, cloudformation, terraform\n")
    roles = call("permissions", "prod", "--format", "reader")
    assert ("apigateway:GET" in roles.out, "sts:AssumeRole" in roles.out) == (True, False)
    assert roles.err == ""
    assert "aws_iam_role" in call("permissions", "lab", "--format", "terraform").out


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        (["prd"], "did you mean prod?"),
        (["zzz"], "configured: prod, lab"),
        (["prod", "--format", "xml"], "forms of aws: policy, reader, cloudformation, terraform"),
    ],
)
def test_what_cannot_be(words: list[str], hint: str, call: Call, configured: Path) -> None:
    answer = call("permissions", *words)
    assert (answer.code, answer.out) == (3, "")
    assert hint in answer.err


def test_a_provider_that_writes_no_policies(
    call: Call, configured: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from apiscape.cli.commands import permissions

    monkeypatch.setattr(permissions, "load_provider", lambda _: object())
    assert "provider aws writes no policies" in call("permissions", "prod", "--policy").err


def test_every_error_that_a_run_keeps_is_looked_at() -> None:
    part = PartReport(
        part="p",
        outcome="partial",
        error=DENIED,
        failed=(Exclusion(native_id="a", error=DENIED), Exclusion(native_id="b")),
        gaps=(Gap(native_id="c", detail="d", error=DENIED),),
    )
    run = RunReport(
        scope=SCOPE, generation=1, started_at=T0, outcome="partial", error=DENIED, parts=(part,)
    )
    assert list(errors_of(run)) == [DENIED] * 4
    bare = RunReport(scope=SCOPE, generation=1, started_at=T0, outcome="complete")
    assert list(errors_of(bare)) == []


def test_sources_are_tried_one_after_the_other_within_the_same_quotas(
    call: Call, configured: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried: list[tuple[str, int]] = []

    def try_source(source: SourcePlan, tools: Tools) -> SourceTrial:
        assert tools.quotas is not None
        tried.append((source.name, id(tools.quotas)))
        return SourceTrial(source=source, error=DENIED)

    monkeypatch.setattr(preflight, "try_source", try_source)
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    answer = call("permissions")
    assert [name for name, _ in tried] == ["prod", "lab"]
    assert len({quotas for _, quotas in tried}) == 1
    assert answer.code == 4
    assert "trying the permissions of prod …" in answer.err
    assert answer.err.rpartition(CLEAR_LINE)[2].startswith("No source could be signed in to")


#: Products whose requests CloudWatch counts.
COUNTED = (
    *(f"aws.apigateway.{kind}" for kind in ("rest", "http", "websocket")),
    *(f"aws.appsync.{kind}" for kind in ("graphql", "merged", "event")),
    *("aws.agentcore.gateway", "aws.agentcore.runtime", "aws.alb", "aws.apprunner"),
    *("aws.lambda.url", "aws.lattice.service"),
)


def test_the_right_to_measure_is_asked_for_only_where_a_source_measures(
    call: Call, configured: Path
) -> None:
    configured.write_text(
        "sources:\n  - {name: prod, provider: aws}\n  - {name: lab, provider: aws, traffic: {}}\n"
    )
    action = "cloudwatch:GetMetricData"
    assert action not in call("permissions", "prod", "--policy").out
    assert action in call("permissions", "lab", "--policy").out
    lines = [
        json.loads(line) for line in call("permissions", "--offline", "--json").out.splitlines()
    ]
    counting = [line for line in lines if line["permission"] == action]
    assert {(line["source"], line["product"], line["state"]) for line in counting} == {
        ("lab", product, "?") for product in COUNTED
    }
    assert all(line["optional"] for line in counting)


def test_the_rights_to_hear_of_changes_are_asked_for_only_where_a_source_does(
    call: Call, configured: Path
) -> None:
    configured.write_text(
        "sources:\n  - {name: prod, provider: aws}\n  - {name: lab, provider: aws, events: {}}\n"
    )
    action, one_api = "cloudtrail:LookupEvents", '"arn:aws:apigateway:*::/restapis/*"'
    bare, hearing = (call("permissions", name, "--policy").out for name in ("prod", "lab"))
    assert (action in bare, one_api in bare) == (False, False)
    assert (action in hearing, one_api in hearing) == (True, True)
    lines = [
        json.loads(line) for line in call("permissions", "--offline", "--json").out.splitlines()
    ]
    logs = [line for line in lines if line["permission"] == action]
    assert [(line["source"], line["product"], line["state"]) for line in logs] == [
        ("lab", "aws", "?")
    ]
    assert all(line["optional"] for line in logs)
