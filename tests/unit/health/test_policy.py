from __future__ import annotations

import msgspec
import pytest

from apiscape.errors import QueryError
from apiscape.health.policy import (
    DEFAULT_THRESHOLDS,
    Override,
    Thresholds,
    in_rhythm,
    thresholds_for,
)
from apiscape.model.row import Row
from apiscape.model.values import UNKNOWN, Unknown
from tests.unit.health.evidence import NOW


def row(name: str, owners: tuple[str, ...] | Unknown = UNKNOWN) -> Row:
    return Row(
        uid=name,
        name=name,
        provider="aws",
        product="p",
        source="s",
        scope="s/1/p",
        account="1",
        native_id=name,
        owners=owners,
    )


def test_without_views_the_defaults_hold() -> None:
    assert thresholds_for((), NOW)(row("tax"), DEFAULT_THRESHOLDS) == DEFAULT_THRESHOLDS


def test_a_view_changes_what_it_names_and_leaves_the_rest() -> None:
    choose = thresholds_for((Override(view="tax", errors_5xx_degraded=0.5),), NOW)
    assert choose(row("tax-ledger"), DEFAULT_THRESHOLDS) == Thresholds(errors_5xx_degraded=0.5)
    assert choose(row("notices"), DEFAULT_THRESHOLDS) == DEFAULT_THRESHOLDS


def test_of_several_views_the_last_one_wins_field_by_field() -> None:
    overrides = (
        Override(view="provider:aws", errors_5xx_degraded=0.5, p95_ms_degraded=900.0),
        Override(view="tax", errors_5xx_degraded=2.0),
    )
    chosen = thresholds_for(overrides, NOW)(row("tax"), DEFAULT_THRESHOLDS)
    assert (chosen.errors_5xx_degraded, chosen.p95_ms_degraded) == (2.0, 900.0)


def test_a_view_that_cannot_be_decided_does_not_apply() -> None:
    choose = thresholds_for((Override(view='owner:"team tax"', certificate_days=60.0),), NOW)
    assert choose(row("tax"), DEFAULT_THRESHOLDS) == DEFAULT_THRESHOLDS
    owned = row("tax", owners=("Team Tax",))
    assert choose(owned, DEFAULT_THRESHOLDS).certificate_days == 60.0


def test_views_change_what_a_row_has_of_its_own() -> None:
    own = Thresholds(errors_5xx_degraded=0.1)
    choose = thresholds_for((Override(view="tax", certificate_days=60.0),), NOW)
    assert choose(row("notices"), own) == own
    assert choose(row("tax"), own) == msgspec.structs.replace(own, certificate_days=60.0)


def test_nothing_is_too_old_before_two_rounds_were_missed() -> None:
    assert in_rhythm(600.0, 60.0) == DEFAULT_THRESHOLDS
    daily = in_rhythm(86_400.0, 900.0)
    assert (daily.stale_after_s, daily.seen_stale_after_s) == (3_600.0, 216_000.0)
    assert in_rhythm(3_600.0, 7_200.0).stale_after_s == 18_000.0


def test_an_age_that_somebody_says_holds_for_what_was_seen_and_what_was_measured() -> None:
    choose = thresholds_for((Override(view="tax", stale_after_s=120.0),), NOW)
    chosen = choose(row("tax"), in_rhythm(86_400.0))
    assert (chosen.stale_after_s, chosen.seen_stale_after_s) == (120.0, 120.0)


def test_a_view_that_cannot_be_read_is_an_error() -> None:
    with pytest.raises(QueryError):
        thresholds_for((Override(view="colour:red"),), NOW)
