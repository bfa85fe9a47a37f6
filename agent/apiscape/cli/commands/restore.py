"""`apiscape restore`: the store as a backup has it."""

from __future__ import annotations

from pathlib import Path

import click

from apiscape.cli.options import Session, session_options
from apiscape.cli.output import say


@click.command("restore")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, exists=True))
@session_options(output=False)
def command(*, session: Session, file: Path) -> None:
    """Fill an empty store from the backup FILE. A store that holds something is never overwritten."""
    with session.store(write=True) as store:
        store.upkeep.restore(file)
    say(f"restored: {session.store_location()}")
