"""Gateways of Bedrock AgentCore: a deployment each, whose operations are the tools of its targets.

Calls: one `ListGateways` per 1000; per gateway one `ListGatewayTargets` per 1000, and where it or a
target changed one `GetGateway`, one `ListTagsForResource`, and one `GetGatewayTarget` per target.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from apiscape.collectors.aws.again import LooksAgainCollector
from apiscape.collectors.aws.agentcore.again import TOPIC, named_gateway
from apiscape.collectors.aws.agentcore.arns import arn_of
from apiscape.collectors.aws.agentcore.counting import GATEWAY_FIGURES, by_gateway
from apiscape.collectors.aws.agentcore.gateways import KIND, FoundGateway, normalise, read_signals
from apiscape.collectors.aws.agentcore.targets import Target, read_relations, read_target, untold
from apiscape.collectors.aws.listing import Members
from apiscape.collectors.aws.looking import Look, LookCollector, Near
from apiscape.collectors.aws.memos import Memo, digest_mark, stands, write_memo
from apiscape.collectors.aws.operations import unpublished_quota
from apiscape.collectors.aws.picking import Item, moment, text
from apiscape.collectors.aws.session import AwsSession
from apiscape.collectors.aws.traffic import CountedByCloudWatch, Figures, Found
from apiscape.collectors.aws.trials import NothingToTry, Parameters, Recipes, Told
from apiscape.collectors.changing import Change, Touched
from apiscape.collectors.contract import (
    Malformed,
    Observation,
    Permission,
    Quota,
    Recorded,
    Unchanged,
    Visit,
)
from apiscape.collectors.measuring import Price
from apiscape.model.deployment import Deployment
from apiscape.model.surroundings import Observable

PART = "ListGateways"
SERVICE = "bedrock-agentcore-control"
GATEWAYS, TARGETS = f"{SERVICE}:ListGateways", f"{SERVICE}:ListGatewayTargets"


def permission(operation: str, reveals: str, *, optional: bool = True) -> Permission:
    """Return a right of AgentCore; never `Get*`, under which tokens and keys of agents are given as well."""
    return Permission(
        action=f"bedrock-agentcore:{operation}",
        operations=(f"{SERVICE}:{operation}",),
        reveals=reveals,
        optional=optional,
    )


class AgentGatewayCollector(LookCollector, LooksAgainCollector, CountedByCloudWatch):
    """Lists gateways of AgentCore."""

    product: ClassVar[str] = KIND
    title: ClassVar[str] = "AgentCore gateways"
    permissions: ClassVar[tuple[Permission, ...]] = (
        permission("ListGateways", "which gateways of AgentCore exist", optional=False),
        permission("ListGatewayTargets", "which targets a gateway has, and how they stand"),
        permission("GetGateway", "address, firewall and token issuer of a gateway"),
        permission("GetGatewayTarget", "tools and backends of a gateway, and REST APIs it exposes"),
        permission("ListTagsForResource", "owner, environment and lifecycle of a gateway"),
    )
    quotas: ClassVar[tuple[Quota, ...]] = (unpublished_quota(SERVICE),)
    parts: ClassVar[tuple[str, ...]] = (PART,)
    normaliser_version: ClassVar[int] = 2
    topics: ClassVar[tuple[str, ...]] = (TOPIC,)
    looks_anew: ClassVar[bool] = True
    listing: ClassVar[str] = GATEWAYS
    members: ClassVar[Members] = Members("gatewayId", "name", tags=None)
    noun: ClassVar[str] = "gateway"
    figures: ClassVar[Figures] = GATEWAY_FIGURES
    traffic_price: ClassVar[Price | None] = GATEWAY_FIGURES.price

    def tell_apart(self, visit: Visit, deployments: Sequence[Deployment]) -> Found:
        """Tell gateways apart by ARN and protocol."""
        return by_gateway(visit.session.place, deployments)

    def recipes(self, session: AwsSession) -> Recipes:
        """Return what each call is asked with: tags by the ARN, which the listing does not say."""
        tagged = {f"{SERVICE}:ListTagsForResource": lambda told: _tagged(told, session)}
        return {**_RECIPES, **tagged}

    def look(self, near: Near, key: str, listed: Item) -> list[Observation]:
        """Return what is said of one gateway."""
        return _Look(near, key, listed).observe()

    def touched(self, change: Change) -> tuple[str, ...]:
        """Return the gateway that a change names."""
        return named_gateway(change)

    def find(self, near: Near, touched: Touched) -> Item:
        """Return a gateway as its listing has it."""
        named = {"gatewayIdentifier": touched.native_id}
        return near.calls.call(f"{SERVICE}:GetGateway", **named)


class _Look(Look):
    """A look at one gateway."""

    def observe(self) -> list[Observation]:
        """Return the gateway as recorded, and its gaps.

        Raises:
            CollectorError: what fails it as a whole.
        """
        where = {"gatewayIdentifier": self.key}
        targets = self.list_all("targets", TARGETS, **where)
        mark = _mark(self.listed, targets)
        memo = stands(self.remembered, mark) if mark else None
        name = text(self.listed, "name") or self.key
        if memo is not None:
            return [self.left_out(name, memo.tags) or Unchanged(self.key)]
        arn = arn_of(self.place, f"gateway/{self.key}")
        tags = self.read_tags(f"{SERVICE}:ListTagsForResource", "tags", resourceArn=arn)
        left_out = self.left_out(name, tags)
        if left_out is not None:
            return [left_out]
        described = self.ask("description", f"{SERVICE}:GetGateway", **where)
        seen = None if targets is None else self._targets(targets)
        return self._record(FoundGateway(self.listed, described, seen, targets, tags), mark)

    def _record(self, found: FoundGateway, mark: str | None) -> list[Observation]:
        item = normalise(found, self.place, self.keys)
        around: tuple[Observable, ...] = (
            *read_signals(found, item.uid, self.visit.now()),
            *read_relations(found.targets or (), item.uid, self.place),
        )
        tokens = {item.uid: write_memo(Memo(mark, tags=found.tags))} if mark else {}
        held = (each.described.documents for each in found.targets or ())
        documents = {digest: content for each in held for digest, content in each.items()}
        return self.with_gaps(
            Recorded(self.key, entities=(item, *around), tokens=tokens, documents=documents)
        )

    def _targets(self, listed: tuple[Item, ...]) -> tuple[Target, ...] | None:
        """Return every target; `None` as soon as one of them cannot be seen."""
        seen = [self._target(each) for each in listed]
        found = tuple(each for each in seen if each is not None)
        return found if len(found) == len(seen) else None

    def _target(self, listed: Item) -> Target | None:
        key = text(listed, "targetId")
        what = f"target {text(listed, 'name') or key}"
        if key is None:
            self.gaps.note(what, Malformed("a target has no id"))
            return None
        operation = f"{SERVICE}:GetGatewayTarget"
        answer = self.ask_apart(what, operation, gatewayIdentifier=self.key, targetId=key)
        if answer is None:
            return None
        target = self.gaps.attempt(what, lambda: read_target(answer))
        words = target and untold(target)
        if words:
            self.gaps.note(f"tools of {what}", Malformed(words))
        return target


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
