from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime
from typing import Any

import jsonschema
import msgspec
import pytest

from apiscape.model.change import Change, FieldChange
from apiscape.model.codec import (
    decode,
    detail_hash,
    encode,
    facts_hash,
    json_schema,
    operations_hash,
)
from apiscape.model.deployment import Backend, Deployment, Endpoint, Spec
from apiscape.model.provenance import Claim
from apiscape.model.values import UNKNOWN
from tests.unit.model.build import IAM, a_deployment, an_operation

FULL = a_deployment(
    title="Tax",
    description=None,
    endpoints=(Endpoint(url="https://x.example", exposure="internet"),),
    operations=(an_operation(security=IAM, backend="b1"),),
    backends=(Backend(key="b1", kind="lambda", address="arn:aws:lambda:::f"),),
    specs=(Spec(format="openapi", format_version="3.0.1"),),
    labels={"owner": "tax"},
    created_at=datetime(2026, 1, 2, tzinfo=UTC),
    provenance={"owners": (Claim(value="tax", method="tag"),)},
)


def test_what_is_encoded_is_decoded() -> None:
    assert decode(encode(FULL), Deployment) == FULL


def test_unknown_is_left_out_absent_is_null() -> None:
    document = msgspec.json.decode(encode(FULL))
    assert document["description"] is None
    assert "consumers" not in document
    assert decode(encode(FULL), Deployment).consumers is UNKNOWN


def test_words_and_fields_of_a_newer_version_survive_reading() -> None:
    document = msgspec.json.decode(encode(FULL)) | {"style": "telepathy", "invented_later": 1}
    assert decode(msgspec.json.encode(document), Deployment).style == "telepathy"


def test_what_is_not_a_deployment_is_refused() -> None:
    with pytest.raises(msgspec.ValidationError):
        decode(b'{"uid": 3}', Deployment)


def test_times_and_provenance_are_not_substance() -> None:
    moved = msgspec.structs.replace(
        FULL, updated_at=datetime(2026, 5, 5, tzinfo=UTC), provenance={}
    )
    assert facts_hash(moved) == facts_hash(FULL)
    assert facts_hash(msgspec.structs.replace(FULL, name="other")) != facts_hash(FULL)


def test_detail_is_hashed_apart_from_facts() -> None:
    fewer = msgspec.structs.replace(FULL, operations=())
    assert facts_hash(fewer) == facts_hash(FULL)
    assert detail_hash(fewer) != detail_hash(FULL)


@pytest.mark.parametrize("operations", [FULL.operations, (), UNKNOWN])
def test_a_hash_of_operations_need_not_be_taken_twice(operations: Any) -> None:
    item = msgspec.structs.replace(FULL, operations=operations)
    assert detail_hash(item, operations_hash(operations)) == detail_hash(item)
    assert detail_hash(item, operations_hash(FULL.operations)) == detail_hash(FULL)


def test_operations_that_nobody_saw_are_not_an_empty_set() -> None:
    assert operations_hash(UNKNOWN) != operations_hash(())
    unseen = msgspec.structs.replace(FULL, operations=UNKNOWN, backends=UNKNOWN, specs=UNKNOWN)
    empty = msgspec.structs.replace(FULL, operations=(), backends=(), specs=())
    assert detail_hash(unseen) != detail_hash(empty)


def test_every_published_entity_is_in_the_schema_and_fits_it() -> None:
    schema = json_schema()
    assert {"Deployment", "Operation", "RunReport", "Change", "Api", "Finding"} <= set(
        schema["$defs"]
    )
    validator = jsonschema.Draft202012Validator({**schema, "$ref": "#/$defs/Deployment"})
    validator.validate(msgspec.json.decode(encode(FULL)))
    change = Change(
        at=datetime(2026, 1, 1, tzinfo=UTC),
        kind="changed",
        uid="u",
        name="n",
        scope="s",
        generation=1,
        fields=(FieldChange(field="style", old="rest", new="http"),),
    )
    jsonschema.Draft202012Validator({**schema, "$ref": "#/$defs/Change"}).validate(
        msgspec.json.decode(encode(change))
    )


def test_threads_may_decode_to_one_type_for_the_first_time_together() -> None:
    """In a process of its own: a type is described once in a process, and a crash would be everybody's."""
    code = """
import sys, threading
from apiscape.model.codec import decode, ready
from apiscape.model.deployment import Deployment

sys.setswitchinterval(1e-6)
barrier = threading.Barrier(16)
made = []

def read():
    barrier.wait()
    made.append(decode(DATA, ready(Deployment)))

DATA = b'{"uid":"u","native_id":"n","native_api_id":"n","native_kind":"k","provider":"p",'
DATA += b'"product":"x","account":"a","name":"n","endpoints":[{"url":"https://a"}]}'
threads = [threading.Thread(target=read) for _ in range(16)]
[each.start() for each in threads]
[each.join() for each in threads]
print(len(made), len(set(map(repr, made))))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["16", "1"]
