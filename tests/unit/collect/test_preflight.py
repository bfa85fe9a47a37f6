"""The runner of preflights: budgets, places, and plug-ins that say less than they should."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, ClassVar

import msgspec
import pytest

from apiscape.collect.preflight import SourceTrial, try_source
from apiscape.collect.quotas import Quotas
from apiscape.collect.scan import Tools
from apiscape.collectors.contract import (
    AccessDenied,
    Budget,
    Collector,
    CredentialsInvalid,
    Permission,
    Plan,
    PlannedReach,
    Provider,
    Quota,
    Visit,
)
from apiscape.collectors.measuring import Counting, Price
from apiscape.collectors.registry import PlugInError
from apiscape.collectors.trying import Grant, Tried, attempt
from apiscape.model.run import ErrorRecord, Reach, Scope
from apiscape.model.vocabulary import ErrorKind
from apiscape.settings.schema import Events, Measuring
from tests.unit.collect.hearing import Chronicle, Looker
from tests.unit.collect.toy import REACH, SOURCE, ToyCollector, ToyProvider, VirtualClock

LIST = Permission("toy:List", "which APIs exist", operations=("list",))
READ = Permission("toy:Read", "their stages", operations=("read",))
SIGN_IN = Permission("toy:SignIn", "anything at all", operations=("login",))
ELSEWHERE = Reach(key="2/r", account="2", region="r")

Says = Callable[[Scope, Visit], Iterator[Tried]]


class Mute(ToyCollector):
    permissions: ClassVar[tuple[Permission, ...]] = (LIST, READ)


class Trying(Mute):
    def __init__(self, says: Says) -> None:
        self._says = says

    def try_permissions(self, scope: Scope, visit: Visit) -> Iterator[Tried]:
        yield from self._says(scope, visit)


class SigningIn(ToyProvider):
    permissions: ClassVar[tuple[Permission, ...]] = (SIGN_IN,)
    policy_forms: ClassVar[tuple[str, ...]] = ()

    def write_policy(self, *_: Any) -> str:
        return ""


class TryingSignIn(SigningIn):
    def try_sign_in(
        self, settings: Any, reaches: Sequence[Reach], budget: Budget
    ) -> Iterator[Tried]:
        for reach in reaches:
            budget.acquire(("login",), account=reach.account, region=None)
            yield Tried(SIGN_IN, Grant.GRANTED, operation="login", place=reach.account)


class Plugs:
    def __init__(self, provider: Provider, collector: Collector | PlugInError) -> None:
        self._provider = provider
        self._collector = collector

    def provider(self, name: str) -> Provider:
        return self._provider

    def collector(self, product: str) -> Collector:
        if isinstance(self._collector, PlugInError):
            raise self._collector
        return self._collector

    def products(self, provider: str) -> tuple[str, ...]:
        return ("toy.api",)

    def version(self, product: str) -> str | None:
        return None


def preflight(
    collector: Collector | PlugInError, provider: ToyProvider | None = None
) -> SourceTrial:
    tools = Tools(clock=VirtualClock(), plug_ins=Plugs(provider or ToyProvider(), collector))
    return try_source(SOURCE, tools)


def told(trial: SourceTrial) -> list[tuple[str, str, str, str | None, str | None]]:
    return [
        (
            each.product,
            each.tried.permission.action,
            each.tried.grant,
            each.tried.reason,
            each.tried.place,
        )
        for each in trial.trials
    ]


def grants_all(scope: Scope, visit: Visit) -> Iterator[Tried]:
    for permission in (LIST, READ):
        visit.session.gate.call(visit.session.budget, permission.operations[0])
        yield Tried(permission, Grant.GRANTED, operation=permission.operations[0])


def test_each_place_is_tried_within_the_budget_and_its_session_closed() -> None:
    provider = TryingSignIn()
    provider.planned = Plan(
        reaches=(PlannedReach(reach=REACH), PlannedReach(reach=ELSEWHERE)),
    )
    trial = preflight(Trying(grants_all), provider)
    assert (trial.places, trial.calls, trial.error) == (("1/r", "2/r"), 6, None)
    assert told(trial) == [
        ("toy", "toy:SignIn", "granted", None, "1"),
        ("toy", "toy:SignIn", "granted", None, "2"),
        ("toy.api", "toy:List", "granted", None, "1/r"),
        ("toy.api", "toy:Read", "granted", None, "1/r"),
        ("toy.api", "toy:List", "granted", None, "2/r"),
        ("toy.api", "toy:Read", "granted", None, "2/r"),
    ]
    assert len(provider.sessions) == 2
    assert all(session.closed for session in provider.sessions)


def test_a_collector_that_cannot_try_leaves_all_unknown() -> None:
    provider = SigningIn()
    assert told(preflight(Mute(), provider)) == [
        ("toy", "toy:SignIn", "unknown", "not tried: the provider cannot", None),
        ("toy.api", "toy:List", "unknown", "not tried: the collector cannot", "1/r"),
        ("toy.api", "toy:Read", "unknown", "not tried: the collector cannot", "1/r"),
    ]
    assert provider.sessions == []


def test_what_was_said_before_an_error_counts_and_the_rest_is_unknown_for_it() -> None:
    def says(scope: Scope, visit: Visit) -> Iterator[Tried]:
        yield attempt(LIST, "list", lambda: None)
        raise CredentialsInvalid("the session ended")

    assert told(preflight(Trying(says))) == [
        ("toy.api", "toy:List", "granted", None, "1/r"),
        ("toy.api", "toy:Read", "unknown", "the session ended", "1/r"),
    ]


def test_a_defect_is_said_to_be_one_without_its_text() -> None:
    def says(scope: Scope, visit: Visit) -> Iterator[Tried]:
        raise RuntimeError("a secret")
        yield  # pragma: no cover - makes it a generator

    [first, second] = told(preflight(Trying(says)))
    assert first[2] == second[2] == "unknown"
    assert (first[3] or "").startswith("defect of toy.api: RuntimeError at ")
    assert "a secret" not in str(first)


def test_silence_and_strange_words_count_for_nothing() -> None:
    foreign = Permission("toy:Write", "never declared")

    def says(scope: Scope, visit: Visit) -> Iterator[Tried]:
        yield Tried(foreign, Grant.GRANTED, operation="write")
        yield Tried(READ, Grant.DENIED, "needs toy:Read", "read")

    assert told(preflight(Trying(says))) == [
        ("toy.api", "toy:Read", "denied", "needs toy:Read", "1/r"),
        ("toy.api", "toy:List", "unknown", "toy.api did not say", "1/r"),
    ]


def test_a_place_that_cannot_be_reached_is_not_tried() -> None:
    provider = ToyProvider()
    error = ErrorRecord(kind="credentials", message="the role cannot be taken on")
    provider.planned = Plan(reaches=(PlannedReach(reach=REACH, error=error),))
    trial = preflight(Trying(grants_all), provider)
    assert {line[2:4] for line in told(trial)} == {("unknown", "the role cannot be taken on")}
    assert provider.sessions == []


@pytest.mark.parametrize("error", [CredentialsInvalid("nobody is signed in"), AccessDenied("no")])
def test_a_source_that_cannot_be_planned_says_why(error: Any) -> None:
    provider = ToyProvider()
    provider.planned = error
    trial = preflight(Trying(grants_all), provider)
    assert trial.error is not None
    assert (trial.error.message, trial.trials, trial.places) == (error.message, (), ())


def test_a_collector_that_cannot_be_loaded_has_nothing_to_try() -> None:
    trial = preflight(PlugInError("no such SDK"))
    assert (trial.trials, trial.places) == ((), ("1/r",))


COUNT = Permission("toy:Count", "requests", operations=("count",), optional=True)


class Measurer(Trying):
    traffic_permissions: ClassVar[tuple[Permission, ...]] = (COUNT,)
    traffic_quotas: ClassVar[tuple[Quota, ...]] = (Quota("counts", rate_per_s=8, burst=4),)
    traffic_price: ClassVar[Price | None] = None

    def traffic(self, *_: Any) -> Iterator[Counting]:
        raise AssertionError("a preflight measures nothing")

    def try_traffic(self, scope: Scope, visit: Visit) -> Iterator[Tried]:
        visit.session.gate.call(visit.session.budget, "count")
        yield Tried(COUNT, Grant.DENIED, "no", operation="count")


@pytest.mark.parametrize("asks", [False, True])
def test_the_right_to_measure_is_tried_only_where_it_is_asked_for(asks: bool) -> None:
    source = msgspec.structs.replace(SOURCE, traffic=Measuring() if asks else None)
    quotas = Quotas(VirtualClock())
    plugs = Plugs(ToyProvider(), Measurer(grants_all))
    tools = Tools(clock=VirtualClock(), plug_ins=plugs, quotas=quotas)
    trial = try_source(source, tools)
    counting = [each for each in told(trial) if each[1] == "toy:Count"]
    assert counting == ([("toy.api", "toy:Count", "denied", "no", "1/r")] if asks else [])
    assert trial.calls == (3 if asks else 2)
    published = quotas.rate("toy", "counts", region="r").rate_per_s
    assert published == (4 if asks else 5), "half of its own, or what is taken of an unknown one"


class Hearing(Looker):
    permissions: ClassVar[tuple[Permission, ...]] = ()

    def try_permissions(self, scope: Scope, visit: Visit) -> Iterator[Tried]:
        yield from ()


@pytest.mark.parametrize("asks", [False, True])
def test_the_rights_to_hear_of_changes_are_tried_once_a_reach_where_they_are_asked_for(
    asks: bool,
) -> None:
    source = msgspec.structs.replace(SOURCE, events=Events() if asks else None)
    quotas = Quotas(VirtualClock())
    provider = Chronicle()
    lost = PlannedReach(
        reach=Reach(key="2/r", account="2", region="r"),
        error=ErrorRecord(kind=ErrorKind.CREDENTIALS, message="no such role"),
    )
    provider.planned = Plan(reaches=(PlannedReach(reach=REACH), lost))
    tools = Tools(clock=VirtualClock(), plug_ins=Plugs(provider, Hearing()), quotas=quotas)
    trial = try_source(source, tools)
    hearing = {
        ("toy", "toys:ReadLog", "granted", None, "1/r"),
        ("toy", "toys:ReadLog", "unknown", "no such role", "2/r"),
        ("toy.api", "toys:LookAt", "denied", "not allowed", "1/r"),
        ("toy.api", "toys:LookAt", "unknown", "no such role", "2/r"),
    }
    assert set(told(trial)) == (hearing if asks else set())
    assert len(told(trial)) == len(set(told(trial)))
    published = quotas.rate("toy", "log", region="r").rate_per_s
    assert published == (1 if asks else 5), "half of its own, or what is taken of an unknown one"


def test_where_nothing_looks_again_no_log_is_tried() -> None:
    source = msgspec.structs.replace(SOURCE, events=Events())
    tools = Tools(clock=VirtualClock(), plug_ins=Plugs(Chronicle(), Trying(grants_all)))
    assert {each[1] for each in told(try_source(source, tools))} == {
        LIST.action,
        READ.action,
    }
