from __future__ import annotations

from collections.abc import Iterator
from importlib.metadata import Distribution, EntryPoint, EntryPoints
from pathlib import Path

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

    def find() -> EntryPoints:
        return EntryPoints(
            EntryPoint(name, value, group)
            for group, named in points.items()
            for name, value in named.items()
        )

    monkeypatch.setattr(registry, "entry_points", find)
    _forget()
    yield
    _forget()


def _forget() -> None:
    registry._all_points.cache_clear()
    registry._read_points.cache_clear()
    registry._read_collectors.cache_clear()
    registry._shipped_as.cache_clear()


def test_what_is_installed_is_read_once_for_each_place(monkeypatch: pytest.MonkeyPatch) -> None:
    reads: list[None] = []

    def find() -> EntryPoints:
        reads.append(None)
        return EntryPoints()

    monkeypatch.setattr(registry, "entry_points", find)
    assert [registry.collector_names() for _ in range(3)] == [()] * 3
    assert registry.provider_names() == ()
    assert len(reads) == 1
    monkeypatch.syspath_prepend("elsewhere")
    registry.collector_names()
    registry.provider_names()
    assert len(reads) == 2


def test_names_are_known_without_loading_anything() -> None:
    assert registry.provider_names() == ("good", "half")
    assert registry.collector_names() == ("bad.half", "bad.sdk", "good.one")
    assert registry.collector_names("good") == ("good.one",)
    assert [found.target for found in registry.find_collectors()][
        1
    ] == "no_such_sdk.module:Collector"


def test_who_ships_collectors_is_read_once_for_each_distribution(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    shipped, other = _Distribution("a", "1.0"), _Distribution("b", "2.0")
    points = EntryPoints(
        (
            *(EntryPoint(name, HERE, registry.COLLECTORS)._for(shipped) for name in "xyz"),  # type: ignore[attr-defined]
            EntryPoint("w", HERE, registry.COLLECTORS)._for(other),  # type: ignore[attr-defined]
            EntryPoint("v", HERE, registry.COLLECTORS),
        )
    )
    monkeypatch.setattr(registry, "entry_points", lambda: points)
    found = {(each.name, each.distribution, each.version) for each in registry.find_collectors()}
    assert found == {("v", None, None), ("w", "b", "2.0"), *((n, "a", "1.0") for n in "xyz")}
    assert registry.find_collectors() == registry.find_collectors()
    assert (shipped.reads, other.reads) == (1, 1)


class _Distribution(Distribution):
    def __init__(self, name: str, version: str) -> None:
        self.reads = 0
        self._text = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"

    def read_text(self, filename: str) -> str | None:
        self.reads += filename == "METADATA"
        return self._text if filename == "METADATA" else None

    def locate_file(self, path: object) -> Path:
        return Path(str(path))


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
    loaded = dict(registry.load_collectors(registry.collector_names()))
    assert isinstance(loaded["good.one"], GoodCollector)
    assert isinstance(loaded["bad.sdk"], registry.PlugInError)
    assert isinstance(loaded["bad.half"], registry.PlugInError)


# ── Of several distributions ──


@pytest.fixture
def shipped(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have our plug-ins installed beside those of two others, who name some of ours and of each other's."""
    ours, acme, rival = (_Distribution(each, "1.0") for each in ("apiscape", "acme", "rival"))
    named = {
        registry.PROVIDERS: [
            ("good", "no_such:Stolen", acme),
            ("good", f"{HERE}:GoodProvider", ours),
            ("acme", f"{HERE}:GoodProvider", acme),
        ],
        registry.COLLECTORS: [
            ("good.one", "no_such:Stolen", acme),
            ("good.one", f"{HERE}:GoodCollector", ours),
            ("good.two", f"{HERE}:GoodCollector", acme),
            ("acme.one", "no_such_sdk.module:Collector", acme),
            ("acme.two", f"{HERE}:GoodCollector", acme),
            ("acme.two", f"{HERE}:GoodCollector", rival),
        ],
    }

    def find() -> EntryPoints:
        return EntryPoints(
            EntryPoint(name, target, group)._for(by)  # type: ignore[attr-defined]  # as the finder does
            for group, points in named.items()
            for name, target, by in points
        )

    monkeypatch.setattr(registry, "entry_points", find)
    _forget()


@pytest.mark.usefixtures("shipped")
def test_a_name_of_ours_is_nobody_elses() -> None:
    assert isinstance(registry.load_provider("good"), GoodProvider)
    assert isinstance(registry.load_collector("good.one"), GoodCollector)
    both = [found.distribution for found in registry.find_collectors() if found.name == "good.one"]
    assert both == ["apiscape", "acme"]


@pytest.mark.usefixtures("shipped")
def test_a_name_that_two_others_ship_is_not_guessed_at() -> None:
    with pytest.raises(
        registry.PlugInError, match=r"acme\.two is shipped more than once"
    ) as caught:
        registry.load_collector("acme.two")
    assert caught.value.message.endswith(": acme, rival")
    assert caught.value.hint == "uninstall all but one"


@pytest.mark.usefixtures("shipped")
def test_what_another_distribution_lacks_is_not_an_extra_of_ours() -> None:
    with pytest.raises(registry.PlugInError, match=r"acme\.one cannot be loaded") as caught:
        registry.load_collector("acme.one")
    assert caught.value.hint == "install what acme needs"


@pytest.mark.usefixtures("shipped")
def test_a_provider_brings_its_own_collectors_and_nobody_elses() -> None:
    assert registry.own_providers() == ("good",)
    assert registry.products_of("good") == ("good.one",)
    assert registry.products_of("acme") == ("acme.one", "acme.two")
    assert registry.products_of("nobody") == ()
    assert registry.collector_names("good") == ("good.one", "good.two")
