"""Rules that no request reaches: left out and counted, and never one that some request does reach."""

from __future__ import annotations

from fnmatch import fnmatchcase
from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apiscape.collectors.aws.balancers.itself import SHADOWED
from apiscape.collectors.aws.balancers.rules import Door, Rule, read_rules
from apiscape.collectors.aws.balancers.shadowing import is_wider, reachable
from apiscape.demo.aws.estate.balancers import (
    fixed_response,
    forward,
    redirect_to_https,
    when,
    when_header,
)
from apiscape.demo.aws.estate.region import Region
from apiscape.demo.aws.wire.server import AwsServer
from apiscape.model.surroundings import Signal
from tests.collectors.aws.balancers.street import deployments, of
from tests.collectors.aws.balancers.test_odd_balancers import look
from tests.collectors.aws.oddities import few

DOOR = Door("HTTPS", 443, None, "disabled")
FORWARD = [{"Type": "forward", "TargetGroupArn": "arn:x:targetgroup/a/1"}]


def conditions(given_: dict[str, Any]) -> list[dict[str, Any]]:
    fields = {"host": "host-header", "path": "path-pattern", "verb": "http-request-method"}
    plain = [
        {"Field": fields[key], "Values": [value] if isinstance(value, str) else list(value)}
        for key, value in given_.items()
        if key in fields
    ]
    headers = [
        {
            "Field": "http-header",
            "HttpHeaderConfig": {"HttpHeaderName": name, "Values": [value]},
        }
        for name, value in given_.get("headers", {}).items()
    ]
    return plain + headers


def listener(*rules: dict[str, Any]) -> list[Rule]:
    made = [
        {
            "Priority": rule.get("priority", str(number)),
            "Conditions": conditions(rule),
            "Actions": rule.get("to", FORWARD),
        }
        for number, rule in enumerate(rules, 1)
    ]
    return list(read_rules(DOOR, made))


def hidden(*rules: dict[str, Any]) -> list[str]:
    return [each.words.removeprefix("HTTPS:443 ") for each in reachable(listener(*rules))[1]]


@pytest.mark.parametrize(
    ("first", "second", "is_hidden"),
    [
        ({}, {"path": "/x"}, True),
        ({"path": "/x"}, {}, False),
        ({"path": "/*"}, {"path": "/x"}, True),
        ({"path": "/*"}, {}, True),
        ({"path": "/x/*"}, {"path": "/x/y/*"}, True),
        ({"path": "/x/*"}, {"path": "/x*"}, False),
        ({"path": "/x*"}, {"path": "/x/*"}, True),
        ({"path": "/x?"}, {"path": "/x1"}, True),
        ({"path": "/x?"}, {"path": "/x*"}, False),
        ({"path": "/X"}, {"path": "/x"}, False),
        ({"path": ["/a", "/b"]}, {"path": "/b"}, True),
        ({"host": "*.example"}, {"host": "a.example"}, True),
        ({"host": "*.example"}, {"path": "/x"}, False),
        ({"host": "A.example"}, {"host": "a.example"}, True),
        ({"path": "/x"}, {"host": "a.example", "path": "/x"}, True),
        ({"verb": "GET"}, {"path": "/x"}, False),
        ({"verb": ["GET", "PUT"]}, {"verb": "GET", "path": "/x"}, True),
        ({"path": "/x"}, {"verb": "GET", "path": "/x"}, True),
        ({"headers": {"a": "1"}}, {"path": "/x"}, False),
        ({"headers": {"a": "1"}}, {"path": "/x", "headers": {"a": "1"}}, True),
        ({"headers": {"a": "1"}}, {"path": "/x", "headers": {"a": "2"}}, False),
        ({"headers": {"a": "1", "b": "2"}}, {"headers": {"a": "1"}}, False),
        ({"headers": {"a": "1"}}, {"headers": {"a": "1", "b": "2"}}, True),
        ({"path": "/*", "to": [{"Type": "redirect"}]}, {"path": "/x"}, True),
    ],
)
def test_a_rule_is_hidden_where_an_earlier_one_takes_all_that_it_is_for(
    first: dict[str, Any], second: dict[str, Any], is_hidden: bool
) -> None:
    assert bool(hidden(first, second)) == is_hidden


def test_it_is_the_priority_that_says_which_is_earlier_and_the_default_comes_last() -> None:
    rules = ({"path": "/*", "priority": "20"}, {"path": "/x", "priority": "3"})
    assert hidden(*rules) == []
    assert hidden({"priority": "default"}, {"path": "/x", "priority": "9"}) == []
    assert hidden({"priority": "default"}, {"path": "/*", "priority": "9"}) == [
        "rule default on */* by rule 9"
    ]


@pytest.mark.parametrize("priority", [None, "", "x", "1.5", 7, "٣"])
def test_a_rule_whose_priority_is_not_said_is_neither_hidden_nor_hides(priority: Any) -> None:
    odd = {"Priority": priority, "Conditions": [], "Actions": FORWARD}
    plain = {"Priority": "5", "Conditions": conditions({"path": "/x"}), "Actions": FORWARD}
    kept, shadows = reachable(read_rules(DOOR, [odd, plain]))
    assert (len(kept), shadows) == (2, ())


@pytest.mark.parametrize(
    "odd",
    [
        {"Field": "of-a-later-year", "Values": ["x"]},
        {"Field": "path-pattern", "Values": []},
        {"Field": "http-header"},
        7,
    ],
)
def test_a_condition_that_cannot_be_read_hides_nothing(odd: Any) -> None:
    given_ = [
        {"Priority": str(number), "Conditions": [odd], "Actions": FORWARD} for number in (1, 2)
    ]
    assert reachable(read_rules(DOOR, given_))[1] == ()


