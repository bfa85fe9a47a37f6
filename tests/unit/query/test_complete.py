from __future__ import annotations

import pytest

from apiscape.query import FIELDS, complete, parse
from apiscape.query.complete import item_before

SEEN = {"owner": ["Team Tax", "tax"], "region": ["eu-west-1", "eu-west-2"]}


def offered(text: str) -> list[str]:
    return complete(text, len(text), SEEN)


@pytest.mark.parametrize(
    ("text", "answers"),
    [
        ("hea", ["health:"]),
        ("HEA", ["health:"]),
        ("-hea", ["-health:"]),
        ("/hea", ["/health:"]),
        ("5x", ["5xx>"]),
        ("cha", ["changed<"]),
        ("una", ["unauthenticated>"]),
        ("und", ["undecided:"]),
        ("-und", []),
        ("anon", ["anonymous>"]),
        ("env", ["environment:"]),
        ("zz", []),
        ("tax-", []),
        ("https://", []),
        ('"team', []),
    ],
)
def test_names_are_completed_with_their_operator(text: str, answers: list[str]) -> None:
    assert offered(text) == answers


@pytest.mark.parametrize(
    ("text", "answers"),
    [
        ("health:f", ["health:failing"]),
        ("-health:f", ["-health:failing"]),
        ("health:failing,D", ["health:failing,degraded"]),
        (
            "health:",
            [
                f"health:{word}"
                for word in ("healthy", "degraded", "failing", "idle", "unknown", "none")
            ],
        ),
        ("env:prod", ["env:production"]),
        ("auth:n", ["auth:none"]),
        ("region:", ["region:eu-west-1", "region:eu-west-2", "region:none", "region:unknown"]),
        ("owner:t", ['owner:"team tax"', "owner:tax"]),
        ('owner:"Te', ['owner:"team tax"']),
        ('owner:"a,b",te', ['owner:"a,b","team tax"']),
        ("5xx:n", ["5xx:none"]),
        ("undecided:", ["undecided:yes", "undecided:no"]),
        ("cols:name,pr", ["cols:name,provider", "cols:name,product", "cols:name,presence"]),
        ("cols:pat", []),
        ("sort:p95", ["sort:p95", "sort:p95:desc"]),
        ("sort:name,p95:", ["sort:name,p95:desc"]),
        ("at:", []),
        ("team:", []),
    ],
)
def test_values_are_completed_with_the_words_of_their_field(text: str, answers: list[str]) -> None:
    assert offered(text) == answers


def test_an_empty_item_may_become_any_field_or_directive() -> None:
    answers = offered("tax ")
    assert [answer.rstrip(":<>") for answer in answers[: len(FIELDS)]] == list(FIELDS)
    assert answers[len(FIELDS) :] == ["at:", "sort:", "cols:", "undecided:"]


def test_what_stands_after_the_cursor_does_not_matter() -> None:
    assert complete("hea tax", 3) == ["health:"]


@pytest.mark.parametrize(
    ("text", "item"),
    [
        ("", ""),
        ("tax ", ""),
        ("tax hea", "hea"),
        ('"a b" hea', "hea"),
        ('tax owner:"Team T', 'owner:"Team T'),
        ('owner:"a \\"b', 'owner:"a \\"b'),
        ('owner:"a\\', 'owner:"a\\'),
        ('owner:"a b","c', 'owner:"a b","c'),
    ],
)
def test_the_item_before_the_cursor_keeps_quoted_blanks(text: str, item: str) -> None:
    assert item_before(text, len(text)) == item


@pytest.mark.parametrize(
    "text", ["health:", "auth:", "owner:", "region:", "sort:p95", "cols:", "undecided:"]
)
def test_every_completed_value_is_a_view(text: str) -> None:
    answers = offered(text)
    assert answers
    for answer in answers:
        parse(answer)
