"""What stands where rows would: why there are none, and what to do."""

from __future__ import annotations

from apiscape.client.words import NEVER_RUN, count
from apiscape.errors import ApiscapeError
from apiscape.tui.lines import BLANK, Line, line, paragraph, title
from apiscape.tui.session import Session
from apiscape.tui.store import Found

NOTHING_FOUND = Found(())


def empty_page(
    session: Session, found: Found = NOTHING_FOUND, total: int | None = 0, width: int = 72
) -> list[Line]:
    """Return the reason and the next step; it is never just empty.

    Args:
        session: What is known of the inventory.
        found: What the view found.
        total: Out of how many; `None` where the inventory was asked for more than what is there now.
        width: Cells.
    """
    room = min(width, 72)
    if session.error and not session.is_loaded:
        return _failed(session.error.message, session.error.hint, room)
    if not session.is_loaded:
        return [BLANK, *paragraph("◌ Reading the inventory …", room, "muted")]
    if session.summary.problem:
        problem = session.summary.problem
        return _failed(problem.message, problem.next_step, room)
    if not session.scopes and not session.estate:
        return _no_sources(room)
    if not len(session.store):
        return _nothing_seen(session, room)
    return _no_match(found.undecided, total, room)


def _failed(message: str, hint: str | None, width: int) -> list[Line]:
    lines = [BLANK, title("The inventory does not answer"), *paragraph(message, width, "bad")]
    return [*lines, BLANK, *paragraph(f"→ {hint}", width, "accent")] if hint else lines


def _no_sources(width: int) -> list[Line]:
    why = "apiscape reads the gateways that its configuration names, and it names none yet."
    return [
        BLANK,
        title("No source is configured"),
        *paragraph(why, width),
        BLANK,
        _step("apiscape sources init", "writes a configuration to start from"),
        _step("apiscape permissions", "says which rights it needs"),
        _step("apiscape scan", "visits what is configured"),
        _step("apiscape demo", "shows an invented estate instead"),
    ]


def _nothing_seen(session: Session, width: int) -> list[Line]:
    never = [status for status in session.scopes if status.last_run is None]
    if session.scopes and not never:
        why = (
            f"{count(len(session.scopes), 'scope')} visited, and none has an API, or none could be "
            "seen. The scopes say which."
        )
        return [
            BLANK,
            title("Nothing was found"),
            *paragraph(why, width),
            BLANK,
            _step(":scopes", "what was looked at"),
        ]
    why = f"{count(len(session.scopes), 'scope')} planned, {len(never)} {NEVER_RUN.word}."
    return [
        BLANK,
        title("Nothing was looked at yet"),
        *paragraph(why, width),
        BLANK,
        _step("apiscape scan", "visits every scope once"),
        _step("apiscape agent", "keeps visiting them"),
    ]


def asking_page(view: str, width: int) -> list[Line]:
    """Return what stands there until a question that only the inventory can answer is answered."""
    words = f"◌ Asking the inventory for  {view}"
    return [BLANK, *paragraph(words, min(width, 72), "muted")]


def refused_page(error: ApiscapeError, width: int) -> list[Line]:
    """Return why a view cannot be shown; it is not an empty one."""
    room = min(width, 72)
    lines = [BLANK, title("This view cannot be shown"), *paragraph(error.message, room, "bad")]
    return [*lines, BLANK, *paragraph(f"→ {error.hint}", room, "accent")] if error.hint else lines


def _no_match(undecided: int, total: int | None, width: int) -> list[Line]:
    among = "all that is kept" if total is None else f"{total:,} deployments"
    lines = [BLANK, title("Nothing matches"), *paragraph(f"None of {among}.", width)]
    if undecided:
        words = (
            f"? {undecided:,} of them may match: a value that the view asks for is unknown, so "
            "nobody can tell."
        )
        lines += [BLANK, *paragraph(words, width, "warn"), _step("u", "lists those")]
    return [*lines, BLANK, _step("esc", "back to what was shown"), _step("/", "changes the filter")]


def no_scope_matches(words: str, total: int, width: int) -> list[Line]:
    """Return what stands where scopes would, if none has the words that were typed."""
    why = f"None of {count(total, 'scope')} has the words: {words}"
    return [
        BLANK,
        title("No scope matches"),
        *paragraph(why, width),
        BLANK,
        _step("/", "other words"),
    ]


def _step(command: str, what: str) -> Line:
    return line((f"  {command:<24}", "accent"), (what, "muted"))
