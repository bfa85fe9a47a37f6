"""The conformance suite: what every collector must keep, in two lines of its author's tests.

    class TestToyGate(CollectorConformance):
        world = ToyWorld()

A `World` is a gateway under the author's control: an emulator, a local server, recorded
answers. It opens sessions, breaks one call on request, and says which operations were called.
It should hold a few APIs in more than one page and cost a dozen calls at most, for each is broken in
turn: the ends of each operation by every fault, any other by one. The suite needs pytest, and nothing else.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, ClassVar, Protocol

import msgspec

from apiscape.collectors.changing import LooksAgain
from apiscape.collectors.contract import (
    Absent,
    AccessDenied,
    Budget,
    Cancelled,
    Collector,
    CollectorError,
    Failed,
    Listed,
    Observation,
    PartAbsent,
    PartFailed,
    Recorded,
    Skipped,
    Unchanged,
    Unseen,
)
from apiscape.collectors.measuring import Counted, MeasuresTraffic, Wanted
from apiscape.collectors.testing.interpreters import IDLE, TIMED, in_another_process
from apiscape.collectors.trying import Grant, Tried, TriesPermissions
from apiscape.model.deployment import Deployment
from apiscape.model.entity import Entity
from apiscape.model.identity import deployment_uid
from apiscape.model.run import ErrorRecord, Scope
from apiscape.model.vocabulary import ErrorKind

DENIED, THROTTLED, CUT = "denied", "throttled", "cut"
"""Faults of one call: refused for want of a right, refused for rate, broken off on its way."""

MISSING_FIELDS, UNKNOWN_FIELDS = "missing_fields", "unknown_fields"
"""Faults of every answer: without its optional fields, with fields that nobody knows yet."""

MAPPED: Mapping[str, frozenset[str]] = {
    DENIED: frozenset({ErrorKind.ACCESS_DENIED, ErrorKind.CREDENTIALS}),
    THROTTLED: frozenset({ErrorKind.THROTTLED}),
    CUT: frozenset({ErrorKind.UNREACHABLE, ErrorKind.MALFORMED}),
}
"""Kinds of error that say of each fault what the operator should do."""

MOST_CALLS = 40
"""Calls of a visit that are broken one by one; a world should need far fewer."""

IMPORT_MS = 200.0
"""What importing a collector may take beyond its SDK, on a machine that counts as fast as ours."""


class Fault(Entity, frozen=True):
    """What a world should break.

    Attributes:
        kind: One of the words above.
        call: Index of the call that fails, and keeps failing when it is repeated; all answers
            for `missing_fields` and `unknown_fields`.
    """

    kind: str
    call: int = 0


class World(Protocol):
    """A gateway under the author's control, and the collector that reads it."""

    collector: Collector
    scope: Scope
    readme: Path
    """The collector's README, which names every permission."""
    canaries: Sequence[str]
    """Secrets that the world has planted wherever the gateway may hold one."""
    sdk: Sequence[str]
    """Modules of the SDK, whose import is not the collector's to answer for."""

    def open(self, fault: Fault | None, budget: Budget) -> AbstractContextManager[Any]:
        """Give a session on the same estate every time; every call takes from the budget first."""
        ...

    def operations(self) -> Sequence[str]:
        """Return the operations called since the last session was opened, repetitions included."""
        ...


class Trial(Entity, frozen=True):
    """What a collector said in one visit.

    Attributes:
        said: Its observations; `error`: what it raised, if anything.
        operations: Called; `taken`: times that it took from the budget.
    """

    said: tuple[Observation, ...]
    error: CollectorError | None
    operations: tuple[str, ...]
    taken: int

    def of(self, *kinds: type[Any]) -> Iterator[Any]:
        """Yield the observations of some kinds."""
        return (each for each in self.said if isinstance(each, kinds))

    def deployments(self) -> list[Deployment]:
        """Return every deployment that was given, fresh or unchanged."""
        found: list[Deployment] = []
        for each in self.of(Recorded):
            found.extend(item for item in each.entities if isinstance(item, Deployment))
            found.extend(each.unchanged)
        return found

    def whole(self) -> dict[str, frozenset[str]]:
        """Return what was listed, of the parts whose listing was read to its end."""
        listed: dict[str, set[str]] = {}
        for page in self.of(Listed):
            listed.setdefault(page.part, set()).update(page.native_ids)
        ended = {page.part for page in self.of(Listed) if page.last}
        broken = {each.part for each in self.of(PartFailed)}
        return {part: frozenset(listed[part]) for part in ended - broken}

    def errors(self) -> list[ErrorRecord]:
        """Return every error that was said or raised."""
        said = [each.error for each in self.of(Failed, Unseen, PartFailed)]
        return said + ([self.error.record()] if self.error else [])


