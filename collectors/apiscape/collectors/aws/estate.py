"""Planning: which accounts and regions a source visits, and which others exist."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

import msgspec

from apiscape.collectors.aws.errors import Refused
from apiscape.collectors.aws.paging import listed_of
from apiscape.collectors.aws.picking import text
from apiscape.collectors.aws.regions import list_regions
from apiscape.collectors.aws.settings import AwsSettings, RoleSettings, account_of_role
from apiscape.collectors.aws.signin import SESSION_NAME, Identity, SignIn
from apiscape.collectors.contract import (
    AccessDenied,
    CollectorError,
    CredentialsInvalid,
    Malformed,
    PlannedReach,
)
from apiscape.model.run import ErrorRecord, EstateEntry, Reach
from apiscape.model.vocabulary import ErrorKind, ReachState

LIST_ACCOUNTS = "organizations:ListAccounts"
MOST_PAGES = 10_000
ACTIVE = "ACTIVE"


class Account(msgspec.Struct, frozen=True, gc=False):
    """An account of the organisation; `state` in AWS's words."""

    id: str
    name: str | None
    state: str


class Accounts(msgspec.Struct, frozen=True, gc=False):
    """The organisation's accounts by id; `None` where there is no organisation, or it could not be asked."""

    known: Mapping[str, Account] | None = None
    error: ErrorRecord | None = None


class Target(msgspec.Struct, frozen=True, gc=False):
    """An account to visit: by a role, or as whoever is signed in."""

    account: str
    name: str | None = None
    role: RoleSettings | None = None


class Visited(msgspec.Struct, frozen=True, gc=False):
    """What planning found out about one target."""

    reaches: tuple[PlannedReach, ...]
    estate: tuple[EstateEntry, ...] = ()
    error: ErrorRecord | None = None


# ── Accounts ─────────────────────────────────────────────────────────────────


def find_accounts(sign_in: SignIn) -> Accounts:
    """Return the organisation's accounts, or why they cannot be known."""
    if sign_in.settings.organization is False:
        return Accounts()
    try:
        found = list(_list_accounts(sign_in))
    except AccessDenied:
        return Accounts(error=_unknown_organisation())
    except Refused as refusal:
        return Accounts() if "NotInUse" in refusal.message else Accounts(error=refusal.record())
    except CollectorError as error:
        return Accounts(error=error.record())
    known = {account.id: account for account in found if account is not None}
    if None not in found:
        return Accounts(known=known)
    nameless = Malformed("an account of the organisation has no id", operation=LIST_ACCOUNTS)
    return Accounts(known=known, error=nameless.record())


def _list_accounts(sign_in: SignIn) -> Iterator[Account | None]:
    """Yield accounts to the end, `None` for one without an id; AWS documents empty pages that have a next one."""
    token: dict[str, object] = {}
    seen: set[str] = set()
    for _ in range(MOST_PAGES):
        answer = sign_in.ask("organizations", "ListAccounts", **token)
        for item in listed_of(answer, "Accounts", LIST_ACCOUNTS):
            identifier = text(item, "Id")
            state = text(item, "State") or text(item, "Status") or ACTIVE
            yield Account(identifier, text(item, "Name"), state) if identifier else None
        following = text(answer, "NextToken")
        if following is None:
            return
        if following in seen:
            break
        seen.add(following)
        token = {"NextToken": following}
    raise Malformed("the listing of accounts has no end", operation=LIST_ACCOUNTS)


def _unknown_organisation() -> ErrorRecord:
    return ErrorRecord(
        kind=ErrorKind.ACCESS_DENIED,
        message="which other accounts exist cannot be known from this one",
        permission=LIST_ACCOUNTS,
        operation=LIST_ACCOUNTS,
        next_step="sign in to the management account or a delegated administrator, "
        "or set `organization: false` if there are no others",
    )


# ── Targets ──────────────────────────────────────────────────────────────────


def choose_targets(
    settings: AwsSettings, caller: Identity, accounts: Mapping[str, Account] | None
) -> tuple[Target, ...]:
    """Return the accounts that the settings ask for, each once, in the order they are named.

    A role that is no role's ARN is a target all the same: planning it says why it fails.
    """
    known = accounts or {}
    chosen: dict[str, Target] = {}
    for role in settings.role_list():
        account = account_of_role(role.role_arn) or role.role_arn
        name = role.name or _name(known, account)
        chosen.setdefault(account, Target(account, name, role))
    wanted = list(settings.accounts)
    if settings.role_name and not wanted and not chosen:
        wanted = [account.id for account in known.values() if account.state == ACTIVE]
    for account in wanted or ([] if chosen else [caller.account]):
        by_name = _role_in(settings, caller, account)
        chosen.setdefault(account, Target(account, _name(known, account), by_name))
    return tuple(
        target for target in chosen.values() if target.account not in settings.exclude_accounts
    )


