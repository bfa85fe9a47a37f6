"""What is asked of callers, and which protections are on: of the object itself and of the policies that hold for it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec

from apiscape.collectors.kubernetes.objects import key_of
from apiscape.collectors.kubernetes.table.finding import MAX_DEPTH, Finder, Known
from apiscape.collectors.kubernetes.table.indexing import path_of
from apiscape.collectors.kubernetes.table.parts import Narrower
from apiscape.collectors.kubernetes.table.routing import Piece
from apiscape.collectors.kubernetes.table.schema import Entry
from apiscape.collectors.kubernetes.table.sketch import Asked, Ref
from apiscape.model.security import Scheme, Security
from apiscape.model.vocabulary import Requirement

NOTHING = "none"
"""The word of an entry for what lets everybody in."""

POLICIES = frozenset({"policies", "*"})
"""What a rule leaves out for which no policy of the whole object holds."""

MAX_POLICIES = 200


class Demand(msgspec.Struct, frozen=True, kw_only=True):
    """Something that is asked of callers, and what says so."""

    kind: str
    by: str
    asked: Asked

    @property
    def scheme(self) -> Scheme:
        """It as the model has it."""
        return Scheme(
            kind=self.kind,
            location=self.asked.location,
            issuer=self.asked.issuer,
            scopes=self.asked.scopes,
            native_id=self.by,
        )


def demands_of(known: Known, asked: Iterable[Asked]) -> Iterator[Demand]:
    """Yield what an object asks of callers, in its own words."""
    for each in asked:
        by = f"{known.words} {each.id}" if each.id else known.words
        yield Demand(kind=each.means, by=by, asked=each)


def policies_of(
    known: Known, refs: Iterable[Ref], finder: Finder, through: tuple[str, ...] = ()
) -> Iterator[Known]:
    """Yield the policies that an object refers to, and those that they refer to, in that order."""
    if known.entry.policies is None:
        return
    for ref in refs:
        found = finder.refer(known.entry.policies, ref, known.sketch.metadata.namespace)
        if found is None or not finder.holds(found):
            continue
        if found.words in through or len(through) >= MAX_DEPTH:
            finder.odd[f"{found.words} refers to itself"] = None
            continue
        yield found
        yield from policies_of(found, found.sketch.policies, finder, (*through, found.words))


def holding(known: Known, finder: Finder) -> tuple[Known, ...]:
    """Return the policies that hold for an object as a whole: those that it refers to, and those attached to it."""
    found = list(policies_of(known, known.sketch.policies, finder))
    for each in _attached_to(known.entry.resource.name, known.sketch.key, known.entry, finder):
        found += each
    return _bounded(found, finder)


def policies_for(piece: Piece, finder: Finder) -> tuple[Known, ...]:
    """Return the policies that hold for a rule alone: those of the rules before it, then its own."""
    stated = (*piece.before, (piece.of, piece.line))
    found = [each for known, line in stated for each in policies_of(known, line.policies, finder)]
    entry, space = piece.of.entry, piece.of.sketch.metadata.namespace
    for way in piece.line.targets if entry.attached else ():
        backend = entry.backends.get(way.kind)
        for each in _attached_to(backend, key_of(way.namespace or space, way.name), entry, finder):
            found += each
    return _bounded(found, finder)


def _bounded(found: list[Known], finder: Finder) -> tuple[Known, ...]:
    """Return as many policies as are read, with a word where that is not all of them."""
    if len(found) > MAX_POLICIES:
        finder.odd[f"only the first {MAX_POLICIES} policies are read"] = None
    return tuple(found[:MAX_POLICIES])


def _attached_to(
    resource: str | None, key: str, entry: Entry, finder: Finder
) -> Iterator[list[Known]]:
    """Yield the policies that are attached to an object, each with those that it refers to."""
    for name in entry.attached if resource else ():
        for each in finder.attached(name, path_of(resource or ""), key):
            if finder.holds(each):
                yield [each, *policies_of(each, each.sketch.policies, finder, (each.words,))]


def security_of(
    root: Known,
    piece: Piece,
    wide: Iterable[Known],
    narrow: Iterable[Known],
    doubts: tuple[str, ...],
) -> Security:
    """Return what is asked for a rule.

    Args:
        root: The object that is the API.
        piece: The rule.
        wide: Policies that hold for all of it.
        narrow: Policies that hold for the rule alone.
        doubts: Why it is not known that nothing more is asked.
    """
    outer = list(_chosen(root, piece))
    if not POLICIES & _without(piece):
        outer += _by_policies(wide)
    lines = (*piece.before, (piece.of, piece.line))
    own = [each for known, line in lines for each in demands_of(_worded(root, known), line.auth)]
    inner = [*own, *_by_policies(narrow)]
    if root.entry.narrower is Narrower.REPLACES_KIND:
        kinds = {each.kind for each in inner}
        outer = [each for each in outer if each.kind not in kinds]
    demands = tuple(dict.fromkeys((*outer, *inner)))
    return conclude(
        demands, doubts, root.words, any_of=bool(root.entry.auth and root.entry.auth.any_of)
    )


def _chosen(root: Known, piece: Piece) -> Iterator[Demand]:
    """Yield what the object asks that holds for a rule: what is not left out, and what is named."""
    lines = (*(line for _, line in piece.before), piece.line)
    without = _without(piece)
    named = {word for line in lines for word in line.auth_by_name}
    for each in demands_of(root, root.sketch.auth):
        asked = each.asked
        is_left_out = bool(without & {"*", asked.id, asked.kind})
        if asked.id in named if asked.by_name or is_left_out else True:
            yield each


def _without(piece: Piece) -> set[str]:
    """Return what of the whole object does not hold for a rule."""
    lines = (*(line for _, line in piece.before), piece.line)
    return {word for line in lines for word in line.auth_without}


def _by_policies(policies: Iterable[Known]) -> Iterator[Demand]:
    for policy in policies:
        yield from demands_of(policy, policy.sketch.auth)


def _worded(root: Known, known: Known) -> Known:
    """Return an object with the words of its own entry, or of the API's where it has none."""
    return known if known.entry.auth else Known(root.entry, known.sketch)


