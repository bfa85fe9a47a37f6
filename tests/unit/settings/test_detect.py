from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import jsonschema
import pytest
import yaml

from apiscape.collectors import registry
from apiscape.collectors.contract import ProviderSettings
from apiscape.settings.detect import detect_sources, first_configuration
from apiscape.settings.document import parse_document
from apiscape.settings.load import read_settings
from apiscape.settings.schema_export import configuration_schema


class Own(ProviderSettings, frozen=True, kw_only=True):
    regions: tuple[str, ...] = ()


class FakeProvider:
    settings_type = Own

    def __init__(self, found: Mapping[str, Any] | Sequence[Mapping[str, Any]] | None) -> None:
        self.found = found

    def detect(self) -> Mapping[str, Any] | Sequence[Mapping[str, Any]] | None:
        return self.found


def use(monkeypatch: pytest.MonkeyPatch, providers: dict[str, FakeProvider | None]) -> None:
    def load(name: str) -> FakeProvider:
        provider = providers[name]
        if provider is None:
            raise registry.PlugInError("no SDK")
        return provider

    monkeypatch.setattr(registry, "own_providers", lambda: tuple(providers))
    monkeypatch.setattr(registry, "load_provider", load)


def test_what_is_found_is_written_and_can_be_read(monkeypatch: pytest.MonkeyPatch) -> None:
    use(
        monkeypatch,
        {"aws": FakeProvider({"profile": "prod"}), "azure": FakeProvider(None), "gcp": None},
    )
    text = first_configuration(detect_sources())
    (source,) = read_settings(parse_document(text, "c"), {}).sources
    assert (source.name, source.provider, source.own) == ("aws", "aws", {"profile": "prod"})


def test_what_is_found_several_times_has_names_that_are_told_apart(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    several = [{"name": "kubernetes", "profile": "Tax"}, {"name": "kubernetes", "profile": "TAX"}]
    use(monkeypatch, {"aws": FakeProvider(several), "kubernetes": FakeProvider({})})
    text = first_configuration(detect_sources())
    sources = read_settings(parse_document(text, "c"), {}).sources
    assert [(each.name, each.own) for each in sources] == [
        ("kubernetes", {"profile": "Tax"}),
        ("kubernetes-2", {"profile": "TAX"}),
        ("kubernetes-3", {}),
    ]


def test_where_nothing_is_found_an_example_says_how(monkeypatch: pytest.MonkeyPatch) -> None:
    use(monkeypatch, {"aws": FakeProvider(None)})
    text = first_configuration(detect_sources())
    assert read_settings(parse_document(text, "c"), {}).sources == ()
    example = "\n".join(
        line.removeprefix("# ") for line in text.split("An example:\n")[1].splitlines()
    )
    assert yaml.safe_load(example)["sources"][0]["provider"] == "aws"


def test_the_schema_knows_every_providers_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    use(monkeypatch, {"aws": FakeProvider(None), "gcp": None})
    validator = jsonschema.Draft202012Validator(configuration_schema())
    validator.validate(
        {
            "sources": [{"name": "a", "provider": "aws", "regions": ["eu-west-1"]}],
            "retention_days": 3,
        }
    )
    assert [e.validator for e in validator.iter_errors({"retention": 1})] == [
        "additionalProperties"
    ]
    assert not validator.is_valid(
        {"sources": [{"name": "a", "provider": "aws", "regions": "eu-west-1"}]}
    )


def test_the_schema_stands_without_any_provider(monkeypatch: pytest.MonkeyPatch) -> None:
    use(monkeypatch, {"gcp": None})
    assert jsonschema.Draft202012Validator(configuration_schema()).is_valid(
        {"sources": [{"name": "a", "provider": "x"}]}
    )
