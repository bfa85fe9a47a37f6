"""Changes as CloudEvents: what the specification asks for, neutralised, and of a bounded size."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import jsonschema
import pytest

from apiscape.daemon.redacting import Redactor
from apiscape.model.change import FieldChange
from apiscape.notify.events import (
    LARGEST_BATCH,
    LARGEST_EVENT,
    LISTED,
    Digest,
    digest_message,
    single,
    trial_message,
)
from tests.unit.notify.bench import a_change

AT = datetime(2026, 9, 1, 8, 0, tzinfo=UTC)

CONTEXT: dict[str, Any] = {
    "type": "object",
    "required": ["id", "source", "specversion", "type"],
    "properties": {
        "id": {"type": "string", "minLength": 1},
        "source": {"type": "string", "format": "uri-reference", "minLength": 1},
        "specversion": {"const": "1.0"},
        "type": {"type": "string", "minLength": 1},
        "datacontenttype": {"type": "string", "minLength": 1},
        "subject": {"type": "string", "minLength": 1},
        "time": {"type": "string", "format": "date-time"},
        "sequence": {"type": "string"},
        "data": {"type": "object"},
    },
    "additionalProperties": False,
}
"""What CloudEvents 1.0 says of its attributes, and no attribute beside those that we send."""


def checked(event: Any) -> Any:
    checker = jsonschema.FormatChecker()
    jsonschema.validate(event, CONTEXT, format_checker=checker)
    assert all(name.isascii() and name.isalnum() and name.islower() for name in event)
    return event


def test_a_change_is_an_event_of_its_kind_about_its_deployment() -> None:
    fields = (FieldChange(field="title", new="New"),)
    message = single(a_change(fields=fields, reason="because"))
    event = checked(json.loads(message.body))
    assert (message.ident, message.media) == ("u-1-7", "application/cloudevents+json")
    assert (message.seq, message.count) == (7, 1)
    assert (event["id"], event["type"], event["subject"]) == (
        *("u-1-7", "apiscape.deployment.changed", "u-1"),
    )
    assert event["source"] == "/apiscape/scopes/prod/1%202/eu-west-1/aws.apigateway.rest"
    assert event["time"] == "2026-09-01T08:07:00Z"
    assert event["data"]["fields"] == [{"field": "title", "new": "New"}]
    assert event["data"]["reason"] == "because"


def test_events_of_a_log_sort_by_their_sequence() -> None:
    told = [json.loads(single(a_change(seq, at=AT)).body)["sequence"] for seq in (9, 10, 10**6)]
    assert told == sorted(told)


def test_what_a_terminal_would_obey_and_what_is_a_credential_are_not_in_it() -> None:
    old = {"url": "https://user:pass-word@host.example", "x\x1b": ["\u202eab", 3, None, True]}
    change = a_change(
        name="a\x1b[31mb", fields=(FieldChange(field="f", old=old, new="Bearer abcdefgh"),)
    )
    data = json.loads(single(change, Redactor().hide).body)["data"]
    assert data["name"] == "a\ufffd[31mb"
    assert data["fields"] == [
        {
            "field": "f",
            "old": {"url": "https://***@host.example", "x\ufffd": ["\ufffdab", 3, None, True]},
            "new": "Bearer ***",
        }
    ]


def test_an_event_that_is_too_large_names_what_moved() -> None:
    many = tuple(FieldChange(field=f"f{n}", new="x" * 1000) for n in range(300))
    message = single(a_change(fields=many))
    data = json.loads(message.body)["data"]
    assert len(message.body) < LARGEST_EVENT
    assert data["cut"] is True
    assert data["fields"][:2] == [{"field": "f0"}, {"field": "f1"}]
    small = json.loads(single(a_change(fields=many[:3])).body)["data"]
    assert "cut" not in small


def a_digest(**values: Any) -> Digest:
    changes = tuple(a_change(seq, kind="appeared") for seq in range(1, 31))
    known: dict[str, Any] = {
        "name": "desk",
        "after": 0,
        "until": 900,
        "at": AT,
        "kinds": {"appeared": 800, "retired": 90},
        "first": changes,
        "undecided": 4,
    }
    return Digest(**(known | values))


def test_a_digest_is_a_batch_of_its_sums_and_the_first_changes() -> None:
    message = digest_message(a_digest())
    head, *listed = (checked(event) for event in json.loads(message.body))
    assert message.media == "application/cloudevents-batch+json"
    assert (message.ident, message.seq, message.count) == ("desk-0-900", 900, 890)
    assert (head["id"], head["type"], head["source"]) == (
        *("desk-0-900", "apiscape.digest", "/apiscape/notify/desk"),
    )
    assert head["data"] == {
        "changes": 890,
        "kinds": {"appeared": 800, "retired": 90},
        "listed": LISTED,
        "undecided": 4,
        "after": 0,
        "until": 900,
        "lost": False,
    }
    assert [event["id"] for event in listed] == [f"u-1-{seq}" for seq in range(1, LISTED + 1)]


def test_a_batch_is_bounded_and_says_how_many_it_lists() -> None:
    large = tuple(
        a_change(seq, fields=(FieldChange(field="f", new="x" * 60_000),)) for seq in range(1, 21)
    )
    message = digest_message(a_digest(first=large))
    events = json.loads(message.body)
    assert len(message.body) < LARGEST_BATCH + 1000
    assert events[0]["data"]["listed"] == len(events) - 1 == 4


@pytest.mark.parametrize("zone", [UTC, timezone(timedelta(hours=2))])
def test_a_trial_tells_of_nothing(zone: timezone) -> None:
    message = trial_message("desk", AT.astimezone(zone))
    event = checked(json.loads(message.body))
    assert (event["type"], message.count) == ("apiscape.test", 0)
    assert event["id"] == message.ident == "desk-test-1788249600000"
