"""An inventory through a bound view: rows outside it, or of which nobody can tell, are nowhere in it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import hypothesis
import msgspec
import pytest
from hypothesis import HealthCheck
from hypothesis import strategies as st

from apiscape.client.inventory import Inventory
from apiscape.errors import ApiscapeError, NotFound, QueryError, Refused, UsageError
from apiscape.model.deployment import Endpoint
from apiscape.model.known import Batch, PresenceChange, Verdict
from apiscape.model.run import EstateEntry, Exclusion
from apiscape.model.surroundings import (
    Api,
    CatalogueRecord,
    Consumer,
    FrontDoor,
    FrontDoorRoute,
    Relation,
)
from apiscape.query import format_view
from apiscape.query.syntax import View
from apiscape.serve.local import LocalInventory
from apiscape.serve.narrowed import Narrowed, read_bound
from apiscape.store import Conclusion, Store, open_store
from tests.store.making import DAY, MINUTE, PART, SCOPE, T0, batch, make, part, visit
from tests.strategies import choices, views

OURS = (make(1, region="eu-west-1"), make(2, name="twin"), make(3))
THEIRS = make(11, name="secret-11", environment="staging")
UNTOLD = make(12, name="secret-12", environment="unknown")
TWIN = make(13, name="twin", environment="staging")
ELSEWHERE = msgspec.structs.replace(
    SCOPE, reach=msgspec.structs.replace(SCOPE.reach, key="9/eu-west-9", account="9")
)
FAR = make(21, name="secret-21", environment="staging", account="9")


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    path = tmp_path_factory.mktemp("store") / "store.db"
    with open_store(str(path), write=True) as opened:
        fill(opened)
        yield opened


def fill(store: Store) -> None:
    routes = tuple(
        FrontDoorRoute(base_path=f"/{item.name}", native_api_id=item.native_api_id)
        for item in (OURS[0], THEIRS)
    )
    endpoint = Endpoint(url="https://d.example")
    facts: dict[str, Any] = {
        "native_id": "n",
        "native_kind": "k",
        "provider": "aws",
        "account": "111122223333",
    }
    door = FrontDoor(uid="door", name="d.example", endpoint=endpoint, routes=routes, **facts)
    admits = tuple((item.native_api_id, "prod") for item in (OURS[0], THEIRS))
    consumer = Consumer(uid="consumer", name="app", admits=admits, **facts)
    blind = msgspec.structs.replace(door, uid="blind", routes=msgspec.UNSET)
    record = CatalogueRecord("record", "r", "k", "aws", "1", "a record")
    links = (
        Relation("exposes", THEIRS.uid, OURS[0].uid, ("by secret-tool",)),
        Relation("exposes", OURS[0].uid, "secret-away"),
        Relation("depends_on", OURS[0].uid, OURS[1].uid),
        Relation("declares", "record", OURS[0].uid),
    )
    linked = tuple((PART, f"l{number}", each) for number, each in enumerate((record, *links)))
    around = Batch(
        surroundings=((PART, "d", door), (PART, "b", blind), (PART, "c", consumer), *linked)
    )
    skipped = Exclusion(native_id="secret-skipped", reason="excluded")
    parts = [part(skipped=(skipped,))]
    items = batch(*OURS, THEIRS, UNTOLD, TWIN)
    visit(store, items, around, parts=parts)
    visit(store, batch(FAR), scope=ELSEWHERE)
    concluded = Conclusion(api="api", front_doors=("blind", "door"), consumers=("consumer",))
    same = {item.uid: concluded for item in (OURS[0], OURS[2], THEIRS)}
    store.conclusions.save(same, [Api(uid="api", title="One")], seq=9, at=T0)
    entries = [
        EstateEntry(source="prod", provider="aws", key=key)
        for key in (SCOPE.reach.key, "9/eu-west-9", "secret-account")
    ]
    store.estate.save("prod", entries, provider="aws", at=T0)


@pytest.fixture(scope="module")
def whole(store: Store) -> LocalInventory:
    return LocalInventory(store, lambda: T0 + DAY)


@pytest.fixture(scope="module")
def ours(whole: LocalInventory) -> Narrowed:
    return Narrowed(whole, read_bound("environment:production"))


SEEN = sorted(item.uid for item in OURS)


def test_every_list_holds_what_is_seen_and_no_more(ours: Narrowed) -> None:
    assert [row.uid for row in ours.page("").items] == SEEN
    assert sorted(ours.select("").uids) == SEEN
    assert ours.snapshot().columns["uid"] == SEEN
    assert {len(column) for column in ours.snapshot().columns.values()} == {3}
    assert {change.uid for change in ours.changes().items} == set(SEEN)
    (facet,) = ours.facets("", ("environment",))
    assert [(each.value, each.count) for each in facet.values] == [("production", 3)]


@pytest.mark.parametrize(
    "view", ["undecided:yes", "environment:unknown", "secret", "secret undecided:yes"]
)
def test_no_view_shows_a_row_that_is_not_seen(ours: Narrowed, view: str) -> None:
    page = ours.page(view)
    assert (page.items, page.undecided) == ((), 0)
    assert page.matched == (3 if view == "undecided:yes" else 0)


def test_pages_go_on_and_errors_point_into_the_view_as_typed(ours: Narrowed) -> None:
    first = ours.page("sort:name:desc", limit=2)
    rest = ours.page("sort:name:desc", limit=2, after=first.next)
    assert [row.name for row in first.items + rest.items] == ["twin", "payments-3", "payments-1"]
    with pytest.raises(QueryError) as caught:
        ours.page("tax colour:red")
    assert (caught.value.text, caught.value.column) == ("tax colour:red", 5)


@pytest.mark.parametrize(
    "asked", [THEIRS.uid, UNTOLD.native_id, "secret-21", "none", "", "a\x1bb", TWIN.uid]
)
def test_what_is_not_seen_is_not_there(ours: Narrowed, asked: str) -> None:
    with pytest.raises(NotFound) as caught:
        ours.detail(asked)
    assert caught.value.message == f"no deployment has the uid, native id or name {asked!r}"
    assert "secret" not in (caught.value.hint or "")


def test_a_name_means_the_one_that_is_seen(ours: Narrowed, whole: LocalInventory) -> None:
    with pytest.raises(NotFound):
        whole.detail("twin")
    assert ours.detail("twin").row.uid == OURS[1].uid


def test_a_detail_says_nothing_of_others(ours: Narrowed, whole: LocalInventory) -> None:
    detail = ours.detail(OURS[0].native_id)
    assert [row.uid for row in detail.siblings] == [OURS[2].uid]
    assert detail.api is not None
    assert detail.api.members == tuple(sorted((OURS[0].uid, OURS[2].uid)))
    blind, door = detail.front_doors
    assert blind.routes is msgspec.UNSET
    assert [route.native_api_id for route in door.routes or ()] == [OURS[0].native_api_id]
    assert [pair[0] for pair in detail.consumers[0].admits or ()] == [OURS[0].native_api_id]
    assert [(link.type, link.uid) for link in detail.links] == [
        ("declares", "record"),
        ("depends_on", OURS[1].uid),
    ]
    assert len(whole.detail(OURS[0].uid).links) == len(detail.links) + 2
    told = msgspec.json.encode(detail)
    assert b"secret" not in told
    assert THEIRS.native_api_id.encode() not in told
    assert b"secret" in msgspec.json.encode(whole.detail(OURS[0].uid))


def test_scopes_runs_estate_and_summary_are_those_of_what_is_seen(ours: Narrowed) -> None:
    (status,) = ours.scopes()
    assert (status.scope, status.deployments, status.suspect) == (SCOPE, 3, 0)
    assert [run.scope for run in ours.runs()] == [SCOPE]
    assert ours.runs(scope=ELSEWHERE.key) == ()
    assert [entry.key for entry in ours.estate()] == [SCOPE.reach.key]
    summary = ours.summary()
    assert (summary.deployments, summary.apis, summary.scopes) == (3, 2, 1)
    told = msgspec.json.encode([status, ours.runs(), ours.estate(), summary])
    assert b"secret" not in told


def test_a_view_that_nothing_matches_rests_on_nothing(whole: LocalInventory) -> None:
    nothing = Narrowed(whole, read_bound("no-such-name"))
    summary = nothing.summary()
    assert (summary.deployments, summary.scopes, summary.observed_at) == (0, 0, None)


def test_names_of_whole_zones_are_nobodys_to_see(ours: Narrowed) -> None:
    with pytest.raises(Refused, match="does not see the names of whole zones"):
        ours.names()


def test_actions_stop_at_the_border(tmp_path: Path) -> None:
    with open_store(str(tmp_path / "store.db"), write=True) as store:
        visit(store, batch(*OURS, THEIRS))
        gone = [PresenceChange(uid=item.uid, presence="retired") for item in (OURS[0], THEIRS)]
        visit(store, at=T0 + MINUTE, verdict=Verdict(presence=tuple(gone)))
        whole = LocalInventory(store, lambda: T0 + DAY)
        ours = Narrowed(whole, read_bound("environment:production"))
        with pytest.raises(Refused, match="whole scope"):
            ours.confirm(SCOPE.key, by="ada")
        with pytest.raises(NotFound):
            ours.forget(THEIRS.uid, by="ada")
        with pytest.raises(UsageError):
            ours.forget(OURS[1].uid, by="ada")
        ours.forget(OURS[0].uid, by="ada")
        assert whole.detail(THEIRS.uid).row.presence == "retired"
        with pytest.raises(NotFound):
            whole.detail(OURS[0].uid)


def test_of_several_of_one_name_those_of_the_default_view_are_meant(tmp_path: Path) -> None:
    twins = (make(1, name="twin"), make(2, name="twin"), make(3, name="twin"))
    with open_store(str(tmp_path / "store.db"), write=True) as store:
        visit(store, batch(*twins))
        ours = Narrowed(LocalInventory(store, lambda: T0 + DAY), read_bound("twin"))
        with pytest.raises(NotFound, match="3 deployments are called twin") as caught:
            ours.detail("twin")
        assert all(item.uid in (caught.value.hint or "") for item in twins)
        old = [PresenceChange(uid=item.uid, presence="superseded") for item in twins[1:]]
        visit(store, at=T0 + MINUTE, verdict=Verdict(presence=tuple(old)))
        assert ours.detail("twin").row.uid == twins[0].uid
        assert ours.detail(twins[2].uid).row.presence == "superseded"


def bounds() -> st.SearchStrategy[View]:
    return st.lists(choices(), min_size=1, max_size=2).map(lambda terms: View(terms=tuple(terms)))


def test_a_view_that_is_too_long_with_what_is_bound_is_pointed_into(whole: LocalInventory) -> None:
    """What the token is bound to counts, and is not shown."""
    ours = Narrowed(whole, read_bound("environment:production"))
    text = " ".join(["twin"] * 63)
    with pytest.raises(QueryError, match="a view of this token has at most 62 items") as caught:
        ours.page(text)
    assert (caught.value.text, caught.value.column) == (text, 62 * 5 + 1)
    assert ours.page(" ".join(["twin"] * 62)).matched == 1
    long = f'"{"x" * 3_990}"'
    with pytest.raises(QueryError, match="too long by") as caught:
        ours.page(long)
    assert (caught.value.text, caught.value.column) == (long, len(long))


def test_what_is_refused_of_the_log_is_pointed_at_in_what_was_typed(whole: LocalInventory) -> None:
    ours = Narrowed(whole, read_bound("environment:production"))
    with pytest.raises(QueryError, match="read forwards") as caught:
        ours.changes(view="twin at:2026-09-30")
    assert caught.value.text == "twin at:2026-09-30"
    with pytest.raises(QueryError, match="no field") as caught:
        ours.changes(view="twin helth:bad")
    assert (caught.value.text, caught.value.column) == ("twin helth:bad", 6)


def test_doubts_are_of_what_was_typed_alone(whole: LocalInventory) -> None:
    assert whole.page("health:failng").doubts == ("health:failng: did you mean failing?",)
    ours = Narrowed(whole, read_bound("-exposure:internt environment:production"))
    assert ours.page("health:failng").doubts == ("health:failng: did you mean failing?",)
    assert ours.page("twin").doubts == ()


def test_a_token_is_not_bound_to_a_view_that_leaves_no_room() -> None:
    with pytest.raises(UsageError, match="so long a view"):
        read_bound(" ".join(["x"] * 33))
    with pytest.raises(UsageError, match="so long a view"):
        read_bound("x" * 2_001)


@pytest.mark.no_cover
@hypothesis.settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow])
@hypothesis.given(bound=bounds(), asked=views())
def test_whatever_is_bound_and_asked_only_rows_that_match_are_seen(
    whole: LocalInventory, bound: View, asked: View
) -> None:
    text = format_view(bound)
    inside = set(whole.select(f"{text} presence:none,*").uids)
    narrowed: Inventory = Narrowed(whole, read_bound(text))
    assert set(narrowed.select("presence:none,*").uids) == inside
    view = format_view(msgspec.structs.replace(asked, at=None))
    try:
        told = {row.uid for row in narrowed.page(view, limit=100).items}
    except ApiscapeError:  # too many items together
        return
    assert told <= inside


def test_a_difference_is_of_what_is_seen_and_names_no_scope_of_others(tmp_path: Path) -> None:
    with open_store(str(tmp_path / "moved.db"), write=True) as moved:
        visit(moved, batch(make(1)), parts=[part("partial")])
        later = (*OURS, THEIRS, UNTOLD)
        visit(moved, batch(*later), at=T0 + DAY)
        visit(moved, batch(FAR), scope=ELSEWHERE, at=T0 + DAY, parts=[part("partial")])
        bound = Narrowed(
            LocalInventory(moved, lambda: T0 + DAY), read_bound("environment:production")
        )
        page = bound.diff(T0 + MINUTE)
    assert {each.name for each in page.items} <= {item.name for item in OURS}
    assert len(page.items) == 2
    assert page.undecided == 0
    assert [each.scope for each in page.unseen_since] == [SCOPE.key]
    assert page.unseen_until == ()
