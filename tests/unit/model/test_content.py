"""What counts as content: every field of a deployment moves the hash it belongs to, and no other."""

from __future__ import annotations

import hashlib
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apiscape.model.codec import (
    HASH_BYTES,
    decode,
    detail_hash,
    encode,
    facts_hash,
    operations_hash,
)
from apiscape.model.deployment import (
    DETAIL_FIELDS,
    VOLATILE_FIELDS,
    Backend,
    Deployment,
    Endpoint,
    Owner,
    Protections,
    Spec,
)
from apiscape.model.projection import addresses, deepen, guarded, project
from apiscape.model.provenance import Claim
from apiscape.model.row import SEARCHED, Row, search_text
from apiscape.model.values import UNKNOWN, from_utc_millis, is_known, known_or, utc_millis
from tests.strategies import rows
from tests.unit.model.build import IAM, JWT, OPEN, a_deployment, a_scope, an_operation

OTHERS: dict[str, Any] = {
    "endpoints": (Endpoint("https://x.example"),),
    "operations": (an_operation(),),
    "backends": (Backend("b", "http"),),
    "protections": Protections(waf="enabled"),
    "owners": (Owner("Tax"),),
    "specs": (Spec("openapi"),),
    "consumers": 0,
    "labels": {},
    "created_at": None,
    "updated_at": None,
    "provenance": {"owners": (Claim(value="Tax", method="tag"),)},
}
"""Another value of each field that is not text."""


def altered(field: str) -> Deployment:
    return msgspec.structs.replace(a_deployment(), **{field: OTHERS.get(field, "other")})


@pytest.mark.parametrize("field", Deployment.__struct_fields__)
def test_every_field_moves_the_hash_it_belongs_to(field: str) -> None:
    plain, other = a_deployment(), altered(field)
    assert plain != other
    assert (facts_hash(plain) != facts_hash(other)) is (
        field not in {*DETAIL_FIELDS, *VOLATILE_FIELDS}
    )
    assert (detail_hash(plain) != detail_hash(other)) is (field in DETAIL_FIELDS)


@pytest.mark.parametrize("field", Deployment.__struct_fields__)
def test_every_field_is_written_and_read_back(field: str) -> None:
    other = altered(field)
    assert decode(encode(other), Deployment) == other
    assert encode(other) != encode(a_deployment())


def test_the_hashes_of_details_do_not_run_into_each_other() -> None:
    details: list[dict[str, Any]] = [
        {},
        {"operations": ()},
        {"backends": ()},
        {"specs": ()},
        {"operations": (), "backends": ()},
        {"backends": (), "specs": ()},
        {"operations": (), "specs": ()},
        {"operations": (an_operation(),), "backends": ()},
        {"operations": (an_operation(), an_operation())},
        {"operations": (an_operation(),)},
    ]
    hashes = {detail_hash(a_deployment(**detail)) for detail in details}
    assert len(hashes) == len(details)
    assert {len(each) for each in hashes} == {HASH_BYTES}


def digest_of(data: bytes) -> bytes:
    return hashlib.blake2b(data, digest_size=16).digest()


def hashes_of(item: Deployment) -> tuple[bytes, bytes, bytes]:
    return facts_hash(item), operations_hash(item.operations), detail_hash(item)


@given(st.lists(st.text(max_size=40), max_size=8))
def test_hashes_are_those_that_stores_hold_of_the_documents(paths: list[str]) -> None:
    operations = tuple(an_operation(template=f"/{path}") for path in paths)
    item = a_deployment(operations=operations, backends=(Backend("b", "http"),))
    bare: dict[str, Any] = dict.fromkeys((*DETAIL_FIELDS, *VOLATILE_FIELDS), UNKNOWN)
    bare |= {"provenance": {}}
    facts = encode(msgspec.structs.replace(item, **bare))
    listed = digest_of(encode(operations))
    detail = listed + encode([item.backends, "unknown" if item.specs is UNKNOWN else item.specs])
    assert hashes_of(item) == (digest_of(facts), listed, digest_of(detail))


def test_a_short_document_is_hashed_by_itself_after_a_long_one() -> None:
    short = a_deployment(operations=())
    before = hashes_of(short)
    hashes_of(a_deployment(operations=(an_operation(template="/x" * 5000),) * 50))
    assert hashes_of(short) == before


def test_threads_that_hash_at_a_time_do_not_mix_what_they_hash() -> None:
    items = [
        a_deployment(operations=tuple(an_operation(template=f"/{name}{n}") for n in range(200)))
        for name in range(8)
    ]
    alone = [hashes_of(item) for item in items]
    assert len(set(alone)) == len(items)
    start = threading.Barrier(len(items))

    def hash_often(item: Deployment) -> set[tuple[bytes, bytes, bytes]]:
        start.wait()
        return {hashes_of(item) for _ in range(50)}

    with ThreadPoolExecutor(len(items)) as pool:
        assert list(pool.map(hash_often, items)) == [{each} for each in alone]


