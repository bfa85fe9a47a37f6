"""`apiscape tui`: the terminal UI."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING

import click

from apiscape.cli.options import Session, asked, session_options
from apiscape.cli.views import ViewCommand, view_argument
from apiscape.errors import ApiscapeError, UsageError

if TYPE_CHECKING:
    from apiscape.client.address import Address
    from apiscape.client.inventory import Summary
    from apiscape.model.run import RunReport

FILE_S, DATABASE_S = 0.0, 10.0
"""How often it is looked who keeps an inventory: with every question for what changed, or more seldom."""

THEMES = ("auto", "dark", "light", "ansi-dark", "ansi-light")


@click.command("tui", cls=ViewCommand)
@view_argument
@click.option("--theme", type=click.Choice(THEMES), default="auto", show_default=True)
@session_options(output=False, asks=True)
def command(*, session: Session, view: str, theme: str) -> int:
    """Open the terminal UI, at VIEW. `r` in it visits the configured sources again."""
    from apiscape.cli.asking import is_kept, seldom
    from apiscape.cli.screen import Keeper, need_terminal, open_screen
    from apiscape.store import make_where_absent

    need_terminal()
    address = session.agent()
    if address is None:
        make_where_absent(session.store_location())  # the first screen says what to do
    in_database = address is None and session.store_location().startswith("postgres")
    every_s = DATABASE_S if in_database else FILE_S
    with session.inventory() as inventory:
        return open_screen(
            inventory,
            origin=address.url if address else session.shown_store(),
            rescan=lambda scope: _rescan(session, address, scope),
            keeper=Keeper(
                notice=seldom(partial(_notice, session, address), every_s),
                is_there=None
                if address
                else seldom(partial(is_kept, session.store_location()), every_s),
            ),
            view=view,
            theme=theme,
        )


def _notice(session: Session, address: Address | None) -> str | None:
    """Return what keeps the inventory from being up to date, if its agent says so.

    A configuration that is not taken, or sources that are paused.

    Whoever may not ask the agent, or finds none, is told nothing.
    """
    from apiscape.cli.asking import living_agent
    from apiscape.client.standing import place_of

    with suppress(ApiscapeError):
        agent = address or living_agent(session.store_location())
        if agent is None:
            return None
        with asked(agent) as inventory:
            standing = inventory.standing()
        if not standing.configuration.is_valid:
            place = place_of(standing.configuration)
            return f"configuration not taken: {place}: {standing.configuration.error}"
        if standing.schedule.paused:
            return f"not visited, for they are paused: {', '.join(standing.schedule.paused)}"
    return None


def _rescan(session: Session, address: Address | None, scope: str | None) -> str:
    """Visit the configured sources (or the one of a scope) again; return what came of it in a sentence."""
    from apiscape.cli.asking import living_agent

    agent = address or living_agent(session.store_location())
    return _rescan_by(agent, scope) if agent is not None else _rescan_here(session, scope)


def _rescan_by(address: Address, scope: str | None) -> str:
    """Let an agent visit."""
    from apiscape.cli.asking import collect_and_wait
    from apiscape.client.wire import CollectRequest

    request = CollectRequest(scopes=(scope,) if scope else ())
    with asked(address) as inventory:
        try:
            collected = collect_and_wait(inventory, request, told=lambda _state: None)
        except ApiscapeError as error:
            return f"{error.message}: {error.hint}" if error.hint else error.message
        summary = inventory.summary()
    return _sentence(collected.runs, collected.exit_code, summary)


def _rescan_here(session: Session, scope: str | None) -> str:
    from apiscape.cli.scanning import configured_rules, drop_history, scan_and_conclude
    from apiscape.collect.progress import Silent
    from apiscape.serve.local import LocalInventory

    settings = session.settings()
    try:
        plans = session.plans(settings, [scope.split("/")[0]] if scope else [])
    except UsageError as error:
        return f"{error.message}: {error.hint}" if error.hint else error.message
    with session.store(write=True) as store:
        report = scan_and_conclude(
            plans,
            store,
            progress=Silent(),
            only=[scope] if scope else None,
            rules=configured_rules(settings, session.config),
        )
        drop_history(store, settings)
        summary = LocalInventory(store).summary()
    return _sentence(report.runs, report.exit_code, summary)


def _sentence(runs: Sequence[RunReport], exit_code: int, summary: Summary) -> str:
    from apiscape.cli.ledger import totals_line, verdict
    from apiscape.collect.report import add_totals

    totals = add_totals(run.totals for run in runs)
    sums = totals_line(summary.deployments, summary.apis, totals, None)
    return f"{sums}\n{verdict(runs, exit_code)}"
