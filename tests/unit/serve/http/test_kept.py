"""Answers are kept while they are good: never over a commit, never for another asker, never for long."""

from __future__ import annotations

from pathlib import Path

import pytest

from apiscape.serve.http import kept
from apiscape.serve.http.app import kept_for
from apiscape.serve.http.call import Reply
from apiscape.serve.http.kept import Answers
from apiscape.serve.http.operations import OPERATIONS
from apiscape.serve.http.server import Doors
from apiscape.serve.local import LocalInventory
from apiscape.serve.narrowed import read_bound
from apiscape.serve.principal import Principal
from apiscape.store import Store
from tests.store.making import batch, make, visit
from tests.unit.serve.http.asking import ask
from tests.unit.serve.http.harness import OPERATOR, TAX

HELLO = Reply(b"hello")


def test_an_answer_is_good_while_nothing_changes_and_for_a_while() -> None:
    now, version = 0.0, 1
    answers = Answers(lambda: version, lambda: now)
    answers.keep("a", 1, 5.0, HELLO)
    assert answers.find("a") is HELLO
    assert answers.find("b") is None
    version = 2
    assert answers.find("a") is None
    answers.keep("a", 2, 5.0, HELLO)
    now = 5.0
    assert answers.find("a") is None
    answers.keep("a", 1, 5.0, HELLO)  # begun before the store changed
    assert answers.find("a") is None


def test_an_answer_that_lags_may_be_taken_when_it_is_no_longer_good() -> None:
    now, version = 0.0, 1
    answers = Answers(lambda: version, lambda: now)
    answers.keep("a", 1, 5.0, HELLO, lags=True)
    answers.keep("b", 1, 5.0, HELLO)
    now, version = 7.0, 2
    assert (answers.find("a"), answers.find("b")) == (None, None)
    older = answers.find_older("a", 10.0)
    assert older is not None
    assert (older.reply, older.age_s, older.version) == (HELLO, 7.0, 1)
    assert answers.find_older("a", 6.0) is None
    assert answers.find_older("b", 10.0) is None
    assert answers.find_older("c", 10.0) is None
    version = 1
    assert answers.find_older("a", 6.0) == older, "nothing changed since"


def test_nothing_is_kept_where_nobody_knows_whether_it_is_good() -> None:
    answers = Answers(lambda: None)
    answers.keep("a", answers.version(), 5.0, HELLO)
    assert answers.find("a") is None


def test_answers_are_few_and_small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept, "MOST_ANSWERS", 2)
    monkeypatch.setattr(kept, "MOST_BYTES", 12)
    answers = Answers(lambda: 1, lambda: 0.0)
    for key in "ab":
        answers.keep(key, 1, 5.0, HELLO)
    assert answers.find("a") is HELLO
    answers.keep("c", 1, 5.0, Reply(b"c"))
    assert [answers.find(key) is not None for key in "abc"] == [True, False, True]
    answers.keep("d", 1, 5.0, Reply(b"larger than all"))
    assert answers.find("d") is None
    answers.keep("e", 1, 5.0, Reply(b"eleven byte"))
    assert [answers.find(key) is not None for key in "ace"] == [False, True, True]


def test_a_commit_is_seen_at_once(doors: Doors, store: Store) -> None:
    matched = [ask(doors.unix, "/v1/deployments").json["matched"]]
    visit(store, batch(make(40)))
    matched.append(ask(doors.unix, "/v1/deployments").json["matched"])
    assert matched == [6, 7]


def test_an_answer_is_for_those_who_see_the_same(doors: Doors) -> None:
    assert ask(doors.url, "/v1/deployments", token=OPERATOR).json["matched"] == 6
    assert ask(doors.url, "/v1/deployments", token=TAX).json["matched"] == 1
    assert ask(doors.url, "/v1/deployments", token=OPERATOR).json["matched"] == 6


def test_the_same_question_reads_once(
    doors: Doors, inventory: LocalInventory, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    first = ask(doors.unix, "/v1/snapshot")
    monkeypatch.delattr(LocalInventory, "snapshot")
    assert ask(doors.unix, "/v1/snapshot").body == first.body
    assert ask(doors.unix, "/v1/snapshot", Accept="application/msgpack").status == 500


def test_what_a_bound_view_shows_is_kept_for_a_minute_at_most() -> None:
    everything, bound = Principal("a"), Principal("b", view=read_bound("changed>2d"))
    page, snapshot = (
        next(each for each in OPERATIONS if each.name == name)
        for name in ("list_deployments", "get_snapshot")
    )
    assert [kept_for(each, everything) for each in (page, snapshot)] == [10.0, 600.0]
    assert [kept_for(each, bound) for each in (page, snapshot)] == [10.0, 60.0]


def test_no_more_is_kept_than_there_is_room_for() -> None:
    answers = Answers(lambda: 1, lambda: 0.0, most_bytes=10)
    answers.keep("a", 1, 5.0, HELLO)
    answers.keep("b", 1, 5.0, HELLO)
    assert answers.find("a") is HELLO
    answers.keep("c", 1, 5.0, HELLO)
    assert answers.find("b") is None
    answers.keep("d", 1, 5.0, Reply(b"more than ten"))
    assert answers.find("d") is None