def test_of_a_rule_with_several_hosts_and_paths_is_left_what_is_not_taken() -> None:
    rules = listener(
        {"host": "a.example", "path": "/x"},
        {"host": ["a.example", "b.example"], "path": ["/x", "/y"]},
    )
    kept, shadows = reachable(rules)
    assert [each.words for each in shadows] == ["HTTPS:443 rule 2 on a.example/x by rule 1"]
    left = [pair for each in kept[1:] for pair in product(each.hosts, each.paths)]
    assert left == [("a.example", "/y"), ("b.example", "/x"), ("b.example", "/y")]


def test_a_regular_expression_is_as_wide_as_itself_alone() -> None:
    assert is_wider("~ ^/v[12]/", "~ ^/v[12]/")
    assert not is_wider("~ ^/v[12]/", "/v1/")
    assert not is_wider("/v*", "~ ^/v[12]/")
    regex = {"Field": "path-pattern", "PathPatternConfig": {"RegexValues": ["^/v"]}}
    given_ = [
        {"Priority": "1", "Conditions": [], "Actions": FORWARD},
        {"Priority": "2", "Conditions": [regex], "Actions": FORWARD},
    ]
    assert len(reachable(read_rules(DOOR, given_))[1]) == 1


def test_many_stars_are_compared_in_no_time() -> None:
    assert not is_wider("*a" * 5_000 + "b", "a" * 10_000)


# ── Against what a load balancer does ────────────────────────────────────────

SIGNS = st.text("ab*?", max_size=5)
TEXTS = ["".join(each) for size in range(5) for each in product("ab", repeat=size)]


@few
@given(SIGNS, SIGNS)
def test_what_is_wider_matches_whatever_the_other_does(wide: str, narrow: str) -> None:
    matched = [each for each in TEXTS if fnmatchcase(each, narrow)]
    if is_wider(wide, narrow):
        assert all(fnmatchcase(each, wide) for each in matched)


PATHS = ("/a", "/b", "/a*", "/*", "/?", "/ab")
HOSTS = ("a.x", "b.x", "*.x")
some = st.fixed_dictionaries(
    {},
    optional={
        "host": st.lists(st.sampled_from(HOSTS), min_size=1, max_size=2, unique=True),
        "path": st.lists(st.sampled_from(PATHS), min_size=1, max_size=2, unique=True),
        "verb": st.lists(st.sampled_from(("GET", "PUT")), min_size=1, max_size=2, unique=True),
        "headers": st.dictionaries(st.sampled_from("hi"), st.sampled_from("12"), max_size=2),
    },
)
REQUESTS = list(
    product(
        ("a.x", "b.x", "c.x", "y"),
        ("/", "/a", "/b", "/ab", "/abc"),
        ("GET", "PUT"),
        ({}, {"h": "1"}, {"h": "2"}, {"h": "1", "i": "2"}, {"i": "1"}),
    )
)


def takes(rule: dict[str, Any], request: tuple[str, str, str, dict[str, str]]) -> bool:
    host, path, verb, headers = request
    return (
        any(fnmatchcase(host, each) for each in rule.get("host", ["*"]))
        and any(fnmatchcase(path, each) for each in rule.get("path", ["*"]))
        and verb in rule.get("verb", [verb])
        and rule.get("headers", {}).items() <= headers.items()
    )


@few
@given(st.lists(some, min_size=1, max_size=5))
def test_no_request_reaches_what_is_hidden(rules: list[dict[str, Any]]) -> None:
    gone = {(each.rule.number, each.host, each.path) for each in reachable(listener(*rules))[1]}
    for request in REQUESTS:
        deciding = [number for number, rule in enumerate(rules, 1) if takes(rule, request)][:1]
        for number in deciding:
            rule = rules[number - 1]
            ways = product(rule.get("host", [""]), rule.get("path", [""]))
            reached = [
                (str(number), host, path)
                for host, path in ways
                if fnmatchcase(request[0], host or "*") and fnmatchcase(request[1], path or "*")
            ]
            assert not set(reached) <= gone


# ── Over the wire ────────────────────────────────────────────────────────────


def test_a_rule_that_nothing_reaches_is_no_api_and_is_counted(
    west: Region, server: AwsServer
) -> None:
    shelf = of(west)
    group = shelf.target_group("orders", "healthy")
    secure = shelf.application("edge").listener(to=[fixed_response()])
    host = when("host-header", "a.example")
    secure.rule(host, when_header("x-key", "CANARY-value"), to=[forward(group)])
    secure.rule(host, to=[redirect_to_https()])
    secure.rule(host, when("path-pattern", "/orders/*"), to=[forward(group)])
    secure.rule(when("host-header", "b.example"), to=[forward(group)])
    seen = look()
    assert deployments(seen) == ["a.example", "b.example"]
    (signal,) = (
        each for each in seen.entities if isinstance(each, Signal) and each.name == SHADOWED
    )
    assert signal.value == 1.0
    assert signal.reason == "HTTPS:443 rule 3 on a.example/orders/* by rule 2"
    assert "CANARY" not in repr(seen.entities)


def test_where_nothing_is_hidden_that_is_counted_as_none(west: Region, server: AwsServer) -> None:
    shelf = of(west)
    shelf.application("edge").listener(to=[forward(shelf.target_group("a", "healthy"))])
    (signal,) = (
        each for each in look().entities if isinstance(each, Signal) and each.name == SHADOWED
    )
    assert (signal.value, signal.reason) == (0.0, None)
