"""Who is calling: access keys, the roles they took on, and when temporary credentials end."""

from __future__ import annotations

import itertools
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from apiscape.demo.aws.estate.estate import Account, AwsEstate
from apiscape.demo.aws.estate.identifiers import access_key, identifier
from apiscape.demo.aws.refusing.quotas import Clock
from apiscape.demo.aws.refusing.refusals import expired_token, role_denied, unknown_key
from apiscape.demo.aws.wire.routing import Request

#: Services that answer whatever regions the account has enabled.
GLOBAL = frozenset({"account", "cloudfront", "organizations", "route53", "sts"})

_SCOPE = re.compile(r"Credential=([^/]+)/\d{8}/([^/]+)/([^/]+)/aws4_request")
_ROLE_ARN = re.compile(r"arn:aws:iam::(\d{12}):role/(.+)")


class CredentialScope(msgspec.Struct, frozen=True, gc=False):
    """What the signature says: key, region and signing name of the service."""

    access_key_id: str
    region: str
    signing_name: str


class Caller(msgspec.Struct, frozen=True, gc=False):
    """The identity behind an access key."""

    account: Account
    arn: str
    user_id: str


class TokenRule(msgspec.Struct, frozen=True, gc=False):
    """When temporary credentials end, beside the duration asked for.

    Args:
        max_calls: Calls after which they are refused.
        max_age_s: Seconds of the server's clock after which they are refused.
    """

    max_calls: int | None = None
    max_age_s: float | None = None


class _Session(msgspec.Struct):
    """Temporary credentials that were handed out."""

    caller: Caller
    token: str
    issued_at_s: float
    calls: int = 0


def credential_scope(request: Request) -> CredentialScope | None:
    """Read the credential scope of a request's signature; None where there is none."""
    found = _SCOPE.search(request.headers.get("authorization", ""))
    return CredentialScope(*found.groups()) if found else None


class Identities:
    """Access keys of an estate and the temporary credentials handed out for it."""

    def __init__(self, estate: AwsEstate, rule: TokenRule, clock: Clock) -> None:
        self._estate = estate
        self._rule = rule
        self._clock = clock
        self._sessions: dict[str, _Session] = {}
        self._ordinal = itertools.count()

    def account_of(self, access_key_id: str) -> str:
        """Give the account id behind a key, or `-` where nobody is."""
        session = self._sessions.get(access_key_id)
        account = session.caller.account if session else self._lasting(access_key_id)
        return account.id if account else "-"

    def authenticate(self, scope: CredentialScope, service: str, request: Request) -> Caller:
        """Say who calls, and count the call against temporary credentials.

        Raises:
            Refusal: The key is unknown, ended, or not valid in the region.
        """
        session = self._sessions.get(scope.access_key_id)
        caller = self._session_caller(session, service, request) if session else None
        account = caller.account if caller else self._lasting(scope.access_key_id)
        if account is None or account.id not in self._estate.accounts:
            raise unknown_key(service)
        if service not in GLOBAL and not account.enabled(scope.region):
            raise unknown_key(service)
        return caller or Caller(
            account,
            f"arn:aws:iam::{account.id}:user/{account.user}",
            identifier(account.id).upper(),
        )

    def assume_role(self, caller: Caller, params: dict[str, Any]) -> dict[str, Any]:
        """Hand out temporary credentials: the output of `AssumeRole`.

        Raises:
            Refusal: Role, trust, external id or the account's status forbids it.
        """
        account, role_name = self._role(caller, params)
        session_name = params["RoleSessionName"]
        key = access_key("ASIA", account.id, role_name, next(self._ordinal))
        arn = f"arn:aws:sts::{account.id}:assumed-role/{role_name}/{session_name}"
        user_id = f"AROA{identifier(account.id, role_name, length=17).upper()}:{session_name}"
        token = identifier(key, "token", length=20) * 8
        self._sessions[key] = _Session(Caller(account, arn, user_id), token, self._clock())
        duration = timedelta(seconds=params.get("DurationSeconds", 3600))
        return {
            "Credentials": {
                "AccessKeyId": key,
                "SecretAccessKey": identifier(key, "secret", length=20) * 2,
                "SessionToken": token,
                "Expiration": datetime.now(UTC) + duration,
            },
            "AssumedRoleUser": {"AssumedRoleId": user_id, "Arn": arn},
        }

    def _role(self, caller: Caller, params: dict[str, Any]) -> tuple[Account, str]:
        refusal = role_denied(caller.arn, params["RoleArn"])
        found = _ROLE_ARN.fullmatch(params["RoleArn"])
        account = self._estate.accounts.get(found[1]) if found else None
        role = account.roles.get(found[2]) if account and found else None
        if account is None or role is None or account.status != "ACTIVE":
            raise refusal
        if role.external_id is not None and params.get("ExternalId") != role.external_id:
            raise refusal
        if role.trusted and caller.account.id not in role.trusted:
            raise refusal
        return account, role.name

    def _session_caller(self, session: _Session, service: str, request: Request) -> Caller:
        if request.headers.get("x-amz-security-token") != session.token:
            raise unknown_key(service)
        session.calls += 1
        too_many = self._rule.max_calls is not None and session.calls > self._rule.max_calls
        age_s = self._clock() - session.issued_at_s
        too_old = self._rule.max_age_s is not None and age_s > self._rule.max_age_s
        if too_many or too_old:
            raise expired_token(service)
        return session.caller

    def _lasting(self, access_key_id: str) -> Account | None:
        accounts = self._estate.accounts.values()
        return next((a for a in accounts if a.access_key_id == access_key_id), None)
