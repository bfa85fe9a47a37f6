"""The tabs of a deployment's own screen, and its history."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from apiscape.client.inventory import Link
from apiscape.model.deployment import Backend, Endpoint, Operation
from apiscape.model.limits import RateLimit
from apiscape.model.run import Gap
from apiscape.model.surroundings import Access, Api, Consumer, FrontDoor, FrontDoorRoute
from apiscape.model.values import UNKNOWN
from apiscape.tui.pages import tabs
from apiscape.tui.pages.changes import change_lines, change_page, fields_in_short
from tests.tui.rows import NOW
from tests.tui.saying import (
    KEY,
    WIDTH,
    a_change,
    a_deployment,
    a_detail,
    a_row,
    an_operation,
    flat,
    said,
    tone_of,
)
from tests.tui.scopes import DENIED


@pytest.mark.parametrize(
    ("labels", "words"),
    [
        (UNKNOWN, "tags ? nobody could look"),
        ({}, "tags 0 – none"),
        ({"team": "tax", "cost": "47"}, "tags 2 cost 47 team tax"),
    ],
)
def test_no_tags_are_not_unknown_tags(labels: Any, words: str) -> None:
    text = flat(tabs.overview(a_detail(item=a_deployment(labels=labels)), NOW, WIDTH))
    assert f"{words} provenance" in text


def test_the_overview_says_what_the_gateway_says_of_a_failure() -> None:
    failed = a_deployment(status="failed", status_reason="the stage has no deployment")
    assert "the stage has no deployment" in flat(tabs.overview(a_detail(item=failed), NOW, WIDTH))
    assert "status says" not in flat(tabs.overview(a_detail(), NOW, WIDTH))


def test_the_overview_has_what_is_known_with_its_signs() -> None:
    item = a_deployment(gateway="API Gateway", version=None)
    lines = tabs.overview(a_detail(item=item), NOW, WIDTH)
    found = dict(line.text.split(None, 1) for line in lines if len(line.text.split(None, 1)) == 2)
    assert found["gateway"] == "API Gateway"
    assert found["version"].strip() == "–"
    assert found["description"].strip() == "?"
    assert found["scope"] == KEY
    assert "not seen" not in said(lines)


def test_the_overview_has_the_gaps() -> None:
    gap = Gap(native_id="x", detail="authorizers", error=DENIED)
    words = flat(tabs.overview(a_detail(gaps=(gap,)), NOW, WIDTH))
    assert "◌ authorizers: needs apigateway:GET on /apis" in words
    assert "apiscape permissions prod" in words


@pytest.mark.parametrize(
    ("operations", "words"),
    [
        (UNKNOWN, "? Nobody could look at the operations."),
        ((), "– It has no operations."),
    ],
)
def test_no_operations_are_not_unknown_operations(operations: Any, words: str) -> None:
    item = a_deployment(operations=operations)
    assert said(tabs.operations(a_detail(item=item), NOW, WIDTH)) == words


@pytest.mark.parametrize(
    ("operation", "exposure", "cells", "tone"),
    [
        (an_operation("none"), "internet", "GET /none ✗ none – ? ?", "bad"),
        (an_operation("none"), "private", "GET /none ✗ none – ? ?", "warn"),
        (an_operation("none", preflight=True), "internet", "GET /none preflight – ? ?", "muted"),
        (an_operation("unknown"), "internet", "GET /unknown ? unknown – ? ?", "text"),
        (an_operation("required", "jwt", "mtls"), "internet", "GET /required required jwt, mtls ? ?", "text"),
        (an_operation("optional", "jwt"), "internet", "GET /optional optional jwt ? ?", "text"),
    ],
)  # fmt: skip
def test_each_operation_says_what_it_asks(
    operation: Operation, exposure: str, cells: str, tone: str
) -> None:
    detail = a_detail(a_row(exposure=exposure), a_deployment(operations=(operation,)))
    lines = tabs.operations(detail, NOW, WIDTH)
    assert lines[0].text.split() == list(tabs.HEADS)
    assert " ".join(lines[1].text.split()) == cells
    assert lines[1].pieces[2].tone == tone


@pytest.mark.parametrize(
    ("limits", "words"),
    [
        (UNKNOWN, "?"),
        ((), "–"),
        ((RateLimit(requests=10.0, per_s=1.0), RateLimit(requests=5_000.0, per_s=86_400.0)), "10/s, 5,000/day"),
    ],
)  # fmt: skip
def test_no_limit_is_not_an_unknown_limit(limits: Any, words: str) -> None:
    item = a_deployment(operations=(Operation("GET", "/a", rate_limits=limits),))
    told = tabs.operations(a_detail(item=item), NOW, 120)[1]
    assert told.pieces[tabs.HEADS.index("limit")].text.strip() == words


def test_the_exposure_names_the_policy_of_a_limit_once() -> None:
    limit = RateLimit(requests=1.0, per_s=10.0, evidence="rate", native_id="Policy shop/slow")
    item = a_deployment(operations=(Operation("GET", "/a", rate_limits=(limit,)),) * 2)
    words = said(tabs.exposure(a_detail(item=item), NOW, WIDTH))
    assert words.count("1 per 10 s") == 1
    assert "Policy shop/slow: rate · 2 operations" in words


def test_an_operation_without_a_backend_is_not_one_with_an_unknown_backend() -> None:
    made = [
        Operation(verb="GET", template="/a", backend=backend)
        for backend in ("ledger", None, UNKNOWN)
    ]
    lines = tabs.operations(a_detail(item=a_deployment(operations=tuple(made))), NOW, WIDTH)
    assert [line.text.split()[-1] for line in lines[1:]] == ["ledger", "–", "?"]


@pytest.mark.parametrize("width", [20, 40, 60])
def test_operations_keep_to_a_narrow_width(width: int) -> None:
    item = a_deployment(operations=(an_operation("required", "jwt"),) * 3)
    lines = tabs.operations(a_detail(item=item), NOW, width)
    assert len(lines) == 4
    assert all(line.text.startswith(("verb", "GET")) for line in lines)


def a_door(until: Any) -> FrontDoor:
    return FrontDoor(
        uid="d", native_id="d", native_kind="domain", provider="aws", account="1", name="api",
        endpoint=Endpoint(url="https://api.tax.example"), certificate_not_after=until,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("until", "words"),
    [
        (datetime(2026, 12, 1, tzinfo=UTC), "certificate until 2026-12-01 00:00"),
        (UNKNOWN, "certificate until ?"),
        (None, "no certificate of its own"),
    ],
)
def test_a_front_door_says_how_long_its_certificate_lasts(until: Any, words: str) -> None:
    lines = tabs.exposure(a_detail(front_doors=(a_door(until),)), NOW, WIDTH)
    assert f"https://api.tax.example {words} · ? firewall · ? client certificates" in flat(lines)
    assert "none that is known" not in said(lines)


def test_a_front_door_says_what_it_has_of_its_own_and_a_mere_name_that_it_is_one() -> None:
    asking = Endpoint(url="https://api.tax.example", mtls="enabled", enabled=False)
    guard = msgspec.structs.replace(a_door(None), endpoint=asking, waf="enabled")
    off = msgspec.structs.replace(
        guard, waf="disabled", endpoint=Endpoint(url="https://b.example", mtls="disabled")
    )
    name = msgspec.structs.replace(guard, is_name=True)
    words = flat(tabs.exposure(a_detail(front_doors=(guard, off, name)), NOW, WIDTH))
    assert (
        "api.tax.example no certificate of its own · firewall · client certificates · switched off"
        in words
    )
    assert (
        "https://b.example no certificate of its own https://api.tax.example a name in DNS" in words
    )


def test_a_front_door_says_what_an_address_takes_beside_itself() -> None:
    item = a_deployment()
    asks = FrontDoorRoute(
        "/beta", native_api_id=item.native_api_id, condition="header x has a certain value"
    )
    plain = FrontDoorRoute("/pay", native_api_id=item.native_api_id)
    door = msgspec.structs.replace(a_door(UNKNOWN), account=item.account, routes=(asks, plain))
    words = flat(tabs.exposure(a_detail(a_row(), item, front_doors=(door,)), NOW, WIDTH))
    assert "https://api.tax.example/beta only where header x has a certain value" in words
    assert "https://api.tax.example/pay" not in words


@pytest.mark.parametrize(
    ("bypass", "words"),
    [("yes", "bypass yes"), ("unknown", "bypass ? unknown"), (None, "bypass – none")],
)
def test_it_says_whether_a_front_door_can_be_gone_around(bypass: str | None, words: str) -> None:
    held = Access(mtls="disabled", bypass=bypass, reasons=("x answers without y",))
    told = flat(tabs.exposure(a_detail(access=held), NOW, WIDTH))
    assert f"mTLS disabled {words} x answers without y" in told
    assert "dangling" not in told
    untold = flat(tabs.exposure(a_detail(), NOW, WIDTH))
    assert "bypass ? unknown" in untold
    assert "mTLS" not in untold.partition("front doors")[0]


@pytest.mark.parametrize(
    ("word", "told"), [("yes", "dangling yes"), ("unknown", "dangling ? unknown")]
)
def test_it_says_whether_a_name_points_at_what_is_gone(word: str, told: str) -> None:
    held = Access(dangling=word, dangling_reasons=("a.example was pay",))
    assert f"{told} a.example was pay" in flat(tabs.exposure(a_detail(access=held), NOW, WIDTH))


def test_without_front_doors_it_claims_no_more_than_it_knows() -> None:
    detail = a_detail(a_row(exposure="unknown"), a_deployment(exposure_evidence=None))
    words = flat(tabs.exposure(detail, NOW, WIDTH))
    assert "exposure ? unknown because –" in words
    assert "front doors 0 – none that is known" in words
    assert "? waf" in words


def a_consumer(name: str) -> Consumer:
    return Consumer(
        uid=name, native_id=name, native_kind="plan", provider="aws", account="1", name=name
    )


@pytest.mark.parametrize(
    ("known", "words"), [(UNKNOWN, "? nobody could look"), (0, "0 let in"), (1_204, "1,204 let in")]
)
def test_how_many_are_let_in_may_be_unknown(known: Any, words: str) -> None:
    lines = tabs.dependencies(a_detail(a_row(consumers=known)), NOW, WIDTH)
    assert f"consumers  {words}" in said(lines)


def test_dependencies_name_backends_consumers_and_siblings() -> None:
    item = a_deployment(backends=(Backend(key="l", kind="lambda", address="arn:f"),))
    other = a_row(uid="uid-2", name="payments", stage="test", region="eu-west-1", health="failing")
    detail = a_detail(
        item=item,
        api=Api(uid="api", title="Payments"),
        siblings=(other,),
        consumers=(a_consumer("the-app"),),
    )
    lines = tabs.dependencies(detail, NOW, WIDTH)
    words = said(lines)
    assert "  the-app" in words
    assert "siblings  other deployments of Payments" in words
    sibling = next(line for line in lines if line.key)
    assert sibling.key == "uid-2"
    assert sibling.text == "✗ failing   payments  test · 111122223333 · eu-west-1"
    assert tone_of([sibling], "failing") == "bad"


def test_dependencies_name_what_it_is_linked_to() -> None:
    link = Link("exposes", False, "u", "tools", "aws.agentcore.gateway", "1 · eu-west-1")
    words = said(tabs.dependencies(a_detail(links=(link,)), NOW, WIDTH))
    assert "linked to  1 link" in words
    assert "exposed by tools (aws.agentcore.gateway · 1 · eu-west-1)" in words
    assert "linked to" not in said(tabs.dependencies(a_detail(), NOW, WIDTH))


def test_alone_it_says_so_without_naming_an_api() -> None:
    words = said(tabs.dependencies(a_detail(), NOW, WIDTH))
    assert words.endswith("siblings\n– none")


def test_an_empty_history_says_what_that_means() -> None:
    assert "Nothing changed since it was first seen." in said(tabs.history(a_detail(), NOW, WIDTH))


def test_history_is_newest_first_whatever_the_order_given() -> None:
    changes = [a_change("appeared", seq=1), a_change("missing", seq=3), a_change("changed", seq=2)]
    lines = tabs.history(a_detail(history=tuple(changes)), NOW, WIDTH)
    assert lines[0].text == "history  3 changes"
    kinds = [line.text.split()[1] for line in lines[1:] if line.pieces]
    assert kinds == ["missing", "changed", "appeared"]
    assert lines[-1].pieces


@pytest.mark.parametrize("name", tabs.TABS)
@pytest.mark.parametrize("width", [8, 24, 60, 170])
def test_every_tab_has_something_to_say_of_what_is_unknown(name: str, width: int) -> None:
    lines = tabs.TABS[name](a_detail(), NOW, width)
    assert flat(lines)
    assert "UNSET" not in said(lines)
    assert "✓ healthy" not in said(lines)


@pytest.mark.parametrize(
    ("old", "new", "minus", "plus"),
    [
        ("required", "mixed", "− required", "+ mixed"),
        (UNKNOWN, ["Team Tax"], "− ?", "+ Team Tax"),
        (None, 0, "− –", "+ 0"),
        (14, 16_000, "− 14", "+ 16,000"),
        (True, False, "− yes", "+ no"),
        ([], ["a", "b"], "− –", "+ a, b"),
    ],
)
def test_a_change_shows_old_and_new_in_words(old: Any, new: Any, minus: str, plus: str) -> None:
    lines = change_lines(a_change("changed", ("auth", old, new)), NOW, WIDTH)
    assert [line.text.strip() for line in lines] == ["~ changed  14:05", "auth", minus, plus]
    assert tone_of(lines, minus) == "muted"
    assert tone_of(lines, plus) == "text"


@pytest.mark.parametrize(
    ("evidence", "words"),
    [
        ("listing", "a complete listing did not have it"),
        ("direct_read", "the gateway was asked for it and answered that it is not there"),
        ("event", "the gateway said so"),
        ("person", "a person said so"),
        ("oracle", "oracle"),
    ],
)
def test_a_loss_names_its_reason_and_its_evidence(evidence: str, words: str) -> None:
    change = a_change("retired", reason="two complete runs", evidence=evidence)
    assert [line.text.strip() for line in change_lines(change, NOW, WIDTH)] == [
        "† retired  14:05",
        "two complete runs",
        words,
    ]


@pytest.mark.parametrize(
    ("kind", "words", "tone"),
    [
        ("appeared", "+ appeared", "good"),
        ("returned", "↺ returned", "good"),
        ("suspect", "‼ suspect", "warn"),
        ("forgotten", "⌫ forgotten", "muted"),
        ("health", "♡ health", "accent"),
        ("concluded", "∴ concluded", "accent"),
        ("turned_blue", "? turned blue", "muted"),
    ],
)
def test_every_kind_of_change_has_its_sign(kind: str, words: str, tone: str) -> None:
    lines = change_lines(a_change(kind, at=NOW - timedelta(days=1)), NOW, WIDTH)
    assert lines[0].text == f"{words}  29 Sep 14:05"
    assert tone_of(lines, words) == tone


def test_the_page_of_a_change_begins_with_whose_it_is() -> None:
    lines = change_page(a_change("appeared"), NOW, WIDTH)
    assert [line.text for line in lines[:4]] == ["payments", KEY, "", "+ appeared  14:05"]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (a_change("changed", ("auth", "none", "jwt"), ("version", None, "2")), "auth none → jwt; version – → 2"),
        (a_change("missing", reason="not listed"), "not listed"),
        (a_change("appeared"), ""),
    ],
)  # fmt: skip
def test_in_short_a_change_is_its_fields_or_its_reason(change: Any, words: str) -> None:
    assert fields_in_short(change) == words
