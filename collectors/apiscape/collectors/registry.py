"""Finding providers and collectors, at three grains: their names, one of them, all of them.

Names import nothing, so that `--help` and completion stay fast; loading one raises with the
list of what is installed; loading all reports what could not be loaded and goes on.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from functools import cache
from importlib.metadata import Distribution, EntryPoint, entry_points

from apiscape.collectors.contract import Collector, Provider
from apiscape.errors import ApiscapeError, Exit
from apiscape.model.entity import Entity

PROVIDERS = "apiscape.providers"
COLLECTORS = "apiscape.collectors"


class PlugInError(ApiscapeError):
    """A provider or collector is not installed, or cannot be loaded."""

    exit_code = Exit.USAGE


class Found(Entity, frozen=True):
    """A plug-in by name, not loaded.

    Attributes:
        distribution: Who ships it; `version`: in which version.
    """

    name: str
    distribution: str | None
    target: str
    version: str | None = None


def provider_names() -> tuple[str, ...]:
    """Return the names of the installed providers; imports nothing of them."""
    return tuple(sorted(_points(PROVIDERS)))


def collector_names(provider: str | None = None) -> tuple[str, ...]:
    """Return the products of the installed collectors (of one provider); imports nothing of them."""
    names = sorted(_points(COLLECTORS))
    return tuple(name for name in names if provider is None or name.split(".")[0] == provider)


def find_collectors() -> tuple[Found, ...]:
    """Return every installed collector with who ships it; imports nothing of them."""
    return _read_collectors(tuple(sys.path))


def load_provider(name: str) -> Provider:
    """Return a provider.

    Raises:
        PlugInError: none of that name is installed, or its SDK is missing (the hint is the install command).
    """
    provider = _load(PROVIDERS, name)()
    if not isinstance(provider, Provider):
        raise PlugInError(
            f"provider {name} does not keep the contract of apiscape.collectors.contract"
        )
    return provider


def load_collector(product: str) -> Collector:
    """Return a collector.

    Raises:
        PlugInError: none of that product is installed, or it does not keep the contract.
    """
    collector = _load(COLLECTORS, product)()
    if not isinstance(collector, Collector):
        raise PlugInError(
            f"collector {product} does not keep the contract of apiscape.collectors.contract"
        )
    return collector


def load_collectors() -> Iterator[tuple[str, Collector | PlugInError]]:
    """Yield every installed collector by product, or why it cannot be loaded."""
    for product in collector_names():
        try:
            yield product, load_collector(product)
        except PlugInError as error:
            yield product, error


def _points(group: str) -> dict[str, EntryPoint]:
    return _read_points(group, tuple(sys.path))


@cache
def _read_points(group: str, path: tuple[str, ...]) -> dict[str, EntryPoint]:
    """Return the entry points of a group; reading them opens the metadata of whatever is installed.

    Args:
        group: Of `PROVIDERS` and `COLLECTORS`.
        path: Where distributions are looked for: what is found there does not move while a process runs.
    """
    del path
    return {point.name: point for point in entry_points(group=group)}


@cache
def _read_collectors(path: tuple[str, ...]) -> tuple[Found, ...]:
    """Return every installed collector; the metadata of each distribution is read once, whatever it ships."""
    shipped: dict[Distribution | None, tuple[str | None, str | None]] = {None: (None, None)}
    found: list[Found] = []
    for name, point in sorted(_read_points(COLLECTORS, path).items()):
        by = point.dist
        if by is not None and by not in shipped:
            metadata = by.metadata
            shipped[by] = (metadata["Name"], metadata["Version"])
        distribution, version = shipped[by]
        found.append(Found(name, distribution, point.value, version))
    return tuple(found)


def _load(group: str, name: str) -> type:
    points = _points(group)
    if name not in points:
        installed = ", ".join(sorted(points)) or "none"
        raise PlugInError(f"no {group.split('.')[1][:-1]} {name!r}", hint=f"installed: {installed}")
    try:
        plug_in: type = points[name].load()
    except ImportError as error:
        extra = name.partition(".")[0]
        raise PlugInError(
            f"{name} cannot be loaded: {error}", hint=f"pipx install 'apiscape[{extra}]'"
        ) from error
    return plug_in
