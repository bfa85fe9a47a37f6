"""Places of one deployment: now, or as of a time."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from apiscape.tui.places import Place, deployment_at, split_moment

AT = datetime(2026, 9, 1, 12, 30, tzinfo=UTC)


@pytest.mark.parametrize("at", [None, AT, AT.replace(second=1, microsecond=5000)])
@pytest.mark.parametrize("asked", ["u-1", "two words", "odd at:noon"])
def test_a_place_says_which_deployment_and_as_of_when(asked: str, at: datetime | None) -> None:
    place = deployment_at(asked, at)
    assert place.screen == "deployment"
    assert split_moment(place.argument) == (asked, at)


def test_a_place_of_now_is_the_deployment_alone() -> None:
    assert deployment_at("u-1", None) == Place("deployment", "u-1")
    assert split_moment("") == ("", None)
