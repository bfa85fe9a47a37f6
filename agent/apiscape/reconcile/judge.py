"""The end of a run: which known deployments are missing, retired, suspect or not observed.

    place in its part      listed to its end                  partly listed      failed, absent
    seen, stands           nothing                            nothing            (the part is stale)
    gone, by evidence      retired                            retired            retired
    superseded             superseded                         superseded         -
    left out               not observed                       not observed       -
    beyond                 not observed                       not observed       -
    still there            present again, not observed        the same           the same
    unlisted, dropped      missing, in time retired,          not observed       -
                           or suspect where it is too many

An object that could not be read is left out, however the rest went: presence follows the listing. One is
beyond that the configuration has nobody look for: it neither goes missing nor retires.
Whatever a run sees again is written as returned by `compare`; it never comes here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from apiscape.model.entity import Entity
from apiscape.model.known import Known, NotObserved, PresenceChange, Verdict
from apiscape.model.vocabulary import Outcome, Presence
from apiscape.reconcile.policy import DEFAULT_POLICY, PresencePolicy
from apiscape.reconcile.sight import PartSight, Place, place

LISTING, DIRECT_READ = "listing", "direct_read"
"""Evidence: a listing read to its end without it, a direct read that answered not-found."""

NOT_LOOKED_FOR = "not looked for: the configuration of its source leaves it out"

_SETTLED = frozenset({Presence.RETIRED, Presence.SUPERSEDED})
_BLIND = frozenset({Outcome.FAILED, Outcome.ABSENT})
_ABSENCES = frozenset({Place.UNLISTED, Place.DROPPED})


class _Court(Entity, frozen=True):
    """What a part's rows are judged by."""

    sight: PartSight
    at: datetime
    policy: PresencePolicy
    losses: int
    standing: int

    @property
    def distrusts(self) -> bool:
        return self.policy.distrusts(self.losses, self.standing)


def judge(
    known: Iterable[Known],
    sights: Iterable[PartSight],
    *,
    at: datetime,
    policy: PresencePolicy = DEFAULT_POLICY,
) -> Verdict:
    """Return what a run's end says of every known deployment of its scope.

    Neither the order of `known` nor that of `sights` matters. A part that holds rows and that
    the run does not speak of is stale.

    Args:
        known: The scope's deployments before the run.
        sights: What the run saw, a part each.
        at: The run's time; a deployment is missing since the first run that says so.
        policy: How slow absence is to become deletion.
    """
    parts = {sight.part: sight for sight in sights}
    seen = {uid for sight in parts.values() for uids in sight.given.values() for uid in uids}
    standing: dict[str, list[Known]] = {}
    for row in known:
        if row.presence not in _SETTLED:
            standing.setdefault(row.part, []).append(row)
    for part in standing.keys() - parts.keys():
        parts[part] = PartSight(part=part, outcome=Outcome.FAILED)
    said = [
        change
        for part, rows in standing.items()
        for change in _judge_part(rows, seen, parts[part], at, policy)
    ]
    said.sort(key=lambda change: change.uid)
    return Verdict(
        presence=tuple(change for change in said if isinstance(change, PresenceChange)),
        not_observed=tuple(change for change in said if isinstance(change, NotObserved)),
        stale_parts=tuple(sorted(p for p, sight in parts.items() if sight.outcome in _BLIND)),
        stands=tuple(sorted((p, key) for p, sight in parts.items() for key in sight.stands)),
        whole_parts=tuple(sorted(p for p, sight in parts.items() if sight.is_whole_though_partial)),
    )


def _judge_part(
    rows: list[Known],
    seen: set[str],
    sight: PartSight,
    at: datetime,
    policy: PresencePolicy,
) -> Iterator[PresenceChange | NotObserved]:
    places = [(row, place(row, sight)) for row in rows if row.uid not in seen]
    losses = sum(_is_loss(row, where, sight) for row, where in places)
    court = _Court(sight=sight, at=at, policy=policy, losses=losses, standing=len(rows))
    for row, where in places:
        change = _presence(row, where, court)
        if change is not None:
            yield change
        stands = row.presence == Presence.PRESENT or where is Place.THERE
        if stands and _is_unobserved(where, sight):
            yield NotObserved(uid=row.uid, reason=_reason(row, where, sight))