def conclude(
    demands: tuple[Demand, ...], doubts: tuple[str, ...], words: str, *, any_of: bool
) -> Security:
    """Return what demands come to: nothing is asked only where nobody can doubt that."""
    real = [each for each in demands if each.kind != NOTHING]
    waived = [each for each in demands if each.kind == NOTHING]
    if any_of and real:
        return _one_of(real, waived)
    required = [each for each in real if not each.asked.optional]
    if required or real:
        asked = required or real
        return Security(
            requirement=Requirement.REQUIRED if required else Requirement.OPTIONAL,
            schemes=tuple(each.scheme for each in asked),
            evidence="; ".join(dict.fromkeys(each.by for each in asked)),
        )
    if waived:
        return Security(requirement=Requirement.NONE, evidence=f"{waived[0].by} asks nothing")
    if doubts:
        return Security(evidence=f"{words} asks nothing itself; {'; '.join(doubts)}")
    return Security(
        requirement=Requirement.NONE, evidence=f"{words} and all that holds for it ask nothing"
    )


def _one_of(real: list[Demand], waived: list[Demand]) -> Security:
    """Return what alternatives come to: their schemes are told only where all are of one kind."""
    is_one = len({each.kind for each in real}) == 1
    ways = [f"{each.kind} by {each.by}" for each in real] + [
        f"nothing by {each.by}" for each in waived
    ]
    return Security(
        requirement=Requirement.OPTIONAL if waived else Requirement.REQUIRED,
        schemes=(real[0].scheme,) if is_one else (),
        evidence=ways[0] if len(ways) == 1 else f"any of: {'; '.join(ways)}",
    )
