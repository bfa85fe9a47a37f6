"""The page on kinds of one's own: its example does what it says, and it names all that an entry may say."""

from __future__ import annotations

import re
from pathlib import Path

import yaml

from apiscape.collectors.kubernetes.deploying.operations import operations_of
from apiscape.collectors.kubernetes.exposed import Exposed
from apiscape.collectors.kubernetes.settings import KubernetesSettings
from apiscape.collectors.kubernetes.table import sketch
from apiscape.collectors.kubernetes.table.functions import FUNCTIONS
from apiscape.collectors.kubernetes.table.parts import Health, Kind, Words
from apiscape.collectors.kubernetes.table.schema import Entry, EntryRole, Scope
from tests.collectors.kubernetes.table.room import Room, entry_of, rules

PAGE = (Path(__file__).parents[4] / "docs/how-to/read-kinds-of-your-own.md").read_text("utf-8")
TABLE, OBJECT, SOURCE = (each.partition("```")[0] for each in PAGE.split("```yaml\n")[1:])
SHAPES = (
    *(sketch.Ref, sketch.Spot, sketch.Reach, sketch.Asking, sketch.Way, sketch.Asked),
    *(sketch.Paper, sketch.Allowance, sketch.Limit, sketch.Party),
)
MADE = {"means"}
"""What no expression finds."""


def test_the_example_reads_the_object() -> None:
    exposed = Room([yaml.safe_load(OBJECT)], entries=entry_of(TABLE)).one()
    assert isinstance(exposed, Exposed)
    assert [(each.scheme, each.host) for each in exposed.addresses or ()] == [
        ("https", "permits.example.org")
    ]
    found = [(each.verb, each.template, each.backend) for each in operations_of(rules(exposed))]
    assert found == [
        ("GET", "/permits/*", "licensing/permits:80"),
        ("ANY", "/health", "licensing/permits:80"),
    ]
    assert {each.security.requirement for each in rules(exposed)} == {"unknown"}
    assert exposed.incomplete == ()


def test_the_source_may_stand_in_a_configuration() -> None:
    (source,) = yaml.safe_load(SOURCE)["sources"]
    assert {*source} - {"name", "provider"} <= {*KubernetesSettings.__struct_fields__}


def test_all_that_an_entry_may_say_is_named() -> None:
    named = set(re.findall(r"[a-z_]+", " ".join(re.findall(r"`([^`\n]+)`", PAGE))))
    fields = {
        field
        for shape in (Entry, Scope, Kind, Words, Health, *SHAPES)
        for field in shape.__struct_fields__
    }
    assert fields - MADE - named == set()
    assert {str(each) for each in EntryRole} - named == set()
    assert FUNCTIONS.keys() - named == set()
