from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apiscape.collectors.aws.apigateway.limits import limit, method_settings, route_settings
from apiscape.collectors.aws.apigateway.matching import match_of
from apiscape.collectors.aws.surface import Detail, Surface
from apiscape.model.deployment import Operation
from apiscape.model.limits import limited
from apiscape.model.values import UNKNOWN, is_known, known_or

FAST = {"throttlingRateLimit": 100.0, "throttlingBurstLimit": 200.0}
NONE = {"throttlingRateLimit": -1.0, "throttlingBurstLimit": -1.0}


def stage(**settings: Any) -> dict[str, Any]:
    return {"stageName": "prod", "methodSettings": settings}


@pytest.mark.parametrize(
    ("settings", "requests"),
    [
        ({}, None),
        ({"*/*": FAST}, 100.0),
        ({"*/*": {"throttlingRateLimit": 0.0}}, 0.0),
        ({"*/*": NONE}, None),
        ({"*/*": {"metricsEnabled": True}}, None),
        ({"*/*": FAST, "pets/{id}/GET": NONE}, None),
        ({"*/*": NONE, "pets/{id}/GET": FAST}, 100.0),
        ({"*/*": FAST, "~1pets~1{id}/GET": NONE}, None),
        ({"*/*": FAST, "/pets/{id}/GET": NONE}, None),
        ({"*/*": FAST, "pets/{id}/POST": NONE}, 100.0),
        ({"*/*": FAST, "pets/{id}/GET": {"metricsEnabled": True}}, 100.0),
    ],
)
def test_a_method_has_its_own_limit_else_the_stages(settings: Any, requests: float | None) -> None:
    held = method_settings(stage(**settings)).limits("GET /pets/{id}")
    assert is_known(held)
    assert [each.requests for each in held] == ([] if requests is None else [requests])


@pytest.mark.parametrize("odd", ["odd", 7, True, ["x"], {"throttlingRateLimit": "x"}])
def test_settings_that_cannot_be_read_leave_limits_unknown(odd: Any) -> None:
    for settings in ({"*/*": odd}, {"*/*": FAST, "pets/{id}/GET": odd}):
        held = method_settings(stage(**settings))
        assert held.limits("GET /pets/{id}") is UNKNOWN
        assert held.word() == "unknown"
    assert method_settings(stage(**{"*/*": FAST, "x/GET": odd})).limits("GET /pets/{id}")


@pytest.mark.parametrize("odd", ["odd", 7, True, ["x"]])
def test_settings_that_are_none_leave_every_operation_unknown(odd: Any) -> None:
    assert method_settings({"methodSettings": odd}).limits("GET /x") is UNKNOWN
    assert route_settings({"RouteSettings": odd}).limits("GET /x") is UNKNOWN
    assert route_settings({"DefaultRouteSettings": odd}).limits("GET /x") is UNKNOWN
    assert method_settings({"methodSettings": None}).limits("GET /x") == ()


def test_a_burst_that_cannot_be_read_is_not_none() -> None:
    odd = {"throttlingRateLimit": 5.0, "throttlingBurstLimit": "x"}
    (held,) = known_or(method_settings(stage(**{"*/*": odd})).limits("GET /x"), ())
    assert (held.requests, held.burst) == (5.0, UNKNOWN)


@pytest.mark.parametrize(
    ("settings", "word"),
    [
        ({}, "disabled"),
        ({"*/*": FAST}, "enabled"),
        ({"*/*": FAST, "x/GET": FAST}, "enabled"),
        ({"*/*": FAST, "x/GET": NONE}, "unknown"),
        ({"x/GET": FAST}, "unknown"),
    ],
)
def test_of_operations_that_nobody_could_see_the_settings_tell_as_much_as_they_can(
    settings: Any, word: str
) -> None:
    told = limit(Detail(Surface()), method_settings(stage(**settings))).surface
    assert (told.operations, told.rate_limit) == (UNKNOWN, word)


def test_what_a_token_remembers_holds_until_operations_are_read() -> None:
    settings = method_settings(stage(**{"*/*": FAST}))
    remembered = Detail(Surface(rate_limit="partial"))
    assert limit(remembered, settings).surface.rate_limit == "partial"
    read = Detail(Surface(operations=(Operation("GET", "/x"),), rate_limit="partial"))
    assert limit(read, settings).surface.rate_limit == "enabled"


def test_a_preflight_without_a_limit_makes_no_api_partial() -> None:
    settings = method_settings(stage(**{"*/*": FAST, "x/OPTIONS": NONE}))
    operations = (Operation("GET", "/x"), Operation("OPTIONS", "/x", preflight=True))
    told = limit(Detail(Surface(operations=operations)), settings).surface
    assert told.rate_limit == "enabled"
    assert limit(Detail(Surface(operations=operations)), None).surface.rate_limit == "unknown"


def test_messages_go_by_their_route_keys_alone() -> None:
    settings = route_settings(
        {"StageName": "s", "RouteSettings": {"send": {"ThrottlingRateLimit": 2.0}}}
    )
    operations = (Operation("message", "send"), Operation("$connect", "$connect"))
    told = limit(Detail(Surface(operations=operations)), settings).surface.operations
    assert is_known(told)
    assert [len(known_or(each.rate_limits, ())) for each in told] == [1, 0]


SETTINGS = st.dictionaries(
    st.sampled_from(["*/*", "x/GET", "~1x/GET", "y/POST"]), st.sampled_from([FAST, NONE, {}])
)


@given(SETTINGS, st.data())
def test_a_setting_that_goes_never_leaves_more_than_the_stages_own(
    settings: dict[str, Any], data: st.DataObject
) -> None:
    gone = data.draw(st.sampled_from([*settings, "none"]))
    left = {key: value for key, value in settings.items() if key != gone}
    usual = method_settings(stage(**{"*/*": settings.get("*/*", {})})).limits("GET /other")
    for key in ("GET /x", "POST /y", "GET /z"):
        before = method_settings(stage(**settings)).limits(key)
        after = method_settings(stage(**left)).limits(key)
        assert limited(after) in {limited(before), limited(usual), "disabled"}


@pytest.mark.parametrize(
    ("template", "match"),
    [
        ("/pets", "exact"),
        ("/pets/{id}", "template"),
        ("/pets/{proxy+}", "prefix"),
        ("$default", "prefix"),
        ("send", "exact"),
    ],
)
def test_a_path_is_compared_as_its_parameters_say(template: str, match: str) -> None:
    assert match_of(template) == match
