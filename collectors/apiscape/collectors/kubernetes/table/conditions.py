"""What a controller says of an object, read by an entry in one of two forms; never older than the object. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from apiscape.collectors.kubernetes.exposed import Condition
from apiscape.collectors.kubernetes.table.expressions import Expression
from apiscape.collectors.kubernetes.table.parts import Health

LONGEST_REASON = 200

Json = Any
Find = Callable[[str, Expression | None, Json], Json]
"""Asks an expression of a value, for a slot."""

_HOLDS: dict[Json, bool | None] = {"True": True, "False": False, "ok": True, "error": False}


def read_health(health: Health, body: Json, generation: int, find: Find) -> Iterator[Condition]:
    """Yield what is said of an object: pending where nobody has said anything yet, stale where it was changed since."""
    if health.value is not None:
        yield _by_value(health, body, generation, find)
        return
    seen = find("health", health.generation, body)
    said = [
        {"observedGeneration": seen} | each
        for each in _listed(find("health", health.conditions, body))
        if isinstance(each, dict)
    ]
    for name in health.ok:
        ones = [_one(name, each, generation) for each in said if each.get("type") == name]
        yield (
            worst(ones)
            if ones
            else Condition(name=name, holds=None, reason=f"pending: no {name} yet")
        )
    for name in health.negative:
        for each in said:
            if each.get("type") == name and each.get("status") == "True":
                one = _one(name, each, generation)
                yield Condition(name=name, holds=False, reason=_why(each)) if one.holds else one


def worst(ones: list[Condition]) -> Condition:
    """Return the one that is least well: what does not hold, then what is not known."""
    return min(ones, key=lambda each: {False: 0, None: 1, True: 2}[each.holds])


def _by_value(health: Health, body: Json, generation: int, find: Find) -> Condition:
    word = find("health", health.value, body)
    seen = find("health", health.generation, body)
    reason = find("health", health.reason, body)
    if isinstance(word, bool):
        word = "true" if word else "false"
    if not isinstance(word, str) or not word:
        return Condition(name=health.name, holds=None, reason="pending: no status yet")
    if _is_stale(seen, generation):
        return _stale(health.name, seen, generation)
    holds = _HOLDS.get(health.map.get(word))
    why = ": ".join(each for each in (word, reason) if isinstance(each, str) and each)
    if holds:
        return Condition(name=health.name, holds=True)
    text = why if holds is False else f"pending: {why}"
    return Condition(name=health.name, holds=holds, reason=text[:LONGEST_REASON])


def _one(name: str, said: dict[str, Json], generation: int) -> Condition:
    seen = said.get("observedGeneration")
    if _is_stale(seen, generation):
        return _stale(name, seen, generation)
    holds = _HOLDS.get(said.get("status")) if isinstance(said.get("status"), str) else None
    if holds:
        return Condition(name=name, holds=True)
    why = _why(said)
    return Condition(name=name, holds=holds, reason=why if holds is False else f"pending: {why}")


def _is_stale(seen: Json, generation: int) -> bool:
    return isinstance(seen, int) and not isinstance(seen, bool) and seen < generation


def _stale(name: str, seen: Json, generation: int) -> Condition:
    return Condition(
        name=name, holds=None, reason=f"stale: said of generation {seen}, which is {generation} now"
    )


def _why(said: dict[str, Json]) -> str:
    words = (said.get("reason"), said.get("message"))
    return (
        ": ".join(each for each in words if isinstance(each, str) and each)[:LONGEST_REASON]
        or "no reason is given"
    )


def _listed(found: Json) -> list[Json]:
    return found if isinstance(found, list) else []
