"""`apiscape collectors`: what is installed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click

from apiscape.cli.options import config_option, output_option
from apiscape.cli.output import say, write_records, write_table
from apiscape.cli.table import Column
from apiscape.collectors.contract import Collector
from apiscape.collectors.registry import (
    OURS,
    Found,
    PlugInError,
    find_collectors,
    load_collectors,
    products_of,
)
from apiscape.settings.load import load_settings
from apiscape.settings.schema import Settings

COLUMNS = (
    Column("PRODUCT"),
    Column("TITLE", gives_way=True),
    Column("STABILITY"),
    Column("FROM", gives_way=True, leaves=1),
    Column("PERMISSIONS", gives_way=True),
)
NOT_LOADED = "not loaded"
UNTOLD = "?"


@click.command("collectors")
@config_option
@output_option
def command(*, config: Path | None, output: str) -> None:
    """List the installed collectors, and say of each that cannot be loaded why.

    One that another package added is loaded only where a source chose it: by its product, or by its provider
    where both came together.
    """
    records = list(_records(load_settings(config)))
    if not write_records(output, records, (record["product"] for record in records)):
        write_table(COLUMNS, (record.values() for record in records), wide=output == "wide")
        left = [record["product"] for record in records if record["stability"] == NOT_LOADED]
        if left:
            say(f"not loaded, for no source chose them: {', '.join(left)}")


def _records(settings: Settings) -> Iterator[dict[str, str]]:
    """Yield a record for each collector; one whose name is another's already is never loaded."""
    chosen = _chosen(settings)
    seen: set[str] = set()
    for found in find_collectors():
        if found.name in seen:
            yield _untold(found, f"{found.name} is another package's")
        elif found.distribution == OURS or found.name in chosen:
            [(_, loaded)] = load_collectors([found.name])
            yield _record(found, loaded)
        else:
            yield _untold(found, UNTOLD)
        seen.add(found.name)


def _chosen(settings: Settings) -> frozenset[str]:
    """Return the products that sources name, or have with their provider."""
    return frozenset(
        product
        for source in settings.sources
        for product in source.products or products_of(source.provider)
    )


def _record(found: Found, loaded: Collector | PlugInError) -> dict[str, str]:
    if isinstance(loaded, PlugInError):
        return _untold(found, str(loaded)) | {"stability": "unusable"}
    actions = {permission.action for permission in loaded.permissions}
    return {
        "product": found.name,
        "title": loaded.title,
        "stability": loaded.stability,
        "distribution": found.distribution or UNTOLD,
        "permissions": ", ".join(sorted(actions)),
    }


def _untold(found: Found, title: str) -> dict[str, str]:
    return {
        "product": found.name,
        "title": title,
        "stability": NOT_LOADED,
        "distribution": found.distribution or UNTOLD,
        "permissions": UNTOLD,
    }
