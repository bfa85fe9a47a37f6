from __future__ import annotations

from collections.abc import Iterator
from importlib.metadata import EntryPoint

import pytest

from apiscape.collectors import registry
from tests.unit.collectors.plugins import GoodCollector, GoodProvider

HERE = "tests.unit.collectors.plugins"


@pytest.fixture(autouse=True)
def _installed(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    points = {
        registry.PROVIDERS: {"good": f"{HERE}:GoodProvider", "half": f"{HERE}:Half"},
        registry.COLLECTORS: {
            "good.one": f"{HERE}:GoodCollector",
            "bad.half": f"{HERE}:Half",
            "bad.sdk": "no_such_sdk.module:Collector",
        },
    }

    def find(*, group: str) -> list[EntryPoint]:
        return [EntryPoint(name, value, group) for name, value in points[group].items()]

    monkeypatch.setattr(registry, "entry_points", find)
    registry._read_points.cache_clear()
    yield
    registry._read_points.cache_clear()


def test_what_is_installed_is_read_once_for_each_place(monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[str] = []

    def find(*, group: str) -> list[EntryPoint]:
        read.append(group)
        return []

    monkeypatch.setattr(registry, "entry_points", find)
    assert [registry.collector_names() for _ in range(3)] == [()] * 3
    assert read == [registry.COLLECTORS]
    monkeypatch.syspath_prepend("elsewhere")
    registry.collector_names()
    registry.provider_names()
    assert read == [registry.COLLECTORS, registry.COLLECTORS, registry.PROVIDERS]


def test_names_are_known_without_loading_anything() -> None:
    assert registry.provider_names() == ("good", "half")
    assert registry.collector_names() == ("bad.half", "bad.sdk", "good.one")
    assert registry.collector_names("good") == ("good.one",)
    assert [found.target for found in registry.find_collectors()][
        1
    ] == "no_such_sdk.module:Collector"


def test_one_is_loaded() -> None:
    assert isinstance(registry.load_collector("good.one"), GoodCollector)
    assert isinstance(registry.load_provider("good"), GoodProvider)


def test_an_unknown_name_is_answered_with_what_is_installed() -> None:
    with pytest.raises(registry.PlugInError, match="no collector 'x'") as caught:
        registry.load_collector("x")
    assert caught.value.hint == "installed: bad.half, bad.sdk, good.one"


def test_a_missing_sdk_is_answered_with_its_install_command() -> None:
    with pytest.raises(registry.PlugInError, match=r"bad\.sdk cannot be loaded") as caught:
        registry.load_collector("bad.sdk")
    assert caught.value.hint == "pipx install 'apiscape[bad]'"


def test_what_does_not_keep_the_contract_is_refused() -> None:
    with pytest.raises(registry.PlugInError, match="does not keep the contract"):
        registry.load_collector("bad.half")
    with pytest.raises(registry.PlugInError, match="does not keep the contract"):
        registry.load_provider("half")


def test_all_are_loaded_and_the_unusable_named() -> None:
    loaded = dict(registry.load_collectors())
    assert isinstance(loaded["good.one"], GoodCollector)
    assert isinstance(loaded["bad.sdk"], registry.PlugInError)
    assert isinstance(loaded["bad.half"], registry.PlugInError)
