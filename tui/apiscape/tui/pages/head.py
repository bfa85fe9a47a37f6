"""The lines around a screen: where the data is from and how fresh it is, where one is, which keys."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from apiscape.client.words import NEVER_RUN, OUTCOME, clock, count
from apiscape.tui import keys
from apiscape.tui.lines import Piece
from apiscape.tui.pages.scope import outcome_of
from apiscape.tui.session import Session
from apiscape.tui.store import Found

BRAND = "apiscape"
ORDER = (*OUTCOME.values(), NEVER_RUN)


def freshness(session: Session) -> Piece:
    """Return how fresh the rows are; never fresher than they are."""
    if session.silent_since:
        since = clock(session.silent_since, session.now())
        return Piece(f"✗ no answer since {since}, asking again", "bad")
    if not session.is_loaded:
        return Piece("◌ reading the inventory", "muted")
    if session.is_paused:
        return Piece(f"⏸ paused ({session.waiting:,} waiting)", "warn")
    if session.options.live and not session.is_kept:
        return Piece("○ no agent visits anything", "warn")
    if session.options.live:
        return Piece("● live", "good")
    return Piece(f"○ snapshot taken {clock(session.taken_at, session.now())}", "muted")


def status_line(session: Session) -> tuple[list[Piece], list[Piece], list[Piece]]:
    """Return the first line: its left side, its right side, and that in short."""
    summary = session.summary
    left = [Piece(BRAND, "strong"), Piece("  "), freshness(session)]
    if session.notice:
        left.append(Piece(f" · ✗ {session.notice}", "warn"))
    if session.is_loaded and summary.observed_at:
        seen = clock(summary.observed_at, session.now())
        left.append(Piece(f" · last seen {seen}", "muted"))
    if session.options.origin:
        left.append(Piece(f" · {session.options.origin}", "muted"))
    if summary.problem:
        left = [*left[:2], Piece(f"✗ {summary.problem.message}", "bad")]
    return left, scopes_in_words(session), scopes_in_signs(session)


def scopes_in_signs(session: Session) -> list[Piece]:
    """Return the same as `scopes_in_words` in glyphs, for little room."""
    words = scopes_in_words(session)
    pieces = [Piece(" ".join(text.split()[:2]) + " ", tone) for text, tone in words[1:]]
    return [Piece("scopes ", "muted"), *pieces] if pieces else []


def scopes_in_words(session: Session) -> list[Piece]:
    """Return how many scopes were seen whole, and how many were not."""
    if not session.is_loaded:
        return []
    tally = Counter(outcome_of(status) for status in session.scopes)
    pieces = [Piece(count(len(session.scopes), "scope"), "muted")]
    pieces += [
        Piece(f"  {state.glyph} {tally[state]} {state.word}", state.tone)
        for state in ORDER
        if tally[state]
    ]
    unseen = session.summary.not_observed
    return pieces + ([Piece(f"  ◌ {unseen:,} not observed", "warn")] if unseen else [])


def breadcrumb(
    screen: str, view: str, counts: Sequence[Piece] = ()
) -> tuple[list[Piece], list[Piece]]:
    """Return where one is: the screen, then the view, item by item."""
    left = [Piece(screen, "title")]
    for item in _items(view):
        left += [
            Piece(" \N{SINGLE RIGHT-POINTING ANGLE QUOTATION MARK} ", "faint"),
            Piece(item, "accent"),
        ]
    return left, list(counts)


def _items(view: str) -> list[str]:
    """Split a view at blanks outside quotes."""
    items, quoted = [""], False
    for character in view:
        quoted ^= character == '"'
        if character == " " and not quoted:
            items.append("")
        else:
            items[-1] += character
    return [item for item in items if item]


def counts(total: int | None, found: Found, *, marked: int = 0) -> list[Piece]:
    """Return `62 of 48,213 · ? 31 undecided · … 12 more not fetched`; without a total, `62 deployments`."""
    shown, *unit = count(len(found.rows), "deployment").split()
    rest = f"of {total:,}" if total is not None else " ".join(unit)
    pieces = [Piece(shown, "strong"), Piece(f" {rest}", "muted")]
    if found.undecided:
        pieces.append(Piece(f" · ? {found.undecided:,} undecided", "warn"))
    if found.left_out:
        pieces.append(Piece(f" · … {found.left_out:,} more not fetched", "warn"))
    if marked:
        pieces.append(Piece(f" · ◆ {marked:,} marked", "accent"))
    return pieces


def key_line(group: str, keymap: Mapping[str, str]) -> tuple[list[Piece], list[Piece], list[Piece]]:
    """Return the keys that the last line names: of this screen to the left, of all to the right, and fewer of these."""
    lists = keys.MOVE if group in keys.PANES else ()
    here = [key for key in (*lists, *keys.PANES.get(group, ())) if key.label]
    everywhere = [key for key in keys.GO if key.label]
    fewer = [key for key in everywhere if key.id != "go.back"]
    return _keys(here, keymap), _keys(everywhere, keymap), _keys(fewer, keymap)


def _keys(shown: Sequence[keys.Key], keymap: Mapping[str, str]) -> list[Piece]:
    pieces: list[Piece] = []
    for key in shown:
        first = keys.bound(key, keymap).split(",")[0]
        pieces += [Piece(keys.spoken(first), "accent"), Piece(f" {key.label}   ", "muted")]
    return pieces
