"""Names of a hosted zone that point at what an API may answer at: pure, from its records.

Most records of a zone lead to no API: they are counted by why that is, and not kept.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator
from datetime import datetime

import msgspec

from apiscape.collectors.aws.hosts import (
    LET_GO,
    read_record_name,
    read_target,
    service_of,
    takes_its_own_name_alone,
)
from apiscape.collectors.aws.names import Place
from apiscape.collectors.aws.picking import Item, count, flag, items, part, text
from apiscape.collectors.changing import Change
from apiscape.model.deployment import Endpoint
from apiscape.model.identity import aws_native_id, entity_uid
from apiscape.model.surroundings import POINTS_TO, FrontDoor, FrontDoorRoute, Signal
from apiscape.model.vocabulary import Exposure

KIND = "aws.route53.name"
PRODUCT = "aws.route53.names"
PASSED_OVER = "dns.records_passed_over"

TOPIC = "route53.amazonaws.com"
"""Event source of zones; its events are those of the region that stands for the whole partition."""

ADDRESSES = "addresses of machines"
ELSEWHERE = "names that no API is known to have"
PROOFS = "proofs of who owns a name"
UNREADABLE = "names that cannot be read"

_POINTING = frozenset({"A", "AAAA", "CNAME", "HTTPS"})
_ADDRESSED = frozenset({"A", "AAAA"})

Excludes = Callable[[str], str | None]
"""Says why a name is left out, or `None` where it is not."""


class Pointer(msgspec.Struct, frozen=True, gc=False):
    """One record that points somewhere; `chosen` says in words when it is the one that answers."""

    target: str
    chosen: str | None = None


class Names(msgspec.Struct, frozen=True, gc=False):
    """What a zone holds: pointers by name, and how many records lead to no API, by why."""

    pointers: dict[str, tuple[Pointer, ...]]
    passed_over: dict[str, int]


def named(change: Change) -> tuple[str, ...]:
    """Return the zone that a change is of; an `id` is a zone's where a zone was made, changed or deleted."""
    said = change.subjects
    members = ["hostedZoneId", "in.hostedZoneId", "made.in.hostedZoneId"]
    if "HostedZone" in change.name:
        members += ["made.in.id", "id"]
    found = next((said[member] for member in members if member in said), "")
    key = found.rpartition("/")[2]
    return (key,) if key else ()


def zone_id(zone: Item) -> str | None:
    """Return a zone's id without the path that the service writes before it."""
    return (text(zone, "Id") or "").rpartition("/")[2] or None


def zone_name(zone: Item) -> str | None:
    """Return a zone's name, without its dot."""
    return read_record_name(text(zone, "Name"))


def read_names(
    records: Iterable[Item], zones: Collection[str], excluded: Excludes = lambda _name: None
) -> Names:
    """Return which names of a zone point at what an API may answer at.

    Args:
        records: Of `ListResourceRecordSets`.
        zones: Names of the account's zones: what is in them may point on.
        excluded: Says why a name is left out on purpose.
    """
    pointers: dict[str, list[tuple[Pointer, bool]]] = {}
    passed_over: Counter[str] = Counter()
    for record in records:
        found = _read(record, zones, excluded)
        if isinstance(found, str):
            passed_over[found] += 1
        else:
            name, pointer = found
            pointers.setdefault(name, []).append((pointer, count(record, "Weight") == 0))
    return Names(
        pointers={name: _answering(held) for name, held in sorted(pointers.items())},
        passed_over=dict(sorted(passed_over.items())),
    )


def front_doors(names: Names, zone: Item, place: Place) -> Iterator[FrontDoor]:
    """Yield a front door for each name that points somewhere."""
    private = flag(part(zone, "Config"), "PrivateZone")
    kind = "" if private is None else "private " if private else "public "
    for name, pointers in names.pointers.items():
        native_id = aws_native_id(
            place.partition, place.account, "", "route53", f"hostedzone/{zone_id(zone)}/{name}"
        )
        yield FrontDoor(
            uid=entity_uid("front_door", native_id),
            native_id=native_id,
            native_kind=KIND,
            provider="aws",
            account=place.account,
            name=name,
            endpoint=Endpoint(
                url=f"https://{name}",
                exposure=Exposure.PRIVATE if private else Exposure.UNKNOWN,
                evidence=f"{kind}zone {zone_name(zone) or zone_id(zone)}",
                generated_host=False,
                enabled=True,
            ),
            routes=tuple(_route(name, pointer) for pointer in pointers),
            certificate=None,
            certificate_not_after=None,
            is_name=True,
        )


