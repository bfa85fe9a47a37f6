"""`apiscape collectors`: what is installed."""

from __future__ import annotations

import click

from apiscape.cli.options import output_option
from apiscape.cli.output import write_records, write_table
from apiscape.cli.table import Column
from apiscape.collectors.contract import Collector
from apiscape.collectors.registry import find_collectors, load_collectors

COLUMNS = (
    Column("PRODUCT"),
    Column("TITLE", gives_way=True),
    Column("STABILITY"),
    Column("FROM", gives_way=True, leaves=1),
    Column("PERMISSIONS", gives_way=True),
)


@click.command("collectors")
@output_option
def command(*, output: str) -> None:
    """List the installed collectors, and say of each that cannot be loaded why."""
    shipped_by = {found.name: found.distribution or "?" for found in find_collectors()}
    records = [
        _record(product, loaded, shipped_by[product]) for product, loaded in load_collectors()
    ]
    if not write_records(output, records, (record["product"] for record in records)):
        write_table(COLUMNS, (record.values() for record in records), wide=output == "wide")


def _record(product: str, loaded: Collector | Exception, distribution: str) -> dict[str, str]:
    if isinstance(loaded, Exception):
        title, stability, actions = str(loaded), "unusable", {"?"}
    else:
        title, stability = loaded.title, loaded.stability
        actions = {permission.action for permission in loaded.permissions}
    return {
        "product": product,
        "title": title,
        "stability": stability,
        "distribution": distribution,
        "permissions": ", ".join(sorted(actions)),
    }
