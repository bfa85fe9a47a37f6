"""Reading a log of changes: what is new in it, whose it is, and what of it could not be read."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from apiscape.collect.clock import Stop
from apiscape.collect.job import Job, Means
from apiscape.collect.noticing import Poll, read_log
from apiscape.collect.quotas import Quotas, ScopeBudget
from apiscape.collect.workers import Workers
from apiscape.collectors.changing import Unheard
from apiscape.collectors.contract import AccessDenied, Malformed, Throttled
from apiscape.errors import StoreError
from apiscape.model.noticed import Sighting
from apiscape.model.run import ErrorRecord, Scope
from apiscape.model.vocabulary import ErrorKind
from tests.unit.collect.hearing import Chronicle, Looker, change
from tests.unit.collect.toy import NOON, REACH, SCOPE, Bench, ToyCollector, ToyGate, ToyProvider

OTHER = Scope("toys", "toy", "toy.other", REACH)
DENIED = AccessDenied("not you").record()


class OtherLooker(Looker):
    topics = ("toys", "others")


class Log:
    """A log, and two scopes of its reach: one that was visited, and one that was not yet."""

    def __init__(self, *apis: str) -> None:
        gate = ToyGate(apis={name: {"live": ()} for name in apis})
        self.provider: Any = Chronicle(gate)
        self.collector, self.other = Looker(), OtherLooker()
        self.bench = Bench(provider=self.provider)
        if apis:
            self.bench.visit(self.collector)
        self.stop = Stop(self.bench.clock)

    def read(self, *known: str) -> Poll:
        clock, source = self.bench.clock, self.bench.source
        means = Means(runs=self.bench.store.runs, clock=clock, workers=Workers())
        budget = ScopeBudget(Quotas(clock), "toy", self.stop)
        jobs = [
            Job(scope, source, self.provider, collector)
            for scope, collector in ((SCOPE, self.collector), (OTHER, self.other))
        ]
        return read_log(jobs, means, budget, NOON, frozenset(known))


def sightings(poll: Poll) -> set[tuple[str, str]]:
    return {(each.key, each.native_id) for each in poll.noticed.objects}


def test_a_change_is_of_the_scope_that_knows_its_object() -> None:
    log = Log("a", "b")
    log.provider.log = [change("a")]
    poll = log.read()
    assert poll.noticed.place == "toys/1/r"
    assert poll.noticed.objects == (Sighting(SCOPE.key, "a", "UpdateApi", NOON),)
    assert (poll.noticed.events, poll.noticed.calls) == (1, 1)
    assert poll.heard == {"change 1": NOON}
    assert (poll.missed, poll.error, poll.noticed.unread) == (False, None, ())
    assert log.provider.asked == [(NOON, ("others", "toys"))]
    assert log.provider.sessions[-1].closed


def test_one_that_nobody_knows_is_of_all_that_may_have_it() -> None:
    log = Log("a")
    log.provider.log = [change("new")]
    assert sightings(log.read()) == {(SCOPE.key, "new"), (OTHER.key, "new")}


def test_a_topic_is_for_those_who_asked_for_it() -> None:
    log = Log()
    log.provider.log = [change("a", topic="others"), change("b", 2, topic="nobody's")]
    assert sightings(log.read()) == {(OTHER.key, "a")}


def test_what_was_heard_before_is_not_news() -> None:
    log = Log("a", "b")
    log.provider.log = [change("a", 1), change("b", 2), change("b", 2)]
    poll = log.read("change 1")
    assert sightings(poll) == {(SCOPE.key, "b")}
    assert poll.noticed.events == 1
    assert poll.heard.keys() == {"change 1", "change 2"}


def test_changes_that_name_nobody_are_heard_and_that_is_all() -> None:
    log = Log("a")
    log.provider.log = [change(None)]
    poll = log.read()
    assert (poll.noticed.events, poll.noticed.objects, poll.missed) == (1, (), False)


def test_what_nobody_can_place_is_said_of_its_scopes_and_of_no_object() -> None:
    log = Log("a")
    log.provider.log = [change("nobody knows"), change("nobody knows", 2), change("a", 3)]
    poll = log.read()
    assert [each.native_id for each in poll.noticed.objects] == ["a"]
    assert [(each.key, each.name) for each in poll.noticed.unplaced] == [
        (SCOPE.key, "UpdateApi"),
        (OTHER.key, "UpdateApi"),
    ]
    assert poll.noticed.unread == ()


def test_what_a_visit_saw_that_began_later_needs_no_placing() -> None:
    log = Log("a")
    log.provider.log = [change("nobody knows", at=NOON - timedelta(hours=1))]
    assert [each.key for each in log.read().noticed.unplaced] == [OTHER.key]


def test_several_changes_of_one_object_are_told_by_their_names() -> None:
    log = Log("a")
    log.provider.log = [
        change("a", 1),
        change("a", 2, name="DeleteApi"),
        change("a", 3),
    ]
    assert [each.name for each in log.read().noticed.objects] == ["UpdateApi", "DeleteApi"]


@pytest.mark.parametrize("lost", [False, True])
def test_a_part_that_could_not_be_read_is_said_and_hides_no_other(*, lost: bool) -> None:
    log = Log("a")
    log.provider.log = [Unheard("others", DENIED, lost=lost), change("a")]
    poll = log.read()
    assert sightings(poll) == {(SCOPE.key, "a")}
    assert poll.noticed.unread == (DENIED,)
    assert poll.missed is not lost, "what is lost is not asked for again"


def test_one_change_that_cannot_be_understood_is_said_once() -> None:
    log = Log("a")
    unread = Unheard("toys", Malformed("odd").record(), id="odd", lost=True)
    log.provider.log = [unread]
    first = log.read()
    assert (first.noticed.unread, first.missed) == ((unread.error,), False)
    assert first.heard.keys() == {"odd"}
    assert log.read("odd").noticed.unread == ()


def test_what_ends_a_read_leaves_what_was_heard() -> None:
    log = Log("a")
    log.provider.log = [change("a"), Throttled("slow", retry_after_s=7.0)]
    poll = log.read()
    assert sightings(poll) == {(SCOPE.key, "a")}
    assert poll.missed
    assert poll.error is not None
    assert (poll.error.kind, poll.error.retry_after_s) == (ErrorKind.THROTTLED, 7.0)
    assert poll.noticed.unread == (poll.error,)


def test_a_read_that_is_told_to_end_says_why() -> None:
    log = Log("a")
    why = ErrorRecord(kind=ErrorKind.INTERRUPTED, message="stopping")
    log.provider.log = [change("a")]
    log.provider.before = lambda: log.stop.tell(why)
    poll = log.read()
    assert (poll.error, poll.missed) == (why, True)


def test_a_collector_that_stumbles_over_a_change_hides_no_other() -> None:
    log = Log("a")
    log.provider.log = [change("defect", 1), change("a", 2)]
    poll = log.read()
    assert sightings(poll) == {(SCOPE.key, "a")}
    assert {each.kind for each in poll.noticed.unread} == {ErrorKind.DEFECT}
    assert not poll.missed


def test_a_store_that_cannot_be_read_is_raised(monkeypatch: pytest.MonkeyPatch) -> None:
    log = Log("a")
    log.provider.log = [change("a")]

    def fail(_scope: Scope) -> Any:
        raise StoreError("no disk")

    monkeypatch.setattr(log.bench.store.runs, "known", fail)
    with pytest.raises(StoreError):
        log.read()


def test_whoever_has_no_log_and_looks_at_nothing_is_not_asked() -> None:
    log = Log("a")
    log.provider = ToyProvider()
    assert log.read().noticed.events == 0
    log.collector = ToyCollector()  # type: ignore[assignment]
    error = log.read().error
    assert error is not None
    assert error.kind == ErrorKind.DEFECT
