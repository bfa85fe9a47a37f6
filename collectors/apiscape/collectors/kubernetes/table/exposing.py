"""Puts together what an object of the table exposes, of all objects that have a part in it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain

import msgspec

from apiscape.collectors.kubernetes.exposed import Address, Exposed, Reached, Rule
from apiscape.collectors.kubernetes.limiting import each_once
from apiscape.collectors.kubernetes.resource import Look
from apiscape.collectors.kubernetes.table.asking import (
    holding,
    policies_for,
    security_of,
)
from apiscape.collectors.kubernetes.table.finding import OF, Finder, Known
from apiscape.collectors.kubernetes.table.rating import limits_of
from apiscape.collectors.kubernetes.table.routing import Piece, gather, matches_of, parents
from apiscape.collectors.kubernetes.table.sending import targets_of
from apiscape.collectors.kubernetes.table.serving import addresses_of, gateways_of
from apiscape.collectors.kubernetes.table.sketch import LIMITED, SWITCHES, Sketch, switch_of
from apiscape.model.limits import RateLimit, RateLimits
from apiscape.model.provenance import Claim
from apiscape.model.values import UNKNOWN, Unknown
from apiscape.model.vocabulary import Lifecycle, ProvenanceMethod, Status, Switch


class _Held(msgspec.Struct, frozen=True):
    """A rule with the policies that hold for it alone, and why there may be others."""

    piece: Piece
    policies: tuple[Known, ...]
    gaps: tuple[str, ...]


def expose(known: Known, finder: Finder) -> Exposed:
    """Return what an object exposes."""
    sketch = known.sketch
    pieces = gather(known, finder)
    wide = holding(known, finder)
    parts = (each.incomplete for each in wide)
    hatches = dict.fromkeys((*sketch.incomplete, *_hatches(known, pieces), *chain(*parts)))
    gaps = (*finder.gaps, *hatches)
    held = tuple(_held(each, finder) for each in pieces)
    own = (text for each in held for policy in each.policies for text in policy.incomplete)
    sending = Finder(finder.entries, finder.look)
    rules = tuple(_rule(known, each, wide, gaps, sending) for each in held)
    hosts = dict.fromkeys(host for each in pieces for host in each.hosts)
    addresses = _addresses(known, hosts, sending)
    exposed = Exposed(
        metadata=sketch.metadata,
        style=sketch.style,
        gateway=sketch.gateway or gateways_of(known, hosts, sending) or UNKNOWN,
        title=sketch.title,
        description=sketch.description,
        version=sketch.version,
        status=sketch.status or Status.UNKNOWN,
        status_reason=sketch.status_reason,
        lifecycle=sketch.lifecycle or Lifecycle.UNKNOWN,
        addresses=addresses,
        reached=reached_of(sketch),
        rules=rules or (None if gaps or not known.entry.rules else ()),
        conditions=(*sketch.conditions, *finder.problems(), *sending.problems()),
        mtls=_agreed(each.mtls for each in addresses or ()),
        owners=owners_of(known),
        documents=sketch.documents,
        links=sketch.links,
        incomplete=tuple(dict.fromkeys((*hatches, *own, *_unlooked(finder), *_unlooked(sending)))),
        consumers=consumers_of(known, finder.look),
    )
    return msgspec.structs.replace(exposed, **switches_of(known, held, wide, gaps))


def _held(piece: Piece, finder: Finder) -> _Held:
    own = Finder(finder.entries, finder.look)
    policies = policies_for(piece, own)
    finder.take(own)
    return _Held(piece, policies, (*own.gaps, *chain(*(each.incomplete for each in policies))))


def reached_of(sketch: Sketch) -> Reached:
    """Return from where an object can be reached."""
    reach = sketch.reach
    return Reached(exposure=reach.exposure, evidence=reach.evidence, addresses=reach.addresses)


def owners_of(known: Known) -> tuple[Claim, ...]:
    """Return who answers for an object, as it says itself."""
    return tuple(
        Claim(each.name, ProvenanceMethod.SOURCE, f"{known.words} {each.field}".strip())
        for each in known.sketch.owners
        if each.name
    )


def switches_of(
    known: Known, held: tuple[_Held, ...], wide: Iterable[Known], gaps: tuple[str, ...]
) -> dict[str, str]:
    """Return the protections: on where every rule has them, off where none has and nobody can doubt that."""
    everywhere = known.sketch.switches.union(*(each.sketch.switches for each in wide))
    each_rule = [
        each.piece.line.switches.union(*(policy.sketch.switches for policy in each.policies))
        for each in held
    ]
    found: dict[str, str] = {}
    for name in SWITCHES:
        some = any(name in each for each in each_rule)
        is_on = name in everywhere or (some and all(name in each for each in each_rule))
        is_known = name in known.entry.whole and not (
            some or gaps or any(each.gaps for each in held)
        )
        found[name] = switch_of(is_on=is_on, is_known=is_known)
    return found


def _rule(
    known: Known, held: _Held, wide: tuple[Known, ...], gaps: tuple[str, ...], sending: Finder
) -> Rule:
    piece, elsewhere = held.piece, known.entry.auth_elsewhere
    doubts = dict.fromkeys((*((elsewhere,) if elsewhere else ()), *gaps, *held.gaps))
    return Rule(
        matches=matches_of(piece.cases),
        targets=targets_of(piece.of, piece.line.targets or piece.of.sketch.targets, sending),
        security=security_of(known, piece, wide, held.policies, tuple(doubts)),
        rate_limits=_limits(known, held, wide, gaps),
    )


def _limits(
    known: Known, held: _Held, wide: tuple[Known, ...], gaps: tuple[str, ...]
) -> RateLimits | Unknown:
    """Return the limits of a rule: its own and those of the whole; none where the entry knows of all."""
    line, of = held.piece.line, held.piece.of
    own = limits_of(line.limits, of.words, is_on=LIMITED in line.switches)
    parts = (known, *wide, *held.policies)
    found = each_once((*own, *(limit for each in parts for limit in limits_by(each))))
    is_whole = LIMITED in known.entry.whole and not (gaps or held.gaps)
    return found if found or is_whole else UNKNOWN


def limits_by(known: Known) -> Iterator[RateLimit]:
    """Return the limits that an object states for all that it holds for."""
    sketch = known.sketch
    return limits_of(sketch.limits, known.words, is_on=LIMITED in sketch.switches)


def _hatches(known: Known, pieces: Iterable[Piece]) -> Iterator[str]:
    """Yield what is incomplete in the objects that have a part in an API."""
    for piece in pieces:
        for part in (*(each for each, _ in piece.before), piece.of):
            if part.sketch is not known.sketch:
                yield from part.sketch.incomplete


def _unlooked(finder: Finder) -> Iterator[str]:
    yield from (f"{words} could not be looked at" for words in finder.unseen)
    yield from finder.odd


def _addresses(known: Known, hosts: Iterable[str], finder: Finder) -> tuple[Address, ...] | None:
    """Return where something is served; `None` where it does not say."""
    first, seen = known, {known.words}
    while above := [each for each in parents(first, finder) if each.words not in seen]:
        first = above[0]
        seen.add(first.words)
    others = [
        each
        for name in known.entry.also_at
        for each in finder.attached(name, known.entry.resource.path, known.sketch.key)
    ]
    found = (*addresses_of(first, hosts, finder), *_each(others, finder))
    return tuple(dict.fromkeys(found)) or None


def _each(others: Iterable[Known], finder: Finder) -> Iterator[Address]:
    for each in others:
        yield from addresses_of(each, (), finder)


def _agreed(words: Iterable[str]) -> str:
    found = set(words)
    return found.pop() if len(found) == 1 else Switch.UNKNOWN


def consumers_of(known: Known, look: Look) -> int | None:
    """Return how many call it, where all of them could be looked at."""
    counts = known.entry.counts
    if not counts or not all(look.sees(each) for each in counts):
        return None
    value = f"{known.entry.resource.path}:{known.sketch.key}"
    return sum(1 for each in counts for _ in look.those(each, OF, value))
