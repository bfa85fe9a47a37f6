from __future__ import annotations

from datetime import timedelta

import msgspec
import pytest

from apiscape.cli.standing_words import render_standing
from apiscape.client.standing import (
    ConclusionStanding,
    ConfigurationStanding,
    MemoryStanding,
    ScheduleStanding,
    StoreStanding,
    place_of,
)
from tests.unit.serve.http.harness import STANDING

NOW = STANDING.started_at + timedelta(hours=3)


def lines(**more: object) -> list[str]:
    said = render_standing(msgspec.structs.replace(STANDING, **more), NOW)
    return [" ".join(line.split()) for line in said.splitlines()]


def test_a_configuration_that_is_not_used_says_where_and_what_to_do() -> None:
    said = lines()
    assert said[0].startswith("agent apiscape 1.2.3, process 4711, started 2026-09-30")
    assert said[0].endswith("(3 h 0 min ago)")
    assert "config.yaml line 3: unknown key 'bogus'" in said[1]
    assert said[2] == "→ take it out"
    assert said[3:] == [
        "schedule 1 running · 2 queued",
        "conclusions ✓ up to date",
        "store sqlite 0003 · 2.5 MB",
        "followed by 0 subscribers",
    ]


def test_what_is_lacking_comes_first_and_every_trouble_is_said() -> None:
    said = lines(
        lacking=("the store does not answer",),
        configuration=ConfigurationStanding(is_valid=True, since=NOW),
        schedule=ScheduleStanding(
            queued=9,
            running=0,
            failing=2,
            oldest_s=90.0,
            paused=("lab", "more"),
            unplanned=("dev", "prod"),
            unheard=("prod/1/r",),
            left_behind=1,
        ),
        conclusions=ConclusionStanding(behind=None, failures=3, error="no answer"),
        store=StoreStanding("postgresql", error="no answer"),
    )
    assert said[0] == "not ready the store does not answer"
    assert said[2].startswith("configuration ✓ in use since ")
    assert said[3:] == [
        "schedule 0 running · 9 queued · the oldest for 2 min · 2 wait after a failure",
        "◐ paused: lab, more",
        "→ apiscape ctx resume",
        "✗ could not be planned: dev, prod",
        "✗ changes not read, seen by the next visit: prod/1/r",
        "✗ 1 thread did not return; the log says where",
        "conclusions ? how far they are, nobody knows · ✗ failed 3 times in a row: no answer",
        "store ✗ postgresql: no answer",
        "followed by 0 subscribers",
    ]


@pytest.mark.parametrize(
    ("more", "place"),
    [
        ({"path": "config.yaml", "line": 3}, "config.yaml line 3"),
        ({"file": "/etc/config.yaml"}, "/etc/config.yaml"),
        ({}, ""),
    ],
)
def test_a_place_has_no_more_than_is_known(more: dict[str, object], place: str) -> None:
    standing = ConfigurationStanding(is_valid=False, since=NOW, error="bad", **more)  # type: ignore[arg-type]  # of a table
    assert place_of(standing) == place
    said = lines(configuration=standing)
    assert said[1].endswith(f": {place}: bad" if place else ": bad")


def test_what_lags_behind_and_how_far_back_history_goes_is_said() -> None:
    said = lines(
        conclusions=ConclusionStanding(behind=12),
        store=StoreStanding("sqlite", kept_since=NOW),
    )
    assert "conclusions 12 changes behind" in said
    assert said[-2].startswith("store sqlite ? · ? · history since 2026-09-30")


@pytest.mark.parametrize(
    ("limit", "words"), [(1_000_000_000, "at most 1,000 MB"), (None, "no limit is known")]
)
def test_what_it_may_take_is_said(limit: int | None, words: str) -> None:
    memory = MemoryStanding(limit, readers=2, reader_bytes=250_000_000, kept_bytes=64_000_000)
    said = lines(memory=memory)[-1]
    assert said == f"memory {words} · 2 readers of documents with 250 MB · 64 MB of answers kept"
