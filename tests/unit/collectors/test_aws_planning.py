from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest

from apiscape.collectors.aws.estate import Account, choose_targets, target_of
from apiscape.collectors.aws.iam import FORMS, Role, cloudformation, policy, terraform, write_policy
from apiscape.collectors.aws.provider import PERMISSIONS, AwsProvider
from apiscape.collectors.aws.settings import AwsSettings, RoleSettings, account_of_role
from apiscape.collectors.aws.signin import Identity
from apiscape.collectors.contract import CredentialsInvalid
from apiscape.collectors.registry import collector_names, load_collector

HUB = Identity(account="1", arn="arn:aws:iam::1:user/x", partition="aws")
KNOWN = {
    "1": Account("1", "hub", "ACTIVE"),
    "2": Account("2", "tax", "ACTIVE"),
    "3": Account("3", "old", "SUSPENDED"),
}


def targets(
    known: dict[str, Account] | None = None, **settings: Any
) -> list[tuple[str, str | None]]:
    chosen = choose_targets(AwsSettings(**settings), HUB, known)
    return [(one.account, one.role.role_arn if one.role else None) for one in chosen]


def test_nobody_named_means_the_account_signed_in_to() -> None:
    assert targets() == [("1", None)]
    assert targets(KNOWN) == [("1", None)]
    assert targets(exclude_accounts=("1",)) == []


def test_a_role_name_means_every_active_account() -> None:
    assert targets(KNOWN, role_name="r") == [("1", None), ("2", "arn:aws:iam::2:role/r")]
    assert targets(None, role_name="r") == [("1", None)]


def test_accounts_are_visited_once_in_the_order_they_are_named() -> None:
    named = targets(KNOWN, roles=("arn:aws:iam::2:role/r",), accounts=("1", "2"), role_name="r")
    assert named == [("2", "arn:aws:iam::2:role/r"), ("1", None)]


@pytest.mark.parametrize(
    ("arn", "account"),
    [
        ("arn:aws:iam::123:role/x", "123"),
        ("arn:aws-cn:iam::123:role/path/x", "123"),
        ("arn:aws:iam::123:user/x", None),
        ("arn:aws:iam:::role/x", None),
        ("nonsense", None),
    ],
)
def test_the_account_of_a_role(arn: str, account: str | None) -> None:
    assert account_of_role(arn) == account


def test_the_way_into_an_account_that_was_planned() -> None:
    role = RoleSettings(role_arn="arn:aws:iam::2:role/a", external_id="x")
    other = RoleSettings(role_arn="arn:aws:iam::9:role/a")
    assert target_of(AwsSettings(roles=(other, role)), HUB, "2").role == role
    assert target_of(AwsSettings(), HUB, "1").role is None
    by_name = target_of(AwsSettings(role_name="r", external_id="y"), HUB, "3").role
    assert by_name == RoleSettings(role_arn="arn:aws:iam::3:role/r", external_id="y")
    with pytest.raises(CredentialsInvalid, match="no role leads into account 3"):
        target_of(AwsSettings(), HUB, "3")


def test_settings_are_read_strictly() -> None:
    read = msgspec.convert(
        {
            "roles": ["arn:aws:iam::1:role/x", {"role_arn": "arn:aws:iam::2:role/x"}],
            "tags": {"owner": ["squad"]},
            "network": {"proxy": "http://p"},
        },
        AwsSettings,
    )
    assert [role.role_arn for role in read.role_list()] == [
        "arn:aws:iam::1:role/x",
        "arn:aws:iam::2:role/x",
    ]
    assert read.tags.environment[0] == "environment"
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"region": "eu-west-1"}, AwsSettings)


@pytest.mark.parametrize(
    "second",
    [
        "arn:aws:iam::1:role/y",
        {"role_arn": "arn:aws:iam::1:role/x", "external_id": "e"},
        {"role_arn": "arn:aws:iam::1:role/path/x"},
    ],
)
def test_a_second_role_for_an_account_is_refused_with_its_place(second: Any) -> None:
    roles = ["arn:aws:iam::1:role/x", "arn:aws:iam::2:role/x", second]
    with pytest.raises(msgspec.ValidationError, match="second role for account 1,") as refused:
        msgspec.convert({"roles": roles}, AwsSettings)
    assert str(refused.value).endswith(" - at `$.roles[2]`")


@pytest.mark.parametrize("more", [{"role_name": "y"}, {"role_name": "x", "external_id": "e"}, {}])
def test_an_account_that_has_a_role_is_not_named_beside_it(more: Any) -> None:
    given = {"roles": ["arn:aws:iam::1:role/x"], "accounts": ["2", "1"], **more}
    with pytest.raises(
        msgspec.ValidationError, match="account 1 is visited by the role"
    ) as refused:
        msgspec.convert(given, AwsSettings)
    assert str(refused.value).endswith(" - at `$.accounts[1]`")


def test_an_account_may_be_named_twice_where_both_mean_one_role() -> None:
    given = {"roles": ["arn:aws-cn:iam::2:role/x"], "accounts": ["2"], "role_name": "x"}
    read = msgspec.convert(given, AwsSettings)
    assert [each.account for each in choose_targets(read, HUB, None)] == ["2"]


