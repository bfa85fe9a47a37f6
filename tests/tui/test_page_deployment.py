"""What the page of one deployment says, and what it must not say."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import msgspec
import pytest
from rich.cells import cell_len

from apiscape.model.deployment import Backend, Endpoint, Protections
from apiscape.model.provenance import Claim
from apiscape.model.run import ErrorRecord, Gap
from apiscape.model.values import UNKNOWN
from apiscape.tui.pages import deployment as page
from tests.tui.details import deployment_of, detail_of
from tests.tui.rows import BEFORE, NOW, department
from tests.tui.saying import (
    WIDTH,
    a_deployment,
    a_detail,
    a_row,
    an_operation,
    flat,
    said,
    tone_of,
)
from tests.tui.scopes import DENIED, statuses


@pytest.mark.parametrize(
    ("health", "basis", "reason", "words", "tone"),
    [
        ("healthy", "serving", None, "✓ healthy · serving", "good"),
        ("failing", "serving", "5xx 7.2 %", "✗ failing · serving", "bad"),
        ("degraded", "reachable", "p95 912 ms", "◐ degraded · reachable", "warn"),
        ("idle", "serving", "no request for 9 days", "⏸ idle · serving", "muted"),
        ("unknown", "configured", None, "? unknown · configured, no traffic source", "muted"),
        ("unknown", "none", None, "? unknown · nothing measures it", "muted"),
        ("on_fire", "smoke", None, "? on fire · smoke", "muted"),
    ],
)
def test_health_is_said_with_what_it_rests_on(
    health: str, basis: str, reason: str | None, words: str, tone: str
) -> None:
    lines = page.state(a_row(health=health, basis=basis, health_reason=reason), NOW, WIDTH)
    assert lines[0].text == words
    assert tone_of(lines, words[:3]) == tone
    assert (reason or "") in flat(lines)


@pytest.mark.parametrize(
    ("health", "basis", "reason", "advised"),
    [
        ("unknown", "none", None, True),
        ("unknown", "configured", None, True),
        ("unknown", "serving", None, False),
        ("unknown", "none", "the metrics were denied", False),
        ("healthy", "serving", None, False),
    ],
)
def test_only_where_nothing_measures_it_says_what_would(
    health: str, basis: str, reason: str | None, *, advised: bool
) -> None:
    row = a_row(health=health, basis=basis, health_reason=reason)
    assert (page.RAISE_BASIS in flat(page.state(row, NOW, WIDTH))) is advised


@pytest.mark.parametrize(
    ("presence", "since", "words"),
    [
        ("missing", BEFORE, "∅ missing since 08:05"),
        ("missing", None, "∅ missing"),
        ("suspect", BEFORE, "‼ suspect since 08:05"),
        ("superseded", None, "↷ superseded"),
        ("retired", NOW - timedelta(days=400), "† retired since 2025-08-26"),
    ],
)
def test_what_is_not_there_says_since_when(presence: str, since: Any, words: str) -> None:
    lines = page.state(a_row(presence=presence, missing_since=since), NOW, WIDTH)
    assert words in [line.text for line in lines]


def test_what_is_present_does_not_say_so() -> None:
    assert "present" not in said(page.state(a_row(), NOW, WIDTH))


def test_what_is_suspect_says_who_holds_it_and_how_to_let_go() -> None:
    row = a_row(presence="suspect")
    words = flat(page.state(row, NOW, 200))
    assert "mass-loss guard" in words
    assert f"apiscape confirm {row.scope}" in words
    assert "confirm" not in flat(page.state(a_row(presence="missing"), NOW, 200))


def test_what_was_not_seen_is_never_called_gone() -> None:
    lines = page.state(a_row(freshness="not_observed", observed_at=BEFORE), NOW, WIDTH)
    words = flat(lines)
    assert "◌ not observed since 08:05" in words
    assert "could not look" in words
    assert tone_of(lines, "not observed") == "warn"
    assert not {"missing", "retired", "gone"} & set(words.split())


@pytest.mark.parametrize(
    ("stage", "first"), [("prod", "payments prod"), ("-", "payments"), (None, "payments")]
)
def test_the_head_names_the_stage_where_there_is_one(stage: str | None, first: str) -> None:
    lines = page.head(a_row(stage=stage, region="eu-west-2"), WIDTH)
    assert lines[0].text == first
    assert lines[1].text == "aws.apigateway.rest · 111122223333 · eu-west-2"


def test_a_place_without_a_region_has_no_hole() -> None:
    assert page.head(a_row(), WIDTH)[1].text == "aws.apigateway.rest · 111122223333"


@pytest.mark.parametrize(
    ("owners", "words", "tone"),
    [
        (UNKNOWN, "? nobody could look", "muted"),
        ((), "– nobody", "warn"),
        (("Team Tax",), "Team Tax", "text"),
        (("Team Tax", "Team Vat"), "Team Tax, Team Vat", "text"),
    ],
)
def test_no_owner_is_not_an_unknown_owner(owners: Any, words: str, tone: str) -> None:
    lines = page.facts(a_row(owners=owners), WIDTH)
    assert lines[0].text.split(None, 1) == ["owner", words]
    assert tone_of(lines, words) == tone


@pytest.mark.parametrize(
    ("spec", "words"),
    [(UNKNOWN, "? unknown"), (None, "– none"), ("openapi 3.0.1", "openapi 3.0.1")],
)
def test_no_spec_is_not_an_unknown_spec(spec: Any, words: str) -> None:
    assert page.shown_spec(spec) == words
    assert page.facts(a_row(spec=spec), WIDTH)[-1].text.split(None, 1) == ["spec", words]


@pytest.mark.parametrize(
    ("values", "text", "tone"),
    [
        ({"exposure": "internet"}, "internet", "warn"),
        ({"exposure": "private"}, "private", "text"),
        ({"exposure": "unknown", "status": "active"}, "● active", "text"),
        ({"status": "failed"}, "✗ failed", "bad"),
        ({"status": "inactive"}, "⏸ inactive", "muted"),
        ({"environment": "production"}, "production", "text"),
        ({"environment": "unknown"}, "? unknown", "muted"),
        ({"style": "some_thing_new"}, "some thing new", "text"),
    ],
)
def test_facts_stand_out_by_what_they_mean(values: Any, text: str, tone: str) -> None:
    assert tone_of(page.facts(a_row(**values), WIDTH), text) == tone


def test_a_row_of_which_nothing_is_known_claims_nothing() -> None:
    words = said(page.facts(a_row(), WIDTH))
    assert words.count("?") == 8
    assert "none" not in words
    assert "–" not in words


@pytest.mark.parametrize(
    ("operations", "exposure", "auth", "tone"),
    [
        (("none", "required"), "internet", "1 without · 1 required", "bad"),
        (("none", "required"), "private", "1 without · 1 required", "text"),
        (("required", "required"), "internet", "2 required", "text"),
        (("optional", "unknown"), "internet", "1 optional · 1 unknown", "text"),
        ((), "internet", "–", "text"),
    ],
)
def test_what_is_asked_of_callers_is_counted_per_operation(
    operations: tuple[str, ...], exposure: str, auth: str, tone: str
) -> None:
    item = a_deployment(operations=tuple(map(an_operation, operations)))
    lines = page.authentication(a_row(exposure=exposure), item, WIDTH)
    assert lines[0].text.split() == ["operations", str(len(operations))]
    assert lines[1].text.split(None, 1) == ["auth", auth]
    assert tone_of(lines[1:], auth) == tone


@pytest.mark.parametrize(
    ("preflights", "figure"), [(0, "1"), (1, "1 (+ 1 preflight)"), (3, "1 (+ 3 preflights)")]
)
def test_preflights_are_counted_beside_and_open_nothing(preflights: int, figure: str) -> None:
    made = [an_operation("none", preflight=True)] * preflights
    item = a_deployment(operations=(an_operation("required"), *made))
    lines = page.authentication(a_row(exposure="internet"), item, WIDTH)
    assert lines[0].text.split(None, 1) == ["operations", figure]
    assert "without" not in said(lines)


@pytest.mark.parametrize(
    ("operations", "words"),
    [(UNKNOWN, "? unknown · ? operations"), (0, "? unknown · 0 operations")],
)
def test_without_the_operations_the_row_says_what_it_knows(operations: Any, words: str) -> None:
    row = a_row(operations=operations)
    for item in (None, a_deployment()):
        assert page.authentication(row, item, WIDTH)[0].text.split(None, 1) == ["auth", words]


@pytest.mark.parametrize(
    ("values", "note"),
    [
        ({}, "unknown"),
        ({"exposure": "internet", "evidence": "no policy"}, "internet · no policy"),
        ({"enabled": False}, "unknown · switched off"),
        ({"enabled": True}, "unknown"),
        ({"generated_host": True, "tls_min": "TLS_1_2"}, "unknown · generated name · TLS ≥ 1.2"),
        ({"generated_host": False, "tls_min": None}, "unknown"),
        ({"mtls": "enabled"}, "unknown · client certificate"),
        ({"mtls": "disabled"}, "unknown"),
    ],
)
def test_an_address_says_no_more_than_is_known(values: Any, note: str) -> None:
    endpoint = Endpoint(url="https://x.example", **values)
    lines = page.endpoints(a_deployment(endpoints=(endpoint,)), WIDTH)
    assert [line.text for line in lines] == ["endpoints  1", "https://x.example", f"  {note}"]


def test_an_address_that_is_switched_off_looks_it() -> None:
    ends = (Endpoint(url="https://on"), Endpoint(url="https://off", enabled=False))
    lines = page.endpoints(a_deployment(endpoints=ends), WIDTH)
    assert tone_of(lines, "https://on") == "text"
    assert tone_of(lines, "https://off") == "muted"


@pytest.mark.parametrize(
    ("build", "name"), [(page.endpoints, "endpoints"), (page.backends, "backends")]
)
@pytest.mark.parametrize(
    ("value", "words"), [(UNKNOWN, " ? nobody could look"), ((), "  0 – none")]
)
def test_none_is_not_unknown(build: Any, name: str, value: Any, words: str) -> None:
    lines = build(a_deployment(**{name: value}), WIDTH)
    assert " ".join(line.text for line in lines) == name + words


@pytest.mark.parametrize(
    ("backend", "words"),
    [
        (Backend(key="a", kind="lambda", address="arn:x"), "lambda arn:x"),
        (
            Backend(key="a", kind="http", address="https://x", via="link-1"),
            "http https://x via link-1",
        ),
        (Backend(key="a", kind="mock", address=None), "mock –"),
        (Backend(key="a", kind="http"), "http ?"),
    ],
)
def test_a_backend_says_where_and_by_which_way(backend: Backend, words: str) -> None:
    lines = page.backends(a_deployment(backends=(backend,)), WIDTH)
    assert lines[0].text == "backends  1"
    assert flat(lines[1:]) == words


@pytest.mark.parametrize("width", [8, 14, 20, 34, 60, 200])
def test_protections_are_all_named_at_every_width(width: int) -> None:
    guards = Protections(rate_limit="enabled", waf="disabled")
    lines = page.protections(guards, width)
    words = flat(lines[1:])
    assert "✓ rate limit" in words
    assert "– waf" in words
    for name in ("request validation", "cors", "access log", "tracing", "mtls"):
        assert f"? {name}" in words
    assert all(line.text.strip() for line in lines)


def test_protections_tell_the_states_apart_by_tone_too() -> None:
    guards = Protections(waf="disabled", cors="enabled", rate_limit="partial")
    lines = page.protections(guards, WIDTH)[1:]
    tones = [tone_of(lines, name) for name in ("cors", "rate limit", "waf", "mtls")]
    assert tones == ["good", "warn", "text", "muted"]


def test_provenance_shows_who_won_and_who_lost() -> None:
    claims = (
        Claim(value=["Team Tax"], method="overlay", source="owners.yaml"),
        Claim(value=["tax-dev"], method="tag", source="tag:team", confidence=0.8),
        Claim(value=UNKNOWN, method="spec"),
    )
    lines = page.provenance({"owners": claims}, WIDTH)
    assert [line.text.rstrip() for line in lines] == [
        "provenance",
        "owners       Team Tax — overlay owners.yaml",
        "             tax-dev — tag tag:team, 80% sure",
        "             ? — spec",
    ]
    assert tone_of(lines, "Team Tax") == "text"
    assert tone_of(lines, "tax-dev") == "muted"


def test_provenance_is_in_the_order_of_fields() -> None:
    claim = (Claim(value="x", method="tag"),)
    told = {"version": claim, "audience": claim}
    assert [line.text.split()[0] for line in page.provenance(told, WIDTH)[1:]] == [
        "audience",
        "version",
    ]


def test_without_provenance_the_gateway_itself_said_so() -> None:
    assert "as the gateway states it" in flat(page.provenance({}, WIDTH))


def test_times_that_never_were_are_never() -> None:
    assert flat(page.times(a_row(observed_at=NOW), NOW, WIDTH)) == (
        "last seen 14:05 first seen never changed never"
    )


@pytest.mark.parametrize(
    ("error", "words", "step"),
    [
        (DENIED, "◌ tags: needs apigateway:GET on /apis", "apiscape permissions prod"),
        (
            msgspec.structs.replace(DENIED, next_step="ask the organisation"),
            "◌ tags: the role may not list HTTP APIs",
            "ask the organisation",
        ),
        (
            ErrorRecord(kind="throttled", message="too many requests"),
            "◌ tags: too many requests",
            "apiscape scan --source prod",
        ),
    ],
)
def test_a_gap_names_the_right_or_the_reason_and_the_next_step(
    error: ErrorRecord, words: str, step: str
) -> None:
    gap = Gap(native_id="x", detail="tags", error=error)
    lines = page.gaps(a_detail(gaps=(gap,)), WIDTH)
    assert [line.text.strip() for line in lines] == ["not seen  1 gap", words, step]


def test_the_summary_of_a_row_without_its_detail_stops_at_its_times() -> None:
    words = said(page.summary(a_row(observed_at=NOW), None, NOW, WIDTH))
    assert "last seen" in words
    assert "endpoints" not in words
    assert "none" not in words


def test_the_summary_with_its_detail_has_every_part_and_the_gaps() -> None:
    row = next(row for row in department() if row.auth == "unknown")
    scope = next(each for each in statuses([row]) if each.scope.key == row.scope)
    lines = page.summary(row, detail_of(row, scope, (), ()), NOW, WIDTH)
    titles = [
        line.text.split("  ")[0]
        for line in lines
        if line.pieces[:1] and line.pieces[0].tone == "title"
    ]
    assert titles == ["endpoints", "backends", "protections", "provenance", "not seen", "times"]
    assert row.uid in said(lines)
    assert row.native_id in said(lines)


@pytest.mark.parametrize("width", [26, 33, 48, 80])
def test_no_line_of_the_summary_is_wider_than_the_pane(width: int) -> None:
    row = department(1)[0]
    lines = page.summary(row, detail_of(row, statuses([row])[0], (), ()), NOW, width)
    wide = [line.text for line in lines if cell_len(line.text.rstrip()) > width]
    assert [text for text in wide if not text.startswith("protections")] == []


HOSTILE = "\x1b[2Jtax\u202e[bold]\n"


def test_hostile_texts_come_out_as_letters() -> None:
    row = a_row(
        name=HOSTILE, stage=HOSTILE, region=HOSTILE, health_reason=HOSTILE, owners=(HOSTILE,),
        environment=HOSTILE, version=HOSTILE,
    )  # fmt: skip
    item = a_deployment(
        endpoints=(Endpoint(url=HOSTILE, evidence=HOSTILE, tls_min=HOSTILE),),
        backends=(Backend(key=HOSTILE, kind=HOSTILE, address=HOSTILE, via=HOSTILE),),
        provenance={HOSTILE: (Claim(value=[HOSTILE], method=HOSTILE, source=HOSTILE),)},
        native_id=HOSTILE,
    )
    gap = Gap(native_id=HOSTILE, detail=HOSTILE, error=ErrorRecord(kind=HOSTILE, message=HOSTILE))
    lines = page.summary(row, a_detail(row, item, gaps=(gap,)), NOW, WIDTH)
    assert all(line.text.isprintable() for line in lines)
    assert said(lines).count("[bold]") >= 12


def test_the_department_is_said_without_a_hole() -> None:
    for row in department(40):
        detail = a_detail(row, deployment_of(row))
        words = said(page.summary(row, detail, NOW, 60))
        assert "UNSET" not in words
        assert "None" not in words
