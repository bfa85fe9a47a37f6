"""Names in DNS by a view: the worst first, and never one of which nobody can tell among those that are fine."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from apiscape.client.name_views import FIELDS, page_of, read_name_view
from apiscape.client.names import DnsName
from apiscape.client.words import names_words, why_words
from apiscape.errors import QueryError, UsageError
from apiscape.query import FIELDS as OF_VIEWS
from tests.store.making import DAY, T0


def a_name(name: str, dangling: str = "no", **more: Any) -> DnsName:
    given: dict[str, Any] = {
        "account": "1",
        "points_at": (f"{name}.host (weight 1)",),
        "zone": "public zone example",
        "since": T0,
        "reason": f"{name}.host is somebody",
    } | more
    return DnsName(
        uid=f"u-{name}",
        name=name,
        provider="aws",
        product="aws.route53.names",
        source="prod",
        scope="prod/1/aws.route53.names",
        native_id=f"zone/{name}",
        dangling=dangling,
        **given,
    )


NAMES = (
    a_name("fine"),
    a_name("odd", "unknown", since=T0 - 9 * DAY),
    a_name("newer", "a word of later"),
    a_name("bad", "yes", reason="bad.host was orders", account="2"),
    a_name("awful", "yes", zone=None),
)


def shown(view: str, **asked: Any) -> list[str]:
    return [each.name for each in page_of(NAMES, view, T0 + DAY, limit=100, **asked).items]


def test_what_dangles_comes_first_and_what_nobody_knows_before_what_is_fine() -> None:
    assert shown("") == ["awful", "bad", "newer", "odd", "fine"]
    assert shown("sort:name") == ["awful", "bad", "fine", "newer", "odd"]


@pytest.mark.parametrize(
    ("view", "names"),
    [
        ("dangling:yes", ["awful", "bad"]),
        ("dangling:no", ["fine"]),
        ("dangling:unknown", ["odd"]),
        ("dangling:yes account:2", ["bad"]),
        ("endpoint:odd.host", ["odd"]),
        ("bad.host", ["bad"]),
        ("gateway:none", ["awful"]),
        ('gateway:"public zone"', ["bad", "newer", "odd", "fine"]),
        ("reason:orders", ["bad"]),
        ("changed>1w", ["odd"]),
        ("/^(bad|odd)$/", ["bad", "odd"]),
    ],
)
def test_a_view_asks_for_what_a_name_has(view: str, names: list[str]) -> None:
    assert shown(view) == names


def test_what_nobody_can_tell_is_counted_and_listed_apart() -> None:
    page = page_of(NAMES, "dangling:yes", T0, limit=1)
    assert (page.matched, page.undecided, page.next) == (2, 1, page.items[0].uid)
    assert shown("dangling:no undecided:yes") == ["odd"]


def test_pages_go_on_where_the_one_before_ended() -> None:
    seen: list[str] = []
    after: str | None = None
    while True:
        page = page_of(NAMES, "", T0, limit=2, after=after)
        seen += [each.name for each in page.items]
        after = page.next
        if after is None:
            break
    assert seen == shown("")
    with pytest.raises(UsageError, match="no longer there"):
        page_of(NAMES, "dangling:no", T0, limit=2, after="u-bad")
    for limit in (0, 10_001):
        with pytest.raises(UsageError, match="1 to 10,000 items"):
            page_of(NAMES, "", T0, limit=limit)


@pytest.mark.parametrize(
    ("view", "message"),
    [
        ("health:failing", "a name in DNS has no health"),
        ("sort:p95", "a name in DNS has no p95"),
        ("path:/x", "a name in DNS has no path"),
        ("at:2026-09-01", "names are shown as they are now"),
        ("cols:name", "names are shown as they are now"),
        ("colour:red", "colour"),
    ],
)
def test_a_view_that_asks_for_what_a_name_has_not_is_refused(view: str, message: str) -> None:
    with pytest.raises(QueryError, match=message):
        read_name_view(view)


def test_what_a_name_has_are_fields_of_views() -> None:
    assert set(FIELDS) <= OF_VIEWS.keys()


@pytest.mark.parametrize(
    ("names", "words"),
    [
        ((), "0 names"),
        (NAMES[:1], "1 name: none dangles"),
        (NAMES[:2], "2 names: none is known to dangle, of 1 nobody can tell"),
        (NAMES[3:4], "1 name: 1 dangles"),
        (NAMES, "5 names: 2 dangle, of 2 nobody can tell"),
    ],
)
def test_sums_never_say_that_what_nobody_knows_is_fine(
    names: tuple[DnsName, ...], words: str
) -> None:
    assert names_words(names) == words


def test_why_is_said_without_the_host_that_stands_beside_it() -> None:
    assert why_words(NAMES[3]) == "was orders"
    assert why_words(a_name("x", reason="another.host was orders")) == "another.host was orders"
    assert why_words(a_name("x", reason=None)) == ""
    assert why_words(a_name("x", reason="x.hosted elsewhere")) == "x.hosted elsewhere"


def test_ages_count_from_the_time_that_is_given() -> None:
    late = page_of(NAMES, "changed>1w", T0 + timedelta(days=30), limit=9)
    assert len(late.items) == len(NAMES)
