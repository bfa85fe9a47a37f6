"""The rule language of Traefik: what rules of both versions are for, and that no text is too much for it."""

from __future__ import annotations

import contextlib

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from apiscape.collectors.kubernetes.table.rule_language import (
    MAX_CASES,
    MAX_DEPTH,
    MAX_LENGTH,
    Case,
    NotARule,
    read_rule,
)


def host(name: str, **more: object) -> Case:
    return msgspec.structs.replace(Case(host=name), **more)


@pytest.mark.parametrize(
    ("text", "cases"),
    [
        ("Host(`a.example`)", [host("a.example")]),
        ("host(`A.Example`)", [host("a.example")]),
        ('Host("a.example")', [host("a.example")]),
        ("Host(`a.example`, `b.example`)", [host("a.example"), host("b.example")]),
        ("Path(`/x`)", [Case(path="/x", path_type="exact")]),
        ("PathPrefix(`/x`)", [Case(path="/x", path_type="prefix")]),
        ("PathRegexp(`^/v[0-9]+`)", [Case(path="^/v[0-9]+", path_type="regex")]),
        ("Path(`/{id:[0-9]{2,4}}/x`)", [Case(path="/{id}/x", path_type="exact")]),
        ("Method(`get`, `POST`)", [Case(method="GET"), Case(method="POST")]),
        ("Headers(`x`, `1`)", [Case(is_narrowed=True)]),
        ("Header(`x`, `1`) && Path(`/x`)", [Case(path="/x", path_type="exact", is_narrowed=True)]),
        ("Query(`a=b`)", [Case(is_narrowed=True)]),
        ("ClientIP(`192.0.2.0/24`, `198.51.100.0/24`)", [Case(is_narrowed=True)]),
        ("!Host(`a.example`)", [Case(is_narrowed=True)]),
        ("!!Method(`GET`)", [Case(is_narrowed=True)]),
        ("HostSNI(`*`)", [Case()]),
        ("HostSNI(`a.example`)", [host("a.example")]),
        ("HostRegexp(`{any:.+}.a.example`)", [host("*.a.example", is_narrowed=True)]),
        ("HostRegexp(`{any}.a.example`)", [host("*.a.example", is_narrowed=True)]),
        ("HostRegexp(`^.+\\.a\\.example$`)", [host("*.a.example", is_narrowed=True)]),
        ("HostRegexp(`a.example`)", [host("a.example")]),
        ("HostRegexp(`^[a-z]+$`)", [host("", is_narrowed=True)]),
        (
            "Host(`a`) && (Path(`/x`) || Path(`/y`)) && Method(`GET`)",
            [
                Case(host="a", path="/x", path_type="exact", method="GET"),
                Case(host="a", path="/y", path_type="exact", method="GET"),
            ],
        ),
        (
            "Host(`a`) && PathPrefix(`/x`) || Host(`b`)",
            [Case(host="a", path="/x", path_type="prefix"), host("b")],
        ),
        (
            "PathPrefix(`/x`) && Path(`/x/y`)",
            [Case(path="/x/y", path_type="exact", is_narrowed=True)],
        ),
        ("Host(`a`) && Host(`b`)", [host("b", is_narrowed=True)]),
        ("  Host ( `a` )  ", [host("a")]),
        ("Unheard(`of`)", [Case(is_narrowed=True)]),
        ('Path("/a\\"b")', [Case(path='/a"b', path_type="exact")]),
    ],
)
def test_a_rule_is_read(text: str, cases: list[Case]) -> None:
    assert list(read_rule(text)) == cases


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "a matcher is missing"),
        ("Host(`a`", ", is missing"),
        ("Host(`a`) &&", "a matcher is missing"),
        ("Host(`a`) Host(`b`)", "Host is not expected"),
        ("Host()", "has no value"),
        ("Host(a)", "not in quotes"),
        ("Host(`a` `b`)", ", is missing"),
        ("Host(`a`,", "a value is missing"),
        ("Host", r"\( is missing"),
        ("(Host(`a`)", r"\) is missing"),
        ("&& Host(`a`)", "&& is no matcher"),
        ("Host(`a", "character 6 is not expected"),
        ("Host(`a`) & Path(`b`)", "not expected"),
        ("(" * (MAX_DEPTH + 2) + "Host(`a`)" + ")" * (MAX_DEPTH + 2), "nested deeper"),
        ("!" * (MAX_DEPTH + 2) + "Host(`a`)", "nested deeper"),
        ("Host(`" + "a" * MAX_LENGTH + "`)", "longer than"),
        (" || ".join(["Host(`a`)"] * (MAX_CASES + 1)), "more than 256 cases"),
        ("Host(" + ",".join(["`a`"] * (MAX_CASES + 1)) + ")", "more than 256 cases"),
        (" && ".join(["Path(`/a`,`/b`)"] * 9), "more than 256 cases"),
    ],
)
def test_what_is_no_rule_is_refused_and_says_why(text: str, why: str) -> None:
    with pytest.raises(NotARule, match=why):
        read_rule(text)


@given(st.text(alphabet='HostPath(`a`)&|!," \\/{}:é', max_size=60))
def test_no_text_is_too_much(text: str) -> None:
    with contextlib.suppress(NotARule):
        assert 0 < len(read_rule(text)) <= MAX_CASES


NAMES = st.text(alphabet="abcdefghij.-/", min_size=1, max_size=8)
LEAVES = st.tuples(st.sampled_from(["Host", "Path", "PathPrefix", "Method"]), NAMES)
TREES = st.recursive(
    LEAVES.map(lambda leaf: f"{leaf[0]}(`{leaf[1]}`)"),
    lambda inner: st.one_of(
        st.tuples(inner, inner).map(lambda pair: f"({pair[0]} || {pair[1]})"),
        st.tuples(inner, inner).map(lambda pair: f"({pair[0]} && {pair[1]})"),
    ),
    max_leaves=5,
)


@given(TREES, TREES)
def test_an_alternative_has_the_cases_of_both_and_a_pair_one_for_each_two(
    one: str, other: str
) -> None:
    first, second = read_rule(one), read_rule(other)
    assert read_rule(f"{one} || {other}") == (*first, *second)
    assert len(read_rule(f"({one}) && ({other})")) == len(first) * len(second)
    assert read_rule(f"(({one}))") == first
    assert read_rule(f" {one}\n") == first


@given(TREES)
def test_whoever_asks_for_a_host_gets_no_other(tree: str) -> None:
    cases = read_rule(f"({tree}) && Host(`only.example`)")
    assert {each.host for each in cases} == {"only.example"}
