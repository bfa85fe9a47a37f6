from __future__ import annotations

from datetime import timedelta

import msgspec
import pytest
from hypothesis import given

from apiscape.model.row import Deep, Row
from apiscape.model.values import UNKNOWN
from apiscape.query import matcher, needs_store, parse, resolve_times, select_rows
from apiscape.query.syntax import Term, View
from apiscape.query.verdict import Verdict
from tests.strategies import NOW, deeps, inventories, rows, terms, views
from tests.unit.query.examples import PLAIN, row


def verdict(text: str, on: Row, deep: Deep | None = None) -> Verdict:
    return matcher(parse(text), now=NOW)(on, deep)


def verdict_of(term: Term, on: Row, deep: Deep) -> Verdict:
    return matcher(View((term,)), now=NOW)(on, deep)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", True),
        ("tax", True),
        ("TAX returns", True),
        ('"tax returns"', True),
        ('"returns tax"', False),
        ("tax vat", False),
        ("-vat", True),
        ("-tax", False),
        ("1111", True),
        ("apigateway", True),
        ('"returns\u2028"', False),
        ("ta", True),
        ("aw", False),
        ("-aw", True),
        ("-ta", False),
        ("/^tax/", True),
        ("/^returns/", False),
        ("/live$/", True),
        ("/^AWS.apigateway.rest$/", True),
        ("-/^tax/", False),
        ("-/vat/", True),
    ],
)
def test_words_and_patterns_are_always_decided(text: str, *, expected: bool) -> None:
    assert verdict(text, PLAIN) is expected


@pytest.mark.parametrize(
    ("text", "gateway", "expected"),
    [
        ("gateway:edge", "Edge-1", True),
        ("gateway:dge", "Edge-1", True),
        ("gateway:core", "Edge-1", False),
        ("gateway:core,edge", "Edge-1", True),
        ("-gateway:core,edge", "Edge-1", False),
        ("gateway:e*1", "Edge-1", True),
        ("gateway:1*e", "Edge-1", False),
        ("gateway:*", "Edge-1", True),
        ("gateway:none", "Edge-1", False),
        ("gateway:unknown", "Edge-1", False),
        ("gateway:/^edge-[0-9]$/", "Edge-1", True),
        ("gateway:core", None, False),
        ("-gateway:core", None, True),
        ("gateway:*", None, False),
        ("gateway:/x/", None, False),
        ("-gateway:/x/", None, True),
        ("gateway:none", None, True),
        ("-gateway:none", None, False),
        ("gateway:none,core", None, True),
        ("gateway:unknown", None, False),
        ("gateway:core", UNKNOWN, None),
        ("-gateway:core", UNKNOWN, None),
        ("gateway:*", UNKNOWN, None),
        ("gateway:/x/", UNKNOWN, None),
        ("-gateway:/x/", UNKNOWN, None),
        ("gateway:none", UNKNOWN, False),
        ("-gateway:none", UNKNOWN, True),
        ("gateway:unknown", UNKNOWN, True),
        ("-gateway:unknown", UNKNOWN, False),
        ("gateway:none,core", UNKNOWN, None),
        ("gateway:unknown,core", UNKNOWN, True),
        ("gateway:none,unknown", UNKNOWN, True),
        ("gateway:none", "None of these", False),
        ('gateway:"none"', "None of these", True),
        ("gateway:*100%*", "50% of 100%", True),
        ("gateway:unknown", "unknown", False),
        ('gateway:"unknown"', "unknown", True),
    ],
)
def test_text_is_looked_for_in_the_value(text: str, gateway: str | None, expected: Verdict) -> None:
    assert verdict(text, row(gateway=gateway)) is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("product:aws.apigateway.rest", True),
        ("product:AWS.ApiGateway.REST", True),
        ("product:aws.apigateway", False),
        ("product:aws.*", True),
        ("product:*.http,*.rest", True),
        ("product:a?s.apigateway.rest", False),
        ("region:none", True),
        ("region:eu-west-1", False),
        ("-region:eu-west-1", True),
    ],
)
def test_a_term_is_the_whole_value(text: str, *, expected: bool) -> None:
    assert verdict(text, PLAIN) is expected


