"""What a visit is expected to cost: what is known of the last one, at the rates that hold."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from apiscape.collect.forecast import Forecast, Pace, expected_calls, forecast
from apiscape.model.run import Ledger, PartReport, Reach, RunReport, Scope
from tests.unit.collect.toy import NOON

PACES = {"slow": Pace("one", 2.0), "too": Pace("one", 2.0), "fast": Pace("other", 10.0)}


def scope(account: str = "1", region: str = "r", product: str = "slow") -> Scope:
    reach = Reach(key=f"{account}/{region}", account=account, region=region)
    return Scope(source="toys", provider="toy", product=product, reach=reach)


def run(of: Scope, calls: int, outcome: str = "complete") -> RunReport:
    ledger = Ledger(calls=calls)
    return RunReport(scope=of, generation=1, started_at=NOON, outcome=outcome, ledger=ledger)


def expect(*scopes: Scope, **calls: int) -> Forecast:
    """Return the forecast of scopes whose last runs made so many calls, by account."""
    last = {
        each.key: run(each, calls[f"of_{each.reach.account}"])
        for each in scopes
        if f"of_{each.reach.account}" in calls
    }
    return forecast(scopes, last, PACES)


def test_nothing_to_visit_costs_nothing() -> None:
    assert expect() == Forecast(
        scopes=0, unknown=0, calls=0, rate_per_s=0.0, most_per_s=0.0, seconds=0.0
    )


def test_a_scope_takes_its_calls_at_its_products_rate() -> None:
    assert expect(scope(), of_1=30) == Forecast(
        scopes=1, unknown=0, calls=30, rate_per_s=2.0, most_per_s=2.0, seconds=15.0
    )
    assert expect(scope(product="fast"), of_1=30).seconds == 3.0


def test_scopes_of_one_account_wait_for_each_other_and_accounts_do_not() -> None:
    one = expect(scope("1", "r"), scope("1", "s"), of_1=30)
    two = expect(scope("1"), scope("2"), of_1=30, of_2=10)
    assert (one.calls, one.seconds) == (60, 30.0)
    assert (two.calls, two.seconds) == (40, 15.0)


def test_products_wait_for_each_other_only_where_they_share_a_quota() -> None:
    shared = expect(scope(product="slow"), scope(product="too"), of_1=30)
    apart = expect(scope(product="slow"), scope(product="fast"), of_1=30)
    assert (shared.calls, shared.seconds) == (60, 30.0)
    assert (apart.calls, apart.seconds) == (60, 15.0)


def test_what_was_never_visited_is_counted_as_unknown_and_never_as_nothing_to_do() -> None:
    said = expect(scope("1"), scope("2"), scope("3"), of_2=10)
    assert (said.scopes, said.unknown, said.calls) == (3, 2, 10)


def test_a_last_run_without_a_call_is_known_to_cost_nothing() -> None:
    said = expect(scope(), of_1=0)
    assert (said.unknown, said.calls, said.seconds) == (0, 0, 0.0)


def test_the_rates_are_those_of_the_slowest_product_and_the_fastest() -> None:
    both, fast = expect(scope(), scope(product="fast")), expect(scope(product="fast"))
    assert (both.rate_per_s, both.most_per_s) == (2.0, 10.0)
    assert (fast.rate_per_s, fast.most_per_s) == (10.0, 10.0)


@pytest.mark.parametrize(
    ("outcome", "calls"),
    [("complete", 7), ("absent", 7), ("partial", None), ("failed", None), ("a newer word", None)],
)
def test_only_a_whole_visit_says_what_the_next_one_costs(outcome: str, calls: int | None) -> None:
    assert expected_calls(run(scope(), 7, outcome)) == calls


def test_a_visit_that_saw_all_that_is_configured_says_it_too() -> None:
    parts = (PartReport(part="a", outcome="failed", accepted="left out"),)
    narrow = msgspec.structs.replace(run(scope(), 7, "partial"), parts=parts)
    assert expected_calls(narrow) == 7


def test_without_a_visit_nobody_knows() -> None:
    assert expected_calls(None) is None


SCOPES = st.builds(
    scope,
    st.sampled_from(["1", "2", "3"]),
    st.sampled_from(["r", "s"]),
    st.sampled_from(sorted(PACES)),
)


@given(st.dictionaries(SCOPES.map(lambda each: each.key), st.tuples(SCOPES, st.integers(0, 99))))
def test_seconds_are_those_of_the_busiest_quota(drawn: dict[str, tuple[Scope, int]]) -> None:
    visits = {of.key: (of, calls) for of, calls in drawn.values()}
    last = {key: run(of, calls) for key, (of, calls) in visits.items()}
    said = forecast([of for of, _ in visits.values()], last, PACES)
    busy = {
        (account, family): sum(
            calls / PACES[of.product].rate_per_s
            for of, calls in visits.values()
            if (of.reach.account, PACES[of.product].family) == (account, family)
        )
        for account in "123"
        for family in ("one", "other")
    }
    assert said.seconds == pytest.approx(max(busy.values()))
    assert said.calls == sum(calls for _, calls in visits.values())
    assert (
        said.calls
        <= said.seconds * max(pace.rate_per_s for pace in PACES.values()) * len(busy) + 1e-6
    )
