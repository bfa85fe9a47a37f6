"""`apiscape version`."""

from __future__ import annotations

import platform
from importlib.metadata import version

import click

from apiscape.cli.options import output_option
from apiscape.cli.output import write, write_record
from apiscape.collectors.contract import CONTRACT_VERSION


@click.command("version")
@output_option
def command(*, output: str) -> None:
    """Print the version of apiscape, of its collectors' contract, and of Python."""
    facts = {
        "apiscape": version("apiscape"),
        "contract": CONTRACT_VERSION,
        "python": platform.python_version(),
        "platform": platform.platform(),
    }
    if not write_record(output, facts, version("apiscape")):
        write(
            f"apiscape {facts['apiscape']} (contract {facts['contract']}, Python {facts['python']})\n"
        )