def test_the_same_role_said_again_is_no_second_one() -> None:
    again = {"role_arn": "arn:aws:iam::2:role/a", "name": "tax"}
    read = msgspec.convert({"roles": ["arn:aws:iam::2:role/a", again]}, AwsSettings)
    assert [each.account for each in choose_targets(read, HUB, None)] == ["2"]
    assert msgspec.convert({"roles": ["odd", "odder"]}, AwsSettings).roles == ("odd", "odder")


EVERY = [
    permission
    for product in collector_names("aws")
    for permission in load_collector(product).permissions
    if permission.is_asked(AwsSettings())
]


def actions_of(statement: dict[str, Any]) -> list[str]:
    """Return the actions of a statement, one or several."""
    given = statement["Action"]
    return [given] if isinstance(given, str) else given


DANGEROUS = frozenset(
    {
        *("appsync:ListApiKeys", "lambda:GetFunction", "lambda:GetFunctionConfiguration"),
        *("bedrock-agentcore:GetResourceApiKey", "bedrock-agentcore:GetResourceOauth2Token"),
        *("bedrock-agentcore:GetWorkloadAccessToken", "apprunner:ListVpcConnectors"),
        *("elasticloadbalancing:GetTrustStoreCaCertificatesBundle", "acm:ExportCertificate"),
        *("acm:GetCertificate", "cloudfront:GetPublicKey", "cloudfront:GetDistributionConfig"),
    }
)
"""Rights beside those asked for that answer with credentials, code or keys, or that nobody needs."""

SECRETS = ("secretsmanager:", "ssm:", "kms:", "s3:", "iam:", "cognito-idp:")
"""Services of which nothing is read."""


def test_the_policy_reads_what_is_declared_and_no_key() -> None:
    document = policy([*PERMISSIONS, *EVERY])
    actions = {
        action: one["Resource"] for one in document["Statement"] for action in actions_of(one)
    }
    assert set(actions) == {permission.action for permission in EVERY} | {
        *("account:ListRegions", "organizations:ListAccounts", "sts:AssumeRole")
    }
    assert DANGEROUS.isdisjoint(actions)
    assert not [action for action in actions if "*" in action or action.startswith(SECRETS)]
    text = json.dumps(document)
    assert "apikeys" not in text
    assert "keys" not in text
    assert "{" not in "".join(actions["apigateway:GET"])
    assert actions["sts:AssumeRole"] == ["arn:aws:iam::*:role/apiscape-reader"]
    assert len(json.dumps(document, separators=(",", ":"))) < 6144
    assert "arn:aws-cn:apigateway" in json.dumps(policy(EVERY, partition="aws-cn"))
    sids = [one["Sid"] for one in document["Statement"]]
    assert all(sid.isalnum() for sid in sids)
    assert len(set(sids)) == len(sids)


def test_actions_of_a_service_on_the_same_resources_share_a_statement() -> None:
    document = policy(load_collector("aws.alb").permissions)
    services = {
        frozenset(action.partition(":")[0] for action in actions_of(one))
        for one in document["Statement"]
    }
    assert services == {frozenset({"elasticloadbalancing"}), frozenset({"wafv2"})}
    assert len(document["Statement"]) == 2


def test_the_policy_grows_with_what_is_configured_only() -> None:
    rest = load_collector("aws.apigateway.rest").permissions
    assert "/apis" not in json.dumps(policy(rest))


def test_a_role_for_another_account_cannot_take_on_roles_itself() -> None:
    role = Role(trusted_account="1", external_id="right-one")
    template = cloudformation([*PERMISSIONS, *EVERY], role)
    properties = template["Resources"]["Role"]["Properties"]
    granted = json.dumps(properties["Policies"])
    assert "sts:AssumeRole" not in granted
    assert "organizations" not in granted
    assert template["Parameters"]["ExternalId"]["Default"] == "right-one"
    assert template["Parameters"]["TrustedAccount"]["Default"] == "1"
    assert "Default" not in cloudformation(EVERY, Role())["Parameters"]["TrustedAccount"]


def test_the_same_role_in_terraform() -> None:
    text = terraform([*PERMISSIONS, *EVERY], Role(trusted_account="1", external_id="a${b}%{c}"))
    assert 'variable "external_id"' in text
    assert 'default = "a$${b}%%{c}"' in text
    assert '"sts:ExternalId": "${var.external_id}"' in text
    heredocs = text.split("<<POLICY\n")[1:]
    documents = [json.loads(one.split("\nPOLICY")[0]) for one in heredocs]
    assert documents[0]["Statement"][0]["Action"] == "sts:AssumeRole"
    assert documents[1] == policy(EVERY + list(PERMISSIONS), hub=False)
    bare = terraform(EVERY, Role())
    assert "external_id" not in bare
    assert "Condition" not in bare


def test_every_form_is_written_and_no_other() -> None:
    for form in FORMS:
        assert AwsProvider().write_policy(form, AwsSettings(external_id="x"), EVERY)
    with pytest.raises(ValueError, match="no form 'poem'"):
        write_policy("poem", EVERY, Role())