class CollectorConformance:
    """What every collector keeps. To be inherited by a test class that has a `world`."""

    world: ClassVar[World]

    def test_it_says_what_it_is(self) -> None:
        """Its data is complete: product, parts, permissions, quotas."""
        collector = self.world.collector
        _require(isinstance(collector, Collector), "it does not keep the protocol")
        _require(collector.product.startswith(f"{collector.provider}."), "product: provider first")
        _require(bool(collector.title and collector.parts), "it has no title or no parts")
        _require(collector.normaliser_version >= 1, "normaliser_version begins at 1")
        for permission in collector.permissions:
            _require(bool(permission.reveals), f"{permission.action}: say what it reveals")
        for quota in collector.quotas:
            _require(quota.rate_per_s > 0 and quota.burst > 0, f"{quota.family}: no rate")

    def test_its_ledger_closes(self) -> None:
        """Every part is listed to its end, and every listed object ends exactly once."""
        trial = self._visit()
        _require(trial.error is None, f"an unbroken visit raised {trial.error!r}")
        _require(bool(trial.deployments() or list(trial.of(Recorded))), "the world is empty")
        absent = {each.part for each in trial.of(PartAbsent)}
        listed = set(trial.whole()) | absent
        unlisted = set(self.world.collector.parts) - listed
        _require(not unlisted, f"never listed to the end: {sorted(unlisted)}")
        ended = [each.native_id for each in trial.of(Recorded, Unchanged, Skipped, Failed)]
        ids = [each for ids in trial.whole().values() for each in ids]
        _require(sorted(ended) == sorted(ids), "listed objects do not end exactly once")

    def test_its_uids_are_unique_and_stable(self) -> None:
        """Two visits see the same deployments, by uids of the model; the second may keep details by their tokens."""
        first = self._visit()
        uids = [item.uid for item in first.deployments()]
        _require(len(uids) == len(set(uids)), "a uid is given twice")
        natives = {item.uid: item.native_id for item in first.deployments()}
        second = self._visit(tokens=_tokens(first))
        again = {item.uid: item.native_id for item in second.deployments()}
        if not list(second.of(Unchanged)):
            _require(natives == again, "the same estate gives other uids the second time")
        _require(len(second.operations) <= len(first.operations), "the second visit costs more")
        own = [item for item in first.deployments() if item.uid != deployment_uid(item.native_id)]
        _require(not own, f"a uid does not follow from its native id: {[each.uid for each in own]}")

    def test_it_does_nothing_before_it_is_asked(self) -> None:
        """Importing and constructing it opens no connection, writes no file, starts no process."""
        said = in_another_process(IDLE, self.world.collector)
        _require(said == [], f"done at import or construction: {said}")

    def test_it_imports_quickly(self) -> None:
        """Its import takes at most 200 ms beyond its SDK's, measured against a fixed loop."""
        took_ms, yardstick_ms = in_another_process(TIMED, self.world.collector, *self.world.sdk)
        slowness = max(1.0, yardstick_ms / 40.0)
        allowed = IMPORT_MS * slowness
        _require(took_ms <= allowed, f"imported in {took_ms:.0f} ms, {allowed:.0f} are allowed")

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
        for call in range(min(clean.taken, MOST_CALLS)):
            trial = self._visit(budget=_Purse(stops_at=call))
            stopped = isinstance(trial.error, Cancelled) or ErrorKind.DEADLINE in _kinds(trial)
            _require(stopped, f"told to stop at call {call}, it went on")
            _require_no_less(clean, trial, f"stopped at call {call}")

    def test_it_survives_missing_fields(self) -> None:
        """Answers without their optional fields give the same deployments, with less known of them."""
        _require_alike(self._visit(), self._visit(Fault(MISSING_FIELDS)), MISSING_FIELDS)

    def test_it_survives_unknown_fields(self) -> None:
        """Answers with fields of a newer version give the same deployments."""
        _require_alike(self._visit(), self._visit(Fault(UNKNOWN_FIELDS)), UNKNOWN_FIELDS)

    def test_it_keeps_no_secret(self) -> None:
        """No canary is in anything that it says, broken or not."""
        for fault in (None, *(Fault(kind) for kind in (*MAPPED, MISSING_FIELDS, UNKNOWN_FIELDS))):
            text = _everything(self._visit(fault))
            for canary in self.world.canaries:
                _require(canary not in text, f"{canary} comes through ({fault})")

    def test_it_calls_only_what_it_declares(self) -> None:
        """Every operation called is one of a permission, and every call takes from the budget."""
        declared = {name for each in self.world.collector.permissions for name in each.operations}
        for fault in (None, Fault(DENIED)):
            trial = self._visit(fault)
            foreign = set(trial.operations) - declared
            _require(not foreign, f"called without being declared: {sorted(foreign)}")
            _require(trial.taken >= len(trial.operations), "calls went past the budget")

    def test_trying_its_permissions_is_cheap_and_honest(self) -> None:
        """Each is spoken of once, by at most one call that it declares; a refused one is denied, never granted."""
        collector = self.world.collector
        if not isinstance(collector, TriesPermissions):
            return
        clean = self._try(collector)
        spoken_of = [tried.permission.reveals for tried in clean.said]
        wanted = [permission.reveals for permission in collector.permissions]
        _require(sorted(spoken_of) == sorted(wanted), "not every permission is spoken of once")
        _require(len(clean.operations) <= len(wanted), "more calls than permissions")
        for call, operation in enumerate(clean.operations):
            trial = self._try(collector, Fault(DENIED, call))
            refused = [each for each in trial.said if each.operation][call]
            _require(refused.grant == Grant.DENIED, f"{operation} was denied, not {refused.grant}")

    def test_it_makes_no_traffic_up(self) -> None:
        """Each deployment is spoken of once at most; whichever call is denied, that is said, and no figure given."""
        items = self._visit().deployments()
        clean, said = self._measure(items)
        _require(len(said) == len(set(said)) and set(said) <= {item.uid for item in items}, "uids")
        for call in range(min(clean, MOST_CALLS)):
            told = self._measure(items, Fault(DENIED, call))[1]
            _require(len(told) < len(said), f"call {call} was denied, and all is counted as before")

    def test_its_readme_names_every_permission(self) -> None:
        """Whoever grants the permissions finds each in the README."""
        text, collector = self.world.readme.read_text("utf-8"), self.world.collector
        measuring = collector.traffic_permissions if isinstance(collector, MeasuresTraffic) else ()
        looking = collector.again_permissions if isinstance(collector, LooksAgain) else ()
        declared = {each.action for each in (*collector.permissions, *measuring, *looking)}
        missing = {action for action in declared if action not in text}
        _require(not missing, f"not in {self.world.readme.name}: {sorted(missing)}")

    def _visit(
        self,
        fault: Fault | None = None,
        *,
        tokens: Mapping[str, Mapping[str, str]] | None = None,
        budget: _Purse | None = None,
    ) -> Trial:
        """Let the collector visit the world once."""
        purse = budget or _Purse()
        said: list[Observation] = []
        error: CollectorError | None = None
        with self.world.open(fault, purse) as session:
            visit = _TrialVisit(session, tokens or {})
            try:
                said.extend(self.world.collector.discover(self.world.scope, visit))
            except CollectorError as raised:
                error = raised
            operations = tuple(self.world.operations())
        return Trial(said=tuple(said), error=error, operations=operations, taken=purse.taken)

    def _try(self, collector: TriesPermissions, fault: Fault | None = None) -> _PermissionTrial:
        """Let the collector try its permissions; only what each declares may be called for it."""
        purse = _Purse()
        with self.world.open(fault, purse) as session:
            said = tuple(collector.try_permissions(self.world.scope, _TrialVisit(session, {})))
            operations = tuple(self.world.operations())
        for tried in said:
            made = {tried.operation} - {None}
            foreign = made - set(tried.permission.operations)
            _require(not foreign, f"tried by what it does not declare: {sorted(map(str, foreign))}")
            told = tried.grant in {Grant.GRANTED, Grant.DENIED}
            _require(bool(made) or not told, f"{tried.grant} without a call")
        named = sorted(filter(None, (tried.operation for tried in said)))
        _require(sorted(operations) == named, f"called {operations}, but says it called {named}")
        _require(purse.taken >= len(operations), "calls went past the budget")
        return _PermissionTrial(said=said, operations=operations)

    def _measure(
        self, items: Sequence[Deployment], fault: Fault | None = None
    ) -> tuple[int, list[str]]:
        """Return the calls of measuring some deployments, and the uids that were counted."""
        collector, counted = self.world.collector, list[str]()
        if not isinstance(collector, MeasuresTraffic):
            return 0, counted
        with self.world.open(fault, _Purse()) as session:
            visit = _TrialVisit(session, {})
            with suppress(AccessDenied):
                for said in collector.traffic(self.world.scope, visit, items, Wanted(window_s=900)):
                    counted += [said.uid] if isinstance(said, Counted) else []
            return len(self.world.operations()), counted

    def _break_every_call(self, kind: str) -> None:
        clean = self._visit()
        for call in _to_break(clean.operations[:MOST_CALLS], kind):
            trial = self._visit(Fault(kind, call))
            if not trial.errors():
                same = {item.uid for item in clean.deployments()} == {
                    item.uid for item in trial.deployments()
                }
                _require(same, f"call {call} was {kind}, and nothing is said of it")
                continue
            said = _kinds(trial)
            _require(bool(said & MAPPED[kind]), f"call {call} was {kind}, said to be {said}")
            _require_no_less(clean, trial, f"call {call} was {kind}")


