"""Every command, over the emulated department that was visited once."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.architecture.tree import ROOM
from tests.e2e.commands import run_cli
from tests.e2e.commands_support import Department, visited_department

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def visited(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Department]:
    with visited_department(tmp_path_factory.mktemp("department")) as department:
        yield department


@pytest.fixture(autouse=True)
def department(visited: Department, monkeypatch: pytest.MonkeyPatch) -> Department:
    for name, value in visited.environment.items():
        monkeypatch.setenv(name, value)
    return visited


def records(*arguments: str) -> list[dict[str, Any]]:
    return run_cli(*arguments, "--json").lines


def test_the_first_visit_printed_a_ledger_that_adds_up(department: Department) -> None:
    scan = department.scan
    assert scan.code == 2
    lines = scan.out.splitlines()
    heads = [line for line in lines if " · kubernetes · " in line or " · aws · " in line]
    assert heads[0].startswith("cluster · kubernetes · 1 of 2 clusters (1 not configured)")
    assert heads[1].startswith("department · aws · 3 of 5 accounts (1 not configured, 1 excluded)")
    sums = re.findall(r"(\d+) listed = +(\d+) recorded", scan.out)
    assert sums
    assert all(listed == recorded for listed, recorded in sums)
    assert any("access denied: needs apigateway:GET on /restapis" in line for line in lines)
    assert lines[-2].startswith(
        "164 deployments of 125 APIs · 164 appeared · 0 changed · 0 missing"
    )
    assert lines[-1].startswith("Incomplete: 1 of 121 scopes could not be seen whole.")


def test_a_second_visit_changes_nothing_and_says_the_same_as_data() -> None:
    before = run_cli("list", "--json").lines
    scan = run_cli("scan", "--json")
    assert scan.code == 2
    totals = scan.document["totals"]
    assert (totals["appeared"], totals["changed"], totals["missing"]) == (0, 0, 0)
    assert (scan.document["deployments"], scan.document["exit"]) == (len(before), 2)
    assert len(scan.document["scopes"]) == 121
    steady = [{k: v for k, v in row.items() if k != "observed_at"} for row in before]
    after = run_cli("list", "--json").lines
    assert [{k: v for k, v in row.items() if k != "observed_at"} for row in after] == steady


def test_what_a_catalogue_publishes_without_an_api_behind_it_is_listed() -> None:
    listed = records("catalogues")
    assert {each["name"]: each["dangling"] for each in listed} == {
        "parking-permits": "yes",
        "letter-writer": "unknown",
        "Open data for developers": "no",
        "benefits-helper": "no",
        "department-tools": "no",
    }
    nothing = run_cli("catalogues", "--unlinked").out
    assert re.search(r"✗ yes +Parking permits +nothing +not in department/", nothing)
    assert re.search(r"\? unknown +letter-writer +\? +it names no source", nothing)


def test_a_source_that_nobody_configured_is_taken_for_the_one_that_sounds_like_it() -> None:
    nobody = run_cli("scan", "--source", "departmint")
    assert (nobody.code, nobody.err) == (
        3,
        "apiscape: no source 'departmint'\n  → did you mean department?\n",
    )


def test_the_readmes_views_all_run() -> None:
    block = re.findall(
        r"## Ask it.*?```text\n(.*?)```", (ROOM / "README.md").read_text(), re.DOTALL
    )
    views = [re.split(r"\s{2,}", line)[0] for line in block[0].splitlines()]
    assert len(views) > 4
    for view in views:
        answer = run_cli("list", view)
        assert (answer.code, "match" in answer.err) == (0, True), view


@pytest.mark.parametrize("page", ["docs/tutorial/README.md", "docs/how-to/use-it-in-a-pipeline.md"])
def test_the_views_of_the_documentation_run(page: str) -> None:
    views = re.findall(r"apiscape (?:list|export|changes) '([^']+)'", (ROOM / page).read_text())
    assert views
    for view in views:
        assert run_cli("list", view).code == 0, view


def test_what_is_listed_can_be_shown() -> None:
    rows = records("list", "appeals")
    assert len(rows) == 3
    page = run_cli("show", str(rows[0]["uid"]))
    assert page.code == 0
    assert all(
        f"\n{title}\n" in page.out for title in ("State", "Callers", "Operations", "History")
    )
    several = run_cli("show", "appeals")
    assert several.code == 3
    assert all(f"    {row['uid']}  aws:" in several.err for row in rows)


def test_a_custom_domain_is_where_callers_reach_it() -> None:
    rows = records("list", "endpoint:api.benefits.example.gov.uk name:appointments")
    assert [row["endpoints"][0] for row in rows] == [
        "https://api.benefits.example.gov.uk/appointments"
    ]


def test_caches_that_can_be_gone_around_say_by_which_name() -> None:
    gone_around = {row["name"] for row in records("list", "bypass:yes environment:production")}
    assert "vehicle-enquiry" in gone_around
    [land] = records("list", "name:land-titles environment:production region:eu-west-2")
    page = run_cli("show", land["uid"]).out
    assert "https://land.example.gov.uk" in land["endpoints"]
    assert "unless it asks for what is sent by that (x-origin-verify)" in page
    [old] = records("list", "name:vehicle-enquiry environment:production region:eu-west-2")
    told = run_cli("show", old["uid"]).out
    assert "/prod answers without the firewall of https://vehicles.example.gov.uk" in told
    assert "opendata.example.gov.uk  until ?: nobody read arn:aws:acm:us-east-1:" in told


def test_a_load_balancer_that_a_cluster_made_stands_before_what_it_serves() -> None:
    [permits] = records("list", "name:permits provider:kubernetes")
    page = run_cli("show", str(permits["uid"])).out
    assert "front door k8s-licensing-permits" in page
    assert "served by load balancer k8s-licensing-permits: both say k8s-licensing-permits-" in page


def test_names_in_dns_lead_to_the_domains_that_they_name() -> None:
    [row] = records("list", "name:self-assessment environment:production region:eu-west-2")
    page = run_cli("show", row["uid"]).out
    assert "public zone example.gov.uk" in page
    assert row["exposure"] == "internet"


def test_the_ledger_can_be_asked_for_later() -> None:
    runs = records("runs")
    assert len(runs) == 121
    (failed,) = [run for run in runs if run["outcome"] == "failed"]
    assert "✗ GetRestApis  failed" in run_cli("runs", str(failed["scope"]), "-o", "wide").out
    assert len(records("changes")) >= 164


def granted(form: str) -> set[str]:
    policy = json.loads(run_cli("permissions", "department", "--format", form).out)
    given = [statement["Action"] for statement in policy["Statement"]]
    return {action for one in given for action in ([one] if isinstance(one, str) else one)}


def test_permissions_tell_what_the_visit_found_and_the_smallest_policy() -> None:
    lines = records("permissions", "--offline")
    states = {line["state"] for line in lines}
    assert states == {"denied", "not denied", "?"}
    (denied,) = [line for line in lines if line["state"] == "denied"]
    assert denied["on"][0].endswith(":/restapis")
    assert denied["denied_in"] == ["department/210000000002/eu-west-1/aws.apigateway.rest"]
    own, actions = granted("policy"), granted("reader")
    assert own <= {"sts:AssumeRole", "organizations:ListAccounts"}, "every account has a role"
    assert "sts:AssumeRole" in own
    assert "apigateway:GET" in actions
    assert not [action for action in actions if re.search(r":(\*|Put|Create|Delete|POST)", action)]
    assert "resource" in run_cli("permissions", "department", "--format", "terraform").out
    assert "Resources" in json.loads(
        run_cli("permissions", "department", "--format", "cloudformation").out
    )


def test_the_inventory_leaves_whole_and_comes_back(tmp_path: Path) -> None:
    assert len(run_cli("export").out.splitlines()) == 164
    assert len(run_cli("export", "--format", "csv").out.splitlines()) == 165
    backup, copy = str(tmp_path / "backup.db"), str(tmp_path / "copy.db")
    assert run_cli("backup", backup).code == 0
    assert run_cli("restore", backup, "--store", copy).code == 0
    assert run_cli("list", "--json", "--store", copy).out == run_cli("list", "--json").out


def test_an_accepted_gap_stays_a_line_and_no_longer_makes_the_scan_incomplete(
    department: Department, tmp_path: Path
) -> None:
    config = tmp_path / "accepted.yaml"
    gap = (
        "accepted_gaps:\n  - {scope: 'department/210000000002/eu-west-1/*', reason: moves out,"
        " accepted_by: ada, until: 2099-12-31}\n"
    )
    config.write_text(Path(department.environment["APISCAPE_CONFIG"]).read_text("utf-8") + gap)
    scan = run_cli("scan", "--config", str(config), "--store", str(tmp_path / "inventory.db"))
    assert scan.code == 0
    assert "moves out" in scan.out
    assert scan.out.splitlines()[-1] == "Complete: 121 scopes seen whole (1 gap accepted)."


def test_the_demo_prints_all_of_it_without_a_terminal() -> None:
    demo = run_cli("demo")
    assert demo.code == 0
    assert "164 deployments of 125 APIs" in demo.out
    assert "\nNAME " in demo.out
    assert demo.err.startswith("The gaps above belong to the demo.")
