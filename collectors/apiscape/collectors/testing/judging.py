"""What is required of a trial, beside the one that nothing broke."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from apiscape.collectors.contract import (
    Absent,
    Failed,
    Recorded,
    Skipped,
    Unchanged,
)
from apiscape.collectors.testing.trials import Trial
from apiscape.collectors.testing.worlds import DENIED, MAPPED
from apiscape.model.deployment import Deployment


def to_break(operations: Sequence[str], kind: str) -> list[int]:
    """Return the calls to break by a kind: the ends of each operation; of those between kinds take turns."""
    ends = {operations.index(name) for name in operations}
    ends |= {call for call, name in enumerate(operations) if name not in operations[call + 1 :]}
    turn = range(tuple(MAPPED).index(kind), len(operations), len(MAPPED))
    return sorted(ends.union(turn))


def to_stop(clean: Trial, most: int) -> list[int]:
    """Return the calls to stop at: the ends of each operation, and every third between; all, where some take twice."""
    if clean.taken != len(clean.operations):
        return list(range(min(clean.taken, most)))
    return to_break(clean.operations[:most], DENIED)


def require(holds: bool, otherwise: str) -> None:  # noqa: FBT001 - reads as a sentence
    """Require that something holds.

    Raises:
        AssertionError: it does not, in those words.
    """
    if not holds:
        raise AssertionError(otherwise)


def require_alike(clean: Trial, trial: Trial, kind: str) -> None:
    """Require that odd answers gave what whole ones give."""
    require(trial.error is None, f"{kind}: raised {trial.error!r}")
    require(trial.whole() == clean.whole(), f"{kind}: listed something else")
    uids = {item.uid for item in clean.deployments()}
    require({item.uid for item in trial.deployments()} == uids, f"{kind}: other deployments")


def require_no_less(clean: Trial, trial: Trial, when: str) -> None:
    """Nothing that was read to its end may have less than there is."""
    for part, ids in trial.whole().items():
        short = clean.whole().get(part, ids) - ids
        require(not short, f"{when}: {part} ends complete without {sorted(short)}")
    ended = {each.native_id for each in trial.of(Recorded, Unchanged, Skipped, Failed)}
    gone = {each.native_id for each in trial.of(Absent)}
    require(not gone, f"{when}: said to be gone: {sorted(gone)}")
    if trial.error is None:
        left = {each for ids in trial.whole().values() for each in ids} - ended
        require(not left, f"{when}: left over: {sorted(left)}")
    given = {each.native_id: uids_of(each) for each in trial.of(Recorded)}
    for each in clean.of(Recorded):
        fewer = uids_of(each) - given.get(each.native_id, uids_of(each))
        require(not fewer, f"{when}: {each.native_id} is recorded without all its deployments")


def uids_of(said: Recorded) -> set[str]:
    """Return the uids of all deployments of an object, fresh and unchanged."""
    fresh = {item.uid for item in said.entities if isinstance(item, Deployment)}
    return fresh | {item.uid for item in said.unchanged}


def tokens_of(trial: Trial) -> dict[str, dict[str, str]]:
    """Return the tokens to remember, by object and deployment."""
    return {each.native_id: dict(each.tokens) for each in trial.of(Recorded)}


def kinds_of(trial: Trial) -> set[str]:
    """Return the kinds of all errors that were said or raised."""
    return {error.kind for error in trial.errors()}


def everything_of(trial: Trial) -> str:
    """Return all that a collector said, as text, documents and errors included."""
    documents = [body for each in trial.of(Recorded) for body in each.documents.values()]
    raised = repr(trial.error)
    said = msgspec.json.encode([msgspec.to_builtins(each) for each in trial.said])
    return "\n".join(
        [said.decode(), raised, *(body.decode("utf-8", "replace") for body in documents)]
    )
