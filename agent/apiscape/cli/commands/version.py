"""`apiscape version`."""

from __future__ import annotations

import platform
from importlib.metadata import version

import click

from apiscape.cli.output import write, write_json
from apiscape.collectors.contract import CONTRACT_VERSION


@click.command("version")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def command(*, as_json: bool) -> None:
    """Print the version of apiscape, of its collectors' contract, and of Python."""
    facts = {
        "apiscape": version("apiscape"),
        "contract": CONTRACT_VERSION,
        "python": platform.python_version(),
        "platform": platform.platform(),
    }
    if as_json:
        write_json(facts)
    else:
        write(
            f"apiscape {facts['apiscape']} (contract {facts['contract']}, Python {facts['python']})\n"
        )
