"""`apiscape scan`: one visit of every scope; prints the ledger."""

from __future__ import annotations

import gc
import sys
from typing import TYPE_CHECKING

import click

from apiscape.cli.completion import complete_source
from apiscape.cli.options import Session, session_options
from apiscape.cli.output import say

if TYPE_CHECKING:
    from apiscape.client.address import Address


@click.command("scan")
@click.option(
    "--source",
    "names",
    multiple=True,
    metavar="NAME",
    shell_complete=complete_source,
    help="Only this source.",
)
@click.option("--all", "whole", is_flag=True, help="A line for every scope, however many.")
@session_options(asks=True)
def command(*, session: Session, names: tuple[str, ...], whole: bool) -> int:
    """Visit every scope of the configured sources once, and print the ledger.

    Exits with 0 only if every scope was seen whole, or somebody answers for the gap; with 2 otherwise.
    Nothing is ever retired because a listing failed. Ctrl-C and SIGTERM end it early: what was seen
    until then is kept, and what was not is said. History older than `retention_days` is dropped.
    Where an agent has the store, it visits, and the same ledger is printed.
    """
    from apiscape.cli.asking import living_agent

    address = session.agent() or living_agent(session.store_location())
    if address is not None:
        return _scan_by(address, session, names, whole=whole)
    return scan_here(session, names, whole=whole)


def scan_here(session: Session, names: tuple[str, ...], *, whole: bool) -> int:
    """Visit from this process, and print the ledger."""
    from apiscape.cli.progress import ProgressLine
    from apiscape.cli.scan_report import print_scan
    from apiscape.cli.scanning import configured_rules, drop_history, scan_and_conclude
    from apiscape.cli.stopping import stop_on_signals
    from apiscape.collect.collected import collected_of
    from apiscape.collect.memory import keep_within
    from apiscape.serve.local import LocalInventory

    gc.freeze()  # what was imported stays: looking for garbage in it would take as long as concluding does
    settings = session.settings()
    keep_within(settings.agent.memory_limit_mb)
    plans = session.plans(settings, names)
    rules = configured_rules(settings, session.config)
    seen = ProgressLine(sys.stderr)
    with stop_on_signals() as stop, session.store(write=True) as store:
        agent = store.other_agent()
        if agent is not None:
            say(f"{agent} visits it too; --url names an agent that is to do it alone")
        try:
            report = scan_and_conclude(plans, store, progress=seen, stop=stop, rules=rules)
            drop_history(store, settings)
        finally:
            seen.close()
        summary = LocalInventory(store).summary()
    collected = collected_of(report, seen.plans, seen.forecasts)
    print_scan(session.output, collected, summary, whole=whole)
    return report.exit_code


def _scan_by(address: Address, session: Session, names: tuple[str, ...], *, whole: bool) -> int:
    """Let an agent visit, and print the ledger that a scan here would print."""
    from apiscape.cli.asking import collect_and_wait, say_who
    from apiscape.cli.options import asked
    from apiscape.cli.progress import RemoteLine
    from apiscape.cli.scan_report import print_scan
    from apiscape.client.wire import CollectRequest

    say_who(address)
    line = RemoteLine(sys.stderr)
    with asked(address) as inventory:
        try:
            request = CollectRequest(sources=names)
            collected = collect_and_wait(inventory, request, told=line.show)
        except KeyboardInterrupt:
            line.close()
            say("The agent goes on without you: `apiscape runs` shows what comes of it.")
            raise
        finally:
            line.close()
        summary = inventory.summary()
    print_scan(session.output, collected, summary, whole=whole)
    return collected.exit_code
