"""The thread that concludes: it follows the log, is never ended by a failure, and tries later every time."""

from __future__ import annotations

import itertools
import logging
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from apiscape.conclude.faring import HealthPolicy
from apiscape.daemon import concluding
from apiscape.daemon.concluding import DUE_S, DUE_SHARE, LOOK_S, RETAIN_S, Concluder
from apiscape.errors import StoreFull
from apiscape.govern.overlay import Entry, Overlay
from apiscape.model.deployment import Traffic
from apiscape.model.measured import Measured
from apiscape.model.row import Row
from apiscape.model.values import UNKNOWN
from apiscape.serve.local import LocalInventory
from apiscape.store import Store
from apiscape.store.keeping.upkeep import KEPT
from tests.store.copies import opened_copy
from tests.store.making import SCOPE, batch, make, visit
from tests.unit.collect.toy import NOON, VirtualClock

POLICY = HealthPolicy()


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with opened_copy(tmp_path / "store.db") as opened:
        yield opened


def concluder(store: Store, clock: VirtualClock | None = None) -> Concluder:
    return Concluder(store, clock or VirtualClock(), POLICY, KEPT)


def row(store: Store) -> Row:
    return LocalInventory(store).page("").items[0]


def test_what_was_stored_is_concluded_at_the_next_look(store: Store) -> None:
    visit(store, batch(make(1)))
    assert row(store).api is None
    loop = concluder(store)
    assert loop.turn() == LOOK_S
    assert row(store).api is not None
    visit(store, batch(make(1, status="failed"), kind="changed"))
    assert row(store).health == "unknown"
    loop.turn()
    assert row(store).health == "failing"
    loop.turn()
    assert store.conclusions.cursor() == store.changes.last_seq()


def test_what_comes_for_the_first_time_is_drawn_by_the_policy_at_hand(store: Store) -> None:
    loop = concluder(store)
    visit(store, batch(make(1, status="active")))
    loop.configure(HealthPolicy(raise_by="turn on `probes`"), KEPT)
    visit(store, batch(make(2, status="active")))
    reasons = {item.name: item.health_reason for item in LocalInventory(store).page("").items}
    assert reasons == {
        "payments-1": "configured, no traffic source",
        "payments-2": "configured, no traffic source: turn on `probes`",
    }


