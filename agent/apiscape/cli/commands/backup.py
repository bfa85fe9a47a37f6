"""`apiscape backup`: a copy of the store, while it is in use."""

from __future__ import annotations

from pathlib import Path

import click

from apiscape.cli.options import Session, session_options
from apiscape.cli.output import say, write_record


@click.command("backup")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@session_options()
def command(*, session: Session, file: Path) -> None:
    """Write a backup of the store to FILE; `apiscape restore` reads it, into SQLite or PostgreSQL."""
    session.say_here()
    with session.store() as store:
        store.upkeep.backup(file)
    size_bytes, store_url = file.stat().st_size, session.shown_store()
    record = {"file": str(file), "size_bytes": size_bytes, "store": store_url}
    write_record(session.output, record, str(file))
    say(f"backup written: {file} ({size_bytes:,} bytes, of {store_url})")
