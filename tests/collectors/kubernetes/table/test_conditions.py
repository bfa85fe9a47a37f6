"""Whether what a controller says of an object is of the object as it is now."""

from __future__ import annotations

import pytest

from tests.collectors.kubernetes.table.room import route, trimmed

READY = """  health:
    - conditions: status.conditions[]
      ok: [Ready]
      negative: [Failed]
      generation: status.observedGeneration
"""


@pytest.mark.parametrize(
    ("seen", "own", "condition"),
    [
        (2, {}, {"name": "Ready", "holds": True}),
        (None, {}, {"name": "Ready", "holds": True}),
        (1, {}, {"name": "Ready", "reason": "stale: said of generation 1, which is 2 now"}),
        (1, {"observedGeneration": 2}, {"name": "Ready", "holds": True}),
    ],
)
def test_conditions_are_as_old_as_the_status_where_they_do_not_say(
    seen: int | None, own: dict[str, int], condition: dict[str, object]
) -> None:
    said = [{"type": "Ready", "status": "True"} | own]
    found = route(READY, status={"conditions": said, "observedGeneration": seen}).one()
    assert [trimmed(each) for each in found.conditions] == [{"holds": None} | condition]


def test_what_went_wrong_before_a_change_is_not_known_to_be_wrong_now() -> None:
    said = [{"type": "Failed", "status": "True", "reason": "Refused"}]
    found = route(READY, status={"conditions": said, "observedGeneration": 1}).one()
    failed = found.conditions[1]
    assert (failed.name, failed.holds) == ("Failed", None)
    assert failed.reason == "stale: said of generation 1, which is 2 now"
