"""An AWS estate in memory: accounts, their regions and roles, and the organisation above them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Self

from apiscape.demo.aws.estate.identifiers import access_key, identifier
from apiscape.demo.aws.estate.region import Region
from apiscape.demo.aws.estate.shelves import Shelves

_START = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)

#: Regions that every account has from the start.
DEFAULT_REGIONS = (
    "ap-northeast-1",
    "ap-northeast-2",
    "ap-northeast-3",
    "ap-south-1",
    "ap-southeast-1",
    "ap-southeast-2",
    "ca-central-1",
    "eu-central-1",
    "eu-north-1",
    "eu-west-1",
    "eu-west-2",
    "eu-west-3",
    "sa-east-1",
    "us-east-1",
    "us-east-2",
    "us-west-1",
    "us-west-2",
)

#: Regions that an account must ask for.
OPT_IN_REGIONS = (
    "af-south-1",
    "ap-east-1",
    "ap-south-2",
    "ap-southeast-3",
    "ap-southeast-4",
    "ca-west-1",
    "eu-central-2",
    "eu-south-1",
    "eu-south-2",
    "il-central-1",
    "me-central-1",
    "me-south-1",
)


@dataclass(eq=False)
class Role:
    """A role that others may take on.

    Args:
        name: Role name.
        external_id: Must be given to take it on, if set.
        trusted: Account ids that may take it on; empty means any.
    """

    name: str
    external_id: str | None = None
    trusted: frozenset[str] = frozenset()


@dataclass(eq=False)
class Account:
    """An account of the estate; made by `AwsEstate.account`.

    Attributes:
        shelves: What there is of the services that belong to no region.
    """

    estate: AwsEstate = field(repr=False)
    id: str
    name: str
    status: str = "ACTIVE"
    user: str = "apiscape"
    regions: dict[str, Region] = field(default_factory=dict)
    region_statuses: dict[str, str] = field(default_factory=dict)
    roles: dict[str, Role] = field(default_factory=dict)
    shelves: Shelves[Account] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self.shelves = Shelves(self)

    @property
    def access_key_id(self) -> str:
        """The account's lasting access key id."""
        return access_key("AKIA", self.id)

    @property
    def secret_access_key(self) -> str:
        """The secret of the lasting key; the server takes any."""
        return identifier(self.id, "secret", length=40)

    def region(self, name: str) -> Region:
        """Give a region of the account, enabled from now on."""
        if self.region_statuses.get(name) not in {"ENABLED", "ENABLED_BY_DEFAULT"}:
            self.region_statuses[name] = "ENABLED"
        return self.regions.setdefault(name, Region(self, name))

    def only_regions(self, *names: str) -> Self:
        """Disable every region but these, so that little has to be visited."""
        for name in self.region_statuses:
            self.region_statuses[name] = "DISABLED"
        for name in names:
            self.region(name)
        return self

    def disable_region(self, name: str) -> Self:
        """Disable a region; its data stays, nobody gets at it."""
        self.region_statuses[name] = "DISABLED"
        return self

    def enabled(self, region: str) -> bool:
        """Say whether requests to a region are answered."""
        return self.region_statuses.get(region, "DISABLED") != "DISABLED"

    def role(self, name: str, *, external_id: str | None = None, trusted: str = "") -> str:
        """Add a role that the trusted account may take on (any if none is given); its ARN."""
        accounts = frozenset({trusted} if trusted else ())
        self.roles[name] = Role(name, external_id, accounts)
        return self.role_arn(name)

    def role_arn(self, name: str) -> str:
        """Give the ARN of a role of this account."""
        return f"arn:aws:iam::{self.id}:role/{name}"

    def suspend(self) -> Self:
        """Suspend the account: listed, but its roles cannot be taken on."""
        self.status = "SUSPENDED"
        return self


@dataclass(eq=False)
class Organisation:
    """An organisation over all accounts of the estate.

    Attributes:
        management: Id of the management account.
        delegated: Ids of accounts that may list as well.
        empty_pages: Numbers of the listing's pages, from 0, that come without accounts but with
            a next token, as the service documents.
    """

    management: str
    delegated: set[str] = field(default_factory=set)
    empty_pages: set[int] = field(default_factory=set)
    joined: datetime = _START

    @property
    def id(self) -> str:
        """The organisation's id."""
        return f"o-{identifier('organisation', self.management)}"


@dataclass(eq=False)
class AwsEstate:
    """Accounts and, if there is one, their organisation. Its time moves only with its changes."""

    accounts: dict[str, Account] = field(default_factory=dict)
    organisation: Organisation | None = None
    now: datetime = _START

    def account(self, account_id: str, name: str = "") -> Account:
        """Give the account of an id, made with every default region where missing."""
        if account_id not in self.accounts:
            account = Account(self, account_id, name or f"account-{account_id}")
            account.region_statuses = dict.fromkeys(DEFAULT_REGIONS, "ENABLED_BY_DEFAULT")
            account.region_statuses |= dict.fromkeys(OPT_IN_REGIONS, "DISABLED")
            self.accounts[account_id] = account
        return self.accounts[account_id]

    def organise(self, management: str) -> Organisation:
        """Put an organisation over all accounts, those to come included."""
        self.organisation = Organisation(self.account(management).id)
        return self.organisation

    def close_account(self, account_id: str) -> None:
        """Remove an account from the estate and its organisation."""
        del self.accounts[account_id]

    def tick(self, by: timedelta = timedelta(seconds=1)) -> datetime:
        """Let time pass and say what time it is."""
        self.now += by
        return self.now
