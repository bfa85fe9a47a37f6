from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from apiscape.cli import ledger
from apiscape.model.run import (
    ErrorRecord,
    EstateEntry,
    Exclusion,
    Gap,
    Ledger,
    PartReport,
    Reach,
    RunReport,
    Scope,
    Totals,
)
from tests.unit.model.build import a_scope

START = datetime(2026, 11, 24, 14, tzinfo=UTC)
TITLES = {"aws.apigateway.rest": "API Gateway REST"}
DENIED = ErrorRecord(kind="access_denied", message="no", permission="apigateway:GET on /restapis")


def a_run(region: str = "eu-west-1", **fields: Any) -> RunReport:
    facts: dict[str, Any] = {
        "scope": a_scope(region=region),
        "generation": 1,
        "started_at": START,
        "ended_at": START + timedelta(seconds=27),
        "outcome": "complete",
        "ledger": Ledger(listed=128, listed_whole=True, recorded=126, skipped=2, calls=131),
    }
    return RunReport(**(facts | fields))


def lines(*runs: RunReport, whole: bool = False) -> list[str]:
    return ledger.run_lines(runs, TITLES, width=200, whole=whole)


def test_a_complete_scope_shows_figures_that_add_up() -> None:
    figures = "128 listed = 126 recorded + 2 skipped    131 calls  27 s"
    assert lines(a_run()) == [f"  ✓ 111122223333 eu-west-1  API Gateway REST  complete  {figures}"]


def test_what_nobody_knows_by_its_account_is_shown_by_its_name() -> None:
    reach = Reach(key="shop", account="7d3f2c1e-2222-3333-4444-555555555555")
    scope = Scope(source="k", provider="kubernetes", product="kubernetes.gateways", reach=reach)
    (line,) = lines(a_run(scope=scope))
    assert line.startswith("  ✓ shop  kubernetes.gateways  complete")


def test_a_partial_scope_says_what_failed_and_that_the_listing_did_not_end() -> None:
    failed = Exclusion(native_id="a", error=ErrorRecord(kind="throttled", message="slow down"))
    run = a_run(
        outcome="partial",
        ledger=Ledger(listed=61, recorded=58, failed=3, calls=64),
        parts=(PartReport(part="GetRestApis", outcome="partial", failed=(failed,)),),
    )
    figures, why = lines(run)
    assert "≥ 61 listed = 58 recorded + 3 failed (throttled)" in figures
    assert why == "      throttled: slow down  scan again later, or lower quotas of the source"


def test_of_several_parts_that_fell_short_the_others_are_counted() -> None:
    denied = [PartReport(part=f"kind-{n}", outcome="failed", error=DENIED) for n in range(3)]
    short = PartReport(part="routes", outcome="partial", error=DENIED)
    _, why = lines(a_run(outcome="partial", parts=(SEEN, *denied, short)))
    assert why == (
        "      4 parts not seen whole, the first:  access denied: needs apigateway:GET on /restapis  "
        "apiscape permissions prod"
    )


def test_a_detail_that_was_not_seen_is_never_passed_over() -> None:
    gap = Gap(native_id="a", detail="contract", error=DENIED)
    seen = a_run(parts=(PartReport(part="GetRestApis", outcome="complete", gaps=(gap,)),))
    others = [a_run(f"r-{n:02}") for n in range(20)]
    (why,) = (line for line in lines(seen, *others) if "not seen" in line)
    assert why == (
        "      1 detail not seen  access denied: needs apigateway:GET on /restapis  "
        "apiscape permissions prod"
    )
    assert ledger.record(seen, TITLES)["unseen"] == 1


def test_a_detail_that_was_not_seen_is_in_the_verdict_and_nothing_is_called_whole_beside_it() -> (
    None
):
    gap = Gap(native_id="a", detail="contract", error=DENIED)
    seen = a_run(parts=(PartReport(part="GetRestApis", outcome="complete", gaps=(gap, gap)),))
    both = [seen, a_run("eu-west-2")]
    assert ledger.verdict(both, 2) == (
        "Incomplete: 1 of 2 scopes could not be seen whole (2 details not seen). "
        "Nothing was retired because of it."
    )
    said = ledger.verdict([*both, a_run("x", outcome="failed", error=DENIED)], 2)
    assert "2 of 3 scopes could not be seen whole (2 details not seen)." in said


