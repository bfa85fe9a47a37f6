"""Where callers reach a deployment in truth: through its front doors first, then by its own names. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TypeVar

import msgspec

from apiscape.conclude.guarding import MOST_REASONS, Name, judge_access, own_names
from apiscape.conclude.making import by_stack, read_making
from apiscape.conclude.origins import Lead, leads
from apiscape.conclude.sighting import tell_where
from apiscape.model.deployment import Deployment
from apiscape.model.entity import Entity
from apiscape.model.projection import addresses, below, beyond, host_of
from apiscape.model.surroundings import Consumer, FrontDoor, Signal
from apiscape.model.values import UNKNOWN, is_known
from apiscape.model.vocabulary import Dangling, Exposure
from apiscape.store import Conclusion, native_api_key

K = TypeVar("K")
V = TypeVar("V")

Target = tuple[str, str | None]
"""Key of a native API (`store.native_api_key`), and a stage of it."""

_WIDEST_FIRST = (Exposure.INTERNET, Exposure.UNKNOWN, Exposure.PRIVATE, Exposure.CLUSTER)


class Way(Entity, frozen=True):
    """One way in: the front door, and the address that a caller types.

    Attributes:
        url: `None` where the address alone does not lead there: a request must show more than it.
        by: What the front door asks of callers; `None` of a name in DNS, which asks nothing and adds nothing.
    """

    front_door: str
    name: str
    url: str | None
    exposure: str
    by: Name | None = None


class Surroundings(Entity, frozen=True):
    """What stands around deployments, by what it leads to.

    Attributes:
        ways: Ways in. `consumers`: uids of who is let in.
        hosts: Ways to addresses, by their host, each with the address that it leads to.
        ends: What each front door leads to, by its uid; `far` are the hosts that it leads to.
        balancers: Load balancers that controllers of clusters made, by what they are called there (`STACK`).
        whole: Whether every front door that may lead to anything was looked at, with where it leads.
        verdicts: On names in DNS, by their uids: whether they point at what is gone.
        open: Providers' accounts where somebody is let in nobody knows where to.
    """

    ways: dict[Target, tuple[Way, ...]] = msgspec.field(default_factory=dict)
    hosts: dict[str, tuple[tuple[str, Way], ...]] = msgspec.field(default_factory=dict)
    ends: dict[str, tuple[Target, ...]] = msgspec.field(default_factory=dict)
    far: dict[str, tuple[str, ...]] = msgspec.field(default_factory=dict)
    consumers: dict[Target, tuple[str, ...]] = msgspec.field(default_factory=dict)
    balancers: dict[str, tuple[FrontDoor, ...]] = msgspec.field(default_factory=dict)
    whole: bool = False
    verdicts: dict[str, Signal] = msgspec.field(default_factory=dict)
    open: frozenset[tuple[str, str]] = frozenset()


def survey(
    front_doors: Iterable[FrontDoor],
    consumers: Iterable[Consumer],
    *,
    whole: bool = False,
    narrow: frozenset[str] = frozenset(),
    verdicts: Mapping[str, Signal] | None = None,
) -> Surroundings:
    """Return front doors and consumers by what they lead to.

    Args:
        front_doors: All that were seen.
        consumers: All that were seen.
        whole: Whether every scope was seen whole that may hold front doors which lead to anything.
        narrow: Kinds of front doors that lead to their own account and region alone.
        verdicts: On names in DNS, by their uids.
    """
    held = sorted(front_doors, key=lambda door: (door.name, door.uid))
    ways: dict[Target, list[Way]] = {}
    hosts: dict[str, list[tuple[str, Way]]] = {}
    ends: dict[str, list[Target]] = {}
    far: dict[str, list[str]] = {}
    for lead in leads(held):
        door = lead.door
        way = Way(door.uid, door.name, lead.url, door.endpoint.exposure, _asked_by(lead))
        if lead.native_api_id is not None:
            key = native_api_key(lead.provider, lead.account, lead.native_api_id)
            ways.setdefault((key, lead.stage), []).append(way)
            ends.setdefault(door.uid, []).append((key, lead.stage))
        elif lead.origin is not None:
            host = host_of(lead.origin)
            hosts.setdefault(host, []).append((lead.origin, way))
            far.setdefault(door.uid, []).append(host)
    admitted, unplaced = _survey_consumers(consumers)
    return Surroundings(
        ways=_frozen(ways),
        hosts=_frozen(hosts),
        ends=_frozen(ends),
        far=_frozen(far),
        consumers=_frozen(admitted),
        balancers=by_stack(held),
        whole=whole and tell_where(held, narrow),
        verdicts=dict(verdicts or {}),
        open=frozenset(unplaced),
    )


def _survey_consumers(
    consumers: Iterable[Consumer],
) -> tuple[dict[Target, list[str]], set[tuple[str, str]]]:
    """Return who is let in to what, and the accounts in which somebody is nobody knows where to."""
    admitted: dict[Target, list[str]] = {}
    unplaced: set[tuple[str, str]] = set()
    for consumer in sorted(consumers, key=lambda each: each.uid):
        if not is_known(consumer.admits):
            unplaced.add((consumer.provider, consumer.account))
        for target in admits(consumer):
            admitted.setdefault(target, []).append(consumer.uid)
    return admitted, unplaced


def _frozen(found: Mapping[K, Iterable[V]]) -> dict[K, tuple[V, ...]]:
    """Return what was found by key, each thing once."""
    return {key: tuple(dict.fromkeys(each)) for key, each in found.items()}


def admits(consumer: Consumer) -> tuple[Target, ...]:
    """Return what a consumer is let in to; an empty stage stands for none, as deployments without stages have it."""
    if not is_known(consumer.admits):
        return ()
    provider, account = consumer.provider, consumer.account
    return tuple(
        (native_api_key(provider, account, api), stage or None) for api, stage in consumer.admits
    )


def reach(
    item: Deployment, around: Surroundings, *, told: bool = False, seen: bool = True
) -> Conclusion:
    """Return the effective addresses and exposure of a deployment, and who is let in.

    A load balancer that the cluster's controller made for it is what answers at all of its names.

    Where no front door leads to it, its own facts say where it is reached, and nothing is laid over them. There is
    nothing to go around then, which is said where every front door was looked at: any other might lead to it.

    Args:
        item: The deployment.
        around: What stands around it.
        told: Whether everybody who is let in was listed.
        seen: Whether the front doors of its own place were all looked at.
    """
    target, ways = _target(item), _ways(item, around)
    consumers = around.consumers.get(target, ())
    counted = told and (item.provider, item.account) not in around.open
    made = read_making(item, around.balancers)
    ways = (*ways, *map(_way_of, made.certain))
    own, whole = addresses(item), around.whole and seen
    if not ways:
        alone = Conclusion(
            consumers=consumers, counted=counted, access_reasons=made.doubts[:MOST_REASONS]
        )
        return _reached_directly(item, alone) if whole and is_known(own) else alone
    asking = [way for way in ways if way.by is not None]
    access = judge_access(
        [way.by for way in asking if way.by is not None],
        () if made.certain and is_known(own) else own_names(item),
        firewall=item.protections.waf,
        whole=whole,
    )
    typed = [way.url for way in ways if way.url is not None]
    urls = tuple(dict.fromkeys(typed + list(own if is_known(own) else ())))
    return Conclusion(
        front_doors=tuple(dict.fromkeys(way.front_door for way in ways)),
        consumers=consumers,
        counted=counted,
        endpoints=urls if typed or is_known(own) else UNKNOWN,
        exposure=widest([*(way.exposure for way in asking), *_own_exposures(item)]),
        mtls=access.mtls,
        bypass=access.bypass,
        access_reasons=(*made.evidence, *access.reasons, *made.doubts)[:MOST_REASONS],
    )


def _reached_directly(item: Deployment, alone: Conclusion) -> Conclusion:
    """Return a conclusion with what callers are asked for where, of all front doors, none leads there."""
    access = judge_access((), own_names(item), firewall=item.protections.waf, whole=True)
    return msgspec.structs.replace(alone, mtls=access.mtls, bypass=access.bypass)


def point_at(item: Deployment, around: Surroundings) -> tuple[str, tuple[str, ...]]:
    """Return whether a name in DNS that leads to a deployment dangles, a word of `Dangling`, and why.

    One that is gone may have such names still.
    """
    if not around.verdicts:
        return Dangling.UNKNOWN, ()
    doors = dict.fromkeys(way.front_door for way in _ways(item, around))
    told = [around.verdicts[door] for door in doors if door in around.verdicts]
    for value, word in ((True, Dangling.YES), (None, Dangling.UNKNOWN), (False, Dangling.NO)):
        reasons = [each.reason for each in told if each.value is value and each.reason]
        if any(each.value is value for each in told):
            return word, tuple(reasons)[:MOST_REASONS] if value is not False else ()
    return Dangling.UNKNOWN, ()


def _target(item: Deployment) -> Target:
    return native_api_key(item.provider, item.account, item.native_api_id), item.stage


def _ways(item: Deployment, around: Surroundings) -> tuple[Way, ...]:
    """Return the ways in of all front doors, names in DNS among them, that lead to a deployment."""
    return (*around.ways.get(_target(item), ()), *_ways_to_addresses(item, around))


def _asked_by(lead: Lead) -> Name | None:
    """Return what a front door asks of callers who come by it; nothing of a name in DNS."""
    door = lead.door
    if door.is_name:
        return None
    return Name(
        title=door.endpoint.url,
        door=door.uid,
        exposure=door.endpoint.exposure,
        enabled=door.endpoint.enabled,
        mtls=door.endpoint.mtls,
        waf=door.waf,
        sends=lead.sends,
        asks_address=lead.asks_address,
    )


def _way_of(balancer: FrontDoor) -> Way:
    """Return the way in by a load balancer of the cluster: its own address alone leads to no host of an Ingress."""
    endpoint = balancer.endpoint
    by = Name(
        title=f"load balancer {balancer.name}",
        door=balancer.uid,
        exposure=endpoint.exposure,
        enabled=endpoint.enabled,
        mtls=endpoint.mtls,
        waf=balancer.waf,
    )
    return Way(balancer.uid, balancer.name, None, endpoint.exposure, by)


def widest(exposures: Iterable[str]) -> str:
    """Return from where something is reached that is reached in several ways.

    The internet if any of them is; else unknown as soon as one is, for it may be the internet. So may
    be what a newer word stands for.
    """
    words = {word if word in _WIDEST_FIRST else Exposure.UNKNOWN for word in exposures}
    return next((word for word in _WIDEST_FIRST if word in words), Exposure.UNKNOWN)


def _own_exposures(item: Deployment) -> list[str]:
    if not is_known(item.endpoints):
        return [item.exposure]
    return [each.exposure for each in item.endpoints if each.enabled is not False]


def _ways_to_addresses(item: Deployment, around: Surroundings) -> Iterator[Way]:
    """Yield the ways in of front doors that lead to an address which a deployment answers at itself."""
    own = addresses(item)
    if not around.hosts or not is_known(own):
        return
    for url in own:
        for origin, way in around.hosts.get(host_of(url), ()):
            added = beyond(origin, url)
            if added is not None:
                typed = None if way.url is None else below(way.url, added)
                yield msgspec.structs.replace(way, url=typed)
