"""Names, tags and views from an enemy: never an error, never a byte that a terminal obeys."""

from __future__ import annotations

import csv
import io
import json
import re

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apiscape.demo.aws.estate.backends import lambda_backend
from apiscape.demo.aws.estate.estate import AwsEstate
from apiscape.demo.aws.estate.region import Region
from apiscape.model.plain import plain
from tests.e2e.commands import Result, run_cli
from tests.e2e.estates import ACCOUNT, WEST, small_estate
from tests.e2e.screens import walk
from tests.e2e.world import World

LONG = "long" * 2_500
NAMES = (
    "' OR 1=1 --",
    '"*',
    "%_\\%",
    "NEAR(a b, 2) AND NOT c*",
    'name:"x" OR -owner:none',
    "/re(gex/",
    "(((((",
    "[/oops][bold]markup[/]",
    "=HYPERLINK(1)",
    "@SUM(A1)",
    "\x1b]0;owned\x07",
    "\x1b[31mred\x1b[0m",
    "\x9b31mred",
    "a\u202eevil\u2066",
    "zero\u200bwidth\ufeff",
    "two\nlines\r\n\tmore",
    "nul\x00inside",
    "tagged\U000e0041\U000e007f",
    "\N{PILE OF POO}\N{COMBINING ACUTE ACCENT}" * 20,
    LONG,
)

OBEYED = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff]")
"""What a terminal obeys; the line feed between our own lines is ours."""


@pytest.fixture
def estate() -> AwsEstate:
    """Give the small estate, and in it an API for each name that also has it as tag, stage text and owner."""
    estate = small_estate()
    region = estate.accounts[ACCOUNT].region(WEST)
    for name in NAMES:
        add_named(region, name)
    return estate


def add_named(region: Region, name: str) -> None:
    tags = {"owner": name, name[:100]: name}
    api = region.rest_api(name, description=name, tags=tags)
    api.method("GET", "/x", backend=lambda_backend("x"))
    api.deploy("prod", description=name)
    api.edit_stage("prod", description=name, tags={"owner": name})


def check(result: Result, *codes: int) -> Result:
    """Check that a command did what it should, and that a terminal would obey nothing of what it wrote."""
    assert result.code in (codes or (0,)), result.err[:500]
    for text in (result.out, result.err):
        found = OBEYED.search(text)
        assert found is None, (found, text[max(0, found.start() - 40) :][:80])
        assert "Traceback" not in text
    return result


def test_commands_show_them_and_no_terminal_obeys(world: World) -> None:
    check(run_cli("scan", "--all"))
    rows = world.rows()
    assert len(rows) == 3 + len(NAMES)
    for form in ("table", "wide", "name", "json", "yaml"):
        for command in ("list", "changes", "runs"):
            check(run_cli(command, "-o", form))
    for uid in rows:
        check(run_cli("show", uid))
        check(run_cli("show", uid, "-o", "yaml"))
    check(run_cli("export", "--format", "jsonl"))
    check(run_cli("export", "--format", "csv"))


def test_what_scripts_read_is_what_the_gateway_said(world: World) -> None:
    assert world.scan().code == 0
    told = {json.loads(line)["name"] for line in run_cli("list", "--json").out.splitlines()}
    exported = {row["name"] for row in world.rows().values()}
    listed = {row["name"] for row in yaml.safe_load(run_cli("list", "-o", "yaml").out)}
    assert told == exported == listed
    assert told == {*NAMES, "claims", "payments", "refunds"}


def test_no_spreadsheet_computes_an_export(world: World) -> None:
    assert world.scan().code == 0
    cells = [
        cell
        for row in csv.reader(io.StringIO(run_cli("export", "--format", "csv").out))
        for cell in row
    ]
    assert "'=HYPERLINK(1)" in cells
    assert not [cell for cell in cells if cell.startswith(("=", "+", "@", "\t", "\r"))]


def test_they_can_be_asked_for_by_name(world: World) -> None:
    assert world.scan().code == 0
    for name in (name for name in NAMES if "\x00" not in name):  # which no shell can hand over
        shown = run_cli("show", "--json", "--", name)
        assert shown.code == 0, (name, shown.err)
        assert shown.document["row"]["name"] == name


def test_they_are_views_too_and_never_an_error_of_the_database(world: World) -> None:
    assert world.scan().code == 0
    for name in NAMES:
        if "\x00" not in name:
            check(run_cli("list", "-o", "json", "--", name), 0, 3)
            check(run_cli("changes", "-o", "json", "--", name), 0, 3)
            check(run_cli("export", "--", name), 0, 3)
    for field in ("name", "owner", "path", "label", "backend"):
        quoted = '"' + NAMES[0] + '"'
        check(run_cli("list", f"{field}:{quoted}"), 0, 3)
    assert run_cli("list", 'name:"\' OR 1=1 --"', "-o", "name").out == "' OR 1=1 --\n"
    assert run_cli("list", '"%_"', "-o", "name").out == "%_\\%\n"


def test_any_text_is_a_view_or_is_refused_in_words(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert world.scan().code == 0

    @settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
    @given(
        st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), max_size=30)
    )
    def ask(text: str) -> None:
        check(run_cli("list", "-o", "name", "--", text), 0, 3)

    ask()


async def test_screens_show_them_and_no_terminal_obeys(world: World) -> None:
    assert world.scan().code == 0
    for screen in await walk(world, "red", tabs=1):
        assert OBEYED.search(screen) is None


def test_the_characters_looked_for_are_those_made_visible() -> None:
    assert all(OBEYED.search(plain(name)) is None for name in NAMES)
