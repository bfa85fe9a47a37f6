"""Where objects lead that stand for backends: a pool of models, an address outside."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from apiscape.collectors.kubernetes.exposed import Condition, Exposed, Rule, Target
from apiscape.collectors.kubernetes.table.describing import Told

Named = Callable[[Target], Told | None]
"""Returns what an object says that stands for a target; `None` where nobody can tell."""


def led_on(exposed: Exposed, named: Named) -> Exposed:
    """Return what is exposed with targets in place of the objects that stand for them.

    What its controller says against such an object is said of the API too. Of an object that nobody can
    look at, or that says nothing of where it leads, the reference stays.
    """
    if not any(each.stands for each in exposed.targets()):
        return exposed
    told: dict[tuple[str, str, str], Told | None] = {}
    rules = tuple(_rule(rule, named, told) for rule in exposed.rules or ())
    against = (
        Condition(name=f"Backend{each.name}", holds=False, reason=f"{said.by}: {each.reason}")
        for said in told.values()
        if said is not None
        for each in said.conditions
        if each.holds is False
    )
    return msgspec.structs.replace(
        exposed, rules=rules, conditions=(*exposed.conditions, *dict.fromkeys(against))
    )


def _rule(rule: Rule, named: Named, told: dict[tuple[str, str, str], Told | None]) -> Rule:
    """Return a rule of which each target that leads to several has its share divided among them."""
    leads = [_leads(target, named, told) for target in rule.targets]
    parts = 1
    for each in leads:
        parts *= len(each)
    targets = tuple(
        msgspec.structs.replace(
            lead, weight=target.weight * parts // len(each), doubted=lead.doubted or target.doubted
        )
        for target, each in zip(rule.targets, leads, strict=True)
        for lead in each
    )
    return msgspec.structs.replace(rule, targets=targets)


def _leads(
    target: Target, named: Named, told: dict[tuple[str, str, str], Told | None]
) -> tuple[Target, ...]:
    if target.stands is None or target.denied:
        return (target,)
    key = (target.kind, target.namespace, target.name)
    if key not in told:
        told[key] = named(target)
    said = told[key]
    return said.targets if said is not None and said.targets else (target,)
