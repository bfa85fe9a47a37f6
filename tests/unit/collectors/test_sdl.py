"""GraphQL schemas: what callers can ask for, what may be kept, and what is too much."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apiscape.collectors.contract import Malformed
from apiscape.collectors.sdl import (
    LARGEST_SDL_BYTES,
    MOST_LINES,
    MOST_TOKENS,
    Directive,
    RootField,
    parse_sdl,
)

WHOLE = b'''
# CANARY in a comment
"""What it is for"""
schema @link(url: "CANARY") { query: Q mutation: M }
directive @key(fields: String = "CANARY") on OBJECT | FIELD_DEFINITION
type Q @aws_iam {
  z(b: Int = 3, a: [String!] = ["CANARY"]): Int! @aws_auth(cognito_groups: ["Admins", "Leads"])
  a: Thing @deprecated(reason: "old")
}
extend type Q @aws_oidc { b: Int }
type M { make(input: In!): Thing @aws_api_key }
input In { k: String = "CANARY" @foo(v: "CANARY") }
type Thing implements B & A { id: ID! }
interface A { id: ID! }
interface B { id: ID! }
enum E { Z A }
union U = Thing | Q
scalar D @specifiedBy(url: "https://u:CANARY@x.example/y?k=CANARY")
'''


def named(fields: tuple[RootField, ...]) -> list[str]:
    return [f"{field.verb} {field.name}" for field in fields]


def test_fields_of_the_root_types_are_what_callers_can_ask_for() -> None:
    fields = parse_sdl(WHOLE).root_fields()
    assert named(fields) == ["MUTATION make", "QUERY a", "QUERY b", "QUERY z"]
    make, a, b, z = fields
    assert make.own == (Directive("aws_api_key"),)
    assert a.deprecated
    assert not b.deprecated
    assert z.own == (Directive("aws_auth", (("cognito_groups", ("Admins", "Leads")),)),)
    assert z.own[0].texts("cognito_groups") == ("Admins", "Leads")
    assert z.own[0].texts("other") == ()
    assert [one.name for one in b.inherited] == ["aws_iam", "aws_oidc"]


def test_root_types_have_their_usual_names_where_a_schema_says_none() -> None:
    sdl = b"type Query { q: Int } type Mutation { m: Int } type Subscription { s: Int } type Q { x: Int }"
    assert named(parse_sdl(sdl).root_fields()) == ["MUTATION m", "QUERY q", "SUBSCRIPTION s"]


def test_an_extension_of_the_schema_names_root_types_too() -> None:
    roots = b"schema { query: A } extend schema { mutation: B }"
    sdl = roots + b"type A { a: Int } type B { b: Int } type Mutation { c: Int }"
    assert named(parse_sdl(sdl).root_fields()) == ["MUTATION b", "QUERY a"]
    assert named(parse_sdl(b"extend schema @x  extend type Query { a: Int }").root_fields()) == [
        "QUERY a"
    ]


def test_what_somebody_typed_in_as_a_value_is_not_kept() -> None:
    kept = parse_sdl(WHOLE).contract()
    assert b"CANARY" not in kept.content
    assert b"aws_iam" not in kept.content
    assert b'"""What it is for"""' in kept.content
    assert b'a: Thing @deprecated(reason: "old")' in kept.content
    assert b'@specifiedBy(url: "https://x.example/y")' in kept.content
    assert b"z(a: [String!], b: Int): Int!" in kept.content
    assert (kept.format, kept.format_version) == ("graphql", None)


def test_equal_schemas_give_equal_bytes_in_whatever_order() -> None:
    one = parse_sdl(b"type Query { a(x: Int = 1, y: Int): Int b: Int } enum E { A B }").contract()
    two = parse_sdl(
        b"# x\nenum E { B A }\ntype Query { b: Int, a(y: Int, x: Int): Int }"
    ).contract()
    assert one == two
    other = parse_sdl(b"type Query { a(x: Int!, y: Int): Int b: Int } enum E { A B }").contract()
    assert other.sha256 != one.sha256


def test_what_is_kept_is_a_schema_that_is_kept_as_it_is() -> None:
    kept = parse_sdl(WHOLE).contract()
    assert parse_sdl(kept.content).contract() == kept


@pytest.mark.parametrize(
    "source",
    [
        b"",
        b"{",
        b"type Query { a: Int",
        b"\xff\xfe",
        b'"""',
        b"[" * 100_000,
        b"type Query { a: " + b"[" * 100_000,
        b"type Query { a(x: Int = " + b"{a:" * 100_000,
        b"#" * (LARGEST_SDL_BYTES + 1),
        b"#\n" * (MOST_LINES + 1),
        b"#\r" * (MOST_LINES + 1),
        b"type Query {" + b"a:A " * (MOST_TOKENS // 3 + 1) + b"}",
    ],
    ids=lambda source: f"{source[:12]!r}x{len(source)}",
)
def test_what_is_no_schema_or_too_much_of_one_is_malformed(source: bytes) -> None:
    with pytest.raises(Malformed):
        parse_sdl(source)


def test_a_schema_that_can_be_read_but_not_walked_is_malformed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    schema = parse_sdl(b"type Query { a: Int }")

    def deep(*_: object) -> None:
        raise RecursionError

    monkeypatch.setattr("graphql.language.visit", deep)
    with pytest.raises(Malformed, match="nested too deeply"):
        schema.contract()


@given(st.text(alphabet='{}[]()!:@#"&|= \naQ', max_size=60))
def test_whatever_is_sent_is_a_schema_or_malformed(source: str) -> None:
    try:
        schema = parse_sdl(source.encode())
    except Malformed:
        return
    assert isinstance(schema.root_fields(), tuple)
    assert isinstance(schema.contract().content, bytes)
