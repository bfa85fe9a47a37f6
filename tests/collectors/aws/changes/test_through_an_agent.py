"""From a change in the account to the store: through the driver, the real SDK and a real store."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from apiscape.collect.clock import INTERRUPTED
from apiscape.collect.scan import Tools
from apiscape.collect.source import SourcePlan
from apiscape.collectors.aws.settings import AwsSettings
from apiscape.demo.aws.estate.appsync import AppSync
from apiscape.demo.aws.estate.balancers import Balancers, fixed_response, when
from apiscape.demo.aws.estate.functions import Functions
from apiscape.demo.aws.estate.lattice import Lattice, answer, http_match
from apiscape.demo.aws.estate.region import Region
from apiscape.demo.aws.estate.route53 import Route53
from apiscape.demo.aws.estate.trail import FIREWALLS, Trail
from apiscape.demo.aws.refusing.faults import Fault
from apiscape.demo.aws.refusing.quotas import AWS_QUOTAS
from apiscape.demo.aws.wire.server import AwsServer
from apiscape.model.noticed import LookedAgain, Noticed
from apiscape.model.surroundings import Consumer, FrontDoor
from apiscape.model.values import is_known
from apiscape.schedule.driver import Driver
from apiscape.schedule.memory import MemoryQueue
from apiscape.settings.schema import Events
from apiscape.store import Store, open_store
from tests.collectors.aws.conftest import PointAt
from tests.collectors.aws.desk import ACCOUNT, REGION, SteppingClock

PRODUCTS = (
    "aws.apigateway.rest",
    "aws.apigateway.http",
    "aws.apigateway.websocket",
    "aws.apigateway.domains",
)
LOOKUP = "cloudtrail:LookupEvents"


class Attentive:
    """An agent's engine over a real store.

    Attributes:
        reads, looks: What it was told came of hearing of changes.
    """

    def __init__(self, store: Store, server: AwsServer, clock: SteppingClock) -> None:
        self.store = store
        self.server = server
        self.clock = clock
        self.reads: list[Noticed] = []
        self.looks: list[LookedAgain] = []
        self.driver = Driver(store, MemoryQueue(clock), tools=Tools(clock=clock), heard=self)

    def noticed(self, report: Noticed) -> None:
        self.reads.append(report)

    def looked_again(self, report: LookedAgain) -> None:
        self.looks.append(report)

    def begin(self, *products: str, every_s: float = 60.0) -> None:
        source = SourcePlan(
            name="prod",
            provider="aws",
            settings=AwsSettings(regions=(REGION,), organization=False, total_max_attempts=1),
            products=products or PRODUCTS,
            interval_s=1e6,
            events=Events(every_s=every_s),
        )
        self.clock.virtual.advance(60)
        self.driver.start([source])
        self.soon(lambda: len(self.ended) == len(source.products) and self.reads and self.rests())
        self.server.calls.clear()

    @property
    def ended(self) -> list[Any]:
        return [run for run in self.store.runs.newest() if run.ended_at is not None]

    def rests(self) -> bool:
        depth = self.driver.depth()
        return not depth.queued and not depth.running and self.driver._supervisor.idle

    def soon(self, holds: Callable[[], Any], within_s: float = 300.0) -> None:
        """Let time pass, each second as long as what is under way then takes, until something holds."""
        for _ in range(int(within_s)):
            if holds():
                return
            self.clock.virtual.advance(1.0)
            self.driver.turn()
            while not self.driver._supervisor.idle:
                self.driver.turn(0.01)
        raise AssertionError("it never came to that")

    def operations(self, name: str) -> int:
        """How many operations the store has of a deployment."""
        rows = [row for run in self.ended for row in self.store.runs.known(run.scope).values()]
        (uid,) = (row.uid for row in rows if row.name == name)
        found = self.store.runs.documents([uid])[uid].operations
        return len(found) if is_known(found) else -1

    def presence(self) -> dict[str, str]:
        rows = (row for run in self.ended for row in self.store.runs.known(run.scope).values())
        return {f"{row.name}/{row.stage}": str(row.presence) for row in rows}

    def asked(self) -> dict[str, int]:
        """What was asked of API Gateway; the log of changes apart."""
        calls = {
            name: count
            for name, count in self.server.calls.by_operation().items()
            if name != LOOKUP
        }
        self.server.calls.clear()
        return calls


@pytest.fixture
def clock() -> SteppingClock:
    return SteppingClock()


@pytest.fixture
def trail(west: Region, clock: SteppingClock) -> Trail:
    return west.shelves.of(Trail).mark(clock.now)


@pytest.fixture
def agent(
    server: AwsServer, clock: SteppingClock, trail: Trail, tmp_path: Path
) -> Iterator[Attentive]:
    with open_store(str(tmp_path / "store.db"), write=True, clock=clock.now) as store:
        agent = Attentive(store, server, clock)
        yield agent
        agent.driver.finish(INTERRUPTED)


def test_a_deployment_is_in_the_store_after_one_read_and_two_calls(
    agent: Attentive, west: Region, server: AwsServer
) -> None:
    api = west.rest_api("claims").method("GET", "/claims").deploy("prod")
    west.rest_api("other").method("GET", "/x").deploy("prod")
    agent.begin()
    api.method("POST", "/claims").deploy("prod")
    changed_at = agent.clock.now()
    agent.soon(lambda: agent.looks)
    assert agent.asked() == {"apigateway:GetStages": 1, "apigateway:GetExport": 1}
    assert agent.operations("claims") == 2
    assert agent.clock.now() - changed_at <= timedelta(seconds=60 + 30 + 10)
    assert len(agent.ended) == len(PRODUCTS), "nothing was visited for it"
    assert server.calls.throttled == 0


def test_a_new_api_appears_whatever_its_kind(agent: Attentive, west: Region) -> None:
    agent.begin()
    west.rest_api("rest").method("GET", "/x").deploy("prod")
    west.http_api("http").route("GET /x").stage("$default")
    west.websocket_api("chat").route("$connect").deploy("live")
    agent.soon(lambda: len(agent.presence()) == 3)
    assert agent.presence() == {
        "rest/prod": "present",
        "http/$default": "present",
        "chat/live": "present",
    }


def test_a_deleted_api_retires_by_a_direct_read(agent: Attentive, west: Region) -> None:
    api = west.rest_api("claims").method("GET", "/x").deploy("prod")
    west.rest_api("other").deploy("prod")
    agent.begin()
    api.delete()
    agent.soon(lambda: agent.looks)
    assert agent.presence() == {"claims/prod": "retired", "other/prod": "present"}
    assert agent.asked() == {"apigateway:GetRestApi": 1}


def test_a_deletion_that_may_not_be_looked_at_retires_nothing(
    agent: Attentive, west: Region
) -> None:
    api = west.rest_api("claims").deploy("prod")
    agent.begin()
    west.deny("apigateway:GetRestApi")
    api.delete()
    agent.soon(lambda: agent.looks)
    assert agent.presence() == {"claims/prod": "present"}
    assert agent.looks[0].failed[api.id].kind == "access_denied"


def test_a_deletion_that_is_only_said_retires_nothing(
    agent: Attentive, west: Region, trail: Trail
) -> None:
    api = west.rest_api("claims").deploy("prod")
    agent.begin()
    trail.note("DeleteRestApi", {"restApiId": api.id})
    agent.soon(lambda: agent.looks)
    assert agent.presence() == {"claims/prod": "present"}


def test_what_only_reads_or_was_refused_has_nothing_looked_at(
    agent: Attentive, west: Region, trail: Trail
) -> None:
    api = west.rest_api("claims").deploy("prod")
    agent.begin()
    trail.note("GetStages", {"restApiId": api.id}, read_only=True)
    trail.note("DeleteRestApi", {"restApiId": api.id}, error="AccessDenied")
    reads = len(agent.reads)
    agent.soon(lambda: len(agent.reads) >= reads + 3)
    assert (agent.looks, agent.asked()) == ([], {})
    assert sum(each.events for each in agent.reads[reads:]) == 0


def test_a_deleted_stage_is_missing_until_visits_agree(agent: Attentive, west: Region) -> None:
    api = west.rest_api("claims").method("GET", "/x").deploy("prod", "test")
    agent.begin()
    api.delete_stage("test")
    agent.soon(lambda: agent.looks)
    assert agent.presence() == {"claims/prod": "present", "claims/test": "missing"}
    assert agent.asked() == {"apigateway:GetStages": 1}


def test_a_domain_follows_its_mappings(agent: Attentive, west: Region) -> None:
    api = west.rest_api("claims").deploy("prod")
    domain = west.domain("api.example")
    agent.begin()
    domain.map("", api, "prod")
    agent.soon(lambda: agent.looks)
    assert [look.scope.product for look in agent.looks] == ["aws.apigateway.domains"]
    assert agent.looks[0].recorded == 1
    assert agent.asked() == {"apigateway:GetDomainName": 1, "apigatewayv2:GetApiMappings": 1}
    (door,) = agent.store.surroundings.current(FrontDoor)
    assert is_known(door.routes)
    assert len(door.routes) == 1
    domain.delete()
    agent.soon(lambda: len(agent.looks) > 1)
    assert agent.looks[1].gone == 1
    assert agent.store.surroundings.current(FrontDoor) == ()


def test_one_log_tells_all_products_apart(
    agent: Attentive, west: Region, server: AwsServer
) -> None:
    graphql = west.shelves.of(AppSync).graphql("graphql", "type Query { one: Int }")
    service = west.shelves.of(Lattice).service("service").listen()
    web = west.shelves.of(Balancers).application("web")
    listener = web.listener(to=[fixed_response()])
    listener.rule(when("path-pattern", "/a"), to=[fixed_response(200)])
    function = west.shelves.of(Functions).add("function")
    agent.begin("aws.appsync.graphql", "aws.lattice.service", "aws.alb", "aws.lambda.url")
    graphql.schema("type Query { one: Int two: Int }")
    service.rule(http_match("/claims", method="GET"), answer())
    function.url("AWS_IAM")
    web.tag(owner="tax")
    agent.soon(lambda: len(agent.looks) == 4)
    looks = {look.scope.product: (look.recorded, look.failed) for look in agent.looks}
    assert looks == dict.fromkeys(
        ("aws.appsync.graphql", "aws.lattice.service", "aws.alb", "aws.lambda.url"), (1, {})
    )
    assert agent.operations("graphql") == 2
    assert {key.partition("/")[0] for key in agent.presence()} >= {"function", "service"}
    assert len(agent.ended) == 4, "nothing was visited for it"
    assert server.calls.throttled == 0


def test_a_plan_that_changed_is_read_with_the_others_and_no_key(
    agent: Attentive, west: Region
) -> None:
    api = west.rest_api("claims").deploy("prod")
    plan = west.usage_plan("gold", (api, "prod"), keys=(west.api_key("them"),))
    agent.begin("aws.apigateway.consumers")
    west.usage_plans[plan]["throttle"] = {"rateLimit": 5.0, "burstLimit": 7}
    west.changed("UpdateUsagePlan", {"usageplanId": plan})
    agent.soon(lambda: agent.looks)
    (consumer,) = agent.store.surroundings.current(Consumer)
    assert (consumer.rate_limit_per_s, consumer.burst) == (5.0, 7)
    assert agent.asked() == {"apigateway:GetUsagePlans": 1}
    del west.usage_plans[plan]
    west.changed("DeleteUsagePlan", {"usageplanId": plan})
    agent.soon(lambda: len(agent.looks) > 1)
    assert agent.looks[1].told == ()
    assert len(agent.store.surroundings.current(Consumer)) == 1, "the next visit tells"


def test_a_firewall_that_is_put_before_a_stage_is_seen(
    agent: Attentive, west: Region, trail: Trail
) -> None:
    api = west.rest_api("claims").method("GET", "/x").deploy("prod")
    agent.begin("aws.apigateway.rest")
    acl = "arn:aws:wafv2:eu-west-1:111122223333:regional/webacl/wall/1"
    api.stages["prod"]["webAclArn"] = acl
    stage = f"arn:aws:apigateway:{REGION}::/restapis/{api.id}/stages/prod"
    asked = {"webACLArn": acl, "resourceArn": stage}
    trail.note("AssociateWebACL", asked, source=FIREWALLS)
    agent.soon(lambda: agent.looks)
    assert agent.asked() == {"apigateway:GetRestApi": 1, "apigateway:GetStages": 1}
    (row,) = agent.store.runs.known(agent.looks[0].scope).values()
    assert agent.store.runs.documents([row.uid])[row.uid].protections.waf == "enabled"


def test_what_nobody_can_place_is_said_and_has_nothing_looked_at(
    agent: Attentive, west: Region, trail: Trail
) -> None:
    lattice = west.shelves.of(Lattice)
    network = lattice.network("shared")
    lattice.service("claims").listen().join(network)
    agent.begin("aws.lattice.service")
    lattice.policy(network, {"Effect": "Deny", "Principal": "*", "Action": "*"})
    reads = len(agent.reads)
    agent.soon(lambda: len(agent.reads) >= reads + 2)
    (unplaced,) = (each for read in agent.reads for each in read.unplaced)
    assert (unplaced.key, unplaced.name) == (agent.ended[0].scope.key, "PutAuthPolicy")
    assert (agent.looks, agent.asked()) == ([], {})


def test_nothing_of_an_event_s_content_is_kept(
    agent: Attentive,
    west: Region,
    trail: Trail,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG, "apiscape")
    secret = "CANARY-of-an-event"
    api = west.rest_api("claims").deploy("prod")
    agent.begin()
    variables = {"variables": {"password": secret}}
    asked = {"restApiId": api.id, "createStageInput": variables, "name": secret}
    trail.note("UpdateStage", asked, {"value": secret})
    trail.note("UpdateStage", {"restApiId": f"{secret}" * 40})
    agent.soon(lambda: agent.looks)
    told = msgspec.json.encode((agent.reads, agent.looks)).decode()
    kept = b"".join(each.read_bytes() for each in tmp_path.iterdir() if each.is_file())
    assert secret not in told + caplog.text
    assert secret.encode() not in kept
    assert api.id.encode() in kept, "this is where it would be"


def test_neither_a_key_that_was_made_nor_a_function_s_environment_is_kept(
    agent: Attentive, west: Region, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "apiscape")
    key, secret = "da2-canaryofakey", "CANARY-of-an-environment"
    api = west.shelves.of(AppSync).graphql("claims", "type Query { one: Int }")
    variables = {"Variables": {"PASSWORD": secret}}
    function = west.shelves.of(Functions).add("mailer", Environment=variables)
    agent.begin("aws.appsync.graphql", "aws.lambda.url")
    api.key("app", key)
    function.url("NONE", open_to="*")
    agent.soon(lambda: len(agent.looks) == 2)
    told = msgspec.json.encode((agent.reads, agent.looks)).decode()
    kept = b"".join(each.read_bytes() for each in tmp_path.iterdir() if each.is_file())
    assert "CreateApiKey" in told, "this is where it would be"
    assert b"mailer" in kept
    for canary in (key, secret):
        assert canary not in told + caplog.text
        assert canary.encode() not in kept


def test_an_event_that_comes_late_is_heard(
    agent: Attentive, west: Region, clock: SteppingClock, trail: Trail
) -> None:
    api = west.rest_api("claims").method("GET", "/x").deploy("prod")
    trail.mark(clock.now, delay=timedelta(minutes=8))
    agent.begin()
    api.method("POST", "/x").deploy("prod")
    agent.soon(lambda: len(agent.reads) >= 5, 400)
    assert agent.looks == []
    agent.soon(lambda: agent.looks, 600)
    assert sum(each.events for each in agent.reads) >= 2


def test_a_lost_read_is_said_and_its_changes_are_heard_by_the_next(
    agent: Attentive, west: Region, server: AwsServer
) -> None:
    api = west.rest_api("claims").method("GET", "/x").deploy("prod")
    agent.begin()
    server.inject(Fault(kind="reset", operation="LookupEvents", times=1))
    api.method("POST", "/x").deploy("prod")
    agent.soon(lambda: agent.reads[-1].unread)
    assert agent.reads[-1].unread[0].kind == "unreachable"
    agent.soon(lambda: agent.looks, 4000)
    assert agent.looks[0].recorded == 1


def test_a_log_that_may_not_be_read_costs_nothing_else(agent: Attentive, west: Region) -> None:
    west.rest_api("claims").deploy("prod")
    west.deny(LOOKUP)
    agent.begin()
    assert agent.reads[0].unread[0].permission == LOOKUP
    assert agent.presence() == {"claims/prod": "present"}
    assert {str(run.outcome) for run in agent.ended} == {"complete"}


def test_one_read_in_a_minute_and_nobody_is_refused_for_rate(
    point_at: PointAt, west: Region, clock: SteppingClock, trail: Trail, tmp_path: Path
) -> None:
    estate = west.account.estate
    with (
        AwsServer(estate, quotas=AWS_QUOTAS, clock=clock.virtual) as server,
        open_store(str(tmp_path / "paced.db"), write=True, clock=clock.now) as store,
    ):
        point_at(server, ACCOUNT)
        agent = Attentive(store, server, clock)
        api = west.rest_api("claims").method("GET", "/x").deploy("prod")
        agent.begin("aws.apigateway.rest")
        for number in range(130):
            api.edit(description=str(number))
        begun: datetime = clock.now()
        agent.soon(lambda: agent.looks)
        agent.soon(lambda: clock.now() - begun >= timedelta(minutes=10), 700)
        assert server.calls.throttled == 0
        assert len(agent.looks) == 1
        pages = server.calls.count(LOOKUP)
        minutes = (clock.now() - begun) / timedelta(minutes=1)
        assert pages <= (3 + 1) * (minutes + 1), (
            "130 events are three pages, as long as they may come again; firewalls are one"
        )
        assert agent.asked() == {"apigateway:GetRestApi": 1, "apigateway:GetStages": 1}
        agent.driver.finish(INTERRUPTED)
        assert msgspec.json.encode(agent.looks[0])


def test_services_without_regions_are_heard_where_their_partition_is_at_home(
    agent: Attentive, west: Region, clock: SteppingClock, server: AwsServer
) -> None:
    home = west.account.region("us-east-1").shelves.of(Trail).mark(clock.now)
    zone = west.account.shelves.of(Route53).zone("tax.example")
    agent.begin("aws.route53.names", "aws.cloudfront.distributions", "aws.acm.certificates")
    zone.alias("api.tax.example", "d-abc.execute-api.eu-west-1.amazonaws.com")
    asked = {"hostedZoneId": zone.id}
    home.note("ChangeResourceRecordSets", asked, source="route53.amazonaws.com")
    agent.soon(lambda: agent.looks and server.calls.count(LOOKUP, region=REGION))
    read = {call.region for call in server.calls.where(LOOKUP)}
    assert read == {REGION, "us-east-1"}, "a region's own log, and that of what knows no regions"
    assert agent.asked() == {"route53:ListHostedZones": 1, "route53:ListResourceRecordSets": 1}
    (door,) = agent.store.surroundings.current(FrontDoor)
    assert door.name == "api.tax.example"
