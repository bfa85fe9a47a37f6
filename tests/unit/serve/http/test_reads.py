"""Reads over HTTP: the same answers, honest errors, and nothing that is not understood."""

from __future__ import annotations

import gzip
import json
from urllib.parse import quote

import msgspec
import pytest

from apiscape.client.packed import read_snapshot
from apiscape.client.wire import MSGPACK, PACKED
from apiscape.errors import NotKept, StoreError, StoreFull, StoreLocked
from apiscape.serve.http.server import Doors
from apiscape.serve.local import LocalInventory
from tests.store.making import make
from tests.unit.serve.http.asking import ask


def test_a_page_says_how_many_match_and_where_the_next_begins(doors: Doors) -> None:
    first = ask(doors.unix, "/v1/deployments?view=payments+sort:name&limit=4")
    assert (first.status, first.json["matched"], len(first.json["items"])) == (200, 6, 4)
    second = ask(
        doors.unix, f"/v1/deployments?view=payments+sort:name&after={first.json['next']}&limit=4"
    )
    names = [row["name"] for row in first.json["items"] + second.json["items"]]
    assert names == [f"payments-{number}" for number in range(6)]
    assert "next" not in second.json


def test_undecided_rows_are_counted_beside_a_page(doors: Doors) -> None:
    page = ask(doors.unix, "/v1/deployments?view=p95>10".replace(">", "%3E")).json
    assert (page["matched"], page["undecided"]) == (0, 6)


@pytest.mark.parametrize("means", [make(2).uid, make(2).native_id, "payments-2"])
def test_a_deployment_is_found_by_uid_native_id_or_name(doors: Doors, means: str) -> None:
    answer = ask(doors.unix, f"/v1/deployments/{quote(means, safe='')}")
    assert answer.json["row"]["uid"] == make(2).uid


def test_a_deployment_that_is_not_there_is_not_found(doors: Doors) -> None:
    answer = ask(doors.unix, "/v1/deployments/no%2Fsuch")
    assert (answer.status, answer.problem) == (404, "not-found")
    assert "no/such" in answer.json["detail"]
    assert "apiscape list" in answer.json["hint"]


def test_a_view_that_cannot_be_read_says_where(doors: Doors) -> None:
    answer = ask(doors.unix, "/v1/deployments?view=tax%20foo:bar")
    assert (answer.status, answer.problem) == (400, "query")
    assert (answer.json["column"], answer.json["text"]) == (5, "tax foo:bar")


@pytest.mark.parametrize(
    "query",
    [
        "limit=0",
        "limit=10001",
        "limit=many",
        "limit=1&limit=2",
        "after=nonsense",
        "colour=red",
        "view=%ff",
    ],
)
def test_a_query_that_is_not_understood_is_refused(doors: Doors, query: str) -> None:
    answer = ask(doors.unix, f"/v1/deployments?{query}")
    assert (answer.status, answer.problem) == (400, "usage")


@pytest.mark.parametrize(
    "path",
    [
        "/v1/snapshot",
        "/v1/scopes",
        "/v1/estate",
        "/v1/summary",
        "/openapi.json",
        "/v1/deployments/x",
    ],
)
def test_what_takes_no_query_refuses_one(doors: Doors, path: str) -> None:
    assert ask(doors.unix, f"{path}?x=1").problem == "usage"


def test_the_snapshot_is_the_same_in_every_form(doors: Doors, inventory: LocalInventory) -> None:
    told = ask(doors.unix, "/v1/snapshot").json
    assert told["rows"] == 6
    column = told["columns"]["provider"]
    assert (column["values"], column["places"]) == (["aws"], [0] * 6)
    assert told["columns"]["p95_ms"] == {"values": [], "places": [-1] * 6}
    for media in (MSGPACK, PACKED):
        packed = ask(doors.unix, "/v1/snapshot", Accept=f"{media}, text/plain")
        assert packed.headers["content-type"] == media
        assert read_snapshot(packed.body) == inventory.snapshot()


