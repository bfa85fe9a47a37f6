from __future__ import annotations

import io

from hypothesis import given
from hypothesis import strategies as st

from apiscape.cli.table import (
    NARROWEST,
    UNLIMITED,
    Column,
    cell_width,
    cut,
    fit,
    output_width,
    render_table,
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
