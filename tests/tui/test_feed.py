"""What is asked of the inventory, when it is asked again, and what the session makes of the answers."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import msgspec
import pytest

from apiscape.client.inventory import ChangePage
from apiscape.errors import NotKept, UnreachableError
from apiscape.query import parse
from apiscape.tui import feed
from apiscape.tui.feed import (
    FIRST_STALE_S,
    Answer,
    Followed,
    Loaded,
    answer,
    begin,
    follow,
    load,
    look_around,
)
from apiscape.tui.listing import EDITS, Listing
from apiscape.tui.options import Actions, Options
from apiscape.tui.polling import MOST_PATIENCE, Polling
from apiscape.tui.session import FRESH_FOR, Session
from apiscape.tui.store import ColumnStore
from tests.tui.fake import FakeInventory, fixed_clock, renamed, some_changes
from tests.tui.rows import NOW, department
from tests.tui.saying import a_run, a_status


@pytest.fixture
def inventory() -> FakeInventory:
    rows = department(30)
    return FakeInventory(rows, changes=some_changes(rows))


def a_session_of(inventory: FakeInventory) -> Session:
    session = Session(inventory, Options(clock=fixed_clock), Actions())
    session.take(load(inventory))
    return session


def test_everything_comes_with_what_it_rests_on(inventory: FakeInventory) -> None:
    loaded = load(inventory)
    assert len(loaded.store) == 30
    assert loaded.store.seq == inventory.seq
    assert loaded.around.scopes == inventory.scopes()


def test_the_first_rows_may_be_a_little_older_and_newer_ones_follow(
    inventory: FakeInventory,
) -> None:
    fresh = begin(inventory)
    assert inventory.stale_s == FIRST_STALE_S
    outlived = msgspec.structs.replace(fresh.around, outlived=True)
    assert isinstance(follow(inventory, inventory.seq, fresh.around), Followed)
    assert isinstance(follow(inventory, inventory.seq, outlived), Loaded)
    assert inventory.stale_s == 0.0


def test_a_log_that_is_another_one_by_now_is_read_anew_from_its_rows(
    inventory: FakeInventory, monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded = begin(inventory)

    def changes(**_asked: object) -> ChangePage:
        raise NotKept("the log ends at 3: 9 is of another one")

    monkeypatch.setattr(inventory, "changes", changes)
    assert isinstance(follow(inventory, 9, loaded.around), Loaded)


@pytest.mark.parametrize(("after_s", "outlived"), [(-1, False), (1, True)])
def test_rows_are_outlived_by_a_visit_that_ended_since(
    inventory: FakeInventory,
    after_s: int,
    outlived: bool,
) -> None:
    ended = inventory.snapshot().taken_at + timedelta(seconds=after_s)
    inventory._scopes = tuple(
        msgspec.structs.replace(
            status, last_run=msgspec.structs.replace(status.last_run, ended_at=ended)
        )
        for status in inventory.scopes()
        if status.last_run
    )
    assert begin(inventory).around.outlived is outlived


def test_nothing_new_asks_for_no_rows(inventory: FakeInventory) -> None:
    before = look_around(inventory)
    news = follow(inventory, inventory.seq, before)
    assert isinstance(news, Followed)
    assert (news.rows, news.gone, news.seq) == ((), frozenset(), inventory.seq)
    assert inventory.asked["page"] == inventory.asked["snapshot"] == 0


def test_what_changed_and_what_is_gone_are_told_apart(inventory: FakeInventory) -> None:
    before, seq = look_around(inventory), inventory.seq
    first, second, third = list(inventory.rows.values())[:3]
    inventory.put(renamed(first, health="failing"))
    inventory.put(renamed(second, presence="retired"), kind="retired")
    inventory.drop(third.uid)
    news = follow(inventory, seq, before)
    assert isinstance(news, Followed)
    assert [row.uid for row in news.rows] == sorted([first.uid, second.uid])
    assert news.gone == {third.uid}


def test_what_the_snapshot_would_leave_out_is_gone(inventory: FakeInventory) -> None:
    before, seq = look_around(inventory), inventory.seq
    first, second = list(inventory.rows.values())[:2]
    inventory.put(renamed(first, presence="superseded"), kind="superseded")
    inventory.put(renamed(second, presence="retired"), kind="retired")
    inventory.long_retired.add(second.uid)
    news = follow(inventory, seq, before)
    assert isinstance(news, Followed)
    assert not news.rows
    assert news.gone == {first.uid, second.uid}


def test_a_new_run_of_a_scope_calls_for_everything(inventory: FakeInventory) -> None:
    around = look_around(inventory)
    older = msgspec.structs.replace(around, scopes=around.scopes[1:])
    assert isinstance(follow(inventory, inventory.seq, older), Loaded)


def test_too_many_changes_call_for_everything(
    inventory: FakeInventory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feed, "MOST_AT_ONCE", 5)
    around = look_around(inventory)
    assert isinstance(follow(inventory, inventory.seq - 4, around), Followed)
    assert isinstance(follow(inventory, inventory.seq - 5, around), Loaded)


def test_changed_rows_are_asked_for_a_few_at_a_time(
    inventory: FakeInventory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feed, "UIDS_A_VIEW", 4)
    around, seq = look_around(inventory), inventory.seq
    inventory.put(*(renamed(row, health="failing") for row in list(inventory.rows.values())[:10]))
    news = follow(inventory, seq, around)
    assert isinstance(news, Followed)
    assert len(news.rows) == 10
    assert inventory.asked["page"] == 3


def test_only_scopes_that_ran_stamp_what_rows_rest_on() -> None:
    scopes = (a_status(None), a_status(a_run("partial")))
    around = look_around(FakeInventory([], scopes=scopes, estate=()))
    assert around.stamp == ((scopes[1].scope.key, 17, "partial"),)


def test_another_time_is_fetched_page_by_page_and_says_what_it_left_out(
    inventory: FakeInventory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feed, "PAGE_ROWS", 8)
    view, store = parse("at:2026-09-01"), ColumnStore()
    whole = answer(inventory, view, store)
    assert (len(whole.uids), len(whole.store), whole.left_out) == (30, 30, 0)
    monkeypatch.setattr(feed, "MOST_ROWS", 16)
    part = answer(inventory, view, store)
    assert (len(part.uids), part.left_out) == (16, 14)


def test_the_store_answers_deep_views_with_uids_only(inventory: FakeInventory) -> None:
    store = load(inventory).store
    given = answer(inventory, parse("path:/returns"), store)
    assert given.store is store
    assert given.undecided == 30
    assert inventory.asked["page"] == 0


def test_what_the_store_found_and_the_columns_lack_is_counted_not_dropped() -> None:
    store = ColumnStore.of_rows(department(3))
    listing = Listing()
    given = Answer(store, (store.uids[1], "a-stranger", store.uids[0]), 2, left_out=5)
    listing.take(given)
    assert list(listing.found.rows) == [0, 1]
    listing.read("sort:uid")
    listing.take(given)
    assert list(listing.found.rows) == [1, 0]
    assert (listing.found.undecided, listing.found.left_out) == (2, 6)


@pytest.mark.parametrize(
    ("text", "sorted_by", "asks_store"),
    [
        ("", ("name", False), False),
        ("tax sort:p95:desc", ("p95", True), False),
        ("path:/returns", ("name", False), True),
        ("at:2026-09-01", ("name", False), True),
    ],
)
def test_a_listing_knows_its_order_and_whom_to_ask(
    text: str, sorted_by: tuple[str, bool], *, asks_store: bool
) -> None:
    listing = Listing()
    listing.read(text)
    assert (listing.text, listing.sorted_by, listing.asks_store) == (text, sorted_by, asks_store)


def test_what_cannot_be_read_leaves_the_last_view() -> None:
    listing = Listing()
    listing.read("health:failing")
    listing.evaluate(ColumnStore.of_rows(department(60)), NOW)
    found = len(listing.found.rows)
    with pytest.raises(Exception, match="quote is not closed"):
        listing.read('health:"')
    assert listing.text == "health:failing"
    assert len(listing.found.rows) == found > 0


@pytest.mark.parametrize(
    ("name", "before", "after"),
    [
        ("faulty", "tax", "tax health:failing,degraded"),
        ("undecided", "p95>1", "p95>1 undecided:yes"),
        ("reverse", "sort:p95", "sort:p95:desc"),
        ("sort_left", "sort:name", "sort:health"),
        ("sort_right", "sort:name", "sort:auth"),
        ("clear", "tax sort:p95", "sort:p95"),
    ],
)
def test_keys_edit_the_view(name: str, before: str, after: str) -> None:
    listing = Listing()
    listing.view = EDITS[name](parse(before), ["health", "name", "auth"])
    assert listing.text == after


def test_a_change_marks_its_row_for_a_while(inventory: FakeInventory) -> None:
    session = a_session_of(inventory)
    moment = [NOW]
    session.options = Options(clock=lambda: moment[0])
    row = renamed(next(iter(inventory.rows.values())), health="failing")
    inventory.put(row)
    latest = session.last
    assert latest is not None
    session.take(follow(inventory, session.seq, latest.around))
    assert session.settle() == {row.uid}
    assert row.uid in session.fresh
    moment[0] = NOW + FRESH_FOR - timedelta(milliseconds=1)
    assert session.settle() == set()
    moment[0] = NOW + FRESH_FOR
    assert session.settle() == {row.uid}
    assert session.fresh == {}


def news_of(session: Session, *, seq: int, rows: Any = (), gone: Any = ()) -> Followed:
    latest = session.last
    assert latest is not None
    return Followed(seq=seq, rows=tuple(rows), gone=frozenset(gone), around=latest.around)


def test_news_of_nobody_known_leaves_the_rows_alone(inventory: FakeInventory) -> None:
    session = a_session_of(inventory)
    store, version = session.store, session.version
    session.take(news_of(session, seq=99, gone=["a-stranger"]))
    assert session.store is store
    assert session.version == version + 1
    session.take(news_of(session, seq=100))
    assert session.version == version + 1
    assert session.seq == 100


def test_while_paused_news_wait_in_order_and_are_let_in(inventory: FakeInventory) -> None:
    session = a_session_of(inventory)
    first, second = list(inventory.rows.values())[:2]
    session.is_paused = True
    session.take(
        news_of(session, seq=50, rows=[renamed(first, health="failing")], gone=[second.uid])
    )
    session.take(news_of(session, seq=51))
    assert (session.waiting, session.seq, len(session.held)) == (2, 50, 1)
    assert second.uid in session.store.row_of
    session.resume()
    assert (session.waiting, session.is_paused) == (0, False)
    assert second.uid not in session.store.row_of
    changed = session.store.row(first.uid)
    assert changed is not None
    assert changed.health == "failing"


def test_while_paused_everything_new_takes_the_place_of_what_waited(
    inventory: FakeInventory,
) -> None:
    session = a_session_of(inventory)
    session.is_paused = True
    session.take(news_of(session, seq=50, gone=["x"]))
    session.take(load(inventory))
    assert session.waiting == 30
    assert session.seq == inventory.seq


def test_silence_is_remembered_from_its_beginning_until_an_answer(inventory: FakeInventory) -> None:
    session = a_session_of(inventory)
    moment = [NOW]
    session.options = Options(clock=lambda: moment[0])
    session.fail(UnreachableError("gone"))
    moment[0] += timedelta(minutes=5)
    session.fail(UnreachableError("still gone"))
    assert session.silent_since == NOW
    assert session.error is not None
    assert session.error.message == "still gone"
    session.take(load(inventory))
    assert [session.silent_since, session.error] == [None, None]


class Stage:
    """An app without a screen: runs work at once, on the spot."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.workers: list[Any] = []
        self.frame = self
        self.is_mounted = self.is_running = self.is_attached = True
        self.renewed = 0
        self.stated = 0

    def run_worker(self, work: Any, **_: Any) -> None:
        work()

    @property
    def app(self) -> Stage:
        return self

    def call_from_thread(self, call: Any) -> None:
        call()

    def renew(self) -> None:
        self.renewed += 1

    def show_status(self) -> None:
        self.stated += 1


