from __future__ import annotations

from datetime import UTC, datetime

import pytest

from apiscape.query import parse
from apiscape.query.syntax import (
    Age,
    AnyOf,
    Comparison,
    Glob,
    Literal,
    Nothing,
    Operator,
    Regex,
    Sort,
    Term,
    View,
    Word,
)

TAX = Literal("tax")
NOON = datetime(2026, 9, 30, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("tax", ["tax"]),
        ("Tax  vat\tpay\n", ["tax", "vat", "pay"]),
        ('"Team Tax"', ["team tax"]),
        (r'"say \"hi\" \\ \x"', ['say "hi" \\ x']),
        ("STRASSE Straße", ["strasse", "strasse"]),
        ("a*b 100% it's", ["a*b", "100%", "it's"]),
        ('5"disk', ['5"disk']),
        ("https://x.example/v1 grpc://y", ["https://x.example/v1", "grpc://y"]),
        ("10.0.0.1:8080 tax-api:v1 ::1", ["10.0.0.1:8080", "tax-api:v1", "::1"]),
        ("- tax", ["-", "tax"]),
        ("tax /v1/users", ["tax", "/v1/users"]),
        ("none unknown", ["none", "unknown"]),
    ],
)
def test_words_and_phrases_are_casefolded(text: str, words: list[str]) -> None:
    assert parse(text).terms == tuple(map(Word, words))


@pytest.mark.parametrize(
    ("text", "term"),
    [
        ("-tax", Word("tax", negated=True)),
        ('-"team tax"', Word("team tax", negated=True)),
        ("--x", Word("-x", negated=True)),
        ("--", Word("-", negated=True)),
        ("-/x/", Regex("x", negated=True)),
        ("-name:/x/", Regex("x", "name", negated=True)),
        ("-owner:tax", AnyOf("owner", (TAX,), negated=True)),
        ("-5xx>1", Comparison("5xx", Operator.OVER, 1.0, negated=True)),
    ],
)
def test_a_dash_negates_every_kind_of_term(text: str, term: Term) -> None:
    assert parse(text).terms == (term,)


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        ("/tax", (Word("tax"),)),
        ("  /tax", (Word("tax"),)),
        ("/ tax", (Word("tax"),)),
        ("//tax", (Word("/tax"),)),
        ("/health:failing", (AnyOf("health", (Literal("failing"),)),)),
        ("/-tax", (Word("tax", negated=True),)),
        ('/"team tax"', (Word("team tax"),)),
        ("/v1/users", (Word("v1/users"),)),
        ("/v1/", (Regex("v1"),)),
        ("/tax /v1", (Word("tax"), Word("/v1"))),
    ],
)
def test_the_prompt_is_dropped_unless_it_opens_a_pattern(
    text: str, terms: tuple[Term, ...]
) -> None:
    assert parse(text).terms == terms


@pytest.mark.parametrize(
    ("text", "pattern", "field"),
    [
        ("/^tax.*v[0-9]$/", "^tax.*v[0-9]$", None),
        ("/Tax/", "Tax", None),
        (r"/a\ b/", r"a\ b", None),
        (r"/a\/b/", r"a\/b", None),
        ("/a/b/", "a/b", None),
        ("///", "/", None),
        ("path:/^.v1/", "^.v1", "path"),
        ("url:/a{1,3}/", "a{1,3}", "endpoint"),
        (r"name:/a,\/b/", r"a,\/b", "name"),
    ],
)
def test_patterns_stand_between_slashes_as_typed(
    text: str, pattern: str, field: str | None
) -> None:
    assert parse(text).terms == (Regex(pattern, field),)


