"""Gateways of Bedrock AgentCore: a deployment each, whose operations are the tools of its targets.

Calls: one `ListGateways` per 1000; per gateway one `ListGatewayTargets` per 1000, and where it or a
target changed one `GetGateway`, one `ListTagsForResource`, and one `GetGatewayTarget` per target.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import ClassVar

from apiscape.collectors.aws.agentcore.arns import arn_of
from apiscape.collectors.aws.agentcore.counting import GATEWAY_FIGURES, by_gateway
from apiscape.collectors.aws.agentcore.gateways import KIND, FoundGateway, normalise, read_signals
from apiscape.collectors.aws.agentcore.targets import Target, read_relations, read_target, untold
from apiscape.collectors.aws.calls import Calls
from apiscape.collectors.aws.gaps import Gaps
from apiscape.collectors.aws.listing import Members, walk
from apiscape.collectors.aws.memos import Memo, digest_mark, stands, write_memo
from apiscape.collectors.aws.operations import unpublished_quota
from apiscape.collectors.aws.picking import Item, labels, moment, text
from apiscape.collectors.aws.session import AwsSession
from apiscape.collectors.aws.traffic import CountedByCloudWatch, Figures, Found
from apiscape.collectors.aws.trials import NothingToTry, Parameters, Recipes, Told, try_each
from apiscape.collectors.contract import (
    Gone,
    Malformed,
    Observation,
    Permission,
    Quota,
    Recorded,
    Skipped,
    Unchanged,
    Visit,
)
from apiscape.collectors.measuring import Price
from apiscape.collectors.trying import Tried
from apiscape.model.deployment import Deployment
from apiscape.model.run import Scope
from apiscape.model.surroundings import Observable
from apiscape.model.values import UNKNOWN, Unknown, is_known

PART = "ListGateways"
SERVICE = "bedrock-agentcore-control"
GATEWAYS, TARGETS = f"{SERVICE}:ListGateways", f"{SERVICE}:ListGatewayTargets"
MEMBERS = Members("gatewayId", "name", tags=None)


def permission(operation: str, reveals: str, *, optional: bool = True) -> Permission:
    """Return a right of AgentCore; never `Get*`, under which tokens and keys of agents are given as well."""
    return Permission(
        action=f"bedrock-agentcore:{operation}",
        operations=(f"{SERVICE}:{operation}",),
        reveals=reveals,
        optional=optional,
    )


class AgentGatewayCollector(CountedByCloudWatch):
    """Lists gateways of AgentCore."""

    product: ClassVar[str] = KIND
    title: ClassVar[str] = "AgentCore gateways"
    provider: ClassVar[str] = "aws"
    permissions: ClassVar[tuple[Permission, ...]] = (
        permission("ListGateways", "which gateways of AgentCore exist", optional=False),
        permission("ListGatewayTargets", "which targets a gateway has, and how they stand"),
        permission("GetGateway", "address, firewall and token issuer of a gateway"),
        permission("GetGatewayTarget", "tools and backends of a gateway, and REST APIs it exposes"),
        permission("ListTagsForResource", "owner, environment and lifecycle of a gateway"),
    )
    quotas: ClassVar[tuple[Quota, ...]] = (unpublished_quota(SERVICE),)
    parts: ClassVar[tuple[str, ...]] = (PART,)
    stability: ClassVar[str] = "beta"
    normaliser_version: ClassVar[int] = 1
    figures: ClassVar[Figures] = GATEWAY_FIGURES
    traffic_price: ClassVar[Price | None] = GATEWAY_FIGURES.price

    def tell_apart(self, visit: Visit, deployments: Sequence[Deployment]) -> Found:
        """Tell gateways apart by ARN and protocol."""
        return by_gateway(visit.session.place, deployments)

    def try_permissions(self, scope: Scope, visit: Visit) -> Iterator[Tried]:
        """Yield what came of trying each permission."""
        del scope  # the session knows its place
        session: AwsSession = visit.session
        recipes = {
            **_RECIPES,
            f"{SERVICE}:ListTagsForResource": lambda told: _tagged(told, session),
        }
        calls = session.calls(self.permissions)
        return try_each(calls, self.permissions, noun="gateway", recipes=recipes)

    def discover(self, scope: Scope, visit: Visit) -> Iterator[Observation]:
        """Yield every gateway of an account's region.

        Raises:
            CollectorError: the listing could not be read to its end.
        """
        del scope  # the session knows its place
        session: AwsSession = visit.session
        calls = session.calls(self.permissions)
        yield from walk(
            PART,
            calls.pages(GATEWAYS),
            MEMBERS,
            visit,
            lambda key, gateway: _Look(session, calls, visit, key, gateway).observe(),
        )


class _Look:
    """A look at one gateway."""

    def __init__(
        self, session: AwsSession, calls: Calls, visit: Visit, key: str, listed: Item
    ) -> None:
        self._session = session
        self._calls = calls
        self._visit = visit
        self._key = key
        self._listed = listed
        self._name = text(listed, "name") or key
        self._gaps = Gaps()

    def observe(self) -> list[Observation]:
        """Return the gateway as recorded, and its gaps.

        Raises:
            CollectorError: what fails it as a whole.
        """
        where = {"gatewayIdentifier": self._key}
        targets = self._gaps.attempt("targets", lambda: self._calls.everything(TARGETS, **where))
        mark = _mark(self._listed, targets)
        memo = stands(self._visit.tokens(self._key), mark) if mark else None
        if memo is not None:
            return [self._left_out(memo.tags) or Unchanged(self._key)]
        tags = self._tags()
        left_out = self._left_out(tags)
        if left_out is not None:
            return [left_out]
        described = self._gaps.attempt(
            "description", lambda: self._calls.call(f"{SERVICE}:GetGateway", **where)
        )
        seen = None if targets is None else self._targets(targets)
        found = FoundGateway(self._listed, described, seen, targets, tags)
        return self._record(found, mark)

    def _record(self, found: FoundGateway, mark: str | None) -> list[Observation]:
        place = self._session.place
        item = normalise(found, place, self._session.tags)
        around: tuple[Observable, ...] = (
            *read_signals(found, item.uid, self._visit.now()),
            *read_relations(found.targets or (), item.uid, place),
        )
        tokens = {item.uid: write_memo(Memo(mark, tags=found.tags))} if mark else {}
        recorded = Recorded(self._key, entities=(item, *around), tokens=tokens)
        return [recorded, *self._gaps.said(self._key)]

    def _targets(self, listed: tuple[Item, ...]) -> tuple[Target, ...] | None:
        """Return every target; `None` as soon as one of them cannot be seen."""
        seen = [self._target(each) for each in listed]
        found = tuple(each for each in seen if each is not None)
        return found if len(found) == len(seen) else None

    def _target(self, listed: Item) -> Target | None:
        key = text(listed, "targetId")
        what = f"target {text(listed, 'name') or key}"
        if key is None:
            self._gaps.note(what, Malformed("a target has no id"))
            return None
        where = {"gatewayIdentifier": self._key, "targetId": key}
        try:
            target = self._gaps.attempt(
                what, lambda: read_target(self._calls.call(f"{SERVICE}:GetGatewayTarget", **where))
            )
        except Gone as error:  # the target alone: the gateway was listed, and stands
            self._gaps.note(what, Malformed(error.message, operation=error.operation))
            return None
        words = target and untold(target)
        if words:
            self._gaps.note(f"tools of {what}", Malformed(words))
        return target

    def _tags(self) -> dict[str, str] | Unknown:
        arn = arn_of(self._session.place, f"gateway/{self._key}")
        answer = self._gaps.attempt(
            "tags",
            lambda: self._calls.call(f"{SERVICE}:ListTagsForResource", resourceArn=arn),
        )
        return UNKNOWN if answer is None else labels(answer, "tags")

    def _left_out(self, tags: dict[str, str] | Unknown) -> Skipped | None:
        reason = self._visit.includes(self._name, tags if is_known(tags) else {})
        return Skipped(self._key, reason) if reason else None


def _mark(gateway: Item, targets: tuple[Item, ...] | None) -> str | None:
    """Return what changes with every change to a gateway or a target; `None` where that is not said."""
    if targets is None or any(moment(each, "updatedAt") is None for each in (gateway, *targets)):
        return None
    return digest_mark(
        (text(each, "targetId"), text(each, "status"), moment(each, "updatedAt"))
        for each in (gateway, *targets)
    )


def _nothing(_told: Told) -> Parameters:
    return {}


def _gateway(told: Told) -> Parameters:
    return {"gatewayIdentifier": text(told.first(GATEWAYS), "gatewayId") or ""}


def _target_of(told: Told) -> Parameters:
    gateway = _gateway(told)
    target = text(told.first(TARGETS, "target"), "targetId")
    if target is None:
        raise NothingToTry("no target to try it on")
    return {**gateway, "targetId": target}


def _tagged(told: Told, session: AwsSession) -> Parameters:
    key = _gateway(told)["gatewayIdentifier"]
    return {"resourceArn": arn_of(session.place, f"gateway/{key}")}


_RECIPES: Recipes = {
    GATEWAYS: _nothing,
    TARGETS: _gateway,
    f"{SERVICE}:GetGateway": _gateway,
    f"{SERVICE}:GetGatewayTarget": _target_of,
}
