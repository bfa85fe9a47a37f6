"""`apiscape restore`: the store as a backup has it."""

from __future__ import annotations

from pathlib import Path

import click

from apiscape.cli.options import Session, session_options
from apiscape.cli.output import say, write_record
from apiscape.client.words import count
from apiscape.errors import UsageError


@click.command("restore")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, exists=True))
@session_options()
def command(*, session: Session, file: Path) -> None:
    """Fill an empty store from the backup FILE. A store that holds something is never overwritten."""
    from apiscape.serve.local import LocalInventory

    session.say_here()
    with session.store(write=True) as store:
        held = LocalInventory(store).scopes()
        if held:
            raise UsageError(
                f"the store holds {count(len(held), 'scope')}: it is not overwritten",
                hint="--store NEW restores beside it; to replace it, back it up and move it away first",
            )
        store.upkeep.restore(file)
    store_url = session.shown_store()
    write_record(session.output, {"file": str(file), "store": store_url}, store_url)
    say(f"restored: {store_url}")
