"""The entry point: `--help` at once, everything else through lazily loaded commands."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from apiscape.cli.catalogue import help_text

HELP = (["--help"], ["-h"], ["help"])
COMPLETING = "_APISCAPE_COMPLETE"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command line and return its exit code; the console script exits with it."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    if given in HELP and COMPLETING not in os.environ:
        sys.stdout.write(help_text())
        return 0
    from apiscape.cli.group import run

    return run(given or ["tui"])
