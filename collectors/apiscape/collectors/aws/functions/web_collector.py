"""Web functions of AWS Lambda: a deployment per endpoint.

Calls: one `ListWebFunctions` per 50; per function one `ListWebFunctionEndpoints` per 50, and where
it or an endpoint changed one `GetResourcePolicy` and one `ListTags`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import ClassVar

from apiscape.collectors.aws.calls import Calls
from apiscape.collectors.aws.errors import ONE_DETAIL
from apiscape.collectors.aws.functions.counting import web_functions
from apiscape.collectors.aws.functions.web import KIND, FoundEndpoint, mark_of, normalise
from apiscape.collectors.aws.gaps import Gaps
from apiscape.collectors.aws.listing import Members, walk
from apiscape.collectors.aws.memos import Memo, read_memo, write_memo
from apiscape.collectors.aws.operations import unpublished_quota
from apiscape.collectors.aws.picking import Item, labels, text
from apiscape.collectors.aws.policies import read_policy
from apiscape.collectors.aws.session import AwsSession
from apiscape.collectors.aws.trials import Parameters, Recipes, Told, try_each
from apiscape.collectors.contract import (
    Gone,
    Malformed,
    Observation,
    Permission,
    Quota,
    Recorded,
    Skipped,
    Visit,
)
from apiscape.collectors.measuring import Counting, Price, Wanted
from apiscape.collectors.trying import Tried
from apiscape.model.deployment import Deployment
from apiscape.model.run import Scope
from apiscape.model.values import UNKNOWN, Unknown, is_known

PART = "ListWebFunctions"
FUNCTIONS = "lambda-web:ListWebFunctions"
MEMBERS = Members("functionName", "functionName", tags=None)


def _permission(operation: str, reveals: str, *, optional: bool = False) -> Permission:
    return Permission(
        action=f"lambda:{operation}",
        operations=(f"lambda-web:{operation}",),
        reveals=reveals,
        optional=optional,
    )


class WebFunctionCollector:
    """Lists the endpoints of web functions."""

    product: ClassVar[str] = KIND
    title: ClassVar[str] = "Lambda web functions"
    provider: ClassVar[str] = "aws"
    permissions: ClassVar[tuple[Permission, ...]] = (
        _permission("ListWebFunctions", "which web functions exist"),
        _permission("ListWebFunctionEndpoints", "where web functions answer, and what they ask"),
        _permission("GetResourcePolicy", "whom a web function lets in by IAM", optional=True),
        _permission("ListTags", "owner, environment and lifecycle of web functions", optional=True),
    )
    quotas: ClassVar[tuple[Quota, ...]] = (unpublished_quota("lambda-web"),)
    parts: ClassVar[tuple[str, ...]] = (PART,)
    stability: ClassVar[str] = "beta"
    normaliser_version: ClassVar[int] = 1

    traffic_permissions: ClassVar[tuple[Permission, ...]] = ()
    traffic_quotas: ClassVar[tuple[Quota, ...]] = ()
    traffic_price: ClassVar[Price | None] = None

    def traffic(
        self, scope: Scope, visit: Visit, deployments: Sequence[Deployment], wanted: Wanted
    ) -> Iterator[Counting]:
        """Yield of each endpoint why it cannot be counted."""
        del scope, visit, wanted  # nobody is asked
        return web_functions(deployments)

    def try_traffic(self, scope: Scope, visit: Visit) -> Iterator[Tried]:
        """Yield nothing: no right is needed to ask nobody."""
        del scope, visit
        return iter(())

    def try_permissions(self, scope: Scope, visit: Visit) -> Iterator[Tried]:
        """Yield what came of trying each permission."""
        del scope  # the session knows its place
        calls = visit.session.calls(self.permissions)
        return try_each(calls, self.permissions, noun="web function", recipes=_RECIPES)

    def discover(self, scope: Scope, visit: Visit) -> Iterator[Observation]:
        """Yield every web function of an account's region, with its endpoints.

        Raises:
            CollectorError: the listing could not be read to its end.
        """
        del scope  # the session knows its place
        session: AwsSession = visit.session
        calls = session.calls(self.permissions)
        yield from walk(
            PART,
            calls.pages(FUNCTIONS),
            MEMBERS,
            visit,
            lambda name, function: _Look(session, calls, visit, name, function).observe(),
        )


class _Look:
    """A look at one web function."""

    def __init__(
        self, session: AwsSession, calls: Calls, visit: Visit, name: str, function: Item
    ) -> None:
        self._session = session
        self._calls = calls
        self._visit = visit
        self._name = name
        self._function = function
        self._arn = text(function, "functionArn") or name
        self._gaps = Gaps()
        self._remembered = visit.tokens(name)

    def observe(self) -> list[Observation]:
        """Return the function's endpoints as recorded, and its gaps.

        Raises:
            CollectorError: what fails the function as a whole.
        """
        listed = self._calls.everything(
            "lambda-web:ListWebFunctionEndpoints", functionName=self._name
        )
        endpoints = [each for each in listed if text(each, "endpointName")]
        if len(endpoints) < len(listed):
            self._gaps.note("an endpoint", Malformed("an endpoint has no name"))
        memos = [self._memo(each) for each in endpoints]
        stood = [memo for memo in memos if memo is not None]
        if endpoints and len(stood) == len(memos):
            return self._stand(endpoints, stood)
        return self._record(endpoints)

    def _stand(self, endpoints: list[Item], memos: list[Memo]) -> list[Observation]:
        """Return endpoints of which nothing but the listing's own words can have changed."""
        left_out = self._left_out(memos[0].tags)
        items = tuple(
            self._item(each, None, memo.tags) for each, memo in zip(endpoints, memos, strict=True)
        )
        return [left_out or Recorded(self._name, unchanged=items), *self._gaps.said(self._name)]

    def _record(self, endpoints: list[Item]) -> list[Observation]:
        if not endpoints:
            return [Recorded(self._name), *self._gaps.said(self._name)]
        tags = self._tags()
        left_out = self._left_out(tags)
        if left_out is not None:
            return [left_out]
        policy = self._policy()
        items = [self._item(each, policy, tags) for each in endpoints]
        marks = [mark_of(self._function, each) for each in endpoints]
        tokens = {
            item.uid: write_memo(Memo(mark, tags=tags))
            for item, mark in zip(items, marks, strict=True)
            if mark
        }
        return [
            Recorded(self._name, entities=tuple(items), tokens=tokens),
            *self._gaps.said(self._name),
        ]

    def _item(
        self, endpoint: Item, policy: Item | Unknown | None, tags: dict[str, str] | Unknown
    ) -> Deployment:
        found = FoundEndpoint(self._function, endpoint, policy, tags)
        return normalise(found, self._session.place, self._session.tags)

    def _memo(self, endpoint: Item) -> Memo | None:
        mark = mark_of(self._function, endpoint)
        uid = FoundEndpoint(self._function, endpoint).subject.uid(self._session.place)
        return read_memo(self._remembered.get(uid), mark) if mark else None

    def _policy(self) -> Item | Unknown | None:
        """Return the resource policy; not-found is how the service says that there is none."""
        try:
            answer = self._calls.call("lambda-web:GetResourcePolicy", resourceArn=self._arn)
        except Gone:
            return None
        except ONE_DETAIL as error:
            self._gaps.note("resource policy", error)
            return UNKNOWN
        policy = read_policy(text(answer, "policy") or "")
        if policy is None:
            self._gaps.note("resource policy", Malformed("the resource policy cannot be read"))
            return UNKNOWN
        return policy

    def _tags(self) -> dict[str, str] | Unknown:
        answer = self._gaps.attempt(
            "tags", lambda: self._calls.call("lambda-web:ListTags", resource=self._arn)
        )
        return UNKNOWN if answer is None else labels(answer, "tags")

    def _left_out(self, tags: dict[str, str] | Unknown) -> Skipped | None:
        reason = self._visit.includes(self._name, tags if is_known(tags) else {})
        return Skipped(self._name, reason) if reason else None


def _nothing(_told: Told) -> Parameters:
    return {}


def _by_name(told: Told) -> Parameters:
    return {"functionName": text(told.first(FUNCTIONS), "functionName") or ""}


def _arn(told: Told) -> str:
    return text(told.first(FUNCTIONS), "functionArn") or ""


_RECIPES: Recipes = {
    FUNCTIONS: _nothing,
    "lambda-web:ListWebFunctionEndpoints": _by_name,
    "lambda-web:GetResourcePolicy": lambda told: {"resourceArn": _arn(told)},
    "lambda-web:ListTags": lambda told: {"resource": _arn(told)},
}
