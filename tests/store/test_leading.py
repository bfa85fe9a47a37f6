"""What is named is there, is not, or nobody can tell: by the scopes that would list it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from apiscape.client.catalogues import Named
from apiscape.store.reading.leading import Found, Looked, Pointer, judge, lead
from tests.store.declared import AWAY, where
from tests.store.making import ACCOUNT, DAY, PRODUCT, T0

POINTER = Pointer("u", where(AWAY))


def looked(outcome: str | None = "complete", **more: Any) -> Looked:
    given: dict[str, Any] = {"account": ACCOUNT, "region": "eu-west-1", "ended_at": T0} | more
    return Looked(key=given.pop("key", "k"), product=PRODUCT, outcome=outcome, **given)


@pytest.mark.parametrize(
    ("scopes", "word"),
    [
        ([looked()], "yes"),
        ([looked("absent")], "yes"),
        ([looked(region=None)], "yes"),
        ([looked("partial"), looked(key="second")], "yes"),
        ([looked("failed")], "unknown"),
        ([looked(None, ended_at=None)], "unknown"),
        ([looked(region="eu-west-9")], "unknown"),
        ([looked(account="9")], "unknown"),
        ([looked(left_out=(("gone", "why"),))], "unknown"),
        ([looked(left_out=(("a:b/gone", "why"),))], "unknown"),
        ([looked(left_out=(("other", "why"),))], "yes"),
        ([], "unknown"),
    ],
)
def test_nothing_is_missing_where_it_was_not_looked_for(scopes: list[Looked], word: str) -> None:
    assert lead(POINTER, None, scopes).dangling == word


@pytest.mark.parametrize(
    ("newly_at", "word"), [(None, "yes"), (T0 - DAY, "yes"), (T0 + DAY, "unknown")]
)
def test_what_was_named_after_the_last_look_may_be_there(
    newly_at: datetime | None, word: str
) -> None:
    pointer = Pointer("u", where(AWAY), newly_at=newly_at)
    assert lead(pointer, None, [looked()]).dangling == word


@pytest.mark.parametrize(
    ("presence", "word"),
    [
        ("present", "no"),
        ("missing", "no"),
        ("suspect", "no"),
        ("retired", "yes"),
        ("superseded", "yes"),
    ],
)
def test_what_may_still_be_there_is_there(presence: str, word: str) -> None:
    found = Found("u", "payments", None, presence, where(AWAY))
    named = lead(Pointer("u"), found, [looked()])
    assert (named.dangling, named.title, named.account) == (word, "payments", ACCOUNT)


GONE = Named("g", dangling="yes", reason="not in k: g")
THERE = Named("t", dangling="no")
OPEN = Named("o", dangling="unknown", reason="may be in k: o")


@pytest.mark.parametrize(
    ("names", "untold", "word", "reason"),
    [
        ((THERE,), None, "no", None),
        ((THERE, GONE), None, "yes", "not in k: g"),
        ((OPEN, GONE, GONE), "more", "yes", "not in k: g, and 1 more"),
        ((THERE, OPEN), None, "unknown", "may be in k: o"),
        ((THERE,), "more", "unknown", "more"),
        ((), "more", "unknown", "more"),
        ((), None, "yes", "it names no API"),
    ],
)
def test_a_record_is_as_bad_as_the_worst_that_it_names(
    names: tuple[Named, ...], untold: str | None, word: str, reason: str | None
) -> None:
    assert judge(names, None, untold) == (word, reason)
    assert judge(names, "not read", untold) == ("unknown", "not read")
