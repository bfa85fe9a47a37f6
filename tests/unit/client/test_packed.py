"""A packed snapshot is the snapshot, and small; what is no snapshot is refused."""

from __future__ import annotations

import zlib
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from apiscape.client.inventory import Snapshot
from apiscape.client.packed import pack, read_snapshot, unpack
from apiscape.client.wire import read_columns, write_columns
from apiscape.model.identity import api_uid, deployment_uid, entity_uid, entity_uids
from apiscape.model.row import Row
from apiscape.model.values import UNKNOWN

NOON = datetime(2026, 9, 30, 12, tzinfo=UTC)
IDS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=8)


def row(name: str, **more: Any) -> Row:
    """Return a row whose native id is its name."""
    given: dict[str, Any] = {
        "uid": deployment_uid(name),
        "name": name.title(),
        "provider": "aws",
        "product": "aws.apigateway.rest",
        "source": "prod",
        "scope": "prod/1/aws.apigateway.rest",
        "account": "1",
        "native_id": name,
    }
    return Row(**(given | more))


def snapshot(*rows: Row) -> Snapshot:
    ordered = sorted(rows, key=lambda each: each.uid)
    columns = {name: [getattr(each, name) for each in ordered] for name in Row.__struct_fields__}
    return Snapshot(seq=7, taken_at=NOON, columns=columns)


@st.composite
def rows(draw: st.DrawFn) -> list[Row]:
    ids = draw(st.lists(IDS, max_size=6, unique=True))
    apis = st.sampled_from([*map(api_uid, map(deployment_uid, ids)), "another", None, UNKNOWN])
    return [
        row(
            each,
            api=draw(apis),
            uid=draw(st.sampled_from([deployment_uid(each), f"own-{number}"])),
            native_id=draw(st.sampled_from([each, ids[0]])),
            title=draw(st.sampled_from(["", "Tax", None, UNKNOWN])),
            owners=draw(st.sampled_from([UNKNOWN, (), ("Tax", "Claims")])),
            p95_ms=draw(st.sampled_from([UNKNOWN, 1.5])),
            observed_at=draw(st.sampled_from([None, NOON])),
        )
        for number, each in enumerate(ids)
    ]


@given(rows())
def test_what_is_packed_is_read_as_it_was(held: list[Row]) -> None:
    told = snapshot(*held)
    assert read_snapshot(pack(told)) == told


@given(rows())
def test_what_an_older_agent_writes_is_read_as_well(held: list[Row]) -> None:
    told = snapshot(*held)
    assert read_snapshot(msgspec.msgpack.encode(write_columns(told))) == told


@given(st.sampled_from(["deployment", "api"]), st.lists(IDS))
def test_many_uids_are_those_of_each(kind: str, ids: list[str]) -> None:
    assert entity_uids(kind, ids) == [entity_uid(kind, each) for each in ids]


def test_no_uid_that_follows_is_sent_and_the_rest_is_a_third() -> None:
    held = [row(f"aws:1:eu-west-1:apigateway:/restapis/{number:010x}") for number in range(500)]
    alone = [msgspec.structs.replace(each, api=api_uid(each.uid)) for each in held]
    told = snapshot(*alone)
    packed = pack(told)
    assert not any(
        each.uid.encode() in packed or str(each.api).encode() in packed for each in alone
    )
    plain = msgspec.msgpack.encode(write_columns(told))
    assert read_columns(plain) == unpack(packed)
    assert len(zlib.compress(packed, 3)) * 3 < len(zlib.compress(plain, 3))


def broken(**changes: Any) -> bytes:
    told = msgspec.msgpack.decode(pack(snapshot(row("a"), row("b", api="another"))))
    return msgspec.msgpack.encode(told | changes)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xc1",
        broken(columns={}),
        broken(founders=[None]),
        broken(founders=[None, None, None]),
        broken(founders=[0, 2**40]),
        broken(founders=["x"]),
        broken(apis={"values": []}),
        broken(uids={9: "far"}),
        broken(seq=None),
    ],
)
def test_what_is_no_snapshot_is_refused(data: bytes) -> None:
    with pytest.raises((msgspec.MsgspecError, LookupError)):
        read_snapshot(data)
