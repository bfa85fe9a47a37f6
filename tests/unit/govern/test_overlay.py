"""An overlay: which entry holds, who wins, and what it never touches."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from apiscape.errors import QueryError
from apiscape.govern.overlay import NO_OVERLAY, Entry, Overlay, governing, holding, judging
from apiscape.model.provenance import Claim, Confirmation
from apiscape.model.row import Deep, Row
from apiscape.model.values import UNKNOWN

ROW = Row(
    uid="u1",
    name="payments",
    provider="aws",
    product="aws.apigateway.rest",
    source="prod",
    scope="prod/1/rest",
    account="111122223333",
    native_id="n1",
    environment="production",
)
STANDS = Confirmation(by="Ada", on=date(2026, 9, 1), due=date(2027, 9, 1))


def entry(view: str, place: str = "a.yaml:1", **more: Any) -> Entry:
    values = more.pop("values", {"owners": ["Team Tax"]})
    return Entry(view=view, values=values, place=place, **more)


def said(*entries: Entry, row: Row = ROW, deep: Deep | None = None) -> dict[str, tuple[Claim, ...]]:
    return governing(Overlay(entries=entries))(row, deep or Deep())


def test_an_entry_says_what_holds_and_who_said_it() -> None:
    given = entry("payments", note="as agreed", confirmation=STANDS)
    found = said(given)
    claim = Claim(["Team Tax"], "overlay", "a.yaml:1", note="as agreed", confirmation=STANDS)
    assert found == {"owners": (claim,)}
    assert holding(found) == {"owners": ("Team Tax",)}


def test_a_confirmation_is_of_the_owner_alone() -> None:
    found = said(entry("", values={"owners": ["A"], "audience": "public"}, confirmation=STANDS))
    assert found["owners"][0].confirmation == STANDS
    assert found["audience"][0].confirmation is None
    assert holding(found)["audience"] == "public"


def test_a_confirmation_is_overdue_after_its_last_day_and_makes_another_overlay() -> None:
    given = Overlay(entries=(entry("payments", confirmation=STANDS), entry("")))
    on_the_day, after = (given.seen_on(day) for day in (date(2027, 9, 1), date(2027, 9, 2)))
    assert on_the_day == given
    assert [each.is_overdue for each in after.entries] == [True, False]
    assert after.mark != given.mark
    assert after.seen_on(date(2027, 9, 1)) == given, "by a clock that was set back it is not"
    claim = said(*after.entries)["owners"][1]
    assert claim.confirmation == Confirmation("Ada", date(2026, 9, 1), date(2027, 9, 1), True)


def test_one_without_a_last_day_is_never_overdue() -> None:
    stands = Confirmation(by="Ada", on=date(2026, 9, 1))
    assert stands.seen_on(date(2999, 1, 1)) == stands


def test_of_two_entries_the_later_one_holds_field_by_field_and_the_other_is_kept() -> None:
    first = entry("account:1111*", values={"owners": ["A"], "lifecycle": "beta"})
    second = entry("payments", "b.yaml:9", values={"owners": ["B"]})
    found = said(first, second)
    assert holding(found) == {"owners": ("B",), "lifecycle": "beta"}
    assert [claim.source for claim in found["owners"]] == ["b.yaml:9", "a.yaml:1"]


def test_what_an_entry_says_decides_of_no_other() -> None:
    owner = entry("payments", values={"owners": ["A"], "environment": "test"})
    found = said(owner, entry("owner:A", values={"title": "of A"}), entry("env:test"))
    assert set(found) == {"owners", "environment"}
    assert len(found["owners"]) == 1


@pytest.mark.parametrize(
    ("view", "verdict"),
    [
        ("payments", True),
        ("-payments", False),
        ("owner:A", None),
        ("-owner:A", None),
        ("owner:unknown", True),
        ("tag:team=tax", None),
        ("payments tag:team=tax", None),
    ],
)
def test_an_entry_never_holds_for_a_row_of_which_nobody_can_tell(
    view: str, verdict: bool | None
) -> None:
    assert ROW.owners is UNKNOWN
    assert judging(Overlay(entries=(entry(view),)))(ROW, Deep()) == (verdict,)
    assert bool(said(entry(view))) is (verdict is True)


def test_tags_are_asked_for_where_they_are_known() -> None:
    assert said(entry("tag:team=tax"), deep=Deep(labels=("team=tax",)))
    assert not said(entry("tag:team=tax"), deep=Deep(labels=()))


def test_a_mark_tells_overlays_apart_and_is_none_where_nothing_is_said() -> None:
    one, other = Overlay(entries=(entry("x"),)), Overlay(entries=(entry("y"),))
    moved = Overlay(entries=(entry("x", "a.yaml:2"),))
    assert NO_OVERLAY.mark == 0
    assert len({NO_OVERLAY.mark, one.mark, other.mark, moved.mark}) == 4
    assert one.mark == Overlay(entries=(entry("x"),)).mark
    assert 0 < one.mark < 2**63


def test_paths_are_read_only_where_a_view_asks_for_them() -> None:
    assert not Overlay(entries=(entry("name:a"),)).asks_for_paths
    assert Overlay(entries=(entry("name:a"), entry("path:/v1"))).asks_for_paths


def test_a_view_that_cannot_be_read_is_an_error() -> None:
    with pytest.raises(QueryError):
        governing(Overlay(entries=(entry("helth:bad"),)))
