"""Where a distribution leads: its cache behaviours in their order, and the origins that they ask. Pure.

The path that a caller types goes on to the origin as it is, behind the origin's own path.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

import msgspec

from apiscape.collectors.aws.hosts import read_host
from apiscape.collectors.aws.picking import Item, is_set, items, opted, part, text
from apiscape.model.surroundings import FrontDoorRoute
from apiscape.model.values import UNKNOWN, Unknown

STAGING = "a header or a share of callers, for it is a staging distribution"
SIGNED = "a signed URL or signed cookies"

_PATH = re.compile(r"(?:/[\w.~!$&'()+,;=:@%-]*)*", re.ASCII)
_WILD = re.compile(r"[*?]")
_PLAIN = {"allow-all": True, "https-only": False, "redirect-to-https": False}


class Origin(msgspec.Struct, frozen=True, gc=False):
    """What a distribution asks: its host as written, its address where that can be told, headers' names."""

    host: str
    url: str | None
    sends: tuple[str, ...]


_UNLISTED = Origin("an origin that is not listed", None, ())
"""Stands where a behaviour leads to what the answer does not say: that it leads somewhere goes not unsaid."""


def read_routes(distribution: Item, *, staging: bool) -> tuple[FrontDoorRoute, ...] | Unknown:
    """Return where a distribution leads, the first behaviour first; unknown where the answer lacks it."""
    default = part(distribution, "DefaultCacheBehavior")
    if not default or not {"Origins", "CacheBehaviors"} <= distribution.keys():
        return UNKNOWN
    origins = read_origins(distribution)
    behaviours = (*items(part(distribution, "CacheBehaviors"), "Items"), default)
    return tuple(
        route
        for priority, behaviour in enumerate(behaviours)
        for route in _routes(behaviour, origins, priority, staging=staging)
    )


def read_origins(distribution: Item) -> dict[str, tuple[Origin, ...]]:
    """Return origins by id; a group's are all of its members, for the next is asked where one fails."""
    found: dict[str, tuple[Origin, ...]] = {}
    for item in items(part(distribution, "Origins"), "Items"):
        key = text(item, "Id")
        if key:
            found[key] = (_origin(item),)
    for group in items(part(distribution, "OriginGroups"), "Items"):
        key = text(group, "Id")
        members = items(part(group, "Members"), "Items")
        asked = (found.get(text(each, "OriginId") or "", ()) for each in members)
        if key:
            found[key] = tuple(origin for each in asked for origin in each)
    return found


def read_pattern(pattern: str) -> tuple[str, str | None]:
    """Return the base path of a path pattern, and what a path must be besides that.

    `/api/*` is all that is below `/api`; other patterns are narrower than any base path.
    """
    path = f"/{pattern.lstrip('/')}"
    base = path.removesuffix("/*") or "/"
    wild = _WILD.search(base)
    if wild is None:
        return base, None
    return base[: wild.start()].rpartition("/")[0] or "/", f"a path like {path}"


def _routes(
    behaviour: Item, origins: dict[str, tuple[Origin, ...]], priority: int, *, staging: bool
) -> Iterator[FrontDoorRoute]:
    base, shape = read_pattern(text(behaviour, "PathPattern") or "*")
    conditions = [shape] if shape else []
    signed = [_asks_for(behaviour, name) for name in ("TrustedKeyGroups", "TrustedSigners")]
    if any(signed):
        conditions.append(SIGNED)
    elif None in signed:
        conditions.append(f"{SIGNED}, perhaps")
    if staging:
        conditions.append(STAGING)
    for origin in origins.get(text(behaviour, "TargetOriginId") or "") or (_UNLISTED,):
        yield FrontDoorRoute(
            base_path=base,
            target=origin.host,
            condition="; ".join(conditions) or None,
            strips_base_path=False,
            priority=priority,
            origin=_below(origin.url, base),
            sends=origin.sends,
            plain_http=_PLAIN.get(text(behaviour, "ViewerProtocolPolicy") or ""),
        )


def _asks_for(behaviour: Item, name: str) -> bool | None:
    """Say whether a behaviour asks for a signature; `None` where that cannot be read."""
    readable = is_set(behaviour, name, kind=Mapping) is not None
    return opted(part(behaviour, name), "Enabled") if readable else None


def _below(url: str | None, base: str) -> str | None:
    return None if url is None else f"{url}{base.rstrip('/')}"


def _origin(item: Item) -> Origin:
    """Return an origin without the values of its headers, by which it may know who asks."""
    host = read_host(text(item, "DomainName"))
    path = (text(item, "OriginPath") or "").rstrip("/")
    protocol = text(part(item, "CustomOriginConfig"), "OriginProtocolPolicy")
    scheme = "http" if protocol == "http-only" else "https"
    sent = (text(each, "HeaderName") for each in items(part(item, "CustomHeaders"), "Items"))
    readable = host is not None and _PATH.fullmatch(path)
    return Origin(
        host=host or "an origin whose host depends on the tenant",
        url=f"{scheme}://{host}{path}" if readable else None,
        sends=tuple(sorted({name.casefold() for name in sent if name})),
    )
