"""Whether a member of an answer is set, missing, or nothing that anybody understands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from apiscape.collectors.aws.picking import is_missing, is_set, opted


@pytest.mark.parametrize(
    ("item", "path", "kind", "said"),
    [
        ({"a": "x"}, ("a",), str, True),
        ({"a": ""}, ("a",), str, False),
        ({}, ("a",), str, False),
        (None, ("a",), str, False),
        (7, ("a",), str, None),
        ({"a": 7}, ("a",), str, None),
        ({"a": {"b": "x"}}, ("a", "b"), str, True),
        ({"a": None}, ("a", "b"), str, False),
        ({"a": 7}, ("a", "b"), str, None),
        ({"a": {}}, ("a",), Mapping, False),
        ({"a": {"b": 1}}, ("a",), Mapping, True),
        ({"a": "x"}, ("a",), Mapping, None),
        ({"a": [1]}, ("a",), Sequence, True),
        ({"a": "x"}, ("a",), Sequence, None),
    ],
)
def test_whether_something_is_set(
    item: Any, path: tuple[str, ...], kind: type[object], said: bool | None
) -> None:
    assert is_set(item, *path, kind=kind) is said


def test_whether_something_is_opted_for() -> None:
    said = {None: False, True: True, False: False, 7: None, "true": None}
    assert {value: opted({"a": value}, "a") for value in said} == {**said, True: True}
    assert (opted({}, "a"), opted(7, "a")) == (False, None)
    assert (is_missing({}, "a"), is_missing({"a": 0}, "a"), is_missing(7, "a")) == (
        True,
        False,
        False,
    )