@pytest.mark.parametrize(
    ("text", "owners", "expected"),
    [
        ("owner:tax", ("Tax", "VAT"), True),
        ("owner:vat", ("Tax", "VAT"), True),
        ("owner:pay", ("Tax", "VAT"), False),
        ("owner:va*", ("Tax", "VAT"), True),
        ("-owner:vat", ("Tax", "VAT"), False),
        ("-owner:pay", ("Tax", "VAT"), True),
        ("owner:tax", (), False),
        ("-owner:tax", (), True),
        ("owner:none", (), True),
        ("owner:*", (), False),
        ("owner:tax", UNKNOWN, None),
        ("-owner:tax", UNKNOWN, None),
        ("owner:none,tax", UNKNOWN, None),
        ("owner:none", UNKNOWN, False),
        ("owner:unknown", UNKNOWN, True),
        ("owner:unknown", ("unknown",), False),
    ],
)
def test_any_element_of_many_will_do(text: str, owners: tuple[str, ...], expected: Verdict) -> None:
    assert verdict(text, row(owners=owners)) is expected


@pytest.mark.parametrize(
    ("text", "health", "expected"),
    [
        ("health:failing", "failing", True),
        ("health:failing", "healthy", False),
        ("health:failing", "unknown", None),
        ("-health:failing", "unknown", None),
        ("-health:failing", "Unknown", None),
        ("health:unknown", "unknown", True),
        ("health:unknown,failing", "unknown", True),
        ("-health:unknown", "healthy", True),
        ('health:"unknown"', "unknown", None),
        ("health:*", "unknown", None),
        ("health:none", "unknown", False),
        ("health:of-a-newer-version", "of-a-newer-version", True),
    ],
)
def test_the_word_unknown_of_a_vocabulary_is_the_unknown_value(
    text: str, health: str, expected: Verdict
) -> None:
    assert verdict(text, row(health=health)) is expected


@pytest.mark.parametrize(
    ("text", "auth", "expected"),
    [
        ("auth:none", "none", True),
        ('auth:"none"', "none", True),
        ("-auth:none", "none", False),
        ("auth:none", "required", False),
        ("auth:none,required", "required", True),
        ("auth:none", "unknown", False),
        ("auth:none,required", "unknown", None),
        ("auth:required", "none", False),
    ],
)
def test_where_none_is_a_word_it_finds_the_word(text: str, auth: str, expected: Verdict) -> None:
    assert verdict(text, row(auth=auth)) is expected


@pytest.mark.parametrize(
    ("text", "share", "expected"),
    [
        ("5xx>1", 1.5, True),
        ("5xx>1", 1.0, False),
        ("5xx>=1", 1.0, True),
        ("5xx<1", 0.0, True),
        ("5xx<=1", 1.5, False),
        ("-5xx>1", 0.5, True),
        ("5xx:0", 0.0, True),
        ("5xx:0,1", 1.0, True),
        ("-5xx:0", 0.0, False),
        ("5xx>1", UNKNOWN, None),
        ("-5xx>1", UNKNOWN, None),
        ("5xx:0", UNKNOWN, None),
        ("5xx:unknown", UNKNOWN, True),
        ("5xx:unknown", 0.0, False),
        ("5xx:none", 0.0, False),
        ("5xx>1", None, False),
        ("-5xx>1", None, True),
        ("5xx:none", None, True),
    ],
)
def test_zero_absent_and_unmeasured_differ(text: str, share: float, expected: Verdict) -> None:
    assert verdict(text, row(errors_5xx=share)) is expected


@pytest.mark.parametrize(
    ("text", "age_s", "expected"),
    [
        ("changed>2d", 2 * 86_400 + 1, True),
        ("changed>2d", 2 * 86_400, False),
        ("changed>=2d", 2 * 86_400, True),
        ("changed<2h", 7_199, True),
        ("changed<2h", 7_200, False),
        ("changed<=2h", 7_200, True),
        ("changed<2h", -60, True),
        ("-changed<2h", 7_200, True),
        ("changed>2026-09-30T12:00Z", 0, True),
        ("changed<2026-09-30", 86_400, True),
        ("changed<2026-09-30", 3_600, False),
        ("changed:none", 0, False),
        ("changed>2d", None, False),
        ("-changed>2d", None, True),
        ("changed:none", None, True),
        ("changed:unknown", None, False),
    ],
)
def test_times_compare_by_age_or_by_date(text: str, age_s: int | None, *, expected: bool) -> None:
    changed_at = None if age_s is None else NOW - timedelta(seconds=age_s)
    assert verdict(text, row(changed_at=changed_at)) is expected


