"""Routing rules, whatever an answer says of them."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apiscape.collectors.aws.apigateway.routing_rules import behind, read_rules
from apiscape.collectors.aws.names import Place
from apiscape.model.surroundings import FrontDoorRoute

PLACE = Place("aws", "111122223333", "eu-west-1", "amazonaws.com")
INVOKE = [{"InvokeApi": {"ApiId": "a", "Stage": "prod", "StripBasePath": True}}]


def rule(priority: Any, *conditions: Any, actions: Any = INVOKE) -> dict[str, Any]:
    return {"Priority": priority, "Conditions": list(conditions), "Actions": actions}


def paths(*names: Any) -> dict[str, Any]:
    return {"MatchBasePaths": {"AnyOf": list(names)}}


def headers(*names: Any) -> dict[str, Any]:
    return {"MatchHeaders": {"AnyOf": [{"Header": one, "ValueGlob": "s3cret"} for one in names]}}


def test_a_rule_leads_to_its_stage_below_each_of_its_paths() -> None:
    assert read_rules([rule(7, paths("b", "a/", "b"))], PLACE) == (
        FrontDoorRoute(
            "/b",
            native_api_id="aws:111122223333:eu-west-1:apigateway:a",
            stage="prod",
            strips_base_path=True,
            priority=7,
        ),
        FrontDoorRoute(
            "/a",
            native_api_id="aws:111122223333:eu-west-1:apigateway:a",
            stage="prod",
            strips_base_path=True,
            priority=7,
        ),
    )


@pytest.mark.parametrize(
    ("conditions", "words"),
    [
        ((), None),
        ((paths("x"),), None),
        ((headers("X-A"),), "header x-a has a certain value"),
        ((headers("X-A", "b", "x-a"),), "header x-a or b has a certain value"),
        (
            (headers("a"), paths("x"), headers("b")),
            "header a has a certain value; header b has a certain value",
        ),
        ((headers(None),), "header ? has a certain value"),
        ((headers(),), "header ? has a certain value"),
        (({"MatchWeather": "rain"},), "a condition that is not known"),
        ((paths(),), "a condition that is not known"),
    ],
)
def test_what_a_request_must_show_is_told_without_any_value(
    conditions: tuple[Any, ...], words: str | None
) -> None:
    [route] = read_rules([rule(1, *conditions)], PLACE)
    assert route.condition == words


def test_a_rule_without_a_priority_is_tried_last() -> None:
    found = read_rules([rule(None, paths("z")), rule(9, paths("y")), rule(2, paths("x"))], PLACE)
    assert [one.base_path for one in found] == ["/x", "/y", "/z"]


@pytest.mark.parametrize("actions", [None, [], [{"Teleport": {}}]])
def test_an_action_that_nobody_knows_leads_to_no_api(actions: Any) -> None:
    [route] = read_rules([rule(1, actions=actions)], PLACE)
    assert (route.native_api_id, route.stage) == (None, None)
    assert route.target == "an action that is not known"


PATHS = st.sampled_from(["/", "/a", "/a/b", "/ab", "/b"])
ROUTES = st.builds(
    FrontDoorRoute,
    base_path=PATHS,
    native_api_id=st.just("x"),
    condition=st.sampled_from([None, "header h has a certain value"]),
)


def takes(route: FrontDoorRoute, path: str, *, header: bool) -> bool:
    """Say whether a request takes a route, by the guide's own words."""
    wanted = [part for part in route.base_path.split("/") if part]
    return path.split("/")[1:][: len(wanted)] == wanted and (header or route.condition is None)


@given(st.lists(ROUTES, max_size=4), st.lists(ROUTES, max_size=4))
def test_what_is_left_out_behind_rules_is_what_no_request_could_take(
    rules: list[FrontDoorRoute], routes: list[FrontDoorRoute]
) -> None:
    left = behind(rules, routes)
    for path in ("/", "/a", "/a/b", "/a/b/c", "/ab", "/b/x", "/c"):
        for header in (True, False):
            if not any(takes(one, path, header=header) for one in rules):
                reached = [one for one in routes if takes(one, path, header=header)]
                assert [one for one in left if takes(one, path, header=header)] == reached


@given(
    st.lists(
        st.dictionaries(
            st.sampled_from(["Priority", "Conditions", "Actions"]),
            st.none()
            | st.integers()
            | st.lists(
                st.dictionaries(
                    st.sampled_from(["MatchBasePaths", "MatchHeaders", "InvokeApi"]),
                    st.none()
                    | st.dictionaries(
                        st.sampled_from(["AnyOf", "ApiId"]),
                        st.none()
                        | st.text(max_size=3)
                        | st.lists(st.text(max_size=3) | st.none(), max_size=2),
                    ),
                    max_size=2,
                ),
                max_size=2,
            ),
            max_size=3,
        ),
        max_size=4,
    )
)
def test_rules_are_read_whatever_is_in_them(rules: list[dict[str, Any]]) -> None:
    found = read_rules(rules, PLACE)
    assert all(route.base_path.startswith("/") for route in found)
