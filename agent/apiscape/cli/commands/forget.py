"""`apiscape forget`: drop a retired deployment from every view."""

from __future__ import annotations

import click

from apiscape.cli.completion import complete_deployment
from apiscape.cli.options import Session, by_option, session_options
from apiscape.cli.output import say, write_record
from apiscape.model.plain import plain


@click.command("forget")
@click.argument("deployment", shell_complete=complete_deployment)
@by_option
@session_options(asks=True)
def command(*, session: Session, deployment: str, by: str) -> None:
    """Drop DEPLOYMENT (uid or name) from every view. Only a retired one; its history stays."""
    with session.inventory(write=True) as inventory:
        detail = inventory.detail(deployment)
        inventory.forget(detail.row.uid, by=by)
    name, uid = detail.row.name, detail.row.uid
    write_record(session.output, {"uid": uid, "name": name, "by": by}, name)
    say(f"forgotten: {plain(name)} ({uid})")