def test_an_idle_look_reads_the_log_and_no_more(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    loop = concluder(store)
    loop.turn()
    calls = count_calls(monkeypatch)
    loop.turn()
    assert calls == []


def test_another_overlay_is_concluded_at_the_next_look(store: Store) -> None:
    visit(store, batch(make(1)))
    loop = concluder(store)
    loop.turn()
    owned = Overlay(entries=(Entry(view="", values={"owners": ["Tax"]}, place="a.yaml:1"),))
    loop.configure(POLICY, KEPT, owned)
    loop.turn()
    assert row(store).owners == ("Tax",)
    loop.configure(POLICY, KEPT)
    loop.turn()
    assert row(store).owners is UNKNOWN


def count_calls(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    calls: list[str] = []
    for name in ("conclude", "conclude_due"):
        monkeypatch.setattr(concluding, name, lambda *_, _name=name, **__: calls.append(_name))
    return calls


def test_what_is_due_by_the_clock_is_drawn_every_minute(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = VirtualClock()
    loop = concluder(store, clock)
    calls = count_calls(monkeypatch)
    for _ in range(int(3 * DUE_S)):
        loop.turn()
        clock.advance(seconds=1)
    assert calls == ["conclude_due"] * 3
    loop.measured()
    loop.turn()
    assert len(calls) == 4


def test_a_large_inventory_is_drawn_by_the_clock_less_often(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock, began = VirtualClock(), list[float]()

    def slow(*_: object, **__: object) -> None:
        began.append(clock.monotonic())
        clock.advance(seconds=3)

    monkeypatch.setattr(concluding, "conclude_due", slow)
    loop = Concluder(store, clock, POLICY, KEPT, lambda _: None)
    for _ in range(2000):
        loop.turn()
        clock.advance(seconds=1)
    gaps = [later - earlier for earlier, later in itertools.pairwise(began)]
    assert len(gaps) == 3
    assert all(3 / DUE_SHARE <= gap <= 3 / DUE_SHARE + 5 for gap in gaps)


def test_scopes_that_were_measured_are_drawn_at_once_and_no_others(store: Store) -> None:
    counted = Measured(traffic=Traffic(window_s=900, until=NOON, requests=0))
    other = msgspec.structs.replace(SCOPE, product="aws.other")
    visit(store, batch(make(1)))
    visit(store, batch(make(2)), scope=other)
    loop = concluder(store)
    loop.turn()
    loop.turn()
    store.measurements.save("x.traffic", {make(1).uid: counted, make(2).uid: counted})

    def idle() -> set[str]:
        return {row.uid for row in LocalInventory(store).page("health:idle").items}

    loop.measured([SCOPE])
    loop.turn()
    assert idle() == {make(1).uid}
    loop.measured()
    loop.turn()
    assert idle() == {make(1).uid, make(2).uid}


def test_scopes_whose_drawing_failed_are_drawn_later(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = VirtualClock()
    loop = concluder(store, clock)
    loop.turn()
    calls: list[object] = []

    def fail(*_: object, uids: object = None, **__: object) -> None:
        calls.append(uids)
        raise StoreFull("no space is left")

    monkeypatch.setattr(concluding, "conclude_due", fail)
    loop.measured([SCOPE])
    loop.turn()
    clock.advance(seconds=2)
    loop.turn()
    assert calls == [[], []]


def test_history_is_dropped_once_a_day(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = VirtualClock()
    kept: list[timedelta] = []
    monkeypatch.setattr(store.upkeep, "retain", lambda _now, keep: kept.append(keep))
    loop = concluder(store, clock)
    loop.turn()
    loop.turn()
    loop.configure(POLICY, timedelta(days=2))
    clock.advance(seconds=RETAIN_S)
    loop.turn()
    assert kept == [KEPT, timedelta(days=2)]


def test_who_waits_is_told_after_the_conclusions(store: Store) -> None:
    loop = concluder(store)
    visit(store, batch(make(1)))
    seen: list[object] = []
    loop.poke(lambda: seen.append(row(store).api))
    loop.poke()
    assert seen == []
    loop.turn()
    assert seen != [None]
    assert len(seen) == 1


@pytest.mark.parametrize("error", [StoreFull("no space is left", hint="free some"), KeyError("x")])
def test_a_failure_is_said_and_tried_again_later_every_time(
    store: Store,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    error: Exception,
) -> None:
    clock = VirtualClock()
    loop = concluder(store, clock)
    told: list[str] = []

    def fail(*_: object, **__: object) -> None:
        raise error

    with monkeypatch.context() as broken, caplog.at_level(logging.INFO, "apiscape.agent"):
        broken.setattr(concluding, "conclude_due", fail)
        loop.poke(lambda: told.append("told"))
        waits = []
        for _ in range(8):
            waits.append(loop.turn())
            assert loop.turn() == waits[-1]  # not before that
            clock.advance(seconds=waits[-1])
    assert waits == [1, 2, 4, 8, 16, 32, 60, 60]
    assert told == ["told"]
    assert (loop.failures, loop.failure) == (8, getattr(error, "message", "KeyError"))
    assert len([each for each in caplog.records if each.levelno == logging.ERROR]) == 8
    loop.turn()
    assert (loop.failures, loop.failure) == (0, None)


def test_it_ends_when_it_is_told_to_with_a_last_look(store: Store) -> None:
    class RealSleep(VirtualClock):
        def sleep(self, seconds: float, until: threading.Event) -> None:
            until.wait(60)

    loop = concluder(store, RealSleep())
    turned = threading.Event()
    loop.poke(turned.set)
    thread = threading.Thread(target=loop.run)
    thread.start()
    assert turned.wait(30)
    visit(store, batch(make(1)))
    loop.stop()
    thread.join(30)
    assert not thread.is_alive()
    assert row(store).api is not None


def test_a_new_policy_holds_at_the_next_look(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    policies: list[Any] = []
    monkeypatch.setattr(
        concluding, "conclude_due", lambda *_, policy, overlay: policies.append(policy)
    )
    loop = concluder(store)
    loop.turn()
    other = HealthPolicy(raise_by="probes")
    loop.configure(other, KEPT)
    loop.turn()
    assert policies == [POLICY, other]