class _PermissionTrial(Entity, frozen=True):
    """What a collector said of its permissions, and the operations that it called for it."""

    said: tuple[Tried, ...]
    operations: tuple[str, ...]


class _Purse:
    """A budget without a limit, that may say to stop at a call."""

    def __init__(self, stops_at: int | None = None) -> None:
        self.taken = 0
        self._stops_at = stops_at

    def acquire(self, families: Sequence[str], *, account: str, region: str | None) -> None:
        if self.taken == self._stops_at:
            raise Cancelled("told to stop")
        self.taken += 1

    def throttled(
        self,
        families: Sequence[str],
        *,
        account: str,
        region: str | None,
        retry_after_s: float | None,
    ) -> None:
        return


class _TrialVisit:
    """A visit without rules, threads or a deadline."""

    def __init__(self, session: Any, tokens: Mapping[str, Mapping[str, str]]) -> None:  # noqa: ANN401
        self.session = session
        self.options: Mapping[str, Any] = {}
        self._tokens = tokens

    def now(self) -> datetime:
        return datetime(2026, 9, 30, 12, tzinfo=UTC)

    def check(self) -> None:
        return

    def tokens(self, native_id: str) -> Mapping[str, str]:
        return self._tokens.get(native_id, {})

    def includes(self, name: str, labels: Mapping[str, str]) -> str | None:
        return None

    def concurrently(self, work: Any, items: Sequence[Any]) -> Iterator[Any]:  # noqa: ANN401
        return map(work, items)


