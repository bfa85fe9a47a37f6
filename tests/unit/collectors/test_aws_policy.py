"""The policy that is printed asks for what the source's settings have it do, and for nothing else."""

from __future__ import annotations

import json
from typing import Any

import pytest

from apiscape.collectors.aws.cloudtrail import PERMISSION as HEARING
from apiscape.collectors.aws.provider import AwsProvider
from apiscape.collectors.aws.settings import (
    AppSyncSettings,
    AwsSettings,
    BalancerSettings,
    RoleSettings,
    UsagePlanSettings,
)
from apiscape.collectors.changing import LooksAgain
from apiscape.collectors.contract import Permission
from apiscape.collectors.measuring import MeasuresTraffic
from apiscape.collectors.registry import collector_names, load_collector

ALL = tuple(collector_names("aws"))
LONGEST = 6144
"""Characters of a policy that AWS takes, blanks not counted."""

GIVES_AWAY = frozenset(
    {
        *("appsync:ListApiKeys", "lambda:GetFunction", "acm:ExportCertificate"),
        *("bedrock-agentcore:GetResourceApiKey", "bedrock-agentcore:GetResourceOauth2Token"),
        *("bedrock-agentcore:GetWorkloadAccessToken", "acm:GetCertificate"),
        "bedrock-agentcore:GetWorkloadAccessTokenForJWT",
        "bedrock-agentcore:GetWorkloadAccessTokenForUserId",
        *("elasticloadbalancing:GetTrustStoreCaCertificatesBundle", "cloudfront:GetPublicKey"),
    }
)
"""Rights that answer with credentials, code or keys."""


def wanted(*products: str, every: bool = False) -> list[Permission]:
    """Return what collectors ask for: with `every`, to measure and to hear of changes as well."""
    found: list[Permission] = [HEARING] if every else []
    for collector in map(load_collector, products):
        found += collector.permissions
        if every and isinstance(collector, MeasuresTraffic):
            found += collector.traffic_permissions
        if every and isinstance(collector, LooksAgain):
            found += collector.again_permissions
    return found


def policy(
    settings: AwsSettings, *products: str, every: bool = False, form: str = "policy"
) -> dict[str, list[str]]:
    """Return the resources of each action that the printed policy grants."""
    text = AwsProvider().write_policy(form, settings, wanted(*products, every=every))
    granted: dict[str, list[str]] = {}
    for statement in json.loads(text)["Statement"]:
        actions = statement["Action"]
        for action in [actions] if isinstance(actions, str) else actions:
            granted[action] = statement["Resource"]
    return granted


def role(account: str, name: str = "reader", partition: str = "aws") -> str:
    return f"arn:{partition}:iam::{account}:role/{name}"


@pytest.mark.parametrize(
    ("settings", "roles"),
    [
        (
            {"roles": (role("1"), RoleSettings(role_arn=role("2", "other")))},
            [role("1"), role("2", "other")],
        ),
        ({"role_name": "r", "accounts": ("1", "2")}, [role("1", "r"), role("2", "r")]),
        ({"role_name": "r"}, [role("*", "r")]),
        ({"role_name": "r", "roles": (role("1"),)}, [role("1")]),
        ({"roles": tuple(role(str(each)) for each in range(11))}, [role("*")]),
        ({"roles": ("no role", role("1"))}, [role("1")]),
    ],
)
def test_it_lets_in_to_the_roles_that_the_source_takes_on(
    settings: dict[str, Any], roles: list[str]
) -> None:
    granted = policy(AwsSettings(**settings))
    assert sorted(granted["sts:AssumeRole"]) == sorted(roles)


def test_without_roles_none_may_be_taken_on() -> None:
    assert set(policy(AwsSettings())) == {"account:ListRegions", "organizations:ListAccounts"}


HUB_ONLY = {"sts:AssumeRole", "organizations:ListAccounts"}


@pytest.mark.parametrize(
    ("settings", "reads"),
    [
        ({"roles": (role("1"), role("2"))}, False),
        ({"roles": (role("1"),), "role_name": "r"}, False),
        ({"roles": (role("1"),), "accounts": ("2",), "role_name": "r"}, True),
        ({"role_name": "r"}, True),
        ({"accounts": ("1",), "role_name": "r"}, True),
        ({}, True),
    ],
)
def test_who_only_takes_on_roles_may_read_nothing(settings: dict[str, Any], reads: bool) -> None:
    own = policy(AwsSettings(**settings), "aws.alb", every=True)
    readers = policy(AwsSettings(**settings), "aws.alb", every=True, form="reader")
    assert HUB_ONLY.isdisjoint(readers)
    assert {"account:ListRegions", "cloudtrail:LookupEvents", "wafv2:ListWebACLs"} <= set(readers)
    if reads:
        assert set(own) - HUB_ONLY == set(readers)
    else:
        assert set(own) == HUB_ONLY
        assert own["sts:AssumeRole"] == list(map(role, "12" if len(settings["roles"]) > 1 else "1"))


