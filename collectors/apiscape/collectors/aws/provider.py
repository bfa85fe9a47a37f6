"""The AWS provider: who is signed in, which accounts and regions there are, and sessions for them."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any, ClassVar

from apiscape.collectors.aws import cloudtrail
from apiscape.collectors.aws.detecting import find_sign_ins
from apiscape.collectors.aws.estate import (
    choose_targets,
    find_accounts,
    other_accounts,
    target_of,
    visit_target,
)
from apiscape.collectors.aws.iam import FORMS, Role, write_policy
from apiscape.collectors.aws.rights import asked_of_hub, needed_by_hub, partition_of, role_called
from apiscape.collectors.aws.roles import Roles
from apiscape.collectors.aws.session import AwsSession, Owned
from apiscape.collectors.aws.settings import AwsSettings, RoleSettings
from apiscape.collectors.aws.sharing import SharedListing
from apiscape.collectors.aws.sign_in_trials import SignInTrials
from apiscape.collectors.aws.signin import Identity, SignIn
from apiscape.collectors.aws.trials import try_each
from apiscape.collectors.changing import Heard
from apiscape.collectors.contract import (
    Budget,
    Permission,
    Plan,
    ProviderSettings,
    Quota,
    Visit,
)
from apiscape.collectors.trying import Tried
from apiscape.model.run import Reach, Scope

PLANNING_THREADS = 8

SHARED = ("apigatewayv2:GetApis",)
"""Listings that more than one collector needs."""

PERMISSIONS = (
    Permission(
        action="account:ListRegions",
        operations=("account:ListRegions",),
        reveals="which regions are enabled; without it they must be configured",
    ),
    Permission(
        action="organizations:ListAccounts",
        operations=("organizations:ListAccounts",),
        reveals="which accounts exist, and so which are not visited",
        optional=True,
    ),
    Permission(
        action="sts:AssumeRole",
        resources=("arn:{partition}:iam::*:role/{role}",),
        operations=("sts:AssumeRole",),
        reveals="other accounts, by the roles that are configured; needed by the hub only",
        optional=True,
    ),
)
"""What planning needs beside the collectors' own; `sts:GetCallerIdentity` needs no permission."""


