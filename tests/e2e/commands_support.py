"""The department, visited once for all commands that are tried on it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
import yaml

from apiscape.demo.world import emulated_world, signed_in
from tests.e2e.commands import Result, run_cli


class Department(msgspec.Struct, frozen=True):
    """Where its inventory is, and what the first visit printed.

    Attributes:
        environment: Variables that sign in to it, and that name configuration and store.
    """

    environment: dict[str, str]
    scan: Result


@contextmanager
def visited_department(folder: Path) -> Iterator[Department]:
    """Serve the department for the time of a `with`, visited once."""
    config, store = folder / "config.yaml", folder / "inventory.db"
    with emulated_world() as world:
        config.write_text(yaml.safe_dump(world.configuration), "utf-8")
        environment = world.environment | {
            "APISCAPE_CONFIG": str(config),
            "APISCAPE_STORE": str(store),
        }
        with signed_in(environment):
            scan = run_cli("scan")
        yield Department(environment, scan)
