"""Services of AWS App Runner: a deployment each, with their custom domains as front doors.

Calls: one `ListServices` per 20; per service one `DescribeCustomDomains` per 5 domains and one
`GetWebACLForResource`, and where it changed one `DescribeService` and one `ListTagsForResource`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

from apiscape.collectors.aws.again import LooksAgainCollector
from apiscape.collectors.aws.apprunner.again import TOPICS, named, read_listed
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
from apiscape.collectors.aws.hosts import SERVICE_HOST
from apiscape.collectors.aws.listing import Members
from apiscape.collectors.aws.looking import Look, LookCollector, Near
from apiscape.collectors.aws.memos import Memo, make_mark, read_memo, write_memo
from apiscape.collectors.aws.operations import unpublished_quota
from apiscape.collectors.aws.picking import Item, is_set, moment, paired_labels, text
from apiscape.collectors.aws.traffic import CountedByCloudWatch, Figures, Found
from apiscape.collectors.aws.trials import Parameters, Recipes, Told
from apiscape.collectors.changing import Change, Touched
from apiscape.collectors.contract import (
    Malformed,
    Observation,
    Permission,
    Quota,
    Recorded,
    Visit,
)
from apiscape.collectors.measuring import Price
from apiscape.model.deployment import Deployment
from apiscape.model.surroundings import Observable

PART = "ListServices"
SERVICES = "apprunner:ListServices"
DESCRIPTION = "apprunner:DescribeService"
TAGS = "apprunner:ListTagsForResource"
FIREWALL = "wafv2:GetWebACLForResource"


def _permission(operation: str, reveals: str, *, optional: bool = True) -> Permission:
    name = f"apprunner:{operation}"
    return Permission(action=name, operations=(name,), reveals=reveals, optional=optional)


def _nothing(_told: Told) -> Parameters:
    return {}


def _arn(told: Told) -> str:
    return text(told.first(SERVICES), "ServiceArn") or ""


_RECIPES: Recipes = {
    SERVICES: _nothing,
    DESCRIPTION: lambda told: {"ServiceArn": _arn(told)},
    "apprunner:DescribeCustomDomains": lambda told: {"ServiceArn": _arn(told)},
    TAGS: lambda told: {"ResourceArn": _arn(told)},
    FIREWALL: lambda told: {"ResourceArn": _arn(told)},
}


class AppRunnerCollector(LookCollector, LooksAgainCollector, CountedByCloudWatch):
    """Lists services of App Runner."""

    product: ClassVar[str] = KIND
    title: ClassVar[str] = "App Runner"
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
    normaliser_version: ClassVar[int] = 2
    listing: ClassVar[str] = SERVICES
    members: ClassVar[Members] = Members("ServiceArn", "ServiceName", tags=None)
    noun: ClassVar[str] = "service"
    tried_with: ClassVar[Recipes] = _RECIPES
    generated_hosts: ClassVar[tuple[str, ...]] = (SERVICE_HOST,)
    topics: ClassVar[tuple[str, ...]] = TOPICS
    looks_anew: ClassVar[bool] = True
    figures: ClassVar[Figures] = FIGURES
    traffic_price: ClassVar[Price | None] = FIGURES.price

    def tell_apart(self, visit: Visit, deployments: Sequence[Deployment]) -> Found:
        """Tell services apart by name and id."""
        del visit  # nobody has to be asked
        return by_service(deployments)

    def look(self, near: Near, key: str, listed: Item) -> list[Observation]:
        """Return what is said of one service."""
        return _Look(near, key, listed).observe()

    def touched(self, change: Change) -> tuple[str, ...]:
        """Return the service that a change names."""
        return named(change)

    def find(self, near: Near, touched: Touched) -> Item:
        """Return a service as its listing has it."""
        answer = near.calls.call(DESCRIPTION, ServiceArn=touched.native_id)
        return read_listed(answer, DESCRIPTION)


class _Look(Look):
    """A look at one service."""

    def observe(self) -> list[Observation]:
        """Return the service as recorded, and its gaps.

        Raises:
            CollectorError: what fails it as a whole.
        """
        uid = subject_of(self.listed).uid(self.place)
        mark = _mark(self.listed)
        memo = read_memo(self.remembered.get(uid), mark) if mark else None
        found = self._described() if memo is None else _remembered(self.listed, memo)
        left_out = self.left_out(found.subject.name, found.tags)
        if left_out is not None:
            return [left_out]
        return self._record(found, mark, stood=memo is not None)

    def _record(self, found: FoundService, mark: str | None, *, stood: bool) -> list[Observation]:
        guarded = FoundService(
            found.listed, found.described, found.backend, found.tags, self._guarded()
        )
        now = self.visit.now()
        item = normalise(guarded, self.place, self.keys)
        around: list[Observable] = [read_health(self.listed, item.uid, now)]
        domains = self.list_all(
            "custom domains", "apprunner:DescribeCustomDomains", ServiceArn=self.key
        )
        if any(text(each, "DomainName") is None for each in domains or ()):
            self.gaps.note("a custom domain", Malformed("a custom domain has no name"))
        around.extend(read_domains(domains or (), guarded, self.place, now))
        if stood:
            recorded = Recorded(self.key, entities=tuple(around), unchanged=(item,))
        else:
            tokens = {item.uid: write_memo(_memo(mark, found))} if mark else {}
            recorded = Recorded(self.key, entities=(item, *around), tokens=tokens)
        return self.with_gaps(recorded)

    def _described(self) -> FoundService:
        answer = self.ask("description", DESCRIPTION, ServiceArn=self.key)
        tags = self.read_tags(TAGS, "Tags", read=paired_labels, ResourceArn=self.key)
        if answer is None:
            return FoundService(self.listed, tags=tags)
        return FoundService(self.listed, read_description(answer), read_backend(answer), tags)

    def _guarded(self) -> bool | None:
        """Say whether a firewall stands before the service; `None` where nobody could look, or sees no sense in it."""
        answer = self.ask("firewall", FIREWALL, ResourceArn=self.key)
        return None if answer is None else is_set(answer, "WebACL", kind=Mapping)


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
