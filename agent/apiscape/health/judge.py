"""From evidence to a state: the worst that is proved, with its basis and reasons in words. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from apiscape.health.evidence import Evidence
from apiscape.health.policy import DEFAULT_THRESHOLDS, Thresholds
from apiscape.health.signals import fresh, is_unsettled
from apiscape.health.verdicts import (
    Circumstances,
    Verdict,
    judge_measured,
    judge_signal,
    judge_status,
)
from apiscape.model.surroundings import Health, Signal
from apiscape.model.vocabulary import Basis, HealthState, Presence, Status

_WORST_FIRST = (
    HealthState.FAILING,
    HealthState.DEGRADED,
    HealthState.IDLE,
    HealthState.UNKNOWN,
    HealthState.HEALTHY,
)
_RANKS = {state.value: rank for rank, state in enumerate(_WORST_FIRST)}
_PROVED_BAD = 2
"""How many of these stand whatever else is said. Of the others the one on the strongest basis does."""

_BASES = (Basis.NONE, Basis.CONFIGURED, Basis.REACHABLE, Basis.SERVING)
_STRENGTHS = {basis.value: strength for strength, basis in enumerate(_BASES)}
_STANDS = frozenset({Presence.PRESENT.value, Presence.SUSPECT.value})


def judge(
    evidence: Evidence,
    now: datetime,
    *,
    previous: Health | None = None,
    thresholds: Thresholds = DEFAULT_THRESHOLDS,
) -> Health:
    """Return how a deployment fares.

    Args:
        evidence: All that is known of it.
        now: Aware; what ages count from.
        previous: The verdict so far: a bad state is left only well under the limit that led to it,
            and `since` stands while the state does.
        thresholds: From where on a figure counts against it.
    """
    if evidence.presence not in _STANDS:
        reason = f"{evidence.presence}: its gateway no longer lists it"
        return _health((Verdict(HealthState.UNKNOWN, Basis.NONE, reason),), previous, now)
    before = previous.state if previous is not None else HealthState.UNKNOWN
    seen, unseen = fresh(evidence.seen, now, thresholds.seen_stale_after_s)
    measured, unmeasured = fresh(evidence.signals, now, thresholds.stale_after_s)
    circumstances = Circumstances(
        thresholds=thresholds,
        before=before,
        now=now,
        is_unsettled=any(map(is_unsettled, (*seen, *measured))),
    )
    verdicts = (
        *_configured(evidence, circumstances),
        *(said for each in (*seen, *measured) for said in judge_signal(each, circumstances)),
        *judge_measured(evidence, circumstances),
    )
    return _health(_complete(verdicts, evidence, (*unseen, *unmeasured)), previous, now)


def _configured(evidence: Evidence, at: Circumstances) -> Iterator[Verdict]:
    """Yield what configuration proves, unless it was not observed: then it is of another time."""
    if evidence.current:
        yield from judge_status(evidence, at)
        return
    when = evidence.observed_at
    since = f" since {when.isoformat(timespec='minutes').replace('+00:00', 'Z')}" if when else ""
    yield Verdict(HealthState.UNKNOWN, Basis.NONE, f"its configuration was not observed{since}")


def _complete(
    verdicts: Sequence[Verdict], evidence: Evidence, silent: Sequence[Signal]
) -> tuple[Verdict, ...]:
    """Return the verdicts and what is too old for one; what is missing for one where there is nothing at all."""
    old = (
        Verdict(HealthState.UNKNOWN, Basis.NONE, f"{name} is too old to tell")
        for name in sorted({signal.name for signal in silent})
    )
    return (*verdicts, *old) or (_unproved(evidence),)


def _unproved(evidence: Evidence) -> Verdict:
    """Return that configuration alone proves no health, and what would."""
    if evidence.status == Status.UNKNOWN:
        basis, words = Basis.NONE, "nothing is known of how it fares"
    else:
        basis, words = Basis.CONFIGURED, "configured, no traffic source"
    if evidence.raise_by:
        words = f"{words}: {evidence.raise_by}"
    return Verdict(HealthState.UNKNOWN, basis, words)


def _health(verdicts: Sequence[Verdict], previous: Health | None, now: datetime) -> Health:
    ordered = sorted(verdicts, key=_weight)
    state = ordered[0].state
    began = previous.since if previous is not None and previous.state == state else None
    return Health(
        state=state,
        basis=max(
            (each.basis for each in ordered if each.state == state), key=_STRENGTHS.__getitem__
        ),
        reasons=tuple(dict.fromkeys(each.reason for each in ordered)),
        since=began or now,
    )


def _weight(verdict: Verdict) -> tuple[int, int, int, str]:
    """Order verdicts: what is proved bad, then by basis, then the worse, then by the words."""
    rank = _RANKS[verdict.state]
    return min(rank, _PROVED_BAD), -_STRENGTHS[verdict.basis], rank, verdict.reason
