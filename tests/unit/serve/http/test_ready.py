"""A kept answer is the answer that was made, to the byte, and goes to nobody whom it was not made for."""

from __future__ import annotations

import gzip
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from apiscape.client.address import Address
from apiscape.client.http import HttpInventory
from apiscape.client.packed import read_snapshot
from apiscape.serve.http import ahead
from apiscape.serve.http.ready import MOST_STALE_S, Asking
from apiscape.serve.http.server import Doors
from apiscape.serve.http.tokens import Tokens
from apiscape.serve.local import LocalInventory
from apiscape.store import Store
from tests.store.making import batch, make, visit
from tests.unit.serve.http.asking import ask
from tests.unit.serve.http.harness import READER, TAX, TOKENS, entry, serving

FORMS = ("application/json", "application/msgpack", "application/vnd.apiscape.packed1+msgpack")


@pytest.mark.parametrize("encoding", ["identity", "gzip"])
@pytest.mark.parametrize("form", FORMS)
def test_an_answer_is_the_same_made_and_kept(
    doors: Doors, monkeypatch: pytest.MonkeyPatch, form: str, encoding: str
) -> None:
    asked: dict[str, Any] = {"Accept": form, "Accept_Encoding": encoding}
    made = ask(doors.unix, "/v1/snapshot", **asked)
    monkeypatch.delattr(LocalInventory, "snapshot")
    kept = ask(doors.unix, "/v1/snapshot", **asked)
    assert (kept.status, kept.body) == (made.status, made.body) == (200, made.body)
    assert {**kept.headers, "date": ""} == {**made.headers, "date": ""}
    assert kept.headers["content-type"] == form


def test_whoever_may_not_read_is_given_nothing_that_others_read(
    inventory: LocalInventory, tmp_path: Path
) -> None:
    tokens = Tokens(own=(*TOKENS, entry("acts-token", "operate")))
    with serving(inventory, tmp_path, tokens=tokens) as doors:
        assert ask(doors.url, "/v1/deployments", token=READER).status == 200
        assert ask(doors.url, "/v1/deployments", token="acts-token").problem == "forbidden"
        assert ask(doors.url, "/v1/deployments", token=None).problem == "unauthenticated"


def test_nothing_but_a_question_is_answered_so(doors: Doors) -> None:
    assert ask(doors.unix, "/v1/deployments").status == 200
    assert ask(doors.unix, "/v1/deployments", method="POST").status == 405


def test_answers_are_told_by_their_route_made_or_kept(
    inventory: LocalInventory, tmp_path: Path
) -> None:
    heard: list[tuple[str, str, int]] = []
    with serving(inventory, tmp_path, answered=lambda *told: heard.append(told)) as doors:
        for _ in range(2):
            ask(doors.url, "/v1/scopes", token=READER)
    assert heard == [("GET", "/v1/scopes", 200)] * 2


def test_a_document_says_the_name_that_it_was_asked_by(doors: Doors) -> None:
    catalogs = [
        ask(doors.unix, "/.well-known/api-catalog", Host=name).body
        for name in ("127.0.0.1", "127.0.0.2", "127.0.0.1")
    ]
    assert catalogs[0] == catalogs[2] != catalogs[1]
    assert b"http://127.0.0.2/" in catalogs[1]


def test_of_several_headers_of_a_name_the_last_counts() -> None:
    headers = [(b"accept", b"a"), (b"x", b"\xff"), (b"accept", b"b"), (b"accept-encoding", b"gzip")]
    assert Asking.of(headers) == Asking(accept="b", encodings="gzip")
    assert Asking.of(headers).zips
    assert not Asking.of([]).zips


def test_how_old_an_answer_may_be_is_read_and_bounded() -> None:
    def taken(caching: str) -> float:
        return Asking.of([(b"cache-control", caching.encode())]).stale_s

    assert taken("max-stale=90") == 90.0
    assert taken('No-Store, Max-Stale="60"') == 60.0
    assert taken("max-stale=999999") == MOST_STALE_S
    assert [taken(odd) for odd in ("", "max-stale", "max-stale=-1", "x-max-stale=9")] == [0.0] * 4


def test_whoever_follows_the_changes_is_given_a_snapshot_that_stands_ready(
    inventory: LocalInventory, store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ahead, "FIRST_S", 0.0)
    monkeypatch.setattr(ahead, "LOOK_S", 0.0)
    with serving(inventory, tmp_path) as doors:
        assert doors._kitchen is not None
        while len(doors._kitchen.answers._held) < 2:  # one for each door
            assert len(doors._kitchen.ahead._tasks) == 2
        visit(store, batch(make(40)))
        with closing(HttpInventory(Address(doors.unix or "", timeout_s=30))) as asked:
            older, newest = asked.snapshot(stale_s=600), asked.snapshot()
            assert len(newest.columns["uid"]) == len(older.columns["uid"]) + 1
            changes = asked.changes(after=older.seq).items
            assert {change.uid for change in changes} >= {*newest.columns["uid"]} - {
                *older.columns["uid"]
            }
        far = ask(
            doors.url,
            "/v1/snapshot",
            token=READER,
            Accept=FORMS[2],
            Accept_Encoding="gzip",
            Cache_Control="max-stale=600",
        )
        assert int(far.headers["age"]) >= 0
        assert read_snapshot(gzip.decompress(far.body)).seq == older.seq


def test_a_part_of_the_inventory_is_never_an_older_one(doors: Doors, store: Store) -> None:
    asked: dict[str, Any] = {"token": TAX, "Cache_Control": "max-stale=600"}
    first = ask(doors.url, "/v1/snapshot", **asked)
    visit(store, batch(make(40)))
    again = ask(doors.url, "/v1/snapshot", **asked)
    assert again.json["seq"] > first.json["seq"]
    assert "age" not in again.headers