class AwsProvider:
    """Amazon Web Services."""

    name: ClassVar[str] = "aws"
    title: ClassVar[str] = "Amazon Web Services"
    settings_type: ClassVar[type[ProviderSettings]] = AwsSettings
    products: ClassVar[tuple[str, ...]] = (
        "aws.apigateway.rest",
        "aws.apigateway.http",
        "aws.apigateway.websocket",
        "aws.apigateway.domains",
        "aws.apigateway.consumers",
        "aws.cloudfront.distributions",
        "aws.route53.names",
        "aws.acm.certificates",
        "aws.appsync.graphql",
        "aws.appsync.merged",
        "aws.appsync.event",
        "aws.appsync.domains",
        "aws.alb",
        "aws.lattice.service",
        "aws.lambda.url",
        "aws.lambda.web",
        "aws.apprunner",
        "aws.agentcore.gateway",
        "aws.agentcore.runtime",
        "aws.agentregistry.record",
        "aws.apigateway.portals",
    )
    permissions: ClassVar[tuple[Permission, ...]] = PERMISSIONS
    policy_forms: ClassVar[tuple[str, ...]] = FORMS
    shared_products: ClassVar[tuple[str, ...]] = (
        "aws.appsync.graphql",
        "aws.appsync.merged",
        "aws.lattice.service",
    )
    change_permissions: ClassVar[tuple[Permission, ...]] = (cloudtrail.PERMISSION,)
    change_quotas: ClassVar[tuple[Quota, ...]] = (cloudtrail.QUOTA,)

    def __init__(self) -> None:
        """Start with nobody known to be signed in."""
        self._callers: dict[AwsSettings, Identity] = {}
        self._shared: dict[tuple[AwsSettings, str], dict[str, SharedListing]] = {}
        self._visited: dict[AwsSettings, frozenset[tuple[str, str | None]]] = {}
        self._elsewhere: dict[Owned, str] = {}
        self._roles = Roles()
        self._lock = threading.Lock()

    def plan(self, source: str, settings: AwsSettings) -> Plan:
        """Sign in, take on each role once, and say what will be visited and what else exists.

        Raises:
            CredentialsInvalid: nobody is signed in.
            Unreachable: AWS does not answer.
        """
        hub = SignIn(settings)
        caller = self._callers[settings] = hub.identity()
        accounts = find_accounts(hub)
        targets = choose_targets(settings, caller, accounts.known)
        with ThreadPoolExecutor(PLANNING_THREADS, thread_name_prefix="aws-plan") as threads:
            visits = list(
                threads.map(
                    lambda target: visit_target(
                        source,
                        settings,
                        caller,
                        target,
                        lambda: self._sign_in(settings, target.role),
                    ),
                    targets,
                )
            )
        errors = (accounts.error, *(visit.error for visit in visits))
        reaches = tuple(planned for visit in visits for planned in visit.reaches)
        self._visited[settings] = frozenset(
            (each.reach.account, each.reach.region) for each in reaches if each.error is None
        )
        return Plan(
            reaches=reaches,
            estate=(
                *other_accounts(source, settings, caller, accounts.known, targets),
                *(entry for visit in visits for entry in visit.estate),
            ),
            estate_error=next((error for error in errors if error), None),
        )

    def session(self, settings: AwsSettings, reach: Reach, budget: Budget) -> AwsSession:
        """Return a session for a reach; who is signed in is asked if no plan did.

        Raises:
            CredentialsInvalid: nobody is signed in, or the settings name no way into the account.
        """
        role = None
        if settings.roles or settings.accounts or settings.role_name:
            role = target_of(settings, self._caller(settings), reach.account).role
        return AwsSession(
            lambda: self._sign_in(settings, role),
            reach,
            budget,
            self._listings(settings, reach),
            visited=self._visited.get(settings, frozenset()),
            elsewhere=self._elsewhere,
        )

    def leave_to(self, visited: Iterable[Scope]) -> None:
        """Know what other sources visit: what is shared from there is theirs to tell."""
        self._elsewhere = {
            (scope.reach.account, scope.reach.region, scope.product): scope.source
            for scope in visited
        }

    def _sign_in(self, settings: AwsSettings, role: RoleSettings | None) -> SignIn:
        """Return an identity; a role is taken on once for all that sign in by it."""
        return SignIn(settings, role, self._roles.of(settings, role) if role else None)

    def _listings(self, settings: AwsSettings, reach: Reach) -> dict[str, SharedListing]:
        """Return what the sessions of a reach share, by operation."""
        with self._lock:
            fresh = {operation: SharedListing() for operation in SHARED}
            return self._shared.setdefault((settings, reach.key), fresh)

    def try_sign_in(
        self, settings: AwsSettings, reaches: Sequence[Reach], budget: Budget
    ) -> Iterator[Tried]:
        """Yield what came of trying `permissions` (`apiscape permissions`).

        Raises:
            CredentialsInvalid: nobody is signed in.
        """
        caller = self._caller(settings)
        yield from SignInTrials(settings, caller, budget, self.permissions).run(reaches)

    def changes(
        self, scope: Scope, visit: Visit, topics: Sequence[str], since: datetime
    ) -> Iterator[Heard]:
        """Yield what CloudTrail says was changed in a region, minutes after the fact.

        Raises:
            CollectorError: nothing more can be read.
        """
        del scope  # the session knows its place
        calls = visit.session.calls(self.change_permissions)
        return cloudtrail.read_changes(calls, visit, topics, since)

    def try_changes(self, scope: Scope, visit: Visit) -> Iterator[Tried]:
        """Yield what came of trying to read one event."""
        del scope
        calls = visit.session.calls(self.change_permissions)
        return try_each(calls, self.change_permissions, recipes=cloudtrail.RECIPES)

    def write_policy(
        self, form: str, settings: AwsSettings, permissions: Iterable[Permission]
    ) -> str:
        """Return the smallest policy for what these settings ask for (`apiscape permissions`).

        Args:
            form: One of `policy_forms`.
            settings: The source's; a role's name and external id are taken from it.
            permissions: Of the configured collectors; those that the settings do not ask for are left out.

        Raises:
            ValueError: there is no such form.
        """
        caller = self._callers.get(settings)
        partition = caller.partition if caller else partition_of(settings)
        role = Role(
            name=role_called(settings),
            trusted_account=caller.account if caller else None,
            external_id=settings.external_id
            or next((role.external_id for role in settings.role_list() if role.external_id), None),
        )
        own = asked_of_hub(self.permissions, settings, partition)
        wanted: Iterable[Permission] = (
            each for each in (*own, *permissions) if each.is_asked(settings)
        )
        if form == "policy":
            wanted = needed_by_hub(wanted, settings, caller.account if caller else None)
        return write_policy(form, wanted, role, partition)

    def detect(self) -> Mapping[str, Any] | Sequence[Mapping[str, Any]] | None:
        """Return settings for what this machine is signed in to, from variables and files alone."""
        return find_sign_ins()

    def _caller(self, settings: AwsSettings) -> Identity:
        """Return who is signed in, asking only where no plan did."""
        if settings not in self._callers:
            self._callers[settings] = SignIn(settings).identity()
        return self._callers[settings]
