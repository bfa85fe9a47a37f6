"""Function URLs of AWS Lambda: a deployment per URL, of a function or of one of its aliases.

No listing says which functions have one. Calls: one `ListFunctions` per 50; per function whose revision
is not known `ListFunctionUrlConfigs`, and where there is a URL `ListTags` and a `GetPolicy` for
each. A function whose revision stands costs nothing for up to seven days, with a URL or without.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import ClassVar

from apiscape.collectors.aws.calls import Calls
from apiscape.collectors.aws.errors import ONE_DETAIL
from apiscape.collectors.aws.functions.counting import FIGURES, by_url
from apiscape.collectors.aws.functions.urls import (
    KIND,
    FoundUrl,
    normalise,
    qualifier_of,
    read_signals,
)
from apiscape.collectors.aws.functions.without import WithoutUrl
from apiscape.collectors.aws.gaps import Gaps
from apiscape.collectors.aws.hosts import FUNCTION_HOST
from apiscape.collectors.aws.listing import Members, walk
from apiscape.collectors.aws.memos import Memo, make_mark, stands, write_memo
from apiscape.collectors.aws.operations import unpublished_quota
from apiscape.collectors.aws.picking import Item, labels, text
from apiscape.collectors.aws.policies import read_policy
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
from apiscape.model.surroundings import Signal
from apiscape.model.values import UNKNOWN, Unknown, is_known

PART = "ListFunctions"
FUNCTIONS = "lambda:ListFunctions"
MEMBERS = Members("FunctionName", "FunctionName", tags=None)
_WITHOUT = WithoutUrl()


def _permission(operation: str, reveals: str, *, optional: bool = False) -> Permission:
    name = f"lambda:{operation}"
    return Permission(action=name, operations=(name,), reveals=reveals, optional=optional)


class FunctionUrlCollector(CountedByCloudWatch):
    """Lists function URLs.

    Args:
        without: Which functions are known to have none; left out, what this process knows.
    """

    product: ClassVar[str] = KIND
    title: ClassVar[str] = "Lambda function URLs"
    provider: ClassVar[str] = "aws"
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
    generated_hosts: ClassVar[tuple[str, ...]] = (FUNCTION_HOST,)
    stability: ClassVar[str] = "beta"
    normaliser_version: ClassVar[int] = 1
    figures: ClassVar[Figures] = FIGURES
    traffic_price: ClassVar[Price | None] = FIGURES.price

    def tell_apart(self, visit: Visit, deployments: Sequence[Deployment]) -> Found:
        """Tell URLs apart by function, and by alias where a function has several."""
        del visit  # nobody has to be asked
        return by_url(deployments)

    def __init__(self, without: WithoutUrl | None = None) -> None:
        """Take what is known of functions without a URL."""
        self._without = _WITHOUT if without is None else without

    def try_permissions(self, scope: Scope, visit: Visit) -> Iterator[Tried]:
        """Yield what came of trying each permission."""
        del scope  # the session knows its place
        calls = visit.session.calls(self.permissions)
        return try_each(calls, self.permissions, noun="function", recipes=_RECIPES)

    def discover(self, scope: Scope, visit: Visit) -> Iterator[Observation]:
        """Yield every function of an account's region, with its URLs.

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
            lambda name, function: _Look(
                session, calls, visit, self._without, name, function
            ).observe(),
        )


class _Look:
    """A look at one function."""

    def __init__(
        self,
        session: AwsSession,
        calls: Calls,
        visit: Visit,
        without: WithoutUrl,
        name: str,
        function: Item,
    ) -> None:
        self._session = session
        self._calls = calls
        self._visit = visit
        self._without = without
        self._name = name
        self._function = function
        self._place = f"{session.endpoint(FUNCTIONS)} {session.place.native_id('')}"
        self._gaps = Gaps()

    def observe(self) -> list[Observation]:
        """Return what is said of the function.

        Raises:
            CollectorError: what fails it as a whole.
        """
        mark = _mark(self._function)
        memo = stands(self._visit.tokens(self._name), mark) if mark else None
        if memo is not None:
            left_out = self._left_out(memo.tags)
            return [left_out or Unchanged(self._name)]
        now = self._visit.now()
        if mark and self._without.knows(self._place, self._name, mark, now):
            return [Recorded(self._name)]
        configs = self._calls.everything("lambda:ListFunctionUrlConfigs", FunctionName=self._name)
        if configs:
            self._without.forget(self._place, self._name)
            return self._record(configs, mark)
        if mark:
            self._without.note(self._place, self._name, mark, now)
        return [Recorded(self._name)]

    def _record(self, configs: tuple[Item, ...], mark: str | None) -> list[Observation]:
        tags = self._tags()
        left_out = self._left_out(tags)
        if left_out is not None:
            return [left_out]
        place, keys, now = self._session.place, self._session.tags, self._visit.now()
        found = [FoundUrl(self._function, config, self._policy(config), tags) for config in configs]
        items = [normalise(each, place, keys) for each in found]
        signals: list[Signal] = []
        for each, item in zip(found, items, strict=True):
            signals.extend(read_signals(each, item.uid, now))
        token = write_memo(Memo(mark, len(items), tags)) if mark else None
        recorded = Recorded(
            self._name,
            entities=(*items, *signals),
            tokens={item.uid: token for item in items} if token else {},
        )
        return [recorded, *self._gaps.said(self._name)]

    def _policy(self, config: Item) -> Item | Unknown | None:
        """Return the resource policy of what a URL is of; not-found is how the service says that there is none."""
        if text(config, "AuthType") != "NONE":
            return None  # a signature is asked for, whatever the policy says
        qualifier = qualifier_of(config)
        named = {"Qualifier": qualifier} if qualifier else {}
        what = f"resource policy of {qualifier}" if qualifier else "resource policy"
        try:
            answer = self._calls.call("lambda:GetPolicy", FunctionName=self._name, **named)
        except Gone:
            return None
        except ONE_DETAIL as error:
            self._gaps.note(what, error)
            return UNKNOWN
        policy = read_policy(text(answer, "Policy") or "")
        if policy is None:
            self._gaps.note(what, Malformed("the resource policy cannot be read"))
            return UNKNOWN
        return policy

    def _tags(self) -> dict[str, str] | Unknown:
        arn = text(self._function, "FunctionArn") or self._name
        answer = self._gaps.attempt(
            "tags", lambda: self._calls.call("lambda:ListTags", Resource=arn)
        )
        return UNKNOWN if answer is None else labels(answer, "Tags")

    def _left_out(self, tags: dict[str, str] | Unknown) -> Skipped | None:
        known = tags if is_known(tags) else {}
        reason = self._visit.includes(self._name, known)
        return Skipped(self._name, reason) if reason else None


def _mark(function: Item) -> str | None:
    """Return what changes with every change to a function; `None` where the listing does not say it."""
    revision = text(function, "RevisionId")
    return make_mark((revision, text(function, "State") or "")) if revision else None


def _nothing(_told: Told) -> Parameters:
    return {}


def _by_name(told: Told) -> Parameters:
    return {"FunctionName": text(told.first(FUNCTIONS), "FunctionName") or ""}


def _by_arn(told: Told) -> Parameters:
    return {"Resource": text(told.first(FUNCTIONS), "FunctionArn") or ""}


_RECIPES: Recipes = {
    FUNCTIONS: _nothing,
    "lambda:ListFunctionUrlConfigs": _by_name,
    "lambda:GetPolicy": _by_name,
    "lambda:ListTags": _by_arn,
}
