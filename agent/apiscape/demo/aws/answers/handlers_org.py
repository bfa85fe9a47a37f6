"""Identity, organisation and regions: `sts`, `organizations` and `account`."""

from __future__ import annotations

from apiscape.demo.aws.answers.context import Context, Handler, Output, Params
from apiscape.demo.aws.answers.paging import PAGING, page
from apiscape.demo.aws.estate.backends import Fields
from apiscape.demo.aws.estate.estate import Account, Organisation
from apiscape.demo.aws.refusing.refusals import Refusal, denied


def get_caller_identity(context: Context, params: Params) -> Output:
    """Say who the caller is; needs no permission."""
    del params
    caller = context.caller
    return {"UserId": caller.user_id, "Account": caller.account.id, "Arn": caller.arn}


def assume_role(context: Context, params: Params) -> Output:
    """Hand out temporary credentials for a role."""
    return context.identities.assume_role(context.caller, params)


def list_accounts(context: Context, params: Params) -> Output:
    """List the organisation's accounts; pages may be empty and still have a next token."""
    organisation = _organisation(context, "ListAccounts")
    accounts = [_account(organisation, account) for account in context.estate.accounts.values()]
    size = int(params.get("MaxResults", PAGING["organizations"].size))
    for number in sorted(organisation.empty_pages):
        accounts[number * size : number * size] = [{}] * size
    output = page("organizations", accounts, params)
    output["Accounts"] = [account for account in output["Accounts"] if account]
    return output


def describe_organization(context: Context, params: Params) -> Output:
    """Describe the organisation; any member account may ask."""
    del params
    organisation = context.estate.organisation
    if organisation is None:
        raise _no_organisation()
    management = organisation.management
    arn = f"arn:aws:organizations::{management}"
    return {
        "Organization": {
            "Id": organisation.id,
            "Arn": f"{arn}:organization/{organisation.id}",
            "FeatureSet": "ALL",
            "MasterAccountArn": f"{arn}:account/{organisation.id}/{management}",
            "MasterAccountId": management,
            "MasterAccountEmail": _email(management),
        }
    }


def list_regions(context: Context, params: Params) -> Output:
    """List an account's regions and whether they are enabled."""
    account = _asked_account(context, params.get("AccountId"))
    wanted = params.get("RegionOptStatusContains")
    regions = [
        {"RegionName": name, "RegionOptStatus": status}
        for name, status in sorted(account.region_statuses.items())
        if not wanted or status in wanted
    ]
    return page("account", regions, params)


def _asked_account(context: Context, account_id: str | None) -> Account:
    """Give the account asked about; another one than one's own only for who runs the organisation."""
    if account_id is None:
        return context.account
    organisation = context.estate.organisation
    account = context.estate.accounts.get(account_id)
    if organisation is None or not _may_list(context, organisation) or account is None:
        resource = f"arn:aws:account::{context.account.id}:account"
        raise denied(context.caller.arn, "account:ListRegions", resource)
    return account


def _organisation(context: Context, operation: str) -> Organisation:
    organisation = context.estate.organisation
    if organisation is None:
        raise _no_organisation()
    if not _may_list(context, organisation):
        action = f"organizations:{operation}"
        raise Refusal(
            "AccessDeniedException",
            f"You don't have permissions to access this resource. ({action})",
        )
    return organisation


def _may_list(context: Context, organisation: Organisation) -> bool:
    return context.account.id in {organisation.management, *organisation.delegated}


def _no_organisation() -> Refusal:
    text = "Your account is not a member of an organization."
    return Refusal("AWSOrganizationsNotInUseException", text)


def _account(organisation: Organisation, account: Account) -> Fields:
    arn = f"arn:aws:organizations::{organisation.management}:account"
    return {
        "Id": account.id,
        "Arn": f"{arn}/{organisation.id}/{account.id}",
        "Email": _email(account.id),
        "Name": account.name,
        "Status": account.status,
        "State": account.status,
        "JoinedMethod": "CREATED",
        "JoinedTimestamp": organisation.joined,
    }


def _email(account_id: str) -> str:
    return f"aws+{account_id}@example.gov.uk"


HANDLERS: dict[str, Handler] = {
    "account:ListRegions": list_regions,
    "organizations:DescribeOrganization": describe_organization,
    "organizations:ListAccounts": list_accounts,
    "sts:AssumeRole": assume_role,
    "sts:GetCallerIdentity": get_caller_identity,
}
