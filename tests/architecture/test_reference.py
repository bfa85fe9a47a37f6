"""The writer of the reference pages reads docstrings and schemas as people mean them."""

from __future__ import annotations

from typing import Any

import pytest

from tests.tools import reference

DESCRIPTION = """What it is.

Attributes:
    host, port: Where it listens,
        on this machine.
    proxy: URL: with a colon.

Raises:
    ValueError: never.
"""


def test_attributes_are_read_by_name_over_several_lines() -> None:
    said = reference.attributes(DESCRIPTION)
    assert said["host"] == said["port"] == "Where it listens, on this machine."
    assert said["proxy"] == "URL: with a colon."


def test_a_docstring_without_attributes_says_nothing() -> None:
    assert reference.attributes("What it is.") == {}


def test_the_opening_ends_where_the_sections_begin() -> None:
    assert reference.opening(DESCRIPTION) == "What it is.\n"


@pytest.mark.parametrize(
    ("schema", "words"),
    [
        ({"type": "string"}, "text"),
        ({"type": "string", "format": "date"}, "date"),
        ({"type": "integer"}, "integer"),
        ({"anyOf": [{"type": "string"}, {"type": "null"}]}, "text or nothing"),
        ({"type": "array", "items": {"$ref": "#/$defs/Rate"}}, "list of [Rate](#rate)"),
        ({"type": "object", "additionalProperties": {"type": "number"}}, "by name, number"),
        ({"enum": ["a", "b"]}, "`a`, `b`"),
        ({}, "anything"),
        ({"type": "array"}, "list of anything"),
    ],
)
def test_a_schema_is_said_in_words(schema: dict[str, Any], words: str) -> None:
    assert reference.holds(schema) == words


@pytest.mark.parametrize(
    ("value", "words"), [(None, "null"), (True, "true"), (0, "0"), ("x", "x"), ([], "[]")]
)
def test_a_default_is_said_as_yaml(value: object, words: str) -> None:
    assert reference.plain(value) == words


def test_keys_are_a_table_with_what_is_required() -> None:
    part = {
        "description": DESCRIPTION,
        "properties": {"host": {"type": "string"}, "port": {"type": "integer", "default": 80}},
        "required": ["host"],
    }
    lines = reference.keys(part).splitlines()
    assert lines[2] == "| `host` | text | required | Where it listens, on this machine. |"
    assert lines[3] == "| `port` | integer | `80` | Where it listens, on this machine. |"


def test_a_key_without_a_word_is_named() -> None:
    part = {"description": DESCRIPTION, "properties": {"host": {}, "silent": {}}}
    assert reference.undocumented({"$defs": {"Settings": part}}) == ["Settings.silent"]


def test_a_page_of_what_does_not_exist_yet_is_nothing() -> None:
    def page() -> str:
        raise ModuleNotFoundError(name="apiscape.later")

    assert reference.written(page) is None


def test_a_page_that_fails_for_another_reason_fails() -> None:
    def page() -> str:
        raise ModuleNotFoundError(name="somebody_elses")

    with pytest.raises(ModuleNotFoundError):
        reference.written(page)


def test_checking_names_what_differs_and_writes_nothing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(reference, "PAGES", {"docs/reference/none.md": lambda: "new"})
    assert reference.main(["--check"]) == 1
    assert capsys.readouterr().out == "differs docs/reference/none.md\n"
    assert not (reference.ROOM / "docs/reference/none.md").exists()


def test_writing_writes_and_is_then_current(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(reference, "PAGES", {"docs/a.md": lambda: "new"})
    monkeypatch.setattr(reference, "ROOM", tmp_path)
    assert reference.main([]) == 0
    assert (tmp_path / "docs/a.md").read_text("utf-8") == reference.NOTE + "\nnew\n"
    assert reference.main(["--check"]) == 0
    assert capsys.readouterr().out == "wrote docs/a.md\n"
