"""How an agent fares, in words."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from apiscape.client.standing import (
    ConclusionStanding,
    ConfigurationStanding,
    MemoryStanding,
    ScheduleStanding,
    Standing,
    StoreStanding,
    place_of,
)
from apiscape.client.words import age, count, duration, shown
from apiscape.model.plain import plain

LABEL_WIDTH = 15
MEGABYTE = 1_000_000

Fact = tuple[str, str]


def render_standing(standing: Standing, now: datetime) -> str:
    """Return the lines that say how an agent fares; what keeps it from being ready comes first."""
    started = f"started {shown(standing.started_at)} ({age(standing.started_at, now)} ago)"
    facts = [
        *(("not ready", word) for word in standing.lacking),
        ("agent", f"apiscape {standing.version}, process {standing.pid}, {started}"),
        *_configuration(standing.configuration),
        *_schedule(standing.schedule),
        ("conclusions", _conclusions(standing.conclusions)),
        ("store", _store(standing.store)),
        ("followed by", count(standing.subscribers, "subscriber")),
        *_memory(standing.memory),
    ]
    return "".join(f"{name:<{LABEL_WIDTH}} {plain(value)}\n" for name, value in facts)


def _configuration(standing: ConfigurationStanding) -> Iterator[Fact]:
    since = f"since {shown(standing.since)}"
    if standing.is_valid:
        yield "configuration", f"✓ {standing.file or 'in use'} {since}"
        return
    place = place_of(standing)
    where = f" {place}:" if place else ""
    yield "configuration", f"✗ the one before stands, {since}:{where} {standing.error}"
    if standing.next_step:
        yield "", f"→ {standing.next_step}"


def _schedule(standing: ScheduleStanding) -> Iterator[Fact]:
    words = [f"{standing.running:,} running", f"{standing.queued:,} queued"]
    if standing.oldest_s is not None:
        words.append(f"the oldest for {duration(standing.oldest_s)}")
    if standing.failing:
        words.append(f"{standing.failing:,} wait after a failure")
    yield "schedule", " · ".join(words)
    if standing.paused:
        yield "", f"◐ paused: {', '.join(standing.paused)}"
        yield "", "→ apiscape ctx resume"
    if standing.unplanned:
        yield "", f"✗ could not be planned: {', '.join(standing.unplanned)}"
    if standing.unheard:
        yield "", f"✗ changes not read, seen by the next visit: {', '.join(standing.unheard)}"
    if standing.left_behind:
        yield "", f"✗ {count(standing.left_behind, 'thread')} did not return; the log says where"


def _conclusions(standing: ConclusionStanding) -> str:
    if standing.behind is None:
        said = "? how far they are, nobody knows"
    elif standing.behind:
        said = f"{count(standing.behind, 'change')} behind"
    else:
        said = "✓ up to date"
    if standing.failures:
        return f"{said} · ✗ failed {count(standing.failures, 'time')} in a row: {standing.error}"
    return said


def _store(standing: StoreStanding) -> str:
    if standing.error is not None:
        return f"✗ {standing.kind}: {standing.error}"
    size = "?" if standing.size_bytes is None else f"{standing.size_bytes / MEGABYTE:,.1f} MB"
    kept = f" · history since {shown(standing.kept_since)}" if standing.kept_since else ""
    return f"{standing.kind} {standing.revision or '?'} · {size}{kept}"


def _memory(standing: MemoryStanding | None) -> Iterator[Fact]:
    if standing is None:
        return
    limit = standing.limit_bytes
    most = "no limit is known" if limit is None else f"at most {limit / MEGABYTE:,.0f} MB"
    each = f"{standing.reader_bytes / MEGABYTE:,.0f} MB"
    readers = f"{count(standing.readers, 'reader')} of documents with {each}"
    yield "memory", f"{most} · {readers} · {standing.kept_bytes / MEGABYTE:,.0f} MB of answers kept"
