"""Deployments as entity events: told when they change, all of them in turn, and never left out for good."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import pytest
from opentelemetry.exporter.otlp.proto.common._log_encoder import encode_logs

from apiscape.client.inventory import ChangePage, Page
from apiscape.errors import NotKept, StoreError
from apiscape.model.change import Change
from apiscape.model.provenance import GOVERNED
from apiscape.model.row import Row
from apiscape.settings.schema import Telemetry as Settings
from apiscape.telemetry import entities, service
from apiscape.telemetry.catalogue import DROPPED
from apiscape.telemetry.entities import CHUNK, Entities, Records, Told, deletion_of, state_of
from apiscape.telemetry.recorder import Recorder
from apiscape.telemetry.service import Telemetry
from tests.unit.telemetry.samples import NOW, REST, Counted, values

AT = datetime(2026, 9, 30, tzinfo=UTC)
HOUR_S = 3_600.0


def row(number: int, **changes: Any) -> Row:
    facts: dict[str, Any] = {
        "uid": f"u{number:04}",
        "name": f"payments-{number}",
        "provider": "aws",
        "product": REST,
        "source": "prod",
        "scope": "prod/1/rest",
        "account": "111122223333",
        "native_id": f"arn:{number}",
    }
    return Row(**(facts | changes))


def change(number: int, seq: int, kind: str = "changed") -> Change:
    return Change(at=AT, kind=kind, uid=f"u{number:04}", name="n", scope="s", generation=1, seq=seq)


class Inventory:
    """Rows and a log, as a reader gives them."""

    def __init__(self, rows: int) -> None:
        self.rows = {each.uid: each for each in map(row, range(rows))}
        self.log: list[Change] = []
        self.horizon = 0
        self.is_broken = False

    def page(self, view: str, *, limit: int = 50, after: str | None = None) -> Page:
        if self.is_broken:
            raise StoreError("the database does not answer", hint=None)
        if view.startswith("uid:"):
            asked = view.removeprefix("uid:").split(",")
            items = tuple(self.rows[uid] for uid in asked if uid in self.rows)
            return Page(items=items, matched=len(items), undecided=0)
        uids = sorted(uid for uid in self.rows if after is None or uid > after)
        more = len(uids) > limit
        found = tuple(self.rows[uid] for uid in uids[:limit])
        following = found[-1].uid if more else None
        return Page(items=found, matched=len(self.rows), undecided=0, next=following)

    def changes(self, *, after: int = 0, limit: int = 1000, view: str = "") -> ChangePage:
        if after < self.horizon:
            raise NotKept("changes are not kept", hint=None)
        items = tuple(each for each in self.log if each.seq > after)[:limit]
        return ChangePage(items=items, last_seq=items[-1].seq if items else after)

    def last_seq(self) -> int:
        return self.log[-1].seq if self.log else 0


class Receiver:
    """Takes events until it is told not to."""

    def __init__(self) -> None:
        self.told: list[Told] = []
        self.is_open = True

    def __call__(self, told: Sequence[Told]) -> bool:
        assert len(told) <= CHUNK
        if self.is_open:
            self.told += told
        return self.is_open

    def take(self) -> list[tuple[str, str]]:
        """Return what came since the last time: the events' names and uids."""
        came = [(each.name, each.attributes["entity.id"]["apiscape.uid"]) for each in self.told]
        self.told.clear()
        return came


def telling(inventory: Inventory) -> tuple[Entities, Receiver, Recorder]:
    receiver, recorder = Receiver(), Recorder()
    return Entities(inventory, receiver, recorder, HOUR_S), receiver, recorder


def test_an_event_says_what_is_known_in_the_names_of_the_conventions() -> None:
    known = row(1, region="eu-west-1", owners=("Tax",), operations=4, classification="official")
    told = state_of(known, 1_800.5)
    assert told.name == "entity.state"
    assert told.attributes["entity.type"] == "apiscape.deployment"
    assert told.attributes["entity.id"] == {"apiscape.uid": "u0001"}
    assert told.attributes["entity.report.interval"] == 1_801
    description = told.attributes["entity.description"]
    assert description["cloud.account.id"] == "111122223333"
    assert description["cloud.region"] == "eu-west-1"
    assert description["apiscape.owners"] == ["Tax"]
    assert description["apiscape.operations"] == 4
    assert description["apiscape.classification"] == "official"
    assert description["apiscape.health"] == "unknown"


def test_what_is_in_a_cluster_is_told_by_cluster_and_namespace() -> None:
    native_id = "7d0b:gateway.networking.k8s.io/httproutes:shop/orders@edge/public"
    told = state_of(row(1, provider="kubernetes", account="7d0b", native_id=native_id), 60)
    description = told.attributes["entity.description"]
    assert description["k8s.cluster.uid"] == "7d0b"
    assert description["k8s.namespace.name"] == "shop"
    assert "cloud.account.id" not in description


def test_what_nobody_knows_is_left_out_and_never_a_zero() -> None:
    description = state_of(row(1), HOUR_S).attributes["entity.description"]
    absent = {
        "apiscape.operations",
        "apiscape.operations.unauthenticated",
        "apiscape.owners",
        "apiscape.classification",
    }
    assert absent & set(description) == set()
    assert None not in description.values()
    assert "cloud.region" not in description


def test_a_deletion_says_why() -> None:
    told = deletion_of("u", "retired")
    assert (told.name, told.attributes["entity.delete.reason"]) == ("entity.delete", "retired")


