"""What a run lends to a collector."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from apiscape.collect.clock import Stop
from apiscape.collect.source import SourcePlan, accepted_reason, leaves_out
from apiscape.collect.visit import TOKEN_LIFE, ScopeVisit, TokenBook, life
from apiscape.collect.workers import Workers
from apiscape.collectors.contract import Cancelled, Visit
from apiscape.model.identity import deployment_uid
from apiscape.settings.schema import AcceptedGap, Rules
from tests.unit.collect.toy import NOON, SCOPE, VirtualClock, toy_deployment
from tests.unit.reconcile.rows import known_of


def known(name: str, **more: Any) -> Any:
    given: dict[str, Any] = {"listed_id": name, "token": "1/v", "token_at": NOON} | more
    return known_of(toy_deployment(name, "live"), **given)


def visit(clock: VirtualClock, stop: Stop, **source: Any) -> ScopeVisit:
    return ScopeVisit(
        object(),
        SourcePlan(name="toys", provider="toy", settings=None, **source),
        SCOPE,
        tokens=TokenBook([known("a")], 1),
        stop=stop,
        clock=clock,
        workers=Workers(),
    )


def test_it_keeps_the_contract() -> None:
    clock = VirtualClock()
    lent = visit(clock, Stop(clock), options={"toy.api": {"depth": 2}})
    assert isinstance(lent, Visit)
    assert (lent.options, lent.now()) == ({"depth": 2}, NOON)
    assert lent.tokens("a") == {known("a").uid: "v"}
    assert lent.includes("a", {}) is None
    assert list(lent.concurrently(str, [1, 2, 3])) == ["1", "2", "3"]


def test_told_to_stop_it_begins_nothing_more() -> None:
    clock = VirtualClock()
    stop = Stop(clock)
    lent = visit(clock, stop)
    begun: list[int] = []

    def work(item: int) -> None:
        begun.append(item)
        stop.tell()

    with pytest.raises(Cancelled):
        list(lent.concurrently(work, range(500)))
    assert len(begun) < 20
    with pytest.raises(Cancelled):
        lent.check()


@pytest.mark.parametrize(
    ("row", "version", "after", "believed"),
    [
        ({}, 1, timedelta(0), True),
        ({}, 2, timedelta(0), False),
        ({"token": None}, 1, timedelta(0), False),
        ({"token_at": None}, 1, timedelta(0), False),
        ({"presence": "missing"}, 1, timedelta(0), False),
        ({}, 1, timedelta(days=5, hours=5), True),
        ({}, 1, timedelta(days=7), False),
    ],
)
def test_a_token_is_believed_while_it_is_young_and_of_this_version(
    row: dict[str, Any], version: int, after: timedelta, *, believed: bool
) -> None:
    book = TokenBook([known("a", **row)], version)
    assert bool(book.of("a", NOON + after)) is believed
    assert book.of("nothing", NOON) == {}


def test_re_reading_is_spread_over_days_and_steady_for_each() -> None:
    lives = [life(deployment_uid(str(index))) for index in range(400)]
    assert all(TOKEN_LIFE * 0.75 <= each <= TOKEN_LIFE for each in lives)
    assert len({each.days * 24 + each.seconds // 3600 for each in lives}) > 30
    assert lives == [life(deployment_uid(str(index))) for index in range(400)]


def test_a_token_is_kept_with_its_version() -> None:
    assert TokenBook((), 3).keep("v") == "3/v"
    assert TokenBook((), 3).keep(None) is None


# Rules.


def plan(include: Rules | None = None, exclude: Rules | None = None) -> SourcePlan:
    return SourcePlan(
        name="toys",
        provider="toy",
        settings=None,
        include=include or Rules(),
        exclude=exclude or Rules(),
    )


@pytest.mark.parametrize(
    ("source", "name", "labels", "reason"),
    [
        (plan(), "a", {}, None),
        (plan(include=Rules(names=("pay-*",))), "pay-in", {}, None),
        (plan(include=Rules(names=("pay-*",))), "tax", {}, "not included by the source"),
        (plan(include=Rules(tags=("team",))), "a", {"team": "x"}, None),
        (plan(include=Rules(tags=("team",))), "a", {}, "not included by the source"),
        (plan(exclude=Rules(tags=("env=t*",))), "a", {"env": "test"}, "excluded by the source"),
        (plan(exclude=Rules(tags=("env=t*",))), "a", {"env": "live"}, None),
        (plan(exclude=Rules(tags=("e*=x",))), "a", {"env": "x"}, "excluded by the source"),
        (
            plan(include=Rules(names=("*",)), exclude=Rules(names=("a",))),
            "a",
            {},
            "excluded by the source",
        ),
    ],
)
def test_rules_leave_out_what_they_say(
    source: SourcePlan, name: str, labels: dict[str, str], reason: str | None
) -> None:
    assert leaves_out(source, name, labels) == reason


def gap(scope: str, detail: str | None = None) -> AcceptedGap:
    return AcceptedGap(
        scope=scope, reason="moves in May", accepted_by="Tax", until=NOON.date(), detail=detail
    )


@pytest.mark.parametrize(
    ("glob", "key", "days", "covers"),
    [
        ("toys/1/*", "toys/1/r/toy.api", 0, True),
        ("toys/1/*", "toys/1/r/toy.api", 1, False),
        ("toys/2/*", "toys/1/r/toy.api", 0, False),
        ("toys/1/*", "toys/1", 0, True),
        ("toys/1", "toys/1", 0, True),
    ],
)
def test_an_accepted_gap_covers_its_scopes_until_its_last_day(
    glob: str, key: str, days: int, *, covers: bool
) -> None:
    today = NOON.date() + timedelta(days=days)
    reason = accepted_reason((gap(glob),), key, today)
    assert reason == ("moves in May (Tax, until 2026-09-30)" if covers else None)


@pytest.mark.parametrize(
    ("accepted", "detail", "covers"),
    [
        (None, None, True),
        (None, "tags", True),
        ("tags", "tags", True),
        ("fire*", "firewall", True),
        ("tags", "contract", False),
        ("*", None, False),
    ],
)
def test_an_accepted_detail_covers_that_detail_and_no_listing(
    accepted: str | None, detail: str | None, *, covers: bool
) -> None:
    gaps = (gap("toys/*", accepted),)
    assert (accepted_reason(gaps, "toys/1/r/toy.api", NOON.date(), detail) is not None) is covers
