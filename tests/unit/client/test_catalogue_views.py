"""Records of catalogues by a view: the worst first, and none of which nobody can tell among those that lead nowhere."""

from __future__ import annotations

from typing import Any

import pytest

from apiscape.client.catalogue_views import FIELDS, UNLINKED, page_of, read_catalogue_view
from apiscape.client.catalogue_words import kind_words, leads_words, records_words
from apiscape.client.catalogues import Declaration, Named
from apiscape.errors import QueryError, UsageError
from apiscape.query import FIELDS as OF_VIEWS
from tests.store.making import DAY, T0

THERE = Named(uid="u-vehicles", native_id="id-1", name="vehicles", stage="prod", dangling="no")
BARE = Named(uid="u-bare", name="bare", dangling="no")
AWAY = Named(uid="u-away", native_id="id-2", dangling="yes")
OPEN = Named(uid="u-open", dangling="unknown")


def a_record(name: str, dangling: str, *names: Named, **more: Any) -> Declaration:
    given: dict[str, Any] = {"catalogue": "agents", "scope": "prod/1/k", "source": "prod"} | more
    return Declaration(
        uid=f"r-{name}",
        name=name,
        provider="aws",
        product="aws.agentregistry.record",
        account="1",
        native_id=f"registry/{name}",
        kind="aws.agentregistry.record",
        names=names,
        dangling=dangling,
        **given,
    )


RECORDS = (
    a_record("fine", "no", THERE, style="mcp", version="2", lifecycle="live"),
    a_record("odd", "unknown", reason="not read", title="An oddity", freshness="not_observed"),
    a_record("maybe", "unknown", BARE, OPEN),
    a_record("partly", "yes", AWAY, BARE, catalogue="portal", urls=("https://portal.example",)),
    a_record("bad", "yes", AWAY, reason="not in prod/1/x", owners=("Team Tax",)),
    a_record("both", "yes", AWAY, OPEN, catalogue=None, scope=None, source=None),
    a_record("empty", "yes"),
)


def shown(view: str) -> list[str]:
    return [each.name for each in page_of(RECORDS, view, T0 + DAY, limit=100).items]


def test_what_leads_to_nothing_comes_first_and_what_nobody_knows_before_what_is_fine() -> None:
    assert shown("") == ["both", "bad", "empty", "partly", "odd", "maybe", "fine"]
    assert shown("sort:name")[0] == "bad"


@pytest.mark.parametrize(
    ("view", "names"),
    [
        ("dangling:yes", ["both", "bad", "empty", "partly"]),
        ("dangling:no", ["fine"]),
        ("backend:none", ["bad", "empty"]),
        (UNLINKED, ["both", "bad", "empty", "odd"]),
        ("backend:vehicles", ["fine"]),
        ("backend:bare", ["partly", "maybe"]),
        ("backend:u-vehicles", ["fine"]),
        ("gateway:portal", ["partly"]),
        ("gateway:none", ["both"]),
        ("version:2 style:mcp lifecycle:live", ["fine"]),
        ("endpoint:portal.example", ["partly"]),
        ('owner:"Team Tax"', ["bad"]),
        ("freshness:not_observed", ["odd"]),
        ("reason:prod/1", ["bad"]),
        ("oddity", ["odd"]),
    ],
)
def test_a_view_asks_for_what_a_record_has(view: str, names: list[str]) -> None:
    assert shown(view) == names


def test_what_nobody_can_tell_is_counted() -> None:
    page = page_of(RECORDS, "backend:vehicles", T0, limit=1)
    assert (page.matched, page.undecided, page.next) == (1, 2, None)
    assert shown("backend:vehicles undecided:yes") == ["both", "odd"]


def test_pages_go_on_where_the_one_before_ended() -> None:
    first = page_of(RECORDS, "", T0, limit=4)
    rest = page_of(RECORDS, "", T0, limit=4, after=first.next)
    assert [each.name for each in (*first.items, *rest.items)] == shown("")
    assert (first.matched, rest.next) == (7, None)
    with pytest.raises(UsageError, match="the cursor's record is no longer there"):
        page_of(RECORDS, "dangling:no", T0, limit=2, after=first.next)
    with pytest.raises(UsageError, match="1 to 10,000 items"):
        page_of(RECORDS, "", T0, limit=0)


@pytest.mark.parametrize(
    ("view", "message"),
    [
        ("health:failing", "a record of a catalogue has no health"),
        ("path:/x", "a record of a catalogue has no path"),
        ("at:2026-09-01", "records are shown as they are now"),
    ],
)
def test_a_view_that_asks_for_what_a_record_has_not_is_refused(view: str, message: str) -> None:
    with pytest.raises(QueryError, match=message):
        read_catalogue_view(view)


def test_what_a_record_has_are_fields_of_views() -> None:
    assert set(FIELDS) <= OF_VIEWS.keys()


@pytest.mark.parametrize(
    ("records", "words"),
    [
        ((), "0 records"),
        (RECORDS[:1], "1 record of 1 catalogue: none dangles"),
        (RECORDS[:2], "2 records of 1 catalogue: none is known to dangle, of 1 nobody can tell"),
        (RECORDS, "7 records of 3 catalogues: 4 dangle, of 2 nobody can tell"),
    ],
)
def test_sums_never_say_that_what_nobody_knows_is_fine(
    records: tuple[Declaration, ...], words: str
) -> None:
    assert records_words(records) == words


def test_what_a_record_leads_to_is_said_and_unknown_is_not_nothing() -> None:
    said = {each.name: leads_words(each) for each in RECORDS}
    assert said == {
        "fine": "vehicles/prod",
        "odd": "?",
        "maybe": "bare",
        "partly": "bare",
        "bad": "nothing",
        "both": "?",
        "empty": "nothing",
    }
    assert (kind_words(RECORDS[0]), kind_words(RECORDS[1])) == ("mcp", "record")
