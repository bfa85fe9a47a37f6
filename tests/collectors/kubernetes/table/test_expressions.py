"""Expressions and their functions: what they find, and that nothing that an object holds is too much for them."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apiscape.collectors.kubernetes.table.expressions import MAX_LENGTH, Expression, Unfit
from apiscape.collectors.kubernetes.table.functions import FUNCTIONS, MAX_JSON, without_secrets

ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=6,
)


@pytest.mark.parametrize(
    ("text", "value", "found"),
    [
        ("split_name(@)", "ns/name", {"namespace": "ns", "name": "name"}),
        ("split_name(@)", "name", {"namespace": "", "name": "name"}),
        ("split_name(@)", "", None),
        ("tilde_path(@)", "/~/v1/\\d+", {"path": "/v1/\\d+", "type": "regex"}),
        ("tilde_path(@)", "~/v1", {"path": "/v1", "type": "regex"}),
        ("tilde_path(@)", "/v1", {"path": "/v1", "type": "prefix"}),
        ("location(@)", "/tea", {"path": "/tea", "type": "prefix"}),
        ("location(@)", "= /tea", {"path": "/tea", "type": "exact"}),
        ("location(@)", "=/tea", {"path": "/tea", "type": "exact"}),
        ("location(@)", "~ ^/t", {"path": "^/t", "type": "regex"}),
        ("location(@)", "~* ^/t", {"path": "^/t", "type": "regex"}),
        ("location(@)", "^~ /t", {"path": "/t", "type": "prefix"}),
        ("star_path(@)", "/a/*", {"path": "/a/", "type": "prefix"}),
        ("star_path(@)", "*", {"path": "/", "type": "prefix"}),
        ("star_path(@)", "/a", {"path": "/a", "type": "exact"}),
        (
            "url(@)",
            "https://u:p@a.example:8443/x?k=1#f",
            {"scheme": "https", "host": "a.example", "port": 8443, "path": "/x"},
        ),
        ("url(@)", "https://a:port/", None),
        ("url(@)", "/x", None),
        ("service(@)", "quote", {"name": "quote", "namespace": "", "port": None}),
        ("service(@)", "quote.shop:80", {"name": "quote", "namespace": "shop", "port": 80}),
        (
            "service(@)",
            "https://quote.shop.svc.cluster.local",
            {"name": "quote", "namespace": "shop", "port": None},
        ),
        ("service(@)", "api.quote.example:443", {"url": "api.quote.example:443"}),
        ("service(@)", "192.0.2.1:80", {"url": "192.0.2.1:80"}),
        ("service(@)", "http://[::1", None),
        (
            "backend(@)",
            "http://quote.shop.svc:80/x",
            {"name": "quote", "namespace": "shop", "port": 80},
        ),
        ("backend(@)", "http://quote", {"name": "quote", "namespace": "", "port": None}),
        ("backend(@)", "http://quote.example/x", {"url": "http://quote.example/x"}),
        ("backend(@)", "quote", None),
        ("parse_json(@)", '{"a": [1]}', {"a": [1]}),
        ("parse_json(@)", "{", None),
        ("parse_json(@)", "1" * (MAX_JSON + 1), None),
        ("parse_json(@)", "[" * 100_000, None),
        ("entries(@)", {"a": 1}, [{"key": "a", "value": 1}]),
        ("entries(@)", [1], []),
        ("listed(@)", None, []),
        ("listed(@)", "a", ["a"]),
        ("listed(@)", ["a"], ["a"]),
        ("lower(@)", "A", "a"),
        ("wildcard(@)", "www.a.example", "*.a.example"),
        ("wildcard(@)", "a", None),
        ("wildcard(@)", "a.", None),
        ("wildcard(@)", ["www.a.example"], None),
        ("rule(@)", "nonsense", None),
        ("rule(@)[0].path", "Path(`/a`)", "/a"),
        ("!a.b", {"a": {"b": False}}, None),
        ("!(a.b)", {"a": {"b": False}}, True),
    ],
)
def test_a_function_reads_its_notation(text: str, value: Any, found: Any) -> None:
    assert Expression(text).search(value) == found


@pytest.mark.parametrize("name", FUNCTIONS)
@given(value=ANYTHING)
def test_no_value_is_too_much_for_a_function(name: str, value: Any) -> None:
    Expression(f"{name}(@)").search(value)


@pytest.mark.parametrize("text", ["keys(@)", "join(',', @)", "sort(@)", "length(@)"])
def test_a_value_of_the_wrong_form_is_unfit_and_is_not_repeated(text: str) -> None:
    with pytest.raises(Unfit) as caught:
        Expression(text).search(7357_7357)
    assert "73577357" not in repr(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__


def test_what_jmespath_fails_on_itself_is_unfit_as_well() -> None:
    nested: Any = "a"
    for _ in range(10_000):
        nested = [nested]
    for text, value in (("@ > `1`", "7357"), ("to_string(@)", nested)):
        with pytest.raises(Unfit) as caught:
            Expression(text).search(value)
        assert "7357" not in repr(caught.value)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("spec.[", "no expression"),
        ("spec.rules[", "no expression"),
        ("lookup(@)", r"there is no function lookup\(\)"),
        ("a.{b: [nested(@)]}", r"there is no function nested\(\)"),
        ("", "no expression"),
        ("a" * (MAX_LENGTH + 1), "at most 4000 characters"),
    ],
)
def test_what_is_no_expression_is_refused(text: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        Expression(text)


@given(st.text(max_size=40))
def test_no_userinfo_is_left_of_a_url(text: str) -> None:
    assert "canary" not in without_secrets(f"https://canary:canary@host.example/?canary={text}")
    without_secrets(text)


@pytest.mark.parametrize(
    ("text", "public"),
    [
        ("https://u:p@a.example:1/x?y#z", "https://a.example:1/x"),
        ("//a.example", "a.example"),
        ("a.example:80", "a.example:80"),
        ("http://[2001:db8::1]:80/", "http://[2001:db8::1]:80/"),
        ("http://a:b:c", ""),
    ],
)
def test_a_url_keeps_what_is_public(text: str, public: str) -> None:
    assert without_secrets(text) == public
