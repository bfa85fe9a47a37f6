from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import msgspec
import pytest

from apiscape.collectors.contract import Malformed, ProviderSettings
from apiscape.errors import SettingsError
from apiscape.network.ways import Network
from apiscape.settings.document import parse_document
from apiscape.settings.load import (
    load_settings,
    provider_settings,
    read_settings,
    settings_digest,
    unknown_variables,
    validate_providers,
)
from apiscape.settings.schema import Measuring, Settings, Source

GOOD = """\
store: /data/inventory.db
sources:
  - name: prod
    provider: aws
    regions: [eu-west-1]
    products: [aws.apigateway.rest]
    exclude: {names: ["tmp-*"], tags: [sandbox]}
    quotas:
      apigateway: {rate_per_s: 2, burst: 4}
accepted_gaps:
  - {scope: "prod/444455556666/*", reason: closing, accepted_by: Ada, until: 2026-12-31}
"""


class Own(ProviderSettings, frozen=True, kw_only=True):
    regions: tuple[str, ...] = ()
    network: dict[str, Any] = msgspec.field(default_factory=dict)


class FakeProvider:
    settings_type = Own


def read(text: str, environment: dict[str, str] | None = None) -> Settings:
    return read_settings(parse_document(text, "config.yaml"), environment or {})


def refusal(text: str, environment: dict[str, str] | None = None) -> tuple[str, int | None]:
    with pytest.raises(SettingsError) as caught:
        read(text, environment)
    return caught.value.message, caught.value.line


def test_common_keys_are_checked_and_the_providers_own_set_apart() -> None:
    settings = read(GOOD)
    (source,) = settings.sources
    assert source.own == {"regions": ["eu-west-1"]}
    assert source.exclude.names == ("tmp-*",)
    assert source.quotas["apigateway"].burst == 4
    assert settings.accepted_gaps[0].until == date(2026, 12, 31)


def test_how_often_a_source_is_looked_at_has_a_default_and_may_be_said() -> None:
    text = "sources:\n  - {name: a, provider: aws}\n  - {name: b, provider: aws, interval_s: 60, watch: false}\n"
    usual, own = read(text).sources
    assert (usual.interval_s, usual.plan_interval_s, usual.watch) == (3600, 21600, True)
    assert (own.interval_s, own.plan_interval_s, own.watch) == (60, 21600, False)


@pytest.mark.parametrize(
    ("text", "message", "line"),
    [
        (
            "sources:\n  - name: a\n    provider: aws\n    interval_s: 1\n",
            "'interval_s': expected a number >= 10.0",
            4,
        ),
        ("retention: 3\n", "unknown key 'retention', did you mean 'retention_days'?", 1),
        ("x: 1\nzzzz: 3\n", "unknown key 'x'", 1),
        (
            "store: a\nretention_days: soon\n",
            "'retention_days': expected a whole number, got text",
            2,
        ),
        ("sources:\n  - name: prod\n", "'provider' is missing", 2),
        ("sources:\n  - provider: aws\n    name: Prod!\n", "source name 'Prod!'", 3),
        (
            "sources:\n  - {name: a, provider: aws}\n  - {name: a, provider: aws}\n",
            "source 'a' stands twice",
            3,
        ),
        ("sources:\n  - name: a\n    provider: ibm\n", "no provider 'ibm'", 3),
        ("sources: 3\n", "`sources` is a list", 1),
        ("sources: [3]\n", "a source is a mapping", 1),
        ("network:\n  proxy: http://u:p@proxy:3128\n", "a password in the proxy's URL", 2),
        ("store: ${NO_SUCH}\n", "environment variable NO_SUCH is not set", 1),
        (
            "sources:\n  - name: a\n    provider: aws\n    include: {name: [x]}\n",
            "unknown key 'name'",
            4,
        ),
    ],
)
def test_what_is_wrong_is_said_with_its_line(text: str, message: str, line: int) -> None:
    said, where = refusal(text)
    assert said.startswith(message)
    assert where == line


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("retention_days: 0", "'retention_days': expected a whole number >= 1"),
        ("retention_days: 99999999", "'retention_days': expected a whole number <= 36500"),
        ("network: {no_proxy: a}", "'no_proxy': expected a list, got text"),
        ("network: [a]", "'network': expected a mapping, got a list"),
        ("store: [a]", "'store': expected text or nothing, got a list"),
        (
            "accepted_gaps: [{scope: a, reason: b, accepted_by: c, until: soon}]",
            "'until': a date is written 2027-03-31",
        ),
        (
            "sources: [{name: a, provider: aws, deadline_s: 0}]",
            "'deadline_s': expected a number > 0",
        ),
        (
            "sources: [{name: a, provider: aws, quotas: {x: {rate_per_s: 0}}}]",
            "'rate_per_s': expected a number > 0",
        ),
        (
            "sources: [{name: a, provider: aws, quotas: {x: {rate_per_s: 1, burst: 0}}}]",
            "'burst': expected a whole number >= 1",
        ),
    ],
)
def test_a_value_that_cannot_be_is_said_in_words(text: str, message: str) -> None:
    said, line = refusal(text)
    assert said.startswith(message)
    assert line == 1


