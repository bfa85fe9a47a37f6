from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apiscape.cli.table import (
    NARROWEST,
    UNLIMITED,
    Column,
    cell_width,
    cut,
    cut_inside,
    fit,
    fold,
    output_width,
    render_table,
    staying,
)

COLUMNS = [Column("NAME", gives_way=True), Column("OPS", right=True), Column("UID")]


def test_columns_line_up_and_figures_stand_right() -> None:
    assert render_table(COLUMNS, [["tax", "7", "u-1"], ["payments", "12", "u-2"]], width=80) == (
        "NAME      OPS  UID\ntax         7  u-1\npayments   12  u-2\n"
    )


def test_a_narrow_terminal_cuts_what_may_give_way_and_no_more() -> None:
    table = render_table(COLUMNS, [["a-very-long-name-of-an-api", "12", "u-2"]], width=20)
    assert table.splitlines()[1] == "a-very-lo…   12  u-2"
    assert all(cell_width(line) <= 20 for line in table.splitlines())


@pytest.mark.parametrize(
    ("natural", "width", "fitted"),
    [
        ([40, 40], 50, [25, 25]),
        ([40, 40], 51, [26, 25]),
        ([40, 40, 30], 90, [30, 30, 30]),
        ([40, 40, 30], 80, [27, 27, 26]),
        ([40, 20], 50, [30, 20]),
    ],
)
def test_of_equally_wide_columns_each_gives_its_share(
    natural: list[int], width: int, fitted: list[int]
) -> None:
    assert fit(natural, [True] * len(natural), width) == fitted


def test_what_may_not_give_way_is_kept_even_where_it_does_not_fit() -> None:
    assert "u-2" * 20 in render_table(COLUMNS, [["name", "12", "u-2" * 20]], width=20)


def test_hostile_text_never_reaches_the_terminal() -> None:
    table = render_table(COLUMNS, [["\x1b]0;title\x07[/oops]\u202e", "1", "u"]], width=80)
    assert "\x1b" not in table
    assert "\u202e" not in table
    assert "[/oops]" in table


@given(st.text(max_size=30), st.integers(1, 40))
def test_a_cut_text_fits(text: str, width: int) -> None:
    assert cell_width(cut(text, width)) <= max(width, 1)


def test_wide_and_combining_characters_take_the_cells_they_take() -> None:
    assert (cell_width("税金"), cell_width("e\u0301"), cell_width("abc")) == (4, 1, 3)


@given(
    st.lists(st.tuples(st.integers(1, 60), st.booleans()), min_size=1, max_size=8),
    st.integers(10, 120),
)
def test_columns_fit_while_any_may_give_way(columns: list[tuple[int, bool]], width: int) -> None:
    natural, gives_way = [c[0] for c in columns], [c[1] for c in columns]
    fitted = fit(natural, gives_way, width)
    assert all(new <= old for new, old in zip(fitted, natural, strict=True))
    spare = [w for w, give in zip(fitted, gives_way, strict=True) if give and w > NARROWEST]
    assert sum(fitted) <= width or not spare


def test_a_pipe_has_no_width() -> None:
    assert output_width(io.StringIO()) == UNLIMITED


def test_what_is_cut_inside_keeps_the_end_that_tells_it_from_others() -> None:
    assert cut_inside("prod/111122223333/eu-west-1", 20) == "prod/11…33/eu-west-1"
    assert cut_inside("short", 20) == "short"
    column = Column("SCOPE", gives_way=True, cut_inside=True)
    assert "eu-west-1" in render_table([column], [["prod/1111/eu-west-1"]], width=16)


@given(st.text(max_size=30), st.integers(3, 40))
def test_a_text_cut_inside_fits(text: str, width: int) -> None:
    assert cell_width(cut_inside(text, width)) <= width


def test_columns_leave_in_their_order_until_the_rest_has_room() -> None:
    columns = [Column("A"), Column("B", leaves=2), Column("C", leaves=1), Column("D")]
    natural = [10, 10, 10, 10]
    assert staying(columns, natural, 46) == [0, 1, 2, 3]
    assert staying(columns, natural, 45) == [0, 1, 3]
    assert staying(columns, natural, 30) == [0, 3]
    assert staying(columns, natural, 5) == [0, 3]


def test_a_column_is_cut_to_its_comfort_before_another_leaves() -> None:
    columns = [Column("A", gives_way=True, comfort=8), Column("B", leaves=1)]
    assert staying(columns, [50, 10], 20) == [0, 1]
    assert staying(columns, [50, 10], 19) == [0]


def test_words_are_folded_and_what_people_copy_stays_whole() -> None:
    assert fold("one two three", 9, indent="  ", further="  ") == ["  one two", "    three"]
    assert fold("x" * 30, 10) == ["x" * 30]
    assert fold("", 10) == []
