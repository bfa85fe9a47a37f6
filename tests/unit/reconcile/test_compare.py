"""One deployment against what was known of it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apiscape.model.change import FieldChange
from apiscape.model.codec import detail_hash, operations_hash
from apiscape.model.deployment import Deployment, Operation
from apiscape.model.known import Known, Write
from apiscape.model.values import UNKNOWN
from apiscape.reconcile.compare import Sighting, compare, differs, sight, stands
from tests.unit.reconcile.rows import NOON, deployment, known_of

GET = (Operation("GET", "/a"),)
STORED = deployment(operations=GET)


def look(item: Deployment = STORED, **more: Any) -> Sighting:
    placed: dict[str, Any] = {"part": "apis", "listed_id": item.native_api_id, "at": NOON}
    return sight(item, **(placed | more))


def written(known: Known | None, seen: Sighting, before: Deployment | None = None) -> Write:
    write = compare(known, seen, before)
    assert write is not None
    return write


def test_what_was_never_seen_appears() -> None:
    write = written(None, look(token="v1"))
    assert (write.kind, write.fields, write.keeps_detail) == ("appeared", (), False)
    assert (write.token, write.token_at) == ("v1", NOON)
    assert write.operations == operations_hash(GET)


def test_what_stands_is_not_written() -> None:
    assert compare(known_of(STORED), look()) is None


def test_a_changed_fact_is_written_with_its_field() -> None:
    write = written(known_of(STORED), look(deployment(operations=GET, style="http")), STORED)
    assert write.kind == "changed"
    assert write.fields == (FieldChange(field="style", old="unknown", new="http"),)


def test_without_the_stored_document_a_change_has_no_fields() -> None:
    write = written(known_of(STORED), look(deployment(style="http")))
    assert (write.kind, write.fields) == ("changed", ())


def test_an_unchanged_token_keeps_the_stored_detail() -> None:
    before = NOON - timedelta(days=2)
    known = known_of(STORED, token="v1", token_at=before)
    seen = look(deployment(style="http"), keeps_detail=True, token="ignored")
    write = written(known, seen, STORED)
    assert write.keeps_detail
    assert (write.detail, write.operations) == (detail_hash(STORED), None)
    assert (write.token, write.token_at) == ("v1", before)
    assert {change.field for change in write.fields} == {"style"}


def test_a_kept_detail_of_an_unmoved_deployment_is_not_written() -> None:
    known = known_of(STORED, token="v1", token_at=NOON)
    assert compare(known, look(deployment(), keeps_detail=True)) is None


def test_a_kept_detail_of_an_unknown_deployment_is_not_kept() -> None:
    write = written(None, look(deployment(), keeps_detail=True, token="v1"))
    assert (write.keeps_detail, write.token, write.token_at) == (False, None, None)
    assert write.detail == detail_hash(deployment())


@pytest.mark.parametrize("presence", ["missing", "suspect", "retired", "superseded"])
def test_whatever_is_seen_again_returns(presence: str) -> None:
    assert written(known_of(STORED, presence=presence), look()).kind == "returned"


def test_what_returns_changed_says_what_changed() -> None:
    write = written(
        known_of(STORED, presence="missing"), look(deployment(style="rest")), deployment()
    )
    assert (write.kind, [change.field for change in write.fields]) == ("returned", ["style"])


@pytest.mark.parametrize(
    ("known", "seen"),
    [
        ({}, {"token": "v1"}),
        ({"token": "v1"}, {"token": "v1"}),
        ({"token": "v1"}, {}),
        ({"part": "other"}, {}),
        ({"listed_id": "other"}, {}),
    ],
    ids=["first token", "read again", "token lost", "another part", "another object"],
)
def test_what_is_only_noted_has_no_kind(known: dict[str, Any], seen: dict[str, Any]) -> None:
    write = written(known_of(STORED, **known), look(**seen))
    assert (write.kind, write.fields, write.token) == (None, (), seen.get("token"))
    assert write.token_at == (NOON if "token" in seen else None)


STYLES = st.sampled_from(["rest", "http", "unknown"])
OPERATIONS = st.sampled_from([UNKNOWN, (), GET, (*GET, Operation("PUT", "/a"))])


@given(
    seen=st.fixed_dictionaries(
        {"keeps_detail": st.booleans()}, optional={"token": st.just("v1"), "part": st.just("other")}
    ),
    style=STYLES,
    held=st.fixed_dictionaries(
        {},
        optional={
            "presence": st.sampled_from(["present", "missing", "retired"]),
            "token": st.just("v1"),
            "listed_id": st.just("other"),
        },
    ),
)
def test_what_stands_is_what_nothing_is_written_of(
    seen: dict[str, Any], style: str, held: dict[str, Any]
) -> None:
    sighting = look(deployment(style=style, operations=GET), **seen)
    for known in (None, known_of(STORED, **held)):
        assert stands(known, sighting) is (compare(known, sighting, STORED) is None)


@given(style=STYLES, operations=OPERATIONS, keeps=st.booleans())
def test_comparing_twice_writes_once(style: str, operations: Any, *, keeps: bool) -> None:
    seen = look(deployment(style=style, operations=operations), keeps_detail=keeps)
    write = compare(known_of(STORED), seen, STORED)
    if write is None:
        assert not differs(known_of(STORED), seen)
        return
    after = known_of(write.item, facts=write.facts, detail=write.detail, token=write.token)
    assert compare(after, seen, write.item) is None
