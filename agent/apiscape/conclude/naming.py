"""Keeps what is concluded of names in DNS up to date: drawn again where something may have come or gone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from apiscape.conclude.counting import installed_forms
from apiscape.conclude.pointing import judge_names, survey_hosts
from apiscape.model.codec import digest, encode
from apiscape.model.entity import Entity
from apiscape.model.run import EstateEntry
from apiscape.model.surroundings import POINTS_TO, Signal
from apiscape.store import Store, Visited

NAMES = "names"
"""Cursor that says by which names and visits the verdicts were drawn (`_mark`)."""

HOLDING = frozenset({"front_door", "gateway"})
"""Kinds of what stands around deployments and has hosts of its own."""

_MARK_BYTES = 7


class Grounds(Entity, frozen=True):
    """What verdicts on names rest on, but for who holds which host."""

    pointers: tuple[tuple[str, str], ...]
    visited: tuple[Visited, ...]
    estate: tuple[EstateEntry, ...]


def draw_names(
    store: Store, signals: Mapping[str, tuple[Signal, ...]], now: datetime, *, moved: bool
) -> frozenset[str]:
    """Draw verdicts on names anew where they may come out otherwise; return the names of which another one holds.

    Args:
        store: Where they are kept.
        signals: What collectors saw, by subject.
        now: Written down as their time.
        moved: Whether anything came, went or moved that may hold a host.
    """
    pointers = _pointers(signals)
    drawn = store.conclusions.cursor(NAMES)
    if not pointers and not drawn:
        return frozenset()
    visited, estate = store.conclusions.visited(), store.estate.load()
    mark = _mark(pointers, visited, estate)
    if mark == drawn and not moved:
        return frozenset()
    providers = pointing_providers(signals)
    forms = {
        product: hosts
        for each in providers
        for product, hosts in installed_forms(each, _visited_of(each, visited)).items()
    }
    ground = survey_hosts(store.pointing.holders(providers), visited, estate)
    verdicts = judge_names(pointers, ground, forms, now)
    return store.pointing.save(verdicts, name=NAMES, seq=mark, at=now)


def pointing_providers(signals: Mapping[str, tuple[Signal, ...]]) -> frozenset[str]:
    """Return whose hosts names point at."""
    return frozenset(each.source.partition(".")[0] for each in _pointers(signals).values())


def _visited_of(provider: str, visited: Iterable[Visited]) -> frozenset[str]:
    return frozenset(scope.product for scope in visited if scope.provider == provider)


def _pointers(signals: Mapping[str, tuple[Signal, ...]]) -> dict[str, Signal]:
    return {
        uid: signal
        for uid, said in sorted(signals.items())
        for signal in said
        if signal.name == POINTS_TO
    }


def _mark(
    pointers: Mapping[str, Signal], visited: tuple[Visited, ...], estate: tuple[EstateEntry, ...]
) -> int:
    """Return a number that differs where the grounds do; zero where there is no name."""
    if not pointers:
        return 0
    told = tuple((uid, str(signal.value)) for uid, signal in pointers.items())
    marked = digest(encode(Grounds(told, visited, estate)))
    return int.from_bytes(marked[:_MARK_BYTES], "big")


def of_names(
    signals: Mapping[str, tuple[Signal, ...]], verdicts: Mapping[str, Signal]
) -> dict[str, tuple[Signal, ...]]:
    """Return signals by subject, verdicts among them."""
    found = dict(signals)
    for uid, verdict in verdicts.items():
        found[uid] = (*found.get(uid, ()), verdict)
    return found


def provider_of(native_api_key: str) -> str:
    """Return whose a native API is (`store.native_api_key`)."""
    return native_api_key.partition("|")[0]