def _is_loss(row: Known, where: Place, sight: PartSight) -> bool:
    """Say whether the guard counts a row: absences, and reads that contradict the listing itself."""
    if where is Place.GONE:
        return _contradicts(row, sight)
    return where in _ABSENCES and sight.proves_absence


def _contradicts(row: Known, sight: PartSight) -> bool:
    """Say whether the same run listed an object and then read that it does not exist."""
    return sight.gone[row.listed_id] == DIRECT_READ and row.listed_id in sight.listed


def _presence(row: Known, where: Place, court: _Court) -> PresenceChange | None:
    """Return how the presence of a row changes, if it does."""
    if court.distrusts and _is_loss(row, where, court.sight):
        return _hold(row, court)
    if where is Place.GONE:
        evidence = court.sight.gone[row.listed_id]
        return _retire(row, court.at, reason="the gateway says that it is gone", evidence=evidence)
    if where is Place.SUPERSEDED:
        return PresenceChange(
            uid=row.uid,
            presence=Presence.SUPERSEDED,
            reason="a first stage of its API appeared",
            evidence=LISTING,
        )
    if where is Place.THERE and row.presence != Presence.PRESENT:
        return PresenceChange(
            uid=row.uid,
            presence=Presence.PRESENT,
            reason="a direct read found it",
            evidence=DIRECT_READ,
        )
    if where in _ABSENCES and court.sight.proves_absence:
        return _absence(row, where, court)
    return None


def _hold(row: Known, court: _Court) -> PresenceChange | None:
    """Return a suspect row; one that is held already stays so."""
    if row.presence == Presence.SUSPECT:
        return None
    return PresenceChange(
        uid=row.uid,
        presence=Presence.SUSPECT,
        missing_since=row.missing_since or court.at,
        missing_runs=row.missing_runs,
        reason=f"{court.sight.part} would lose {court.losses} of {court.standing} deployments at once",
        evidence=LISTING,
    )


def _absence(row: Known, where: Place, court: _Court) -> PresenceChange | None:
    """Return a missing row, or a retired one in time; a suspect row waits for evidence or a person."""
    if row.presence == Presence.SUSPECT:
        return None
    since, runs = row.missing_since or court.at, row.missing_runs + 1
    reason = "not listed" if where is Place.UNLISTED else "its API is listed without it"
    proves = where is Place.DROPPED or not court.sight.narrowable
    patient = (
        runs >= court.policy.retire_after_runs and court.at - since >= court.policy.retire_after
    )
    if proves and patient:
        return _retire(row, since, reason=f"{reason} by {runs} whole listings", evidence=LISTING)
    return PresenceChange(
        uid=row.uid,
        presence=Presence.MISSING,
        missing_since=since,
        missing_runs=runs,
        reason=reason,
        evidence=LISTING,
    )


def _retire(row: Known, since: datetime, *, reason: str, evidence: str) -> PresenceChange:
    return PresenceChange(
        uid=row.uid,
        presence=Presence.RETIRED,
        missing_since=row.missing_since or since,
        missing_runs=row.missing_runs,
        reason=reason,
        evidence=evidence,
    )


def _is_unobserved(where: Place, sight: PartSight) -> bool:
    if where in _ABSENCES:
        return sight.outcome == Outcome.PARTIAL and not sight.proves_absence
    return where in {Place.LEFT_OUT, Place.THERE, Place.BEYOND}


def _reason(row: Known, where: Place, sight: PartSight) -> str:
    if where is Place.LEFT_OUT:
        return sight.left_out[row.listed_id]
    if where is Place.THERE:
        return "not listed, though a direct read finds it"
    if where is Place.BEYOND:
        return NOT_LOOKED_FOR
    return sight.reason or "the listing was not read to its end"
