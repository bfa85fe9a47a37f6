"""Help: the keys of a pane, all keys, the commands, and the view language in a page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from apiscape.client.words import HEALTH, OUTCOME, PRESENCE
from apiscape.query import FIELDS
from apiscape.tui import keys
from apiscape.tui.commands import COMMANDS
from apiscape.tui.lines import BLANK, Line, Piece, fit, line, pack, table, title

EXAMPLES = (
    ("tax ledger", "both words, somewhere in name, title, address, owner, …"),
    ("health:failing,degraded", "a field has one of some values"),
    ("-owner:none", "not: here, those that have an owner"),
    ("auth:unknown", "where nobody could look"),
    ("5xx>1 p95>=500", "measured values against a bound"),
    ("changed<2d", "changed within two days; > is longer ago"),
    ("name:pay*-v2  path:/users", "wildcards; path, backend and tag are asked of the store"),
    ("/pay.*(eu|us)/", "a pattern"),
    ("sort:p95:desc,name  cols:name,p95", "order and columns"),
    ("at:2026-09-30", "as it was then"),
    ("undecided:yes", "rows that may match or not, nobody can tell"),
)
MARKS = (
    ("◌ not observed by the newest run", "warn"),
    ("~ just changed", "accent"),
    ("◆ marked", "accent"),
    ("? unknown", "muted"),
    ("– none", "muted"),
    ("≥ at least", "muted"),
)
"""What stands before rows and in place of values."""

KEYS_WIDTH, ID_WIDTH = 17, 20

GROUPS: Mapping[str, str] = {
    "inventory": "Inventory",
    "deployment": "A deployment",
    "scopes": "Scopes",
    "changes": "Changes",
    "names": "Names in DNS, and catalogues",
    "lists": "In every list",
    "everywhere": "Everywhere",
    "typing": "While typing",
    "menus": "In menus",
}


def help_page(group: str, keymap: Mapping[str, str], width: int) -> list[Line]:
    """Return help with the keys of the asking pane first."""
    first = [group] if group in GROUPS else []
    order = [*first, *(each for each in GROUPS if each not in first)]
    lines = [*_legend(width), BLANK]
    for each in order[:1]:
        lines += _group(each, keymap, width)
    lines += [BLANK, title("The view language", "what stands after / is a view"), *_examples(width)]
    lines += [
        BLANK,
        title("Commands", ": and a name, or a beginning of it"),
        *_commands(width),
        BLANK,
    ]
    for each in order[1:]:
        lines += [*_group(each, keymap, width), BLANK]
    return [*lines, *_fields(width)]


def _legend(width: int) -> list[Line]:
    states = dict.fromkeys([*HEALTH.values(), *OUTCOME.values(), *list(PRESENCE.values())[1:]])
    pieces = [Piece(f"{state.glyph} {state.word}   ", state.tone) for state in states]
    marks = [Piece(f"{text}   ", tone) for text, tone in MARKS]
    return [title("What the signs say"), *pack(pieces, width), *pack(marks, width)]


def _group(group: str, keymap: Mapping[str, str], width: int) -> list[Line]:
    entries = [
        (keys.spoken(keys.bound(key, keymap)), key.summary, key.id) for key in keys.ALL[group]
    ]
    return [title(f"Keys: {GROUPS[group]}"), *_entries(entries, width)]


def _entries(entries: Sequence[tuple[str, str, str]], width: int) -> list[Line]:
    room = max(min(width - KEYS_WIDTH - ID_WIDTH - 2, 62), 20)
    return [
        line(
            (fit(f"  {keys_}", KEYS_WIDTH), "accent"),
            (f"{fit(summary, room)}  ", "text"),
            (id_, "faint"),
        )
        for keys_, summary, id_ in entries
    ]


def _examples(width: int) -> list[Line]:
    return table(
        [[Piece("  "), Piece(text, "accent"), Piece(what, "text")] for text, what in EXAMPLES],
        width,
        gap=1,
    )


def _commands(width: int) -> list[Line]:
    rows = [
        [
            Piece(f"  :{each.name} {each.argument}".rstrip(), "accent"),
            Piece(each.summary, "text"),
            Piece(" ".join(f":{alias}" for alias in each.aliases), "faint"),
        ]
        for each in COMMANDS
    ]
    return table(rows, width)


def _fields(width: int) -> list[Line]:
    rows = [
        [
            Piece(f"  {field.name}", "accent"),
            Piece(field.summary, "text"),
            Piece(" ".join((*field.aliases, *field.words)), "faint"),
        ]
        for field in FIELDS.values()
    ]
    return [title("Fields of a view"), *table(rows, width)]