def staged(inventory: FakeInventory) -> tuple[Stage, Polling]:
    session = Session(inventory, Options(clock=fixed_clock), Actions())
    stage = Stage(session)
    return stage, Polling(stage)  # type: ignore[arg-type] # a stage stands for an app


def test_polling_loads_once_then_follows(inventory: FakeInventory) -> None:
    stage, polling = staged(inventory)
    for _ in range(3):
        polling.poll()
    assert inventory.asked["snapshot"] == 1
    assert inventory.asked["changes"] == 2
    assert (stage.renewed, stage.stated) == (1, 3)


def test_polling_grows_patient_while_nobody_answers_and_eager_again(
    inventory: FakeInventory,
) -> None:
    stage, polling = staged(inventory)
    inventory.error = UnreachableError("gone")
    asked = []
    for _ in range(400):
        polling.poll()
        asked.append(inventory.asked["summary"])
    gaps = [asked.count(number) for number in range(1, max(asked))]
    assert gaps[:4] == [2, 3, 4, 5]
    assert max(gaps) == MOST_PATIENCE + 1
    assert stage.session.silent_since == NOW
    inventory.error = None
    for _ in range(MOST_PATIENCE + 1):
        polling.poll()
    assert stage.session.is_loaded
    assert stage.session.silent_since is None
    before = inventory.asked["changes"]
    polling.poll()
    assert inventory.asked["changes"] == before + 1


