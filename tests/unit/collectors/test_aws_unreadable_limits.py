"""Limits, styles, routes and names that cannot be read are unknown or counted, and never left out."""

from __future__ import annotations

from typing import Any

import pytest

from apiscape.collectors.aws.agentcore import gateways, runtimes
from apiscape.collectors.aws.apigateway import consumers_collector
from apiscape.collectors.aws.balancers.rules import Door, read_rules
from apiscape.collectors.aws.cloudfront import behaviours, distributions
from apiscape.collectors.aws.lattice import rules as lattice_rules
from apiscape.collectors.aws.portals import portals
from apiscape.model.values import UNKNOWN
from tests.unit.collectors.nonsense import (
    KEYS,
    NO_TEXT,
    NOW,
    PLACE,
)


@pytest.mark.parametrize(
    "odd", [7, True, "x", ["x"], {"rateLimit": "x", "burstLimit": "x"}], ids=repr
)
def test_a_limit_of_a_plan_that_cannot_be_read_is_not_taken_for_none(odd: Any) -> None:
    plan = consumers_collector.normalise({"id": "p", "throttle": odd}, PLACE)
    assert (plan.rate_limit_per_s, plan.burst) == (UNKNOWN, UNKNOWN)
    bare = consumers_collector.normalise({"id": "p"}, PLACE)
    assert (bare.rate_limit_per_s, bare.burst, bare.quota, bare.admits) == (None, None, None, ())
    set_ = {"rateLimit": 5.0, "burstLimit": 7}
    limited = consumers_collector.normalise({"id": "p", "throttle": set_}, PLACE)
    assert (limited.rate_limit_per_s, limited.burst) == (5.0, 7)


@pytest.mark.parametrize("odd", [7, True, "x", [1], {"limit": "x"}], ids=repr)
def test_a_quota_that_cannot_be_read_is_not_taken_for_none(odd: Any) -> None:
    assert consumers_collector.normalise({"id": "p", "quota": odd}, PLACE).quota is UNKNOWN
    given = {"limit": 9, "period": "DAY"}
    assert consumers_collector.normalise({"id": "p", "quota": given}, PLACE).quota == "9/DAY"


@pytest.mark.parametrize(
    "odd", [7, "x", {"a": 1}, [7], [{"apiId": "a"}], [{"apiId": 7, "stage": "p"}]]
)
def test_what_a_plan_covers_is_unknown_where_a_stage_of_it_is(odd: Any) -> None:
    assert consumers_collector.normalise({"id": "p", "apiStages": odd}, PLACE).admits is UNKNOWN


@pytest.mark.parametrize("odd", NO_TEXT, ids=repr)
def test_what_an_agent_speaks_is_not_guessed(odd: Any) -> None:
    found = gateways.FoundGateway({"gatewayId": "g", "protocolType": odd})
    assert gateways.normalise(found, PLACE, KEYS).style == "unknown"
    version = {"protocolConfiguration": {"serverProtocol": odd}}
    endpoint = runtimes.FoundEndpoint({"agentRuntimeId": "r"}, {"name": "e"}, version)
    assert runtimes.normalise(endpoint, PLACE, KEYS).style == "unknown"


def test_a_rule_of_a_load_balancer_whose_conditions_cannot_be_read_says_so() -> None:
    door = Door("HTTP", 80, None, "disabled")
    for odd in (7, "x", [7], [{"Field": "path-pattern", "Values": ["/x"]}, None]):
        (rule,) = read_rules(door, [{"Priority": "1", "Conditions": odd}])
        assert "under a condition that cannot be read" in rule.besides
    (plain,) = read_rules(door, [{"Priority": "default"}])
    assert plain.besides == ()


