"""Trying what planning needs: taking on the roles, and asking which accounts and regions exist."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from apiscape.collectors.aws.estate import LIST_ACCOUNTS, target_of
from apiscape.collectors.aws.settings import AwsSettings, RoleSettings
from apiscape.collectors.aws.signin import Identity, SignIn
from apiscape.collectors.contract import Budget, CollectorError, CredentialsInvalid, Permission
from apiscape.collectors.trying import Grant, Tried, attempt
from apiscape.model.run import Reach

ASSUME_ROLE = "sts:AssumeRole"
LIST_REGIONS = "account:ListRegions"

NO_ORGANISATION = "NotInUse"
"""In the code by which AWS says that an account is in no organisation."""

FORBIDDEN = "(AccessDenied"
"""In what is said of a role that STS refuses; it does not tell a missing right from a missing trust."""


class SignInTrials:
    """Tries the provider's own rights: those of the hub once, the others in every account.

    Args:
        settings: The source's.
        caller: Who is signed in.
        budget: Taken from before every call.
        permissions: The provider's.
    """

    def __init__(
        self,
        settings: AwsSettings,
        caller: Identity,
        budget: Budget,
        permissions: Sequence[Permission],
    ) -> None:
        self._settings = settings
        self._caller = caller
        self._budget = budget
        self._permissions = {permission.action: permission for permission in permissions}

    def run(self, reaches: Sequence[Reach]) -> Iterator[Tried]:
        """Yield what came of each right, per account where it is the account's.

        Raises:
            CredentialsInvalid: whoever is signed in no longer is.
            Cancelled: it should stop.
        """
        yield self._try_organisation()
        by_role = False
        for account in dict.fromkeys(reach.account for reach in reaches):
            try:
                role = target_of(self._settings, self._caller, account).role
            except CredentialsInvalid as no_way:
                yield self._unknown(LIST_REGIONS, no_way.message, account)
                continue
            by_role = by_role or role is not None
            yield from self._try_account(account, role)
        if not by_role:
            permission = self._permissions[ASSUME_ROLE]
            yield Tried(permission, Grant.NOT_NEEDED, "no account is visited by a role")

    def _try_organisation(self) -> Tried:
        """Ask for one account of the organisation, unless the source says that there is none."""
        permission, place = self._permissions[LIST_ACCOUNTS], self._caller.account
        if self._settings.organization is False:
            reason = "the source says that there are no other accounts"
            return Tried(permission, Grant.NOT_NEEDED, reason, place=place)
        tried = self._ask(SignIn(self._settings), LIST_ACCOUNTS, place)
        if tried.grant == Grant.UNKNOWN and NO_ORGANISATION in (tried.reason or ""):
            return msgspec.structs.replace(
                tried, grant=Grant.NOT_NEEDED, reason="the account is in no organisation"
            )
        return tried

    def _try_account(self, account: str, role: RoleSettings | None) -> Iterator[Tried]:
        """Take on the role, if there is one, and ask for one of the account's regions."""
        sign_in = SignIn(self._settings, role)
        if role is not None:
            taken = self._take_on(sign_in, account)
            yield taken
            if taken.grant != Grant.GRANTED:
                yield self._unknown(LIST_REGIONS, "the account cannot be signed in to", account)
                return
        yield self._ask(sign_in, LIST_REGIONS, account)

    def _take_on(self, sign_in: SignIn, account: str) -> Tried:
        """Ask as the role who is signed in, which needs no right of its own."""
        self._budget.acquire((ASSUME_ROLE,), account=account, region=None)
        permission = self._permissions[ASSUME_ROLE]
        try:
            sign_in.ask("sts", "GetCallerIdentity")
        except CredentialsInvalid as error:
            grant = Grant.DENIED if FORBIDDEN in error.message else Grant.UNKNOWN
            return Tried(permission, grant, error.message, ASSUME_ROLE, account)
        except CollectorError as error:
            return Tried(permission, Grant.UNKNOWN, error.message, ASSUME_ROLE, account)
        return Tried(permission, Grant.GRANTED, operation=ASSUME_ROLE, place=account)

    def _ask(self, sign_in: SignIn, operation: str, place: str) -> Tried:
        """Make a call of a global service for one item."""
        self._budget.acquire((operation,), account=place, region=None)
        service, _, name = operation.partition(":")
        tried = attempt(
            self._permissions[operation],
            operation,
            lambda: sign_in.ask(service, name, MaxResults=1),
        )
        return msgspec.structs.replace(tried, place=place)

    def _unknown(self, action: str, reason: str, place: str) -> Tried:
        return Tried(self._permissions[action], Grant.UNKNOWN, reason, place=place)
