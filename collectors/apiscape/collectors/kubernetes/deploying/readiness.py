"""How an exposed API fares, as far as a cluster says: conditions, backends, certificates. As signals."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

import msgspec

from apiscape.collectors.kubernetes.core import (
    CERTIFICATES,
    OF_SECRET,
    OF_SERVICE,
    SERVICES,
    SLICES,
    Service,
)
from apiscape.collectors.kubernetes.deploying.endpoints import certificates_of
from apiscape.collectors.kubernetes.exposed import Condition, Exposed, Target
from apiscape.collectors.kubernetes.objects import key_of
from apiscape.collectors.kubernetes.resource import Look
from apiscape.model.surroundings import Signal

SOURCE = "kubernetes"
OUTSIDE_A_CLUSTER = "ExternalName"
MOST_REASONS = 5
"""Why backends are not ready is said so often; the others are counted."""


class Told(msgspec.Struct, frozen=True, gc=False):
    """What is said of a backend: whether it takes requests, `None` where nobody can tell, and why not."""

    is_ready: bool | None
    why: str | None = None


def signals_of(
    exposed: Exposed, targets: Iterable[Target], subject_uid: str, look: Look, now: datetime
) -> list[Signal]:
    """Return what is measured of what is exposed, and of all that it sends requests to."""
    said = exposed.conditions
    if exposed.incomplete:
        said = (*said, _hidden(exposed.incomplete))
    found = conditions(said, subject_uid, now)
    backends = _backends(targets, look)
    if backends is not None:
        ready, total, why = backends
        signal = Signal(
            subject_uid=subject_uid,
            name="backends.ready",
            value=ready,
            threshold=total,
            observed_at=now,
            source=SOURCE,
            reason=why,
        )
        found.append(signal)
    secrets = (*certificates_of(exposed.addresses), *exposed.secrets)
    return found + certificate(secrets, exposed.certificates, subject_uid, look, now)


def certificate(
    secrets: Sequence[str],
    stated: Sequence[datetime],
    subject_uid: str,
    look: Look,
    now: datetime,
) -> list[Signal]:
    """Return when the first of some certificates ends: those kept in Secrets, and those whose end is stated."""
    ends = _ends_of(secrets, stated, look) if secrets or stated else None
    if ends is None:
        return []
    signal = Signal(
        subject_uid=subject_uid,
        name="certificate.not_after",
        value=ends.astimezone(UTC).isoformat(),
        observed_at=now,
        source=SOURCE,
    )
    return [signal]


def _hidden(incomplete: Iterable[str]) -> Condition:
    """Return that something may add to it or take from it that no object shows."""
    return Condition(name="ShownWhole", holds=None, reason="unknown: " + "; ".join(incomplete))


def conditions(said: Iterable[Condition], subject_uid: str, now: datetime) -> list[Signal]:
    """Return conditions; of those that are said more than once, the worst."""
    worst: dict[str, Condition] = {}
    for each in said:
        before = worst.setdefault(each.name, each)
        if before is not each and _badness(each) > _badness(before):
            worst[each.name] = each
    return [
        Signal(
            subject_uid=subject_uid,
            name=f"condition.{name}",
            value=each.holds,
            observed_at=now,
            source=SOURCE,
            reason=each.reason,
        )
        for name, each in worst.items()
    ]


def _badness(condition: Condition) -> int:
    return {True: 0, None: 1, False: 2}[condition.holds]


def _ends_of(secrets: Iterable[str], stated: Iterable[datetime], look: Look) -> datetime | None:
    """Return when the first of some certificates ends; `None` where nobody says of any."""
    ends = [
        status.not_after
        for secret in secrets
        for each in look.those(CERTIFICATES, OF_SECRET, secret)
        if (status := each.status) is not None and status.not_after is not None
    ]
    ends += stated
    return min([_aware(each) for each in ends], default=None)


def _aware(moment: datetime) -> datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _backends(
    targets: Iterable[Target], look: Look
) -> tuple[float | None, float, str | None] | None:
    """Return how many backends take requests, of how many, and what is wrong with the others.

    `None` where there is none that a cluster could say that of: an address outside, a kind that only
    its controller knows; beside others these are said to be there. Not counted is what nothing is sent
    to. Where some are not known, no number is told, unless others are known to take none: then it is how
    many may at most.
    """
    sent: dict[tuple[str, str, str], Target] = {}
    for target in targets:
        if target.weight > 0:
            sent.setdefault((target.kind, target.namespace, target.name), target)
    told = [said for each in sent.values() if (said := _told(each, look)) is not None]
    if not told:
        return None
    ready = [each.is_ready for each in told]
    total, refusing = float(len(told)), ready.count(False)
    if ready.count(True) == len(sent):
        return total, total, None
    why = "; ".join(_reasons(told, beside=len(sent) - len(told))) or None
    if None not in ready:
        return total - refusing, total, why
    return (total - refusing, total, f"at most, {why}") if refusing else (None, total, why)


def _reasons(told: Iterable[Told], *, beside: int) -> list[str]:
    """Return what is wrong with backends, and of how many more a cluster says nothing."""
    reasons = list(dict.fromkeys([each.why for each in told if each.why]))
    if len(reasons) > MOST_REASONS:
        reasons[MOST_REASONS:] = [f"and {len(reasons) - MOST_REASONS} more"]
    return [*reasons, f"of {beside} more nobody can tell"] if beside else reasons


def _told(target: Target, look: Look) -> Told | None:
    key = key_of(target.namespace, target.name)
    if target.denied:
        return Told(is_ready=False, why=f"{target.denied}: {key}")
    found = None
    if target.kind == "service":
        found = look.once("ready", key, lambda look: _service(target.namespace, key, look))
    if target.doubted and (found is None or found.is_ready is not False):
        return Told(is_ready=None, why=f"{target.doubted}: {key}")
    return found


def _service(namespace: str, key: str, look: Look) -> Told | None:
    """Return whether a Service takes requests; `None` of one that stands for an address outside."""
    service: Service | None = look.get(SERVICES, key)
    if service is None:
        return _unless_unseen(SERVICES, namespace, f"there is no Service {key}", look)
    if service.spec.type == OUTSIDE_A_CLUSTER:
        return None
    if any(each.is_ready for each in look.those(SLICES, OF_SERVICE, key)):
        return Told(is_ready=True)
    return _unless_unseen(SLICES, namespace, f"nothing behind Service {key} is ready", look)


def _unless_unseen(resource: str, namespace: str, why: str, look: Look) -> Told:
    """Return that something is not ready, where all that could say otherwise was seen."""
    if look.sees(resource, namespace):
        return Told(is_ready=False, why=why)
    return Told(is_ready=None, why=f"{resource} could not be read")
