"""The smallest policies that let the collectors read, as IAM JSON, CloudFormation or Terraform.

Not AWS's own: `SecurityAudit` lacks seven resources of API Gateway, and `ReadOnlyAccess` may
read the values of API keys. This one cannot.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

import msgspec

from apiscape.collectors.contract import Permission

HUB_ONLY = frozenset({"sts:AssumeRole", "organizations:ListAccounts"})
"""What only the identity needs that takes on the roles of other accounts."""

FORMS = ("policy", "reader", "cloudformation", "terraform")
"""`policy` is for the identity that is signed in, the others for the role that it takes on in other accounts."""


class Role(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """A role for another account to take on.

    Attributes:
        name: Of the role.
        trusted_account: Whose identities may take it on.
        external_id: What they must know besides, if anything.
    """

    name: str = "apiscape-reader"
    trusted_account: str | None = None
    external_id: str | None = None


def write_policy(
    form: str, permissions: Iterable[Permission], role: Role, partition: str = "aws"
) -> str:
    """Return the policy in one of `FORMS`, ready for a file.

    Raises:
        ValueError: there is no such form.
    """
    if form in {"policy", "reader"}:
        return _json(policy(permissions, role.name, partition, hub=form == "policy"))
    if form == "cloudformation":
        return _json(cloudformation(permissions, role, partition))
    if form == "terraform":
        return terraform(permissions, role, partition)
    raise ValueError(f"no form {form!r}: {', '.join(FORMS)}")


def policy(
    permissions: Iterable[Permission],
    role_name: str = Role().name,
    partition: str = "aws",
    *,
    hub: bool = True,
) -> dict[str, Any]:
    """Return an IAM policy document: a statement for the actions of a service that are asked on the same resources.

    AWS takes 6,144 characters of a policy, and a statement for each action would be more.

    Args:
        permissions: Of the provider and of the configured collectors.
        role_name: Which role `sts:AssumeRole` is for.
        partition: Of the ARNs.
        hub: Whether the identity itself takes on other roles.
    """
    resources: dict[str, set[str]] = {}
    for permission in permissions:
        if hub or permission.action not in HUB_ONLY:
            named = (
                resource.replace("{partition}", partition).replace("{role}", role_name)
                for resource in permission.resources
            )
            resources.setdefault(permission.action, set()).update(named)
    alike: dict[tuple[str, ...], list[str]] = {}
    for action in sorted(resources):
        service = action.partition(":")[0]
        alike.setdefault((service, *sorted(resources[action])), []).append(action)
    statements = [
        {
            "Sid": _sid(actions, number),
            "Effect": "Allow",
            "Action": actions[0] if len(actions) == 1 else actions,
            "Resource": on,
        }
        for number, ((_, *on), actions) in enumerate(alike.items(), start=1)
    ]
    return {"Version": "2012-10-17", "Statement": statements}


def _sid(actions: list[str], number: int) -> str:
    """Return a name for a statement, no other's: of its only action, else of the service."""
    if len(actions) > 1:
        return f"{_letters(actions[0].partition(':')[0])}{number}"
    return _letters(actions[0])


def _letters(words: str) -> str:
    return "".join(letter for letter in words.title() if letter.isalnum())


def cloudformation(
    permissions: Iterable[Permission], role: Role, partition: str = "aws"
) -> dict[str, Any]:
    """Return a template with the role, for a stack or for a stack set over an organisation."""
    account = {"Type": "String", "Description": "Account that takes on the role"}
    secret = {"Type": "String", "Description": "External id that it must give; empty for none"}
    return {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Description": "Lets apiscape read the configuration of API gateways, and nothing else",
        "Parameters": {
            "TrustedAccount": account | _default(role.trusted_account),
            "ExternalId": secret | {"Default": role.external_id or ""},
        },
        "Conditions": {"HasExternalId": {"Fn::Not": [{"Fn::Equals": [{"Ref": "ExternalId"}, ""]}]}},
        "Resources": {
            "Role": {
                "Type": "AWS::IAM::Role",
                "Properties": {
                    "RoleName": role.name,
                    "AssumeRolePolicyDocument": _trust(
                        {"Fn::Sub": f"arn:{partition}:iam::${{TrustedAccount}}:root"},
                        {"Fn::If": ["HasExternalId", _knows({"Ref": "ExternalId"}), _NOTHING]},
                    ),
                    "Policies": [
                        {
                            "PolicyName": role.name,
                            "PolicyDocument": policy(permissions, role.name, partition, hub=False),
                        }
                    ],
                },
            }
        },
        "Outputs": {"RoleArn": {"Value": {"Fn::GetAtt": ["Role", "Arn"]}}},
    }


def terraform(permissions: Iterable[Permission], role: Role, partition: str = "aws") -> str:
    """Return a Terraform configuration with the role; policies are JSON, which HCL reads by itself."""
    document = _json(policy(permissions, role.name, partition, hub=False)).rstrip()
    account = "${var.trusted_account}"
    trust = _json(
        _trust(
            f"arn:{partition}:iam::{account}:root",
            _knows("${var.external_id}") if role.external_id else None,
        )
    ).rstrip()
    variables = [_variable("trusted_account", role.trusted_account)]
    if role.external_id:
        variables.append(_variable("external_id", role.external_id))
    return "\n".join(
        [
            *variables,
            'resource "aws_iam_role" "apiscape" {',
            f"  name = {json.dumps(role.name)}",
            f"  assume_role_policy = <<POLICY\n{trust}\nPOLICY",
            "}",
            "",
            'resource "aws_iam_role_policy" "apiscape" {',
            f"  name = {json.dumps(role.name)}",
            "  role = aws_iam_role.apiscape.id",
            f"  policy = <<POLICY\n{document}\nPOLICY",
            "}",
            "",
            'output "role_arn" {',
            "  value = aws_iam_role.apiscape.arn",
            "}",
            "",
        ]
    )


_NOTHING = {"Ref": "AWS::NoValue"}


def _trust(principal: object, condition: object) -> dict[str, Any]:
    statement: dict[str, Any] = {
        "Effect": "Allow",
        "Principal": {"AWS": principal},
        "Action": "sts:AssumeRole",
    }
    if condition is not None:
        statement["Condition"] = condition
    return {"Version": "2012-10-17", "Statement": [statement]}


def _knows(external_id: object) -> dict[str, Any]:
    return {"StringEquals": {"sts:ExternalId": external_id}}


def _variable(name: str, value: str | None) -> str:
    literal = json.dumps(value).replace("${", "$${").replace("%{", "%%{")  # a text, no template
    default = f"  default = {literal}\n" if value else ""
    return f'variable "{name}" {{\n  type = string\n{default}}}\n'


def _default(value: str | None) -> dict[str, str]:
    return {"Default": value} if value else {}


def _json(document: object) -> str:
    return json.dumps(document, indent=2) + "\n"
