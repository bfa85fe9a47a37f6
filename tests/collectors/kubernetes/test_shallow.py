"""One object that is nested without end, or is no text at all, does not hide the others."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from apiscape.collectors.contract import CollectorError
from apiscape.collectors.kubernetes.objects import Decoder, Odd, Thing
from apiscape.collectors.kubernetes.shallow import CUT, MAX_NESTING, shallow
from apiscape.model.vocabulary import ErrorKind

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(max_size=5)
    | st.sampled_from(['"', "\\", "[{"]),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3)
    ),
    max_leaves=10,
)


class Deep(Thing):
    """An object of which a field is whatever it is."""

    spec: Any = None


def nested(depth: int) -> bytes:
    return b"[" * depth + b"]" * depth


def made(name: str, spec: bytes, field: bytes = b"spec") -> bytes:
    metadata = b'{"name":"%s","namespace":"shop","resourceVersion":"7"}' % name.encode()
    return b'{"metadata":%s,"%s":%s}' % (metadata, field, spec)


def page(*items: bytes) -> bytes:
    return b'{"metadata":{"resourceVersion":"9","continue":"more"},"items":[%s]}' % b",".join(items)


@given(value=JSON)
def test_what_is_not_deep_stays_as_it_is(value: Any) -> None:
    body = msgspec.json.encode(value)
    assert shallow(body) == body


@pytest.mark.parametrize("more", [0, 1, 5, 20_000])
def test_only_what_is_too_deep_is_cut(more: int) -> None:
    body = b'{"a":%s,"b":"]}"}' % nested(MAX_NESTING - 1 + more)
    left = msgspec.json.decode(shallow(body))
    assert left["b"] == "]}"
    assert (CUT in shallow(body)) == bool(more)


@pytest.mark.parametrize("field", [b"spec", b"elsewhere"])
@pytest.mark.parametrize("depth", [1_500, 100_000])
def test_an_object_that_is_too_deep_is_odd_and_the_others_are_there(
    field: bytes, depth: int
) -> None:
    body = page(made("before", b"{}"), made("deep", nested(depth), field), made("after", b"{}"))
    found = Decoder(Deep).page(body, "list")
    assert [each.metadata.name for each in found.items] == ["before", "after"]
    assert found.odd == (Odd("shop/deep", "is nested too deep", "7"),)
    assert (found.version, found.go_on) == ("9", "more")


def test_an_event_of_one_that_is_too_deep_says_of_which() -> None:
    line = b'{"type":"MODIFIED","object":%s}' % made("deep", nested(5_000))
    event = Decoder(Deep).event(line, "watch")
    assert (event.kind, event.version) == ("MODIFIED", "7")
    assert event.item == Odd("shop/deep", "is nested too deep", "7")


def test_one_of_the_wrong_form_beside_one_that_is_too_deep_is_odd_as_well() -> None:
    wrong = b'{"metadata":{"name":"wrong","labels":7}}'
    found = Decoder(Deep).page(page(wrong, made("deep", nested(5_000)), made("a", b"1")), "list")
    assert [each.key for each in found.odd] == ["wrong", "shop/deep"]
    assert [each.key for each in found.items] == ["shop/a"]


@pytest.mark.parametrize(
    "body", [b'{"items":["\xff"]}', b'{"items":[' + b"[" * 5_000, b"[" * 5_000, b"\xff\xfe"]
)
def test_what_is_no_list_at_all_is_malformed(body: bytes) -> None:
    with pytest.raises(CollectorError) as caught:
        Decoder(Deep).page(body, "list")
    assert caught.value.kind is ErrorKind.MALFORMED


@pytest.mark.parametrize("line", [b'{"type":"ADDED","object":' + b"[" * 5_000, b"\xff"])
def test_what_is_no_event_is_malformed(line: bytes) -> None:
    with pytest.raises(CollectorError) as caught:
        Decoder(Deep).event(line, "watch")
    assert caught.value.kind is ErrorKind.MALFORMED
