from __future__ import annotations

from typing import Any

import pytest
from textual.binding import Binding
from textual.dom import DOMNode

from apiscape.tui import keys
from apiscape.tui.commands import COMMANDS
from apiscape.tui.options import Options
from apiscape.tui.pages.help import help_page
from tests.tui.driving import app_of, opened, press, view_of
from tests.tui.fake import fixed_clock
from tests.tui.shots import make_app

EVERY = [key for group in keys.ALL.values() for key in group]


def chords(key: keys.Key) -> list[str]:
    return key.keys.split(",")


@pytest.mark.parametrize("key", EVERY, ids=lambda key: key.id)
def test_no_key_is_one_that_terminals_eat(key: keys.Key) -> None:
    for chord in chords(key):
        assert chord not in keys.FORBIDDEN
        assert "alt" not in chord.split("+")
        assert not (chord.startswith("f") and chord[1:].isdigit())


def test_the_running_app_binds_no_forbidden_key_anywhere() -> None:
    from textual.widgets import Input

    from apiscape.tui.app import ROUTES, ApiscapeApp
    from apiscape.tui.screens.menu import Menu
    from apiscape.tui.widgets.grid import Grid
    from apiscape.tui.widgets.prompt import Field

    bound: set[str] = set()
    screens: list[Any] = [getattr(each, "func", each) for each in ROUTES.values()]
    kinds: list[type[DOMNode]] = [ApiscapeApp, Menu, Grid, Field, *screens]
    for kind in kinds:
        for each in kind._merge_bindings().key_to_bindings:
            bound.add(each)
    assert bound
    assert not bound & keys.FORBIDDEN
    assert "ctrl+a" in Input._merge_bindings().key_to_bindings  # what is left out was there


@pytest.mark.parametrize("group", keys.ALL)
def test_no_group_binds_a_key_twice(group: str) -> None:
    bound = [chord for key in keys.ALL[group] for chord in chords(key)]
    assert len(bound) == len(set(bound))


@pytest.mark.parametrize("screen", keys.PANES)
def test_keys_of_a_screen_do_not_hide_those_of_lists_or_of_everywhere(screen: str) -> None:
    here = {chord for key in keys.PANES[screen] for chord in chords(key)}
    below = {chord for key in (*keys.MOVE, *keys.GO) for chord in chords(key)}
    assert not here & below


def test_ids_name_one_action_each() -> None:
    actions: dict[str, set[str]] = {}
    for key in EVERY:
        actions.setdefault(key.id, set()).add(key.action)
    assert {name: found for name, found in actions.items() if len(found) > 1} == {}


@pytest.mark.parametrize("group", ["inventory", "scopes", "changes", "deployment", "scope", ""])
def test_help_lists_every_key_and_every_command(group: str) -> None:
    text = "\n".join(line.text for line in help_page(group, {}, 120))
    for key in EVERY:
        assert key.id in text
        assert key.summary in text
    for command in COMMANDS:
        assert f":{command.name}" in text


@pytest.mark.parametrize("width", [76, 166])
def test_help_cuts_nothing_of_a_key(width: int) -> None:
    lines = [line.text.rstrip() for line in help_page("inventory", {}, width)]
    for key in EVERY:
        named = [line for line in lines if line.endswith(f"  {key.id}")]
        assert any(f"{key.summary}  " in text for text in named)
        assert max(map(len, named)) <= width


def test_help_shows_keys_as_they_are_bound_now() -> None:
    text = "\n".join(line.text for line in help_page("inventory", {"view.facets": "F"}, 120))
    assert "  F " in text


def test_help_begins_with_the_keys_of_the_pane_that_asked() -> None:
    titles = [line.text for line in help_page("scopes", {}, 120) if line.text.startswith("Keys: ")]
    assert titles[0] == "Keys: Scopes"


def test_bindings_carry_their_ids() -> None:
    made = keys.bindings(keys.INVENTORY)
    assert all(isinstance(each, Binding) and each.id for each in made)


async def test_a_key_can_be_bound_anew() -> None:
    options = Options(poll_s=3600, clock=fixed_clock, keymap={"view.faulty": "x"})
    async with opened(make_app(options=options)) as pilot:
        await press(pilot, "exclamation_mark")
        assert view_of(pilot) == ""
        await press(pilot, "x")
        assert view_of(pilot) == "health:failing,degraded"
        assert "x faulty" in app_of(pilot).frame.query_one("#keys").text  # type: ignore[attr-defined]