@pytest.mark.parametrize(
    ("variable", "value", "message"),
    [
        ("APISCAPE_RETENTION_DAYS", "soon", "'retention_days': expected a whole number"),
        ("APISCAPE_RETENTION_DAYS", "-5", "'retention_days': expected a whole number >= 1"),
        ("APISCAPE_NETWORK", "x", "'network': expected a mapping, got text"),
        ("APISCAPE_NETWORK__PROXI", "x", "unknown key 'proxi'"),
        ("APISCAPE_NETWORK__PROXY", "http://u:p@h", "a password in the proxy's URL"),
    ],
)
def test_what_is_wrong_with_a_variable_names_the_variable(
    variable: str, value: str, message: str
) -> None:
    with pytest.raises(SettingsError) as caught:
        read(GOOD, {variable: value})
    assert caught.value.message.startswith(message)
    assert (caught.value.path, caught.value.line) == (variable, None)


def test_a_variable_writes_a_list_with_commas() -> None:
    settings = read("network: {proxy: http://p:1}\n", {"APISCAPE_NETWORK__NO_PROXY": "a, .b,"})
    assert settings.network == Network(proxy="http://p:1", no_proxy=("a", ".b"))


def test_references_to_the_environment_are_resolved_everywhere() -> None:
    text = "sources:\n  - {name: a, provider: aws, regions: ['${REGION}'], depth: 3}\n"
    assert read(text, {"REGION": "eu-west-2"}).sources[0].own["regions"] == ["eu-west-2"]


def test_the_environment_overrides_the_file() -> None:
    settings = read(
        GOOD,
        {
            "APISCAPE_STORE": "/other.db",
            "APISCAPE_RETENTION_DAYS": "30",
            "APISCAPE_NETWORK__PROXY": "http://p:1",
        },
    )
    assert (settings.store, settings.retention_days, settings.network.proxy) == (
        "/other.db",
        30,
        "http://p:1",
    )


def test_variables_of_a_clusters_service_links_do_no_harm_and_are_named() -> None:
    environment = {
        "APISCAPE_SERVICE_HOST": "10.0.0.1",
        "APISCAPE_STORE": "/s",
        "APISCAPE_TOKEN": "x",
        "HOME": "/",
    }
    assert read("", environment).store == "/s"
    assert unknown_variables(environment) == ("APISCAPE_SERVICE_HOST",)


def test_without_a_file_the_configuration_is_empty(own_home: Path) -> None:
    assert load_settings(environment={"HOME": str(own_home)}) == Settings()


def test_a_file_that_was_named_must_be_there(tmp_path: Path) -> None:
    missing = tmp_path / "no.yaml"
    with pytest.raises(SettingsError, match="no such file") as caught:
        load_settings(missing)
    assert caught.value.hint is not None
    with pytest.raises(SettingsError, match="no such file"):
        load_settings(environment={"APISCAPE_CONFIG": str(missing)})


def test_a_file_that_is_not_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "c.yaml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(SettingsError, match="cannot be read"):
        load_settings(tmp_path / "c.yaml")


def test_a_file_is_read(tmp_path: Path) -> None:
    (tmp_path / "c.yaml").write_text(GOOD)
    assert load_settings(tmp_path / "c.yaml", {}).store == "/data/inventory.db"


def test_own_keys_become_the_providers_settings() -> None:
    provider: Any = FakeProvider()
    good = Source(name="a", provider="fake", own={"regions": ["x"]})
    assert provider_settings(good, provider, Settings()) == Own(regions=("x",))
    bad = Source(name="a", provider="fake", own={"region": ["x"]})
    with pytest.raises(
        SettingsError, match="source a: unknown key 'region', did you mean 'regions'"
    ):
        provider_settings(bad, provider, Settings())


