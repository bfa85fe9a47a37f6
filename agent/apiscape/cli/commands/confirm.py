"""`apiscape confirm`: losses held by the mass-loss guard are real."""

from __future__ import annotations

import click

from apiscape.cli.completion import complete_scope
from apiscape.cli.options import Session, by_option, session_options
from apiscape.cli.output import say, write_record
from apiscape.client.words import count


@click.command("confirm")
@click.argument("scope", shell_complete=complete_scope)
@by_option
@session_options(asks=True)
def command(*, session: Session, scope: str, by: str) -> None:
    """Say that the suspect losses of SCOPE are real: its suspect rows are retired.

    A visit that would lose more than 30 % and at least 10 rows of a listing keeps them as suspect,
    for a listing that was silently narrowed looks the same. `apiscape runs` names such scopes.
    """
    with session.inventory(write=True) as inventory:
        retired = inventory.confirm(scope, by=by)
    write_record(session.output, {"scope": scope, "retired": retired, "by": by}, scope)
    if retired:
        say(f"{count(retired, 'deployment')} retired, confirmed by {by}")
    else:
        say(f"No loss is held as suspect in {scope}: nothing to confirm.")
