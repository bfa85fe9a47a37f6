"""Facets: the values of a few fields over what is shown, with counts, each a key to narrow by."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple, TypeAlias

from apiscape.client.words import FRESHNESS, HEALTH, PRESENCE, State
from apiscape.query import View
from apiscape.tui.lines import BLANK, Line, Piece, fit, line
from apiscape.tui.view_edits import asked_values

Counted: TypeAlias = Sequence[tuple[str | None, int]]

FIELDS = (
    "health",
    "presence",
    "freshness",
    "exposure",
    "auth",
    "environment",
    "owner",
    "product",
    "account",
)
"""What is counted, most telling first."""

ALWAYS = frozenset({"health", "exposure", "auth", "owner"})
"""Shown even where all rows have one value."""

MOST_VALUES = 8
SEPARATOR = "\x1f"
STATES: Mapping[str, Mapping[str, State]] = {
    "health": HEALTH,
    "presence": PRESENCE,
    "freshness": FRESHNESS,
}


class Choice(NamedTuple):
    """A value of a facet: what `enter` toggles."""

    field: str
    value: str | None

    @property
    def key(self) -> str:
        """The choice as the key of a line."""
        return f"{self.field}{SEPARATOR}{'' if self.value is None else '=' + self.value}"

    @classmethod
    def of(cls, key: str) -> Choice:
        """Return the choice that a key stands for."""
        field, _, rest = key.partition(SEPARATOR)
        return cls(field, rest[1:] if rest else None)


def facets_page(view: View, count: Callable[[str], Counted], width: int) -> list[Line]:
    """Return each facet with its most frequent values; those that the view asks for are marked."""
    lines: list[Line] = []
    for field in FIELDS:
        values = count(field)
        asked = asked_values(view, field)
        if not values or (len(values) < 2 and field not in ALWAYS and not asked):  # noqa: PLR2004 - one value says nothing
            continue
        lines.append(line((field.upper(), "title")))
        lines += [
            _value(Choice(field, value), number, value in asked or _folded(value) in asked, width)
            for value, number in values[:MOST_VALUES]
        ]
        if len(values) > MOST_VALUES:
            lines.append(line((f"  … {len(values) - MOST_VALUES} more", "faint")))
        lines.append(BLANK)
    return lines[:-1]


def _folded(value: str | None) -> str | None:
    return None if value is None else value.casefold()


def _value(choice: Choice, number: int, is_asked: bool, width: int) -> Line:  # noqa: FBT001 - a fact
    state = STATES.get(choice.field, {}).get(choice.value or "")
    if choice.value is None:
        text, tone = "– none", "muted"
    elif state:
        text, tone = state.text, state.tone
    else:
        text = "? unknown" if choice.value == "unknown" else choice.value.replace("_", " ")
        tone = "muted" if choice.value == "unknown" else "text"
    figure = f"{number:,}"
    room = max(width - 3 - len(figure), 4)
    box = Piece("▸ " if is_asked else "  ", "accent")
    label = Piece(fit(text, room), "strong" if is_asked else tone)
    return line(box, label, (f" {figure}", "muted"), key=choice.key)
