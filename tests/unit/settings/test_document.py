from __future__ import annotations

import pytest

from apiscape.errors import SettingsError
from apiscape.settings.document import parse_document

TEXT = """\
sources:
  - name: prod
    regions:
      - eu-west-1
      - eu-west-2
retention_days: 30
"""


@pytest.mark.parametrize(
    ("trail", "line"),
    [
        ((), 1),
        (("sources",), 1),
        (("sources", 0, "name"), 2),
        (("sources", 0, "regions", 1), 5),
        (("retention_days",), 6),
        (("sources", 0, "no", "such"), 2),
    ],
)
def test_every_value_knows_its_line(trail: tuple[str | int, ...], line: int) -> None:
    assert parse_document(TEXT, "f").line(trail) == line


VIEWS = """\
plain:  owner:tax helth:bad
quoted: "owner:tax helth:bad"
escaped: "owner:tax \\x68elth:bad"
folded: >
  owner:tax
  helth:bad
"""


@pytest.mark.parametrize(
    ("key", "place"),
    [("plain", (1, 19)), ("quoted", (2, 20)), ("escaped", (3, 1)), ("folded", (4, 1))],
)
def test_an_error_points_into_a_text_or_at_it_as_a_whole(key: str, place: tuple[int, int]) -> None:
    error = parse_document(VIEWS, "f").error_within("no field", (key,), 11)
    assert (error.line, error.column) == place
    assert error.place == f"f:{place[0]}:{place[1]}"


def test_a_value_that_a_variable_set_has_no_place_in_the_file() -> None:
    document = parse_document(VIEWS, "f")
    document.overridden = {("plain",): "APISCAPE_PLAIN"}
    assert document.error_within("no field", ("plain",), 11).place == "APISCAPE_PLAIN"


def test_a_document_may_hold_a_list_instead() -> None:
    assert parse_document("- 1\n", "f", list).data == [1]
    assert parse_document("", "f", list).data == []
    with pytest.raises(SettingsError, match="expected a list of entries at the root"):
        parse_document("a: 1\n", "f", list)


def test_scalars_are_what_yaml_says() -> None:
    data = parse_document("a: 1\nb: yes\nc: 2026-12-31\nd:\ne: 1.5\nf: '1'\n", "f").data
    assert (data["a"], data["b"], str(data["c"]), data["d"], data["e"], data["f"]) == (
        1,
        True,
        "2026-12-31",
        None,
        1.5,
        "1",
    )


def test_an_empty_document_is_an_empty_mapping_without_lines() -> None:
    document = parse_document("# nothing\n", "f")
    assert document.data == {}
    assert document.line(("sources",)) is None


@pytest.mark.parametrize(
    ("text", "message", "line"),
    [
        ("a: 1\nb: [1,\n", "not YAML", 3),
        ("a: 1\na: 2\n", "'a' stands twice", 2),
        ("- 1\n", "expected a mapping", 1),
        ("a: !!python/object:os.system x\n", "not YAML", 1),
        ("a: \x00\n", "not YAML", None),
        ("a: " + "[" * 60 + "]" * 60, "nested too deeply", 1),
        ("a: &x 1\nb: [" + ", ".join(["*x"] * 101) + "]\n", "too many aliases", 2),
    ],
)
def test_what_is_wrong_is_said_with_its_line(text: str, message: str, line: int | None) -> None:
    with pytest.raises(SettingsError, match=message) as caught:
        parse_document(text, "config.yaml")
    assert (caught.value.path, caught.value.line) == ("config.yaml", line)


def test_a_document_of_a_megabyte_is_refused_before_it_is_parsed() -> None:
    with pytest.raises(SettingsError, match="larger than"):
        parse_document("a: " + "x" * 1_000_001, "f")


def test_a_hundred_thousand_brackets_do_not_crash_the_process() -> None:
    with pytest.raises(SettingsError, match="nested too deeply"):
        parse_document("a: " + "[" * 100_000, "f")
