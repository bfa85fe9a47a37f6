"""Loading the table: what is refused, with the line of it, and what a user may add."""

from __future__ import annotations

from pathlib import Path

import pytest

from apiscape.collectors.kubernetes.table.document import MAX_BYTES, MAX_VALUES
from apiscape.collectors.kubernetes.table.loading import BadTable, load, read
from tests.collectors.kubernetes.table.room import Room, gate

GATE = """\
- id: gate
  resource: {group: x.example, plural: gates, kind: Gate, versions: [v1]}
  role: route
"""


def refusal(text: str) -> str:
    with pytest.raises(BadTable) as caught:
        read(text, "mine.yaml")
    return str(caught.value)


@pytest.mark.parametrize(
    ("more", "says"),
    [
        (
            "  rules:\n    - match: spec.a\n",
            "mine.yaml:5: gate.rules[0].match: there is no such key",
        ),
        (
            "  title: spec.[\n",
            "mine.yaml:4: gate.title: no expression: Invalid jmespath expression",
        ),
        ("  title: a\n  titel: b\n", "mine.yaml:5: gate.titel: there is no such key"),
        ("  title: {a: b}\n", "mine.yaml:4: gate.title: an expression is a text"),
        ("  title: 7\n", "mine.yaml:4: gate.title: an expression is a text"),
        ("  title: a: b\n", "mine.yaml:4: mapping values are not allowed"),
        (
            "  rules:\n    - each: spec.a[]\n      matches: what(@)\n",
            "mine.yaml:6: gate.rules[0].matches: no expression: there is no",
        ),
        ("  title: a\n  title: b\n", "mine.yaml:5: title stands twice"),
        (
            "  health: [{conditions: a}]\n",
            "mine.yaml:4: gate.health[0]: health by conditions names",
        ),
        (
            "  health: [{value: a, conditions: b, ok: [c]}]\n",
            "mine.yaml:4: gate.health[0]: health has either",
        ),
        ("  health: [{map: {a: ok}}]\n", "mine.yaml:4: gate.health[0]: health has either"),
        (
            "  health: [{value: a, map: {b: fine}}]\n",
            "mine.yaml:4: gate.health[0]: fine is neither ok",
        ),
        (
            "  auth: {each: a, kinds: {a: magic}}\n",
            "mine.yaml:4: gate.auth: magic is no kind of scheme",
        ),
        ("  whole: [luck]\n", "mine.yaml:4: gate.whole: luck is none of rate_limit, cors"),
        ("  narrower: maybe\n", "mine.yaml:4: gate.narrower: Invalid enum value 'maybe'"),
        ("  backends: &a {A: b}\n  owns: [*a]\n", "mine.yaml:5: a table has no aliases"),
        ("  ? [a]\n  : b\n", "mine.yaml:4: a key is a word"),
        ("  note: 2024-02-30\n", "mine.yaml:4: a value that cannot be read"),
    ],
)
def test_a_wrong_entry_is_refused_with_its_line_and_place(more: str, says: str) -> None:
    assert refusal(GATE + more).startswith(says)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("a: b", "mine.yaml:1: a table is a list of entries"),
        ("- just text", "mine.yaml:1: entry 1: Expected `object`, got `str`"),
        ("- id: gate\n", "mine.yaml:1: gate: Object missing required field `resource`"),
        (
            GATE.replace("id: gate", "id: Gate One"),
            "mine.yaml:1: Gate One.id: an id is made of small letters",
        ),
        (
            GATE.replace("role: route", "role: king"),
            "mine.yaml:3: gate.role: Invalid enum value 'king'",
        ),
        (GATE.replace("[v1]", "[]"), "mine.yaml:2: gate.resource.versions: names no version"),
        (
            GATE.replace("[v1]", "[v1], fields: [metadata]"),
            "mine.yaml:2: gate.resource.fields: metadata cannot",
        ),
        (
            GATE.replace("[v1]", "[v1], fields: [a-b]"),
            "mine.yaml:2: gate.resource.fields: a-b cannot",
        ),
        (
            GATE.replace("[v1]", "[v1], fields: [key]"),
            "mine.yaml:2: gate.resource.fields: key cannot",
        ),
        (GATE + "\n" + GATE, "mine.yaml:5: gate stands twice"),
        ("- [", "mine.yaml:"),
        ("- " + "[" * 40 + "]" * 40, "mine.yaml:1: nested too deeply"),
        ("- \x00", "mine.yaml: no YAML"),
        ("#" * (MAX_BYTES + 1), "mine.yaml: larger than 1,000,000 bytes"),
        (
            "\n".join("- a" for _ in range(MAX_VALUES + 1)),
            f"mine.yaml:{MAX_VALUES}: more than 50,000 values",
        ),
    ],
)
def test_what_is_no_table_is_refused(text: str, says: str) -> None:
    assert refusal(text).startswith(says)


def test_an_empty_table_has_no_entries() -> None:
    assert read("# nothing\n", "mine.yaml") == ()


