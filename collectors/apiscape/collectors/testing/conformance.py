"""The conformance suite of collectors: what each must keep."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import ClassVar

from apiscape.collectors.changing import LooksAgain
from apiscape.collectors.contract import (
    AccessDenied,
    Cancelled,
    Collector,
    CollectorError,
    Failed,
    Observation,
    PartAbsent,
    Recorded,
    Skipped,
    Unchanged,
)
from apiscape.collectors.measuring import Counted, MeasuresTraffic, Wanted
from apiscape.collectors.testing.interpreters import IDLE, TIMED, in_another_process
from apiscape.collectors.testing.judging import (
    everything_of,
    kinds_of,
    require,
    require_alike,
    require_no_less,
    to_break,
    to_stop,
    tokens_of,
)
from apiscape.collectors.testing.trials import PermissionTrial, Purse, Trial, TrialVisit
from apiscape.collectors.testing.worlds import (
    CUT,
    DENIED,
    MAPPED,
    MISSING_FIELDS,
    THROTTLED,
    UNKNOWN_FIELDS,
    Fault,
    World,
)
from apiscape.collectors.trying import Grant, TriesPermissions
from apiscape.model.deployment import Deployment
from apiscape.model.identity import deployment_uid
from apiscape.model.vocabulary import ErrorKind

MOST_CALLS = 40
"""Calls of a visit that are broken one by one; a world should need far fewer."""


IMPORT_MS = 200.0
"""What importing a collector may take beyond its SDK, on a machine that counts as fast as ours."""


class CollectorConformance:
    """What every collector keeps. To be inherited by a test class that has a `world`."""

    world: ClassVar[World]
    _kept: ClassVar[dict[int, tuple[World, Trial]]] = {}

    def test_it_says_what_it_is(self) -> None:
        """Its data is complete: product, parts, permissions, quotas."""
        collector = self.world.collector
        require(isinstance(collector, Collector), "it does not keep the protocol")
        require(collector.product.startswith(f"{collector.provider}."), "product: provider first")
        require(bool(collector.title and collector.parts), "it has no title or no parts")
        require(collector.normaliser_version >= 1, "normaliser_version begins at 1")
        for permission in collector.permissions:
            require(bool(permission.reveals), f"{permission.action}: say what it reveals")
        for quota in collector.quotas:
            require(quota.rate_per_s > 0 and quota.burst > 0, f"{quota.family}: no rate")

    def test_its_ledger_closes(self) -> None:
        """Every part is listed to its end, and every listed object ends exactly once."""
        trial = self._visit()
        require(trial.error is None, f"an unbroken visit raised {trial.error!r}")
        require(bool(trial.deployments() or list(trial.of(Recorded))), "the world is empty")
        absent = {each.part for each in trial.of(PartAbsent)}
        listed = set(trial.whole()) | absent
        unlisted = set(self.world.collector.parts) - listed
        require(not unlisted, f"never listed to the end: {sorted(unlisted)}")
        ended = [each.native_id for each in trial.of(Recorded, Unchanged, Skipped, Failed)]
        ids = [each for ids in trial.whole().values() for each in ids]
        require(sorted(ended) == sorted(ids), "listed objects do not end exactly once")

    def test_its_uids_are_unique_and_stable(self) -> None:
        """Two visits see the same deployments, by uids of the model; the second may keep details by their tokens."""
        first = self._visit()
        uids = [item.uid for item in first.deployments()]
        require(len(uids) == len(set(uids)), "a uid is given twice")
        natives = {item.uid: item.native_id for item in first.deployments()}
        second = self._visit(tokens=tokens_of(first))
        again = {item.uid: item.native_id for item in second.deployments()}
        if not list(second.of(Unchanged)):
            require(natives == again, "the same estate gives other uids the second time")
        require(len(second.operations) <= len(first.operations), "the second visit costs more")
        own = [item for item in first.deployments() if item.uid != deployment_uid(item.native_id)]
        require(not own, f"a uid does not follow from its native id: {[each.uid for each in own]}")

    def test_it_does_nothing_before_it_is_asked(self) -> None:
        """Importing and constructing it opens no connection, writes no file, starts no process."""
        said = in_another_process(IDLE, self.world.collector)
        require(said == [], f"done at import or construction: {said}")

    def test_it_imports_quickly(self) -> None:
        """Its import takes at most 200 ms beyond its SDK's, measured against a fixed loop."""
        took_ms, yardstick_ms = in_another_process(TIMED, self.world.collector, *self.world.sdk)
        slowness = max(1.0, yardstick_ms / 40.0)
        allowed = IMPORT_MS * slowness
        require(took_ms <= allowed, f"imported in {took_ms:.0f} ms, {allowed:.0f} are allowed")

    def test_it_says_what_was_denied(self) -> None:
        """A denied call is said to be denied, whichever operation it is of."""
        self._break_every_call(DENIED)

    def test_it_says_what_was_throttled(self) -> None:
        """A call refused for rate is said to be throttled, whichever operation it is of."""
        self._break_every_call(THROTTLED)

    def test_it_says_what_was_cut(self) -> None:
        """A cut connection is said to be unreachable, whichever operation was called."""
        self._break_every_call(CUT)

    def test_it_stops_when_told(self) -> None:
        """A visit that is told to stop at any call ends there, and does not pass as complete."""
        clean = self._visit()
        for call in to_stop(clean, MOST_CALLS):
            trial = self._visit(budget=Purse(stops_at=call))
            stopped = isinstance(trial.error, Cancelled) or ErrorKind.DEADLINE in kinds_of(trial)
            require(stopped, f"told to stop at call {call}, it went on")
            require_no_less(clean, trial, f"stopped at call {call}")

    def test_it_survives_missing_fields(self) -> None:
        """Answers without their optional fields give the same deployments, with less known of them."""
        require_alike(self._visit(), self._visit(Fault(MISSING_FIELDS)), MISSING_FIELDS)

    def test_it_survives_unknown_fields(self) -> None:
        """Answers with fields of a newer version give the same deployments."""
        require_alike(self._visit(), self._visit(Fault(UNKNOWN_FIELDS)), UNKNOWN_FIELDS)

    def test_it_keeps_no_secret(self) -> None:
        """No canary is in anything that it says, broken or not."""
        for fault in (None, *(Fault(kind) for kind in (*MAPPED, MISSING_FIELDS, UNKNOWN_FIELDS))):
            text = everything_of(self._visit(fault))
            for canary in self.world.canaries:
                require(canary not in text, f"{canary} comes through ({fault})")

    def test_it_calls_only_what_it_declares(self) -> None:
        """Every operation called is one of a permission, and every call takes from the budget."""
        declared = {name for each in self.world.collector.permissions for name in each.operations}
        for fault in (None, Fault(DENIED)):
            trial = self._visit(fault)
            foreign = set(trial.operations) - declared
            require(not foreign, f"called without being declared: {sorted(foreign)}")
            require(trial.taken >= len(trial.operations), "calls went past the budget")

    def test_trying_its_permissions_is_cheap_and_honest(self) -> None:
        """Each is spoken of once, by at most one call that it declares; a refused one is denied, never granted."""
        collector = self.world.collector
        if not isinstance(collector, TriesPermissions):
            return
        clean = self._try(collector)
        spoken_of = [tried.permission.reveals for tried in clean.said]
        wanted = [permission.reveals for permission in collector.permissions]
        require(sorted(spoken_of) == sorted(wanted), "not every permission is spoken of once")
        require(len(clean.operations) <= len(wanted), "more calls than permissions")
        for call, operation in enumerate(clean.operations):
            trial = self._try(collector, Fault(DENIED, call))
            refused = [each for each in trial.said if each.operation][call]
            require(refused.grant == Grant.DENIED, f"{operation} was denied, not {refused.grant}")

    def test_it_makes_no_traffic_up(self) -> None:
        """Each deployment is spoken of once at most; whichever call is denied, that is said, and no figure given."""
        items = self._visit().deployments()
        clean, said = self._measure(items)
        require(len(said) == len(set(said)) and set(said) <= {item.uid for item in items}, "uids")
        for call in range(min(clean, MOST_CALLS)):
            told = self._measure(items, Fault(DENIED, call))[1]
            require(len(told) < len(said), f"call {call} was denied, and all is counted as before")

    def test_its_readme_names_every_permission(self) -> None:
        """Whoever grants the permissions finds each in the README."""
        text, collector = self.world.readme.read_text("utf-8"), self.world.collector
        measuring = collector.traffic_permissions if isinstance(collector, MeasuresTraffic) else ()
        looking = collector.again_permissions if isinstance(collector, LooksAgain) else ()
        declared = {each.action for each in (*collector.permissions, *measuring, *looking)}
        missing = {action for action in declared if action not in text}
        require(not missing, f"not in {self.world.readme.name}: {sorted(missing)}")

    def _visit(
        self,
        fault: Fault | None = None,
        *,
        tokens: Mapping[str, Mapping[str, str]] | None = None,
        budget: Purse | None = None,
    ) -> Trial:
        """Let the collector visit the world once; what nothing breaks is the same every time, and kept."""
        if fault is not None or tokens is not None or budget is not None:
            return _visit_once(self.world, fault, tokens or {}, budget or Purse())
        kept = self._kept.get(id(self.world))
        if kept is None or kept[0] is not self.world:
            unbroken = _visit_once(self.world, None, {}, Purse())
            kept = self._kept[id(self.world)] = (self.world, unbroken)
        return kept[1]

    def _try(self, collector: TriesPermissions, fault: Fault | None = None) -> PermissionTrial:
        """Let the collector try its permissions; only what each declares may be called for it."""
        purse = Purse()
        with self.world.open(fault, purse) as session:
            said = tuple(collector.try_permissions(self.world.scope, TrialVisit(session, {})))
            operations = tuple(self.world.operations())
        for tried in said:
            made = {tried.operation} - {None}
            foreign = made - set(tried.permission.operations)
            require(not foreign, f"tried by what it does not declare: {sorted(map(str, foreign))}")
            told = tried.grant in {Grant.GRANTED, Grant.DENIED}
            require(bool(made) or not told, f"{tried.grant} without a call")
        named = sorted(filter(None, (tried.operation for tried in said)))
        require(sorted(operations) == named, f"called {operations}, but says it called {named}")
        require(purse.taken >= len(operations), "calls went past the budget")
        return PermissionTrial(said=said, operations=operations)

    def _measure(
        self, items: Sequence[Deployment], fault: Fault | None = None
    ) -> tuple[int, list[str]]:
        """Return the calls of measuring some deployments, and the uids that were counted."""
        collector, counted = self.world.collector, list[str]()
        if not isinstance(collector, MeasuresTraffic):
            return 0, counted
        with self.world.open(fault, Purse()) as session:
            visit = TrialVisit(session, {})
            with suppress(AccessDenied):
                for said in collector.traffic(self.world.scope, visit, items, Wanted(window_s=900)):
                    counted += [said.uid] if isinstance(said, Counted) else []
            return len(self.world.operations()), counted

    def _break_every_call(self, kind: str) -> None:
        clean = self._visit()
        for call in to_break(clean.operations[:MOST_CALLS], kind):
            trial = self._visit(Fault(kind, call))
            if not trial.errors():
                same = {item.uid for item in clean.deployments()} == {
                    item.uid for item in trial.deployments()
                }
                require(same, f"call {call} was {kind}, and nothing is said of it")
                continue
            said = kinds_of(trial)
            require(bool(said & MAPPED[kind]), f"call {call} was {kind}, said to be {said}")
            require_no_less(clean, trial, f"call {call} was {kind}")


def _visit_once(
    world: World, fault: Fault | None, tokens: Mapping[str, Mapping[str, str]], purse: Purse
) -> Trial:
    """Let a collector visit its world."""
    said: list[Observation] = []
    error: CollectorError | None = None
    with world.open(fault, purse) as session:
        visit = TrialVisit(session, tokens)
        try:
            said.extend(world.collector.discover(world.scope, visit))
        except CollectorError as raised:
            error = raised
        operations = tuple(world.operations())
    return Trial(said=tuple(said), error=error, operations=operations, taken=purse.taken)
