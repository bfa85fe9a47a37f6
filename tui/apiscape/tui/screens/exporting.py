"""Writing rows to a file, with the writers of `apiscape export`; no file is ever overwritten."""

from __future__ import annotations

import os
from collections.abc import Iterator
from functools import partial
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, TextIO

from apiscape.client import words
from apiscape.model.row import Row
from apiscape.tui.neutralise import neutralise
from apiscape.tui.screens.menu import Choice, Menu, ask
from apiscape.tui.threads import tell

if TYPE_CHECKING:
    from apiscape.tui.screens.inventory import InventoryScreen

FORMATS = {
    "csv": "every field, a row each; a spreadsheet computes none of it",
    "json": "every field, one array",
    "jsonl": "every field, an object a line",
    "md": "a Markdown table of what a person reads",
}
"""Formats by the names of their writers, with what they are."""

OWNER_ONLY = 0o600


class Picked(NamedTuple):
    """What is exported: how many rows, as they were when it was asked for, and what is not among them."""

    what: str
    rows: Iterator[Row]
    missed: str = ""


def offer_export(screen: InventoryScreen) -> None:
    """Ask for a format, and write the marked rows, or else all that are shown."""
    if not screen.grid.marked and not screen.listing.found.rows:
        screen.notify("No row is shown, so there is nothing to export.", markup=False)
        return
    choices = [Choice(name, name, note) for name, note in FORMATS.items()]

    def take(form: str | None) -> None:
        if form:
            stem = f"apiscape-{screen.session.now().astimezone():%Y-%m-%d-%H%M}"
            folder = screen.session.options.export_folder or Path.cwd()
            work = partial(_export, screen, pick(screen), form, folder / f"{stem}.{form}")
            screen.run_worker(work, thread=True, group="export")

    ask(screen.app, Menu(f"export {pick(screen).what}", choices), take)


def pick(screen: InventoryScreen) -> Picked:
    """Return the marked rows, wherever they are now, or else the rows of the view."""
    listing, marked = screen.listing, screen.grid.marked
    if not marked:
        missed = (
            f"{listing.found.left_out:,} more were not fetched: apiscape export writes them too."
            if listing.found.left_out
            else ""
        )
        what = f"{words.count(len(listing.found.rows), 'deployment')} shown"
        return Picked(what, listing.store.copied(listing.found.rows), missed)
    here = [listing.store.row_of[uid] for uid in marked if uid in listing.store.row_of]
    elsewhere = marked - listing.store.row_of.keys()
    store = screen.session.store
    others = [store.row_of[uid] for uid in elsewhere if uid in store.row_of]
    lost = len(elsewhere) - len(others)
    missed = f"{words.count(lost, 'marked row')} no longer there." if lost else ""
    rows = chain(listing.store.copied(sorted(here)), store.copied(sorted(others)))
    return Picked(f"{words.count(len(marked), 'deployment')} marked", rows, missed)


def _export(screen: InventoryScreen, picked: Picked, form: str, path: Path) -> None:
    try:
        done = write_new(picked.rows, form, path)
    except OSError as error:
        text = f"Not exported: {error.strerror or error}: {error.filename or path}"
        tell(screen, partial(screen.notify, severity="error", markup=False), neutralise(text))
        return
    unseen = len(screen.session.summary.incomplete)
    warning = f"{words.count(unseen, 'scope')} not seen whole: :scopes" if unseen else ""
    text = " ".join(filter(None, [done, picked.missed, warning]))
    tell(screen, partial(screen.notify, timeout=12, markup=False), neutralise(text))


def write_new(rows: Iterator[Row], form: str, path: Path) -> str:
    """Write rows to a new file, of this name or the next that is free; return what was written where.

    Raises:
        OSError: it cannot be written; nothing of it stays.
    """
    from apiscape.report.rows import FORMATS as WRITERS

    with _create(path) as stream:
        written_to = Path(stream.name)
        try:
            number = WRITERS[form](rows, stream)
            stream.flush()
        except OSError:
            written_to.unlink(missing_ok=True)
            raise
    return f"{words.count(number, 'deployment')} written to {written_to}"


def _create(path: Path) -> TextIO:
    fresh, number = path, 1
    while True:
        try:
            return open(fresh, "x", encoding="utf-8", newline="", opener=_owner_only)
        except FileExistsError:
            number += 1
            fresh = path.with_stem(f"{path.stem}-{number}")


def _owner_only(path: str, flags: int) -> int:
    return os.open(path, flags, OWNER_ONLY)
