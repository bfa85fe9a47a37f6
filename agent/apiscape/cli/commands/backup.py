"""`apiscape backup`: a copy of the store, while it is in use."""

from __future__ import annotations

from pathlib import Path

import click

from apiscape.cli.options import Session, session_options
from apiscape.cli.output import say


@click.command("backup")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@session_options(output=False)
def command(*, session: Session, file: Path) -> None:
    """Write a backup of the store to FILE; `apiscape restore` reads it, into SQLite or PostgreSQL."""
    with session.store() as store:
        store.upkeep.backup(file)
    size = f"{file.stat().st_size:,} bytes"
    say(f"backup written: {file} ({size}, of {session.shown_store()})")
