"""What a source will be asked, with what the store remembers: nothing that was visited is forgotten."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, ClassVar

import msgspec
import pytest

from apiscape.collect.forecast import Pace
from apiscape.collect.plan import NO_LONGER_CONFIGURED, PlannedSource
from apiscape.collect.planner import Planner
from apiscape.collect.source import SourcePlan
from apiscape.collectors.contract import (
    CollectorError,
    CredentialsInvalid,
    Plan,
    PlannedReach,
)
from apiscape.collectors.registry import PlugInError
from apiscape.errors import StoreError
from apiscape.model.known import Verdict
from apiscape.model.run import (
    ErrorRecord,
    EstateEntry,
    Ledger,
    PartReport,
    Reach,
    RunReport,
    Scope,
)
from apiscape.settings.schema import AcceptedGap, Rate
from tests.unit.collect.store_double import MemoryStore
from tests.unit.collect.toy import (
    NOON,
    REACH,
    SCOPE,
    SOURCE,
    ToyCollector,
    ToyProvider,
    VirtualClock,
    estate_entry,
)

OTHER = Reach(key="2/r", account="2", region="r")
CUT = ErrorRecord(kind="unreachable", message="cut off")


@dataclass
class ToyPlugIns:
    """One provider with the collectors named, of which some cannot be loaded."""

    provider_held: ToyProvider = field(default_factory=ToyProvider)
    held: tuple[str, ...] = ("toy.api",)
    broken: tuple[str, ...] = ()
    spanning: tuple[str, ...] = ()

    def provider(self, name: str) -> Any:
        if name != "toy":
            raise PlugInError(f"no provider {name!r}")
        return self.provider_held

    def collector(self, product: str) -> Any:
        if product in self.broken:
            raise PlugInError("no SDK", hint="install it")
        collector: Any = ToyCollector()
        collector.once_per_account = product in self.spanning
        return collector

    def products(self, provider: str) -> tuple[str, ...]:
        return self.held

    def version(self, product: str) -> str | None:
        return f"toys 1 {product}"


@dataclass
class Desk:
    """A planner over a store in memory."""

    store: MemoryStore = field(default_factory=MemoryStore)
    plug_ins: ToyPlugIns = field(default_factory=ToyPlugIns)
    clock: VirtualClock = field(default_factory=VirtualClock)

    @property
    def planner(self) -> Planner:
        return Planner(self.store, self.plug_ins, self.clock)

    def offer(self, *reaches: Reach, **more: Any) -> None:
        given: dict[str, Any] = {"reaches": tuple(PlannedReach(reach=reach) for reach in reaches)}
        self.plug_ins.provider_held.planned = Plan(**(given | more))

    def refuse(self, error: CollectorError) -> None:
        self.plug_ins.provider_held.planned = error

    def plan(self, **source: Any) -> PlannedSource:
        return self.planner.plan(msgspec.structs.replace(SOURCE, **source))

    def visited(self, reach: Reach = REACH, **report: Any) -> Scope:
        """Let the store remember a visit of a reach."""
        scope = msgspec.structs.replace(SCOPE, reach=reach)
        run = self.store.runs.begin(scope, at=NOON)
        given: dict[str, Any] = {"outcome": "complete", "ledger": Ledger(calls=10)} | report
        ended = RunReport(scope=scope, generation=run.generation, started_at=NOON, **given)
        self.store.runs.end(run, ended, Verdict())
        return scope


@pytest.fixture
def desk() -> Desk:
    return Desk()


def errors(plan: PlannedSource) -> dict[str, str | None]:
    return {job.scope.key: job.error.kind if job.error else None for job in plan.jobs}


def states(plan: PlannedSource) -> dict[str, str]:
    return {entry.key: entry.state for entry in plan.estate}


def test_every_reach_is_planned_with_every_product(desk: Desk) -> None:
    desk.plug_ins.held = ("toy.api", "toy.more")
    desk.offer(REACH, OTHER)
    plan = desk.plan()
    assert [job.scope.key for job in plan.jobs] == [
        "toys/1/r/toy.api",
        "toys/1/r/toy.more",
        "toys/2/r/toy.api",
        "toys/2/r/toy.more",
    ]
    assert [job.collector_version for job in plan.jobs[:2]] == ["toys 1 toy.api", "toys 1 toy.more"]
    assert states(plan) == {"1/r": "visited", "2/r": "visited"}


def test_what_a_provider_names_first_is_visited_first_and_what_it_does_not_name_last(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ToyProvider, "products", ("toy.often", "toy.absent", "toy.api"))
    desk.plug_ins.held = ("toy.alone", "toy.api", "toy.more", "toy.often")
    desk.offer(REACH)
    planned = [job.scope.product for job in desk.plan().jobs]
    assert planned == ["toy.often", "toy.api", "toy.alone", "toy.more"]
    named = desk.plan(products=("toy.api", "toy.often"))
    assert [job.scope.product for job in named.jobs] == ["toy.api", "toy.often"]


def test_a_product_without_regions_is_planned_once_an_account(desk: Desk) -> None:
    desk.plug_ins.held, desk.plug_ins.spanning = ("toy.global", "toy.api"), ("toy.global",)
    more = Reach(key="1/s", account="1", region="s", title="One s")
    broken = PlannedReach(reach=REACH, error=CUT)
    desk.offer(reaches=(broken, PlannedReach(reach=more, caller="me"), PlannedReach(reach=OTHER)))
    plan = desk.plan()
    assert [job.scope.key for job in plan.jobs] == [
        *("toys/1/r/toy.api", "toys/1/s/toy.api", "toys/2/r/toy.api"),
        *("toys/1/toy.global", "toys/2/toy.global"),
    ]
    first = plan.jobs[3]
    assert (first.scope.reach.region, first.scope.reach.title) == (None, "One")
    assert (first.error, first.caller) == (None, "me"), "a reach that can be visited goes first"
    assert states(plan) == {"1/r": "visited", "1/s": "visited", "2/r": "visited"}


def test_a_product_without_regions_is_lost_with_its_account(desk: Desk) -> None:
    desk.plug_ins.held = desk.plug_ins.spanning = ("toy.api",)
    whole = Reach(key="1", account="1")
    desk.visited(whole)
    desk.store.estate.entries["toys"] = (estate_entry("1/r", "visited"),)
    desk.offer(OTHER)
    assert errors(desk.plan()) == {"toys/2/toy.api": None, "toys/1/toy.api": "unreachable"}


def test_products_that_a_source_names_are_the_only_ones(desk: Desk) -> None:
    desk.plug_ins.held = ("toy.api", "toy.more")
    assert [job.scope.product for job in desk.plan(products=("toy.more",)).jobs] == ["toy.more"]


def test_a_collector_that_cannot_be_loaded_fails_its_scopes_and_no_other(desk: Desk) -> None:
    desk.plug_ins.held, desk.plug_ins.broken = ("toy.api", "toy.more"), ("toy.more",)
    plan = desk.plan()
    assert errors(plan) == {"toys/1/r/toy.api": None, "toys/1/r/toy.more": "defect"}
    broken = plan.jobs[1]
    assert (broken.collector, broken.collector_version) == (None, None)
    assert broken.error is not None
    assert (broken.error.message, broken.error.next_step) == ("no SDK", "install it")
    assert plan.paces == {"toy.api": Pace("toy", 10.0)}


def test_a_reach_that_cannot_be_visited_says_so_in_its_job_and_the_estate(desk: Desk) -> None:
    reaches = (PlannedReach(reach=REACH, error=CUT), PlannedReach(reach=OTHER, caller="me"))
    desk.offer(reaches=reaches)
    plan = desk.plan()
    assert [job.error for job in plan.jobs] == [CUT, None]
    assert [job.caller for job in plan.jobs] == [None, "me"]
    assert [entry.reason for entry in plan.estate] == ["cut off", None]


@pytest.mark.parametrize(
    ("quotas", "rate"),
    [({}, 10.0), ({"toy": Rate(rate_per_s=3)}, 3.0), ({"other": Rate(rate_per_s=3)}, 10.0)],
    ids=["half of the published", "configured", "of another family"],
)
def test_the_rate_of_a_product_is_what_its_quota_allows(
    desk: Desk, quotas: dict[str, Rate], rate: float
) -> None:
    assert desk.plan(quotas=quotas).paces == {"toy.api": Pace("toy", rate)}


# What was visited before.


def test_a_reach_that_is_no_longer_offered_is_lost_and_its_scopes_fail(desk: Desk) -> None:
    gone = desk.visited(OTHER)
    desk.store.estate.entries["toys"] = (estate_entry("2/r", "visited"),)
    plan = desk.plan()
    assert errors(plan) == {SCOPE.key: None, gone.key: "unreachable"}
    assert states(plan) == {"1/r": "visited", "2/r": "lost"}


def test_what_is_lost_stays_lost_until_it_is_offered_again(desk: Desk) -> None:
    desk.visited(OTHER)
    desk.store.estate.entries["toys"] = (estate_entry("2/r", "lost"),)
    assert states(desk.plan())["2/r"] == "lost"
    desk.offer(REACH, OTHER)
    plan = desk.plan()
    assert states(plan)["2/r"] == "visited"
    assert errors(plan)["toys/2/r/toy.api"] is None


def test_what_is_no_longer_configured_is_laid_down_once(desk: Desk) -> None:
    gone = desk.visited(OTHER)
    first = desk.plan()
    assert errors(first)[gone.key] == "unsupported"
    part = PartReport(part="apis", outcome="absent", reason=NO_LONGER_CONFIGURED)
    desk.visited(OTHER, outcome="absent", parts=(part,))
    assert gone.key not in errors(desk.plan())


@pytest.mark.parametrize(
    ("outcome", "reason"),
    [("absent", "region not enabled"), ("partial", NO_LONGER_CONFIGURED)],
)
def test_only_a_run_that_laid_it_down_whole_is_the_last_word(
    desk: Desk, outcome: str, reason: str
) -> None:
    part = PartReport(part="apis", outcome=outcome, reason=reason)
    gone = desk.visited(OTHER, outcome=outcome, parts=(part,))
    assert errors(desk.plan())[gone.key] == "unsupported"


@pytest.mark.parametrize(
    ("state", "is_known", "stays"),
    [
        ("visited", True, "lost"),
        ("visited", False, "lost"),
        ("not_configured", True, None),
        ("not_configured", False, "not_configured"),
        ("excluded", False, "excluded"),
    ],
)
def test_what_the_provider_no_longer_speaks_of(
    desk: Desk, state: str, stays: str | None, *, is_known: bool
) -> None:
    desk.store.estate.entries["toys"] = (estate_entry("9", state),)
    desk.offer(REACH, estate_error=None if is_known else CUT)
    assert states(desk.plan()).get("9") == stays


@pytest.mark.parametrize("key", ["1", "1/r", "1/r/deep"])
def test_what_lies_in_something_that_is_offered_is_spoken_of(desk: Desk, key: str) -> None:
    desk.store.estate.entries["toys"] = (estate_entry(f"{key}/below", "visited"),)
    desk.offer(OTHER, estate=(estate_entry(key),))
    assert states(desk.plan()) == {"2/r": "visited", key: "not_configured"}


def test_the_estate_of_another_source_is_not_spoken_of(desk: Desk) -> None:
    other = msgspec.structs.replace(estate_entry("9", "visited"), source="others")
    desk.store.estate.entries["others"] = (other,)
    assert states(desk.plan()) == {"1/r": "visited"}


# Gaps that somebody answers for.


@pytest.mark.parametrize(
    ("glob", "until", "is_accepted"),
    [
        ("toys/9/*", NOON.date(), True),
        ("toys/9", NOON.date(), True),
        ("*", NOON.date(), True),
        ("toys/9/*", NOON.date() - timedelta(days=1), False),
        ("toys/8/*", NOON.date(), False),
        ("TOYS/9/*", NOON.date(), False),
    ],
)
def test_a_gap_is_accepted_by_glob_until_the_end_of_its_last_day(
    desk: Desk, glob: str, until: date, *, is_accepted: bool
) -> None:
    gap = AcceptedGap(scope=glob, reason="closing", accepted_by="Ada", until=until)
    desk.offer(REACH, estate=(estate_entry("9"),))
    plan = desk.plan(accepted=(gap,))
    reasons = {entry.key: entry.accepted for entry in plan.estate}
    words = f"closing (Ada, until {until.isoformat()})"
    assert reasons == {"1/r": None, "9": words if is_accepted else None}


def test_a_job_carries_the_first_gap_that_covers_it(desk: Desk) -> None:
    gaps = tuple(
        AcceptedGap(scope=glob, reason=reason, accepted_by="Ada", until=NOON.date())
        for glob, reason in [("toys/2/*", "two"), ("toys/1/*", "one"), ("*", "all")]
    )
    assert [job.accepted for job in desk.plan(accepted=gaps).jobs] == [
        f"one (Ada, until {NOON.date().isoformat()})"
    ]


# Sources that cannot be planned.


def test_a_source_that_nobody_can_sign_in_to_fails_what_was_visited_before(desk: Desk) -> None:
    gone = desk.visited()
    desk.refuse(CredentialsInvalid("expired"))
    plan = desk.plan()
    assert plan.error is not None
    assert (plan.error.kind, errors(plan)) == ("credentials", {gone.key: "credentials"})
    assert plan.estate == ()


def test_a_defect_of_the_provider_is_a_plan_that_says_so(desk: Desk) -> None:
    nothing: Any = None
    desk.plug_ins.provider_held.planned = nothing
    error = desk.plan().error
    assert error is not None
    assert (error.kind, "AttributeError" in error.message) == ("defect", True)


def test_a_provider_that_is_not_installed_ends_the_scan(desk: Desk) -> None:
    with pytest.raises(PlugInError, match="no provider 'ibm'"):
        desk.plan(provider="ibm")


def test_a_store_that_cannot_be_read_ends_the_scan(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_source: str) -> tuple[Scope, ...]:
        raise StoreError("disk full")

    monkeypatch.setattr(desk.store.runs, "scopes", broken)
    with pytest.raises(StoreError, match="disk full"):
        desk.plan()


def test_an_estate_is_kept_as_found(desk: Desk) -> None:
    desk.planner.keep(desk.plan())
    assert [entry.key for entry in desk.store.estate.entries["toys"]] == ["1/r"]
    assert desk.store.estate.errors == {}


def test_an_estate_that_is_known_in_part_is_kept_with_why(desk: Desk) -> None:
    desk.offer(REACH, estate_error=CUT)
    desk.planner.keep(desk.plan())
    assert [entry.key for entry in desk.store.estate.entries["toys"]] == ["1/r"]
    assert desk.store.estate.errors == {"toys": CUT}


def test_what_stood_stays_where_a_source_cannot_be_planned(desk: Desk) -> None:
    held = desk.store.estate.entries["toys"] = (EstateEntry("toys", "toy", "7"),)
    desk.planner.keep(desk.planner.give_up(SOURCE, CUT))
    assert desk.store.estate.entries["toys"] == held
    assert desk.store.estate.errors == {"toys": CUT}


def test_jobs_that_fail_at_once_are_not_expected_to_cost(desk: Desk) -> None:
    desk.visited()
    desk.visited(OTHER)
    plan = desk.plan()
    said = desk.planner.forecast(plan, list(plan.jobs))
    assert (len(plan.jobs), said.scopes, said.calls, said.unknown) == (2, 1, 10, 0)
    assert desk.planner.forecast(plan, []).scopes == 0


def test_sources_of_one_name_share_what_is_remembered_and_others_do_not(desk: Desk) -> None:
    desk.visited()
    other = SourcePlan(name="others", provider="toy", settings=None)
    plan = desk.planner.plan(other)
    assert [job.scope.key for job in plan.jobs] == ["others/1/r/toy.api"]
    assert desk.planner.forecast(plan, list(plan.jobs)).unknown == 1


# ── What others own ──────────────────────────────────────────────────────────


class Leaving(ToyProvider):
    """Leaves what is shared to its owners."""

    shared_products: ClassVar[tuple[str, ...]] = ("toy.api",)

    def __init__(self) -> None:
        super().__init__()
        self.left: list[str] = []

    def leave_to(self, visited: Iterable[Scope]) -> None:
        self.left = [scope.key for scope in visited]


def theirs(desk: Desk, source: str, *reaches: Reach, **report: Any) -> None:
    """Let the store remember what another source visits."""
    provider = report.pop("provider", "toy")
    entries = [EstateEntry(source, provider, each.key) for each in reaches]
    desk.store.estate.save(source, entries, provider=provider, at=NOON)
    for reach in reaches:
        scope = msgspec.structs.replace(SCOPE, source=source, reach=reach)
        run = desk.store.runs.begin(scope, at=NOON)
        given: dict[str, Any] = {"outcome": "complete", "ledger": Ledger()} | report
        ended = RunReport(scope=scope, generation=run.generation, started_at=NOON, **given)
        desk.store.runs.end(run, ended, Verdict())


def test_what_other_sources_visit_is_theirs_to_tell_once_they_saw_it_whole(desk: Desk) -> None:
    provider = desk.plug_ins.provider_held = Leaving()
    desk.visited()
    desk.plan()
    assert provider.left == []
    theirs(desk, "others", OTHER)
    theirs(desk, "cut", REACH, outcome="partial")
    theirs(desk, "clouds", REACH, provider="other")
    desk.plan()
    assert provider.left == ["others/2/r/toy.api"]
    provider.shared_products = ("toy.more",)  # type: ignore[misc]  # of this one alone
    desk.plan()
    assert provider.left == []


def test_what_another_source_no_longer_visits_is_not_left_to_it(desk: Desk) -> None:
    provider = desk.plug_ins.provider_held = Leaving()
    theirs(desk, "others", OTHER)
    gone = EstateEntry("others", "toy", OTHER.key, state="lost")
    desk.store.estate.save("others", [gone], provider="toy", at=NOON)
    desk.plan()
    assert provider.left == []


def test_a_provider_that_knows_of_no_owners_is_planned_as_ever(desk: Desk) -> None:
    theirs(desk, "others", OTHER)
    assert [job.scope.key for job in desk.plan().jobs] == [SCOPE.key]
