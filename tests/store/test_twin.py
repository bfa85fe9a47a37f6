"""Random years of runs, losses, returns, conclusions and upkeep: the store says what the twin says, at every step."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import ClassVar

import msgspec
import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    precondition,
    rule,
    run_state_machine_as_test,
)

from apiscape.errors import NotFound, NotKept
from apiscape.model.row import Row
from apiscape.model.surroundings import Api
from apiscape.model.vocabulary import Outcome, Presence
from apiscape.query import parse, resolve_times, select_rows
from apiscape.store import Conclusion, Store, open_store
from apiscape.store.reading.reader import Reader
from tests.store.looking import count
from tests.store.making import DAY, MINUTE, SCOPE, T0, report
from tests.store.test_delivery import clear
from tests.store.twin import NUMBERS, PARTS, Fate, Seen, Twin, variant

EVERY = "presence:present,missing,suspect,superseded,retired"
VIEWS = (
    *("", "v1", "-title:v1", "title:none", "title:unknown", "gateway:*50%*", "path:/payments"),
    *("health:failing", "-health:failing", "ops>0", "-presence:present", "changed<40d tag:none"),
    *("freshness:not_observed", "endpoint:tax.example sort:title:desc,changed", "missing>2d"),
)
FACETS = ("presence", "freshness", "title", "health", "gateway", "ops", "tag", "path")
OUTCOMES = st.sampled_from((Outcome.COMPLETE, Outcome.COMPLETE, Outcome.PARTIAL, Outcome.FAILED))
FATES = ("seen", "seen", "seen", "gone", "held", "replaced", "unseen", "nothing")
DRAWN = (
    Conclusion(),
    Conclusion(health="failing", endpoints=("https://tax.example",)),
    Conclusion(health="healthy", endpoints=("https://tax.example",), api="api-1"),
    Conclusion(health="failing", health_reason="5xx 7 %", errors_5xx=7.0, api="api-1"),
    Conclusion(owners=("Tax",), exposure="private", api="api-2", consumers=("plan",)),
    Conclusion(owners=("Duty",), environment="test", lifecycle="retired", api="api-2"),
)
STEPS = st.sampled_from((0 * DAY, MINUTE, DAY, 11 * DAY))


@st.composite
def fates(draw: st.DrawFn) -> list[Fate]:
    """What a run sees of each deployment."""
    kinds = draw(st.lists(st.sampled_from(FATES), min_size=len(NUMBERS), max_size=len(NUMBERS)))
    variants = draw(st.lists(st.integers(0, 3), min_size=len(NUMBERS), max_size=len(NUMBERS)))
    return [Fate(*each) for each in zip(NUMBERS, kinds, variants, strict=True)]


class Machine(RuleBasedStateMachine):
    """A store and its twin take the same steps."""

    address: ClassVar[str]

    def __init__(self) -> None:
        super().__init__()
        self.twin = Twin()
        self.folder = tempfile.TemporaryDirectory()
        self.store = open_store(self.address, write=True)
        empty(self.store)
        self.kept: list[tuple[Path, Twin]] = []

    def teardown(self) -> None:
        self.store.close()
        self.folder.cleanup()

    @initialize(seen=fates())
    def begin(self, seen: list[Fate]) -> None:
        self.runs(dict.fromkeys(PARTS, Outcome.COMPLETE.value), seen)

    @rule(after=STEPS, outcomes=st.tuples(OUTCOMES, OUTCOMES), seen=fates())
    def visit(self, after: timedelta, outcomes: tuple[str, str], seen: list[Fate]) -> None:
        with self.step(after):
            self.runs(dict(zip(PARTS, outcomes, strict=True)), seen)

    @rule(after=STEPS, seen=fates())
    def break_off(self, after: timedelta, seen: list[Fate]) -> None:
        """Let a run die in the middle, and the store be opened anew."""
        with self.step(after):
            given = self.plan(dict.fromkeys(PARTS, Outcome.COMPLETE.value), seen)
            run = self.store.runs.begin(SCOPE, at=self.twin.now)
            self.store.runs.apply(run, given.batch, at=self.twin.now)
            self.twin.break_off(given.batch)
            self.reopen()

    @rule(number=st.sampled_from(NUMBERS), drawn=st.sampled_from(DRAWN))
    def conclude(self, number: int, drawn: Conclusion) -> None:
        with self.step(MINUTE):
            given = {variant(number, 0).uid: drawn}
            apis = [Api(uid=drawn.api, title="Tax")] if drawn.api else []
            self.store.conclusions.save(given, apis, seq=self.twin.seq, at=self.twin.now)
            self.twin.conclude(number, drawn)

    @rule(numbers=st.sets(st.sampled_from(NUMBERS)), p95=st.floats(0, 9))
    def measure(self, numbers: set[int], p95: float) -> None:
        """Let numbers and the words of a reason move, and nothing else."""
        with self.step(MINUTE):
            held = self.store.conclusions.load(variant(n, 0).uid for n in numbers)
            given = {
                uid: msgspec.structs.replace(drawn, p95_ms=p95, health_reason=f"p95 {p95} ms")
                for uid, drawn in held.items()
            }
            self.store.conclusions.save(given, (), seq=self.twin.seq, at=self.twin.now)
            for number in sorted(numbers):
                uid = variant(number, 0).uid
                if uid in given:
                    self.twin.conclude(number, given[uid])

    @rule()
    def confirm(self) -> None:
        with self.step(MINUTE):
            retired = self.store.upkeep.confirm(SCOPE.key, by="ann", at=self.twin.now)
            assert retired == self.twin.confirm()

    @precondition(lambda self: self.twin.retired())
    @rule(which=st.integers(0, 9))
    def forget(self, which: int) -> None:
        with self.step(MINUTE):
            number = self.twin.retired()[which % len(self.twin.retired())]
            uid = variant(number, 0).uid
            self.store.upkeep.forget(uid, by="ann", at=self.twin.now)
            self.twin.forget(number)
            with pytest.raises(NotFound):
                Reader(self.store.database).detail(uid)

    @rule(keep=st.sampled_from((0 * DAY, MINUTE, 12 * DAY, 45 * DAY)))
    def retain(self, keep: timedelta) -> None:
        with self.step(MINUTE):
            self.store.upkeep.retain(self.twin.now, keep=keep)
            self.twin.retain(keep)

    @rule()
    def back_up(self) -> None:
        path = Path(self.folder.name) / f"backup{len(self.kept)}"
        self.store.upkeep.backup(path)
        self.kept.append((path, self.twin.copy()))

    @precondition(lambda self: self.kept)
    @rule(which=st.integers(0, 9))
    def restore(self, which: int) -> None:
        path, twin = self.kept[which % len(self.kept)]
        self.store.upkeep.restore(path)
        self.twin = twin.copy()
        self.check()

    # ── How a step is taken ──────────────────────────────────────────────────

    @contextmanager
    def step(self, after: timedelta) -> Iterator[None]:
        self.twin.now += after
        yield
        self.twin.remember()
        self.check()

    def plan(self, outcomes: dict[str, str], seen: list[Fate]) -> Seen:
        return self.twin.plan(outcomes, seen)

    def runs(self, outcomes: dict[str, str], seen: list[Fate]) -> None:
        given, at = self.plan(outcomes, seen), self.twin.now
        run = self.store.runs.begin(SCOPE, at=at)
        self.store.runs.apply(run, given.batch, at=at)
        self.twin.run(given)
        said = report(run, at, *given.reports, outcome=self.twin.outcome)
        self.store.runs.end(run, said, given.verdict)

    def reopen(self) -> None:
        self.store.close()
        self.store = open_store(self.address, write=True, clock=lambda: self.twin.now)

    # ── What must be equal ───────────────────────────────────────────────────

    def check(self) -> None:
        reader = Reader(self.store.database, lambda: self.twin.now)
        rows = self.twin.rows()
        assert list(reader.page(EVERY, limit=100).items) == rows
        assert self.store.runs.known(SCOPE) == self.twin.known()
        assert self.store.runs.documents(self.twin.facts()) == self.twin.facts()
        check_log(self.store, self.twin)
        check_views(reader, self.twin, rows)
        check_sums(reader, self.twin, rows)
        for row in rows:
            detail = reader.detail(row.uid)
            assert detail.row == row
            assert [(line.seq, line.kind) for line in detail.history] == self.twin.history(row.uid)
        check_then(reader, self.twin)
        assert count(self.store, "row") == count(self.store, "deep") == len(rows)
        assert count(self.store, "deployment") == len(self.twin.entries)


def empty(store: Store) -> None:
    """Empty a store between examples."""
    clear(store)
    with store.database.write() as connection:
        connection.exec_driver_sql("DELETE FROM meta WHERE key LIKE 'horizon%%'")


def check_log(store: Store, twin: Twin) -> None:
    assert store.changes.last_seq() == twin.seq
    after = twin.horizon_seq
    logged = [(line.seq, line.at, line.kind, line.uid) for line in twin.log]
    for begin in (0, after):
        read = store.changes.after(begin)
        assert [(c.seq, c.at, c.kind, c.uid) for c in read] == [
            line for line in logged if line[0] > begin
        ]
    if after > 1:
        with pytest.raises(NotKept):
            store.changes.after(after - 1)


def check_views(reader: Reader, twin: Twin, rows: list[Row]) -> None:
    """Compare rows, order and undecided of views with the view language's own matcher."""
    deep, shown = twin.deep(), [row for row in rows if twin.shows(row)]
    for text in VIEWS:
        view = resolve_times(parse(text), twin.now)
        asked = rows if "presence" in text else shown
        expected = select_rows(view, asked, twin.now, deep)
        page = reader.page(text, limit=100)
        assert (page.items, page.undecided) == (expected.rows, expected.undecided), text
        assert reader.select(text).uids == tuple(row.uid for row in expected.rows)


