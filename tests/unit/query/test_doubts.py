"""Words that look mistyped: said, and never an error."""

from __future__ import annotations

import pytest

from apiscape.query import doubts, parse


@pytest.mark.parametrize(
    ("view", "words"),
    [
        ("health:failng", ["health:failng: did you mean failing?"]),
        ("-health:failng,idle tax", ["health:failng: did you mean failing?"]),
        (
            "env:producton,stageing",
            [
                "environment:producton: did you mean production?",
                "environment:stageing: did you mean staging?",
            ],
        ),
        ("health:failing", []),
        ("health:FAILING", []),
        ("health:none", []),
        ("health:unknown", []),
        ("health:fail*", []),
        ("health:quarantined", []),
        ("owner:failng", []),
        ("failng health:/x/", None),
        ("5xx>1 seen<2d", []),
    ],
)
def test_a_word_that_looks_like_one_of_the_vocabulary_is_doubted(
    view: str, words: list[str] | None
) -> None:
    if words is None:  # a pattern stands for texts alone
        words, view = [], view.replace("health:/x/", "name:/x/")
    assert [str(doubt) for doubt in doubts(parse(view))] == words
