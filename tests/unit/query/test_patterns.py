from __future__ import annotations

import re
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apiscape.query.patterns import PatternError, covers, regex_for


@pytest.mark.parametrize(
    ("parts", "text", "covered"),
    [
        (("", ""), "", True),
        (("", ""), "anything", True),
        (("eu-", ""), "eu-west-1", True),
        (("eu-", ""), "us-eu-1", False),
        (("", "-1"), "eu-west-1", True),
        (("", "-1"), "eu-west-2", False),
        (("eu", "1"), "eu1", True),
        (("aba", "ba"), "aba", False),
        (("a", "b", "c"), "a-b-c", True),
        (("a", "b", "c"), "a-c-b", False),
        (("a", "b", "b"), "ab", False),
        (("", "b", "b", ""), "xbx", False),
        (("", "100%", ""), "at 100% now", True),
        (("a_", ""), "abc", False),
    ],
)
def test_a_glob_covers_the_whole_text(parts: tuple[str, ...], text: str, *, covered: bool) -> None:
    assert covers(parts, text) is covered


@given(st.lists(st.text("ab", max_size=2), min_size=2, max_size=4), st.text("abc", max_size=8))
def test_globs_agree_with_regular_expressions(parts: list[str], text: str) -> None:
    expected = re.fullmatch(".*".join(map(re.escape, parts)), text) is not None
    assert covers(tuple(parts), text) is expected


@pytest.mark.parametrize(
    ("pattern", "text", "found"),
    [
        ("tax", "the tax api", True),
        ("TAX", "the tax api", True),
        ("^api", "tax\napi v1\nprod", True),
        ("v1$", "tax\napi v1\nprod", True),
        ("^prod$", "tax\nprod", True),
        (r"tax\sapi", "tax\napi", False),
        ("x[^b]a", "tax\napi", False),
        ("(?s)tax.api", "tax\napi", False),
        (r"a\ b", "a b", True),
        ("steuer|税", "das 税", True),
        ("x*", "", True),
    ],
)
def test_patterns_look_within_lines_without_regard_to_case(
    pattern: str, text: str, *, found: bool
) -> None:
    assert regex_for(pattern)(text) is found


@pytest.mark.parametrize("pattern", ["(", "a**", r"\1", "(?=a)", "((a{100}){100}){100}", "[z-a]"])
def test_what_cannot_run_in_linear_time_or_space_is_refused(pattern: str) -> None:
    with pytest.raises(PatternError) as refused:
        regex_for(pattern)
    assert str(refused.value)
    assert "(?m)" not in str(refused.value)


def test_the_refusal_says_why() -> None:
    with pytest.raises(PatternError, match=r"missing \): tax\("):
        regex_for("tax(")


def test_nothing_is_logged_for_a_bad_pattern(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(PatternError):
        regex_for("(never seen")
    assert capfd.readouterr().err == ""


def test_the_engine_is_loaded_by_the_first_pattern_only() -> None:
    code = (
        "import sys; from apiscape.query import parse; parse('tax name:a*b');"
        "early = 're2' in sys.modules; parse('/tax/'); print(early, 're2' in sys.modules)"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.split() == ["False", "True"]