def test_what_the_agent_says_of_itself_comes_with_every_answer(inventory: FakeInventory) -> None:
    notices = [None, "configuration not taken", None]
    options = Options(clock=fixed_clock, notice=notices.pop)
    stage = Stage(Session(inventory, options, Actions()))
    polling = Polling(stage)  # type: ignore[arg-type] # a stage stands for an app
    for said in (None, "configuration not taken", None):
        polling.poll()
        assert stage.session.notice == said


def test_the_first_rows_are_asked_for_as_long_as_there_are_none() -> None:
    inventory = FakeInventory([])
    stage, polling = staged(inventory)
    polling.poll_empty()
    assert not inventory.asked  # the first answer is still to come
    polling.poll()
    polling.poll_empty()
    assert inventory.asked["changes"] == 1
    inventory.put(department(1)[0])
    polling.poll_empty()
    assert len(stage.session.store) == 1
    asked = inventory.asked.copy()
    polling.poll_empty()
    assert inventory.asked == asked


def test_the_first_rows_are_asked_for_with_patience_where_nobody_answers() -> None:
    inventory = FakeInventory([])
    stage, polling = staged(inventory)
    polling.poll()
    polling.fail(UnreachableError("gone"))
    asked = inventory.asked.copy()
    polling.poll_empty()
    assert inventory.asked == asked
    assert stage.session.error is not None


