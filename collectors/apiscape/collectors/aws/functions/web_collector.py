"""Web functions of AWS Lambda: a deployment per endpoint.

Calls: one `ListWebFunctions` per 50; per function one `ListWebFunctionEndpoints` per 50, and where
it or an endpoint changed one `GetResourcePolicy` and one `ListTags`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import ClassVar

from apiscape.collectors.aws.again import LooksAgainCollector
from apiscape.collectors.aws.functions.again import TOPIC
from apiscape.collectors.aws.functions.allowing import read_policy_of
from apiscape.collectors.aws.functions.counting import web_functions
from apiscape.collectors.aws.functions.web import KIND, FoundEndpoint, mark_of, normalise
from apiscape.collectors.aws.functions.web_again import named
from apiscape.collectors.aws.listing import Members
from apiscape.collectors.aws.looking import Look, LookCollector, Near, Tags
from apiscape.collectors.aws.memos import Memo, read_memo, write_memo
from apiscape.collectors.aws.operations import unpublished_quota
from apiscape.collectors.aws.picking import Item, text
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
from apiscape.collectors.measuring import Counting, Price, Wanted
from apiscape.collectors.trying import Tried
from apiscape.model.deployment import Deployment
from apiscape.model.run import Scope
from apiscape.model.values import Unknown

PART = "ListWebFunctions"
FUNCTIONS = "lambda-web:ListWebFunctions"


def _permission(operation: str, reveals: str, *, optional: bool = False) -> Permission:
    return Permission(
        action=f"lambda:{operation}",
        operations=(f"lambda-web:{operation}",),
        reveals=reveals,
        optional=optional,
    )


def _nothing(_told: Told) -> Parameters:
    return {}


def _by_name(told: Told) -> Parameters:
    return {"functionName": text(told.first(FUNCTIONS), "functionName") or ""}


def _arn(told: Told) -> str:
    return text(told.first(FUNCTIONS), "functionArn") or ""


_RECIPES: Recipes = {
    FUNCTIONS: _nothing,
    "lambda-web:GetWebFunction": _by_name,
    "lambda-web:ListWebFunctionEndpoints": _by_name,
    "lambda-web:GetResourcePolicy": lambda told: {"resourceArn": _arn(told)},
    "lambda-web:ListTags": lambda told: {"resource": _arn(told)},
}


class WebFunctionCollector(LookCollector, LooksAgainCollector):
    """Lists the endpoints of web functions."""

    product: ClassVar[str] = KIND
    title: ClassVar[str] = "Lambda web functions"
    permissions: ClassVar[tuple[Permission, ...]] = (
        _permission("ListWebFunctions", "which web functions exist"),
        _permission("ListWebFunctionEndpoints", "where web functions answer, and what they ask"),
        _permission("GetResourcePolicy", "whom a web function lets in by IAM", optional=True),
        Permission(
            action="lambda:GetPolicy",
            operations=("lambda-web:GetResourcePolicy",),
            reveals="the same: of functions that call asks for both",
            optional=True,
        ),
        _permission("ListTags", "owner, environment and lifecycle of web functions", optional=True),
    )
    quotas: ClassVar[tuple[Quota, ...]] = (unpublished_quota("lambda-web"),)
    parts: ClassVar[tuple[str, ...]] = (PART,)
    normaliser_version: ClassVar[int] = 2
    listing: ClassVar[str] = FUNCTIONS
    members: ClassVar[Members] = Members("functionName", "functionName", tags=None)
    noun: ClassVar[str] = "web function"
    tried_with: ClassVar[Recipes] = _RECIPES
    topics: ClassVar[tuple[str, ...]] = (TOPIC,)
    looks_anew: ClassVar[bool] = True
    again_permissions: ClassVar[tuple[Permission, ...]] = (
        _permission(
            "GetWebFunction",
            "what became of a web function that a change names, without listing all of them",
            optional=True,
        ),
    )

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

    def look(self, near: Near, key: str, listed: Item) -> list[Observation]:
        """Return what is said of one web function."""
        return _Look(near, key, listed).observe()

    def touched(self, change: Change) -> tuple[str, ...]:
        """Return the web function that a change names."""
        return named(change)

    def find(self, near: Near, touched: Touched) -> Item:
        """Return a web function as its listing has it."""
        return near.calls.call("lambda-web:GetWebFunction", functionName=touched.native_id)


class _Look(Look):
    """A look at one web function."""

    def observe(self) -> list[Observation]:
        """Return the function's endpoints as recorded, and its gaps.

        Raises:
            CollectorError: what fails the function as a whole.
        """
        listed = self.calls.everything("lambda-web:ListWebFunctionEndpoints", functionName=self.key)
        endpoints = [each for each in listed if text(each, "endpointName")]
        if len(endpoints) < len(listed):
            self.gaps.note("an endpoint", Malformed("an endpoint has no name"))
        memos = [self._memo(each) for each in endpoints]
        stood = [memo for memo in memos if memo is not None]
        if endpoints and len(stood) == len(memos):
            return self._stand(endpoints, stood)
        return self._record(endpoints)

    def _stand(self, endpoints: list[Item], memos: list[Memo]) -> list[Observation]:
        """Return endpoints of which nothing but the listing's own words can have changed."""
        left_out = self.left_out(self.key, memos[0].tags)
        items = tuple(
            self._item(each, None, memo.tags) for each, memo in zip(endpoints, memos, strict=True)
        )
        return self.with_gaps(left_out or Recorded(self.key, unchanged=items))

    def _record(self, endpoints: list[Item]) -> list[Observation]:
        if not endpoints:
            return self.with_gaps(Recorded(self.key))
        arn = text(self.listed, "functionArn") or self.key
        tags = self.read_tags("lambda-web:ListTags", "tags", resource=arn)
        left_out = self.left_out(self.key, tags)
        if left_out is not None:
            return [left_out]
        operation = "lambda-web:GetResourcePolicy"
        policy = read_policy_of(self, "resource policy", operation, "policy", resourceArn=arn)
        items = [self._item(each, policy, tags) for each in endpoints]
        marks = [mark_of(self.listed, each) for each in endpoints]
        tokens = {
            item.uid: write_memo(Memo(mark, tags=tags))
            for item, mark in zip(items, marks, strict=True)
            if mark
        }
        return self.with_gaps(Recorded(self.key, entities=tuple(items), tokens=tokens))

    def _item(self, endpoint: Item, policy: Item | Unknown | None, tags: Tags) -> Deployment:
        found = FoundEndpoint(self.listed, endpoint, policy, tags)
        return normalise(found, self.place, self.keys)

    def _memo(self, endpoint: Item) -> Memo | None:
        mark = mark_of(self.listed, endpoint)
        uid = FoundEndpoint(self.listed, endpoint).subject.uid(self.place)
        return read_memo(self.remembered.get(uid), mark) if mark else None
