"""Load balancers and firewalls of the emulated AWS, through the real SDK."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from apiscape.demo.aws.estate.balancers import (
    Balancers,
    LoadBalancer,
    fixed_response,
    forward,
    jwt_validation,
    oidc,
    redirect_to_https,
    when,
    when_header,
    when_query,
)
from apiscape.demo.aws.estate.region import Region
from apiscape.demo.aws.wire.server import AwsServer
from tests.unit.demo.aws.sdk import ACCOUNT, code

ISSUER = "https://id.example"


@pytest.fixture
def shelf(region: Region) -> Balancers:
    return region.shelves.of(Balancers)


@pytest.fixture
def elb(server: AwsServer) -> Any:
    return server.client("elbv2", ACCOUNT)


def edge(shelf: Balancers, name: str = "edge") -> LoadBalancer:
    group = shelf.target_group(f"{name}-pool", "healthy", "draining")
    balancer = shelf.application(name, tags={"owner": "Team Edge"})
    balancer.listener(80, "HTTP", to=[redirect_to_https()])
    balancer.listener(to=[fixed_response()]).rule(
        when("host-header", "a.example", regex=["^b"]),
        when_header("x-a", "1"),
        when_query(b="2"),
        to=[oidc(ISSUER, AuthenticationRequestExtraParams={"display": "page"}), forward(group)],
        Transforms=[{"Type": "url-rewrite"}],
    ).rule(when("source-ip", "10.0.0.0/8"), to=[jwt_validation(ISSUER), forward(group)])
    return balancer


def test_load_balancers_of_every_type_are_listed_in_pages(shelf: Balancers, elb: Any) -> None:
    for number in range(3):
        shelf.application(f"edge-{number}", internal=number == 1)
    shelf.network("inside")
    pages = list(
        elb.get_paginator("describe_load_balancers").paginate(PaginationConfig={"PageSize": 3})
    )
    found = [each for page in pages for each in page["LoadBalancers"]]
    assert [each["Type"] for each in found] == ["application"] * 3 + ["network"]
    assert [each["Scheme"] for each in found[:2]] == ["internet-facing", "internal"]
    assert found[1]["DNSName"].startswith("internal-edge-1-")
    assert len(pages) == 2


def test_rules_come_in_their_order_and_the_default_one_last(shelf: Balancers, elb: Any) -> None:
    balancer = edge(shelf)
    plain, secure = elb.describe_listeners(LoadBalancerArn=balancer.arn)["Listeners"]
    assert "SslPolicy" not in plain
    assert secure["MutualAuthentication"] == {"Mode": "off"}
    rules = elb.describe_rules(ListenerArn=secure["ListenerArn"])["Rules"]
    assert [rule["Priority"] for rule in rules] == ["1", "2", "default"]
    assert [rule["IsDefault"] for rule in rules] == [False, False, True]
    first = rules[0]
    assert [action["Order"] for action in first["Actions"]] == [1, 2]
    extra = first["Actions"][0]["AuthenticateOidcConfig"]["AuthenticationRequestExtraParams"]
    assert extra == {"display": "page"}
    assert first["Transforms"] == [{"Type": "url-rewrite"}]
    host = first["Conditions"][0]
    assert host["HostHeaderConfig"] == {"Values": ["a.example"], "RegexValues": ["^b"]}
    assert (host["Values"], host["RegexValues"]) == (["a.example"], ["^b"])
    assert rules[2]["Actions"][0]["Type"] == "fixed-response"
    assert "Order" not in rules[2]["Actions"][0]


def test_targets_have_a_state_each(shelf: Balancers, elb: Any) -> None:
    edge(shelf)
    (group,) = elb.describe_target_groups()["TargetGroups"]
    answer = elb.describe_target_health(TargetGroupArn=group["TargetGroupArn"])
    states = [each["TargetHealth"]["State"] for each in answer["TargetHealthDescriptions"]]
    assert states == ["healthy", "draining"]


def test_attributes_are_texts(shelf: Balancers, elb: Any) -> None:
    balancer = edge(shelf)
    answer = elb.describe_load_balancer_attributes(LoadBalancerArn=balancer.arn)
    found = {each["Key"]: each["Value"] for each in answer["Attributes"]}
    assert found["access_logs.s3.enabled"] == "false"


def test_tags_are_told_of_twenty_at_most_and_of_none_if_one_is_gone(
    shelf: Balancers, elb: Any
) -> None:
    arns = [edge(shelf, f"edge-{number}").arn for number in range(21)]
    told = elb.describe_tags(ResourceArns=arns[:20])["TagDescriptions"]
    assert told[0] == {
        "ResourceArn": arns[0],
        "Tags": [{"Key": "owner", "Value": "Team Edge"}],
    }
    with pytest.raises(ClientError) as too_many:
        elb.describe_tags(ResourceArns=arns)
    assert code(too_many) == "ValidationError"
    del shelf.balancers[arns[3]]
    with pytest.raises(ClientError) as gone:
        elb.describe_tags(ResourceArns=arns[:20])
    assert code(gone) == "LoadBalancerNotFound"


@pytest.mark.parametrize(
    ("ask", "refusal"),
    [
        (lambda elb: elb.describe_listeners(LoadBalancerArn="x"), "LoadBalancerNotFound"),
        (lambda elb: elb.describe_rules(ListenerArn="x"), "ListenerNotFound"),
        (lambda elb: elb.describe_target_health(TargetGroupArn="x"), "TargetGroupNotFound"),
        (
            lambda elb: elb.describe_load_balancer_attributes(LoadBalancerArn="x"),
            "LoadBalancerNotFound",
        ),
    ],
)
def test_what_is_not_there_is_refused_by_its_kind(
    shelf: Balancers, elb: Any, ask: Callable[[Any], object], refusal: str
) -> None:
    edge(shelf)
    with pytest.raises(ClientError) as error:
        ask(elb)
    assert code(error) == refusal


def test_firewalls_stand_before_load_balancers(shelf: Balancers, server: AwsServer) -> None:
    waf = server.client("wafv2", ACCOUNT)
    balancer = edge(shelf)
    arn = shelf.web_acl("shop", balancer)
    (found,) = waf.list_web_acls(Scope="REGIONAL")["WebACLs"]
    assert (found["ARN"], found["Name"]) == (arn, "shop")
    assert waf.list_web_acls(Scope="CLOUDFRONT")["WebACLs"] == []
    assert waf.list_resources_for_web_acl(WebACLArn=arn)["ResourceArns"] == [balancer.arn]
    other = waf.list_resources_for_web_acl(WebACLArn=arn, ResourceType="API_GATEWAY")
    assert other["ResourceArns"] == []
    with pytest.raises(ClientError) as error:
        waf.list_resources_for_web_acl(WebACLArn=f"{arn}x")
    assert code(error) == "WAFNonexistentItemException"