def test_a_detail_that_somebody_answers_for_stays_a_line_and_is_no_longer_incomplete() -> None:
    gap = Gap(native_id="a", detail="tags", error=DENIED, accepted="not ours (Ada)")
    seen = a_run(parts=(PartReport(part="GetRestApis", outcome="complete", gaps=(gap,)),))
    assert lines(seen)[1].endswith("apiscape permissions prod  (accepted: not ours (Ada))")
    assert ledger.verdict([seen], 0) == (
        "Complete: 1 scope listed whole (1 detail not seen, 1 gap accepted)."
    )
    assert ledger.record(seen, TITLES)["accepted"] == "not ours (Ada)"


def test_an_accepted_part_says_who_answers_for_it() -> None:
    run = a_run(outcome="partial", error=DENIED, accepted="account closes in May")
    assert lines(run)[1].endswith("(accepted: account closes in May)")


def test_a_denied_scope_says_the_missing_right_and_the_next_step() -> None:
    run = a_run(outcome="failed", error=DENIED, ledger=Ledger())
    (line,) = lines(run)
    assert (
        "failed    access denied: needs apigateway:GET on /restapis  apiscape permissions prod"
        in line
    )


def test_an_absent_product_says_why_and_is_no_gap() -> None:
    run = a_run(
        outcome="absent", parts=(PartReport(part="p", outcome="absent", reason="region disabled"),)
    )
    assert "absent    region disabled" in lines(run)[0]
    assert not run.falls_short


def test_an_accepted_gap_stays_a_line_and_no_longer_counts() -> None:
    run = a_run(outcome="failed", error=DENIED, accepted="account closes in May")
    assert "(accepted: account closes in May)" in lines(run)[0]
    assert (
        ledger.verdict_line([run, a_run()], 0) == "Complete: 2 scopes seen whole (1 gap accepted)."
    )


def narrowed(count: int = 1, **fields: Any) -> RunReport:
    """Return a run of which the configuration leaves parts out, and nothing else is unseen."""
    error = ErrorRecord(
        kind="access_denied", message="not looked at", next_step="name no namespace"
    )
    why = "in no namespace, and the source names shop alone"
    parts = [
        PartReport(part=f"kind-{n}", outcome="failed", error=error, accepted=why)
        for n in range(count)
    ]
    facts = {"outcome": "partial", "accepted": why, "parts": (*parts, SEEN)}
    return a_run(**(facts | fields))


SEEN = PartReport(part="routes", outcome="complete")


def test_parts_that_are_left_out_are_counted_with_why_and_how_to_look() -> None:
    run = narrowed(5)
    figures, why = lines(run)
    assert "◐" in figures
    assert "partial" in figures
    assert why == (
        "      5 parts not looked at: in no namespace, and the source names shop alone  "
        "(kind-0, kind-1, kind-2, and 2 more)  name no namespace"
    )
    assert not run.falls_short
    said = "Complete: 1 scope seen as far as configured (1 gap accepted, 5 parts not looked at)."
    assert ledger.verdict_line([run], 0) == said
    assert ledger.record(run, TITLES)["left_out"] == [f"kind-{n}" for n in range(5)]


def test_parts_that_are_left_out_stand_beside_what_failed_and_do_not_hide_it() -> None:
    denied = PartReport(part="services", outcome="failed", error=DENIED)
    run = narrowed(accepted=None)
    run = a_run(outcome="partial", parts=(*run.parts, denied))
    _, why, left_out = lines(run)
    assert why.startswith("      access denied: needs apigateway:GET on /restapis")
    assert left_out.startswith("      1 part not looked at: in no namespace")
    assert left_out.endswith("(kind-0)  name no namespace")
    assert run.falls_short
    said = ledger.verdict_line([run, a_run()], 2)
    assert said.startswith(
        "Incomplete: 1 of 2 scopes could not be seen whole (1 part not looked at)."
    )


def test_a_scope_of_which_everything_is_left_out_says_why() -> None:
    parts = narrowed(2).parts[:2]
    run = narrowed(outcome="failed", parts=parts, ledger=Ledger())
    (line,) = lines(run)
    assert "failed    in no namespace, and the source names shop alone" in line


