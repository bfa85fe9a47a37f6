"""A place to try commands in: an emulated estate, a configuration that visits it, a store of its own."""

from __future__ import annotations

import sqlite3
import threading
import time
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from apiscape.cli.scanning import plan_sources
from apiscape.collect.report import ScanReport
from apiscape.collect.scan import Tools, scan
from apiscape.conclude.follow import conclude
from apiscape.demo.aws.wire.server import AwsServer
from apiscape.settings.load import load_settings
from apiscape.store import open_store
from tests.e2e.commands import Result, run_cli
from tests.e2e.estates import ACCOUNT, NORTH, WEST

HURRY = {
    family: {"rate_per_s": 1_000_000, "burst": 1_000_000}
    for family in (
        *("apigateway", "apigateway:GetResources", "lambda", "lambda-web", "apprunner", "wafv2"),
        *("bedrock-agentcore-control", "agent-registry-control"),
    )
}
"""Quotas that make nobody wait."""

OWN_TIMES = frozenset({"observed_at", "first_seen_at", "changed_at", "missing_since"})
"""Fields of a row that tell when a run was, not what it saw."""

Row = dict[str, Any]


class SetClock:
    """Stands at a time of day that the test sets; measures by the machine's."""

    def __init__(self, at: datetime) -> None:
        self.at = at

    def monotonic(self) -> float:
        return time.monotonic()

    def now(self) -> datetime:
        return self.at

    def sleep(self, seconds: float, until: threading.Event) -> None:
        until.wait(seconds)


class World:
    """An emulated account, its configuration and its store.

    Args:
        server: The emulated AWS.
        folder: Where configuration and store are.
        environment: Sets variables until the end of the test.
        account: Whose user is signed in.
    """

    def __init__(
        self,
        server: AwsServer,
        folder: Path,
        environment: pytest.MonkeyPatch,
        account: str = ACCOUNT,
    ) -> None:
        self.server = server
        self.store = str(folder / "inventory.db")
        self.config = folder / "config.yaml"
        self._environment = environment
        self._sign_in(account)
        environment.setenv("APISCAPE_CONFIG", str(self.config))
        self.use_store(self.store)
        self.configure()

    def _sign_in(self, account: str) -> None:
        for name, value in self.server.environment(account, WEST).items():
            self._environment.setenv(name, value)

    def use_store(self, address: str) -> None:
        """Go on with another store."""
        self._environment.setenv("APISCAPE_STORE", address)
        self.store = address

    def configure(self, **own: object) -> None:
        """Write the configuration: one source, which asks once and never waits."""
        source = {
            "name": "prod",
            "provider": "aws",
            "regions": [WEST, NORTH],
            "organization": False,
            "endpoint_url": self.server.url,
            "total_max_attempts": 1,
            "quotas": HURRY,
        }
        self.config.write_text(yaml.safe_dump({"sources": [source | own]}))

    # ── Commands ──

    def scan(self) -> Result:
        """Visit everything; the ledger as JSON."""
        return run_cli("scan", "--json")

    def visit(self, at: datetime) -> ScanReport:
        """Visit everything at a time of day that is not now."""
        settings = load_settings(self.config)
        clock = SetClock(at)
        with open_store(self.store, write=True, clock=clock.now) as store:
            report = scan(plan_sources(settings), store, tools=Tools(clock=clock))
            conclude(store, at)
        return report

    def rows(self, view: str = "") -> dict[str, Row]:
        """Return all that `export` says of each deployment of a view, by uid."""
        return {row["uid"]: row for row in run_cli("export", view).lines}

    def content(self, view: str = "") -> dict[str, Row]:
        """Return the rows of a view without the times of runs."""
        return {
            uid: {key: value for key, value in row.items() if key not in OWN_TIMES}
            for uid, row in self.rows(view).items()
        }

    def runs(self) -> dict[str, Row]:
        """Return the last run of each scope as `runs` has it, by scope."""
        return {run["scope"]: run for run in run_cli("runs", "--json").lines}

    def changes(self, view: str = "") -> list[Row]:
        """Return what `changes` says, without what was only concluded anew."""
        said = run_cli("changes", view, "--json", "--limit", "100000").lines
        return [change for change in said if change["kind"] != "concluded"]

    # ── The file itself ──

    @property
    def path(self) -> Path:
        """Where the store's file is."""
        return Path(self.store)

    def pages(self) -> int:
        """Return how many pages the store's file has."""
        with closing(sqlite3.connect(self.path)) as driver:
            return int(driver.execute("PRAGMA page_count").fetchone()[0])

    def check_file(self) -> None:
        """Fail if the store's file is not sound."""
        with closing(sqlite3.connect(self.path)) as driver:
            assert driver.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
            assert driver.execute("PRAGMA foreign_key_check").fetchall() == []


def scopes_in(result: Result) -> list[Row]:
    """Return the lines of a scan's ledger, as its JSON has them."""
    lines: list[Row] = result.document["scopes"]
    return lines
