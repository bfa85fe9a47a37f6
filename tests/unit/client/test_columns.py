"""Columns that know their few values say the same as plain ones, and go over the wire as quickly as they can."""

from __future__ import annotations

import gc
from typing import Any

import msgspec
import pytest

from apiscape.client import wire
from apiscape.client.columns import Spread, collector_at_rest, picker
from apiscape.client.wire import DECODERS, RawColumn, read_column, write_column
from apiscape.model.values import UNKNOWN


def again(column: list[Any], name: str = "name") -> list[Any]:
    """Return a column that went over the wire."""
    data = msgspec.msgpack.encode(write_column(column))
    return read_column(msgspec.msgpack.decode(data, type=RawColumn), DECODERS[name])


def test_a_spread_column_is_the_list_of_its_values() -> None:
    column = Spread(["a", None], [0, 1, -1, 0])
    assert column == ["a", None, UNKNOWN, "a"]
    assert again(column) == column


def test_what_a_spread_column_knows_is_written_without_looking_again() -> None:
    written = write_column(Spread(["a", "never used"], [0, 0, 0, -1]))
    assert (written.values, written.places) == (["a", "never used"], [0, 0, 0, -1])


def test_a_spread_column_of_many_values_is_written_as_a_plain_one() -> None:
    assert write_column(Spread(["a", "b"], [0, 1])) == write_column(["a", "b"])


@pytest.mark.parametrize(
    ("column", "has_places"),
    [
        ([f"n{number}" for number in range(3000)], False),
        ([f"n{number}" for number in range(2999)] + [UNKNOWN], True),
        (["a"] * 3000, True),
        (["a"] * 2000 + [f"n{number}" for number in range(2000)], False),
        ([f"n{number}" for number in range(1100)] + ["a"] * 3000, False),
        ([], True),
    ],
)
def test_a_long_column_is_told_by_its_first_rows_and_never_loses_what_is_unknown(
    column: list[Any], has_places: bool
) -> None:
    assert (write_column(column).places is not None) is has_places
    assert again(column) == column


def test_the_sample_is_of_long_columns_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wire, "_SAMPLE", 2)
    assert write_column(["a", "b", "a", "a"]).places is None
    assert write_column(["a", "a"]).places == [0, 0]


@pytest.mark.parametrize("keys", [[], ["a"], ["c", "a", "b"]])
def test_a_picker_puts_every_column_in_the_order_of_the_keys(keys: list[str]) -> None:
    pick = picker(keys)
    assert list(pick(keys)) == sorted(keys)
    assert list(pick(range(len(keys)))) == sorted(range(len(keys)), key=keys.__getitem__)


@pytest.mark.parametrize("works", [True, False])
def test_the_collector_is_left_as_it_was(works: bool) -> None:
    was = gc.isenabled()
    try:
        (gc.enable if works else gc.disable)()
        with collector_at_rest():
            assert not gc.isenabled()
        assert gc.isenabled() is works
    finally:
        (gc.enable if was else gc.disable)()
