"""Whom changes are told to: checked as a whole, and nothing that may be secret is repeated."""

from __future__ import annotations

from typing import get_args

import pytest

from apiscape.model.vocabulary import ChangeKind
from apiscape.settings.schema import ChangeWord, Notify
from tests.unit.settings.test_load import read, refusal

LEAST = (
    "notify:\n  - {name: desk, url: 'https://hooks.example/x?key=planted', secrets: ['env:KEY']}\n"
)


def entry(**values: str) -> str:
    known = {"name": "desk", "url": "'https://h.example/'", "secrets": "['env:KEY']"} | values
    return (
        "notify:\n  - name: "
        + known.pop("name")
        + "".join(f"\n    {key}: {value}" for key, value in known.items())
    )


def test_what_is_written_is_read_and_the_rest_has_defaults() -> None:
    (target,) = read(LEAST).notify
    assert target == Notify(
        name="desk", url="https://hooks.example/x?key=planted", secrets=("env:KEY",)
    )
    assert (target.view, target.kinds, target.digest_s, target.most_per_minute) == ("", (), 0.0, 20)
    whole = entry(
        secrets="['env:KEY', 'file:/run/key']",
        view="'health:failing'",
        kinds="[health, retired]",
        digest_s="3600",
        most_per_minute="5",
        url="'http://10.1.2.3:8080/'",
        allow="[10.0.0.0/8]",
    )
    (target,) = read(whole).notify
    assert (target.kinds, target.allow) == (("health", "retired"), ("10.0.0.0/8",))
    assert read("").notify == ()


def test_the_kinds_are_those_of_the_log() -> None:
    assert get_args(ChangeWord) == tuple(kind.value for kind in ChangeKind)


@pytest.mark.parametrize(
    ("values", "line", "words"),
    [
        ({"name": "Desk"}, 2, "lower-case letters"),
        ({"url": "'ftp://h.example/'"}, 3, "not an address of http or https"),
        ({"url": "'https:///x'"}, 3, "not an address of http or https"),
        ({"url": "'https://h.example:99999/'"}, 3, "not an address"),
        ({"url": "'https://[::1/'"}, 3, "not an address"),
        ({"url": "'https://user:planted@h.example/'"}, 3, "a credential in the address"),
        ({"url": "'http://h.example/'"}, 3, "http goes in clear"),
        ({"secrets": "[]"}, 4, "secrets"),
        (
            {"secrets": "['whsec_planted']"},
            4,
            "'secrets': where a secret is: env:NAME or file:/PATH",
        ),
        (
            {"secrets": "['file:relative']"},
            4,
            "'secrets': where a secret is: env:NAME or file:/PATH",
        ),
        ({"kinds": "[exploded]"}, 5, "kinds"),
        ({"view": "'nofield:x'"}, 5, "nofield"),
        ({"allow": "[10.0.0.1/8]"}, 5, "not a network"),
        ({"most_per_minute": "0"}, 5, "most_per_minute"),
        ({"digest_s": "-1"}, 5, "digest_s"),
    ],
)
def test_what_is_wrong_is_refused_with_its_line(
    values: dict[str, str], line: int, words: str
) -> None:
    message, where = refusal(entry(**values))[:2]
    assert (where, words in message) == (line, True), message
    assert "planted" not in message


def test_a_name_stands_once() -> None:
    twice = entry() + "\n" + entry().removeprefix("notify:\n")
    assert "stands twice" in refusal(twice)[0]
