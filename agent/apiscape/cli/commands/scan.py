"""`apiscape scan`: one visit of every scope; prints the ledger."""

from __future__ import annotations

import sys
from datetime import timedelta

import click

from apiscape.cli.completion import complete_source
from apiscape.cli.options import Session, session_options
from apiscape.cli.output import write, write_json, write_yaml
from apiscape.cli.table import output_width


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
@session_options()
def command(*, session: Session, names: tuple[str, ...], whole: bool) -> int:
    """Visit every scope of the configured sources once, and print the ledger.

    Exits with 0 only if every scope was seen whole, or somebody answers for the gap; with 2 otherwise.
    Nothing is ever retired because a listing failed. Ctrl-C and SIGTERM end it early: what was seen
    until then is kept, and what was not is said. History older than `retention_days` is dropped.
    """
    from apiscape.cli.progress import ProgressLine
    from apiscape.cli.scan_report import scan_lines, scan_record
    from apiscape.cli.scanning import plan_sources, scan_and_conclude
    from apiscape.cli.stopping import stop_on_signals
    from apiscape.serve.local import LocalInventory

    settings = session.settings()
    plans = plan_sources(settings, names)
    keep = timedelta(days=settings.retention_days)
    seen = ProgressLine(sys.stderr)
    with stop_on_signals() as stop, session.store(write=True) as store:
        try:
            report = scan_and_conclude(plans, store, progress=seen, stop=stop, keep=keep)
        finally:
            seen.close()
        summary = LocalInventory(store).summary()
    if session.output == "json":
        write_json(scan_record(report, seen, summary))
    elif session.output == "yaml":
        write_yaml(scan_record(report, seen, summary))
    elif session.output == "name":
        write("".join(f"{run.scope.key}\n" for run in report.runs))
    else:
        lines = scan_lines(
            report, seen, summary, width=output_width(), whole=whole or session.output == "wide"
        )
        write("".join(f"{line}\n" for line in lines))
    return report.exit_code
