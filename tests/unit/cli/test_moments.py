"""Times on the command line: how they are read, and what the inventory of another day rests on."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click
import pytest

from apiscape.cli.moments import Moment, Span, refuse_future
from apiscape.errors import UsageError
from apiscape.query import parse
from tests.store.making import DAY, SCOPE
from tests.unit.cli.conftest import Call
from tests.unit.cli.filled import NORTH, SEEN

NOON = datetime(2026, 9, 30, 12, tzinfo=UTC)


def stamp(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-09-30", NOON.replace(hour=0)),
        ("2026-09-30T12:00Z", NOON),
        ("2026-09-30T14:00+02:00", NOON),
    ],
)
def test_a_time_is_read_as_in_a_view(text: str, moment: datetime) -> None:
    assert Moment().convert(text, None, None) == moment
    assert Moment().convert(moment, None, None) == moment


def test_an_age_counts_back_from_now() -> None:
    before = datetime.now(UTC)
    read = Moment().convert("2d", None, None)
    assert timedelta(0) <= read - (before - timedelta(days=2)) < timedelta(minutes=5)


@pytest.mark.parametrize("text", ["yesterday", "2026-13-01", "", "-2d"])
def test_what_is_no_time_says_what_one_is(text: str) -> None:
    with pytest.raises(click.UsageError, match="a time is 2026-09-30, 2026-09-30T12:00Z or 2d"):
        Moment().convert(text, None, None)


def test_a_span_holds_its_beginning_and_not_its_end() -> None:
    span = Span(NOON, NOON + DAY)
    assert [span.holds(NOON + n * DAY / 2) for n in (-1, 0, 1, 2)] == [False, True, True, False]
    assert Span(None, None).holds(NOON)
    assert Span(None, NOON).holds(NOON - DAY)
    assert not Span(NOON, None).holds(NOON - DAY)


def test_the_inventory_of_a_time_that_has_not_come_is_refused() -> None:
    refuse_future(parse("at:2026-09-30").at, NOON)
    refuse_future(parse("tax").at, NOON)
    with pytest.raises(UsageError, match="2026-10-01 00:00 UTC has not come yet"):
        refuse_future(parse("at:2026-10-01").at, NOON)


@pytest.mark.parametrize("command", ["list", "export"])
def test_an_earlier_day_is_as_complete_as_it_was(command: str, call: Call, filled: Path) -> None:
    then = f"at:{stamp(SEEN + DAY / 2)}"
    whole = call(command, then, "--require-complete")
    assert whole.code == 0
    assert "not seen whole" not in whole.err
    later = call(command, f"at:{stamp(SEEN + 2 * DAY)}", "--require-complete")
    assert later.code == 2
    for scope in (SCOPE, NORTH):
        assert f"not seen whole: {scope.key}\n" in later.err


def test_the_list_of_an_earlier_day(call: Call, filled: Path) -> None:
    then = call("list", "--as-of", stamp(SEEN + DAY / 2), "--json")
    assert then.code == 0
    assert {json.loads(line)["presence"] for line in then.out.splitlines()} == {"present"}
    table = call("list", "--as-of", stamp(SEEN + DAY / 2))
    assert f"7 deployments as of {SEEN + DAY / 2:%Y-%m-%d %H:%M} UTC" in table.err
    before = call("list", "--as-of", stamp(SEEN - DAY))
    assert (before.code, before.out) == (3, "")
    assert "nothing is kept before" in before.err
    future = call("list", "--as-of", "2999-01-01")
    assert (future.code, future.out) == (3, "")


def test_changes_between_two_dates(call: Call, filled: Path) -> None:
    def names(*words: str) -> list[str]:
        return [
            json.loads(line)["kind"] for line in call("changes", *words, "--json").out.splitlines()
        ]

    first, second = stamp(SEEN), stamp(SEEN + DAY)
    everything = names("--limit", "1000")
    before = names("--since", first, "--until", second)
    after = names("--since", second)
    assert before == ["appeared"] * 7
    assert "missing" in after
    assert "appeared" not in after
    assert before + after == everything
    assert call("changes", "--since", second, "--until", stamp(SEEN + DAY + DAY)).code == 0


def test_the_newest_of_many_are_said_to_be_some(call: Call, filled: Path) -> None:
    said = call("changes", "--until", stamp(SEEN + DAY), "--limit", "2")
    assert len(said.out.splitlines()) == 3
    assert said.err.startswith("the newest 2 of 7 changes: --limit shows more\n")


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--since", "2d", "--until", "3d"], "--until is not after --since\n  → turn them round"),
        (["--since", "2001-01-01"], "\n  → leave --since out to see all that is kept"),
        (["--until", "1d", "-f"], "--until ends before --follow begins"),
        (["--since", "soon"], "'soon': a time is 2026-09-30, 2026-09-30T12:00Z or 2d"),
    ],
)
def test_a_span_that_cannot_be(words: list[str], says: str, call: Call, filled: Path) -> None:
    said = call("changes", *words)
    assert (said.code, said.out) == (3, "")
    assert says in said.err
