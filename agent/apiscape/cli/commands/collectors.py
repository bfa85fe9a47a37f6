"""`apiscape collectors`: what is installed."""

from __future__ import annotations

import click

from apiscape.cli.output import write_json_lines, write_table
from apiscape.cli.table import Column
from apiscape.collectors.contract import Collector
from apiscape.collectors.registry import find_collectors, load_collectors

COLUMNS = (
    Column("PRODUCT"),
    Column("TITLE", gives_way=True),
    Column("STABILITY"),
    Column("FROM", gives_way=True),
    Column("PERMISSIONS", gives_way=True),
)


@click.command("collectors")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def command(*, as_json: bool) -> None:
    """List the installed collectors, and say of each that cannot be loaded why."""
    shipped_by = {found.name: found.distribution or "?" for found in find_collectors()}
    records = [
        _record(product, loaded, shipped_by[product]) for product, loaded in load_collectors()
    ]
    if as_json:
        write_json_lines(records)
    else:
        write_table(COLUMNS, (record.values() for record in records))


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