def test_large_answers_are_compressed_where_the_caller_takes_it(doors: Doors) -> None:
    plain = ask(doors.unix, "/v1/deployments")
    packed = ask(doors.unix, "/v1/deployments", Accept_Encoding="gzip, br")
    assert packed.headers["content-encoding"] == "gzip"
    assert "Accept-Encoding" in packed.headers["vary"]
    assert gzip.decompress(packed.body) == plain.body
    assert "content-encoding" not in plain.headers
    small = ask(doors.unix, "/v1/summary", Accept_Encoding="gzip")
    assert "content-encoding" not in small.headers


def test_the_log_is_read_page_by_page(doors: Doors, inventory: LocalInventory) -> None:
    seqs: list[int] = []
    after = 0
    while True:
        page = ask(doors.unix, f"/v1/changes?after={after}&limit=3").json
        seqs += [change["seq"] for change in page["items"]]
        if page["last_seq"] == after:
            break
        after = page["last_seq"]
    assert seqs == [change.seq for change in inventory.changes().items]


def test_facets_runs_estate_and_selection(doors: Doors) -> None:
    facets = ask(doors.unix, "/v1/facets?fields=provider,env").json["items"]
    assert [(each["field"], each["values"][0]["count"]) for each in facets] == [
        ("provider", 6),
        ("environment", 6),
    ]
    assert ask(doors.unix, "/v1/facets").problem == "usage"
    assert ask(doors.unix, "/v1/facets?fields=colour").problem == "query"
    assert len(ask(doors.unix, "/v1/runs?limit=1").json["items"]) == 1
    assert ask(doors.unix, "/v1/runs?scope=none").json == {"items": []}
    assert ask(doors.unix, "/v1/estate").json["items"][0]["key"] == "1"
    assert len(ask(doors.unix, "/v1/select?view=payments-1").json["uids"]) == 1
    assert ask(doors.unix, "/v1/summary").json["deployments"] == 6


@pytest.mark.parametrize(
    ("error", "status", "word"),
    [
        (NotKept("too old", hint="later"), 410, "not-kept"),
        (StoreLocked("locked"), 503, "store-locked"),
        (StoreFull("full"), 503, "store-full"),
        (StoreError("damaged"), 503, "store"),
        (ZeroDivisionError("secret words"), 500, "defect"),
    ],
)
def test_every_failure_of_the_store_is_a_problem(
    doors: Doors,
    inventory: LocalInventory,
    monkeypatch: pytest.MonkeyPatch,
    error: Exception,
    status: int,
    word: str,
) -> None:
    def fail() -> None:
        raise error

    monkeypatch.setattr(inventory, "summary", fail)
    answer = ask(doors.unix, "/v1/summary")
    assert (answer.status, answer.problem) == (status, word)
    assert b"secret" not in answer.body


def test_what_is_not_offered_is_said_in_the_same_form(doors: Doors) -> None:
    assert ask(doors.unix, "/v2/nothing").problem == "no-such-path"
    answer = ask(doors.unix, "/v1/deployments", method="DELETE")
    assert (answer.status, answer.problem) == (405, "method")
    assert "GET" in answer.headers["allow"]


def test_no_answer_is_kept_by_anybody_between(doors: Doors) -> None:
    for path in ("/v1/summary", "/v1/nothing", "/v1/deployments?view=foo:bar"):
        headers = ask(doors.unix, path).headers
        assert headers["cache-control"] == "no-store"
        assert headers["x-content-type-options"] == "nosniff"
        assert "server" not in headers
        assert not [name for name in headers if name.startswith("access-control")]


def test_the_catalogue_leads_to_the_document(doors: Doors) -> None:
    catalogue = ask(doors.unix, "/.well-known/api-catalog")
    assert catalogue.headers["content-type"].startswith("application/linkset+json")
    anchors = {link["anchor"]: link for link in catalogue.json["linkset"]}
    (document,) = anchors["http://localhost/v1/"]["service-desc"]
    assert document["href"] == "http://localhost/openapi.json"
    told = ask(doors.unix, "/openapi.json")
    assert told.headers["content-type"] == document["type"]
    assert msgspec.json.decode(told.body) == json.loads(told.body)
