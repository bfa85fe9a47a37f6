"""The documentation cannot lag: pages written from code are current, and nothing points nowhere."""

from __future__ import annotations

import re
import tomllib
from importlib.metadata import entry_points
from importlib.util import find_spec
from pathlib import Path

import pytest

from apiscape.cli.catalogue import SUMMARIES
from apiscape.query import FIELDS, format_view, parse
from apiscape.settings.schema_export import configuration_schema, overlay_schema
from tests.architecture.layers import layers, rooms
from tests.architecture.tree import ROOM, read, tracked
from tests.tools import reference

PAGES = sorted(name for name in tracked(ROOM) if name.endswith(".md"))
DECISIONS = sorted(path.name for path in (ROOM / "docs/decisions").glob("[0-9]*.md"))
LINK = re.compile(r"\]\((?!\w+:)([^)#]+)(?:#[^)]*)?\)")
IN_BACKTICKS = re.compile(r"`([^`\n]+)`")


@pytest.mark.parametrize("path", reference.PAGES)
def test_a_page_written_from_the_code_is_current(path: str) -> None:
    text = dict(reference.pages()).get(path)
    if text is None:
        pytest.skip(f"not written yet: what {path} is made from")
    assert (ROOM / path).exists(), "make docs"
    assert (ROOM / path).read_text("utf-8") == text, "make docs"


@pytest.mark.parametrize("page", PAGES)
def test_a_link_leads_somewhere(page: str) -> None:
    text = (ROOM / page).read_text("utf-8")
    targets = [target for target in LINK.findall(text) if not target.startswith("/")]
    assert [
        target for target in targets if not (ROOM / page).parent.joinpath(target).exists()
    ] == []


def test_every_configuration_key_says_what_it_means() -> None:
    assert reference.undocumented(configuration_schema()) == []
    assert reference.undocumented(overlay_schema()) == []


def test_every_command_is_in_the_catalogue_and_in_the_reference() -> None:
    modules = {path.stem for path in (ROOM / "agent/apiscape/cli/commands").glob("[!_]*.py")}
    assert modules == set(SUMMARIES)
    text = (ROOM / "docs/reference/commands.md").read_text("utf-8")
    assert [name for name in SUMMARIES if f"### `apiscape {name}`" not in text] == []


@pytest.mark.parametrize(
    "product", sorted(point.name for point in entry_points(group="apiscape.collectors"))
)
def test_every_permission_of_a_collector_is_in_its_providers_readme(product: str) -> None:
    point = entry_points(group="apiscape.collectors")[product]
    if find_spec(point.module) is None:
        pytest.skip(f"not written yet: {point.module}")
    collector = point.load()()
    readme = ROOM / "collectors/apiscape/collectors" / collector.provider / "README.md"
    text = readme.read_text("utf-8")
    asked = {
        words
        for each in collector.permissions
        for words in (each.action, *each.resources)
        if words != "*"
    }
    assert sorted(words for words in asked if words not in text) == []


def test_every_view_that_is_shown_can_be_read_and_has_words_of_its_vocabulary() -> None:
    block = re.findall(
        r"## Ask it.*?```text\n(.*?)```", (ROOM / "README.md").read_text("utf-8"), re.DOTALL
    )[0]
    views = {re.split(r"\s{2,}", line)[0] for line in block.splitlines()}
    for page in PAGES:
        views |= set(re.findall(r"apiscape list '([^']+)'", (ROOM / page).read_text("utf-8")))
    assert len(views) > 5
    for view in views:
        assert format_view(parse(view))
        for name, words in re.findall(r"(\w+):([\w,]+)", view):
            known = FIELDS[name].words if name in FIELDS else ()
            assert not known or set(words.split(",")) <= {*known, "none", "unknown"}, view


