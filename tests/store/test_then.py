"""One deployment as it was: facts, conclusions, what stood around it, its scope, gaps and history."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from apiscape.client.inventory import Detail
from apiscape.errors import NotFound, NotKept
from apiscape.model.deployment import Endpoint
from apiscape.model.known import Batch, NotObserved, PresenceChange, Verdict
from apiscape.model.run import ErrorRecord, Gap
from apiscape.model.surroundings import Api, Consumer, FrontDoor, FrontDoorRoute
from apiscape.model.values import UNKNOWN
from apiscape.store import Conclusion, Store
from apiscape.store.reading.reader import Reader
from tests.store.making import (
    ACCOUNT,
    DAY,
    MINUTE,
    OTHER_SCOPE,
    PART,
    SCOPE,
    T0,
    batch,
    make,
    part,
    visit,
)

FIRST, SECOND = make(1), make(1, stage="test")
DENIED = ErrorRecord(kind="access_denied", message="needs apigateway:GET")


@pytest.fixture
def reader(store: Store) -> Reader:
    return Reader(store.database, lambda: T0 + 99 * DAY)


def conclude(store: Store, at: datetime, *apis: Api, **drawn: Conclusion) -> None:
    given = {{"first": FIRST, "second": SECOND}[name].uid: each for name, each in drawn.items()}
    store.conclusions.save(given, apis, seq=store.changes.last_seq(), at=at)


def door(url: str, **more: Any) -> FrontDoor:
    return FrontDoor(
        uid="door",
        native_id="door",
        native_kind="domain",
        provider="aws",
        account=ACCOUNT,
        name="door",
        endpoint=Endpoint(url=url),
        **more,
    )


def consumer(name: str, **more: Any) -> Consumer:
    return Consumer(
        uid="plan",
        native_id="plan",
        native_kind="usage_plan",
        provider="aws",
        account=ACCOUNT,
        name=name,
        **more,
    )


def beside(*items: FrontDoor | Consumer) -> Batch:
    return Batch(surroundings=tuple((PART, item.uid, item) for item in items))


def kinds(detail: Detail) -> list[str]:
    return [change.kind for change in detail.history]


def test_the_detail_of_every_moment_is_the_one_that_was_shown_then(
    store: Store, reader: Reader
) -> None:
    """What `detail` says at each step is what it says of that step later on."""
    tax = Api(uid="tax", title="Tax")
    changed = make(1, title="new", operations=())
    around = beside(door("https://one.example"), consumer("gold"))
    visit(store, batch(FIRST, SECOND), around)
    both = Conclusion(api="tax", front_doors=("door",), consumers=("plan",))
    steps: list[Callable[[datetime], object]] = [
        lambda at: conclude(store, at, tax, first=both, second=Conclusion(api="tax")),
        lambda at: visit(store, batch(changed, kind="changed"), around, at=at),
        lambda at: visit(store, beside(door("https://two.example"), consumer("silver")), at=at),
        lambda at: conclude(store, at, first=Conclusion(health="failing", owners=("Tax",))),
        lambda at: visit(store, beside(), at=at),
        lambda at: conclude(store, at, first=both),
    ]
    told: dict[datetime, list[Detail]] = {}
    for number, step in enumerate(steps, start=1):
        at = T0 + number * DAY
        step(at)
        told[at] = [reader.detail(item.uid) for item in (FIRST, SECOND)]
    doors = [details[0].front_doors for details in told.values()]
    assert [each[0].endpoint.url if each else None for each in doors] == [
        *("https://one.example", "https://one.example", "https://two.example", None, None, None),
    ]
    assert len({str(details) for details in told.values()}) == len(steps)
    for at, details in told.items():
        assert [reader.detail(item.uid, at=at) for item in (FIRST, SECOND)] == details


def test_without_a_conclusion_routes_and_admissions_of_then_say_who_leads_to_it(
    store: Store, reader: Reader
) -> None:
    route = FrontDoorRoute("/", native_api_id=FIRST.native_api_id, stage="prod")
    admits = ((FIRST.native_api_id, "prod"),)
    around = beside(door("https://tax.example", routes=(route,)), consumer("gold", admits=admits))
    visit(store, batch(FIRST, SECOND), around)
    visit(store, beside(door("https://tax.example", routes=()), consumer("gold")), at=T0 + DAY)
    then = reader.detail(FIRST.uid, at=T0)
    assert [each.uid for each in then.front_doors] == ["door"]
    assert [each.uid for each in then.consumers] == ["plan"]
    assert then.api is None
    assert [row.uid for row in then.siblings] == [SECOND.uid]
    other = reader.detail(SECOND.uid, at=T0)
    later = reader.detail(FIRST.uid, at=T0 + DAY)
    for detail in (other, later):
        assert (detail.front_doors, detail.consumers) == ((), ())


def test_an_api_that_is_no_longer_there_is_named_by_its_uid(store: Store, reader: Reader) -> None:
    visit(store, batch(FIRST, SECOND))
    old = Api(uid="old", title="Old tax")
    merged = Api(uid="tax", title="Tax", redirects=("old",))
    conclude(store, T0, old, first=Conclusion(api="old"), second=Conclusion(api="old"))
    both = Conclusion(api="tax")
    conclude(store, T0 + DAY, merged, first=both, second=both)
    members = tuple(sorted((FIRST.uid, SECOND.uid)))
    assert reader.detail(FIRST.uid, at=T0).api == Api(uid="old", title="old", members=members)
    assert reader.detail(FIRST.uid, at=T0 + DAY).api == Api(
        uid="tax", title="Tax", members=members, redirects=("old",)
    )


def test_a_scope_is_shown_as_it_stood(store: Store, reader: Reader) -> None:
    def gone(number: int, presence: str) -> PresenceChange:
        return PresenceChange(uid=make(number).uid, presence=presence, missing_since=T0)

    visit(store, batch(*map(make, range(4))))
    unseen = NotObserved(uid=make(2).uid, reason="throttled")
    verdict = Verdict(presence=(gone(3, "suspect"),), not_observed=(unseen,))
    visit(store, at=T0 + DAY, parts=[part("partial")], verdict=verdict)
    visit(store, batch(make(9)), at=T0 + DAY, scope=OTHER_SCOPE)
    visit(store, at=T0 + 2 * DAY, verdict=Verdict(presence=(gone(3, "retired"),)))
    sums = [
        (each.deployments, each.not_observed, each.suspect, each.last_complete_at)
        for each in (reader.detail(make(0).uid, at=T0 + n * DAY).scope for n in range(3))
    ]
    assert sums == [(4, 0, 0, T0), (4, 1, 1, T0), (3, 0, 0, T0 + 2 * DAY)]
    status = reader.detail(make(0).uid, at=T0 + DAY).scope
    assert status.last_run is not None
    assert (status.scope.key, status.last_run.outcome) == (SCOPE.key, "partial")
    assert reader.detail(make(3).uid, at=T0 + DAY).row.presence == "suspect"


def test_before_a_scopes_first_run_ended_nothing_is_said_of_it(
    store: Store, reader: Reader
) -> None:
    run = store.runs.begin(SCOPE, at=T0)
    store.runs.apply(run, batch(make(1)), at=T0)
    detail = reader.detail(make(1).uid, at=T0)
    assert (detail.scope.last_run, detail.scope.last_complete_at) == (None, None)
    assert (detail.scope.not_observed, detail.gaps) == (1, ())


def test_gaps_are_those_of_the_newest_visit_of_its_part_until_then(
    store: Store, reader: Reader
) -> None:
    stages, tags = (Gap(make(1).native_api_id, name, DENIED) for name in ("stages", "tags"))
    other = Gap(make(2).native_api_id, "stages", DENIED)
    visit(store, batch(make(1), make(2)), parts=[part(gaps=(tags, stages, other))])
    visit(store, at=T0 + DAY, parts=[part(name="domains")])
    store.runs.begin(SCOPE, at=T0 + DAY)
    store.close_interrupted(T0 + DAY)
    store.runs.begin(SCOPE, at=T0 + 2 * DAY)
    visit(store, at=T0 + 3 * DAY, parts=[part()])
    for days in (0, 1, 2):
        assert reader.detail(make(1).uid, at=T0 + days * DAY).gaps == (stages, tags)
    assert reader.detail(make(1).uid, at=T0 + 3 * DAY).gaps == ()


def test_what_is_measured_is_unknown_of_then_and_a_reason_as_it_began(
    store: Store, reader: Reader
) -> None:
    visit(store, batch(FIRST))
    for minute in range(1, 4):
        drawn = Conclusion(health="failing", health_reason=f"5xx {minute} %", p95_ms=minute)
        conclude(store, T0 + minute * MINUTE, first=drawn)
    row = reader.detail(FIRST.uid, at=T0 + 2 * MINUTE).row
    assert (row.health, row.health_reason, row.p95_ms) == ("failing", "5xx 1 %", UNKNOWN)
    assert (reader.detail(FIRST.uid).row.health_reason, reader.detail(FIRST.uid).row.p95_ms) == (
        *("5xx 3 %", 3.0),
    )
    page = reader.page(f"p95>0 at:{(T0 + 2 * MINUTE).isoformat().replace('+00:00', 'Z')}")
    assert (page.matched, page.undecided) == (0, 1)


# ── Which one is meant ───────────────────────────────────────────────────────


def test_a_deployment_is_found_by_uid_native_id_and_todays_name(
    store: Store, reader: Reader
) -> None:
    visit(store, batch(FIRST))
    visit(store, batch(make(1, name="renamed"), kind="changed"), at=T0 + DAY)
    for asked in (FIRST.uid, FIRST.native_id, "renamed"):
        assert reader.detail(asked, at=T0).row.name == "payments-1"
    with pytest.raises(NotFound, match="payments-1"):
        reader.detail("payments-1", at=T0)


def test_of_one_name_that_is_meant_which_a_default_view_listed_then(
    store: Store, reader: Reader
) -> None:
    twins = [make(number, name="same") for number in (1, 2)]
    visit(store, batch(*twins))
    with pytest.raises(NotFound, match="2 deployments are called same") as caught:
        reader.detail("same", at=T0)
    assert all(twin.uid in (caught.value.hint or "") for twin in twins)
    gone = PresenceChange(uid=twins[0].uid, presence="superseded")
    visit(store, at=T0 + DAY, verdict=Verdict(presence=(gone,)))
    assert reader.detail("same", at=T0 + DAY).row.uid == twins[1].uid
    both = tuple(PresenceChange(uid=twin.uid, presence="superseded") for twin in twins)
    visit(store, at=T0 + 2 * DAY, verdict=Verdict(presence=both))
    with pytest.raises(NotFound, match="2 deployments"):
        reader.detail("same", at=T0 + 2 * DAY)


def test_what_had_not_appeared_or_was_forgotten_is_not_found(store: Store, reader: Reader) -> None:
    visit(store, batch(make(2)))
    visit(store, batch(FIRST), at=T0 + DAY)
    retired = PresenceChange(uid=FIRST.uid, presence="retired")
    visit(store, at=T0 + 2 * DAY, verdict=Verdict(presence=(retired,)))
    store.upkeep.forget(FIRST.uid, by="ann", at=T0 + 3 * DAY)
    assert kinds(reader.detail(FIRST.uid, at=T0 + DAY)) == ["appeared"]
    assert kinds(reader.detail(FIRST.uid, at=T0 + 2 * DAY)) == ["retired", "appeared"]
    for days in (0, 3):
        with pytest.raises(NotFound, match="no deployment"):
            reader.detail(FIRST.uid, at=T0 + days * DAY)


def test_a_time_that_is_not_kept_is_refused(store: Store, reader: Reader) -> None:
    visit(store, batch(FIRST))
    with pytest.raises(NotKept):
        reader.detail(FIRST.uid, at=T0 - MINUTE)
    store.upkeep.retain(T0 + 500 * DAY)
    with pytest.raises(NotKept):
        reader.detail(FIRST.uid, at=T0 + DAY)
    assert reader.detail(FIRST.uid, at=T0 + 100 * DAY).deployment == FIRST


# ── Retention ────────────────────────────────────────────────────────────────


def test_conclusions_before_the_horizon_are_dropped_and_the_one_that_holds_at_it_stays(
    store: Store, reader: Reader
) -> None:
    visit(store, batch(FIRST))
    for days, word in enumerate(("failing", "healthy", "degraded", "idle"), start=1):
        conclude(store, T0 + days * DAY, first=Conclusion(health=word))
    store.upkeep.retain(T0 + 402 * DAY + MINUTE)
    words = [
        reader.detail(FIRST.uid, at=T0 + days * DAY + 2 * MINUTE).row.health for days in (2, 3, 4)
    ]
    assert words == ["healthy", "degraded", "idle"]
    assert kinds(reader.detail(FIRST.uid)) == ["health", "health", "health", "appeared"]