def test_what_changed_is_told_once() -> None:
    inventory = Inventory(3)
    follower, receiver, _ = telling(inventory)
    follower.turn()
    receiver.take()
    inventory.log += [change(1, 1), change(1, 2), change(2, 3)]
    follower._walk = lambda: None  # type: ignore[method-assign]
    follower.turn()
    assert receiver.take() == [("entity.state", "u0001"), ("entity.state", "u0002")]
    follower.turn()
    assert receiver.take() == []


@pytest.mark.parametrize("kind", ["retired", "superseded", "forgotten"])
def test_what_is_gone_is_deleted(kind: str) -> None:
    inventory = Inventory(2)
    follower, receiver, _ = telling(inventory)
    follower.turn()
    receiver.take()
    if kind == "forgotten":
        del inventory.rows["u0001"]
    else:
        inventory.rows["u0001"] = row(1, presence=kind)
    inventory.log.append(change(1, 1, kind))
    follower.turn()
    assert receiver.take() == [("entity.delete", "u0001"), ("entity.state", "u0000")]


def test_what_is_missing_or_came_back_is_not_deleted() -> None:
    inventory = Inventory(2)
    follower, receiver, _ = telling(inventory)
    follower.turn()
    receiver.take()
    inventory.rows["u0000"] = row(0, presence="missing")
    inventory.log += [change(0, 1, "missing"), change(1, 2, "retired"), change(1, 3, "returned")]
    follower.turn()
    assert "entity.delete" not in {name for name, _ in receiver.take()}


def test_all_of_them_go_round_in_shares_and_then_again() -> None:
    size = 5 * CHUNK
    follower, receiver, _ = telling(Inventory(size))
    turns = []
    for _ in range(6):
        follower.turn()
        turns.append(receiver.take())
    assert [len(came) for came in turns] == [CHUNK] * 6
    assert len({uid for came in turns[:5] for _, uid in came}) == size
    assert turns[5] == turns[0]


def test_a_share_is_as_large_as_the_interval_asks_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(entities, "TURN_S", HOUR_S / 2)
    follower, receiver, _ = telling(Inventory(1_000))
    follower.turn()
    assert len(receiver.take()) == 500


def test_what_was_not_taken_is_told_again_and_counted() -> None:
    inventory = Inventory(3)
    follower, receiver, recorder = telling(inventory)
    follower.turn()
    receiver.take()
    inventory.log.append(change(2, 1))
    receiver.is_open = False
    follower.turn()
    assert values(recorder.samples(), DROPPED) == {("entities", "export"): 1}
    receiver.is_open = True
    follower.turn()
    assert receiver.take()[0] == ("entity.state", "u0002")


def test_a_share_that_was_not_taken_comes_again() -> None:
    follower, receiver, _ = telling(Inventory(CHUNK * 2))
    receiver.is_open = False
    follower.turn()
    receiver.is_open = True
    follower.turn()
    assert receiver.take()[0] == ("entity.state", "u0000")


def test_changes_that_are_not_kept_come_with_the_round() -> None:
    inventory = Inventory(CHUNK * 2)
    follower, receiver, _ = telling(inventory)
    follower.turn()
    receiver.take()
    inventory.log.append(change(1, 9))
    inventory.horizon = 5
    follower.turn()
    assert receiver.take()[0] == ("entity.state", "u0000")
    follower.turn()
    assert receiver.take()[0] == ("entity.state", "u0200")


def test_an_inventory_that_cannot_be_read_is_told_later() -> None:
    inventory = Inventory(1)
    follower, receiver, _ = telling(inventory)
    inventory.is_broken = True
    follower.turn()
    assert receiver.take() == []
    inventory.is_broken = False
    follower.turn()
    assert receiver.take() == [("entity.state", "u0000")]


def test_events_can_be_encoded_with_their_nested_maps() -> None:
    records = Records().make([state_of(row(1), HOUR_S), deletion_of("u", "retired")], 7)
    (resource,) = encode_logs(records).resource_logs
    state, delete = resource.scope_logs[0].log_records
    assert (state.event_name, delete.event_name) == ("entity.state", "entity.delete")
    told = {each.key: each.value for each in state.attributes}
    assert told["entity.id"].kvlist_value.values[0].value.string_value == "u0001"
    assert told["entity.report.interval"].int_value == 3_600


def test_entities_are_told_where_that_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    from opentelemetry.sdk._logs.export import LogRecordExportResult

    class Exporter:
        def __init__(self) -> None:
            self.given: list[Any] = []

        def export(self, given: Any) -> Any:
            self.given += given if isinstance(given, list) else [given]
            return LogRecordExportResult.SUCCESS

    class Full(Counted):
        def page(self, view: str, *, limit: int = 50, after: str | None = None) -> Page:
            return Page(items=(row(1),), matched=1, undecided=0)

    points, events = Exporter(), Exporter()
    monkeypatch.setattr(service, "metric_exporter", lambda *_: points)
    monkeypatch.setattr(service, "log_exporter", lambda *_: events)
    settings = Settings(push=True, entities=True, interval_s=1e6)
    telemetry = Telemetry(Full(), settings=settings, now=lambda: NOW)
    telemetry.start()
    telemetry.close()
    assert {each.log_record.event_name for each in events.given} == {"entity.state"}
    assert points.given


def test_every_field_that_people_may_set_is_told() -> None:
    values = {"title": "T", "environment": "e", "lifecycle": "l", "audience": "a"}
    known = row(1, **values, classification="c", owners=("o",))
    description = state_of(known, HOUR_S).attributes["entity.description"]
    assert set(GOVERNED) == {*values, "classification", "owners"}
    assert {"T", "e", "l", "a", "c"} <= {
        each for each in description.values() if isinstance(each, str)
    }
    assert description["apiscape.owners"] == ["o"]
