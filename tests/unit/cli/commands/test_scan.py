"""The scan command around a scan: what is planned, printed and exited with, and how it is told to stop."""

from __future__ import annotations

import json
import os
import signal
import threading
from pathlib import Path
from typing import Any

import pytest

from apiscape.cli import scanning, screen, stopping
from apiscape.cli.commands import demo
from apiscape.collect.clock import Stop
from apiscape.collect.report import ScanReport
from apiscape.collect.source import SourcePlan
from apiscape.settings.schema import Settings
from apiscape.store import open_store
from tests.unit.cli.conftest import Call
from tests.unit.cli.test_ledger import DENIED, a_run

Scanned = dict[str, Any]


@pytest.fixture
def scanned(monkeypatch: pytest.MonkeyPatch) -> Scanned:
    """Stand in for the scan: keep what it is asked, answer that one scope of two was denied."""
    asked: Scanned = {}

    def scan(sources: tuple[SourcePlan, ...], _store: object, **rest: object) -> ScanReport:
        asked.update(rest, names=[source.name for source in sources])
        return ScanReport(runs=(a_run(), a_run("eu-west-2", outcome="failed", error=DENIED)))

    monkeypatch.setattr(scanning, "scan", scan)
    return asked


def test_every_source_is_visited_and_the_exit_code_says_that_it_is_incomplete(
    call: Call, configured: Path, scanned: Scanned
) -> None:
    answer = call("scan")
    assert (answer.code, answer.err) == (2, "")
    assert answer.out.splitlines()[-1].startswith("Incomplete: 1 of 2 scopes")
    assert scanned["names"] == ["prod", "lab"]
    assert isinstance(scanned["stop"], Stop)


def test_history_that_is_too_old_is_dropped_after_what_was_seen_is_kept(
    call: Call, configured: Path, scanned: Scanned, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept: list[int] = []

    def drop(_store: object, settings: Settings) -> None:
        assert scanned["names"] == ["prod", "lab"]
        kept.append(settings.retention_days)

    monkeypatch.setattr(scanning, "drop_history", drop)
    configured.write_text(configured.read_text() + "retention_days: 9\n")
    assert call("scan").code == 2
    assert kept == [9]


def test_only_the_sources_that_are_named(call: Call, configured: Path, scanned: Scanned) -> None:
    assert len(call("scan", "--source", "lab", "-o", "name").out.split()) == 2
    assert scanned["names"] == ["lab"]


def test_a_source_that_is_not_configured(call: Call, configured: Path, scanned: Scanned) -> None:
    answer = call("scan", "--source", "prd")
    assert (answer.code, answer.out) == (3, "")
    assert answer.err == "apiscape: no source 'prd'\n  → did you mean prod?\n"
    assert scanned == {}


def test_the_same_as_data(call: Call, configured: Path, scanned: Scanned) -> None:
    document = json.loads(call("scan", "--json").out)
    assert [scope["outcome"] for scope in document["scopes"]] == ["complete", "failed"]
    assert document["scopes"][1]["next_step"] == "apiscape permissions prod"
    assert call("scan", "-o", "yaml").out.startswith("scopes:\n")


def test_nothing_can_be_scanned_without_a_source(call: Call) -> None:
    answer = call("scan")
    assert (answer.code, answer.out) == (3, "")
    assert answer.err == (
        "apiscape: no source is configured\n  → add one to the file that `apiscape sources path` names; "
        "`apiscape sources init` writes a first one\n"
    )


def test_the_ui_visits_a_scope_again_and_says_what_came_of_it(
    call: Call, configured: Path, filled: Path, scanned: Scanned, monkeypatch: pytest.MonkeyPatch
) -> None:
    handed: Scanned = {}

    def open_screen(_store: object, **rest: object) -> int:
        handed.update(rest)
        return 0

    monkeypatch.setattr(screen, "need_terminal", lambda: None)
    monkeypatch.setattr(screen, "open_screen", open_screen)
    assert call("tui").code == 0
    _, verdict = handed["rescan"]("lab/111122223333/eu-west-1/aws.apigateway.rest").splitlines()
    assert verdict.startswith("Incomplete: 1 of 2 scopes could not be seen whole.")
    assert (scanned["names"], scanned["only"]) == (
        ["lab"],
        ["lab/111122223333/eu-west-1/aws.apigateway.rest"],
    )
    handed["rescan"](None)
    assert (scanned["names"], scanned["only"]) == (["prod", "lab"], None)


def test_the_demo_opens_the_ui_at_once_and_visits_behind_it(
    tmp_path: Path, scanned: Scanned, monkeypatch: pytest.MonkeyPatch
) -> None:
    handed: Scanned = {}

    def open_screen(_store: object, **rest: object) -> int:
        handed.update(rest)
        return 0

    monkeypatch.setattr(screen, "open_screen", open_screen)
    with open_store(str(tmp_path / "s.db"), write=True) as store:
        assert demo.open_ui((), store) == 0
        handed["start"]()
        assert scanned["only"] is None
        tools = scanned["tools"]
        assert handed["rescan"]("a/b") == "2 scopes visited, 1 not seen whole"
    assert scanned["only"] == ["a/b"]
    assert tools.limits.scopes == demo.SCOPES_AT_ONCE
    assert scanned["tools"] is tools


@pytest.mark.parametrize("word", stopping.WORDS)
def test_a_signal_ends_it_in_order_and_its_old_meaning_returns(word: signal.Signals) -> None:
    before = signal.getsignal(word)
    with stopping.stop_on_signals() as stop:
        assert stop.error is None
        os.kill(os.getpid(), word)
        assert stop.error is not None
    assert signal.getsignal(word) is before


def test_another_thread_hears_no_signal() -> None:
    before = signal.getsignal(signal.SIGINT)
    inside: list[object] = []

    def work() -> None:
        with stopping.stop_on_signals():
            inside.append(signal.getsignal(signal.SIGINT))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert inside == [before]


def test_certificates_that_cannot_be_read_are_said_before_anything_is_visited(
    call: Call, configured: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", "/no/such.pem")
    answer = call("scan")
    assert answer.code == 3
    assert "/no/such.pem: cannot be read" in answer.err
    assert "`SSL_CERT_FILE` names a file of certificates in PEM" in answer.err
    monkeypatch.delenv("SSL_CERT_FILE")
    configured.write_text(configured.read_text() + "network: {ca_bundle: /no/other.pem}\n")
    answer = call("scan")
    assert (answer.code, "/no/other.pem: cannot be read" in answer.err) == (3, True)
