"""The agent's command: what options say beside the configuration, what is refused, and one round of visits."""

from __future__ import annotations

import json
import socket
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from apiscape.cli import scanning
from apiscape.cli.commands.agent import _place, _run, _within, chosen, load_configured
from apiscape.cli.options import Session
from apiscape.cli.scanning import RAISE_BY, health_policy
from apiscape.collect import memory
from apiscape.collect.memory import MEBIBYTE
from apiscape.collectors.apart.readers import Readers
from apiscape.daemon import logs
from apiscape.daemon.process import Place
from apiscape.daemon.redacting import Redactor
from apiscape.errors import SettingsError, UsageError
from apiscape.health.policy import Override
from apiscape.model.provenance import Confirmation
from apiscape.serve.http.listen import Address, Listen, socket_path
from apiscape.serve.http.tokens import Tokens, token_path
from apiscape.settings.paths import default_store
from apiscape.settings.schema import (
    Agent,
    Certificate,
    HealthLimits,
    Measuring,
    Probes,
    Settings,
    Source,
)
from apiscape.store import open_store
from tests.unit.cli.commands.test_scan import Scanned, scanned
from tests.unit.cli.conftest import Call

__all__ = ["scanned"]

NOTHING: dict[str, Any] = {
    "listen": None,
    "probe_listen": None,
    "socket": None,
    "tls_certificate": None,
    "tls_key": None,
    "behind_proxy": None,
    "hosts": (),
    "tokens": None,
    "log_format": None,
}


def test_options_go_before_the_configuration() -> None:
    configured = Agent(listen=":1", log_format="json", hosts=("a",))
    assert chosen(configured, dict(NOTHING)) == configured
    given = NOTHING | {"listen": ":2", "tls_certificate": Path("c"), "tls_key": Path("k")}
    asked = chosen(configured, given | {"tokens": Path("t")})
    assert (asked.listen, asked.log_format, asked.tokens) == (":2", "json", "t")
    assert asked.tls == Certificate(certificate="c", key="k")


def test_a_certificate_without_its_key_is_refused() -> None:
    with pytest.raises(UsageError, match="go together"):
        chosen(Agent(), NOTHING | {"tls_key": Path("k")})


def test_doors_and_readers_keep_within_the_memory_that_there_is(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    own = Readers()
    monkeypatch.setattr(memory, "READERS", own)
    asked = Agent(memory_limit_mb=512)
    place = _within(Place(listen=Listen(), tokens=Tokens()), asked)
    assert place.shares.limit_bytes == 512 * MEBIBYTE
    limits = place.limits
    assert (limits.kept_bytes, limits.sent_bytes) == (32 * MEBIBYTE, 64 * MEBIBYTE)
    assert limits.buffered_bytes == 8 * MEBIBYTE
    assert (own.limits.readers, own.limits.memory_bytes) == (1, 128 * MEBIBYTE)


def test_once_is_a_scan(call: Call, configured: Path, scanned: Scanned) -> None:
    answer = call("agent", "--once", "--json")
    assert answer.code == 2
    assert json.loads(answer.out)["exit"] == 2
    assert scanned["names"] == ["prod", "lab"]


@pytest.mark.parametrize(
    ("words", "message", "hint"),
    [
        (("--once", "--listen", ":1"), "--once opens no door", "leave out --once"),
        (("--once", "--host", "a"), "--once opens no door", "leave out --once"),
        (("--once", "--log-format", "json"), "writes no log", "leave out --once"),
        (("--json",), "how --once prints", "--log-format json"),
        (("-o", "wide"), "how --once prints", "--log-format json"),
    ],
)
def test_options_that_would_say_nothing_are_refused(
    call: Call, configured: Path, words: tuple[str, ...], message: str, hint: str
) -> None:
    answer = call("agent", *words)
    assert (answer.code, answer.out) == (3, "")
    assert message in answer.err
    assert f"→ {hint}" in answer.err


def test_one_that_cannot_open_its_door_leaves_no_token(call: Call, configured: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        answer = call("agent", "--listen", f":{taken.getsockname()[1]}")
    assert answer.code == 3
    assert "cannot listen at" in answer.err
    assert not token_path(default_store()).exists()


def test_without_a_source_it_does_not_start(call: Call, own_home: Path) -> None:
    answer = call("agent")
    assert (answer.code, answer.out) == (3, "")
    assert "no source is configured" in answer.err


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        (Agent(listen="0.0.0.0:8080"), "nothing encrypts"),
        (Agent(listen="here"), "not an address"),
        (Agent(probe_listen="here"), "not an address"),
    ],
)
def test_doors_that_may_not_be_opened_are_refused(
    own_home: Path, tmp_path: Path, asked: Agent, message: str
) -> None:
    with (
        open_store(str(tmp_path / "s.db"), write=True) as store,
        pytest.raises(UsageError, match=message),
    ):
        _place(Session(), store, asked)


