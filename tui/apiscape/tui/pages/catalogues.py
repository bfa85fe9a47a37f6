"""A record of a catalogue: as a row, and in full beside the list."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from apiscape.client.catalogue_words import kind_words, leads_words
from apiscape.client.catalogues import Declaration, Named
from apiscape.client.words import DANGLES, FRESHNESS, age, clock, count, state_in
from apiscape.model.vocabulary import Dangling, Freshness
from apiscape.tui.lines import BLANK, Line, Piece, field, paragraph, title
from apiscape.tui.widgets.fixed import NO_MARK, Entry
from apiscape.tui.widgets.table import Column

RECORD_COLUMNS: tuple[Column, ...] = (
    Column("dangling", "DANGLES", most=10, rank=0),
    Column("name", "RECORD", most=40, rank=1, least=16, inside=True),
    Column("leads_to", "LEADS TO", most=48, rank=2, least=14),
    Column("reason", "WHY", most=90, rank=3, least=20),
    Column("catalogue", "CATALOGUE", most=32, rank=4, least=12),
    Column("kind", "KIND", most=10, rank=5),
    Column("version", "VERSION", most=10, rank=6),
    Column("lifecycle", "STATE", most=10, rank=7),
    Column("account", "ACCOUNT", most=14, rank=8),
)

_FOUND = {Dangling.NO.value: "there", Dangling.YES.value: "not there"}
_NOTHING = "It is published, and no API that is in the inventory stands behind it."
_PARTLY = "Not all that it publishes is in the inventory."
_OPEN = "Nobody can tell whether an API stands behind all that it publishes."


def record_entry(record: Declaration, _now: datetime) -> Entry:
    """Return a record as a row."""
    state = state_in(DANGLES, record.dangling)
    there = record.dangling == Dangling.NO
    cells = {
        "dangling": Piece(state.text, state.tone),
        "name": Piece(record.title or record.name),
        "leads_to": Piece(leads_words(record), "text" if record.leads_to else state.tone),
        "reason": Piece(record.reason or "", "muted" if there else "text"),
        "catalogue": Piece(record.catalogue or "", "muted"),
        "kind": Piece(kind_words(record), "muted"),
        "version": Piece(record.version or "", "muted"),
        "lifecycle": Piece(record.lifecycle or "", "muted"),
        "account": Piece(record.account, "muted"),
    }
    stale = state_in(FRESHNESS, Freshness.NOT_OBSERVED)
    unseen = record.freshness == Freshness.NOT_OBSERVED
    return Entry(record.uid, cells, Piece(stale.glyph, stale.tone) if unseen else NO_MARK)


def record_page(record: Declaration, now: datetime, width: int) -> list[Line]:
    """Return all that is known of a record: what it declares, what it leads to, who looked and when."""
    state = state_in(DANGLES, record.dangling)
    lines = [*paragraph(record.title or record.name, width, "strong"), BLANK]
    lines += field("dangles", state.text, width, state.tone)
    if record.reason:
        lines += field("because", record.reason, width)
    if record.dangling != Dangling.NO:
        lines += [BLANK, *paragraph(_advice(record), width, state.tone)]
    lines += [BLANK, title("leads to")]
    lines += [each for end in record.names for each in _end(end, width)]
    if not record.names:
        lines += paragraph("It names no API that could be looked for.", width, "muted")
    lines += [BLANK, title("record"), *_facts(record, width)]
    lines += [BLANK, title("who looked")]
    lines += field("scope", record.scope or "not shown to this token", width)
    return [*lines, *_seen(record, now, width)]


def _advice(record: Declaration) -> str:
    if record.dangling != Dangling.YES:
        return _OPEN
    return _PARTLY if record.leads_to else _NOTHING


def _end(end: Named, width: int) -> Iterator[Line]:
    """Yield what is known of a deployment that a record names."""
    sign = state_in(DANGLES, end.dangling)
    found = _FOUND.get(end.dangling, "may be")
    yield from field(f"{sign.glyph} {found}", end.title, width, sign.tone)
    place = " · ".join(filter(None, [end.product, end.account, end.region]))
    yield from field("in", place or "nobody said where", width, "muted")
    for each in end.evidence:
        yield from field("by", each, width, "muted")


def _facts(record: Declaration, width: int) -> Iterator[Line]:
    told = {
        "catalogue": record.catalogue,
        "name": record.name,
        "kind": record.kind,
        "style": record.style,
        "version": record.version,
        "state": record.lifecycle,
        "owners": ", ".join(record.owners),
        "address": " ".join(record.urls),
        "says": record.description,
        "native id": record.native_id,
    }
    for name, value in told.items():
        if value:
            yield from field(name, value, width)


def _seen(record: Declaration, now: datetime, width: int) -> list[Line]:
    seen = record.seen_at
    when = "never" if seen is None else f"{clock(seen, now)}, {age(seen, now)} ago"
    lines = field("last seen", when, width)
    if record.freshness != Freshness.NOT_OBSERVED:
        return lines
    stale = state_in(FRESHNESS, record.freshness)
    return [*lines, *field("", stale.text, width, stale.tone)]


def no_records(view: str, undecided: int, width: int) -> list[Line]:
    """Return what stands where records would, if there is none; it never says that there is no catalogue."""
    room = min(width, 72)
    if not view:
        words = (
            "No record of a catalogue is known. Products that list catalogues tell them, API Gateway portals "
            "and Agent Registry among them: :scopes says which were visited."
        )
        return [BLANK, title("No records"), *paragraph(words, room)]
    lines = [
        BLANK,
        title("Nothing matches"),
        *paragraph("None of the records that are known.", room),
    ]
    if undecided:
        words = (
            f"? {count(undecided, 'record')} may match, nobody can tell: undecided:yes lists them."
        )
        lines += [BLANK, *paragraph(words, room, "warn")]
    return lines