@pytest.mark.parametrize("plural", ["secrets", "Secrets", "configmaps", "pods", "serviceaccounts"])
def test_nobody_reads_credentials_or_pods(plural: str) -> None:
    text = GATE.replace("x.example", "''").replace("gates", plural)
    assert (
        refusal(text)
        == f"mine.yaml:2: gate.resource.plural: {plural} of the core group are never read"
    )


def test_nothing_else_of_the_core_group_is_read_either() -> None:
    text = GATE.replace("x.example", "''").replace("gates", "services")
    assert "objects of the core group are read by others" in refusal(text)


def test_a_user_adds_an_entry(tmp_path: Path) -> None:
    mine = tmp_path / "mine.yaml"
    mine.write_text(GATE + "  title: spec.title\n", "utf-8")
    added = load(mine)
    assert len(added) == len(load()) + 1
    assert Room([gate(spec={"title": "Mine"})], entries=added).one().title == "Mine"


def test_a_user_puts_an_entry_in_the_place_of_ours(tmp_path: Path) -> None:
    mine = tmp_path / "mine.yaml"
    mine.write_text(
        "- id: openshift-route\n  role: route\n  title: spec.host\n"
        "  resource: {group: route.openshift.io, plural: routes, kind: Route, versions: [v1]}\n",
        "utf-8",
    )
    (changed,) = [each for each in load(mine) if each.id == "openshift-route"]
    assert (len(load(mine)), changed.rules) == (len(load()), ())


def test_two_entries_never_read_the_same_resource(tmp_path: Path) -> None:
    mine = tmp_path / "mine.yaml"
    mine.write_text(
        "- id: mine\n  role: route\n"
        "  resource: {group: route.openshift.io, plural: routes, kind: Route, versions: [v1]}\n",
        "utf-8",
    )
    with pytest.raises(BadTable) as caught:
        load(mine)
    assert str(caught.value) == (
        "mine.yaml:1: openshift-route and mine both read routes.route.openshift.io"
    )


@pytest.mark.parametrize(
    ("slot", "value"),
    [
        ("addresses_from", "[doors.x.example]"),
        ("also_at", "[doors.x.example]"),
        ("attached", "[doors.x.example]"),
        ("counts", "[doors.x.example]"),
        ("backends", "{Door: doors.x.example}"),
        ("includes", "{resource: doors.x.example}"),
        ("policies", "{kinds: {Door: doors.x.example}}"),
    ],
)
def test_what_an_entry_joins_has_to_be_read_by_one(tmp_path: Path, slot: str, value: str) -> None:
    mine = tmp_path / "mine.yaml"
    mine.write_text(f"# mine\n{GATE}  {slot}: {value}\n", "utf-8")
    with pytest.raises(BadTable) as caught:
        load(mine)
    assert str(caught.value) == f"mine.yaml:2: gate.{slot}: doors.x.example is read by no entry"


@pytest.mark.parametrize("content", [None, b"\xff\xfe"])
def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, content: bytes | None) -> None:
    mine = tmp_path / "mine.yaml"
    if content is not None:
        mine.write_bytes(content)
    with pytest.raises(BadTable, match=r"^mine\.yaml: cannot be read"):
        load(mine)


# Kinds of two groups.

TWO = GATE.replace("x.example,", "x.example, also_group: old.example,")


def test_a_kind_of_two_groups_is_read_of_both(tmp_path: Path) -> None:
    mine = tmp_path / "mine.yaml"
    text = f"{TWO}  backends: {{Gate: gates.x.example}}\n  attaches: {{kinds: {{Gate: gates.x.example}}}}\n"
    mine.write_text(text, "utf-8")
    new, old = (each for each in load(mine) if each.id.startswith("gate"))
    assert (new.id, old.id) == ("gate", "gate-of-old-example")
    assert (old.resource.name, old.resource.twin) == ("gates.old.example", "gates.x.example")
    assert old.attaches
    assert (old.backends, old.attaches.kinds) == ({"Gate": "gates.old.example"},) * 2


def test_an_entry_of_ones_own_for_the_other_group_stands(tmp_path: Path) -> None:
    mine = tmp_path / "mine.yaml"
    own = GATE.replace("gate\n", "mine\n", 1).replace("x.example", "old.example")
    mine.write_text(f"{TWO}{own}", "utf-8")
    assert [each.id for each in load(mine) if each.resource.plural == "gates"] == ["gate", "mine"]


def test_every_resource_that_an_entry_attaches_to_or_makes_is_of_a_known_family() -> None:
    known = {each.resource.name for each in load()} | {
        "httproutes.gateway.networking.k8s.io",
        "grpcroutes.gateway.networking.k8s.io",
        "gateways.gateway.networking.k8s.io",
        "ingresses.networking.k8s.io",
        "services",
        "virtualservices.networking.istio.io",
    }
    for entry in load():
        attached = entry.attaches.kinds.values() if entry.attaches else ()
        assert {*entry.owns, *attached} <= known, entry.id


def test_every_entry_says_what_nobody_can_say_without_it() -> None:
    assert [each.id for each in load() if not each.reveals] == []
