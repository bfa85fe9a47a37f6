"""Planning a source: every cluster asked once which one it is, side by side; each visited once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

import msgspec

from apiscape.collectors.contract import CollectorError, PlannedReach
from apiscape.collectors.kubernetes.identity import identify
from apiscape.collectors.kubernetes.session import ClusterSession
from apiscape.collectors.kubernetes.targets import Target
from apiscape.model.run import ErrorRecord, EstateEntry, Reach
from apiscape.model.vocabulary import ReachState

PLANNING_THREADS = 8


class Asked(msgspec.Struct, frozen=True):
    """A target, and which cluster it turned out to be."""

    target: Target
    uid: str | None = None
    error: ErrorRecord | None = None


class Unmetered:
    """The budget of planning: one request a cluster."""

    def acquire(self, families: Sequence[str], *, account: str, region: str | None) -> None:
        """Wait for nothing."""

    def throttled(
        self,
        families: Sequence[str],
        *,
        account: str,
        region: str | None,
        retry_after_s: float | None,
    ) -> None:
        """Slow down nothing: what is refused is not asked again."""


def ask_each(targets: Sequence[Target]) -> list[Asked]:
    """Return which cluster each target is, in their order."""
    with ThreadPoolExecutor(PLANNING_THREADS, thread_name_prefix="kubernetes-plan") as threads:
        return list(threads.map(_ask, targets))


def _ask(target: Target) -> Asked:
    try:
        with ClusterSession(target, target.key, Unmetered()) as session:
            return Asked(target, uid=identify(session.wire, target.uid))
    except CollectorError as error:
        return Asked(target, error=error.record())


def reaches(asked: Sequence[Asked]) -> Iterator[PlannedReach]:
    """Yield the reach of every cluster, once: the first target that leads to it counts."""
    seen: set[str] = set()
    for each in asked:
        if each.uid is None or each.uid not in seen:
            yield PlannedReach(reach=reach_of(each.target, each.uid), error=each.error)
        seen.add(each.uid or "")


def doubles(source: str, provider: str, asked: Sequence[Asked]) -> Iterator[EstateEntry]:
    """Yield the targets that lead to a cluster that is visited already."""
    first: dict[str, Target] = {}
    for each in asked:
        if each.uid is None:
            continue
        other = first.setdefault(each.uid, each.target)
        if other is not each.target:
            yield EstateEntry(
                source=source,
                provider=provider,
                key=each.target.key,
                title=each.target.title if each.target.title != each.target.key else None,
                state=ReachState.EXCLUDED,
                reason=f"the same cluster as {other.title}, which is visited",
            )


def reach_of(target: Target, uid: str | None) -> Reach:
    """Return the reach of a target: the account is the cluster; its key where nobody could say which one it is."""
    return Reach(
        key=target.key,
        account=uid or target.key,
        region=target.region,
        title=target.title if target.title != target.key else None,
    )
