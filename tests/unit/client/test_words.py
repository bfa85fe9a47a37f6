from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from apiscape.client.inventory import Link
from apiscape.client.words import (
    admitted,
    age,
    change_words,
    count,
    duration,
    field_words,
    link_words,
    moment,
    place_of,
    shown,
    took,
    traffic_words,
)
from apiscape.model.change import Change, FieldChange
from apiscape.model.deployment import Traffic
from apiscape.model.row import Row
from apiscape.model.surroundings import Consumer
from apiscape.model.values import UNKNOWN, Unknown

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.44, "0.4 s"),
        (9.94, "9.9 s"),
        (27.2, "27 s"),
        (59.6, "1 min"),
        (185, "3 min"),
        (7500, "2 h 5 min"),
    ],
)
def test_durations(seconds: float, words: str) -> None:
    assert duration(seconds) == words


@pytest.mark.parametrize(
    ("moment", "words"),
    [
        (None, "never"),
        (NOW - timedelta(seconds=5), "5.0 s"),
        (NOW - timedelta(hours=3), "3 h 0 min"),
        (NOW - timedelta(days=3, hours=2), "3 d"),
        (NOW + timedelta(seconds=5), "0.0 s"),
    ],
)
def test_ages(moment: datetime | None, words: str) -> None:
    assert age(moment, NOW) == words


def test_unknown_absent_and_zero_look_different() -> None:
    assert [shown(value) for value in (UNKNOWN, None, (), 0, ("a", "b"), "x")] == [
        "?",
        "–",
        "–",
        "0",
        "a, b",
        "x",
    ]


def test_a_time_is_shown_to_the_minute() -> None:
    assert shown(NOW) == moment(NOW)
    assert moment(NOW) == NOW.astimezone().strftime("%Y-%m-%d %H:%M")


def test_what_has_not_ended_is_running() -> None:
    assert took(NOW, None) == "still running"
    assert took(NOW, NOW + timedelta(seconds=75)) == "took 1 min"


def test_one_is_not_many() -> None:
    assert (count(1, "scope"), count(1200, "scope"), count(2, "entry", "entries")) == (
        "1 scope",
        "1,200 scopes",
        "2 entries",
    )


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (FieldChange(field="style", old="rest", new="http"), "style rest → http"),
        (FieldChange(field="title", new=None), "title unknown → –"),
        (FieldChange(field="ops", old=1, new=2), "ops 1 → 2"),
        (FieldChange(field="tags", old=None, new=["a"]), "tags +a"),
        (FieldChange(field="tags", old=["a", "b"], new=["b", "a"]), "tags in another order"),
        (
            FieldChange(field="owners.confirmed", new={"by": "Ada", "on": "2026-09-01"}),
            "owners.confirmed by nobody → by Ada on 2026-09-01",
        ),
        (
            FieldChange(
                field="owners.confirmed",
                old={"by": "Ada", "on": "2026-09-01", "due": "2026-10-01"},
                new={"by": "Ada", "on": "2026-09-01", "due": "2026-10-01", "overdue": True},
            ),
            (
                "owners.confirmed by Ada on 2026-09-01, due 2026-10-01"
                " → by Ada on 2026-09-01, due 2026-10-01 and not confirmed since"
            ),
        ),
        (
            FieldChange(field="owners.confirmed", old={"whom": "Ada"}, new=7),
            'owners.confirmed {"whom":"Ada"} → 7',
        ),
        (FieldChange(field="d", old="x" * 99, new="y"), f"d {'x' * 59}… → y"),
    ],
)
def test_a_changed_field_in_words(change: FieldChange, words: str) -> None:
    assert field_words(change) == words


TURN = (
    FieldChange(field="health", old="healthy", new="failing"),
    FieldChange(field="basis", old="serving", new="reachable"),
)


@pytest.mark.parametrize(
    ("kind", "fields", "reason", "words"),
    [
        ("health", TURN, "no answer in time", "healthy → failing (reachable): no answer in time"),
        ("health", TURN[:1], None, "healthy → failing"),
        ("health", (), "no answer in time", "no answer in time"),
        ("retired", TURN, "the gateway said so", "the gateway said so"),
        ("changed", TURN[:1], None, "health healthy → failing"),
    ],
)
def test_a_change_in_a_line(
    kind: str, fields: tuple[FieldChange, ...], reason: str | None, words: str
) -> None:
    at = datetime(2026, 9, 1, tzinfo=UTC)
    change = Change(
        at=at, kind=kind, uid="u", name="n", scope="s", generation=1, fields=fields, reason=reason
    )
    assert change_words(change) == words


