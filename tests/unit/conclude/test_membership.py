"""Which deployments are one Api."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from apiscape.conclude.membership import found_api, versions_of
from apiscape.model.identity import api_uid
from apiscape.model.surroundings import ApiVersion
from apiscape.store import Member
from tests.unit.reconcile.rows import deployment

NOON = datetime(2026, 9, 30, 12, tzinfo=UTC)
LIVE = deployment("t:1:r:toy:a/live", name="Payments", title="Take payments", version="v2.1")
TEST = deployment("t:1:r:toy:a/test", name="Payments")


def member(uid: str, *, days: int = 0, api: str | None = None, presence: str = "present") -> Member:
    return Member(
        uid=uid,
        stage=None,
        presence=presence,
        first_seen_at=NOON + timedelta(days=days),
        api_uid=api,
    )


def items(*given: Any) -> dict[str, Any]:
    return {item.uid: item for item in given}


def test_an_api_is_founded_by_its_oldest_deployment() -> None:
    api = found_api([member(TEST.uid), member(LIVE.uid, days=1)], items(LIVE, TEST))
    assert api.uid == api_uid(TEST.uid)
    assert api.members == tuple(sorted([LIVE.uid, TEST.uid]))
    assert (api.title, api.redirects) == ("Payments", ())


def test_an_api_keeps_its_uid_whoever_joins_or_goes() -> None:
    api = found_api([member(LIVE.uid), member(TEST.uid, days=1, api="old")], items(LIVE, TEST))
    assert api.uid == "old"


def test_of_two_apis_that_prove_to_be_one_the_older_stays_and_the_other_redirects() -> None:
    family = [member(LIVE.uid, api="older"), member(TEST.uid, days=1, api="younger")]
    api = found_api(family, items(LIVE, TEST))
    assert (api.uid, api.redirects) == ("older", ("younger",))


def test_what_stands_gives_the_title() -> None:
    family = [member(TEST.uid, presence="retired"), member(LIVE.uid, days=1)]
    assert found_api(family, items(LIVE, TEST)).title == "Take payments"


def test_an_api_of_which_nothing_stands_keeps_its_last_title() -> None:
    family = [member(TEST.uid, presence="retired")]
    assert found_api(family, items(TEST)).title == "Payments"


def test_an_api_without_facts_is_called_by_its_uid() -> None:
    api = found_api([member(LIVE.uid)], {})
    assert api.title == api.uid


def test_versions_are_as_written_and_in_order() -> None:
    found = [
        deployment("t:1:r:toy:a/x", version=version, lifecycle=lifecycle)
        for version, lifecycle in [("v10", "beta"), ("v2.1", "unknown"), ("spring", "live")]
    ]
    assert versions_of([*found, LIVE, TEST]) == (
        ApiVersion(label="spring", lifecycle="live"),
        ApiVersion(label="v2.1", major=2),
        ApiVersion(label="v10", major=10, lifecycle="beta"),
    )
