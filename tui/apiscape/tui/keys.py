"""Every key of the UI, as data: the bindings, the footer and the help are read from here.

Each key has an id by which it can be bound anew. Left out on purpose, because terminals,
multiplexers and flow control eat them: ctrl with a, b, j, o, q, s or z, function keys, and alt.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from textual.binding import Binding

FORBIDDEN = frozenset(f"ctrl+{letter}" for letter in "abjoqsz")
"""Chords that never arrive everywhere."""

GLYPHS: Mapping[str, str] = {
    "slash": "/",
    "colon": ":",
    "question_mark": "?",
    "minus": "-",
    "left_square_bracket": "[",
    "right_square_bracket": "]",
    "apostrophe": "'",
    "exclamation_mark": "!",
    "less_than_sign": "<",
    "greater_than_sign": ">",
    "escape": "esc",
    "up": "↑",
    "down": "↓",
    "left": "←",
    "right": "→",
    "pageup": "pgup",
    "pagedown": "pgdn",
}


class Key(NamedTuple):
    """One binding.

    Attributes:
        id: What a keymap names it by.
        keys: Textual's names, separated by commas.
        action: What is called.
        summary: For help; the first word or two stand in the footer.
        label: What the footer says, empty where it says nothing.
    """

    id: str
    keys: str
    action: str
    summary: str
    label: str = ""


GO: tuple[Key, ...] = (
    Key("go.command", "colon", "prompt(':')", "type a command", "command"),
    Key("go.palette", "ctrl+p", "app.command_palette", "search the commands"),
    Key("go.help", "question_mark", "app.help", "keys of this pane", "help"),
    Key("go.back", "escape,backspace", "back", "go back", "back"),
    Key("go.last", "minus", "app.last", "the view before this, and back again"),
    Key("go.earlier", "left_square_bracket", "app.step(-1)", "back in history"),
    Key("go.later", "right_square_bracket", "app.step(1)", "ahead in history"),
    Key("go.save", "apostrophe", "app.save_view", "save this view under a number"),
    *(Key(f"go.view{n}", str(n), f"app.saved({n})", f"saved view {n}") for n in range(1, 10)),
    Key("go.quit", "q,ctrl+c", "app.leave", "quit", "quit"),
)
"""Keys of every screen."""

MOVE: tuple[Key, ...] = (
    Key("move.down", "j,down", "move(1)", "one down"),
    Key("move.up", "k,up", "move(-1)", "one up"),
    Key("move.page_down", "ctrl+d,pagedown", "page(1)", "a page down"),
    Key("move.page_up", "ctrl+u,pageup", "page(-1)", "a page up"),
    Key("move.top", "g,home", "edge(-1)", "first"),
    Key("move.bottom", "G,end", "edge(1)", "last"),
    Key("move.open", "enter", "open", "open", "open"),
)
"""Keys of every list."""

MAXIMISE = Key("pane.maximise", "m", "pane('maximise')", "maximise this pane, and back")

INVENTORY: tuple[Key, ...] = (
    Key("view.filter", "slash", "prompt('/')", "filter, in the view language", "filter"),
    Key(
        "view.faulty",
        "exclamation_mark",
        "edit('faulty')",
        "only what is faulty, and back",
        "faulty",
    ),
    Key("view.undecided", "u", "edit('undecided')", "rows that nobody can decide, and back"),
    Key("view.facets", "f", "pane('facets')", "facets: count and narrow by value", "facets"),
    Key("view.sort", "s", "ask('sort')", "sort by …", "sort"),
    Key("view.reverse", "S", "edit('reverse')", "reverse the order"),
    Key("view.sort_left", "less_than_sign", "edit('sort_left')", "sort by the column to the left"),
    Key(
        "view.sort_right",
        "greater_than_sign",
        "edit('sort_right')",
        "sort by the column to the right",
    ),
    Key("view.wide", "w", "pane('wide')", "more columns, less around them"),
    Key("view.columns", "c", "ask('columns')", "choose columns"),
    Key("row.mark", "space", "mark('row')", "mark the row"),
    Key("row.range", "v", "mark('range')", "mark from the last mark to here"),
    Key("row.unmark", "V", "mark('none')", "unmark all rows"),
    Key("row.next", "n", "seek(1)", "next marked row, or next in trouble"),
    Key("row.previous", "N", "seek(-1)", "the one before"),
    Key("row.export", "e", "ask('export')", "export marked rows, else all shown", "export"),
    Key("row.copy", "y", "copy", "copy …", "copy"),
    Key("row.console", "o", "console", "address of the provider's console"),
    Key("pane.next", "tab", "pane('next')", "next pane", "pane"),
    Key("pane.previous", "shift+tab", "pane('previous')", "previous pane"),
    MAXIMISE,
    Key("feed.pause", "p", "app.pause", "hold changes back, and let them in"),
    Key("feed.rescan", "r", "rescan", "visit this scope now"),
)

DEPLOYMENT: tuple[Key, ...] = (
    Key("tab.next", "tab,l,right", "turn(1)", "next tab", "next"),
    Key("tab.previous", "shift+tab,h,left", "turn(-1)", "previous tab"),
    Key("row.copy", "y", "copy", "copy …", "copy"),
    Key("row.console", "o", "console", "address of the provider's console", "console"),
)

SCOPES: tuple[Key, ...] = (
    Key("scopes.filter", "slash", "prompt('/')", "narrow by words", "filter"),
    Key(
        "scopes.incomplete",
        "exclamation_mark",
        "edit('faulty')",
        "only what is incomplete, and back",
        "incomplete",
    ),
    Key("row.next", "n", "seek(1)", "next scope that was not seen whole"),
    Key("row.previous", "N", "seek(-1)", "the one before"),
    Key("pane.next", "tab", "pane('next')", "scopes or estate", "pane"),
    MAXIMISE,
    Key("row.copy", "y", "copy", "copy …", "copy"),
    Key("feed.pause", "p", "app.pause", "hold changes back, and let them in"),
    Key("feed.rescan", "r", "rescan", "visit this scope now", "rescan"),
)

CHANGES: tuple[Key, ...] = (
    Key("view.filter", "slash", "prompt('/')", "filter, in the view language", "filter"),
    Key(
        "changes.conclusions",
        "t",
        "conclusions",
        "show conclusions too, or no longer",
        "conclusions",
    ),
    Key("pane.next", "tab", "pane('next')", "list or detail", "pane"),
    MAXIMISE,
    Key("row.copy", "y", "copy", "copy …", "copy"),
)

NAMES: tuple[Key, ...] = (
    Key("view.filter", "slash", "prompt('/')", "filter, in the view language", "filter"),
    Key(
        "names.dangling",
        "exclamation_mark",
        "edit('dangling')",
        "only what dangles, and back",
        "dangling",
    ),
    Key("pane.next", "tab", "pane('next')", "list or detail", "pane"),
    MAXIMISE,
    Key("row.copy", "y", "copy", "copy …", "copy"),
    Key("feed.pause", "p", "app.pause", "hold changes back, and let them in"),
    Key("feed.rescan", "r", "rescan", "visit this scope now"),
)

TYPING: tuple[Key, ...] = (
    Key("type.enter", "enter", "submit", "keep"),
    Key("type.cancel", "escape", "cancel", "clear, or leave"),
    Key("type.complete", "tab", "complete(1)", "complete"),
    Key("type.complete_back", "shift+tab", "complete(-1)", "complete, the other way"),
    Key("type.older", "up", "recall(-1)", "what was typed before"),
    Key("type.newer", "down", "recall(1)", "what was typed after"),
    Key("type.left", "left", "cursor_left", "left"),
    Key("type.right", "right", "cursor_right", "right"),
    Key("type.word_left", "ctrl+left", "cursor_left_word", "a word left"),
    Key("type.word_right", "ctrl+right", "cursor_right_word", "a word right"),
    Key("type.home", "home", "home", "to the start"),
    Key("type.end", "end,ctrl+e", "end", "to the end"),
    Key("type.delete_left", "backspace", "delete_left", "delete to the left"),
    Key("type.delete_right", "delete,ctrl+d", "delete_right", "delete to the right"),
    Key("type.delete_word", "ctrl+w", "delete_left_word", "delete a word"),
    Key("type.delete_all", "ctrl+u", "delete_left_all", "delete to the start"),
)
"""Keys of the line at the top while one types."""

MENU: tuple[Key, ...] = (
    Key("menu.down", "j,down", "move(1)", "one down"),
    Key("menu.up", "k,up", "move(-1)", "one up"),
    Key("menu.take", "enter,space", "take", "take it"),
    Key("menu.close", "escape,backspace,q", "close", "close"),
)

PANES: Mapping[str, tuple[Key, ...]] = {
    "inventory": INVENTORY,
    "deployment": DEPLOYMENT,
    "scopes": SCOPES,
    "changes": CHANGES,
    "names": NAMES,
}
"""What each screen has besides `GO` and `MOVE`."""

ALL: Mapping[str, tuple[Key, ...]] = {
    "everywhere": GO,
    "lists": MOVE,
    **PANES,
    "typing": TYPING,
    "menus": MENU,
}
"""Every group, for help and for tests."""


def bindings(keys: tuple[Key, ...]) -> list[Binding | tuple[str, str] | tuple[str, str, str]]:
    """Return the toolkit's bindings of some keys."""
    return [
        Binding(key.keys, key.action, key.summary, show=bool(key.label), id=key.id, priority=False)
        for key in keys
    ]


def spoken(keys: str) -> str:
    """Return keys as people call them: `j ↓`."""
    return " ".join(GLYPHS.get(each.strip(), each.strip()) for each in keys.split(","))


def bound(key: Key, keymap: Mapping[str, str]) -> str:
    """Return the keys that are bound to an id now."""
    return keymap.get(key.id, key.keys)
