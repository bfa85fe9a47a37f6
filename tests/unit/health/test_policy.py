from __future__ import annotations

import pytest

from apiscape.errors import QueryError
from apiscape.health.policy import DEFAULT_THRESHOLDS, Override, Thresholds, thresholds_for
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
    assert thresholds_for((), NOW)(row("tax")) == DEFAULT_THRESHOLDS


def test_a_view_changes_what_it_names_and_leaves_the_rest() -> None:
    choose = thresholds_for((Override(view="tax", errors_5xx_degraded=0.5),), NOW)
    assert choose(row("tax-ledger")) == Thresholds(errors_5xx_degraded=0.5)
    assert choose(row("notices")) == DEFAULT_THRESHOLDS


def test_of_several_views_the_last_one_wins_field_by_field() -> None:
    overrides = (
        Override(view="provider:aws", errors_5xx_degraded=0.5, p95_ms_degraded=900.0),
        Override(view="tax", errors_5xx_degraded=2.0),
    )
    chosen = thresholds_for(overrides, NOW)(row("tax"))
    assert (chosen.errors_5xx_degraded, chosen.p95_ms_degraded) == (2.0, 900.0)


def test_a_view_that_cannot_be_decided_does_not_apply() -> None:
    choose = thresholds_for((Override(view='owner:"team tax"', certificate_days=60.0),), NOW)
    assert choose(row("tax")) == DEFAULT_THRESHOLDS
    assert choose(row("tax", owners=("Team Tax",))).certificate_days == 60.0


def test_a_stricter_default_may_be_given() -> None:
    strict = Thresholds(errors_5xx_degraded=0.1)
    assert thresholds_for((), NOW, strict)(row("tax")) == strict


def test_a_view_that_cannot_be_read_is_an_error() -> None:
    with pytest.raises(QueryError):
        thresholds_for((Override(view="colour:red"),), NOW)