def test_who_only_takes_on_roles_lists_the_organisation_only_where_it_is_asked() -> None:
    alone = AwsSettings(roles=(role("1"),), organization=False)
    assert policy(alone, "aws.alb") == {"sts:AssumeRole": [role("1")]}


def test_an_organisation_that_is_not_asked_for_need_not_be_listed() -> None:
    assert set(policy(AwsSettings(organization=False))) == {"account:ListRegions"}


@pytest.mark.parametrize(
    ("product", "action", "without", "with_it"),
    [
        (
            "aws.appsync.graphql",
            "appsync:ListResolvers",
            AwsSettings(),
            AwsSettings(appsync=AppSyncSettings(resolvers=True)),
        ),
        (
            "aws.appsync.graphql",
            "appsync:ListFunctions",
            AwsSettings(),
            AwsSettings(appsync=AppSyncSettings(resolvers=True)),
        ),
        (
            "aws.alb",
            "elasticloadbalancing:DescribeTargetHealth",
            AwsSettings(load_balancers=BalancerSettings(target_health=False)),
            AwsSettings(),
        ),
    ],
)
def test_the_right_of_an_option_is_asked_for_with_the_option(
    product: str, action: str, without: AwsSettings, with_it: AwsSettings
) -> None:
    assert action not in policy(without, product)
    assert action in policy(with_it, product)


def test_keys_may_be_listed_only_where_their_clients_are_asked_for() -> None:
    keys = "arn:aws:apigateway:*::/usageplans/*/keys"
    assert keys not in policy(AwsSettings(), *ALL)["apigateway:GET"]
    asking = AwsSettings(usage_plans=UsagePlanSettings(clients=True))
    assert keys in policy(asking, *ALL)["apigateway:GET"]


@pytest.mark.parametrize(
    ("settings", "partition"),
    [
        (AwsSettings(regions=("cn-north-1",)), "aws-cn"),
        (AwsSettings(regions=("us-gov-west-1",)), "aws-us-gov"),
        (AwsSettings(regions=("eusc-de-east-1",)), "aws-eusc"),
        (AwsSettings(regions=("eu-west-1",), roles=(role("1", partition="aws-cn"),)), "aws-cn"),
        (AwsSettings(regions=("eu-west-1",), roles=("no role",)), "aws"),
        (AwsSettings(profile="nobody has this one"), "aws"),
    ],
)
def test_its_arns_are_of_the_sources_partition(settings: AwsSettings, partition: str) -> None:
    (on,) = policy(settings, "aws.apigateway.websocket", form="reader")["apigateway:GET"][:1]
    assert on.startswith(f"arn:{partition}:apigateway:")


@pytest.mark.parametrize(
    ("settings", "name"),
    [
        (AwsSettings(), "apiscape-reader"),
        (AwsSettings(role_name="r"), "r"),
        (AwsSettings(roles=(role("1"), role("2"))), "reader"),
        (AwsSettings(roles=(role("1"), role("2", "other"))), "apiscape-reader"),
        (AwsSettings(roles=(role("1", "path/reader"),)), "apiscape-reader"),
    ],
)
def test_the_role_for_other_accounts_is_called_as_the_source_calls_it(
    settings: AwsSettings, name: str
) -> None:
    template = json.loads(AwsProvider().write_policy("cloudformation", settings, ()))
    assert template["Resources"]["Role"]["Properties"]["RoleName"] == name


EVERYTHING = AwsSettings(
    accounts=tuple(str(each) * 12 for each in range(10)),
    role_name="reader",
    appsync=AppSyncSettings(resolvers=True),
    usage_plans=UsagePlanSettings(clients=True),
)


def test_all_that_can_be_asked_for_fits_and_gives_nothing_away() -> None:
    granted = policy(EVERYTHING, *ALL, every=True)
    assert GIVES_AWAY.isdisjoint(granted)
    assert not [action for action in granted if "*" in action]
    assert not [on for on in granted["apigateway:GET"] if "/apikeys" in on or on.endswith("::*")]
    text = AwsProvider().write_policy("policy", EVERYTHING, wanted(*ALL, every=True))
    assert len("".join(text.split())) < LONGEST
