"""A name in DNS: as a row, and in full beside the list."""

from __future__ import annotations

from datetime import datetime

from apiscape.client.names import DnsName
from apiscape.client.words import DANGLES, age, clock, count, state_in, why_words
from apiscape.model.vocabulary import Dangling
from apiscape.tui.lines import BLANK, Line, Piece, field, paragraph, title
from apiscape.tui.widgets.fixed import Entry
from apiscape.tui.widgets.table import Column

NAME_COLUMNS: tuple[Column, ...] = (
    Column("dangling", "DANGLES", most=10, rank=0),
    Column("name", "NAME", most=48, rank=1, least=20, inside=True),
    Column("points_at", "POINTS AT", most=60, rank=2, least=20, inside=True),
    Column("reason", "WHY", most=90, rank=3, least=20),
    Column("since", "SINCE", most=7, right=True, rank=4),
    Column("zone", "ZONE", most=40, rank=5, least=16),
    Column("account", "ACCOUNT", most=14, rank=6),
)

_ADVICE = {
    Dangling.YES: "Whoever is given that host next is whom callers of this name reach. Take the record away.",
    Dangling.UNKNOWN: "Nobody can tell whether that host is somebody's: not all who may have it were seen.",
}


def name_entry(name: DnsName, now: datetime) -> Entry:
    """Return a name as a row."""
    state = state_in(DANGLES, name.dangling)
    cells = {
        "dangling": Piece(state.text, state.tone),
        "name": Piece(name.name),
        "points_at": Piece(", ".join(name.points_at), "muted"),
        "reason": Piece(why_words(name), "muted" if name.dangling == Dangling.NO else "text"),
        "since": Piece(age(name.since, now), "muted"),
        "zone": Piece(name.zone or "", "muted"),
        "account": Piece(name.account, "muted"),
    }
    return Entry(name.uid, cells)


def name_page(name: DnsName, now: datetime, width: int) -> list[Line]:
    """Return all that is known of a name: where it is written, at what it points, who looked and when."""
    state = state_in(DANGLES, name.dangling)
    lines = [*paragraph(name.name, width, "strong"), BLANK]
    lines += field("dangles", state.text, width, state.tone)
    lines += field("because", name.reason or "nobody said why", width)
    lines += field("since", _moment(name.since, now), width)
    advice = _ADVICE.get(Dangling(name.dangling)) if name.dangling in set(Dangling) else None
    if advice:
        lines += [BLANK, *paragraph(advice, width, state.tone)]
    lines += [BLANK, title("record")]
    lines += field("zone", name.zone or "?", width)
    for host in name.points_at or ("?",):
        lines += field("points at", host, width)
    lines += field("native id", name.native_id, width, "muted")
    lines += [BLANK, title("who looked")]
    lines += field("scope", name.scope, width)
    return [*lines, *field("last seen", _moment(name.seen_at, now), width)]


def no_names(view: str, undecided: int, width: int) -> list[Line]:
    """Return what stands where names would, if there is none; it never says that all is well."""
    room = min(width, 72)
    if not view:
        words = (
            "No name is known that points at a host which a cloud lends. Products that list names in "
            "DNS tell them: :scopes says which were visited."
        )
        return [BLANK, title("No names"), *paragraph(words, room)]
    lines = [BLANK, title("Nothing matches"), *paragraph("None of the names that are known.", room)]
    if undecided:
        words = (
            f"? {count(undecided, 'name')} may match, nobody can tell: undecided:yes lists them."
        )
        lines += [BLANK, *paragraph(words, room, "warn")]
    return lines


def _moment(moment: datetime | None, now: datetime) -> str:
    return "never" if moment is None else f"{clock(moment, now)}, {age(moment, now)} ago"