DEEP = Deep(paths=("/v1/users", "/v1/pay/{id}"), backends=(), labels=("Team=Tax", "cost="))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("path:users", True),
        ("path:/v1/*/{id}", True),
        ("path:/^.v1.users$/", True),
        ("path:/v2", False),
        ("backend:none", True),
        ("backend:lambda", False),
        ("tag:team", True),
        ("tag:te*", True),
        ("tag:tea", False),
        ("tag:team=tax", True),
        ("tag:team=t*", True),
        ("tag:team=vat", False),
        ("tag:cost", True),
        ("tag:cost=", True),
        ("-tag:owner", True),
    ],
)
def test_deep_fields_are_asked_of_the_store(text: str, *, expected: bool) -> None:
    assert verdict(text, PLAIN, DEEP) is expected
    assert verdict(text, PLAIN) is (False if text == "backend:none" else None)


@pytest.mark.parametrize(
    ("text", "needed"),
    [
        ("tax health:failing 5xx>1 sort:name", False),
        ("/path/", False),
        ("path:/v1", True),
        ("-backend:x", True),
        ("tag:team", True),
        ("tax at:2026-09-30", True),
        ("presence:superseded", True),
        ("tax -presence:missing", True),
    ],
)
def test_what_no_snapshot_holds_needs_the_store(text: str, *, needed: bool) -> None:
    assert needs_store(parse(text)) is needed


@given(terms(), rows(), deeps())
def test_negation_turns_what_is_decided_and_leaves_what_is_not(
    term: Term, on: Row, deep: Deep
) -> None:
    turned = msgspec.structs.replace(term, negated=not term.negated)
    said, counter = verdict_of(term, on, deep), verdict_of(turned, on, deep)
    assert (said is None) == (counter is None)
    assert said is None or said is not counter


@given(views(), rows(), deeps())
def test_all_terms_must_hold_in_any_order(view: View, on: Row, deep: Deep) -> None:
    said = matcher(view, now=NOW)(on, deep)
    each = [verdict_of(term, on, deep) for term in view.terms]
    assert said is (False if False in each else None if None in each else True)
    turned = msgspec.structs.replace(view, terms=view.terms[::-1])
    assert matcher(turned, now=NOW)(on, deep) is said


@given(views(), rows(), deeps())
def test_resolved_times_mean_the_same(view: View, on: Row, deep: Deep) -> None:
    later = NOW + timedelta(days=9)
    resolved = resolve_times(view, NOW)
    assert matcher(resolved, now=later)(on, deep) is matcher(view, now=NOW)(on, deep)


def test_a_selection_counts_the_undecided_and_ends_with_uid() -> None:
    inventory = [
        row(uid="c", health="failing"),
        row(uid="b", health="unknown"),
        row(uid="a", health="failing"),
        row(uid="d", health="healthy"),
    ]
    found = select_rows(parse("health:failing"), inventory, NOW)
    assert ([r.uid for r in found.rows], found.undecided) == (["a", "c"], 1)
    found = select_rows(parse("health:failing undecided:yes"), inventory, NOW)
    assert ([r.uid for r in found.rows], found.undecided) == (["b"], 1)


def test_a_selection_takes_what_the_store_knows_by_uid() -> None:
    inventory = [row(uid="a"), row(uid="b")]
    found = select_rows(parse("tag:team"), inventory, NOW, deep={"a": DEEP})
    assert ([r.uid for r in found.rows], found.undecided) == (["a"], 1)


@pytest.mark.no_cover
@given(views(), inventories())
def test_matching_undecided_and_ruled_out_add_up(
    view: View, inventory: list[tuple[Row, Deep]]
) -> None:
    plain = [on for on, _deep in inventory]
    deep = {on.uid: known for on, known in inventory}
    listed = msgspec.structs.replace(view, undecided=False)
    doubtful = msgspec.structs.replace(view, undecided=True)
    match = matcher(view, now=NOW)
    ruled_out = sum(match(on, known) is False for on, known in inventory)
    matching, unsure = (select_rows(v, plain, NOW, deep) for v in (listed, doubtful))
    assert matching.undecided == unsure.undecided == len(unsure.rows)
    assert len(matching.rows) + len(unsure.rows) + ruled_out == len(inventory)
