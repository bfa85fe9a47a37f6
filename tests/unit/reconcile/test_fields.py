"""What the log says of a change: the keys that moved, never the whole list."""

from __future__ import annotations

from typing import Any

import msgspec

from apiscape.model.change import FieldChange
from apiscape.model.deployment import Backend, Endpoint, Operation, Owner, Protections, Spec
from apiscape.model.security import ANONYMOUS, Scheme, Security
from apiscape.model.values import UNKNOWN
from apiscape.reconcile.fields import LONGEST, diff
from tests.unit.reconcile.rows import deployment

IAM = Security(requirement="required", schemes=(Scheme(kind="iam"),))


def changes(old: dict[str, Any], new: dict[str, Any], **options: bool) -> list[FieldChange]:
    return list(diff(deployment(**old), deployment(**new), **options))


def test_equal_deployments_differ_in_nothing() -> None:
    assert changes({"title": "Pay"}, {"title": "Pay"}) == []


def test_a_plain_field_has_its_old_and_new_value() -> None:
    assert changes({"style": "rest"}, {"style": "http"}) == [
        FieldChange(field="style", old="rest", new="http")
    ]


def test_unknown_is_left_out_and_absent_is_null() -> None:
    [change] = changes({"title": UNKNOWN}, {"title": None})
    assert msgspec.json.encode(change) == b'{"field":"title","new":null}'


def test_times_and_provenance_are_no_change() -> None:
    assert changes({"updated_at": None}, {"updated_at": UNKNOWN}) == []


def test_operations_that_came_and_went_are_named_by_key() -> None:
    old = (Operation("GET", "/a"), Operation("GET", "/b"))
    new = (Operation("GET", "/b"), Operation("PUT", "/a"))
    assert changes({"operations": old}, {"operations": new}) == [
        FieldChange(field="operations", old=["GET /a"], new=["PUT /a"])
    ]


def test_an_operation_that_opened_says_so() -> None:
    old, new = Operation("GET", "/a", security=IAM), Operation("GET", "/a", security=ANONYMOUS)
    [change] = changes({"operations": (old,)}, {"operations": (new,)})
    assert change.field == "operations[GET /a].security"
    assert (change.old["requirement"], change.new["requirement"]) == ("required", "none")


def test_operations_of_one_key_stand_together_in_any_order() -> None:
    twins = (Operation("POST", "/q", operation_id="a"), Operation("POST", "/q", operation_id="b"))
    assert changes({"operations": twins}, {"operations": twins[::-1]}) == []
    [change] = changes({"operations": twins}, {"operations": (twins[0], twins[0])})
    assert change.field == "operations[POST /q]"


def test_operations_that_became_unknown_are_no_removal() -> None:
    operations = (Operation("GET", "/a"),)
    assert changes({"operations": operations}, {"operations": UNKNOWN}) == [
        FieldChange(field="operations", old=["GET /a"], new=UNKNOWN)
    ]
    assert changes({"operations": UNKNOWN}, {"operations": ()}) == [
        FieldChange(field="operations", old=UNKNOWN, new=[])
    ]
    assert changes({"operations": UNKNOWN}, {"operations": UNKNOWN}) == []


def test_a_kept_detail_is_no_change() -> None:
    old = {"operations": (Operation("GET", "/a"),), "backends": (), "specs": ()}
    assert changes(old, {}, keeps_detail=True) == []
    assert {change.field for change in changes(old, {})} == {"operations", "backends", "specs"}


def test_every_keyed_field_is_named_by_its_key() -> None:
    old = {
        "backends": (Backend("b", "lambda"),),
        "endpoints": (Endpoint("https://a.example"),),
        "owners": (Owner("Tax"),),
        "specs": (Spec("openapi", "3.0.1"), Spec("graphql")),
        "labels": {"team": "tax", "tier": "1"},
        "protections": Protections(waf="enabled"),
    }
    new = {
        "backends": (Backend("b", "http"),),
        "endpoints": (Endpoint("https://a.example", enabled=False),),
        "owners": (Owner("Tax", contact="tax@example.org"),),
        "specs": (Spec("openapi", "3.0.1", size_bytes=1), Spec("graphql", size_bytes=2)),
        "labels": {"team": "pay", "cost": "9"},
        "protections": Protections(waf="disabled"),
    }
    assert {change.field for change in changes(old, new)} == {
        "backends[b].kind",
        "endpoints[https://a.example].enabled",
        "owners[owner Tax].contact",
        "specs[openapi 3.0.1].size_bytes",
        "specs[graphql].size_bytes",
        "labels",
        "labels[team]",
        "protections.waf",
    }


def test_a_great_many_changes_are_counted() -> None:
    many = [Operation("GET", f"/{index}") for index in range(LONGEST + 7)]
    opened = [msgspec.structs.replace(each, security=ANONYMOUS) for each in many]
    *named, rest = changes({"operations": tuple(many)}, {"operations": tuple(opened)})
    assert (len(named), rest) == (LONGEST, FieldChange(field="operations.more", new=7))
    [gone] = changes({"operations": tuple(many)}, {"operations": ()})
    assert (len(gone.old), gone.old[-1]) == (LONGEST + 1, "and 7 more")
