"""What follows for the deployments of some native APIs, and which of it is otherwise than what is kept."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec

from apiscape.conclude.addresses import Surroundings
from apiscape.conclude.counting import Telling
from apiscape.conclude.membership import found_api
from apiscape.conclude.newcomers import conclude_family
from apiscape.model.deployment import Deployment
from apiscape.model.entity import Entity
from apiscape.model.provenance import GOVERNED
from apiscape.model.surroundings import Api
from apiscape.store import Conclusion, Store


class Found(Entity, frozen=True):
    """What follows for the deployments of some native APIs, before how they fare."""

    conclusions: dict[str, Conclusion]
    apis: tuple[Api, ...]
    items: dict[str, Deployment]
    presences: dict[str, str]
    scopes: dict[str, str]


def draw(store: Store, keys: Iterable[str], around: Surroundings, telling: Telling) -> Found:
    """Return what follows for every deployment of some native APIs, and their Apis."""
    families = [members for members in store.conclusions.members_of(keys).values() if members]
    members = [member for family in families for member in family]
    items = store.runs.documents([member.uid for member in members], operations=False)
    conclusions: dict[str, Conclusion] = {}
    apis: list[Api] = []
    for family in families:
        api = found_api(family, items)
        apis.append(api)
        conclusions |= conclude_family(family, api, items, around, telling)
    presences = {member.uid: member.presence for member in members}
    scopes = {member.uid: member.scope for member in members}
    return Found(conclusions, tuple(apis), items, presences, scopes)


def those_moved(
    held: Mapping[str, Conclusion], conclusions: Mapping[str, Conclusion]
) -> dict[str, Conclusion]:
    """Return those conclusions that differ from what is kept.

    What others concluded of owners stays as it is; what an overlay says no more is taken back.
    """
    moved: dict[str, Conclusion] = {}
    for uid, fresh in conclusions.items():
        before = held.get(uid)
        after = fresh if before is None else _lay(before, fresh)
        if after != before:
            moved[uid] = after
    return moved


def _lay(before: Conclusion, fresh: Conclusion) -> Conclusion:
    """Return what is kept, with what is concluded here in its place."""
    ours = (*_OURS, *(name for name in GOVERNED if name in {*before.said, *fresh.said}))
    return msgspec.structs.replace(before, **{name: getattr(fresh, name) for name in ours})


_OURS = (
    *("api", "front_doors", "consumers", "counted", "endpoints", "exposure"),
    *("bypass", "mtls", "access_reasons", "dangling", "dangling_reasons"),
    *("health", "basis", "health_reason", "health_reasons", "health_since"),
    *("requests", "errors_4xx", "errors_5xx", "p95_ms", "said"),
)
"""The fields of a conclusion that are drawn here."""
