from __future__ import annotations

import pytest

from apiscape.cli.preflight_report import (
    MOST_REASONS,
    TriedLine,
    exit_code,
    head_line,
    reason_lines,
    row,
    tried_lines,
    verdict_line,
    worst,
)
from apiscape.collect.preflight import ProductTrial, SourceTrial
from apiscape.collect.source import SourcePlan
from apiscape.collectors.contract import Permission
from apiscape.collectors.trying import Grant, Tried
from apiscape.errors import Exit
from apiscape.model.run import ErrorRecord

LIST = Permission("toy:GET", "which APIs exist", ("arn::/apis",), ("list",))
READ = Permission("toy:Read", "their stages", operations=("read",), optional=True)
TOYS = SourcePlan(name="toys", provider="toy", settings=None)
DECLARED = [("toy.api", LIST), ("toy.api", READ)]


def trial_of(*tried: Tried, error: ErrorRecord | None = None) -> SourceTrial:
    trials = tuple(ProductTrial("toy.api", each) for each in tried)
    return SourceTrial(source=TOYS, places=("a", "b"), trials=trials, calls=7, error=error)


def lines_of(*tried: Tried, error: ErrorRecord | None = None) -> list[TriedLine]:
    return list(tried_lines(trial_of(*tried, error=error), DECLARED))


def granted(place: str = "a") -> list[Tried]:
    return [Tried(each, Grant.GRANTED, place=place) for each in (LIST, READ)]


def test_the_worst_place_decides_and_is_counted() -> None:
    denied = Tried(READ, Grant.DENIED, "needs toy:Read", "read", "b")
    first, second = lines_of(*granted(), denied)
    assert (first.state, second.state) == ("granted", "denied")
    assert row(first) == ["toys", "✓ granted", "toy.api", "/apis", "which APIs exist"]
    assert row(second) == [
        "toys",
        "✗ denied in 1 of 2",
        "toy.api",
        "toy:Read",
        "their stages (a detail)",
    ]


@pytest.mark.parametrize(
    ("grants", "state"),
    [
        (["granted", "unknown", "denied"], "denied"),
        (["granted", "unknown", "not_needed"], "unknown"),
        (["not_needed", "granted"], "granted"),
        (["not_needed"], "not_needed"),
        ([], "unknown"),
    ],
)
def test_unknown_is_never_better_than_granted(grants: list[str], state: str) -> None:
    assert worst(grants) == state


def test_a_word_of_a_later_version_is_never_taken_for_granted() -> None:
    later = Tried(LIST, "granted_in_part", "who knows", "list", "b")
    first, _ = lines_of(*granted(), later)
    assert (first.state, row(first)[1]) == ("unknown", "? could not tell in 1 of 2")
    [said] = reason_lines([first], width=200, whole=False)
    assert said == "  ? could not tell: who knows. toy.api: /apis, in b"


def test_what_was_tried_nowhere_is_unknown_and_says_why() -> None:
    [first, _] = lines_of()
    assert (first.state, first.places[0].reason) == ("unknown", "there was no place to try it in")
    error = ErrorRecord(kind="credentials", message="nobody is signed in")
    assert lines_of(error=error)[1].places[0].reason == "nobody is signed in"


def test_how_far_to_trust_it() -> None:
    error = ErrorRecord(kind="credentials", message="nobody is signed in")
    good, broken = trial_of(*granted()), trial_of(error=error)
    fine, short = lines_of(*granted()), lines_of(error=error)
    assert exit_code([good], fine) == Exit.COMPLETE
    assert exit_code([good, broken], fine + short) == Exit.INCOMPLETE
    assert exit_code([broken], short) == Exit.UNREACHABLE
    assert exit_code([], []) == Exit.COMPLETE
    assert head_line(good) == "toys · toy · tried in 2 places · 7 calls"
    assert head_line(broken) == "toys · toy · nothing could be tried: nobody is signed in"


def test_one_reason_is_told_once_denials_first() -> None:
    unknown = [Tried(LIST, Grant.UNKNOWN, "no API to try it on", place=place) for place in "abcde"]
    denied = Tried(READ, Grant.DENIED, "needs toy:Read", "read", "a")
    lines = lines_of(*unknown, denied)
    assert reason_lines(lines, width=200, whole=False) == [
        "  ✗ denied: needs toy:Read. toy.api: toy:Read, in a",
        "  ? could not tell: no API to try it on. toy.api: /apis, in a, b, c and 2 other places",
    ]
    assert reason_lines(lines, width=200, whole=True)[1].endswith("in a, b, c, d, e")
    narrow = reason_lines(lines, width=40, whole=False)
    assert max(map(len, narrow)) <= 40
    assert narrow[1].startswith("    ")


def test_more_reasons_than_a_screen_has_room_for_are_counted() -> None:
    many = [Tried(LIST, Grant.UNKNOWN, f"reason {n}", place="a") for n in range(MOST_REASONS + 2)]
    said = reason_lines(lines_of(*many, *granted()), width=200, whole=False)
    assert len(said) == MOST_REASONS + 1
    assert said[-1] == "  … 2 more reasons: -o wide shows all"
    whole = reason_lines(lines_of(*many, *granted()), width=200, whole=True)
    assert len(whole) == MOST_REASONS + 2


def test_a_reason_that_nobody_gave_is_said_to_be_missing() -> None:
    bare = Tried(LIST, Grant.DENIED)
    [said] = reason_lines(lines_of(bare, *granted()), width=200, whole=False)
    assert said == "  ✗ denied: no reason given. toy.api: /apis, in toys"


def test_the_verdict_adds_up() -> None:
    not_needed = Tried(READ, Grant.NOT_NEEDED, "no role")
    fine = lines_of(Tried(LIST, Grant.GRANTED), not_needed)
    assert verdict_line(fine, Exit.COMPLETE) == "All of 1 permission granted (1 not needed)."
    short = lines_of(Tried(LIST, Grant.DENIED), Tried(READ, Grant.UNKNOWN, "why"))
    assert verdict_line(short, Exit.INCOMPLETE) == (
        "0 of 2 permissions granted, 1 denied, 1 could not be told.  exit 2"
    )


def test_what_a_terminal_would_obey_is_neutralised() -> None:
    said = reason_lines(
        lines_of(Tried(LIST, Grant.DENIED, "\x1b[2Jgone"), *granted()), width=200, whole=True
    )
    assert "\x1b" not in "".join(said)
