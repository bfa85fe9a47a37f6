"""The chart's page and the schema of its values say what values.yaml says, key by key."""

from __future__ import annotations

import json
import tomllib
from functools import cache

import jsonschema
import pytest
import yaml

from tests.architecture.tree import ROOM
from tests.helm.charting import CASES, CHART, case
from tests.tools import chart

TEXT = """
# An introduction that is of no key.

# -- What it is,
# and more of it.
# @schema {"minimum": 1}
alone: 3
# -- A group.
group:
  # -- Below it.
  # @schema strings
  inner: {}
  deeper:
    # -- Twice below it.
    last: "x"
silent: true
"""


def leaves(values: object, *trail: str) -> list[str]:
    if isinstance(values, dict) and values and ".".join(trail) not in whole():
        return [each for key, held in values.items() for each in leaves(held, *trail, key)]
    return [".".join(trail)]


@cache
def whole() -> set[str]:
    """Return the keys that hold a mapping which is one value."""
    return {key.name for key in chart.known() if isinstance(key.default, dict) and key.shape}


def test_a_key_has_its_words_its_shape_and_its_default() -> None:
    found = {key.name: key for key in chart.keys(TEXT)}
    assert list(found) == ["alone", "group", "group.inner", "group.deeper.last"]
    assert found["alone"].words == "What it is, and more of it."
    assert (found["alone"].shape, found["alone"].default) == ({"minimum": 1}, 3)
    assert found["group"].is_group
    assert not found["group.inner"].is_group
    assert found["group.inner"].shape == chart.STRINGS
    assert found["group.deeper.last"].default == "x"


def test_a_shape_that_is_neither_a_word_nor_json_is_refused() -> None:
    with pytest.raises(json.JSONDecodeError):
        list(chart.keys("# -- It.\n# @schema strngs\nkey: {}\n"))


def test_every_value_is_explained_and_nothing_else_is() -> None:
    values = yaml.safe_load((CHART / "values.yaml").read_text("utf-8"))
    explained = {key.name for key in chart.known() if not key.is_group}
    assert sorted(leaves(values)) == sorted(explained)
    assert all(key.words.endswith(".") for key in chart.known())


def test_every_value_is_used_by_a_template() -> None:
    used = "".join(
        file.read_text("utf-8")
        for file in sorted(CHART.rglob("*"))
        if "templates" in file.parts and file.is_file()
    )
    unused = {
        key.name
        for key in chart.known()
        if not key.is_group and key.path[:2] != ("kubernetes", "resources")
        if f".{key.path[-1]}" not in used and f'"{key.path[-1]}"' not in used
    }
    assert unused == set()


def test_the_page_has_a_line_for_every_value() -> None:
    text = chart.readme()
    assert [key.name for key in chart.known() if f"| `{key.name}` |" not in text] == [
        key.name for key in chart.known() if key.is_group and len(key.path) == 1
    ]


def test_the_schema_is_one_and_takes_the_defaults_and_every_case() -> None:
    schema = chart.schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    check = jsonschema.Draft202012Validator(schema)
    check.validate(yaml.safe_load((CHART / "values.yaml").read_text("utf-8")))
    for name in CASES:
        check.validate(json.loads(json.dumps(case(name), default=str)))


def test_every_level_of_ours_is_closed() -> None:
    def opened(part: object, *trail: str) -> list[str]:
        if not isinstance(part, dict):
            return []
        found = [
            each
            for name, held in part.get("properties", {}).items()
            for each in opened(held, *trail, name)
        ]
        if "properties" in part and part.get("additionalProperties") is not False:
            found.append(".".join(trail))
        return found

    assert opened(chart.schema()) == []


def test_nothing_of_the_schema_is_only_for_people() -> None:
    assert chart.plain(
        {
            "title": "T",
            "properties": {"title": {"default": 1, "type": "string"}},
            "anyOf": [{"title": "x"}],
        }
    ) == {"properties": {"title": {"type": "string"}}, "anyOf": [{}]}


def test_parts_that_nothing_leads_to_are_left_out() -> None:
    parts = {"A": {"$ref": "#/$defs/B"}, "B": {"items": {"$ref": "#/$defs/A"}}, "C": {}}
    assert set(chart.reached(parts, "A")) == {"A", "B"}


def test_the_chart_is_for_the_version_of_the_project() -> None:
    about = yaml.safe_load((CHART / "Chart.yaml").read_text("utf-8"))
    project = tomllib.loads((ROOM / "pyproject.toml").read_text("utf-8"))["project"]
    assert about["appVersion"] == project["version"]
    assert about["apiVersion"] == "v2"
    assert about["annotations"]["artifacthub.io/license"] == project["license"]


def test_the_values_that_are_shown_are_values() -> None:
    page = (ROOM / "docs/how-to/kubernetes.md").read_text("utf-8")
    blocks = [each.partition("```")[0] for each in page.split("```yaml\n")[1:]]
    assert len(blocks) > 2
    check = jsonschema.Draft202012Validator(chart.schema())
    for block in blocks:
        shown = yaml.safe_load(block.replace("sha256:…", f"sha256:{'0' * 64}"))
        check.validate(shown)
