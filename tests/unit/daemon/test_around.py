"""What stands around an agent: signals, a changed file, its first words, and what it counts."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import threading
from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path
from unittest.mock import Mock

import msgspec
import pytest

from apiscape.client.inventory import ScopeStatus
from apiscape.collect.forecast import Forecast
from apiscape.collect.plan import PlannedSource
from apiscape.collect.progress import Silent
from apiscape.collectors.changing import EVERY
from apiscape.daemon.ending import signals_to, watch_the_end
from apiscape.daemon.journal import MOST_NAMES, Journal
from apiscape.daemon.opening import Addresses, announce, due_words, opening_lines
from apiscape.daemon.reloading import Changes
from apiscape.errors import StoreError
from apiscape.model.measured import TrafficReport, Uncountable
from apiscape.model.noticed import LookedAgain, Noticed, Sighting
from apiscape.model.run import ErrorRecord, RunReport
from apiscape.model.vocabulary import ErrorKind, Outcome
from tests.unit.collect.toy import NOON, SCOPE, SOURCE
from tests.unit.daemon.toys import until


class Told:
    """Writes down what signals say."""

    def __init__(self) -> None:
        self.words: list[str] = []

    @property
    def is_stopping(self) -> bool:
        return "stop" in self.words

    def stop(self) -> None:
        self.words.append("stop")

    def reload(self) -> None:
        self.words.append("reload")


async def test_one_signal_ends_it_in_order_and_a_second_one_at_once() -> None:
    told = Told()
    left: list[int] = []
    heard: list[int] = []
    with signals_to(told, left.append):
        for number in (signal.SIGHUP, signal.SIGTERM, signal.SIGINT):
            heard.append(number)
            os.kill(os.getpid(), number)
            await until(lambda: len(told.words) + len(left) == len(heard))
    assert told.words == ["reload", "stop"]
    assert left == [128 + signal.SIGINT]
    for timer in threading.enumerate():
        if isinstance(timer, threading.Timer):
            timer.cancel()


def test_a_thread_hears_no_signals() -> None:
    entered: list[bool] = []

    async def listen() -> None:
        with signals_to(Told()):
            entered.append(True)

    thread = threading.Thread(target=lambda: asyncio.run(listen()))
    thread.start()
    thread.join(30)
    assert entered == [True]


def test_what_does_not_end_in_time_is_left() -> None:
    left = threading.Event()
    watch_the_end(left.set, longest_s=0.0)
    assert left.wait(30)


# ── The file ──


def test_a_file_changed_once_it_rests(tmp_path: Path) -> None:
    file = tmp_path / "config.yaml"
    changes = Changes(file)
    assert not changes.look()
    file.write_text("a: 1")
    assert not changes.look()  # it may be half written
    file.write_text("a: 1\nb: 2")
    assert not changes.look()
    assert changes.look()
    assert not changes.look()
    file.unlink()
    assert not changes.look()
    assert changes.look()


def test_a_link_that_leads_elsewhere_is_a_change(tmp_path: Path) -> None:
    """As a mounted directory of a cluster is changed."""
    for name in ("old", "new"):
        (tmp_path / name).write_text("a: 1")
    link = tmp_path / "config.yaml"
    link.symlink_to("old")
    changes = Changes(link)
    fresh = tmp_path / "fresh"
    fresh.symlink_to("new")
    fresh.rename(link)
    assert [changes.look(), changes.look()] == [False, True]


def test_a_directory_changed_whatever_became_of_its_files(tmp_path: Path) -> None:
    folder = tmp_path / "overlay"
    changes = Changes(None, folder)
    assert [changes.look(), changes.look()] == [False, False]
    folder.mkdir()
    (folder / "a.yaml").write_text("- 1")
    assert [changes.look(), changes.look(), changes.look()] == [False, True, False]
    (folder / "a.yaml").write_text("- 1 2")
    assert [changes.look(), changes.look()] == [False, True]
    (folder / "a.yaml").rename(folder / "b.yaml")
    assert [changes.look(), changes.look()] == [False, True]
    (folder / "b.yaml").unlink()
    assert [changes.look(), changes.look()] == [False, True]
    for name in (".a.yaml", "notes.txt", "a.yaml~"):  # what editors leave beside
        (folder / name).write_text("")
    assert [changes.look(), changes.look()] == [False, False]


def test_another_directory_is_looked_at_from_where_it_stands(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("- 1")
    changes = Changes(tmp_path / "config.yaml")
    changes.turn_to(tmp_path)
    assert [changes.look(), changes.look()] == [False, False]
    (tmp_path / "a.yaml").write_text("- 1 2")
    changes.turn_to(tmp_path)
    assert [changes.look(), changes.look()] == [False, True]


def test_a_file_that_is_named_is_looked_at_and_nothing_else_is_forgotten_for_it(
    tmp_path: Path,
) -> None:
    config, named = tmp_path / "config.yaml", tmp_path / "entries.yaml"
    changes = Changes(config)
    config.write_text("a: 1")  # while the one before is read
    changes.turn_to(None, [str(named)])
    assert [changes.look(), changes.look(), changes.look()] == [False, True, False]
    named.write_text("- 1")
    changes.turn_to(None, [str(named)])
    assert [changes.look(), changes.look(), changes.look()] == [False, True, False]
    changes.turn_to(None)
    named.write_text("- 1 2")
    assert [changes.look(), changes.look()] == [False, False]


# ── First words ──


def status(key: str, age: timedelta | None = None) -> ScopeStatus:
    reach = msgspec.structs.replace(SCOPE.reach, key=key)
    scope = msgspec.structs.replace(SCOPE, reach=reach)
    if age is None:
        return ScopeStatus(scope=scope)
    at = NOON - age
    run = RunReport(scope=scope, generation=1, started_at=at, ended_at=at, outcome=Outcome.COMPLETE)
    return ScopeStatus(scope=scope, last_run=run)


def test_what_is_due_when_is_counted() -> None:
    gone = msgspec.structs.replace(SOURCE, name="gone")
    words = due_words([SOURCE], [status("1/r"), status("2/r", timedelta(minutes=1))], NOON)
    assert words.startswith("1 source · 2 scopes known · 1 due now · the next of the others in ")
    assert due_words([SOURCE], [status("1/r")], NOON) == "1 source · 1 scope known · 1 due now"
    assert due_words([gone], [status("1/r")], NOON).endswith("everything is due")


def test_only_open_doors_are_named() -> None:
    where = Addresses(unix="unix:/x", api="http://h:1", token="/x.token")
    lines = opening_lines(where, [SOURCE], [], NOON)
    assert [line.split()[0:2] for line in lines[1:]] == [["this", "user"], ["api", "http://h:1"]]
    assert "(by token: /x.token)" in lines[2]
    assert opening_lines(Addresses(), [SOURCE], [], NOON)[1:] == ["  no door is open"]
    assert opening_lines(Addresses(api="http://h:1"), [SOURCE], [], NOON)[1].endswith("(by token)")


async def test_a_store_that_does_not_answer_at_the_start_is_said_and_ends_nothing(
    caplog: pytest.LogCaptureFixture,
) -> None:
    store = Mock(announce=Mock(side_effect=StoreError("the server is gone", hint=None)))
    await announce(store, "unix:/a")
    store.announce.assert_called_once_with("unix:/a")
    assert "commands will not find this agent" in caplog.text


# ── The journal ──


class Heard(Silent):
    """Whoever waits for collections, and is told what was measured."""

    def __init__(self) -> None:
        self.told: list[TrafficReport] = []

    def measured(self, reports: Iterable[TrafficReport]) -> None:
        self.told.extend(reports)


def test_a_visit_is_counted_and_said_with_why_it_was_short(
    caplog: pytest.LogCaptureFixture,
) -> None:
    stored: list[int] = []
    journal = Journal(Heard(), lambda: stored.append(1), lambda _: stored.append(2))
    error = ErrorRecord(kind=ErrorKind.ACCESS_DENIED, message="needs x")
    run = RunReport(scope=SCOPE, generation=1, started_at=NOON, outcome=Outcome.FAILED, error=error)
    journal.started(SCOPE)
    journal.tick({})
    journal.ended(run)
    assert (dict(journal.runs), stored) == ({"failed": 1}, [1])
    fields = caplog.records[-1].__dict__["fields"]
    assert (fields["scope"], fields["kind"], fields["why"]) == (
        SCOPE.key,
        "access_denied",
        "needs x",
    )


def test_measured_traffic_is_said_with_why_it_could_not_be(
    caplog: pytest.LogCaptureFixture,
) -> None:
    remeasured: list[object] = []
    heard = Heard()
    journal = Journal(heard, lambda: None, remeasured.append)
    error = ErrorRecord(kind=ErrorKind.ACCESS_DENIED, message="needs x")
    why = (Uncountable(error=error, deployments=2),)
    with caplog.at_level(logging.INFO, "apiscape.agent"):
        journal.measured((TrafficReport(scope=SCOPE, asked=3, measured=3, calls=4),))
        journal.measured((TrafficReport(scope=SCOPE, asked=2, measured=0, uncountable=why),))
        journal.measured(())
    assert [record.levelno for record in caplog.records] == [logging.INFO, logging.WARNING]
    said = [record.__dict__["fields"] for record in caplog.records]
    assert said[0] == {"scope": SCOPE.key, "measured": 3, "asked": 3, "calls": 4}
    assert (said[1]["kind"], said[1]["why"]) == ("access_denied", "needs x")
    assert [each.asked for each in heard.told] == [3, 2]
    assert remeasured == [[SCOPE], [SCOPE], None], "what was emptied changes conclusions too"


def test_what_is_heard_of_changes_is_said_with_what_was_not(
    caplog: pytest.LogCaptureFixture,
) -> None:
    stored: list[int] = []
    journal = Journal(Heard(), lambda: stored.append(1), lambda _: None)
    error = ErrorRecord(kind=ErrorKind.THROTTLED, message="slow down")
    named = tuple(Sighting(SCOPE.key, "a", word, NOON) for word in ("UpdateApi", "CreateStage"))
    with caplog.at_level(logging.DEBUG, "apiscape.agent"):
        journal.noticed(Noticed("toys/1/r", calls=1))
        journal.noticed(Noticed("toys/1/r", events=3, objects=named, calls=1))
        journal.noticed(Noticed("toys/1/r", unread=(error,), calls=2, throttled=1))
    levels = [record.levelno for record in caplog.records]
    assert levels == [logging.DEBUG, logging.INFO, logging.WARNING]
    said = [record.__dict__["fields"] for record in caplog.records]
    assert (said[1]["events"], said[1]["objects"]) == (3, 1)
    assert (said[2]["kind"], said[2]["why"]) == ("throttled", "slow down")
    assert (journal.calls, journal.throttled, stored) == (4, 1, [])
    assert journal.unheard == {"toys/1/r"}
    journal.noticed(Noticed("toys/2/r", unread=(error,)))
    journal.noticed(Noticed("toys/1/r"))
    assert journal.unheard == {"toys/2/r"}
    plan = PlannedSource(source=SOURCE, jobs=())
    journal.planned(
        plan, Forecast(scopes=0, unknown=0, calls=0, rate_per_s=1.0, most_per_s=1.0, seconds=0.0)
    )
    assert journal.unheard == frozenset(), "what is no longer asked for is not missed"


def test_what_nobody_can_place_is_said_once_a_scope(caplog: pytest.LogCaptureFixture) -> None:
    journal = Journal(Heard(), lambda: None, lambda _: None)
    names = [*(f"Update{number:02d}" for number in range(MOST_NAMES + 3)), "Update00"]
    unplaced = tuple(Sighting(SCOPE.key, EVERY, name, NOON) for name in names)
    with caplog.at_level(logging.INFO, "apiscape.agent"):
        journal.noticed(Noticed("toys/1/r", events=4, unplaced=unplaced))
    (record,) = caplog.records
    assert record.levelno == logging.INFO
    assert "the next visit sees them" in record.getMessage()
    assert record.__dict__["fields"] == {
        "scope": SCOPE.key,
        "names": ", ".join(names[:MOST_NAMES]),
    }


def test_what_is_looked_at_again_is_said_and_concluded_from(
    caplog: pytest.LogCaptureFixture,
) -> None:
    stored: list[int] = []
    journal = Journal(Heard(), lambda: stored.append(1), lambda _: None)
    error = ErrorRecord(kind=ErrorKind.ACCESS_DENIED, message="needs x")
    with caplog.at_level(logging.INFO, "apiscape.agent"):
        journal.looked_again(LookedAgain(SCOPE, ("a", "b"), recorded=1, gone=1, calls=3))
        journal.looked_again(LookedAgain(SCOPE, ("a",), failed={"a": error}, throttled=1))
        journal.looked_again(LookedAgain(SCOPE, ("a",), overtaken=True))
    levels = [record.levelno for record in caplog.records]
    assert levels == [logging.INFO, logging.WARNING, logging.INFO]
    said = [record.__dict__["fields"] for record in caplog.records]
    assert (said[0]["asked"], said[0]["recorded"], said[0]["gone"]) == (2, 1, 1)
    assert (said[1]["failed"], said[1]["why"]) == (1, "needs x")
    assert said[2]["overtaken"]
    assert stored == [1, 1, 1]
    assert (journal.calls, journal.throttled) == (3, 1)