@settings(max_examples=40)
@given(st.dictionaries(st.text(max_size=3), st.text(max_size=3), max_size=5))
def test_equal_labels_hash_alike_in_any_order(labels: dict[str, str]) -> None:
    turned = dict(reversed(labels.items()))
    assert encode(a_deployment(labels=labels)) == encode(a_deployment(labels=turned))
    assert facts_hash(a_deployment(labels=labels)) == facts_hash(a_deployment(labels=turned))


# From a deployment to its row.

SECURITIES = st.sampled_from([IAM, JWT, OPEN, an_operation().security])
OPERATIONS = st.lists(
    st.builds(
        an_operation,
        st.sampled_from(["GET", "PUT"]),
        st.sampled_from(["/a", "/b"]),
        security=SECURITIES,
        preflight=st.booleans(),
    ),
    max_size=5,
).map(tuple)


@given(OPERATIONS)
def test_a_count_of_unprotected_operations_never_says_less_than_is_known(operations: Any) -> None:
    row = project(a_deployment(operations=operations), a_scope())
    words = [each.security.requirement for each in operations if not each.preflight]
    assert row.operations == len(operations)
    if "unknown" in words:
        assert row.unauthenticated is UNKNOWN
    else:
        assert row.unauthenticated == words.count("none")
    asked = set(words) - {"unknown"}
    if len(asked) > 1:
        assert row.auth == "mixed"
    elif set(words) == asked and asked:
        assert {row.auth} == asked
    else:
        assert row.auth == "unknown"


@given(OPERATIONS)
def test_a_preflight_adds_a_path_and_no_scheme(operations: Any) -> None:
    item = a_deployment(operations=operations)
    counted = guarded(item.operations)
    assert is_known(counted)
    assert not any(each.preflight for each in counted)
    schemes = {scheme.kind for each in counted for scheme in each.security.schemes}
    assert project(item, a_scope()).schemes == tuple(sorted(schemes))
    assert deepen(item).paths == tuple(sorted({each.template for each in operations}))


@pytest.mark.parametrize(("enabled", "count"), [(UNKNOWN, 1), (True, 1), (False, 0)])
def test_only_an_address_known_to_be_off_is_left_out(enabled: Any, count: int) -> None:
    item = a_deployment(endpoints=(Endpoint("https://x.example", enabled=enabled),))
    assert addresses(item) == ("https://x.example",) * count


@pytest.mark.parametrize("field", ["name", "title", "account", "region", "gateway", "stage"])
def test_a_row_says_what_its_deployment_says(field: str) -> None:
    row = project(a_deployment(**{field: "Said"}), a_scope())
    assert getattr(row, field) == "Said"
    assert "said" in search_text(row).split("\n")


def test_a_row_names_its_scope_and_source() -> None:
    row = project(a_deployment(), a_scope("other"))
    assert (row.source, row.scope) == ("other", "other/111122223333/eu-west-1/aws.apigateway.rest")


def test_a_backend_without_an_address_and_equal_ones_are_no_more_than_one() -> None:
    backends = (
        Backend("1", "http", "https://b.example"),
        Backend("2", "http", "https://b.example"),
        Backend("3", "http", UNKNOWN),
        Backend("4", "http", "https://a.example"),
    )
    deep = deepen(a_deployment(backends=backends, labels={}))
    assert deep.backends == ("https://a.example", "https://b.example")
    assert (deep.paths, deep.labels) == (UNKNOWN, ())


@settings(max_examples=40)
@given(rows())
def test_a_word_is_found_wherever_it_is_looked_for(row: Row) -> None:
    text = search_text(row)
    for field in SEARCHED:
        value = getattr(row, field)
        held = [value] if isinstance(value, str) else value if isinstance(value, tuple) else []
        assert all(each.casefold() in text for each in held)
    assert text == text.casefold()


# Times and nothings.


@given(st.integers(-62_135_596_800_000, 253_402_300_799_999))
def test_every_millisecond_of_the_calendar_is_itself(millis: int) -> None:
    assert utc_millis(from_utc_millis(millis)) == millis


@pytest.mark.parametrize(("micros", "millis"), [(0, 0), (499, 0), (501, 1), (999, 1), (1000, 1)])
def test_what_is_smaller_is_rounded_to_the_nearest(micros: int, millis: int) -> None:
    moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=micros)
    assert utc_millis(moment) == millis


@pytest.mark.parametrize("millis", [-62_135_596_800_001, 253_402_300_800_000])
def test_a_time_beyond_the_calendar_is_refused(millis: int) -> None:
    with pytest.raises(OverflowError):
        from_utc_millis(millis)


@pytest.mark.parametrize("value", [None, 0, "", (), False])
def test_a_default_stands_in_for_no_value_that_is_known(value: object) -> None:
    assert known_or(value, "default") is value