def test_no_question_is_asked_while_one_is_open(inventory: FakeInventory) -> None:
    class Open:
        group, is_finished = "feed", False

    stage, polling = staged(inventory)
    stage.workers = [Open()]
    polling.poll()
    assert not inventory.asked
    stage.workers[0].is_finished = True
    polling.poll()
    assert inventory.asked["snapshot"] == 1


def test_an_answer_for_a_screen_that_is_gone_is_dropped(inventory: FakeInventory) -> None:
    stage, polling = staged(inventory)
    stage.is_mounted = False
    polling.poll()
    assert not stage.session.is_loaded
    polling.take(load(inventory))
    polling.fail(UnreachableError("gone"))
    assert stage.renewed == 0


def test_while_paused_polling_goes_on_from_what_is_held(inventory: FakeInventory) -> None:
    stage, polling = staged(inventory)
    polling.poll()
    stage.session.is_paused = True
    row = renamed(next(iter(inventory.rows.values())), health="failing")
    inventory.put(row)
    polling.poll()
    polling.poll()
    assert len(stage.session.held) == 1
    assert stage.session.waiting == 1


def test_a_time_before_what_is_kept_is_an_error_not_an_empty_answer(
    inventory: FakeInventory,
) -> None:
    inventory.error = NotKept("nothing is kept of 2020")
    with pytest.raises(NotKept):
        answer(inventory, parse("at:2020-01-01"), ColumnStore())