def check_sums(reader: Reader, twin: Twin, rows: list[Row]) -> None:
    """Compare facets, the snapshot and what the inventory rests on."""
    shown = [row for row in rows if twin.shows(row)]
    counted = dict(zip(FACETS, reader.facets("", FACETS), strict=True))
    for name in ("presence", "freshness", "health"):
        values = {each.value: each.count for each in counted[name].values}
        assert values == Counter(str(getattr(row, name)) for row in shown)
    assert all(sum(v.count for v in counted[f].values) >= len(shown) for f in ("ops", "title"))
    columns = reader.snapshot().columns
    assert columns == {name: [getattr(row, name) for row in shown] for name in columns}
    standing = [row for row in rows if row.presence not in {"retired", "superseded"}]
    summary = reader.summary()
    assert summary.deployments == len(standing)
    assert summary.not_observed == sum(r.freshness == "not_observed" for r in standing)
    assert summary.observed_at == twin.complete_at
    assert bool(summary.incomplete) == (twin.outcome != Outcome.COMPLETE)
    (scope,) = reader.scopes()
    assert scope.suspect == sum(row.presence == Presence.SUSPECT for row in standing)


def check_then(reader: Reader, twin: Twin) -> None:
    """Read what was, at every time that is remembered: rows, shown ones, details, and what is no longer kept."""
    for at, past in twin.then.items():
        read = {row.uid: row for row in reader.page(f"{EVERY} at:{stamp(at)}", limit=100).items}
        told = {uid: row_then(row) for uid, row in past.rows.items()}
        assert {uid: row_then(row) for uid, row in read.items()} == told
        assert set(reader.select(f"at:{stamp(at)}").uids) == past.shown
    if twin.then:
        check_details_then(reader, twin)
    if twin.horizon is not None:
        before = twin.horizon - MINUTE
        with pytest.raises(NotKept):
            reader.page(f"at:{stamp(before)}")
        with pytest.raises(NotKept):
            reader.detail(variant(0, 0).uid, at=before)