def target_of(settings: AwsSettings, caller: Identity, account: str) -> Target:
    """Return how to get into an account that was planned.

    Raises:
        CredentialsInvalid: the settings name no way.
    """
    for role in settings.role_list():
        if account_of_role(role.role_arn) == account:
            return Target(account, role.name, role)
    role_by_name = _role_in(settings, caller, account)
    if role_by_name is None and account != caller.account:
        raise no_way_into(account)
    return Target(account, role=role_by_name)


def no_way_into(account: str) -> CredentialsInvalid:
    """Return the error of an account that no role leads into."""
    return CredentialsInvalid(
        f"no role leads into account {account}: name one in roles, or set role_name",
        permission="sts:AssumeRole",
    )


def _role_in(settings: AwsSettings, caller: Identity, account: str) -> RoleSettings | None:
    if settings.role_name is None or account == caller.account:
        return None
    arn = f"arn:{caller.partition}:iam::{account}:role/{settings.role_name}"
    return RoleSettings(role_arn=arn, external_id=settings.external_id)


def _name(known: Mapping[str, Account], account: str) -> str | None:
    return known[account].name if account in known else None


# ── The estate ───────────────────────────────────────────────────────────────


def visit_target(
    source: str,
    settings: AwsSettings,
    caller: Identity,
    target: Target,
    sign_in: Callable[[], SignIn],
) -> Visited:
    """Return the reaches of a target, asking the account, by `sign_in`, which regions it has enabled.

    Configured regions are visited also where the account does not say: that it did not is said.
    """
    if target.role is None and target.account != caller.account:
        return Visited(_failed(target, settings.regions, no_way_into(target.account).record()))
    try:
        enabled = list_regions(sign_in())
    except CollectorError as error:
        record = error.record()
        if settings.regions and not isinstance(error, CredentialsInvalid):
            return Visited(
                _reaches(target, _wanted(settings, settings.regions), caller), error=record
            )
        return Visited(_failed(target, settings.regions, record))
    regions = settings.regions or tuple(sorted(enabled))
    estate = tuple(_other_regions(source, target, settings, enabled))
    return Visited(_reaches(target, _wanted(settings, regions), caller), estate)


def other_accounts(
    source: str,
    settings: AwsSettings,
    caller: Identity,
    known: Mapping[str, Account] | None,
    targets: tuple[Target, ...],
) -> Iterator[EstateEntry]:
    """Yield the accounts that exist and are not visited, each with the reason."""
    visited = {target.account for target in targets}
    own = {caller.account: Account(caller.account, None, ACTIVE)}
    for account in {**own, **(known or {})}.values():
        if account.id in visited:
            continue
        state, reason = ReachState.NOT_CONFIGURED, "no role or account of the source names it"
        if account.id in settings.exclude_accounts:
            state, reason = ReachState.EXCLUDED, "excluded by exclude_accounts"
        elif account.state != ACTIVE:
            state, reason = ReachState.EXCLUDED, f"account is {account.state.lower()}"
        yield EstateEntry(
            source=source,
            provider="aws",
            key=account.id,
            title=account.name,
            state=state,
            reason=reason,
        )


def _other_regions(
    source: str, target: Target, settings: AwsSettings, enabled: frozenset[str]
) -> Iterator[EstateEntry]:
    """Yield the enabled regions of a visited account that are not visited themselves."""
    for region in sorted(enabled):
        if region in settings.exclude_regions:
            state, reason = ReachState.EXCLUDED, "excluded by exclude_regions"
        elif settings.regions and region not in settings.regions:
            state, reason = ReachState.NOT_CONFIGURED, "enabled, but not among regions"
        else:
            continue
        yield EstateEntry(
            source=source,
            provider="aws",
            key=f"{target.account}/{region}",
            title=_title(target, region),
            state=state,
            reason=reason,
        )


def _wanted(settings: AwsSettings, regions: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(
        region for region in dict.fromkeys(regions) if region not in settings.exclude_regions
    )


def _reaches(
    target: Target, regions: tuple[str, ...], caller: Identity
) -> tuple[PlannedReach, ...]:
    arn = _assumed_arn(target.role, caller) if target.role else caller.arn
    return tuple(PlannedReach(reach=_reach(target, region), caller=arn) for region in regions)


def _assumed_arn(role: RoleSettings, caller: Identity) -> str:
    """Return what AWS calls whoever took on a role."""
    account, name = account_of_role(role.role_arn), role.role_arn.rpartition("/")[2]
    return f"arn:{caller.partition}:sts::{account}:assumed-role/{name}/{SESSION_NAME}"


def _failed(
    target: Target, regions: tuple[str, ...], error: ErrorRecord
) -> tuple[PlannedReach, ...]:
    """Return a failed reach per region, or one for the account where its regions are unknown."""
    reaches = [_reach(target, region) for region in regions] or [
        Reach(key=target.account, account=target.account, title=target.name)
    ]
    return tuple(PlannedReach(reach=reach, error=error) for reach in reaches)


def _reach(target: Target, region: str) -> Reach:
    return Reach(
        key=f"{target.account}/{region}",
        account=target.account,
        region=region,
        title=_title(target, region),
    )


def _title(target: Target, region: str) -> str | None:
    return f"{target.name} {region}" if target.name else None