def signals(
    names: Names, doors: Iterable[FrontDoor], zone: Item, place: Place, now: datetime
) -> Iterator[Signal]:
    """Yield how many records were passed over and why, and which names point at what may be let go."""
    subject = aws_native_id(
        place.partition, place.account, "", "route53", f"hostedzone/{zone_id(zone)}"
    )
    counted = (f"{number} × {why}" for why, number in names.passed_over.items())
    yield Signal(
        subject_uid=entity_uid("zone", subject),
        name=PASSED_OVER,
        value=float(sum(names.passed_over.values())),
        observed_at=now,
        source=PRODUCT,
        reason="; ".join(counted) or None,
    )
    for door in doors:
        targets = (pointer.target for pointer in names.pointers[door.name])
        lent = {host: made for host in targets if (made := service_of(host)) in LET_GO}
        if lent:
            services = " and ".join(dict.fromkeys(filter(None, lent.values())))
            yield Signal(
                subject_uid=door.uid,
                name=POINTS_TO,
                value=" ".join(lent),
                observed_at=now,
                source=PRODUCT,
                reason=f"made by {services}, which gives it to somebody else once it is let go",
            )


def _read(record: Item, zones: Collection[str], excluded: Excludes) -> tuple[str, Pointer] | str:
    """Return what a record points at, or why it leads to no API."""
    name, kind = read_record_name(text(record, "Name")), text(record, "Type") or "?"
    if kind not in _POINTING:
        return f"{kind} records"
    given = text(part(record, "AliasTarget"), "DNSName")
    if given is None and kind in _ADDRESSED:
        return ADDRESSES
    values = [text(each, "Value") for each in items(record, "ResourceRecords")]
    target = read_target(given or next(iter(values), None))
    if name is None or target is None:
        return UNREADABLE
    if name.startswith("_") or "._" in name:
        return PROOFS
    if service_of(target) is None and not _is_within(target, zones):
        return ELSEWHERE
    why = excluded(name)
    return f"names left out: {why}" if why else (name, Pointer(target, _chosen(record)))


def _is_within(host: str, zones: Collection[str]) -> bool:
    """Say whether a host is in one of some zones."""
    labels = host.split(".")
    return any(".".join(labels[start:]) in zones for start in range(len(labels)))


def _chosen(record: Item) -> str | None:
    """Return when a record of a set is the one that answers, in words."""
    told = {
        "weight": count(record, "Weight"),
        "failover": text(record, "Failover"),
        "latency": text(record, "Region"),
        "place": _place(part(record, "GeoLocation")),
        "nearness": text(part(record, "GeoProximityLocation"), "AWSRegion"),
        "network": text(part(record, "CidrRoutingConfig"), "LocationName"),
    }
    said = [f"{what} {value}" for what, value in told.items() if value is not None]
    return ", ".join(said) or ("one of several" if text(record, "SetIdentifier") else None)


def _place(location: Item) -> str | None:
    named = (text(location, key) for key in ("ContinentCode", "CountryCode", "SubdivisionCode"))
    return " ".join(each for each in named if each) or None


def _answering(held: Iterable[tuple[Pointer, bool]]) -> tuple[Pointer, ...]:
    """Return the pointers of a name, each once; one of weight 0 never answers beside one that weighs."""
    pairs = tuple(held)
    weightless = any(not nothing for _, nothing in pairs)
    return tuple(dict.fromkeys(each for each, nothing in pairs if not (nothing and weightless)))


def _condition(name: str, target: str) -> str | None:
    """Return what a request must show besides the name for the target to take it, if anything.

    The host of an API, and that of a function, answer to no other name than their own.
    """
    if takes_its_own_name_alone(target):
        return f"the host name {target} in place of its own"
    return f"a name below {name[2:]}" if name.startswith("*.") else None


def _route(name: str, pointer: Pointer) -> FrontDoorRoute:
    said = f"{pointer.target} ({pointer.chosen})" if pointer.chosen else pointer.target
    return FrontDoorRoute(
        base_path="/",
        target=said,
        condition=_condition(name, pointer.target),
        strips_base_path=False,
        origin=f"https://{pointer.target}",
    )
