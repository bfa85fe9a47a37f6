"""`apiscape forget`: drop a retired deployment from every view."""

from __future__ import annotations

import click

from apiscape.cli.options import Session, by_option, session_options
from apiscape.cli.output import say
from apiscape.model.plain import plain


@click.command("forget")
@click.argument("deployment")
@by_option
@session_options(output=False, asks=True)
def command(*, session: Session, deployment: str, by: str) -> None:
    """Drop DEPLOYMENT (uid or name) from every view. Only a retired one; its history stays."""
    with session.inventory(write=True) as inventory:
        detail = inventory.detail(deployment)
        inventory.forget(detail.row.uid, by=by)
    say(f"forgotten: {plain(detail.row.name)} ({detail.row.uid})")
