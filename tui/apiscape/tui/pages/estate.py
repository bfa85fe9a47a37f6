"""The estate: what the providers say exists, and what became of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from apiscape.client.words import REACH, count, state_in
from apiscape.model.run import EstateEntry
from apiscape.model.vocabulary import ReachState
from apiscape.tui.lines import Line, Piece, line, paragraph, table, title


def estate_page(entries: Sequence[EstateEntry], width: int) -> list[Line]:
    """Return the sums, then a line for each reach that is not visited."""
    if not entries:
        words = "? What else exists is not known: no provider was asked, or none could say."
        return [title("estate"), *paragraph(words, width, "muted")]
    tally = Counter(entry.state for entry in entries)
    sums: list[Piece] = [Piece("estate  ", "title"), Piece(f"{len(entries)} known   ", "text")]
    for state in (*ReachState, *(tally.keys() - set(ReachState))):
        if tally[state]:
            glyph, word, tone = state_in(REACH, state)
            sums.append(Piece(f"{tally[state]} {glyph} {word}   ", tone))
    accepted = sum(entry.accepted is not None for entry in entries)
    sums.append(Piece(count(accepted, "accepted gap") if accepted else "", "muted"))
    rest = [entry for entry in entries if entry.state != ReachState.VISITED]
    return [line(*sums), *table([_entry(entry) for entry in rest], width)]


def _entry(entry: EstateEntry) -> list[Piece]:
    state = state_in(REACH, entry.state)
    because = f"accepted: {entry.accepted}" if entry.accepted else entry.reason or ""
    tone = "muted" if entry.accepted else state.tone
    return [
        Piece(state.text, tone),
        Piece(entry.source, "muted"),
        Piece(entry.key, "text"),
        Piece(entry.title or "", "text"),
        Piece(because, "muted"),
    ]
