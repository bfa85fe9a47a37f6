"""What may stand in an AWS source of the configuration, beside the keys that every source has."""

from __future__ import annotations

import msgspec

from apiscape.collectors.contract import ProviderSettings
from apiscape.network.ways import Network


class RoleSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A role to take on.

    Attributes:
        role_arn: Its ARN; the account is read from it.
        external_id: What the role's trust policy asks for, if it does.
        name: What people call the account.
    """

    role_arn: str
    external_id: str | None = None
    name: str | None = None


class TagSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which tags say what. Compared without case and separators; the first that is there wins.

    Attributes:
        owner: Keys of tags that name who answers for an API.
        environment: Keys of tags that name what it is for.
        lifecycle: Keys of tags that name its phase.
        version: Keys of tags that name its version.
    """

    owner: tuple[str, ...] = ("owner", "service-owner", "team", "owning-team", "contact")
    environment: tuple[str, ...] = ("environment", "env", "deployment-environment", "stage")
    lifecycle: tuple[str, ...] = ("lifecycle", "phase", "service-phase")
    version: tuple[str, ...] = ("version", "api-version")


class BalancerSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What of application load balancers is known to be an API; all else that their rules lead to is a guess.

    Attributes:
        hosts: Patterns of host names (`api.*`).
        paths: Patterns of paths (`/api/*`), compared with those of the rules.
        tags: Tags of load balancers: a key, or `key=pattern`.
        target_health: Whether the health of targets is asked for: one call for each target group.
    """

    hosts: tuple[str, ...] = ()
    paths: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    target_health: bool = True


class AppSyncSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What of GraphQL APIs is looked at beside their schemas.

    Attributes:
        resolvers: Whether it is asked which data source serves which field: a call for each root type
            of a schema that is read, and one for functions where fields are served by several.
    """

    resolvers: bool = False


class UsagePlanSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What of usage plans is looked at beside what they admit to.

    Attributes:
        clients: Whether it is asked who the clients of each plan are, by name: a call more for each plan, since
            none lists those of several, of a right that can read the values of their keys too. Those are
            dropped unread.
    """

    clients: bool = False


class AwsSettings(ProviderSettings, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where to look in AWS, and as whom.

    Without `roles` and `accounts` the account that is signed in to is visited, and with
    `role_name` every active account of the organisation.

    Attributes:
        profile: Profile of the SDK's own configuration files.
        regions: Regions to visit; if left out, those that the account says are enabled.
        roles: Roles to take on, one for an account: an ARN, or an ARN with external id and name.
        accounts: Account ids to visit by `role_name`, none that `roles` names; one's own is visited without a role.
        role_name: Name of the role to take on in `accounts`, or in the whole organisation.
        external_id: External id for `role_name`.
        organization: Whether the organisation is asked which accounts exist; if left out it is,
            and that it could not be asked is said.
        exclude_accounts, exclude_regions: Left out on purpose; counted, not visited.
        endpoint_url: A private or emulated endpoint for every service.
        network: The way out of this source alone; the configuration's own if left out.
        tags: Which tags say who answers for an API, and what it is for.
        load_balancers: Which hosts, paths and tags of application load balancers are those of APIs.
        appsync: What of GraphQL APIs is looked at beside their schemas.
        usage_plans: What of usage plans is looked at beside what they admit to.
        total_max_attempts: How often one call is tried in all.
    """

    profile: str | None = None
    regions: tuple[str, ...] = ()
    roles: tuple[str | RoleSettings, ...] = ()
    accounts: tuple[str, ...] = ()
    role_name: str | None = None
    external_id: str | None = None
    organization: bool | None = None
    exclude_accounts: tuple[str, ...] = ()
    exclude_regions: tuple[str, ...] = ()
    endpoint_url: str | None = None
    network: Network = Network()
    tags: TagSettings = TagSettings()
    load_balancers: BalancerSettings = BalancerSettings()
    appsync: AppSyncSettings = AppSyncSettings()
    usage_plans: UsagePlanSettings = UsagePlanSettings()
    total_max_attempts: int = 6

    def __post_init__(self) -> None:
        """Refuse a second role for an account, in `roles` or by `accounts`: it is visited once, and by one role.

        Raises:
            ValueError: with the place of the second, as `msgspec` says places; the same role again is no second one.
        """
        first: dict[str, RoleSettings] = {}
        for index, role in enumerate(self.role_list()):
            account = account_of_role(role.role_arn)
            if account is not None and _differ(first.setdefault(account, role), role):
                raise ValueError(
                    f"a second role for account {account}, which is visited by one role:"
                    f" give it a source of its own - at `$.roles[{index}]`"
                )
        for index, account in enumerate(self.accounts):
            if account in first and _differ(self.role_by_name(first[account]), first[account]):
                raise ValueError(
                    f"account {account} is visited by the role that `roles` names for it:"
                    f" leave it out here, or there - at `$.accounts[{index}]`"
                )

    def role_by_name(self, like: RoleSettings) -> RoleSettings:
        """Return the role that `role_name` means in the account of another one."""
        arn = f"{like.role_arn.partition(':role/')[0]}:role/{self.role_name}"
        return RoleSettings(role_arn=arn, external_id=self.external_id)

    def role_list(self) -> tuple[RoleSettings, ...]:
        """Return every configured role in its long form."""
        return tuple(
            RoleSettings(role_arn=role) if isinstance(role, str) else role for role in self.roles
        )


def _differ(one: RoleSettings, other: RoleSettings) -> bool:
    """Say whether two roles of an account are not taken on alike; what people call the account is no matter."""
    return (one.role_arn, one.external_id) != (other.role_arn, other.external_id)


def account_of_role(role_arn: str) -> str | None:
    """Return the account of `arn:PARTITION:iam::ACCOUNT:role/NAME`, or `None`."""
    fields = role_arn.split(":", 5)
    named = len(fields) == 6 and fields[5].startswith("role/")  # noqa: PLR2004 - an ARN has six fields
    return fields[4] if named and fields[4] else None
