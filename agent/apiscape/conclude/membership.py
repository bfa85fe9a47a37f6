"""Which deployments are one Api: those of one native API, and nothing else by itself. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from apiscape.model.deployment import Deployment
from apiscape.model.identity import api_uid
from apiscape.model.surroundings import Api, ApiVersion
from apiscape.model.vocabulary import Lifecycle, Presence
from apiscape.store import Member

GONE = frozenset({Presence.RETIRED, Presence.SUPERSEDED})
"""Presences of deployments that no longer stand for their Api."""

_MAJOR = re.compile(r"^v?(\d{1,9})(?:\.|$)", re.ASCII | re.IGNORECASE)


def found_api(members: Sequence[Member], items: Mapping[str, Deployment]) -> Api:
    """Return the Api of the deployments of one native API.

    Its uid is the one that they have already, the oldest deployment's where they have several:
    the others redirect to it. Without any it is of the founder, the oldest deployment.

    Args:
        members: Oldest first, at least one.
        items: Facts of the members by uid; those that are not there count for no more than their uid.
    """
    held = list(dict.fromkeys(member.api_uid for member in members if member.api_uid))
    uid = held[0] if held else api_uid(members[0].uid)
    standing = [member.uid for member in members if member.presence not in GONE]
    speaking = [items[each] for each in standing or map(_uid, members) if each in items]
    return Api(
        uid=uid,
        title=next(map(_title, speaking), uid),
        members=tuple(sorted(map(_uid, members))),
        versions=versions_of(speaking),
        redirects=tuple(held[1:]),
    )


def versions_of(items: Iterable[Deployment]) -> tuple[ApiVersion, ...]:
    """Return the versions that deployments say they are of, as written, in order."""
    found: dict[str, ApiVersion] = {}
    for item in items:
        if isinstance(item.version, str):
            lifecycle = None if item.lifecycle == Lifecycle.UNKNOWN else item.lifecycle
            found.setdefault(
                item.version,
                ApiVersion(label=item.version, major=_major(item.version), lifecycle=lifecycle),
            )
    return tuple(sorted(found.values(), key=lambda each: (each.major or 0, each.label)))


def _uid(member: Member) -> str:
    return member.uid


def _title(item: Deployment) -> str:
    return item.title if isinstance(item.title, str) and item.title else item.name


def _major(label: str) -> int | None:
    match = _MAJOR.match(label)
    return int(match[1]) if match else None
