"""The driver and watches: followed, cut, asked, paused, reloaded, and begun again."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import closing

import pytest

from apiscape.collect.clock import Stop
from apiscape.collect.watch import Patience
from apiscape.collectors.contract import Absent, Listed, Unreachable, Visit
from apiscape.model.run import Scope
from apiscape.settings.schema import Rules
from tests.unit.collect.toy import recorded
from tests.unit.collect.watching import Batch, changed, watching
from tests.unit.schedule.agents import HOUR, KEY, Agent, Feed, source


@pytest.fixture
def feed() -> Iterator[Feed]:
    with closing(Feed()) as feed:
        yield feed


def followed(feed: Feed, patience: Patience | None = None) -> Agent:
    """Return an agent that follows a feed, after its first list."""
    agent = Agent(patience=patience or Patience(silence_s=10**9))
    agent.collect(feed.collector())
    agent.start()
    agent.until(lambda: len(agent.progress.told) == 3)
    assert agent.progress.told[1:] == ["started 1/r", "ended 1/r complete"]
    return agent


def presence(agent: Agent) -> list[str]:
    return sorted(agent.store.runs.presence().values())


def relisted(agent: Agent, feed: Feed, lists: int) -> None:
    """Let a second pass, and turn until there were so many lists."""
    agent.pass_time(1, step=1)
    agent.until(lambda: len(agent.runs) == lists)
    assert feed.lists == lists


def test_a_scope_that_can_be_watched_is_listed_once_and_followed(feed: Feed) -> None:
    agent = followed(feed)
    feed.say((Absent("apis", "b"), changed("a")))
    agent.until(lambda: presence(agent) == ["present", "retired"])
    agent.clock.advance(seconds=10 * HOUR)
    agent.pass_time(5, step=1)
    assert (feed.lists, len(agent.runs)) == (1, 1)
    [slot] = agent.ask(agent.driver.slots())
    assert slot.due_in_s is None


def test_a_source_may_have_its_scopes_visited_instead(feed: Feed) -> None:
    agent = Agent()
    agent.collect(feed.collector())
    agent.start(source(watch=False))
    [run] = agent.ran(1)
    assert run.error is not None
    assert (feed.lists, run.error.kind) == (0, "defect")


def test_a_watch_that_is_cut_backs_off_and_lists_again(feed: Feed) -> None:
    agent = followed(feed)
    feed.say(Unreachable("cut"))
    agent.until(lambda: agent.ask(agent.driver.slots())[0].failures == 1)
    agent.pass_time(25, step=5)
    assert feed.lists == 1
    agent.pass_time(40, step=5)
    agent.until(lambda: feed.lists == 2)
    agent.until(lambda: len(agent.runs) == 2)
    assert [run.outcome for run in agent.runs] == ["complete", "complete"]
    assert presence(agent) == ["present", "present"]


def test_a_cut_after_a_long_time_of_following_is_a_first_one(feed: Feed) -> None:
    agent = followed(feed)
    for lists in (1, 2):
        feed.say(Unreachable("cut"))
        agent.until(lambda: agent.ask(agent.driver.slots())[0].due_in_s)
        assert agent.ask(agent.driver.slots())[0].failures == lists
        agent.pass_time(130, step=10)
        agent.until(lambda: len(agent.runs) == lists + 1)  # noqa: B023 - used at once
    agent.clock.advance(seconds=HOUR)
    feed.say(Unreachable("cut"))
    agent.until(lambda: agent.ask(agent.driver.slots())[0].due_in_s)
    assert agent.ask(agent.driver.slots())[0].failures == 1


def test_a_watch_lists_again_at_least_every_day(feed: Feed) -> None:
    agent = followed(feed, Patience(relist_s=24 * HOUR, silence_s=10**9))
    agent.clock.advance(hours=17)
    agent.pass_time(3, step=1)
    assert feed.lists == 1
    agent.clock.advance(hours=7)
    agent.until(lambda: agent.ask(agent.driver.slots())[0].due_in_s == 0)
    relisted(agent, feed, 2)


def test_asked_for_a_scope_that_is_followed_lists_again_at_once(feed: Feed) -> None:
    agent = followed(feed)
    assert agent.ask(agent.driver.collect_now(KEY)) == (KEY,)
    agent.until(lambda: agent.ask(agent.driver.slots())[0].due_in_s == 0)
    relisted(agent, feed, 2)


def test_a_pause_ends_a_watch_and_its_end_begins_it_again(feed: Feed) -> None:
    agent = followed(feed)
    agent.ask(agent.driver.pause("toys"))
    agent.until(lambda: agent.ask(agent.driver.slots())[0].due_in_s == 0)
    agent.pass_time(30, step=1)
    assert feed.lists == 1
    agent.ask(agent.driver.resume("toys"))
    relisted(agent, feed, 2)


def test_a_watch_goes_on_through_a_reload_that_does_not_concern_it(feed: Feed) -> None:
    agent = followed(feed)
    agent.ask(agent.driver.reload([source(interval_s=60.0), source("more", watch=False)]))
    agent.until(lambda: agent.progress.told.count("planned toys well") == 2)
    feed.say((Absent("apis", "b"),))
    agent.until(lambda: "retired" in presence(agent))
    assert feed.lists == 1


def test_a_watch_is_begun_again_where_its_source_looks_at_other_things(feed: Feed) -> None:
    agent = followed(feed)
    agent.ask(agent.driver.reload([source(exclude=Rules(names=("x*",)))]))
    agent.until(lambda: agent.progress.told.count("planned toys well") == 2)
    agent.until(lambda: agent.ask(agent.driver.slots())[0].due_in_s == 0)
    relisted(agent, feed, 2)


def test_a_watch_of_a_source_that_is_removed_ends_and_its_scope_says_so(feed: Feed) -> None:
    agent = followed(feed)
    agent.ask(agent.driver.reload([]))
    for _ in range(5):
        agent.pass_time(1, step=1)
    agent.until(lambda: len(agent.runs) == 2)
    assert (agent.runs[-1].outcome, feed.lists) == ("absent", 1)
    assert agent.ask(agent.driver.slots()) == ()


def test_a_stop_ends_a_watch_and_what_it_said_stands(feed: Feed) -> None:
    agent = followed(feed)
    feed.say((changed("a"),))
    agent.until(lambda: len(agent.store.runs.log) == 3)
    stop = Stop(agent.clock)
    stop.tell()
    assert stop.error is not None
    agent.driver.finish(stop.error)
    assert [run.outcome for run in agent.runs] == ["complete"]
    assert [kind for kind, _ in agent.store.runs.log] == ["appeared", "appeared", "changed"]


def test_a_stop_in_the_middle_of_a_watchs_list_leaves_it_partial() -> None:
    begun = threading.Event()

    def script(scope: Scope, visit: Visit) -> Iterator[Batch]:
        yield (Listed("apis", ("a", "b"), last=True), *recorded("a"))
        begun.set()
        while True:
            visit.check()
            yield ()

    agent = Agent()
    agent.collect(watching(script))
    agent.start()
    agent.until(begun.is_set)
    stop = Stop(agent.clock)
    stop.tell()
    assert stop.error is not None
    agent.driver.finish(stop.error)
    [run] = agent.runs
    assert (run.outcome, run.ledger.recorded, run.ledger.failed) == ("partial", 1, 1)


@pytest.mark.parametrize("listed", [True, False])
def test_a_watch_that_falls_silent_is_left_behind_and_refused_until_it_returns(
    listed: bool,
) -> None:
    release = threading.Event()

    def script(scope: Scope, visit: Visit) -> Iterator[Batch]:
        feed = Feed()
        if listed:
            yield next(feed.watch(scope, visit))
        begun.set()
        release.wait(60)

    begun = threading.Event()
    agent = Agent(patience=Patience(silence_s=30))
    agent.collect(watching(script))
    agent.start(source(deadline_s=30.0))
    agent.until(begun.is_set)
    agent.until(lambda: len(agent.runs) == int(listed))
    agent.pass_time(40, step=5)
    agent.until(agent.driver.lingering)
    agent.driver.collect_now()
    agent.until(lambda: agent.runs and agent.runs[-1].error is not None)
    agent.until(lambda: len(agent.runs) == 2)
    assert [run.outcome for run in agent.runs] == ["complete" if listed else "failed", "failed"]
    release.set()
