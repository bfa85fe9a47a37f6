"""How an agent says that it fares: each part for itself, so that one that fails hides no other."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from apiscape.client.standing import MemoryStanding
from apiscape.collect.clock import SystemClock
from apiscape.collect.memory import Shares
from apiscape.conclude.faring import HealthPolicy
from apiscape.daemon.concluding import Concluder
from apiscape.daemon.standing import Parts, Taking, standing_of
from apiscape.errors import SettingsError, StoreError
from apiscape.schedule.queue import Depth
from apiscape.store import Store, open_store
from tests.store.making import T0, batch, make, visit


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with open_store(str(tmp_path / "store.db"), write=True) as store:
        yield store


def parts(store: Store, **more: Any) -> Parts:
    concluder = Concluder(store, SystemClock(), HealthPolicy(), timedelta(days=400))
    given: dict[str, Any] = {
        "store": store,
        "concluder": concluder,
        "taking": Taking(None, lambda: T0),
        "depth": lambda: Depth(queued=3, running=2, oldest_s=1.5, failing=1),
        "paused": lambda: ("dev",),
        "left_behind": lambda: {"visit a": "x.py:1"},
        "unplanned": lambda: frozenset({"prod", "dev"}),
        "unheard": lambda: frozenset({"prod/2/r", "prod/1/r"}),
        "lacking": lambda: ("the store does not answer",),
        "subscribers": lambda: 4,
        "started_at": T0,
        "shares": Shares(limit_bytes=1 << 30, readers=1, reader_bytes=1 << 28, kept_bytes=1 << 26),
    }
    return Parts(**(given | more))


def test_a_configuration_that_fails_unforeseen_is_not_called_the_one_in_use() -> None:
    times = iter((T0, T0 + timedelta(hours=1)))
    taking = Taking(Path("config.yaml"), lambda: next(times))
    with pytest.raises(LookupError), taking:
        raise LookupError("s3cret")
    told = taking.standing
    assert (told.is_valid, told.since, told.file) == (False, T0 + timedelta(hours=1), "config.yaml")
    assert "LookupError" in str(told.error)
    assert "s3cret" not in str(told)


def test_one_that_is_not_read_to_its_end_as_the_agent_ends_says_nothing_of_it() -> None:
    taking = Taking(None, lambda: T0)
    with pytest.raises(asyncio.CancelledError), taking:
        raise asyncio.CancelledError
    with taking:
        pass
    assert taking.standing.is_valid


def test_every_part_says_its_own(store: Store) -> None:
    visit(store, batch(make(1), make(2)))
    told = standing_of(parts(store))
    assert (told.started_at, told.subscribers, told.lacking) == (
        T0,
        4,
        ("the store does not answer",),
    )
    schedule = told.schedule
    assert (schedule.queued, schedule.running, schedule.failing, schedule.oldest_s) == (
        3,
        2,
        1,
        1.5,
    )
    assert (schedule.unplanned, schedule.left_behind) == (("dev", "prod"), 1)
    assert schedule.paused == ("dev",)
    assert schedule.unheard == ("prod/1/r", "prod/2/r")
    assert told.conclusions.behind == 2
    assert (told.store.kind, told.store.error) == ("sqlite", None)
    assert told.store.size_bytes is not None
    assert told.memory == MemoryStanding(1 << 30, 1, 1 << 28, 1 << 26)
    given = parts(store)
    given.concluder.turn()
    given.concluder.turn()  # what was concluded is in the log too
    assert standing_of(given).conclusions.behind == 0


def test_a_store_that_does_not_answer_leaves_the_rest_said(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    def silent(*_: object) -> None:
        raise StoreError("no answer")

    monkeypatch.setattr(store.changes, "last_seq", silent)
    monkeypatch.setattr(store, "status", silent)
    told = standing_of(parts(store))
    assert (told.store.error, told.store.size_bytes) == ("no answer", None)
    assert (told.conclusions.behind, told.conclusions.error) == (None, "no answer")
    assert told.schedule.running == 2


def test_a_configuration_that_is_refused_says_where_and_since_when_first(tmp_path: Path) -> None:
    now = [T0]

    def tell() -> datetime:
        now[0] += timedelta(minutes=1)
        return now[0]

    taking = Taking(tmp_path / "config.yaml", tell)
    assert taking.standing.is_valid
    taking.refuse(SettingsError("unknown key", path="config.yaml", line=3, hint="take it out"))
    taking.refuse(SettingsError("another", path="config.yaml", line=9))
    standing = taking.standing
    assert (standing.is_valid, standing.since) == (False, T0 + timedelta(minutes=2))
    assert (standing.error, standing.path, standing.line) == ("another", "config.yaml", 9)
    taking.take()
    assert (taking.standing.is_valid, taking.standing.error) == (True, None)
    assert taking.standing.since == T0 + timedelta(minutes=3)
