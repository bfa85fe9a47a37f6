"""A change in words: what was, what is."""

from __future__ import annotations

from datetime import datetime

from apiscape.client.words import CHANGE, change_words, clock, field_words, shown, state_in
from apiscape.model.change import Change
from apiscape.model.vocabulary import ChangeKind
from apiscape.tui.lines import Line, line, paragraph

EVIDENCE = {
    "listing": "a complete listing did not have it",
    "direct_read": "the gateway was asked for it and answered that it is not there",
    "event": "the gateway said so",
    "person": "a person said so",
}


def change_lines(change: Change, now: datetime, width: int) -> list[Line]:
    """Return a change with its fields, old and new."""
    state = state_in(CHANGE, change.kind)
    lines = [line((state.text, state.tone), (f"  {clock(change.at, now)}", "muted"))]
    if change.reason:
        lines += paragraph(change.reason, width, "text", indent=2)
    if change.evidence:
        lines += paragraph(EVIDENCE.get(change.evidence, change.evidence), width, "muted", indent=2)
    for each in change.fields:
        lines.append(line(("  ", "muted"), (each.field, "title")))
        lines += paragraph(f"− {shown(each.old)}", width, "muted", indent=4)
        lines += paragraph(f"+ {shown(each.new)}", width, "text", indent=4)
    return lines


def change_page(change: Change, now: datetime, width: int) -> list[Line]:
    """Return the pane beside the list of changes."""
    head = [line((change.name, "strong")), *paragraph(change.scope, width, "muted")]
    return [*head, line(), *change_lines(change, now, width)]


def fields_in_short(change: Change) -> str:
    """Return which fields changed, or why: the last column of the list."""
    if change.kind == ChangeKind.HEALTH:
        return change_words(change)
    if change.fields:
        return "; ".join(map(field_words, change.fields))
    return change.reason or ""