def test_the_network_holds_for_every_provider_that_knows_of_one() -> None:
    provider: Any = FakeProvider()
    settings = Settings(network=Network(proxy="http://p:1"))
    inherits = provider_settings(Source(name="a", provider="fake"), provider, settings)
    assert inherits == Own(network={"proxy": "http://p:1"})
    own = Source(name="a", provider="fake", own={"network": {"proxy": "http://q:2"}})
    assert provider_settings(own, provider, settings) == Own(network={"proxy": "http://q:2"})


def test_a_view_is_pointed_into() -> None:
    text = "health:\n  - view: name:a helth:bad\n    recovery: 0.5\n"
    with pytest.raises(SettingsError, match="no field helth") as caught:
        read_settings(parse_document(text, "c.yaml"), {})
    assert caught.value.place == "c.yaml:2:18"
    assert caught.value.hint == "did you mean health? a plain word goes in quotes"


def test_own_keys_are_checked_with_their_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("apiscape.collectors.registry.load_provider", lambda _name: FakeProvider())
    text = "sources:\n  - name: a\n    provider: aws\n    regionz: [x]\n"
    document = parse_document(text, "config.yaml")
    with pytest.raises(SettingsError, match="unknown key 'regionz'") as caught:
        validate_providers(document, read_settings(document, {}))
    assert caught.value.line == 4
    fine = parse_document(text.replace("regionz", "regions"), "config.yaml")
    validate_providers(fine, read_settings(fine, {}))


class ReadsAFile(FakeProvider):
    """A provider that finds the file wrong which its settings name."""

    def check_files(self, settings: Any) -> None:
        if settings.regions != ("x",):
            raise Malformed("own.yaml:3: no such key", operation="plan")


def test_files_that_own_keys_name_are_read_and_what_is_wrong_with_them_is_said(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("apiscape.collectors.registry.load_provider", lambda _name: ReadsAFile())
    text = "sources:\n  - name: a\n    provider: aws\n    regions: [y]\n"
    document = parse_document(text, "config.yaml")
    with pytest.raises(SettingsError) as caught:
        validate_providers(document, read_settings(document, {}))
    assert caught.value.message == "source a: own.yaml:3: no such key"
    assert (caught.value.line, caught.value.hint) == (2, Malformed.next_step)
    fine = parse_document(text.replace("[y]", "[x]"), "config.yaml")
    validate_providers(fine, read_settings(fine, {}))


def test_the_digest_moves_with_the_configuration_and_tells_nothing() -> None:
    one, other = read(GOOD), read(GOOD.replace("eu-west-1", "eu-west-2"))
    assert settings_digest(one) == settings_digest(read(GOOD))
    assert settings_digest(one) != settings_digest(other)
    assert len(settings_digest(one)) == 16


def test_traffic_is_measured_only_where_a_source_says_so() -> None:
    text = (
        "sources:\n  - {name: a, provider: aws}\n  - {name: b, provider: aws, traffic: {}}\n"
        "  - {name: c, provider: aws, traffic: {every_s: 300, window_s: 60}}\n"
        "  - {name: d, provider: aws, traffic: {percentiles: [p95], integration_latency: false}}\n"
    )
    off, usual, own, cheap = read_settings(parse_document(text, "c.yaml"), {}).sources
    assert off.traffic is None
    assert usual.traffic == Measuring(every_s=900, window_s=900)
    assert own.traffic == Measuring(every_s=300, window_s=60)
    assert cheap.traffic == Measuring(percentiles=("p95",), integration_latency=False)


_MEASURING = r"traffic|window_s|every_s|percentiles|integration_latency"


@pytest.mark.parametrize(
    "wrong",
    [
        *("{window_s: 7200}", "{window_s: 90}", "{window_s: 0}", "{every_s: 5}", "true"),
        *("{percentiles: [p90]}", "{percentiles: p95}", "{integration_latency: maybe}"),
    ],
)
def test_a_window_that_cannot_be_measured_is_refused_with_its_line(wrong: str) -> None:
    text = f"sources:\n  - name: a\n    provider: aws\n    traffic: {wrong}\n"
    with pytest.raises(SettingsError, match=_MEASURING) as raised:
        read_settings(parse_document(text, "c.yaml"), {})
    assert raised.value.line == 4
