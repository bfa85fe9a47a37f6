"""What of the provider's own rights a source asks for: no more than its settings have it do."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec

from apiscape.collectors.aws.estate import LIST_ACCOUNTS
from apiscape.collectors.aws.iam import HUB_ONLY, Role
from apiscape.collectors.aws.partitions import Partition
from apiscape.collectors.aws.settings import AwsSettings, account_of_role
from apiscape.collectors.aws.signin import SignIn
from apiscape.collectors.contract import Permission

ASSUME_ROLE = "sts:AssumeRole"

MOST_ROLES = 10
"""Roles that a policy names one by one: AWS takes 6,144 characters, and of more it says their names alone."""


def asked_of_hub(
    permissions: Iterable[Permission], settings: AwsSettings, partition: str
) -> Iterator[Permission]:
    """Yield those of the provider's permissions that a source asks for, each on what it needs it for.

    Args:
        permissions: The provider's.
        settings: The source's.
        partition: Of the roles that are known by their name.
    """
    roles = roles_taken(settings, partition)
    for permission in permissions:
        if permission.action == LIST_ACCOUNTS and settings.organization is False:
            continue
        if permission.action != ASSUME_ROLE:
            yield permission
        elif roles:
            yield msgspec.structs.replace(permission, resources=roles)


def needed_by_hub(
    permissions: Iterable[Permission], settings: AwsSettings, own_account: str | None
) -> Iterator[Permission]:
    """Yield what the identity itself needs of what a source asks for.

    It reads nothing where every account is visited by a role. Where nobody knows which account is its own,
    any that `accounts` names may be.
    """
    named = settings.accounts
    reads = own_account in {None, *named} if named else not settings.roles
    return (each for each in permissions if reads or each.action in HUB_ONLY)


def roles_taken(settings: AwsSettings, partition: str) -> tuple[str, ...]:
    """Return the ARNs of the roles that a source takes on; a star stands for any account of the organisation."""
    arns = [role.role_arn for role in settings.role_list() if account_of_role(role.role_arn)]
    if settings.role_name:
        accounts = settings.accounts or (() if arns else ("*",))
        arns += [f"arn:{partition}:iam::{each}:role/{settings.role_name}" for each in accounts]
    named = tuple(dict.fromkeys(arns))
    return named if len(named) <= MOST_ROLES else tuple(dict.fromkeys(map(_of_any_account, named)))


def _of_any_account(arn: str) -> str:
    start, _, name = arn.partition(":role/")
    return f"{start.rpartition(':')[0]}:*:role/{name}"


def role_called(settings: AwsSettings) -> str:
    """Return what the role for other accounts is called, where the settings agree on a name."""
    named = {role.role_arn.partition(":role/")[2] for role in settings.role_list()}
    only = named.pop() if len(named) == 1 else ""
    return settings.role_name or ("" if "/" in only else only) or Role().name


def partition_of(settings: AwsSettings) -> str:
    """Return the partition that a source is of, asking nobody: by its roles, else by its regions."""
    named = (role.role_arn.split(":") for role in settings.role_list())
    by_role = next((parts[1] for parts in named if len(parts) > 1 and parts[1]), None)
    return by_role or _partition_of_regions(settings)


def _partition_of_regions(settings: AwsSettings) -> str:
    from botocore.exceptions import BotoCoreError

    try:
        own = SignIn(settings)
        return own.partition(own.home_regions[0]).name
    except BotoCoreError:  # a profile that is not there
        return Partition().name
