"""Rules of authorization: which requests they are for, and when nobody can tell."""

from __future__ import annotations

import itertools
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from apiscape.collectors.kubernetes.exposed import Match
from apiscape.collectors.kubernetes.istio.matching import (
    Request,
    all_of,
    any_of,
    is_to,
    opposite,
    path_fits,
    word_fits,
)
from apiscape.collectors.kubernetes.istio.security import To

SURE = st.sampled_from([True, False, None])


def to(*operations: dict[str, Any]) -> list[To]:
    return [msgspec.convert({"operation": each}, To) for each in operations]


def request(path: str = "/a", kind: str = "exact", method: str = "GET", **given: Any) -> Request:
    return Request(Match(path=path, path_type=kind, method=method), **given)


@pytest.mark.parametrize(
    ("value", "path", "kind", "fits"),
    [
        ("*", "/a", "regex", True),
        ("/*", "/a", "own", True),
        ("/{**}", "/a", "regex", True),
        ("/a", "/a", "regex", None),
        ("/a", "/a", "exact", True),
        ("/a", "/b", "exact", False),
        ("/a*", "/ab", "exact", True),
        ("/b*", "/ab", "exact", False),
        ("*.json", "/a.json", "exact", True),
        ("*.json", "/a.xml", "exact", False),
        ("/{*}/b", "/a/b", "exact", True),
        ("/{*}/b", "//b", "exact", False),
        ("/{*}/b", "/a/c", "exact", False),
        ("/{*}/b", "/a/b/c", "exact", False),
        ("/a/{**}", "/a/b/c", "exact", True),
        ("/a/{**}", "/b/c", "exact", False),
        ("/a/{**}/z", "/a/b/c/z", "exact", True),
        ("/a/{**}/z", "/a/b/c", "exact", False),
        ("/a/{**}/y/z", "/a/z", "exact", False),
        ("/a", "/a", "prefix", None),
        ("/a/b", "/a", "prefix", None),
        ("/b", "/a", "prefix", False),
        ("/a*", "/a", "prefix", True),
        ("/a*", "/a/b", "prefix", True),
        ("/a/*", "/a", "prefix", None),
        ("/b/*", "/a", "prefix", False),
        ("*.json", "/a", "prefix", None),
        ("/a/{*}/b", "/a", "prefix", None),
        ("/b/{*}", "/a", "prefix", False),
        ("/a/{*}", "/a/x", "prefix", None),
    ],
)
def test_which_paths_a_value_stands_for(
    value: str, path: str, kind: str, fits: bool | None
) -> None:
    assert path_fits(value, Match(path=path, path_type=kind)) is fits


SEGMENTS = st.lists(st.sampled_from(["a", "b"]), max_size=3).map(lambda told: "/" + "/".join(told))
VALUES = st.one_of(SEGMENTS, SEGMENTS.map(lambda path: f"{path}*"), SEGMENTS.map(lambda p: f"*{p}"))


@given(value=VALUES, prefix=SEGMENTS, path=SEGMENTS)
def test_what_is_said_of_a_prefix_holds_of_each_path_that_begins_so(
    value: str, prefix: str, path: str
) -> None:
    whole = path_fits(value, Match(path=prefix, path_type="prefix"))
    if whole is not None:
        under = prefix.rstrip("/") + path
        assert word_fits(value, under) is whole


@pytest.mark.parametrize(
    ("operations", "asked", "told"),
    [
        ([{}], request(), True),
        ([{"methods": ["GET"]}], request(), True),
        ([{"methods": ["POST"]}], request(), False),
        ([{"methods": ["POST"]}, {"methods": ["GET"]}], request(), True),
        ([{"methods": ["GET"]}], request(method="ANY"), None),
        ([{"methods": ["*"]}], request(method="ANY"), True),
        ([{"methods": ["GET"], "paths": ["/b"]}], request(), False),
        ([{"notMethods": ["GET"]}], request(), False),
        ([{"notPaths": ["/b"]}], request(), True),
        ([{"notPaths": ["/a"]}], request(), False),
        ([{"hosts": ["a.example"]}], request(hosts=("a.example",)), True),
        ([{"hosts": ["A.example"]}], request(hosts=("a.EXAMPLE:443",)), True),
        ([{"hosts": ["b.example"]}], request(hosts=("a.example",)), False),
        ([{"hosts": ["a.example"]}], request(hosts=("a.example", "b.example")), None),
        ([{"hosts": ["a.example"]}], request(), None),
        ([{"hosts": ["*"]}], request(), True),
        ([{"hosts": ["*.example"]}], request(hosts=("*.a.example",)), True),
        ([{"hosts": ["x.a.example"]}], request(hosts=("*.a.example",)), None),
        ([{"hosts": ["x.a.example"]}], request(hosts=("",)), None),
        ([{"notHosts": ["a.example"]}], request(hosts=("a.example",)), False),
        ([{"ports": ["443"]}], request(port=443), True),
        ([{"ports": ["443"]}], request(port=80), False),
        ([{"ports": ["443"]}], request(), None),
        ([{"notPorts": ["443"]}], request(port=80), True),
        ([{"notPorts": ["443"]}], request(), None),
    ],
)
def test_which_requests_operations_are_of(
    operations: list[dict[str, Any]], asked: Request, told: bool | None
) -> None:
    assert is_to(to(*operations), asked) is told


@pytest.mark.parametrize(
    ("value", "word", "fits"),
    [
        ("*", "", True),
        ("GET", "GET", True),
        ("GET", "get", False),
        ("P*", "PUT", True),
        ("*T", "PUT", True),
        ("*T", "HEAD", False),
    ],
)
def test_which_words_a_value_stands_for(value: str, word: str, fits: bool) -> None:
    assert word_fits(value, word) is fits


def test_rules_without_operations_are_for_all_requests() -> None:
    assert is_to(None, request()) is True
    assert is_to([], request()) is True
    assert is_to([To()], request()) is True


@given(told=st.lists(SURE, max_size=4))
def test_what_is_told_is_what_all_guesses_agree_on(told: list[bool | None]) -> None:
    guesses = list(
        itertools.product(*([each] if each is not None else [True, False] for each in told))
    )
    for of, plain in ((all_of, all), (any_of, any)):
        answers = {plain(guess) for guess in guesses}
        assert of(told) == (answers.pop() if len(answers) == 1 else None)


def test_the_opposite_of_what_nobody_can_tell_nobody_can_tell() -> None:
    assert [opposite(each) for each in (True, False, None)] == [False, True, None]
