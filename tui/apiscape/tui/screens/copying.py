"""Taking something away from the screen: a name, an address, a row, the console's address."""

from __future__ import annotations

import os
from typing import Any

from textual.screen import Screen

from apiscape.client.inventory import Inventory
from apiscape.errors import ApiscapeError
from apiscape.model.codec import plain_json
from apiscape.model.plain import plain
from apiscape.model.row import Row
from apiscape.model.values import is_known
from apiscape.tui import clipboard
from apiscape.tui.neutralise import neutralise
from apiscape.tui.screens.menu import Choice, Menu, ask
from apiscape.tui.threads import tell


def offer_copies(screen: Screen[Any], row: Row) -> None:
    """Ask what to copy of a row, and copy it."""
    lacking = "– it has none" if is_known(row.endpoints) else "? nobody could look"
    texts = copies(row)

    def take(name: str | None) -> None:
        text = texts[name] if name else None
        if text:
            put(screen, text)
        elif name:
            screen.notify(f"No {name} to copy: {lacking}.", markup=False)

    choices = [Choice(name, name, text or lacking) for name, text in texts.items()]
    ask(screen.app, Menu("copy", choices), take)


def put(screen: Screen[Any], text: str) -> None:
    """Copy a text and say where it went."""
    done = clipboard.copy(text, os.environ, screen.app.copy_to_clipboard)
    screen.notify(neutralise(done), markup=False)


def show_console(screen: Screen[Any], inventory: Inventory, uid: str) -> None:
    """Ask for the address of the provider's console, in a thread, and show it."""

    def show(name: str, url: str | None) -> None:
        if not url:
            screen.notify("The collector gives no console address for it.", markup=False)
            return
        choice = Choice(url, url, "enter copies it")
        ask(
            screen.app,
            Menu(f"console · {name}", [choice]),
            lambda taken: put(screen, taken) if taken else None,
        )

    def say(words: str) -> None:
        screen.notify(words, markup=False)

    def fetch() -> None:
        try:
            detail = inventory.detail(uid)
        except ApiscapeError as error:
            tell(screen, say, neutralise(error.message))
            return
        tell(screen, show, detail.row.name, detail.deployment.native_url)

    screen.run_worker(fetch, thread=True, group="console", exclusive=True)


def copies(row: Row) -> dict[str, str | None]:
    """Return what can be copied of a row, by name; `None` for what it does not have.

    What a terminal would obey is taken out: a name from a stranger may be pasted into a shell.
    """
    address = row.endpoints[0] if isinstance(row.endpoints, tuple) and row.endpoints else None
    return {
        "name": plain(row.name),
        "url": plain(address) if address else None,
        "native id": plain(row.native_id),
        "uid": row.uid,
        "curl": f"curl -sS {quoted(plain(address))}" if address else None,
        "command": f"apiscape show {row.uid}",
        "json": plain_json(row),
    }


def quoted(text: str) -> str:
    """Return a text that a shell takes as one word."""
    return "'" + text.replace("'", "'\\''") + "'"