def test_doors_are_where_they_are_asked_for_and_a_token_lies_beside_the_store(
    own_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "s.db"
    with open_store(str(file), write=True) as store:
        quiet = _place(Session(), store, Agent())
        assert (quiet.listen.socket, quiet.listen.api, quiet.token) == (
            socket_path(file),
            None,
            None,
        )
        assert not token_path(file).exists()
        monkeypatch.setenv("APISCAPE_TOKEN", "told-by-the-environment")
        asked = Agent(listen=":0", probe_listen=":9", socket=str(tmp_path / "x.sock"))
        place = _place(Session(config=tmp_path / "c.yaml"), store, asked)
    assert place.token == token_path(file)
    assert token_path(file).stat().st_mode & 0o777 == 0o600
    for token in ("told-by-the-environment", token_path(file).read_text()):
        assert place.tokens.find(token) is not None
    assert place.tokens.find("another") is None
    assert place.listen.socket == tmp_path / "x.sock"
    assert place.listen.probe == Address(host="127.0.0.1", port=9)
    assert place.config == tmp_path / "c.yaml"


def test_a_password_in_the_stores_address_is_known_as_a_secret(
    configured: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    known: list[str] = []

    def take(redactor: Redactor, **_more: object) -> None:
        known.append(redactor.hide("p%40ss-word p@ss-word"))
        raise UsageError("far enough")

    monkeypatch.setattr(logs, "set_up", take)
    for address in ("postgresql://a:p%40ss-word@h/n", "postgresql://[::1/n", "/x.db"):
        with pytest.raises(UsageError, match="far enough"):
            _run(Session(store_url=address), dict(NOTHING))
    assert known == ["*** ***", *["p%40ss-word p@ss-word"] * 2]


def test_the_configuration_is_read_anew_every_time(configured: Path) -> None:
    load = load_configured(Session())
    assert [source.name for source in load().sources] == ["prod", "lab"]
    text = configured.read_text()
    probing = "probes: {view: 'provider:aws'}\nretention_days: 7\n"
    configured.write_text(text + probing)
    read = load()
    assert read.probes == Probes(view="provider:aws")
    assert read.keep.days == 7
    configured.write_text(text + "bogus: 1\n")
    with pytest.raises(SettingsError):
        load()


def test_the_way_out_is_read_with_it_and_a_bundle_that_cannot_be_read_is_said_at_once(
    configured: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://agent:pass-word@proxy.example:3128")
    load = load_configured(Session())
    text = configured.read_text()
    configured.write_text(text + "network: {proxy: 'http://proxy.example:3128'}\n")
    proxy = load().ways.to("https://api.example").proxy
    assert proxy is not None
    assert (proxy.address, proxy.user) == ("http://proxy.example:3128", "agent")
    configured.write_text(text + "network: {ca_bundle: /no/such.pem}\n")
    with pytest.raises(SettingsError) as caught:
        load()
    assert caught.value.path == "/no/such.pem"
    configured.write_text(text)
    monkeypatch.delenv("SSL_CERT_FILE", raising=False)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/no/other.pem")
    with pytest.raises(SettingsError) as caught:
        load()
    assert caught.value.path == "/no/other.pem"
    assert "`REQUESTS_CA_BUNDLE` names a file" in str(caught.value.hint)


def test_the_overlay_is_read_with_the_configuration(configured: Path) -> None:
    load = load_configured(Session())
    folder = configured.parent / "overlay"
    assert (load().overlay.entries, load().overlay_folder) == ((), folder)
    folder.mkdir()
    file = folder / "a.yaml"
    file.write_text(
        "- view: x\n  set: {owner: [A, B], classification: official}\n  note: why\n"
        "  confirmed_by: Ada\n  confirmed_on: 2026-09-01\n"
    )
    [entry] = load().overlay.entries
    assert entry.values == {"classification": "official", "owners": ["A", "B"]}
    assert (entry.place, entry.note) == ("a.yaml:1", "why")
    assert entry.confirmation == Confirmation(by="Ada", on=date(2026, 9, 1))
    file.write_text("- {view: 'helth:bad', set: {owner: A}}")
    with pytest.raises(SettingsError) as caught:
        load()
    assert caught.value.place == f"{file}:1:11"


def test_thresholds_are_those_of_the_configuration_and_what_would_tell_more_is_named() -> None:
    limits = HealthLimits(view="provider:aws", errors_5xx_degraded=0.5)
    policy = health_policy(Settings(health=(limits,)))
    assert policy.overrides == (Override(view="provider:aws", errors_5xx_degraded=0.5),)
    assert policy.raise_by == RAISE_BY
    assert "`probes`" in RAISE_BY
    assert health_policy(Settings(probes=Probes(view="x"))).raise_by is None


def test_what_is_too_old_follows_from_how_often_a_source_is_visited_measured_and_probed() -> None:
    rare = Source(name="rare", provider="toy", interval_s=21_600)
    usual = Source(name="usual", provider="toy", traffic=Measuring(every_s=7_200))
    ages = {
        name: (each.seen_stale_after_s, each.stale_after_s)
        for name, each in health_policy(Settings(sources=(rare, usual))).thresholds.items()
    }
    assert ages == {"rare": (54_000.0, 3_600.0), "usual": (9_000.0, 18_000.0)}
    probed = health_policy(Settings(sources=(rare,), probes=Probes(view="x", interval_s=3_600)))
    assert probed.thresholds["rare"].stale_after_s == 9_000.0


def test_a_scan_judges_by_the_configuration(
    call: Call, configured: Path, scanned: Scanned, monkeypatch: pytest.MonkeyPatch
) -> None:
    given: list[Any] = []
    monkeypatch.setattr(
        scanning, "conclude", lambda *_, policy, overlay: given.append((policy, overlay))
    )
    text = configured.read_text()
    configured.write_text(text + "health: [{view: x, recovery: 0.5}]\n")
    folder = configured.parent / "overlay"
    folder.mkdir()
    (folder / "a.yaml").write_text("- {view: x, set: {owner: Tax}}")
    assert call("scan").code == 2
    policy, overlay = given[0]
    assert [each.recovery for each in policy.overrides] == [0.5]
    assert [entry.values for entry in overlay.entries] == [{"owners": ["Tax"]}]
