"""Finding providers and collectors, at three grains: their names, one of them, all of them.

Names import nothing, so that `--help` and completion stay fast; loading one raises with the
list of what is installed; loading all of some reports what could not be loaded and goes on.

Whatever is installed beside apiscape may name a plug-in, and loading one runs its code. So only those are
loaded that ship with apiscape or that somebody chose: a source names its provider, and with it the collectors
that the same distribution ships; those of other distributions it names under `products`.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from functools import cache
from importlib.metadata import Distribution, EntryPoint, entry_points
from typing import Any

from apiscape.collectors.contract import Collector, Provider
from apiscape.errors import ApiscapeError, Exit
from apiscape.model.entity import Entity

PROVIDERS = "apiscape.providers"
COLLECTORS = "apiscape.collectors"
OURS = "apiscape"
"""The distribution whose plug-ins need not be chosen, and whose names nobody else's can take."""


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


def own_providers() -> tuple[str, ...]:
    """Return the names of the providers that ship with apiscape: they need not be chosen to be loaded."""
    return tuple(
        sorted(name for name, [point, *_] in _points(PROVIDERS).items() if _is_ours(point))
    )


def collector_names(provider: str | None = None) -> tuple[str, ...]:
    """Return the products of the installed collectors (of one provider); imports nothing of them."""
    names = sorted(_points(COLLECTORS))
    return tuple(name for name in names if provider is None or name.split(".")[0] == provider)


def products_of(provider: str) -> tuple[str, ...]:
    """Return what a source of a provider visits that names no products: the collectors that came with the provider."""
    shipped = {_shipper(point) for point in _points(PROVIDERS).get(provider, ())[:1]}
    points = _points(COLLECTORS)
    return tuple(
        product for product in collector_names(provider) if _shipper(points[product][0]) in shipped
    )


def find_collectors() -> tuple[Found, ...]:
    """Return every installed collector with who ships it; imports nothing of them.

    Where several distributions name one, the first is what counts.
    """
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


def load_collectors(products: Iterable[str]) -> Iterator[tuple[str, Collector | PlugInError]]:
    """Yield collectors by product, or why one cannot be loaded."""
    for product in products:
        try:
            yield product, load_collector(product)
        except PlugInError as error:
            yield product, error


def _points(group: str) -> dict[str, tuple[EntryPoint, ...]]:
    return _read_points(group, tuple(sys.path))


@cache
def _read_points(group: str, path: tuple[str, ...]) -> dict[str, tuple[EntryPoint, ...]]:
    """Return the entry points of a group by name, ours first; reading them opens the metadata of whatever is installed.

    Args:
        group: Of `PROVIDERS` and `COLLECTORS`.
        path: Where distributions are looked for: what is found there does not move while a process runs.
    """
    found: dict[str, tuple[EntryPoint, ...]] = {}
    for point in sorted(_all_points(path).select(group=group), key=_is_ours, reverse=True):
        found[point.name] = (*found.get(point.name, ()), point)
    return found


@cache
def _all_points(path: tuple[str, ...]) -> Any:  # noqa: ANN401 - its type has another name from Python 3.12 on
    """Return the entry points of whatever is installed, of every group: their files are read once."""
    del path
    return entry_points()


def _is_ours(point: EntryPoint) -> bool:
    return _shipper(point) == OURS


def _shipper(point: EntryPoint) -> str | None:
    return _shipped_as(point.dist)[0]


@cache
def _shipped_as(distribution: Distribution | None) -> tuple[str | None, str | None]:
    """Return a distribution's name and version, where they are known; its metadata is read once, whatever it ships."""
    if distribution is None:
        return None, None
    metadata = distribution.metadata
    return metadata["Name"], metadata["Version"]


@cache
def _read_collectors(path: tuple[str, ...]) -> tuple[Found, ...]:
    """Return every installed collector."""
    found: list[Found] = []
    for name, points in sorted(_read_points(COLLECTORS, path).items()):
        for point in points:
            distribution, version = _shipped_as(point.dist)
            found.append(Found(name, distribution, point.value, version))
    return tuple(found)


def _install(point: EntryPoint) -> str:
    """Return what to do where a module of a plug-in is missing."""
    shipper = _shipper(point)
    if shipper not in {OURS, None}:
        return f"install what {shipper} needs"
    return f"pipx install 'apiscape[{point.name.partition('.')[0]}]'"


def _load(group: str, name: str) -> type:
    points = _points(group)
    if name not in points:
        installed = ", ".join(sorted(points)) or "none"
        raise PlugInError(f"no {group.split('.')[1][:-1]} {name!r}", hint=f"installed: {installed}")
    point, *others = points[name]
    if others and not _is_ours(point):
        rivals = ", ".join(sorted(_shipper(each) or "?" for each in points[name]))
        raise PlugInError(
            f"{name} is shipped more than once: {rivals}", hint="uninstall all but one"
        )
    try:
        plug_in: type = point.load()
    except ImportError as error:
        raise PlugInError(f"{name} cannot be loaded: {error}", hint=_install(point)) from error
    return plug_in
