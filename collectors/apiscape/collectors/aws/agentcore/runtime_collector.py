"""Runtimes of Bedrock AgentCore: a deployment per endpoint.

Calls: one `ListAgentRuntimes` per 100; per runtime one `ListAgentRuntimeEndpoints` per 100, and where it
or an endpoint changed one `ListTagsForResource` and one `GetAgentRuntime` per version that is served.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import ClassVar

from apiscape.collectors.aws.agentcore.arns import arn_of
from apiscape.collectors.aws.agentcore.counting import RUNTIME_FIGURES, by_endpoint
from apiscape.collectors.aws.agentcore.gateway_collector import SERVICE, permission
from apiscape.collectors.aws.agentcore.runtimes import KIND, FoundEndpoint, normalise, read_health
from apiscape.collectors.aws.calls import Calls
from apiscape.collectors.aws.gaps import Gaps
from apiscape.collectors.aws.listing import Members, walk
from apiscape.collectors.aws.memos import Memo, digest_mark, stands, write_memo
from apiscape.collectors.aws.operations import unpublished_quota
from apiscape.collectors.aws.picking import Item, labels, moment, text
from apiscape.collectors.aws.session import AwsSession
from apiscape.collectors.aws.traffic import CountedByCloudWatch, Figures, Found
from apiscape.collectors.aws.trials import Parameters, Recipes, Told, try_each
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
from apiscape.model.values import UNKNOWN, Unknown, is_known

PART = "ListAgentRuntimes"
RUNTIMES = f"{SERVICE}:ListAgentRuntimes"
ENDPOINTS = f"{SERVICE}:ListAgentRuntimeEndpoints"
MEMBERS = Members("agentRuntimeId", "agentRuntimeName", tags=None)


class AgentRuntimeCollector(CountedByCloudWatch):
    """Lists the endpoints of runtimes."""

    product: ClassVar[str] = KIND
    title: ClassVar[str] = "AgentCore runtimes"
    provider: ClassVar[str] = "aws"
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
    stability: ClassVar[str] = "beta"
    normaliser_version: ClassVar[int] = 1
    figures: ClassVar[Figures] = RUNTIME_FIGURES
    traffic_price: ClassVar[Price | None] = RUNTIME_FIGURES.price

    def tell_apart(self, visit: Visit, deployments: Sequence[Deployment]) -> Found:
        """Tell endpoints apart by the runtime's ARN and their names."""
        return by_endpoint(visit.session.place, deployments)

    def try_permissions(self, scope: Scope, visit: Visit) -> Iterator[Tried]:
        """Yield what came of trying each permission."""
        del scope  # the session knows its place
        calls = visit.session.calls(self.permissions)
        return try_each(calls, self.permissions, noun="runtime", recipes=_RECIPES)

    def discover(self, scope: Scope, visit: Visit) -> Iterator[Observation]:
        """Yield every runtime of an account's region, with its endpoints.

        Raises:
            CollectorError: the listing could not be read to its end.
        """
        del scope  # the session knows its place
        session: AwsSession = visit.session
        calls = session.calls(self.permissions)
        yield from walk(
            PART,
            calls.pages(RUNTIMES),
            MEMBERS,
            visit,
            lambda key, runtime: _Look(session, calls, visit, key, runtime).observe(),
        )


class _Look:
    """A look at one runtime."""

    def __init__(
        self, session: AwsSession, calls: Calls, visit: Visit, key: str, listed: Item
    ) -> None:
        self._session = session
        self._calls = calls
        self._visit = visit
        self._key = key
        self._listed = listed
        self._gaps = Gaps()
        self._versions: dict[str | None, Item | None] = {}

    def observe(self) -> list[Observation]:
        """Return the runtime's endpoints as recorded, and its gaps.

        Raises:
            CollectorError: what fails the runtime as a whole.
        """
        listed = self._calls.everything(ENDPOINTS, agentRuntimeId=self._key)
        endpoints = tuple(each for each in listed if text(each, "name"))
        if len(endpoints) < len(listed):
            self._gaps.note("an endpoint", Malformed("an endpoint has no name"))
        if not endpoints:
            return [Recorded(self._key), *self._gaps.said(self._key)]
        mark = _mark(self._listed, endpoints)
        memo = stands(self._visit.tokens(self._key), mark) if mark else None
        if memo is not None:
            return [self._left_out(memo.tags) or Unchanged(self._key), *self._gaps.said(self._key)]
        tags = self._tags()
        return [
            self._left_out(tags) or self._record(endpoints, mark, tags),
            *self._gaps.said(self._key),
        ]

    def _record(
        self, endpoints: tuple[Item, ...], mark: str | None, tags: dict[str, str] | Unknown
    ) -> Recorded:
        place, now = self._session.place, self._visit.now()
        found = [FoundEndpoint(self._listed, each, self._version(each), tags) for each in endpoints]
        items = [normalise(each, place, self._session.tags) for each in found]
        health = [
            read_health(each, item.uid, now) for each, item in zip(endpoints, items, strict=True)
        ]
        token = write_memo(Memo(mark, len(items), tags)) if mark else None
        tokens = {item.uid: token for item in items} if token else {}
        return Recorded(self._key, entities=(*items, *health), tokens=tokens)

    def _version(self, endpoint: Item) -> Item | None:
        """Return the version that an endpoint serves; each is asked for once."""
        version = text(endpoint, "liveVersion")
        if version not in self._versions:
            self._versions[version] = self._read_version(version)
        return self._versions[version]

    def _read_version(self, version: str | None) -> Item | None:
        where = {"agentRuntimeId": self._key}
        where |= {"agentRuntimeVersion": version} if version else {}
        what = f"version {version}" if version else "version"
        try:
            return self._gaps.attempt(
                what, lambda: self._calls.call(f"{SERVICE}:GetAgentRuntime", **where)
            )
        except Gone as error:  # the version alone: the runtime was listed, and stands
            self._gaps.note(what, Malformed(error.message, operation=error.operation))
            return None

    def _tags(self) -> dict[str, str] | Unknown:
        arn = text(self._listed, "agentRuntimeArn")
        given = arn or arn_of(self._session.place, f"runtime/{self._key}")
        answer = self._gaps.attempt(
            "tags",
            lambda: self._calls.call(f"{SERVICE}:ListTagsForResource", resourceArn=given),
        )
        return UNKNOWN if answer is None else labels(answer, "tags")

    def _left_out(self, tags: dict[str, str] | Unknown) -> Skipped | None:
        name = text(self._listed, "agentRuntimeName") or self._key
        reason = self._visit.includes(name, tags if is_known(tags) else {})
        return Skipped(self._key, reason) if reason else None


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