def test_many_complete_scopes_become_one_line_but_the_others_never_do() -> None:
    runs = [a_run(f"r-{n:02}") for n in range(20)] + [a_run("z", outcome="failed", error=DENIED)]
    shown = lines(*runs)
    assert shown[-1] == "  … 8 more complete"
    assert any("✗ 111122223333 z" in line for line in shown)
    assert len(lines(*runs, whole=True)) == 21


def test_figures_and_reasons_without_room_stand_below_and_are_never_cut() -> None:
    denied = a_run("eu-west-2", outcome="failed", error=DENIED, ledger=Ledger())
    shown = ledger.run_lines([a_run(), denied], TITLES, width=60, whole=False)
    assert shown == [
        "  ✓ 111122223333 eu-west-1  API Gateway REST  complete",
        "      128 listed = 126 recorded + 2 skipped    131 calls  27",
        "      s",
        "  ✗ 111122223333 eu-west-2  API Gateway REST  failed",
        "      access denied: needs apigateway:GET on /restapis",
        "      apiscape permissions prod",
    ]


def test_scopes_that_hold_nothing_are_counted_first() -> None:
    runs = [a_run(f"a-{n:02}", ledger=Ledger(listed_whole=True)) for n in range(12)]
    shown = lines(*runs, a_run("z-1"))
    assert any("z-1" in line for line in shown)
    assert shown[-1] == "  … 1 more complete"


def test_the_next_step_of_an_error_goes_first() -> None:
    error = ErrorRecord(kind="credentials", message="expired", next_step="aws sso login")
    assert ledger.next_step(a_run(error=error)) == "aws sso login"
    unreachable = ErrorRecord(kind="unreachable", message="x")
    assert ledger.next_step(a_run(error=unreachable)) == "check network and proxy, then scan again"
    assert ledger.next_step(a_run(error=ErrorRecord(kind="defect", message="x"))) == ""
    assert ledger.next_step(a_run()) == ""
    assert ledger.reason_words(a_run(error=error)) == "credentials: expired"


def test_the_estate_is_counted_around_what_is_visited() -> None:
    entries = [
        EstateEntry(source="prod", provider="aws", key="1/eu-west-1", state="visited"),
        EstateEntry(
            source="prod", provider="aws", key="3", state="not_configured", title="tax-lab"
        ),
        EstateEntry(
            source="prod",
            provider="aws",
            key="4",
            state="excluded",
            reason="suspended",
            accepted="known",
        ),
    ]
    assert (
        ledger.estate_words(entries[:2], 2, 2) == "2 of 3 accounts (1 not configured) × 2 regions"
    )
    assert ledger.estate_words([], 1, 0) == "1 account"
    assert ledger.estate_lines(entries) == [
        "  – 3 tax-lab  not configured",
        "  – 4  excluded  accepted: known",
    ]


def test_totals_say_the_usual_always_and_the_rare_where_it_happened() -> None:
    usual = ledger.totals_line(312, 224, Totals(appeared=12, changed=3), None)
    assert usual == "312 deployments of 224 APIs · 12 appeared · 3 changed · 0 missing"
    rare = ledger.totals_line(
        1, 1, Totals(returned=2, superseded=1, retired=4, suspect=30, not_observed=31), "14:02"
    )
    assert rare == (
        "1 deployment of 1 API · 0 appeared · 0 changed · 0 missing · 2 returned · 1 superseded · 4 retired · "
        "30 suspect (held: apiscape confirm SCOPE) · 31 not observed since 14:02"
    )


def test_the_verdict_never_hides_what_was_not_seen() -> None:
    runs = [a_run(), a_run("eu-west-2", outcome="partial")]
    assert ledger.verdict_line(runs, 2) == (
        "Incomplete: 1 of 2 scopes could not be seen whole. Nothing was retired because of it.  exit 2"
    )
    assert ledger.verdict_line([], 3) == "Nothing was visited."
    assert ledger.verdict_line([a_run()], 2) == (
        "Incomplete: 1 scope seen whole, but a source could not be planned, a reach is lost, or the scan "
        "was interrupted, as said above.  exit 2"
    )


def test_the_same_figures_leave_as_data() -> None:
    record = ledger.record(a_run(error=DENIED, outcome="failed"), TITLES)
    assert (record["listed"], record["recorded"], record["skipped"], record["calls"]) == (
        128,
        126,
        2,
        131,
    )
    assert (record["title"], record["next_step"]) == (
        "API Gateway REST",
        "apiscape permissions prod",
    )
