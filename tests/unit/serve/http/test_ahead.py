"""Answers are made ahead once the store has settled, seldom, for a while, and never for whoever may no longer ask."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from apiscape.errors import StoreError
from apiscape.serve.http import ahead
from apiscape.serve.http.ahead import (
    FIRST_S,
    LASTS_S,
    LONG_S,
    LOOK_S,
    MOST_QUESTIONS,
    OVERDUE_S,
    REST,
    SELDOM_S,
    Ahead,
    Question,
)
from apiscape.serve.http.call import Reply
from apiscape.serve.http.kept import Answers
from apiscape.serve.local import LocalInventory
from apiscape.store import Store
from tests.store.making import batch, make, visit
from tests.unit.serve.http.asking import ask
from tests.unit.serve.http.harness import OPERATOR, TAX, serving


class World:
    """A store whose version is told, a clock that moves by pauses alone, and answers that take a second."""

    def __init__(self, *versions: int | None) -> None:
        self.now = 0.0
        self.versions = list(versions)
        self.made: list[float] = []
        self.stands = True
        self.failure: Exception | None = None
        self.answers = Answers(lambda: self.versions[0], lambda: self.now)
        self.ahead = Ahead(self.answers, self.work, clock=lambda: self.now, pause=self.pause)

    async def pause(self, seconds: float) -> None:
        self.now += seconds
        if len(self.versions) > 1:
            self.versions.pop(0)
        await asyncio.sleep(0)

    async def work(self, job: Callable[[], Any]) -> Any:
        return job()

    def make(self) -> Reply:
        if self.failure is not None:
            raise self.failure
        self.made.append(self.now)
        self.now += 1.0
        return Reply(b"made %d" % len(self.made))

    async def have_ready(self, until: float) -> None:
        """Have an answer ready for so many seconds."""
        self.ahead.have_ready(Question("k", self.make, 10_000.0, lambda: self.now < until))
        while self.ahead._tasks:  # noqa: ASYNC110 - until time is up
            await asyncio.sleep(0)

    async def hear(self, key: str = "k", took_s: float = 1.0) -> None:
        question = Question(key, self.make, 10_000.0, lambda: self.stands)
        self.ahead.hear(question, self.versions[0], took_s)
        while self.ahead._tasks:  # noqa: ASYNC110 - until time is up
            await asyncio.sleep(0)


async def test_an_answer_is_made_once_the_store_has_changed_and_settled() -> None:
    world = World(1, *[1] * 20, 2, 3, 4, 4)
    await world.hear()
    assert world.made == [24 * LOOK_S]
    kept = world.answers.find("k")
    assert kept is not None
    assert kept.body == b"made 1"


async def test_a_store_that_never_settles_is_told_of_all_the_same() -> None:
    world = World(*range(1, 200))
    await world.hear()
    assert world.made
    assert world.made[0] == pytest.approx(OVERDUE_S, abs=2 * LOOK_S)


async def test_what_stands_ready_is_made_soon_and_anew_seldom() -> None:
    world = World(*[1] * 8, *range(2, 300))
    await world.have_ready(until=3 * SELDOM_S)
    assert world.made[0] == pytest.approx(FIRST_S, abs=LOOK_S)
    gaps = [later - earlier for earlier, later in zip(world.made, world.made[1:], strict=False)]
    assert gaps
    assert min(gaps) >= SELDOM_S
    older = world.answers.find_older("k", 10 * SELDOM_S)
    assert older is not None


async def test_what_stands_ready_is_made_once_where_nothing_changes() -> None:
    world = World(1)
    await world.have_ready(until=3 * SELDOM_S)
    assert len(world.made) == 1


async def test_whoever_takes_an_older_answer_has_it_made_anew_without_delay() -> None:
    world = World(*[1] * 8, *[2] * 500)
    question = Question("k", world.make, 10_000.0, lambda: world.now < SELDOM_S)
    world.ahead.have_ready(question)
    while not world.made:  # noqa: ASYNC110 - the clock moves by pauses alone
        await asyncio.sleep(0)
    world.ahead.hear(question, 1, LONG_S)
    assert len(world.ahead._tasks) == 1
    while world.ahead._tasks:  # noqa: ASYNC110 - until time is up
        await asyncio.sleep(0)
    assert len(world.made) == 2


async def test_nothing_is_made_while_nothing_changes() -> None:
    world = World(1)
    await world.hear()
    assert world.made == []
    assert world.now == pytest.approx(LASTS_S)


async def test_answers_rest_between_changes_in_proportion_to_what_they_take() -> None:
    twice = [version for version in range(2, 400) for _ in range(2)]
    world = World(1, *twice)
    await world.hear(took_s=1.0)
    gaps = [later - earlier for earlier, later in zip(world.made, world.made[1:], strict=False)]
    assert world.made[0] >= REST
    assert len(gaps) > 10
    assert min(gaps) >= 1.0 + REST


async def test_what_takes_a_moment_is_not_made_ahead() -> None:
    world = World(1, 2, 2, 2)
    await world.hear(took_s=LONG_S / 2)
    assert (world.made, world.now) == ([], 0.0)


@pytest.mark.parametrize("versions", [(None,), (1, None, None)])
async def test_nothing_is_made_where_nobody_knows_what_is_new(versions: tuple[int | None]) -> None:
    world = World(*versions)
    await world.hear()
    assert world.made == []


async def test_nothing_is_made_for_whoever_may_no_longer_ask() -> None:
    world = World(1, *[2] * 50)
    world.stands = False
    await world.hear()
    assert (world.made, world.now) == ([], 0.0)


async def test_questions_are_few_and_each_is_followed_once() -> None:
    world = World(1)
    for key in ("a", "a", *map(str, range(MOST_QUESTIONS + 3))):
        world.ahead.hear(Question(key, world.make, 1.0, lambda: True), 1, 1.0)
    assert len(world.ahead._tasks) == MOST_QUESTIONS
    world.ahead.close()
    while world.ahead._tasks:  # noqa: ASYNC110 - what was cancelled ends by itself
        await asyncio.sleep(0)
    assert world.made == []


@pytest.mark.parametrize(
    ("failure", "level"),
    [(StoreError("no answer", hint=None), logging.INFO), (ValueError("odd"), logging.ERROR)],
)
async def test_a_failure_ends_it_and_is_said(
    failure: Exception, level: int, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    world = World(1, *[2] * 50)
    world.failure = failure
    await world.hear()
    assert [record.levelno for record in caplog.records] == [level]
    assert world.now < LASTS_S


def test_a_snapshot_is_there_before_it_is_asked_for_again(
    inventory: LocalInventory, store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {"LONG_S": 0.0, "LOOK_S": 0.0, "REST": 0.0}.items():
        monkeypatch.setattr(ahead, name, value)
    with serving(inventory, tmp_path) as doors:
        assert ask(doors.url, "/v1/snapshot", token=TAX).json["rows"] == 1
        assert doors._kitchen is not None
        ready = set(doors._kitchen.ahead._tasks)
        assert len(ready) == 2, "one a door; a part of the inventory is made when it is asked for"
        first = ask(doors.url, "/v1/snapshot", token=OPERATOR).json
        (key,) = doors._kitchen.ahead._tasks.keys() - ready
        visit(store, batch(make(40)))
        held, version = doors._kitchen.answers._held, inventory.version()
        while key not in held or held[key].version != version:  # made by the agent alone
            assert doors._kitchen.ahead._tasks
        assert ask(doors.url, "/v1/snapshot", token=OPERATOR).body == held[key].reply.body
        again = ask(doors.url, "/v1/snapshot", token=OPERATOR).json
    assert again["rows"] == first["rows"] + 1
    assert again["seq"] > first["seq"]
