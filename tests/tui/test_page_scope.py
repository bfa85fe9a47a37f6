"""What is said of scopes: how a run ended, what adds up, what was not seen, what to do."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import msgspec
import pytest

from apiscape.model.run import ErrorRecord, EstateEntry, Exclusion, Gap, Ledger, PartReport
from apiscape.tui.pages import scope as page
from apiscape.tui.pages.estate import estate_page
from apiscape.tui.pages.tables import (
    change_entry,
    in_order,
    is_incomplete,
    scope_columns,
    scope_entry,
    wholeness,
)
from tests.tui.rows import BEFORE, LAST_RUN, NOW
from tests.tui.saying import (
    KEY,
    WIDTH,
    a_change,
    a_run,
    a_status,
    flat,
    said,
    spoken,
    tone_of,
)
from tests.tui.scopes import DENIED, ESTATE, THROTTLED, statuses

BARE_DENIAL = ErrorRecord(kind="access_denied", message="no")
OVERRULED = ErrorRecord(
    kind="access_denied", message="a boundary denies it", permission="x:Y", next_step="ask for it"
)
EXPIRED = ErrorRecord(kind="credentials", message="the token has expired")


@pytest.mark.parametrize(
    ("outcome", "words", "tone"),
    [
        ("complete", "✓ complete", "good"),
        ("partial", "◐ partial", "warn"),
        ("failed", "✗ failed", "bad"),
        ("absent", "○ absent", "muted"),
        ("half_baked", "? half baked", "muted"),
    ],
)
def test_how_a_run_ended_is_a_sign_and_a_word(outcome: str, words: str, tone: str) -> None:
    state = page.outcome_of(a_status(a_run(outcome)))
    assert (state.text, state.tone) == (words, tone)


def test_never_visited_is_not_complete_nor_failed() -> None:
    assert page.outcome_of(a_status(None)).text == "○ never run"
    assert page.first_error(None) is None
    assert page.trouble(a_status(None)) == ""


def a_part(**values: Any) -> PartReport:
    return PartReport(part="restapis", outcome="partial", **values)


GAP = Gap(native_id="x", detail="tags", error=DENIED)
KNOWN_GAP = Gap(native_id="x", detail="tags", error=DENIED, accepted="not ours")


@pytest.mark.parametrize(
    ("run", "error"),
    [
        (a_run("failed", error=DENIED, parts=(a_part(error=THROTTLED),)), DENIED),
        (a_run("partial", parts=(a_part(), a_part(error=THROTTLED))), THROTTLED),
        (a_run("partial", parts=(a_part(error=DENIED, accepted="x"), a_part(error=THROTTLED))), THROTTLED),
        (a_run("partial", parts=(a_part(failed=(Exclusion(native_id="x", error=EXPIRED),)),)), EXPIRED),
        (a_run("complete", parts=(a_part(gaps=(GAP,)),)), DENIED),
        (a_run("partial", parts=(a_part(failed=(Exclusion(native_id="x", reason="odd"),)),)), None),
        (a_run("complete"), None),
    ],
)  # fmt: skip
def test_the_widest_error_comes_first(run: Any, error: ErrorRecord | None) -> None:
    assert page.first_error(run) == error


@pytest.mark.parametrize(
    ("run", "words"),
    [
        (a_run("failed", error=DENIED), "access denied: needs apigateway:GET on /apis"),
        (a_run("failed", error=BARE_DENIAL), "access denied: no"),
        (a_run("failed", error=OVERRULED), "access denied: a boundary denies it"),
        (a_run("failed", error=THROTTLED), "throttled: TooManyRequestsException after 5 attempts"),
        (a_run("failed", error=DENIED, accepted="closes in October"), "accepted: closes in October"),
        (a_run("absent", parts=(a_part(reason="not here"), a_part(reason="nor there"))), "not here; nor there"),
        (a_run("complete", parts=(a_part(),)), ""),
    ],
)  # fmt: skip
def test_trouble_is_said_in_words(run: Any, words: str) -> None:
    assert page.trouble(a_status(run)) == words


@pytest.mark.parametrize(
    ("error", "step"),
    [
        (None, ""),
        (OVERRULED, "ask for it"),
        (BARE_DENIAL, "apiscape permissions live"),
        (EXPIRED, "apiscape permissions live"),
        (THROTTLED, "apiscape scan --source live"),
        (ErrorRecord(kind="gone", message="x", next_step="ask the owner"), "ask the owner"),
    ],
)
def test_every_error_has_a_next_step(error: ErrorRecord | None, step: str) -> None:
    assert page.next_step(error, "live") == step


@pytest.mark.parametrize(
    ("run", "words", "tone"),
    [
        (None, "○ not visited yet  → apiscape scan --source prod", "muted"),
        (
            a_run("failed", error=DENIED),
            "✗ access denied: needs apigateway:GET on /apis  → apiscape permissions prod",
            "bad",
        ),
        (a_run("failed", error=DENIED, accepted="known"), "✗ accepted: known", "bad"),
        (
            a_run("absent", parts=(a_part(reason="not offered here"),)),
            "○ not offered here",
            "muted",
        ),
    ],
)
def test_in_full_it_is_the_reason_and_the_next_step(run: Any, words: str, tone: str) -> None:
    pieces = page.in_full(a_status(run))
    assert spoken(pieces) == words
    assert pieces[0].tone == tone


def test_where_all_went_well_there_is_nothing_to_say() -> None:
    assert page.in_full(a_status(a_run())) == []


@pytest.mark.parametrize(
    ("ledger", "words"),
    [
        (Ledger(), "? listed = 0 recorded + 0 skipped + 0 failed"),
        (Ledger(listed_whole=True), "0 listed = 0 recorded + 0 skipped + 0 failed"),
        (
            Ledger(listed=1_061, recorded=1_057, skipped=1, failed=3),
            "≥ 1,061 listed = 1,057 recorded + 1 skipped + 3 failed",
        ),
    ],
)
def test_a_listing_that_did_not_end_says_at_least(ledger: Ledger, words: str) -> None:
    assert page.sums(ledger) == words


def test_a_scope_that_was_never_visited_says_how_to_visit_it() -> None:
    lines = page.scope_page(a_status(None), NOW, WIDTH)
    words = flat(lines)
    assert "○ never run" in words
    assert "Not visited yet: apiscape scan" in words
    assert "complete" not in words
    assert "listed" not in words


def test_a_scope_leads_to_its_deployments() -> None:
    lines = page.scope_page(a_status(a_run(), deployments=9), NOW, WIDTH)
    assert [(line.text, line.key) for line in lines if line.key] == [
        ("→ its 9 deployments", f"scope:{KEY}")
    ]
    assert lines[0].text == "aws.apigateway.rest  tax-prod eu-west-2"


def test_a_denied_scope_says_the_right_the_call_and_the_next_step() -> None:
    run = a_run("failed", error=DENIED, ledger=Ledger(calls=1), caller=None)
    status = a_status(run, last_complete_at=BEFORE, deployments=4, not_observed=4)
    lines = page.scope_page(status, NOW, WIDTH)
    words = flat(lines)
    for expected in (
        "✗ failed",
        "access denied: the role may not list HTTP APIs",
        "needs apigateway:GET on /apis",
        "at GetApis",
        "→ apiscape permissions prod",
        "last complete 08:05",
        "not observed ◌ 4",
        "ledger ? listed",
        "provider 1 call · 0 throttled",
        "as ?",
    ):
        assert expected in words
    assert tone_of(lines, "◌ 4") == "warn"


def test_a_part_that_is_left_out_says_why_and_how_to_look() -> None:
    error = ErrorRecord(kind="access_denied", message="not looked at", next_step="name nothing")
    part = PartReport(part="kinds", outcome="failed", error=error, accepted="names shop alone")
    run = a_run("partial", parts=(a_part(), part), accepted="names shop alone")
    words = flat(page.scope_page(a_status(run), NOW, WIDTH))
    assert "part kinds ✗ failed" in words
    assert "accepted: names shop alone" in words
    assert "→ name nothing" in words


@pytest.mark.parametrize(
    ("values", "words", "tone"),
    [
        ({"last_complete_at": None}, "never", "warn"),
        ({"last_complete_at": LAST_RUN}, "14:02", "text"),
        ({"suspect": 12}, f"‼ 12 held; if they are gone: apiscape confirm {KEY}", "warn"),
    ],
)
def test_a_scope_says_since_when_and_what_is_held(values: Any, words: str, tone: str) -> None:
    lines = page.scope_page(a_status(a_run(started_at=BEFORE), **values), NOW, 200)
    assert words in said(lines)
    assert tone_of(lines, words) == tone


@pytest.mark.parametrize("text", ["not observed", "suspect", "accepted", "add up"])
def test_what_did_not_happen_is_not_mentioned(text: str) -> None:
    assert text not in said(page.scope_page(a_status(a_run()), NOW, WIDTH))


def test_an_accepted_gap_says_by_what_reason() -> None:
    run = a_run("failed", error=DENIED, accepted="closes in October")
    assert "accepted closes in October" in flat(page.scope_page(a_status(run), NOW, WIDTH))


def test_figures_that_do_not_add_up_are_said_not_to() -> None:
    lost = a_run(ledger=Ledger(listed=5, listed_whole=True, recorded=3))
    lines = page.scope_page(a_status(lost), NOW, WIDTH)
    assert "do not add up" in flat(lines)
    assert tone_of(lines, "do not add up") == "bad"


@pytest.mark.parametrize(
    ("ended", "words"),
    [
        (None, "still running"),
        (LAST_RUN + timedelta(seconds=27), "took 27 s"),
        (LAST_RUN + timedelta(seconds=119.7), "took 2 min"),
    ],
)
def test_a_run_says_how_long_it_took(ended: Any, words: str) -> None:
    assert words in flat(page.scope_page(a_status(a_run(ended_at=ended)), NOW, WIDTH))


def test_an_error_of_the_run_is_not_said_again_of_its_part() -> None:
    run = a_run("failed", error=DENIED, parts=(a_part(error=DENIED), a_part(error=THROTTLED)))
    words = flat(page.scope_page(a_status(run), NOW, WIDTH))
    assert words.count("the role may not list HTTP APIs") == 1
    assert "TooManyRequestsException" in words


def test_parts_list_what_failed_what_was_skipped_and_what_was_not_seen() -> None:
    part = a_part(
        reason="two pages only",
        error=THROTTLED,
        failed=(Exclusion(native_id="api-1", error=THROTTLED), Exclusion(native_id="api-2")),
        skipped=(Exclusion(native_id="api-3", reason="excluded by tag"),),
        gaps=(
            Gap(native_id="api-4", detail="tags", error=DENIED),
            Gap(native_id="api-5", detail="stages", error=THROTTLED),
        ),
    )
    lines = page.scope_page(a_status(a_run("partial", parts=(part,))), NOW, 200)
    at = next(place for place, line in enumerate(lines) if line.text.startswith("part "))
    assert [line.text.strip() for line in lines[at:]] == [
        "part restapis  ◐ partial",
        "? listed = 0 recorded + 0 skipped + 0 failed",
        "two pages only",
        "throttled: TooManyRequestsException after 5 attempts",
        "→ apiscape scan --source prod",
        "failed  api-1: TooManyRequestsException after 5 attempts",
        "failed  api-2: no reason given",
        "skipped  api-3: excluded by tag",
        "◌ api-4: tags not seen: needs apigateway:GET on /apis",
        "◌ api-5: stages not seen: TooManyRequestsException after 5 attempts",
    ]
    assert tone_of(lines, "api-1") == "bad"
    assert tone_of(lines, "api-4") == "warn"


@pytest.mark.parametrize(("number", "more"), [(200, None), (201, 1), (1_450, 1_250)])
def test_endless_lists_end_with_a_count_of_the_rest(number: int, more: int | None) -> None:
    part = a_part(skipped=tuple(Exclusion(native_id=f"n{i}", reason="tag") for i in range(number)))
    words = said(page.scope_page(a_status(a_run("partial", parts=(part,))), NOW, WIDTH))
    assert words.count("skipped  n") == 200
    assert ("more skipped" in words) is (more is not None)
    assert more is None or f"… {more:,} more skipped" in words


@pytest.mark.parametrize(
    ("run", "incomplete"),
    [
        (None, True),
        (a_run("complete"), False),
        (a_run("absent"), False),
        (a_run("partial"), True),
        (a_run("failed"), True),
        (a_run("half_baked"), True),
        (a_run("failed", accepted="known"), False),
        (a_run(parts=(a_part(gaps=(GAP,)),)), True),
        (a_run(parts=(a_part(gaps=(KNOWN_GAP,)),)), False),
    ],
)
def test_what_was_not_seen_whole_is_incomplete(run: Any, *, incomplete: bool) -> None:
    assert is_incomplete(a_status(run)) is incomplete


@pytest.mark.parametrize(
    ("runs", "words", "tone"),
    [
        ((), "", "good"),
        ((a_run(), a_run("absent")), " · all seen whole", "good"),
        ((a_run(), None), " · 1 not seen whole", "warn"),
        ((a_run(), a_run("failed", accepted="known")), " · 1 accepted gap, the rest seen whole", "muted"),
        ((a_run("failed"), a_run("failed", accepted="known")), " · 1 not seen whole", "warn"),
    ],
)  # fmt: skip
def test_nothing_planned_and_gaps_accepted_are_not_called_whole(
    runs: Any, words: str, tone: str
) -> None:
    piece = wholeness([a_status(run) for run in runs])
    assert piece.text == words
    assert piece.tone == tone or not words


def test_what_is_incomplete_comes_first() -> None:
    given = [a_status(a_run()), a_status(a_run("failed")), a_status(None)]
    assert [each.last_run and each.last_run.outcome for each in in_order(given)] == [
        "failed",
        None,
        "complete",
    ]


@pytest.mark.parametrize(
    ("ledger", "listed", "tone"),
    [
        (Ledger(), "?", "warn"),
        (Ledger(listed_whole=True), "0", "muted"),
        (Ledger(listed=61), "≥ 61", "warn"),
        (Ledger(listed=1_061, listed_whole=True), "1,061", "muted"),
    ],
)
def test_nothing_listed_yet_is_not_zero(ledger: Ledger, listed: str, tone: str) -> None:
    cell = scope_entry(a_status(a_run(ledger=ledger)), NOW).cells["listed"]
    assert (cell.text, cell.tone) == (listed, tone)


def test_a_scope_never_visited_has_no_figures_at_all() -> None:
    entry = scope_entry(a_status(None), NOW)
    assert entry.cells["trouble"].text == "not visited yet"
    assert entry.cells["complete"].text == "–"
    assert not {"listed", "recorded", "failed", "deployments"} & set(entry.cells)


def test_figures_are_loud_only_where_they_mean_harm() -> None:
    ledger = Ledger(listed=4, recorded=1, failed=3, throttled=9, calls=20)
    cells = scope_entry(a_status(a_run("partial", ledger=ledger), deployments=7), NOW).cells
    assert {name: (cells[name].text, cells[name].tone) for name in ("failed", "throttled", "skipped", "calls")} == {
        "failed": ("3", "bad"),
        "throttled": ("9", "warn"),
        "skipped": ("0", "muted"),
        "calls": ("20", "muted"),
    }  # fmt: skip
    assert cells["deployments"].text == "7"


@pytest.mark.parametrize(("unseen", "mark"), [(0, " "), (3, "◌")])
def test_a_scope_whose_rows_were_not_seen_is_marked(unseen: int, mark: str) -> None:
    assert scope_entry(a_status(a_run(), not_observed=unseen), NOW).mark.text == mark


def test_an_accepted_gap_is_quiet_but_still_failed() -> None:
    cells = scope_entry(a_status(a_run("failed", error=DENIED, accepted="known")), NOW).cells
    assert cells["outcome"].text == "✗ failed"
    assert (cells["trouble"].text, cells["trouble"].tone) == ("accepted: known", "muted")


def test_a_reach_without_a_title_goes_by_its_key() -> None:
    never = statuses([])[-1]
    assert scope_entry(never, NOW).cells["reach"].text == "444455556666/eu-west-2"


def test_a_change_as_a_row_is_found_again_by_its_number() -> None:
    entry = change_entry(a_change("changed", ("auth", None, "jwt")), NOW)
    assert entry.uid == "9"
    assert {name: piece.text for name, piece in entry.cells.items()} == {
        "at": "14:05",
        "kind": "~ changed",
        "name": "payments",
        "fields": "auth – → jwt",
        "scope": KEY,
    }


def test_a_verdict_that_turned_is_said_in_one_line() -> None:
    fields = (("health", "healthy", "failing"), ("basis", "serving", "serving"))
    entry = change_entry(a_change("health", *fields, reason="5xx 7 %"), NOW)
    assert entry.cells["kind"].text == "♡ health"
    assert entry.cells["fields"].text == "healthy → failing (serving): 5xx 7 %"


def test_an_estate_that_nobody_could_tell_is_unknown() -> None:
    assert said(estate_page((), WIDTH)).startswith("estate\n? What else exists is not known")


def test_the_estate_sums_up_and_lists_what_is_not_visited() -> None:
    lines = estate_page(ESTATE, 200)
    assert lines[0].text.split("   ") == [
        "estate  7 known", "3 ✓ visited", "1 – excluded", "1 ○ not configured", "1 ✗ lost",
        "1 ? unsupported", "1 accepted gap",
    ]  # fmt: skip
    assert len(lines) == 1 + 4
    assert "tax-prod" not in said(lines)
    assert "accepted: closes in October" in said(lines)
    assert tone_of(lines[1:], "✗ lost") == "bad"
    assert tone_of(lines[1:], "– excluded") == "muted"


def test_an_estate_of_only_visited_places_lists_none() -> None:
    visited = EstateEntry(source="prod", provider="aws", key="1")
    assert said(estate_page([visited], WIDTH)) == "estate  1 known   1 ✓ visited"


def test_a_state_of_a_newer_version_is_counted_too() -> None:
    entry = EstateEntry(source="prod", provider="aws", key="1", state="in_orbit")
    assert "1 ? in orbit" in said(estate_page([entry], WIDTH))


def test_columns_of_scopes_are_those_that_tell_them_apart() -> None:
    quiet = a_status(a_run("complete", ledger=Ledger(listed=3, recorded=3)))
    fields = {column.field for column in scope_columns([quiet])}
    assert not fields & {"source", "skipped", "failed", "throttled"}
    assert {"listed", "recorded"} <= fields
    loud = a_status(a_run("partial", ledger=Ledger(listed=3, recorded=1, failed=2, throttled=4)))
    fields = {column.field for column in scope_columns([quiet, loud])}
    assert {"failed", "throttled"} <= fields
    other = msgspec.structs.replace(quiet, scope=msgspec.structs.replace(quiet.scope, source="b"))
    assert "source" in {column.field for column in scope_columns([quiet, other])}
    assert scope_columns([a_status(None)])[1].field == "reach"
