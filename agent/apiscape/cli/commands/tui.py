"""`apiscape tui`: the terminal UI."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import click

from apiscape.cli.options import Session, session_options
from apiscape.cli.views import ViewCommand, view_argument
from apiscape.errors import UsageError

THEMES = ("auto", "dark", "light", "ansi-dark", "ansi-light")


@click.command("tui", cls=ViewCommand)
@view_argument
@click.option("--theme", type=click.Choice(THEMES), default="auto", show_default=True)
@session_options(output=False)
def command(*, session: Session, view: str, theme: str) -> int:
    """Open the terminal UI, at VIEW. `r` in it visits the configured sources again."""
    from apiscape.cli.screen import need_terminal, open_screen

    need_terminal()
    location = session.store_location()
    if "://" not in location and not Path(location).exists():
        _make_empty(session)
    with session.store() as store:
        return open_screen(
            store,
            origin=location,
            rescan=lambda scope: _rescan(session, scope),
            view=view,
            theme=theme,
        )


def _make_empty(session: Session) -> None:
    """Make an empty store, so that the first screen can say what to do."""
    with session.store(write=True):
        pass


def _rescan(session: Session, scope: str | None) -> str:
    """Visit the configured sources (or the one of a scope) again; return what came of it in a sentence."""
    from apiscape.cli.ledger import totals_line, verdict_line
    from apiscape.cli.scanning import plan_sources, scan_and_conclude
    from apiscape.collect.progress import Silent
    from apiscape.serve.local import LocalInventory

    settings = session.settings()
    try:
        plans = plan_sources(settings, [scope.split("/")[0]] if scope else [])
    except UsageError as error:
        return f"{error.message}: {error.hint}" if error.hint else error.message
    with session.store(write=True) as store:
        report = scan_and_conclude(
            plans,
            store,
            progress=Silent(),
            only=[scope] if scope else None,
            keep=timedelta(days=settings.retention_days),
        )
        summary = LocalInventory(store).summary()
    verdict = verdict_line(report.runs, report.exit_code)
    return f"{verdict} {totals_line(summary.deployments, summary.apis, report.totals, None)}"
