"""What follows of deployments that come for the first time, while they are written; and whether that was enough."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec

from apiscape.conclude.addresses import Surroundings, point_at, reach
from apiscape.conclude.counting import Telling
from apiscape.conclude.faring import HealthPolicy, fare_alone
from apiscape.conclude.membership import GONE, found_api
from apiscape.model.deployment import Deployment
from apiscape.model.surroundings import Api, Signal
from apiscape.model.vocabulary import Dangling
from apiscape.store import Conclusion, Draw, Drawn, Member, Newcomers, Place

_NOTHING = Surroundings()
_NOBODY = Telling()


def draw_newcomers(policy: HealthPolicy) -> Draw:
    """Return what draws conclusions of newcomers as though nothing stood around them.

    `conclude` comes by later, and draws anew those around which something does (`surrounded`).
    """

    def draw(newcomers: Newcomers, at: datetime) -> Drawn:
        items = newcomers.items
        conclusions: dict[str, Conclusion] = {}
        apis: list[Api] = []
        fares: dict[tuple[str | None, ...], dict[str, Any]] = {}
        for family in newcomers.families:
            api = found_api(family, items)
            apis.append(api)
            ways = conclude_family(family, api, items, _NOTHING, _NOBODY)
            for member in family:
                item = items[member.uid]
                said = (item.status, item.status_reason, member.presence)
                if said not in fares:
                    fares[said] = fare_alone(item, member.presence, at, raise_by=policy.raise_by)
                conclusions[member.uid] = msgspec.structs.replace(ways[member.uid], **fares[said])
        return Drawn(conclusions=conclusions, apis=tuple(apis))

    return draw


def surrounded(
    places: Iterable[Place],
    around: Surroundings,
    signals: Mapping[str, Sequence[Signal]],
    telling: Telling,
) -> Iterator[Place]:
    """Yield those places around which anything stands that a conclusion of the deployment alone leaves out.

    Front doors, consumers and signals count, and that all consumers, or all front doors, are known.
    """
    led_to = {key for key, _ in (*around.ways, *around.consumers)}
    spoken_of = {uid.casefold() for uid in signals}
    for place in places:
        told = place.scope in telling.told
        subjects = {place.uid, place.gateway}
        if (
            told
            or (around.whole and place.scope not in telling.sight.open)
            or place.native_api_key in led_to
            or not spoken_of.isdisjoint(subjects)
        ):
            yield place


def anything_stands(
    around: Surroundings, signals: Mapping[str, Sequence[Signal]], telling: Telling
) -> bool:
    """Say whether `surrounded` may yield any place at all: if not, none has to be read."""
    return bool(around.ways or around.consumers or around.whole or signals or telling.told)


def conclude_family(
    family: Sequence[Member],
    api: Api,
    items: Mapping[str, Deployment],
    around: Surroundings,
    telling: Telling,
) -> dict[str, Conclusion]:
    """Return what follows for the deployments of one Api; what is gone is reached by nobody, though named perhaps."""
    concluded: dict[str, Conclusion] = {}
    for member in family:
        item = items.get(member.uid)
        stands = item is not None and member.presence not in GONE
        way = Conclusion()
        if item is not None and stands:
            seen = member.scope not in telling.sight.open
            way = reach(item, around, told=member.scope in telling.told, seen=seen)
        word, reasons = point_at(item, around) if item is not None else (Dangling.UNKNOWN, ())
        concluded[member.uid] = msgspec.structs.replace(
            way, api=api.uid, dangling=word, dangling_reasons=reasons
        )
    return concluded
