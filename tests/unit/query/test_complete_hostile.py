"""Whatever an inventory holds: what is offered at the cursor is a view, and goes on from what was typed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apiscape.query import FIELDS, complete, parse
from apiscape.query.complete import item_before
from apiscape.query.fields import Field, Kind
from apiscape.query.syntax import AnyOf, Literal, Nothing
from apiscape.query.tokens import can_stand
from tests.strategies import HOSTILE, POOL

VALUED = [field for field in FIELDS.values() if field.kind in {Kind.TERM, Kind.TEXT}]
VALUES = st.lists(st.sampled_from([*POOL, *HOSTILE, "", "\x00", "\ud800"]) | st.text(max_size=4))


@given(st.sampled_from(VALUED), VALUES, st.sampled_from(["", "-", "/"]))
def test_every_value_that_is_offered_is_a_view_that_asks_for_it(
    field: Field, values: list[str], sign: str
) -> None:
    text = f"{sign}{field.name}:"
    offered: set[str] = set()
    for answer in complete(text, len(text), {field.name: values}):
        [term] = parse(answer).terms
        assert isinstance(term, AnyOf)
        assert (term.field, term.negated) == (field.name, sign == "-")
        [value] = term.values
        offered.add(value.text if isinstance(value, Literal) else str(value))
    assert set(Nothing) <= offered
    if field.name != "tag":  # a tag without a value is asked for by its key
        assert {value.casefold() for value in values if can_stand(value)} <= offered


@given(st.sampled_from(["owner", "region", "gateway"]), VALUES, st.integers(1, 3))
def test_a_value_is_found_by_its_beginning_and_not_by_another(
    name: str, values: list[str], length: int
) -> None:
    for value in filter(can_stand, values):
        begun = value.casefold()[:length]
        text = f"{name}:{begun}"
        answers = complete(text, len(text), {name: [value, "zzz-other"]})
        assert not begun.isalnum() or answers
        assert (f"{name}:zzz-other" in answers) is "zzz-other".startswith(begun)


@pytest.mark.parametrize("value", ["\x1b[31mred", "two\nlines", "a\rb", "\x7f", "\ud800", ""])
def test_what_no_view_can_hold_is_not_offered(value: str) -> None:
    assert complete("owner:", 6, {"owner": [value, "tax"]}) == [
        "owner:tax",
        "owner:none",
        "owner:unknown",
    ]


@pytest.mark.parametrize("value", ["tab\tbed", "a b", 'a"b', "a\\", "ß", "\u2028", "-", "/"])
def test_what_stands_in_quotes_is_offered(value: str) -> None:
    [first, *_] = complete("owner:", 6, {"owner": [value]})
    assert parse(first).terms == (AnyOf("owner", (Literal(value.casefold()),)),)


def test_a_value_of_the_vocabulary_is_offered_once() -> None:
    answers = complete("health:", 7, {"health": ["failing", "Healthy", "odd"]})
    assert answers.count("health:failing") == answers.count("health:healthy") == 1
    assert answers[-2:] == ["health:odd", "health:none"]


@given(st.text(alphabet='ab:,"\\- ', max_size=16), st.integers(0, 16))
def test_the_item_before_the_cursor_ends_at_it(text: str, cursor: int) -> None:
    item = item_before(text, cursor)
    assert text[:cursor].endswith(item)
    assert not item.startswith(" ")
    assert item_before(f"x {item}", len(item) + 2) == item or item.count('"') % 2


@given(st.sampled_from(list(FIELDS)), st.integers(1, 4))
def test_a_name_is_completed_from_any_beginning(name: str, length: int) -> None:
    answers = complete(name[:length].upper(), length)
    assert name in {answer.rstrip(":<>") for answer in answers}
    assert all(answer.startswith(name[:length]) for answer in answers)
