"""Colours: two palettes of our own, two of the terminal's. State is told by glyph and word first."""

from __future__ import annotations

from collections.abc import Mapping

from textual.theme import Theme

TRUECOLOR = frozenset({"truecolor", "24bit"})


def _theme(name: str, palette: Mapping[str, str], *, dark: bool, ansi: bool = False) -> Theme:
    """Return a theme; `palette` gives ground, text and one colour for each tone."""
    return Theme(
        name=name,
        primary=palette["accent"],
        secondary=palette["accent"],
        accent=palette["accent"],
        success=palette["good"],
        warning=palette["warn"],
        error=palette["bad"],
        foreground=palette["text"],
        background=palette["ground"],
        surface=palette["ground"],
        panel=palette["panel"],
        dark=dark,
        ansi=ansi,
        variables={
            **{f"tone-{tone}": colour for tone, colour in palette.items()},
            "input-cursor-background": palette["text"],
            "input-cursor-foreground": palette["ground"],
            "input-selection-background": palette["cursor"],
            "scrollbar": palette["edge"],
            "scrollbar-hover": palette["muted"],
            "scrollbar-active": palette["accent"],
            "scrollbar-background": palette["ground"],
            "scrollbar-background-hover": palette["ground"],
            "scrollbar-background-active": palette["ground"],
            "scrollbar-corner-color": palette["ground"],
            "ansi-background": "ansi_black" if dark else "ansi_white",
            "ansi-foreground": "ansi_white" if dark else "ansi_black",
        },
    )


DARK = {
    "ground": "#11151c",
    "panel": "#181e27",
    "edge": "#2b3442",
    "text": "#d7dee8",
    "strong": "#ffffff",
    "muted": "#8d9aab",
    "faint": "#7f8b9a",
    "title": "#9fb4cc",
    "accent": "#6cb6ff",
    "good": "#6fc08b",
    "warn": "#e3b15b",
    "bad": "#f2777a",
    "cursor": "#24456b",
    "cursor-text": "#ffffff",
    "resting": "#232c38",
}
LIGHT = {
    "ground": "#fbfbfa",
    "panel": "#eef0f2",
    "edge": "#cfd5db",
    "text": "#1f2933",
    "strong": "#000000",
    "muted": "#56626f",
    "faint": "#606b77",
    "title": "#3b5570",
    "accent": "#0b5cad",
    "good": "#1c7440",
    "warn": "#8a5a00",
    "bad": "#b3261e",
    "cursor": "#cfe3f8",
    "cursor-text": "#000000",
    "resting": "#e4e8ec",
}
_TERMINAL = {
    "ground": "ansi_default",
    "panel": "ansi_default",
    "text": "ansi_default",
    "strong": "ansi_default",
    "title": "ansi_default",
    "bad": "ansi_red",
    "good": "ansi_green",
}
ANSI_DARK = {
    **_TERMINAL,
    "edge": "ansi_bright_black",
    "muted": "ansi_white",
    "faint": "ansi_white",
    "accent": "ansi_bright_cyan",
    "warn": "ansi_yellow",
    "bad": "ansi_bright_red",
    "cursor": "ansi_blue",
    "cursor-text": "ansi_bright_white",
    "resting": "ansi_bright_black",
}
ANSI_LIGHT = {
    **_TERMINAL,
    "edge": "ansi_white",
    "muted": "ansi_default",
    "faint": "ansi_bright_black",
    "accent": "ansi_blue",
    "warn": "ansi_magenta",
    "cursor": "ansi_blue",
    "cursor-text": "ansi_bright_white",
    "resting": "ansi_white",
}

THEMES: Mapping[str, Theme] = {
    "dark": _theme("dark", DARK, dark=True),
    "light": _theme("light", LIGHT, dark=False),
    "ansi-dark": _theme("ansi-dark", ANSI_DARK, dark=True, ansi=True),
    "ansi-light": _theme("ansi-light", ANSI_LIGHT, dark=False, ansi=True),
}
"""Themes by the name that `--theme` takes."""


def choose(name: str, environ: Mapping[str, str]) -> str:
    """Return the theme that a name stands for; `auto` asks what the terminal says of itself.

    Without colours, or with few of them, and over SSH, the terminal's own palette is used: it is
    the one that costs the fewest bytes. `COLORFGBG` tells light from dark where a terminal sets it.
    """
    if name in THEMES:
        return name
    shade = "light" if _is_light(environ.get("COLORFGBG", "")) else "dark"
    has_colours = environ.get("COLORTERM", "").casefold() in TRUECOLOR
    plain = "NO_COLOR" in environ or "SSH_TTY" in environ or not has_colours
    return f"ansi-{shade}" if plain else shade


def _is_light(hint: str) -> bool:
    ground = hint.rpartition(";")[2]
    return ground.isdigit() and int(ground) in {7, *range(9, 16)}
