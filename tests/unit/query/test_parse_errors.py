from __future__ import annotations

import pytest

from apiscape.errors import Exit, QueryError
from apiscape.query import parse

ERRORS = [
    # words and patterns
    ('tax "team', 5, "this quote is not closed"),
    ('tax -"team', 6, "this quote is not closed"),
    ('"two\nlines"', 1, "this quote is not closed"),
    ('"team"tax', 7, "a space is missing"),
    ('tax ""', 5, "an empty phrase"),
    ("5xx > 1", 5, "an operator without a field"),
    ("5xx >1", 5, "an operator without a field"),
    ("health :failing", 8, "an operator without a field"),
    ("/(/", 2, "not a pattern: missing )"),
    ("tax -name:/a**/", 12, "not a pattern"),
    (f"/{'x' * 501}/", 502, "at most 500 characters"),
    # fields
    ("tax ownr:hmrc", 5, "no field ownr"),
    ("-ownr:hmrc", 2, "no field ownr"),
    ("ownr>1", 1, "no field ownr"),
    ("tax ownr:/x/", 5, "no field ownr"),
    ("arn:aws:apigateway", 1, "no field arn"),
    # values
    ("owner:", 7, "a value is missing"),
    ("owner: tax", 7, "a value is missing"),
    ("owner:tax,", 11, "a value is missing"),
    ("owner:a,,b", 9, "a value is missing"),
    ('owner:""', 7, "a value is missing"),
    ("5xx>", 5, "a value is missing"),
    ('owner:tax,"team', 11, "this quote is not closed"),
    ('owner:"team', 7, "this quote is not closed"),
    (f"owner:{','.join('x' * 65)}", 135, "at most 64 values"),
    ("product:/x/", 9, "product takes no /pattern/"),
    ("path:/a/,/b/", 8, "a pattern or a list?"),
    ("path:/a,/b/", 8, "a pattern or a list?"),
    ("ops:many", 5, "operations takes a number"),
    ("ops:1,1e3", 7, "operations takes a number"),
    ("ops:1*", 5, "operations takes a number"),
    ("changed:2d", 9, "changed is compared"),
    # comparisons
    ("health>2", 7, "health does not compare"),
    ("-name<=x", 6, "name does not compare"),
    ("5xx>x", 5, "5xx takes a number"),
    ("5xx>none", 5, "5xx takes a number"),
    ("ops>1,2", 7, "one bound"),
    ("changed>2y", 9, "changed takes an age"),
    ("changed>2026-13-01", 9, "changed takes an age"),
    # directives
    ("tax -sort:name", 5, "sort says how to show"),
    ("at>2026-09-30", 1, "at says how to show"),
    ("cols:/x/", 1, "cols says how to show"),
    ("sort:name sort:uid", 11, "sort: stands twice"),
    ("at:yesterday", 4, "at: takes"),
    ("at:2026-09-30,2026-10-01", 4, "at: takes"),
    ("sort:name,p95:down", 15, "the direction is asc or desc"),
    ("sort:nam", 6, "no field nam"),
    ("sort:path", 6, "path can be asked for, not sorted by or shown"),
    ("cols:name,tag", 11, "tag can be asked for, not sorted by or shown"),
    ("cols:name,id,name", 14, "name stands twice"),
    ("sort:host,url:desc", 11, "endpoint stands twice"),
    ("undecided:maybe", 11, "undecided: takes yes or no"),
    ("undecided:yes,no", 11, "undecided: takes yes or no"),
    # limits and characters
    ("x " * 65, 129, "at most 64 items"),
    ("x" * 4_001, 4_001, "at most 4,000 characters"),
    ("tax\x00", 4, "cannot hold this character"),
    ('owner:"\x1b[31m"', 8, "cannot hold this character"),
    ("\x85", 1, "cannot hold this character"),
    ("a\ud800", 2, "cannot hold this character"),
]


@pytest.mark.parametrize(("text", "column", "message"), ERRORS)
def test_an_error_points_at_the_place(text: str, column: int, message: str) -> None:
    with pytest.raises(QueryError) as refused:
        parse(text)
    assert message in refused.value.message
    assert refused.value.column == column
    shown = "".join(letter if letter.isprintable() else " " for letter in text)
    assert refused.value.pointer() == f"{shown}\n{' ' * (column - 1)}^"
    assert refused.value.exit_code is Exit.USAGE


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("ownr:x", "did you mean owner? a plain word goes in quotes"),
        ("zzzzz:x", "a plain word goes in quotes"),
        ("stat:x", "status"),
        ("health>2", "4xx, 5xx, p95 compare; write health:VALUE"),
        ("product:/x/", "name, title, gateway"),
        ("ops:many", "operations>10"),
        ("changed:2d", "changed>2d is older than two days"),
        ("owner:", "field:none"),
        ('"x', r"\""),
        ("/(/", "quotes look for the text as it stands"),
    ],
)
def test_the_hint_says_what_to_write_instead(text: str, hint: str) -> None:
    with pytest.raises(QueryError) as refused:
        parse(text)
    assert hint in (refused.value.hint or "")


def test_the_caret_stands_below_its_place_behind_wide_letters() -> None:
    with pytest.raises(QueryError) as refused:
        parse("税金 zzzzz:x")
    assert refused.value.pointer() == "税金 zzzzz:x\n     ^"
