from __future__ import annotations

import pytest

from apiscape.model.row import Deep, Row
from apiscape.query.fields import FIELDS, Kind, describe_fields, names_of, nearest, resolve
from apiscape.query.syntax import DIRECTIVES


def test_every_attribute_of_a_row_is_a_field_and_every_field_an_attribute() -> None:
    shallow = {field.attribute for field in FIELDS.values() if not field.deep}
    deep = {field.attribute for field in FIELDS.values() if field.deep}
    assert shallow == set(Row.__struct_fields__)
    assert deep == set(Deep.__struct_fields__)


def test_no_two_fields_share_a_name_and_none_is_a_directive() -> None:
    names = [
        name for field in FIELDS.values() for name in {field.name, field.attribute, *field.aliases}
    ]
    assert len(names) == len(set(names))
    assert not set(names) & set(DIRECTIVES)


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("name", "name"),
        ("env", "environment"),
        ("ENV", "environment"),
        ("id", "native_id"),
        ("url", "endpoint"),
        ("host", "endpoint"),
        ("ops", "operations"),
        ("anonymous", "unauthenticated"),
        ("seen", "observed"),
        ("label", "tag"),
        ("owners", "owner"),
        ("p95_ms", "p95"),
        ("missing_since", "missing"),
    ],
)
def test_names_aliases_and_attributes_resolve_in_any_case(typed: str, name: str) -> None:
    assert resolve(typed) is FIELDS[name]


def test_other_names_do_not_resolve() -> None:
    assert resolve("team") is None
    assert resolve("") is None


def test_the_nearest_names_are_found() -> None:
    assert nearest("Ownr") == ["owner"]
    assert nearest("enviroment") == ["environment"]
    assert "sort" in nearest("sotr")
    assert nearest("zzzzzz") == []


@pytest.mark.parametrize(
    ("kind", "names"),
    [
        (Kind.TIME, "observed, first_seen, changed, missing"),
        (
            Kind.NUMBER,
            "operations, unauthenticated, consumers, requests, 4xx, 5xx, p95",
        ),
    ],
)
def test_fields_of_a_kind_are_named_in_order(kind: Kind, names: str) -> None:
    assert names_of(kind) == names


def test_only_open_vocabularies_with_the_word_hold_unknown_as_unknown() -> None:
    holding = {field.name for field in FIELDS.values() if field.unknown_word}
    assert holding == {
        "style",
        "environment",
        "status",
        "auth",
        "exposure",
        "bypass",
        "dangling",
        "audience",
        "lifecycle",
        "rate_limit",
        "health",
    }
    assert {field.name for field in FIELDS.values() if field.none_word} == {"auth", "basis"}


def test_the_reference_has_a_line_for_every_field() -> None:
    head, rule, *lines = describe_fields().splitlines()
    assert head == "| field | also | holds | means | words |"
    assert rule == "|---|---|---|---|---|"
    assert [line.split("`")[1] for line in lines] == list(FIELDS)
    table = dict(zip(FIELDS, lines, strict=True))
    assert table["endpoint"].startswith("| `endpoint` | `url`, `host` | texts |")
    assert table["p95"].endswith("milliseconds |  |")
    assert "(asked of the store)" in table["tag"]
    assert "`healthy`, `degraded`" in table["health"]
