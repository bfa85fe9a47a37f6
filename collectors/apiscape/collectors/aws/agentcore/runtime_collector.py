"""Runtimes of Bedrock AgentCore: a deployment per endpoint.

Calls: one `ListAgentRuntimes` per 100; per runtime one `ListAgentRuntimeEndpoints` per 100, and where it
or an endpoint changed one `ListTagsForResource` and one `GetAgentRuntime` per version that is served.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from apiscape.collectors.aws.again import LooksAgainCollector
from apiscape.collectors.aws.agentcore.again import TOPIC, named_runtime
from apiscape.collectors.aws.agentcore.arns import arn_of
from apiscape.collectors.aws.agentcore.counting import RUNTIME_FIGURES, by_endpoint
from apiscape.collectors.aws.agentcore.gateway_collector import SERVICE, permission
from apiscape.collectors.aws.agentcore.runtimes import KIND, FoundEndpoint, normalise, read_health
from apiscape.collectors.aws.listing import Members
from apiscape.collectors.aws.looking import Look, LookCollector, Near, Tags
from apiscape.collectors.aws.memos import Memo, digest_mark, stands, write_memo
from apiscape.collectors.aws.operations import unpublished_quota
from apiscape.collectors.aws.picking import Item, moment, text
from apiscape.collectors.aws.traffic import CountedByCloudWatch, Figures, Found
from apiscape.collectors.aws.trials import Parameters, Recipes, Told
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

PART = "ListAgentRuntimes"
RUNTIMES = f"{SERVICE}:ListAgentRuntimes"
ENDPOINTS = f"{SERVICE}:ListAgentRuntimeEndpoints"


def _nothing(_told: Told) -> Parameters:
    return {}


def _runtime(told: Told) -> Parameters:
    return {"agentRuntimeId": text(told.first(RUNTIMES), "agentRuntimeId") or ""}


_RECIPES: Recipes = {
    RUNTIMES: _nothing,
    ENDPOINTS: _runtime,
    f"{SERVICE}:GetAgentRuntime": _runtime,
    f"{SERVICE}:ListTagsForResource": lambda told: {
        "resourceArn": text(told.first(RUNTIMES), "agentRuntimeArn") or ""
    },
}


class AgentRuntimeCollector(LookCollector, LooksAgainCollector, CountedByCloudWatch):
    """Lists the endpoints of runtimes."""

    product: ClassVar[str] = KIND
    title: ClassVar[str] = "AgentCore runtimes"
    permissions: ClassVar[tuple[Permission, ...]] = (
        permission("ListAgentRuntimes", "which runtimes of AgentCore exist", optional=False),
        permission(
            "ListAgentRuntimeEndpoints",
            "where a runtime is served, and in which version",
            optional=False,
        ),
        permission(
            "GetAgentRuntime",
            "protocol, token issuer and code of a runtime; its environment is dropped unread",
        ),
        permission("ListTagsForResource", "owner, environment and lifecycle of a runtime"),
    )
    quotas: ClassVar[tuple[Quota, ...]] = (unpublished_quota(SERVICE),)
    parts: ClassVar[tuple[str, ...]] = (PART,)
    normaliser_version: ClassVar[int] = 1
    topics: ClassVar[tuple[str, ...]] = (TOPIC,)
    looks_anew: ClassVar[bool] = True
    listing: ClassVar[str] = RUNTIMES
    members: ClassVar[Members] = Members("agentRuntimeId", "agentRuntimeName", tags=None)
    noun: ClassVar[str] = "runtime"
    tried_with: ClassVar[Recipes] = _RECIPES
    figures: ClassVar[Figures] = RUNTIME_FIGURES
    traffic_price: ClassVar[Price | None] = RUNTIME_FIGURES.price

    def tell_apart(self, visit: Visit, deployments: Sequence[Deployment]) -> Found:
        """Tell endpoints apart by the runtime's ARN and their names."""
        return by_endpoint(visit.session.place, deployments)

    def look(self, near: Near, key: str, listed: Item) -> list[Observation]:
        """Return what is said of one runtime."""
        return _Look(near, key, listed).observe()

    def touched(self, change: Change) -> tuple[str, ...]:
        """Return the runtime that a change names."""
        return named_runtime(change)

    def find(self, near: Near, touched: Touched) -> Item:
        """Return a runtime as its listing has it."""
        named = {"agentRuntimeId": touched.native_id}
        return near.calls.call(f"{SERVICE}:GetAgentRuntime", **named)


class _Look(Look):
    """A look at one runtime."""

    def __init__(self, near: Near, key: str, listed: Item) -> None:
        super().__init__(near, key, listed)
        self._versions: dict[str | None, Item | None] = {}

    def observe(self) -> list[Observation]:
        """Return the runtime's endpoints as recorded, and its gaps.

        Raises:
            CollectorError: what fails the runtime as a whole.
        """
        listed = self.calls.everything(ENDPOINTS, agentRuntimeId=self.key)
        endpoints = tuple(each for each in listed if text(each, "name"))
        if len(endpoints) < len(listed):
            self.gaps.note("an endpoint", Malformed("an endpoint has no name"))
        if not endpoints:
            return self.with_gaps(Recorded(self.key))
        mark = _mark(self.listed, endpoints)
        memo = stands(self.remembered, mark) if mark else None
        name = text(self.listed, "agentRuntimeName") or self.key
        if memo is not None:
            return self.with_gaps(self.left_out(name, memo.tags) or Unchanged(self.key))
        arn = text(self.listed, "agentRuntimeArn") or arn_of(self.place, f"runtime/{self.key}")
        tags = self.read_tags(f"{SERVICE}:ListTagsForResource", "tags", resourceArn=arn)
        return self.with_gaps(self.left_out(name, tags) or self._record(endpoints, mark, tags))

    def _record(self, endpoints: tuple[Item, ...], mark: str | None, tags: Tags) -> Recorded:
        now = self.visit.now()
        found = [FoundEndpoint(self.listed, each, self._version(each), tags) for each in endpoints]
        items = [normalise(each, self.place, self.keys) for each in found]
        health = [
            read_health(each, item.uid, now) for each, item in zip(endpoints, items, strict=True)
        ]
        token = write_memo(Memo(mark, len(items), tags)) if mark else None
        tokens = {item.uid: token for item in items} if token else {}
        return Recorded(self.key, entities=(*items, *health), tokens=tokens)

    def _version(self, endpoint: Item) -> Item | None:
        """Return the version that an endpoint serves; each is asked for once."""
        version = text(endpoint, "liveVersion")
        if version not in self._versions:
            self._versions[version] = self._read_version(version)
        return self._versions[version]

    def _read_version(self, version: str | None) -> Item | None:
        where = {"agentRuntimeId": self.key}
        where |= {"agentRuntimeVersion": version} if version else {}
        what = f"version {version}" if version else "version"
        return self.ask_apart(what, f"{SERVICE}:GetAgentRuntime", **where)


def _mark(runtime: Item, endpoints: tuple[Item, ...]) -> str | None:
    """Return what changes with every change to a runtime or an endpoint; `None` where that is not said."""
    if any(moment(each, "lastUpdatedAt") is None for each in (runtime, *endpoints)):
        return None
    return digest_mark(
        (
            text(each, "name"),
            text(each, "status"),
            text(each, "liveVersion"),
            moment(each, "lastUpdatedAt"),
        )
        for each in (runtime, *endpoints)
    )
