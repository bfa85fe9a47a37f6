"""Operations of what is exposed, and where they are sent: in order, as they are compared, with their shares."""

from __future__ import annotations

import msgspec
import pytest

from apiscape.collectors.kubernetes.deploying.operations import (
    backends_of,
    merged,
    operations_of,
    template,
)
from apiscape.collectors.kubernetes.exposed import (
    Match,
    PathType,
    Rule,
    Target,
)
from apiscape.model.security import ANONYMOUS, UNKNOWN_SECURITY, Scheme, Security
from apiscape.model.values import UNKNOWN
from tests.collectors.kubernetes.deploying.room import ORDERS, TOKEN

TEMPLATES = {
    "/*": Match(),
    "/orders/*": Match(path="/orders/"),
    "/orders": Match(path="/orders", path_type=PathType.EXACT),
    "~ ^/v[12]/": Match(path="^/v[12]/", path_type=PathType.REGEX),
    "/orders*": Match(path="/orders", path_type=PathType.OWN),
}


@pytest.mark.parametrize("written", TEMPLATES)
def test_a_path_is_written_as_it_is_compared(written: str) -> None:
    assert template(TEMPLATES[written]) == written


def test_operations_come_in_the_order_of_the_rules() -> None:
    one = Rule(matches=(Match(path="/b", operation_id="list"), Match(path="/a", method="GET")))
    found = operations_of([one, Rule()])
    assert [(each.verb, each.template, each.operation_id) for each in found] == [
        ("ANY", "/b/*", "list"),
        ("GET", "/a/*", None),
        ("ANY", "/*", None),
    ]


def test_what_only_headers_tell_apart_is_one_operation_of_what_both_ask() -> None:
    open_one = Rule(security=ANONYMOUS, targets=(ORDERS,))
    closed_one = Rule(security=TOKEN, targets=(ORDERS,))
    (both,) = operations_of([open_one, closed_one])
    assert (both.security.requirement, both.security.schemes) == ("mixed", ())
    assert both.security.evidence == "jwt of shop"
    assert both.backend == "shop/orders:80"
    (same,) = operations_of([closed_one, closed_one])
    assert same.security == TOKEN
    (hidden,) = operations_of([closed_one, Rule(security=UNKNOWN_SECURITY)])
    assert hidden.security.requirement == "unknown"
    assert hidden.backend is UNKNOWN


def test_what_is_asked_in_two_ways_is_asked() -> None:
    other = Security(requirement="required", schemes=(Scheme(kind="mtls"),), evidence="mtls")
    told = merged([TOKEN, other])
    assert (told.requirement, told.evidence) == ("required", "jwt of shop; mtls")
    assert merged([]).requirement == "unknown"


def test_a_rule_that_sends_nowhere_has_no_backend() -> None:
    assert operations_of([Rule()])[0].backend is None
    assert backends_of([Rule()]) == ()


def test_backends_are_told_once_and_a_split_with_its_shares() -> None:
    canary = msgspec.structs.replace(ORDERS, name="canary", weight=3)
    far = Target(name="https://far.example", kind="http")
    function = Target(name="f", kind="function", namespace="shop")
    rules = [
        Rule(targets=(ORDERS, canary)),
        Rule(targets=(ORDERS,)),
        Rule(targets=(far,)),
        Rule(targets=(function,)),
    ]
    found = backends_of(rules)
    assert [(each.key, each.kind, each.address) for each in found] == [
        ("shop/orders:80", "service", "shop/orders:80"),
        ("shop/canary:80", "service", "shop/canary:80"),
        (
            "shop/orders:80=1 + shop/canary:80=3",
            "split",
            "shop/orders:80 25 %, shop/canary:80 75 %",
        ),
        ("https://far.example", "http", "https://far.example"),
        ("function shop/f", "function", "shop/f"),
    ]
    split, *_ = operations_of(rules)
    assert split.backend is UNKNOWN  # one of several rules for one operation
    (alone,) = operations_of(rules[:1])
    assert alone.backend == "shop/orders:80=1 + shop/canary:80=3"


def test_shares_of_nothing_are_nothing() -> None:
    nothing = msgspec.structs.replace(ORDERS, weight=0)
    (_, split) = backends_of([Rule(targets=(nothing, nothing))])
    assert split.address == "shop/orders:80 0 %, shop/orders:80 0 %"