def test_every_make_target_that_is_mentioned_exists() -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOM / "Makefile").read_text("utf-8"), re.MULTILINE))
    named = {
        (page, name)
        for page in PAGES
        for name in re.findall(
            r"(?:`|^)make ([a-z]+)", (ROOM / page).read_text("utf-8"), re.MULTILINE
        )
    }
    assert ("README.md", "demo") in named
    assert sorted((page, name) for page, name in named if name not in targets) == []


@pytest.mark.parametrize("page", ["AGENTS.md", "CONTRIBUTING.md", "README.md"])
def test_every_path_that_is_named_exists(page: str) -> None:
    tops = {name.split("/")[0] for name in tracked(ROOM) if "/" in name}
    words = IN_BACKTICKS.findall((ROOM / page).read_text("utf-8"))
    paths = [word for word in words if word.split("/")[0] in tops and " " not in word]
    assert [path for path in paths if not (ROOM / path).exists()] == []


def test_the_architecture_page_draws_the_layers_that_are_enforced() -> None:
    page = (ROOM / "docs/explanation/architecture.md").read_text("utf-8")
    drawn = re.findall(r"```text\n(cli\n.*?)```", page, re.DOTALL)
    rows = tuple(name for name in re.split(r"[\s|:]+", drawn[0].strip()))
    assert tuple(f"apiscape.{name}" for name in rows) == layers(ROOM)


def test_every_room_has_its_paragraph() -> None:
    page = (ROOM / "docs/explanation/architecture.md").read_text("utf-8")
    described = set(re.findall(r"^\*\*`(\w+)`\*\* ", page, re.MULTILINE))
    assert described == {*rooms(read(ROOM)), "errors"}


def test_a_room_that_is_called_empty_is_empty_and_no_other() -> None:
    page = (ROOM / "docs/explanation/architecture.md").read_text("utf-8")
    paragraphs = re.findall(r"^\*\*`(\w+)`\*\*(.*?)\n\n", page, re.DOTALL | re.MULTILINE)
    called = {room for room, words in paragraphs if "Empty so far" in words}
    modules = [Path(source.path) for source in read(ROOM).code]
    filled = {module.parts[2] for module in modules if module.name != "__init__.py"}
    assert called == set(rooms(read(ROOM))) - filled


def test_decisions_are_numbered_without_a_gap_and_listed() -> None:
    assert [name[:4] for name in DECISIONS] == [f"{n:04}" for n in range(1, len(DECISIONS) + 1)]
    index = (ROOM / "docs/decisions/README.md").read_text("utf-8")
    assert re.findall(r"\((\d{4}-[\w-]+\.md)\)", index) == DECISIONS


@pytest.mark.parametrize("name", DECISIONS)
def test_a_decision_has_its_parts_and_is_short(name: str) -> None:
    text = (ROOM / "docs/decisions" / name).read_text("utf-8")
    assert text.startswith(f"# {name[:4]} ")
    assert re.search(r"^20\d\d-\d\d-\d\d$", text, re.MULTILINE)
    places = [text.index(f"**{part}.**") for part in ("Context", "Choice", "Consequence")]
    assert places == sorted(places)
    assert text.count("\n") <= 40


def test_a_changelog_fragment_says_its_kind() -> None:
    tool = tomllib.loads((ROOM / "pyproject.toml").read_text("utf-8"))["tool"]["towncrier"]
    kinds = {kind["directory"] for kind in tool["type"]}
    fragments = [path for path in (ROOM / "changelog.d").iterdir() if path.name != "README.md"]
    assert [
        path.name for path in fragments if path.suffixes[:1] != [f".{path.suffixes[0][1:]}"]
    ] == []
    assert {path.suffixes[0][1:] for path in fragments} <= kinds
    assert tool["start_string"] in (ROOM / "CHANGELOG.md").read_text("utf-8")


def test_every_extra_is_in_all_and_documented() -> None:
    project = tomllib.loads((ROOM / "pyproject.toml").read_text("utf-8"))["project"]
    extras = project["optional-dependencies"]
    (everything,) = extras["all"]
    assert set(re.findall(r"\w+", everything)) - {"apiscape"} == set(extras) - {"all"}
