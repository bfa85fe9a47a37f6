"""Whichever call breaks: the rest is complete, the gap is named, nothing is lost, and it heals."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pytest
import yaml

from apiscape.demo.aws.estate.estate import AwsEstate
from apiscape.demo.aws.estate.region import Region
from apiscape.demo.aws.refusing.faults import Fault
from apiscape.demo.aws.wire.calls import Call
from apiscape.demo.aws.wire.server import AwsServer
from tests.e2e.commands import Result, run_cli
from tests.e2e.estates import NORTH, WEST, add_others, redeploy
from tests.e2e.world import World, scopes_in

BROKEN = {"unreachable", "malformed"}
KINDS = {
    "throttle": {"throttled"},
    "error": {"unreachable"},
    "cut": BROKEN,
    "reset": {"unreachable"},
    "deny": {"access_denied"},
    "truncate": BROKEN,
    "wrong_type": BROKEN,
}
"""What breaks a call, and what it may be called."""

HEALED_EACH_TIME = {"deny"}
"""After every single break of it a healthy scan follows; after the others one at the end."""

REGIONAL = {"apigateway", "apigatewayv2"}
DETAILS = {"GetExport"}
SPOILT_DETAILS = {"deny", "cut", "truncate", "wrong_type"}
"""What leaves a gap in an object that is recorded all the same, where it hits a detail."""


def calls_to_break(world: World) -> list[Call]:
    """Fill the store by a healthy scan, and return the calls of signing in and of one region."""
    assert world.scan().code == 0
    calls = list(world.server.calls)
    assert len(calls) <= 12
    return [call for call in calls if call.region == WEST or call.service not in REGIONAL]


def break_in_turn(
    server: AwsServer, estate: AwsEstate, calls: list[Call], kind: str
) -> Iterator[Call]:
    """Break one call after the other, each in an estate that was deployed anew."""
    for call in calls:
        server.clear_faults()
        redeploy(estate)
        server.inject(
            Fault(
                kind=kind,
                region=call.region,
                service=call.service,
                operation=call.operation,
                resource=call.path,
            )
        )
        yield call
    server.clear_faults()


@pytest.mark.parametrize("kind", KINDS)
def test_a_broken_call_costs_what_it_would_have_told_and_nothing_else(
    kind: str, world: World, server: AwsServer, estate: AwsEstate
) -> None:
    calls = calls_to_break(world)
    names = {row["name"] for row in world.rows().values()}
    for call in break_in_turn(server, estate, calls, kind):
        result = world.scan()
        check_nothing_is_lost(world, result, names)
        check_said(result, call, kind)
        check_freshness(world, result, call)
        if kind in HEALED_EACH_TIME:
            server.clear_faults()
            check_healed(world)
    check_healed(world)
    assert {change["kind"] for change in world.changes()} <= {"appeared", "changed"}


def check_nothing_is_lost(world: World, result: Result, names: set[str]) -> None:
    rows = world.rows()
    assert {row["name"] for row in rows.values()} == names
    assert {row["presence"] for row in rows.values()} == {"present"}
    for line in scopes_in(result):
        assert line["listed"] == line["recorded"] + line["skipped"] + line["failed"]


def check_said(result: Result, call: Call, kind: str) -> None:
    """Check that the ledger names what is short, why, and what to do; and nothing that is not."""
    short = [line for line in scopes_in(result) if line["error"]]
    if call.operation == "ListRegions":  # regions are configured: no gap, and yet it is said
        assert "ListRegions" in result.document["estate_errors"]["prod"]["message"]
        assert (result.code, short) == (0, [])
        return
    regions = {line["scope"].split("/")[2] for line in short}
    assert regions == ({WEST} if call.service in REGIONAL else {WEST, NORTH})
    for line in short:
        assert line["error"]["kind"] in KINDS[kind]
        assert line["next_step"]
        assert "permission" in line["error"] or kind != "deny"
    if call.operation in DETAILS and kind in SPOILT_DETAILS:
        assert sum(line["unseen"] + line["failed"] for line in short) == 1
        is_listed = not any(line["failed"] for line in short)  # only a detail of what is recorded
        assert {line["outcome"] for line in short} == {"complete" if is_listed else "partial"}
    else:
        assert all(line["outcome"] in {"partial", "failed"} for line in short)
    assert result.code == 2
    assert set(result.document["incomplete"]) == {line["scope"] for line in short}


def check_freshness(world: World, result: Result, call: Call) -> None:
    """Check that what the last visit did not see says so, and all else is current."""
    blind = {line["scope"]: line["outcome"] for line in scopes_in(result)}
    for row in world.rows().values():
        if blind[row["scope"]] == "failed":
            assert row["freshness"] == "not_observed"
        elif blind[row["scope"]] == "complete":
            assert row["freshness"] == "current"
    if call.service in REGIONAL:
        assert blind[f"prod/111122223333/{NORTH}/aws.apigateway.rest"] == "complete"


def check_healed(world: World) -> None:
    healed = world.scan()
    assert (healed.code, healed.document["incomplete"]) == (0, [])
    assert {line["unseen"] for line in scopes_in(healed)} == {0}
    assert {row["freshness"] for row in world.rows().values()} == {"current"}


LISTINGS = {
    "GetRestApis": ("deny", {"aws.apigateway.rest"}),
    "GetApis": ("repeat_token", {"aws.apigateway.http", "aws.apigateway.websocket"}),
    "GetDomainNames": ("endless", {"aws.apigateway.domains"}),
    "GetUsagePlans": ("repeat_token", {"aws.apigateway.consumers"}),
}
"""How a listing breaks, and which products it is for."""


def test_a_listing_that_fails_or_never_ends_fails_its_products_alone(
    world: World, server: AwsServer, west: Region
) -> None:
    add_others(west)
    world.configure()
    assert world.scan().code == 0
    before = world.rows()
    for operation, (kind, products) in LISTINGS.items():
        server.clear_faults()
        server.inject(Fault(kind=kind, region=WEST, operation=operation))
        result = world.scan()
        short = {
            (line["scope"].split("/")[2], line["scope"].split("/")[3])
            for line in scopes_in(result)
            if line["outcome"] != "complete"
        }
        assert result.code == 2
        assert short == {(WEST, product) for product in products}
        assert all(line["next_step"] for line in scopes_in(result) if line["error"])
        assert {row["presence"] for row in world.rows().values()} == {"present"}
        assert world.rows().keys() == before.keys()
    server.clear_faults()
    check_healed(world)


def test_details_that_are_not_seen_are_missed_by_every_scan_until_they_are_or_somebody_answers(
    world: World, server: AwsServer, estate: AwsEstate
) -> None:
    assert world.scan().code == 0
    redeploy(estate)
    server.inject(Fault(kind="deny", region=WEST, operation="GetExport"))
    for _ in range(2):
        said = run_cli("scan")
        assert said.code == 2
        assert "1 of 2 scopes could not be seen whole (2 details not seen)" in said.out
    listed = run_cli("list", "--require-complete")
    assert listed.code == 2
    assert f"not seen whole: prod/111122223333/{WEST}/" in listed.err
    configured = world.config.read_text("utf-8")
    for detail, code in (("tags", 2), ("contract*", 0)):
        gap = {"scope": "prod/*", "detail": detail, "reason": "no right", "accepted_by": "ada"}
        gaps = yaml.safe_dump({"accepted_gaps": [gap | {"until": date(2099, 12, 31)}]})
        world.config.write_text(configured + gaps, "utf-8")
        accepted = run_cli("scan")
        assert accepted.code == code
        assert ("(accepted: no right (ada, until 2099-12-31))" in accepted.out) is (code == 0)
    assert "listed whole (2 details not seen, 1 gap accepted)" in accepted.out
    world.config.write_text(configured, "utf-8")
    assert run_cli("scan").code == 2
    server.clear_faults()
    assert "Complete: 2 scopes seen whole." in run_cli("scan").out


def test_words_name_the_missing_right_and_the_next_step(
    world: World, server: AwsServer, west: Region
) -> None:
    assert world.scan().code == 0
    west.deny("apigateway:GetStages")
    said = run_cli("scan")
    assert said.code == 2
    assert "✓ 111122223333 eu-west-2" in said.out
    assert "access denied: needs apigateway:GET on /restapis/*/stages" in said.out
    assert "apiscape permissions prod" in said.out
    assert "Nothing was retired because of it." in said.out
    rights = run_cli("permissions", "--offline", "--json").lines
    denied = [line["operations"] for line in rights if line["state"] == "denied"]
    assert denied == [["apigateway:GetStages"]]
    tried = run_cli("permissions", "--json")
    assert tried.code == 2
    assert [line["operations"] for line in tried.lines if line["state"] == "denied"] == denied
    listed = run_cli("list", "freshness:not_observed", "-o", "name", "--require-complete")
    assert (listed.code, set(listed.out.split())) == (2, {"claims", "payments"})
    assert f"not seen whole: prod/111122223333/{WEST}" in listed.err
