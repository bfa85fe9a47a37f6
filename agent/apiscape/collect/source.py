"""What a source asks of a scan, whatever form its configuration had."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from fnmatch import fnmatchcase
from typing import Any

import msgspec

from apiscape.model.entity import Entity
from apiscape.settings.schema import AcceptedGap, Events, Measuring, Rate, Rules

DEADLINE_S = 1800.0
INTERVAL_S = 3600.0
PLAN_INTERVAL_S = 21600.0


class SourcePlan(Entity, frozen=True):
    """One source, ready to be planned.

    Attributes:
        settings: The provider's own settings, of its `settings_type`.
        products: Collectors to run; all that came with the provider if empty.
        options: The source's own options by product, lent to its collector.
        quotas: Rates by operation family that replace the defaults.
        deadline_s: Longest that a visit of one scope may take.
        interval_s, plan_interval_s: How often an agent visits each scope, and plans the source anew.
        watch: Whether an agent follows the scopes whose collector can.
        traffic: How its traffic is measured, `None` where it is not.
        events: How an agent hears of changes between visits, `None` where it does not.
        accepted: Gaps that somebody answers for.
        files: Files that the settings name, each with a digest of what it says.
        config_digest: Hash of the configuration that the plan was read from.
    """

    name: str
    provider: str
    settings: Any
    products: tuple[str, ...] = ()
    include: Rules = Rules()
    exclude: Rules = Rules()
    options: dict[str, Mapping[str, Any]] = msgspec.field(default_factory=dict)
    quotas: dict[str, Rate] = msgspec.field(default_factory=dict)
    deadline_s: float = DEADLINE_S
    interval_s: float = INTERVAL_S
    plan_interval_s: float = PLAN_INTERVAL_S
    watch: bool = True
    traffic: Measuring | None = None
    events: Events | None = None
    accepted: tuple[AcceptedGap, ...] = ()
    files: dict[str, str] = msgspec.field(default_factory=dict)
    config_digest: str | None = None


def leaves_out(source: SourcePlan, name: str, labels: Mapping[str, str]) -> str | None:
    """Return why a source's rules leave an object out, `None` where they do not.

    A rule that names both globs and tags takes objects that match either. What is not
    included is left out, and so is what is excluded, included or not.
    """
    if _is_ruled(source.include) and not _matches(source.include, name, labels):
        return "not included by the source"
    if _matches(source.exclude, name, labels):
        return "excluded by the source"
    return None


def accepted_reason(
    gaps: tuple[AcceptedGap, ...], key: str, today: date, detail: str | None = None
) -> str | None:
    """Return the reason of the first accepted gap that covers a scope or estate key today, or a detail there.

    A glob over all scopes of a reach (`prod/444455556666/*`) covers the reach itself as well. One that names
    details covers nothing else.
    """
    for gap in gaps:
        if gap.detail is not None and not (detail and fnmatchcase(detail, gap.detail)):
            continue
        covers = fnmatchcase(key, gap.scope) or fnmatchcase(f"{key}/", gap.scope)
        if covers and today <= gap.until:
            return f"{gap.reason} ({gap.accepted_by}, until {gap.until.isoformat()})"
    return None


def _is_ruled(rules: Rules) -> bool:
    return bool(rules.names or rules.tags)


def _matches(rules: Rules, name: str, labels: Mapping[str, str]) -> bool:
    return any(fnmatchcase(name, glob) for glob in rules.names) or any(
        fnmatchcase(key, wanted) and (not equals or fnmatchcase(value, glob))
        for wanted, equals, glob in (tag.partition("=") for tag in rules.tags)
        for key, value in labels.items()
    )