MEASURED_AT = datetime(2026, 9, 30, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("figures", "words"),
    [
        (
            {"requests": 1200, "errors_4xx": 3, "errors_5xx": 84, "p95_ms": 85.0},
            "1,200 requests · 4xx 0.2 % · 5xx 7.0 % · p95 85 ms · over 15 min",
        ),
        ({"requests": 1, "errors_5xx": 0}, "1 request · 4xx ? · 5xx 0 % · p95 ? · over 15 min"),
        ({"errors_5xx": 4, "p95_ms": 9.5}, "? requests · 4xx ? · 5xx ? · p95 9.5 ms · over 15 min"),
        ({"requests": 0, "errors_5xx": 0}, "0 requests · over 15 min"),
        (
            {"requests": 2, "errors_4xx": 0, "errors_5xx": 0}
            | {"p50_ms": 40.0, "p95_ms": 85.0, "p99_ms": 120.5, "integration_p50_ms": 31.0},
            (
                "2 requests · 4xx 0 % · 5xx 0 % · p50 40 ms · p95 85 ms · p99 120 ms"
                " · backend p50 31 ms · gateway itself 9.0 ms · over 15 min"
            ),
        ),
        (
            {"requests": 2, "errors_4xx": 0, "errors_5xx": 0, "integration_p50_ms": 0.0},
            "2 requests · 4xx 0 % · 5xx 0 % · p95 ? · backend p50 0 ms · over 15 min",
        ),
    ],
)
def test_traffic_says_what_was_measured_over_which_time(
    figures: dict[str, float], words: str
) -> None:
    traffic = Traffic(window_s=900, until=MEASURED_AT, **figures)  # type: ignore[arg-type]  # numbers of a table
    said = traffic_words(traffic, MEASURED_AT + timedelta(minutes=3))
    assert said.startswith(f"{words} until ")
    assert said.endswith(", 3 min ago")


def test_traffic_that_nobody_measured_is_no_zero() -> None:
    assert traffic_words(UNKNOWN, MEASURED_AT) == "? not measured"


@pytest.mark.parametrize(
    ("scope", "account", "region", "words"),
    [
        ("prod/1/eu-west-2/gate", "1", "eu-west-2", "1 · eu-west-2"),
        ("prod/department/gate", "7d0b-11", None, "department"),
        ("prod/a/b/gate", "7d0b-11", "eu-west-2", "a/b"),
        ("prod/org-1/gate", "org-1", None, "org-1"),
    ],
)
def test_where_a_deployment_is_is_said_as_people_call_it(
    scope: str, account: str, region: str | None, words: str
) -> None:
    row = Row(
        uid="u",
        name="n",
        provider="p",
        product="gate",
        source="prod",
        scope=scope,
        account=account,
        native_id="x",
        region=region,
    )
    assert place_of(row) == words


@pytest.mark.parametrize(
    ("clients", "says"),
    [
        (UNKNOWN, "gold"),
        ((), "gold (0 clients)"),
        (("acme",), "gold (1 client: acme)"),
        (("a", "b", "c", "d", "e"), "gold (5 clients: a, b, c, d, e)"),
        (("a", "b", "c", "d", "e", "f"), "gold (6 clients: a, b, c, d, e, …)"),
    ],
)
def test_whoever_is_let_in_is_told_with_their_clients(
    clients: tuple[str, ...] | Unknown, says: str
) -> None:
    consumer = Consumer("u", "n", "k", "aws", "1", "gold", clients=clients)
    assert admitted(consumer) == says


@pytest.mark.parametrize(
    ("link", "says"),
    [
        (
            Link(
                "exposes",
                True,
                "u",
                "claims",
                "aws.apigateway.rest",
                "1 · eu-west-1",
                False,
                ("by tool",),
            ),
            "exposes claims (aws.apigateway.rest · 1 · eu-west-1): by tool",
        ),
        (
            Link("exposes", False, "u", "tools", "k", "1"),
            "exposed by tools (k · 1)",
        ),
        (Link("depends_on", True, "u", "claims", "k", "1"), "depends on claims (k · 1)"),
        (Link("depends_on", False, "u", "all", "k", "1"), "needed by all (k · 1)"),
        (Link("declares", False, "u", "x", "k", "1", True), "declared by x (k · 1)"),
        (
            Link("publishes", False, "u", "x", "k", "1", True, ("a", "b", "c", "d", "e")),
            "published by x (k · 1): a; b; c and 2 more",
        ),
        (Link("leads_to", False, "u", "x", "k", "1"), "leads to, from x (k · 1)"),
        (Link("exposes", True, "u-1"), "exposes u-1 (nothing that was visited)"),
    ],
)
def test_a_link_in_words(link: Link, says: str) -> None:
    assert link_words(link) == says
