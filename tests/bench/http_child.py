"""An agent's API over a store, for the bench: `python -m tests.bench.http_child STORE`."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from apiscape.serve.http.limits import Limits
from apiscape.serve.local import LocalInventory
from apiscape.store import open_store
from tests.unit.serve.http.harness import serving


def main(path: Path) -> None:
    """Serve until standard input ends."""
    with (
        open_store(str(path), write=False) as store,
        serving(LocalInventory(store), path.parent, limits=Limits()) as doors,
    ):
        sys.stdout.write(json.dumps([doors.unix, doors.url]) + "\n")
        sys.stdout.flush()
        sys.stdin.read()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