def _to_break(operations: Sequence[str], kind: str) -> list[int]:
    """Return the calls to break by a kind: the ends of each operation; of those between kinds take turns."""
    ends = {operations.index(name) for name in operations}
    ends |= {call for call, name in enumerate(operations) if name not in operations[call + 1 :]}
    turn = range(tuple(MAPPED).index(kind), len(operations), len(MAPPED))
    return sorted(ends.union(turn))


def _require(holds: bool, otherwise: str) -> None:  # noqa: FBT001 - reads as a sentence
    if not holds:
        raise AssertionError(otherwise)


def _require_alike(clean: Trial, trial: Trial, kind: str) -> None:
    """Require that odd answers gave what whole ones give."""
    _require(trial.error is None, f"{kind}: raised {trial.error!r}")
    _require(trial.whole() == clean.whole(), f"{kind}: listed something else")
    uids = {item.uid for item in clean.deployments()}
    _require({item.uid for item in trial.deployments()} == uids, f"{kind}: other deployments")


def _require_no_less(clean: Trial, trial: Trial, when: str) -> None:
    """Nothing that was read to its end may have less than there is."""
    for part, ids in trial.whole().items():
        short = clean.whole().get(part, ids) - ids
        _require(not short, f"{when}: {part} ends complete without {sorted(short)}")
    ended = {each.native_id for each in trial.of(Recorded, Unchanged, Skipped, Failed)}
    gone = {each.native_id for each in trial.of(Absent)}
    _require(not gone, f"{when}: said to be gone: {sorted(gone)}")
    if trial.error is None:
        left = {each for ids in trial.whole().values() for each in ids} - ended
        _require(not left, f"{when}: left over: {sorted(left)}")
    given = {each.native_id: _uids(each) for each in trial.of(Recorded)}
    for each in clean.of(Recorded):
        fewer = _uids(each) - given.get(each.native_id, _uids(each))
        _require(not fewer, f"{when}: {each.native_id} is recorded without all its deployments")


def _uids(said: Recorded) -> set[str]:
    fresh = {item.uid for item in said.entities if isinstance(item, Deployment)}
    return fresh | {item.uid for item in said.unchanged}


def _tokens(trial: Trial) -> dict[str, dict[str, str]]:
    return {each.native_id: dict(each.tokens) for each in trial.of(Recorded)}


def _kinds(trial: Trial) -> set[str]:
    return {error.kind for error in trial.errors()}


def _everything(trial: Trial) -> str:
    """Return all that a collector said, as text, documents and errors included."""
    documents = [body for each in trial.of(Recorded) for body in each.documents.values()]
    raised = repr(trial.error)
    said = msgspec.json.encode([msgspec.to_builtins(each) for each in trial.said])
    return "\n".join(
        [said.decode(), raised, *(body.decode("utf-8", "replace") for body in documents)]
    )