@pytest.mark.parametrize(
    "match",
    [7, "x", {"httpMatch": 7}, {"httpMatch": {"method": 7}}, {"httpMatch": {"pathMatch": 7}}]
    + [
        {"httpMatch": {"pathMatch": {"match": odd}}}
        for odd in (7, {}, {"exact": 7}, {"later": "x"})
    ],
)
def test_a_rule_of_lattice_that_cannot_be_read_is_not_taken_for_everything(match: Any) -> None:
    assert (
        lattice_rules.unread([{"name": "r", "match": match}])
        == "what rule r matches cannot be read"
    )
    readable: tuple[dict[str, Any], ...] = ({}, {"httpMatch": {}}, {"httpMatch": {"method": "GET"}})
    assert lattice_rules.unread([{"match": each} for each in readable]) is None
    paths = ({"match": {"exact": "/x"}}, {"match": {"prefix": "/x"}})
    assert (
        lattice_rules.unread([{"match": {"httpMatch": {"pathMatch": each}}} for each in paths])
        is None
    )


@pytest.mark.parametrize(
    ("signers", "conditions"),
    [
        (None, None),
        ({"Enabled": False}, None),
        ({"Enabled": True}, behaviours.SIGNED),
        ({"Enabled": "yes"}, f"{behaviours.SIGNED}, perhaps"),
        (7, f"{behaviours.SIGNED}, perhaps"),
    ],
)
def test_a_signature_that_is_asked_for_perhaps_is_a_condition(
    signers: Any, conditions: str | None
) -> None:
    default = {"TargetOriginId": "o", "TrustedSigners": signers}
    origins = {"Items": [{"Id": "o", "DomainName": "o.example"}]}
    read = behaviours.read_routes(
        {"DefaultCacheBehavior": default, "Origins": origins, "CacheBehaviors": {}}, staging=False
    )
    assert [each.condition for each in read or ()] == [conditions]


def test_a_behaviour_whose_origin_is_not_listed_leads_somewhere_all_the_same() -> None:
    default = {"TargetOriginId": "gone"}
    (route,) = list(
        behaviours.read_routes(
            {"DefaultCacheBehavior": default, "Origins": {}, "CacheBehaviors": {}}, staging=False
        )
        or ()
    )
    assert (route.target, route.origin) == ("an origin that is not listed", None)


@pytest.mark.parametrize("odd", NO_TEXT, ids=repr)
def test_what_a_tenant_has_of_its_own_and_nobody_can_read_is_not_its_distributions(
    odd: Any,
) -> None:
    front = distributions.Front("d", waf="enabled", certificate="arn:its")
    domains_of = [{"Domain": "a.example"}]
    own = {"WebAcl": {"Action": odd}, "Certificate": {"Arn": odd}}
    (door,) = distributions.tenant_doors(
        {"Domains": domains_of, "Customizations": own}, front, PLACE
    )
    assert (door.waf, door.certificate) == ("unknown", UNKNOWN)
    (door,) = distributions.tenant_doors({"Domains": domains_of}, front, PLACE)
    assert (door.waf, door.certificate) == ("enabled", "arn:its")


@pytest.mark.parametrize(
    ("item", "words"),
    [
        ({}, None),
        ({"Aliases": {"Items": ["a.example"]}}, None),
        ({"Aliases": {"Items": ["a.example", 7, "no host!"]}}, "2 of 3 names cannot be read"),
        (
            {"Domains": [{"Domain": "a.example"}, {"Domain": None}, 7]},
            "2 of 3 names cannot be read",
        ),
    ],
)
def test_names_that_cannot_be_read_are_counted(item: Any, words: str | None) -> None:
    assert distributions.unread_names(item) == words


@pytest.mark.parametrize(
    ("given", "named"),
    [(None, True), ([], True), (["arn:x"], True), (["arn:x", 7], False), (7, False), ([""], False)],
)
def test_products_of_a_portal_that_cannot_be_read_are_not_none(given: Any, named: bool) -> None:
    assert portals.products_are_named({"IncludedPortalProductArns": given}) is named


def test_pages_of_a_portal_that_say_nothing_are_counted_and_leave_what_can_be_tried_unknown() -> (
    None
):
    stage = {"IdentifierParts": {"RestApiId": "a", "Stage": "p"}}
    pages: list[dict[str, Any]] = [
        {"RestEndpointIdentifier": stage, "TryItState": "ENABLED"},
        {"TryItState": "DISABLED"},
        {},
    ]
    assert portals.count_untold(pages) == 2
    assert portals.count_tried(pages, "u", NOW).value == 1.0
    assert portals.count_tried([*pages, {"TryItState": 7}], "u", NOW).value is None
