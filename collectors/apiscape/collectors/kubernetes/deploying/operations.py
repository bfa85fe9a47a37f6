"""Operations and backends of what is exposed. Pure.

A path is written as it is compared: `/orders` is that path alone, `/orders/*` it and all below it,
`~ ^/v[12]/` a regular expression, `/orders*` whatever the controller takes that to be.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache

import msgspec

from apiscape.collectors.kubernetes.exposed import (
    Match,
    PathType,
    Rule,
    Target,
    targets_in,
)
from apiscape.collectors.kubernetes.limiting import merged as merged_limits
from apiscape.collectors.kubernetes.objects import key_of
from apiscape.model.deployment import Backend, Operation
from apiscape.model.security import UNKNOWN_SECURITY, Security, summarise_requirement
from apiscape.model.values import UNKNOWN
from apiscape.model.vocabulary import Requirement

SPLIT = "split"
"""Kind of a backend that stands for several, each with its share."""

MOST_KEYS = 4096
"""Keys of targets that are kept: routes of one namespace send to the same few."""

OUTSIDE = "http"
"""Kind of a target that is an address outside."""


SOME = "for some of its requests"
"""For which requests a limit holds that is stated for those with some headers alone."""


def template(match: Match) -> str:
    """Return a path as it is compared."""
    kind = match.path_type
    if kind == _PREFIX:
        return match.path.rstrip("/") + "/*"
    if kind == _REGEX:
        return f"~ {match.path}"
    return match.path + "*" if kind == _OWN else match.path


_PREFIX, _REGEX, _OWN = PathType.PREFIX, PathType.REGEX, PathType.OWN


def operations_of(rules: Iterable[Rule]) -> tuple[Operation, ...]:
    """Return the operations of rules, in their order.

    What several rules are for, told apart by headers alone, is one operation: what is asked of
    callers is what is asked by all of them, else mixed.
    """
    found: dict[tuple[str, str], Operation] = {}
    again: dict[tuple[str, str], list[Operation]] = {}
    before: tuple[Target, ...] | None = None
    backend = None
    for rule in rules:
        if rule.targets is not before:  # most rules of a route have them in common
            before = rule.targets
            backend = _backend_key(before)
        for match in rule.matches:
            path = template(match)
            made = Operation(
                verb=match.method,
                template=path,
                operation_id=match.operation_id,
                security=rule.security,
                backend=backend,
                match=match.path_type,
                rate_limits=rule.rate_limits,
            )
            key = (match.method, path)
            first = found.setdefault(key, made)
            if first is not made:
                again.setdefault(key, [first]).append(made)
    found.update((key, _together(said)) for key, said in again.items())
    return tuple(found.values())


def _together(said: Sequence[Operation]) -> Operation:
    """Return the one operation that several are which headers alone tell apart."""
    backends = {each.backend for each in said}
    return msgspec.structs.replace(
        said[0],
        security=merged([each.security for each in said]),
        rate_limits=merged_limits([each.rate_limits for each in said], SOME),
        backend=backends.pop() if len(backends) == 1 else UNKNOWN,
    )


def merged(securities: Sequence[Security]) -> Security:
    """Return what is asked by all of them; which it is depends on what a request shows besides, where they differ."""
    first = securities[0] if securities else UNKNOWN_SECURITY
    if all(each is first or each == first for each in securities):
        return first
    words = summarise_requirement(securities)
    if any(each.requirement == Requirement.UNKNOWN for each in securities):
        words = Requirement.UNKNOWN
    evidence = dict.fromkeys(each.evidence for each in securities if each.evidence)
    return Security(requirement=words, evidence="; ".join(evidence) or None)


def backends_of(rules: Sequence[Rule]) -> tuple[Backend, ...]:
    """Return where rules send requests on, each once, in their order; where they are split, that too."""
    found: dict[str, Backend] = {}
    for targets in targets_in(rules):
        for target in targets:
            key = target_key(target)
            if key not in found:
                way = f"{target.secured}://" if target.secured else ""
                found[key] = Backend(key=key, kind=target.kind, address=way + address(target))
        if len(targets) > 1:
            key = _split_key(targets)
            if key not in found:
                found[key] = Backend(key=key, kind=SPLIT, address=_shares(targets))
    return tuple(found.values())


def address(target: Target) -> str:
    """Return where a target is: `namespace/name:port`, or its address outside."""
    name = target.name if target.kind == OUTSIDE else key_of(target.namespace, target.name)
    return f"{name}:{target.port}" if target.port else name


@lru_cache(maxsize=MOST_KEYS)
def target_key(target: Target) -> str:
    """Return the short name of a target: with its kind where that is no Service."""
    plain = target.kind in {"service", OUTSIDE}
    return address(target) if plain else f"{target.kind} {address(target)}"


def _backend_key(targets: Sequence[Target]) -> str | None:
    if not targets:
        return None
    return target_key(targets[0]) if len(targets) == 1 else _split_key(targets)


def _split_key(targets: Sequence[Target]) -> str:
    return " + ".join(f"{target_key(each)}={each.weight}" for each in targets)


def _shares(targets: Sequence[Target]) -> str:
    total = sum(each.weight for each in targets) or 1
    return ", ".join(f"{address(each)} {100 * each.weight / total:.0f} %" for each in targets)
