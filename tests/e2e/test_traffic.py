"""Traffic from a configuration to health: measured where a source asks for it, and only there."""

from __future__ import annotations

import json
import re

from apiscape.demo.aws.estate.load import Load
from apiscape.demo.aws.estate.region import Region
from apiscape.demo.aws.wire.server import AwsServer
from tests.e2e.commands import run_cli
from tests.e2e.estates import WEST
from tests.e2e.test_agent import agent, told_to_stop, until
from tests.e2e.world import World

ASKED = "cloudwatch:GetMetricData"


def names(view: str) -> list[str]:
    return sorted(str(line["name"]) for line in run_cli("list", view, "--json").lines)


def fill(west: Region) -> None:
    """Give a region a stage of each fate."""
    loads = {
        "fails": Load(60.0, share_5xx=0.2),
        "stumbles": Load(60.0, share_5xx=0.02),
        "serves": Load(60.0),
        "sleeps": Load(0.0),
    }
    for name, load in loads.items():
        west.load(west.http_api(f"api-{name}").route("GET /x").stage("$default"), "$default", load)


def test_health_rests_on_what_is_served_while_a_source_asks_for_it(
    world: World, west: Region, server: AwsServer
) -> None:
    fill(west)
    products = ["aws.apigateway.http"]
    world.configure(regions=[WEST], products=products)
    assert run_cli("scan").code == 0
    assert ASKED not in server.calls.by_operation(), "off unless it is asked for"
    assert len(names("health:unknown")) == len(names(""))

    world.configure(regions=[WEST], products=products, traffic={"every_s": 900})
    said = run_cli("scan")
    assert said.code == 0
    assert "metrics an hour" in said.out
    assert "traffic measured of all of" in said.out
    assert names("health:failing") == ["api-fails"]
    assert names("health:degraded") == ["api-stumbles"]
    assert names("health:healthy") == ["api-serves"]
    assert "api-sleeps" in names("health:idle")
    page = run_cli("show", "api-fails").out
    assert "5xx 20.0 % over 15 min, limit 5 %" in page
    latency = r"p50 80 ms · p95 226 ms · p99 248 ms · backend p50 60 ms · gateway itself 20 ms"
    assert re.search(
        rf"traffic +[\d,]+ requests · 4xx .*· 5xx 20 % · {latency} · over 15 min until", page
    )
    record = json.loads(run_cli("show", "api-fails", "--json").out)
    assert record["traffic"]["integration_p50_ms"] == 60.0
    assert "traffic            0 requests · over 15 min" in run_cli("show", "api-sleeps").out
    assert names("requests>0 5xx>=20") == ["api-fails"]

    west.deny(ASKED)
    denied = run_cli("scan")
    assert denied.code == 0, "the inventory is as whole as before"
    assert f"not measured: needs {ASKED} in {WEST}" in " ".join(denied.out.split())
    assert len(names("health:unknown")) == len(names(""))
    unmeasured = " ".join(run_cli("show", "api-serves").out.split())
    assert f"needs {ASKED}" in unmeasured
    assert "traffic ? not measured" in unmeasured

    west.allow(ASKED)
    run_cli("scan")
    assert names("health:healthy") == ["api-serves"]
    world.configure(regions=[WEST], products=products)
    run_cli("scan")
    assert len(names("health:unknown")) == len(names("")), "nobody measures it any more"


def test_a_source_pays_for_no_more_of_latency_than_it_wants(
    world: World, west: Region, server: AwsServer
) -> None:
    fill(west)
    cheap = {"every_s": 900, "percentiles": ["p95"], "integration_latency": False}
    for traffic, metrics in (({"every_s": 900}, 7), (cheap, 4)):
        world.configure(regions=[WEST], products=["aws.apigateway.http"], traffic=traffic)
        stages = len(names("")) or 4
        assert f"about {4 * stages * metrics} metrics an hour" in " ".join(
            run_cli("scan").out.split()
        )
    page = run_cli("show", "api-fails").out
    assert re.search(r"· 5xx 20 % · p95 226 ms · over 15 min until", page)
    assert "p50" not in page


def test_an_agent_measures_by_itself_and_health_follows(
    world: World, west: Region, server: AwsServer
) -> None:
    fill(west)
    products = ["aws.apigateway.http"]
    world.configure(regions=[WEST], products=products, traffic={"every_s": 3600})
    with agent(world) as process:
        until(lambda: names("health:failing") == ["api-fails"])
        assert names("health:healthy") == ["api-serves"]
        with server.changing():
            west.load(west.find_v2("api-serves"), "$default", Load(60.0, share_5xx=0.5))
        said = run_cli("scan")
        assert said.code == 0
        assert "✓ traffic measured of all of" in said.out, "as a scan without an agent says"
        assert "metrics an hour" in said.out
        assert names("health:failing") == ["api-fails", "api-serves"], "what was measured is drawn"
        asked = server.calls.count(ASKED)
        world.configure(regions=[WEST], products=products)
        until(lambda: len(names("health:unknown")) == len(names("")))
        result = told_to_stop(process)
    assert (result.code, "Traceback" in result.err) == (0, False)
    assert 'event="traffic measured"' in result.err
    assert server.calls.count(ASKED) == asked, (
        "nobody was asked once the source no longer asked for it"
    )
