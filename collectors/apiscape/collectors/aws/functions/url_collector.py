"""Function URLs of AWS Lambda: a deployment per URL, of a function or of one of its aliases.

No listing says which functions have one. Calls: one `ListFunctions` per 50; per function whose revision
is not known `ListFunctionUrlConfigs`, and where there is a URL `ListTags` and a `GetPolicy` for
each. A function whose revision stands costs nothing for up to seven days, with a URL or without.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from apiscape.collectors.aws.again import LooksAgainCollector
from apiscape.collectors.aws.functions.again import TOPIC, named
from apiscape.collectors.aws.functions.allowing import read_policy_of
from apiscape.collectors.aws.functions.counting import FIGURES, by_url
from apiscape.collectors.aws.functions.urls import (
    KIND,
    FoundUrl,
    normalise,
    qualifier_of,
    read_signals,
)
from apiscape.collectors.aws.functions.without import WithoutUrl
from apiscape.collectors.aws.hosts import FUNCTION_HOST
from apiscape.collectors.aws.listing import Members
from apiscape.collectors.aws.looking import Look, LookCollector, Near
from apiscape.collectors.aws.memos import Memo, make_mark, stands, write_memo
from apiscape.collectors.aws.operations import unpublished_quota
from apiscape.collectors.aws.picking import Item, text
from apiscape.collectors.aws.traffic import CountedByCloudWatch, Figures, Found
from apiscape.collectors.aws.trials import Parameters, Recipes, Told
from apiscape.collectors.changing import Change, Touched
from apiscape.collectors.contract import (
    Observation,
    Permission,
    Quota,
    Recorded,
    Unchanged,
    Visit,
)
from apiscape.collectors.measuring import Price
from apiscape.model.deployment import Deployment
from apiscape.model.surroundings import Signal
from apiscape.model.values import Unknown

PART = "ListFunctions"
FUNCTIONS = "lambda:ListFunctions"
_WITHOUT = WithoutUrl()


def _permission(operation: str, reveals: str, *, optional: bool = False) -> Permission:
    name = f"lambda:{operation}"
    return Permission(action=name, operations=(name,), reveals=reveals, optional=optional)


def _nothing(_told: Told) -> Parameters:
    return {}


def _by_name(told: Told) -> Parameters:
    return {"FunctionName": text(told.first(FUNCTIONS), "FunctionName") or ""}


def _by_arn(told: Told) -> Parameters:
    return {"Resource": text(told.first(FUNCTIONS), "FunctionArn") or ""}


_RECIPES: Recipes = {
    FUNCTIONS: _nothing,
    "lambda:GetFunctionConfiguration": _by_name,
    "lambda:ListFunctionUrlConfigs": _by_name,
    "lambda:GetPolicy": _by_name,
    "lambda:ListTags": _by_arn,
}


class FunctionUrlCollector(LookCollector, LooksAgainCollector, CountedByCloudWatch):
    """Lists function URLs.

    Args:
        without: Which functions are known to have none; left out, what this process knows.
    """

    product: ClassVar[str] = KIND
    title: ClassVar[str] = "Lambda function URLs"
    permissions: ClassVar[tuple[Permission, ...]] = (
        _permission("ListFunctions", "which functions exist; their environment is dropped unread"),
        _permission("ListFunctionUrlConfigs", "which functions have a URL, and whom it asks"),
        _permission(
            "GetPolicy",
            "whether a URL without authentication is open to anybody: unknown without it",
            optional=True,
        ),
        _permission("ListTags", "owner, environment and lifecycle of functions", optional=True),
    )
    quotas: ClassVar[tuple[Quota, ...]] = (unpublished_quota("lambda"),)
    parts: ClassVar[tuple[str, ...]] = (PART,)
    normaliser_version: ClassVar[int] = 1
    topics: ClassVar[tuple[str, ...]] = (TOPIC,)
    again_permissions: ClassVar[tuple[Permission, ...]] = (
        _permission(
            "GetFunctionConfiguration",
            "what became of a function that a change names; its environment is dropped unread",
            optional=True,
        ),
    )
    looks_anew: ClassVar[bool] = True
    listing: ClassVar[str] = FUNCTIONS
    members: ClassVar[Members] = Members("FunctionName", "FunctionName", tags=None)
    noun: ClassVar[str] = "function"
    tried_with: ClassVar[Recipes] = _RECIPES
    generated_hosts: ClassVar[tuple[str, ...]] = (FUNCTION_HOST,)
    figures: ClassVar[Figures] = FIGURES
    traffic_price: ClassVar[Price | None] = FIGURES.price

    def tell_apart(self, visit: Visit, deployments: Sequence[Deployment]) -> Found:
        """Tell URLs apart by function, and by alias where a function has several."""
        del visit  # nobody has to be asked
        return by_url(deployments)

    def __init__(self, without: WithoutUrl | None = None) -> None:
        """Take what is known of functions without a URL."""
        self._without = _WITHOUT if without is None else without

    def look(self, near: Near, key: str, listed: Item) -> list[Observation]:
        """Return what is said of one function."""
        return _Look(near, key, listed, self._without).observe()

    def touched(self, change: Change) -> tuple[str, ...]:
        """Return the function that a change names."""
        return named(change)

    def find(self, near: Near, touched: Touched) -> Item:
        """Return a function as it is listed."""
        name = {"FunctionName": touched.native_id}
        return near.calls.call("lambda:GetFunctionConfiguration", **name)


class _Look(Look):
    """A look at one function."""

    def __init__(self, near: Near, key: str, listed: Item, without: WithoutUrl) -> None:
        super().__init__(near, key, listed)
        self._without = without
        self._is_anew = key in near.anew
        self._where = f"{self.session.endpoint(FUNCTIONS)} {self.place.native_id('')}"

    def observe(self) -> list[Observation]:
        """Return what is said of the function.

        Raises:
            CollectorError: what fails it as a whole.
        """
        mark = _mark(self.listed)
        memo = stands(self.remembered, mark) if mark else None
        if memo is not None:
            return [self.left_out(self.key, memo.tags) or Unchanged(self.key)]
        now = self.visit.now()
        known = mark and self._without.knows(self._where, self.key, mark, now)
        if known and not self._is_anew:
            return [Recorded(self.key)]
        configs = self.calls.everything("lambda:ListFunctionUrlConfigs", FunctionName=self.key)
        if configs:
            self._without.forget(self._where, self.key)
            return self._record(configs, mark)
        if mark:
            self._without.note(self._where, self.key, mark, now)
        return [Recorded(self.key)]

    def _record(self, configs: tuple[Item, ...], mark: str | None) -> list[Observation]:
        arn = text(self.listed, "FunctionArn") or self.key
        tags = self.read_tags("lambda:ListTags", "Tags", Resource=arn)
        left_out = self.left_out(self.key, tags)
        if left_out is not None:
            return [left_out]
        now = self.visit.now()
        found = [FoundUrl(self.listed, config, self._policy(config), tags) for config in configs]
        items = [normalise(each, self.place, self.keys) for each in found]
        signals: list[Signal] = []
        for each, item in zip(found, items, strict=True):
            signals.extend(read_signals(each, item.uid, now))
        token = write_memo(Memo(mark, len(items), tags)) if mark else None
        recorded = Recorded(
            self.key,
            entities=(*items, *signals),
            tokens={item.uid: token for item in items} if token else {},
        )
        return self.with_gaps(recorded)

    def _policy(self, config: Item) -> Item | Unknown | None:
        """Return the resource policy of what a URL is of; not-found is how the service says that there is none."""
        if text(config, "AuthType") != "NONE":
            return None  # a signature is asked for, whatever the policy says
        qualifier = qualifier_of(config)
        named = {"Qualifier": qualifier} if qualifier else {}
        what = f"resource policy of {qualifier}" if qualifier else "resource policy"
        return read_policy_of(
            self, what, "lambda:GetPolicy", "Policy", FunctionName=self.key, **named
        )


def _mark(function: Item) -> str | None:
    """Return what changes with every change to a function; `None` where the listing does not say it."""
    revision = text(function, "RevisionId")
    return make_mark((revision, text(function, "State") or "")) if revision else None