@pytest.mark.parametrize(
    ("text", "field", "values"),
    [
        ("provider:aws", "provider", [Literal("aws")]),
        ("PROVIDER:AWS,gcp", "provider", [Literal("aws"), Literal("gcp")]),
        ("env:Production", "environment", [Literal("production")]),
        ('owner:"Team Tax"', "owner", [Literal("team tax")]),
        (r'owner:"a\"b","c,d"', "owner", [Literal('a"b'), Literal("c,d")]),
        ('owner:Team" "Tax', "owner", [Literal("team tax")]),
        ("owner:none,tax", "owner", [Nothing.NONE, TAX]),
        ("owner:None,UNKNOWN", "owner", [Nothing.NONE, Nothing.UNKNOWN]),
        ('owner:"none","unknown"', "owner", [Literal("none"), Literal("unknown")]),
        ("region:eu-*", "region", [Glob(("eu-", ""))]),
        ("region:*", "region", [Glob(("", ""))]),
        ("region:e**1", "region", [Glob(("e", "1"))]),
        ("region:*a*b*", "region", [Glob(("", "a", "b", ""))]),
        ('region:"*"', "region", [Literal("*")]),
        ('owner:"Team "*', "owner", [Glob(("team ", ""))]),
        ("name:tax", "name", [TAX]),
        ("name:tax*", "name", [TAX]),
        ("name:*tax*", "name", [TAX]),
        ("name:a*b", "name", [Glob(("", "a", "b", ""))]),
        ("name:*", "name", [Glob(("", ""))]),
        ("path:/v1/*", "path", [Literal("/v1/")]),
        ("path:/v1,/v2", "path", [Literal("/v1"), Literal("/v2")]),
        ("url:https://x", "endpoint", [Literal("https://x")]),
        ('path:"/v1/"', "path", [Literal("/v1/")]),
        ("name:>5", "name", [Literal(">5")]),
        ("5xx:0", "5xx", [0.0]),
        ("ops:1,2,none", "operations", [1.0, 2.0, Nothing.NONE]),
        ("missing:none", "missing", [Nothing.NONE]),
        ("changed:unknown,none", "changed", [Nothing.UNKNOWN, Nothing.NONE]),
        ("tag:Team", "tag", [Glob(("team=", ""))]),
        ("tag:te*", "tag", [Glob(("te", "=", ""))]),
        ("tag:team=Tax", "tag", [Literal("team=tax")]),
        ("tag:team=", "tag", [Literal("team=")]),
        ("tag:team=t*", "tag", [Glob(("team=t", ""))]),
        ("tag:*=tax", "tag", [Glob(("", "=tax"))]),
        ("tag:none", "tag", [Nothing.NONE]),
    ],
)
def test_values_are_normalised(text: str, field: str, values: list[object]) -> None:
    (term,) = parse(text).terms
    assert isinstance(term, AnyOf)
    assert (term.field, list(term.values), term.negated) == (field, values, False)


@pytest.mark.parametrize(
    ("text", "term"),
    [
        ("5xx>1", Comparison("5xx", Operator.OVER, 1.0)),
        ("5xx>=1.5", Comparison("5xx", Operator.AT_LEAST, 1.5)),
        ("ops<10", Comparison("operations", Operator.UNDER, 10.0)),
        ("p95<=0", Comparison("p95", Operator.AT_MOST, 0.0)),
        ("changed>2d", Comparison("changed", Operator.OVER, Age(2, "d"))),
        ("seen<2h", Comparison("observed", Operator.UNDER, Age(2, "h"))),
        ("changed>=2026-09-30T12:00Z", Comparison("changed", Operator.AT_LEAST, NOON)),
        ("first_seen<2026-09-30T14:00+02:00", Comparison("first_seen", Operator.UNDER, NOON)),
        ('changed>"2d"', Comparison("changed", Operator.OVER, Age(2, "d"))),
    ],
)
def test_numbers_and_times_compare(text: str, term: Term) -> None:
    assert parse(text).terms == (term,)


def test_directives_say_how_to_show_and_stand_anywhere() -> None:
    text = "at:2026-09-30T12:00Z sort:p95:desc,name:ASC,env tax cols:name,GATEWAY,p95 undecided:yes"
    assert parse(text) == View(
        (Word("tax"),),
        NOON,
        (Sort("p95", descending=True), Sort("name"), Sort("environment")),
        ("name", "gateway", "p95"),
        undecided=True,
    )


def test_undecided_no_is_the_default() -> None:
    assert parse("Undecided:NO") == View()


def test_the_limits_may_be_reached() -> None:
    assert len(parse("x " * 64).terms) == 64
    assert len(parse("x" * 4_000).terms) == 1
    assert len(parse(f"/{'x' * 500}/").terms) == 1
    (term,) = parse(f"owner:{','.join('x' * 64)}").terms
    assert isinstance(term, AnyOf)
    assert len(term.values) == 64
