"""`apiscape demo`: all of it on an emulated estate."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import click

from apiscape.cli.output import say, write
from apiscape.client.words import count
from apiscape.errors import Exit

if TYPE_CHECKING:
    from apiscape.collect.source import SourcePlan
    from apiscape.collect.tools import Tools
    from apiscape.conclude.follow import Rules
    from apiscape.store import Store

SCOPES_AT_ONCE = 4
"""The cluster, and one of each account."""


@click.command("demo")
@click.option("--plain", is_flag=True, help="Print ledger and inventory, also on a terminal.")
def command(*, plain: bool) -> int:
    """Start a fictional department's gateways on this machine, visit them, and show what is found.

    On a terminal it opens the UI, elsewhere it prints the ledger and the inventory. Everything but the
    gateways is real: the SDK, the collectors, the quotas, the store. Nothing leaves this machine, and
    nothing is kept.
    """
    from apiscape.cli.scanning import plan_sources
    from apiscape.demo.world import emulated_world, signed_in
    from apiscape.settings.document import Document
    from apiscape.settings.load import read_settings
    from apiscape.store import open_store

    show = print_all if plain or not (sys.stdin.isatty() and sys.stdout.isatty()) else open_ui
    with (
        tempfile.TemporaryDirectory(prefix="apiscape-demo-") as folder,
        emulated_world() as world,
        signed_in(world.environment),
        open_store(str(Path(folder) / "inventory.db"), write=True) as store,
    ):
        settings = read_settings(Document("demo", world.configuration), {})
        return show(plan_sources(settings), store)


def print_all(plans: tuple[SourcePlan, ...], store: Store) -> int:
    """Visit, then print the ledger and the inventory."""
    from apiscape.cli.commands.list import ORDER, print_rows, rows_of
    from apiscape.cli.progress import ProgressLine
    from apiscape.cli.scan_report import print_scan
    from apiscape.cli.scanning import scan_and_conclude
    from apiscape.collect.collected import collected_of
    from apiscape.query.syntax import EVERYTHING
    from apiscape.serve.local import LocalInventory

    seen = ProgressLine(sys.stderr)
    report = scan_and_conclude(plans, store, progress=seen, tools=demo_tools(), rules=demo_rules())
    seen.close()
    inventory = LocalInventory(store)
    collected = collected_of(report, seen.plans, seen.forecasts)
    print_scan("table", collected, inventory.summary(), whole=False)
    write("\n")
    print_rows("table", EVERYTHING, rows_of(inventory, ORDER).items)
    say(
        "The gaps above belong to the demo. Your own gateways: apiscape sources init, then apiscape scan"
    )
    return Exit.COMPLETE


def demo_tools() -> Tools:
    """Return what to visit with: the gateways share this process, so that visits side by side only delay each other."""
    from apiscape.collect.tools import Tools
    from apiscape.collect.visits import Limits

    return Tools(limits=Limits(scopes=SCOPES_AT_ONCE))


def demo_rules() -> Rules:
    """Return what the people of the department say of its APIs."""
    from apiscape.cli.scanning import overlay_of
    from apiscape.conclude.follow import Rules
    from apiscape.demo.overlay import FILE, TEXT
    from apiscape.settings.document import parse_document
    from apiscape.settings.overlay import read_entries

    return Rules(overlay=overlay_of(read_entries(parse_document(TEXT, FILE, list), FILE)))


def open_ui(plans: tuple[SourcePlan, ...], store: Store) -> int:
    """Open the UI at once, and visit behind its first frame."""
    from apiscape.cli.scanning import scan_and_conclude
    from apiscape.cli.screen import open_screen
    from apiscape.collect.progress import Silent
    from apiscape.serve.local import LocalInventory

    tools = demo_tools()

    def visit(scope: str | None) -> str:
        only = [scope] if scope else None
        report = scan_and_conclude(
            plans, store, progress=Silent(), only=only, tools=tools, rules=demo_rules()
        )
        return (
            f"{count(len(report.runs), 'scope')} visited, {len(report.incomplete)} not seen whole"
        )

    def start() -> None:
        visit(None)

    return open_screen(LocalInventory(store), origin="demo", rescan=visit, start=start)