def check_details_then(reader: Reader, twin: Twin) -> None:
    """Read the details of one past: of another one at every step, for they are many."""
    at = sorted(twin.then)[(7 * twin.seq) % len(twin.then)]
    past = twin.then[at]
    for number in NUMBERS:
        uid = variant(number, 0).uid
        if uid not in past.rows:
            with pytest.raises(NotFound):
                reader.detail(uid, at=at)
            continue
        detail = reader.detail(uid, at=at)
        assert row_then(detail.row) == row_then(past.rows[uid])
        assert detail.deployment == past.items[uid]
        api = past.rows[uid].api
        assert (detail.api.uid if detail.api else None) == api
        members = past.members.get(api, []) if api else [uid]
        assert (list(detail.api.members) if detail.api else [uid]) == members
        assert {row.uid for row in detail.siblings} == past.shown.intersection(members) - {uid}
        logged = [pair for pair in twin.history(uid) if pair[0] <= past.seq]
        assert [(line.seq, line.kind) for line in detail.history] == logged


def stamp(at: datetime) -> str:
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def row_then(row: Row) -> Row:
    """Return a row but for when it was first seen, and last seen while it is missing."""
    if row.presence != Presence.PRESENT:
        row = msgspec.structs.replace(row, observed_at=None)
    return msgspec.structs.replace(row, first_seen_at=None)


def walk(address: str, *, examples: int, steps: int) -> None:
    """Take random steps on a store."""
    machine = type("Machine", (Machine,), {"address": address})
    checks = (HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much)
    chosen = settings(
        max_examples=examples,
        stateful_step_count=steps,
        suppress_health_check=checks,
        phases=(Phase.explicit, Phase.generate),
        report_multiple_bugs=False,
    )
    run_state_machine_as_test(machine, settings=chosen)


@pytest.mark.no_cover
def test_a_file_says_what_the_twin_says_at_every_step(sqlite_address: str) -> None:
    walk(sqlite_address, examples=5, steps=16)


@pytest.mark.no_cover
@pytest.mark.postgres
def test_a_server_says_what_the_twin_says_at_every_step(postgresql_address: str) -> None:
    walk(postgresql_address, examples=1, steps=12)


def test_the_twin_is_not_a_mirror(store: Store) -> None:
    """A twin that is told another run than the store differs: the comparison can fail."""
    twin = Twin()
    given = twin.plan(dict.fromkeys(PARTS, "complete"), [Fate(0, "seen", 0)])
    run = store.runs.begin(SCOPE, at=T0)
    store.runs.apply(run, given.batch, at=T0)
    store.runs.end(run, report(run, T0, *given.reports), given.verdict)
    twin.run(twin.plan(dict.fromkeys(PARTS, "complete"), [Fate(0, "seen", 1)]))
    page = Reader(store.database, lambda: T0).page(EVERY)
    assert list(page.items) != twin.rows()
    assert [row.uid for row in page.items] == [row.uid for row in twin.rows()]
