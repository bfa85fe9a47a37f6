"""Services of AWS App Runner: a deployment each, with their custom domains as front doors.

Calls: one `ListServices` per 20; per service one `DescribeCustomDomains` per 5 domains and one
`GetWebACLForResource`, and where it changed one `DescribeService` and one `ListTagsForResource`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import ClassVar

from apiscape.collectors.aws.apprunner.counting import FIGURES, by_service
from apiscape.collectors.aws.apprunner.services import (
    KIND,
    Described,
    FoundService,
    normalise,
    read_backend,
    read_description,
    read_domains,
    read_health,
    subject_of,
)
from apiscape.collectors.aws.calls import Calls
from apiscape.collectors.aws.gaps import Gaps
from apiscape.collectors.aws.hosts import SERVICE_HOST
from apiscape.collectors.aws.listing import Members, walk
from apiscape.collectors.aws.memos import Memo, make_mark, read_memo, write_memo
from apiscape.collectors.aws.operations import unpublished_quota
from apiscape.collectors.aws.picking import Item, is_set, labels, moment, text
from apiscape.collectors.aws.session import AwsSession
from apiscape.collectors.aws.traffic import CountedByCloudWatch, Figures, Found
from apiscape.collectors.aws.trials import Parameters, Recipes, Told, try_each
from apiscape.collectors.contract import (
    Malformed,
    Observation,
    Permission,
    Quota,
    Recorded,
    Skipped,
    Visit,
)
from apiscape.collectors.measuring import Price
from apiscape.collectors.trying import Tried
from apiscape.model.deployment import Deployment
from apiscape.model.run import Scope
from apiscape.model.surroundings import Observable
from apiscape.model.values import UNKNOWN, Unknown, is_known

PART = "ListServices"
SERVICES = "apprunner:ListServices"
FIREWALL = "wafv2:GetWebACLForResource"
MEMBERS = Members("ServiceArn", "ServiceName", tags=None)


def _permission(operation: str, reveals: str, *, optional: bool = True) -> Permission:
    name = f"apprunner:{operation}"
    return Permission(action=name, operations=(name,), reveals=reveals, optional=optional)


class AppRunnerCollector(CountedByCloudWatch):
    """Lists services of App Runner."""

    product: ClassVar[str] = KIND
    title: ClassVar[str] = "App Runner"
    provider: ClassVar[str] = "aws"
    permissions: ClassVar[tuple[Permission, ...]] = (
        _permission("ListServices", "which services of App Runner exist", optional=False),
        _permission(
            "DescribeService",
            "from where a service can be reached, what it runs; its environment is dropped unread",
        ),
        _permission("DescribeCustomDomains", "custom domains of a service, and their certificates"),
        _permission("ListTagsForResource", "owner, environment and lifecycle of a service"),
        Permission(
            action=FIREWALL,
            operations=(FIREWALL,),
            reveals="whether a firewall stands before a service",
            optional=True,
        ),
        Permission(
            action="apprunner:DescribeWebAclForService",
            operations=(FIREWALL,),
            reveals="the same: the firewall's call asks App Runner for it",
            optional=True,
        ),
    )
    quotas: ClassVar[tuple[Quota, ...]] = (
        unpublished_quota("apprunner"),
        unpublished_quota("wafv2"),
    )
    parts: ClassVar[tuple[str, ...]] = (PART,)
    generated_hosts: ClassVar[tuple[str, ...]] = (SERVICE_HOST,)
    stability: ClassVar[str] = "beta"
    normaliser_version: ClassVar[int] = 1
    figures: ClassVar[Figures] = FIGURES
    traffic_price: ClassVar[Price | None] = FIGURES.price

    def tell_apart(self, visit: Visit, deployments: Sequence[Deployment]) -> Found:
        """Tell services apart by name and id."""
        del visit  # nobody has to be asked
        return by_service(deployments)

    def try_permissions(self, scope: Scope, visit: Visit) -> Iterator[Tried]:
        """Yield what came of trying each permission."""
        del scope  # the session knows its place
        calls = visit.session.calls(self.permissions)
        return try_each(calls, self.permissions, noun="service", recipes=_RECIPES)

    def discover(self, scope: Scope, visit: Visit) -> Iterator[Observation]:
        """Yield every service of an account's region.

        Raises:
            CollectorError: the listing could not be read to its end.
        """
        del scope  # the session knows its place
        session: AwsSession = visit.session
        calls = session.calls(self.permissions)
        yield from walk(
            PART,
            calls.pages(SERVICES),
            MEMBERS,
            visit,
            lambda arn, service: _Look(session, calls, visit, arn, service).observe(),
        )


class _Look:
    """A look at one service."""

    def __init__(
        self, session: AwsSession, calls: Calls, visit: Visit, arn: str, listed: Item
    ) -> None:
        self._session = session
        self._calls = calls
        self._visit = visit
        self._arn = arn
        self._listed = listed
        self._gaps = Gaps()

    def observe(self) -> list[Observation]:
        """Return the service as recorded, and its gaps.

        Raises:
            CollectorError: what fails it as a whole.
        """
        uid = subject_of(self._listed).uid(self._session.place)
        mark = _mark(self._listed)
        memo = read_memo(self._visit.tokens(self._arn).get(uid), mark) if mark else None
        found = self._described() if memo is None else _remembered(self._listed, memo)
        reason = self._visit.includes(
            found.subject.name, found.tags if is_known(found.tags) else {}
        )
        if reason:
            return [Skipped(self._arn, reason)]
        return self._record(found, mark, stood=memo is not None)

    def _record(self, found: FoundService, mark: str | None, *, stood: bool) -> list[Observation]:
        guarded = FoundService(
            found.listed, found.described, found.backend, found.tags, self._guarded()
        )
        place, now = self._session.place, self._visit.now()
        item = normalise(guarded, place, self._session.tags)
        around: list[Observable] = [read_health(self._listed, item.uid, now)]
        domains = self._gaps.attempt(
            "custom domains",
            lambda: self._calls.everything("apprunner:DescribeCustomDomains", ServiceArn=self._arn),
        )
        if any(text(each, "DomainName") is None for each in domains or ()):
            self._gaps.note("a custom domain", Malformed("a custom domain has no name"))
        around.extend(read_domains(domains or (), guarded, place, now))
        if stood:
            recorded = Recorded(self._arn, entities=tuple(around), unchanged=(item,))
        else:
            tokens = {item.uid: write_memo(_memo(mark, found))} if mark else {}
            recorded = Recorded(self._arn, entities=(item, *around), tokens=tokens)
        return [recorded, *self._gaps.said(self._arn)]

    def _described(self) -> FoundService:
        answer = self._gaps.attempt(
            "description",
            lambda: self._calls.call("apprunner:DescribeService", ServiceArn=self._arn),
        )
        tags = self._tags()
        if answer is None:
            return FoundService(self._listed, tags=tags)
        return FoundService(self._listed, read_description(answer), read_backend(answer), tags)

    def _guarded(self) -> bool | None:
        """Say whether a firewall stands before the service; `None` where nobody could look, or sees no sense in it."""
        answer = self._gaps.attempt(
            "firewall", lambda: self._calls.call(FIREWALL, ResourceArn=self._arn)
        )
        return None if answer is None else is_set(answer, "WebACL", kind=Mapping)

    def _tags(self) -> dict[str, str] | Unknown:
        listed = self._gaps.attempt(
            "tags",
            lambda: self._calls.listed(
                "apprunner:ListTagsForResource", "Tags", ResourceArn=self._arn
            ),
        )
        if listed is None:
            return UNKNOWN
        pairs = {text(each, "Key"): text(each, "Value") for each in listed}
        return labels({"tags": pairs}, "tags")


def _mark(listed: Item) -> str | None:
    """Return what changes with every change to a service; `None` where the listing does not say it."""
    changed = moment(listed, "UpdatedAt")
    return make_mark((changed,)) if changed else None


def _memo(mark: str, found: FoundService) -> Memo:
    described = found.described
    return Memo(
        mark, tags=found.tags, facts={"public": described.public, "traced": described.traced}
    )


def _remembered(listed: Item, memo: Memo) -> FoundService:
    """Return what a token remembers of a description; what the service runs stands as stored."""
    public, traced = memo.facts.get("public"), memo.facts.get("traced")
    described = Described(
        public=public if isinstance(public, bool) else None,
        traced=traced if isinstance(traced, bool) else None,
    )
    return FoundService(listed, described, tags=memo.tags)


def _nothing(_told: Told) -> Parameters:
    return {}


def _arn(told: Told) -> str:
    return text(told.first(SERVICES), "ServiceArn") or ""


_RECIPES: Recipes = {
    SERVICES: _nothing,
    "apprunner:DescribeService": lambda told: {"ServiceArn": _arn(told)},
    "apprunner:DescribeCustomDomains": lambda told: {"ServiceArn": _arn(told)},
    "apprunner:ListTagsForResource": lambda told: {"ResourceArn": _arn(told)},
    FIREWALL: lambda told: {"ResourceArn": _arn(told)},
}
