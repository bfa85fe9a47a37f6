"""The change stream: batches, resumable, narrowed, and nobody holds it up."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from urllib.parse import urlsplit

import msgspec
import pytest

from apiscape.client.address import Address
from apiscape.client.http import Event, Follow, HttpInventory, read_events
from apiscape.client.inventory import ChangePage
from apiscape.errors import (
    ApiscapeError,
    NotKept,
    QueryError,
    Refused,
    StoreError,
    UnreachableError,
)
from apiscape.serve.http.server import Doors
from apiscape.serve.http.tokens import Tokens, hash_token
from apiscape.serve.local import LocalInventory
from apiscape.store import Store
from tests.store.making import batch, make, visit
from tests.unit.serve.http.asking import ask
from tests.unit.serve.http.harness import QUICK, READER, TAX, serving

END = 11
"""Where the log of the filled store ends."""


@pytest.fixture
def client(doors: Doors) -> Iterator[HttpInventory]:
    with closing(HttpInventory(Address(doors.unix or "", timeout_s=30))) as opened:
        yield opened


def pages(events: Iterator[Event]) -> Iterator[ChangePage]:
    """Yield the batches among some events."""
    for event in events:
        if event.name == "changes":
            page = msgspec.json.decode(event.data, type=ChangePage)
            assert page.last_seq == event.seq
            yield page


def test_what_is_there_comes_first_and_then_what_comes(
    client: HttpInventory, store: Store, inventory: LocalInventory
) -> None:
    with client.events(0) as stream:
        told = pages(read_events(stream))
        assert next(told) == inventory.changes()
        visit(store, batch(make(50)))
        (change,) = next(told).items
        assert (change.uid, change.kind) == (make(50).uid, "appeared")


def test_two_who_follow_get_the_same_batches(client: HttpInventory, store: Store) -> None:
    end = store.changes.last_seq()
    with client.events(end) as one, client.events(end) as two:
        first, second = (read_events(stream) for stream in (one, two))
        assert (next(first).seq, next(second).seq) == (end, end)
        for number in (60, 61):
            visit(store, batch(make(number)))
            assert next(pages(first)) == next(pages(second))


def test_whoever_followed_another_log_begins_anew_and_disturbs_nobody(
    client: HttpInventory, store: Store
) -> None:
    end = store.changes.last_seq()
    with client.events(end + 1_000) as lost:
        (event,) = read_events(lost)
        assert (event.name, event.seq) == ("reset", end + 1_000)
        with client.events(end) as stream:
            assert next(read_events(stream)).seq == end
            visit(store, batch(make(62)))
            assert [each.name for each in next(pages(read_events(stream))).items] == ["payments-62"]
    with pytest.raises(NotKept, match=f"the log ends at {store.changes.last_seq()}"):
        next(iter(Follow(client, after=end + 1_000)))


def test_the_last_event_id_says_where_to_go_on(doors: Doors, store: Store) -> None:
    end = store.changes.last_seq()
    for given, expected in ((str(end - 1), 1), ("nonsense", end), ("9" * 30, end)):
        target = urlsplit(doors.url or "")
        with socket.create_connection((target.hostname or "", target.port or 0), 30) as opened:
            opened.sendall(
                f"GET /v1/changes HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n"
                f"Authorization: Bearer {READER}\r\nLast-Event-ID: {given}\r\n\r\n".encode()
            )
            with opened.makefile("rb") as lines:
                page = next(pages(read_events(line for line in lines if line[:1].isascii())))
        assert len(page.items) <= expected
        assert page.last_seq == end


def test_a_view_and_a_bound_token_narrow_the_stream(doors: Doors, store: Store) -> None:
    end = store.changes.last_seq()
    with (
        closing(HttpInventory(Address(doors.unix or "", timeout_s=30))) as whole,
        closing(HttpInventory(Address(doors.url or "", TAX, timeout_s=30))) as bound,
        whole.events(end, "name:payments-71") as viewed,
        bound.events(end) as narrowed,
    ):
        one, two = pages(read_events(viewed)), pages(read_events(narrowed))
        visit(store, batch(*(make(number) for number in (70, 71, 10))))
        assert [change.name for change in next(one).items] == ["payments-71"]
        assert [change.name for change in next(two).items] == ["payments-10"]


def test_what_cannot_be_asked_is_refused_before_the_stream_begins(
    client: HttpInventory, doors: Doors
) -> None:
    with pytest.raises(QueryError), client.events(0, "colour:red"):
        pass
    media = "text/event-stream"
    assert ask(doors.unix, "/v1/changes?after=x", Accept=media).problem == "usage"
    assert ask(doors.url, "/v1/changes", Accept=media).problem == "unauthenticated"


def test_a_number_that_is_no_longer_kept_resets(
    client: HttpInventory, inventory: LocalInventory, monkeypatch: pytest.MonkeyPatch
) -> None:
    def changes(**_asked: object) -> ChangePage:
        raise NotKept("not kept before May", hint="read anew")

    monkeypatch.setattr(inventory, "changes", changes)
    with client.events(3) as stream:
        (event,) = read_events(stream)
    assert (event.name, event.seq) == ("reset", 3)
    with pytest.raises(NotKept, match="before May") as caught:
        next(iter(Follow(client, after=3)))
    assert caught.value.hint == "read anew"


def test_signs_of_life_say_where_to_resume(inventory: LocalInventory, tmp_path: Path) -> None:
    limits = msgspec.structs.replace(QUICK, heartbeat_s=0.01)
    with (
        serving(inventory, tmp_path, limits=limits) as doors,
        closing(HttpInventory(Address(doors.unix or "", timeout_s=30))) as client,
        client.events(5) as stream,
    ):
        events = read_events(stream)
        next(pages(events))
        assert [next(events) for _ in range(3)] == [Event(seq=END)] * 3


def test_a_token_that_is_taken_away_ends_its_streams(
    inventory: LocalInventory, tmp_path: Path
) -> None:
    file = tmp_path / "tokens.yaml"
    file.write_text(f"tokens: [{{name: a, sha256: {hash_token('a')}}}]", "utf-8")
    file.chmod(0o600)
    limits = msgspec.structs.replace(QUICK, heartbeat_s=0.01)
    with (
        serving(inventory, tmp_path, tokens=Tokens(file), limits=limits) as doors,
        closing(HttpInventory(Address(doors.url or "", "a", timeout_s=30))) as client,
    ):
        following = iter(Follow(client))
        next(following)
        file.write_text("tokens: []", "utf-8")
        with pytest.raises(Refused, match="no longer valid"):
            next(following)


def test_an_agent_that_stops_says_so_and_a_follower_comes_back(
    inventory: LocalInventory, store: Store, tmp_path: Path
) -> None:
    pauses: list[float] = []
    with ExitStack() as held:
        with serving(inventory, tmp_path) as doors:
            client = HttpInventory(Address(doors.unix or "", timeout_s=30))
            follow = Follow(client, after=2)
            events = read_events(held.enter_context(client.events(END)))
            assert next(events) == Event(seq=END)
            following = iter(follow)
            assert next(following).last_seq == END
        assert next(events).name == "end"
    visit(store, batch(make(80)))

    def pause(seconds: float) -> None:
        pauses.append(seconds)
        if len(pauses) == 3:
            again.__enter__()

    again = serving(inventory, tmp_path)
    follow._pause = pause
    assert [change.name for change in next(following).items] == ["payments-80"]
    assert pauses == [0.5, 1.0, 2.0]
    following.close()  # type: ignore[attr-defined]  # a generator
    client.close()
    again.__exit__(None, None, None)


def test_a_failing_store_ends_the_stream_and_is_told(
    client: HttpInventory, inventory: LocalInventory, monkeypatch: pytest.MonkeyPatch
) -> None:
    with client.events(0, "payments") as stream:
        events = read_events(stream)
        assert next(events).name == "changes"
        assert next(events) == Event(seq=END)

        def fail(**asked: object) -> ChangePage:
            if asked["view"]:
                raise StoreError("the store is damaged", hint="restore it")
            return ChangePage(items=(), last_seq=99)

        monkeypatch.setattr(inventory, "changes", fail)
        assert next(events).name == "end"


def test_a_follower_outlasts_a_store_that_fails_for_a_while(
    client: HttpInventory, inventory: LocalInventory, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[ApiscapeError] = []
    waits: list[float] = []

    def fail(**_asked: object) -> ChangePage:
        raise StoreError("the store does not answer")

    def wait(seconds: float) -> None:
        waits.append(seconds)
        if len(waits) == 2:
            failing.undo()

    with monkeypatch.context() as failing:
        failing.setattr(inventory, "changes", fail)
        following = iter(Follow(client, pause=wait, lost=told.append))
        assert next(following) == inventory.changes()
    assert [(type(error), error.message) for error in told] == [
        (StoreError, "the store does not answer")
    ]
    assert waits == [0.5, 1.0]


def test_no_more_streams_than_allowed(inventory: LocalInventory, tmp_path: Path) -> None:
    limits = msgspec.structs.replace(QUICK, subscribers=1)
    with (
        serving(inventory, tmp_path, limits=limits) as doors,
        closing(HttpInventory(Address(doors.unix or "", timeout_s=30))) as client,
        client.events(0),
        pytest.raises(UnreachableError, match="too many streams"),
        client.events(0),
    ):
        pass


@pytest.mark.parametrize(
    ("lines", "events"),
    [
        (b"data: x\n\n", [Event(data=b"x")]),
        (b"event: a\nid: 7\ndata:{}\r\n\r\n", [Event("a", 7, b"{}")]),
        (b": comment\n\n", [Event()]),
        (b"id: x\n\nid: 1\n", [Event()]),
        (b"", []),
    ],
)
def test_events_are_read_line_by_line(lines: bytes, events: list[Event]) -> None:
    assert list(read_events(iter(lines.splitlines(keepends=True)))) == events


def test_a_defect_ends_the_streams_and_is_logged(
    client: HttpInventory,
    inventory: LocalInventory,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    honest = inventory.changes

    def fail(**asked: object) -> ChangePage:
        raise ZeroDivisionError

    with client.events(0) as stream:
        events = read_events(stream)
        next(events)
        monkeypatch.setattr(inventory, "changes", fail)
        assert next(event.name for event in events if event.name) == "end"
    assert "the change log is not followed any more" in caplog.text
    monkeypatch.setattr(inventory, "changes", honest)
    with client.events(0) as stream:
        assert next(read_events(stream)).seq == END
