"""No credential of an object is kept: not in what is picked, not in what is exposed, not in what is said of errors."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest

from apiscape.collectors.kubernetes.objects import Decoder
from apiscape.collectors.kubernetes.table.slots import MAX_TEXT
from tests.collectors.kubernetes.table.room import Json, Room, elsewhere, gate, loaded, route, rules
from tests.collectors.kubernetes.table.test_samples import SAMPLES, sample

KEY = "-----BEGIN PRIVATE KEY----- canary"


def planted(value: Any) -> int:
    """Count the canaries in an object."""
    return str(value).count("canary")


@pytest.mark.parametrize("name", SAMPLES)
def test_nothing_of_what_is_planted_in_a_sample_is_kept(name: str) -> None:
    told = sample(name)
    room = Room(told["objects"], others=[elsewhere(**each) for each in told.get("others", ())])
    kept = [thing for _, thing in room.put]
    said = [list(room.told(resource, thing)) for resource, thing in room.put]
    assert "canary" not in repr(kept)
    assert "canary" not in repr(room.exposed())
    assert "canary" not in repr(said)
    assert b"canary" not in msgspec.json.encode(kept)


def test_samples_hold_what_is_looked_for() -> None:
    assert sum(planted(sample(name)["objects"]) for name in SAMPLES) >= 25


PLANTED = loaded(Path(__file__).parent / "canaries.yaml")


@pytest.mark.parametrize("made", PLANTED, ids=lambda made: made["kind"])
def test_a_credential_in_an_object_is_in_nothing_that_is_made_of_it(made: Json) -> None:
    room = Room([made | {"metadata": {"name": "a", "namespace": "b"}}])
    assert planted(made) > 0
    assert "canary" not in repr(room.put[0][1])
    assert "canary" not in repr(room.exposed())


def test_what_was_applied_last_is_not_kept() -> None:
    annotations = {"kubectl.kubernetes.io/last-applied-configuration": KEY}
    metadata = {"name": "a", "namespace": "b", "annotations": annotations}
    room = Room([sample("openshift")["objects"][0] | {"metadata": metadata}])
    assert "canary" not in repr(room.put[0][1])


def test_an_error_of_an_expression_never_says_the_value() -> None:
    room = route("  title: \"join(',', spec.password)\"\n", spec={"password": 7357_7357})
    assert "73577357" not in repr(room.put[0][1])
    assert room.one().incomplete == ("title could not be read",)


def test_what_does_not_fit_a_slot_is_left_out_and_named_by_the_slot_alone() -> None:
    text = "  rules:\n    - targets: spec.to\n"
    room = route(text, spec={"to": [{"name": "a", "password": "canary"}, {"name": "b"}]})
    assert [each.name for each in rules(room.one())[0].targets] == ["b"]
    assert room.one().incomplete == ("rules[0].targets could not be read",)
    assert "canary" not in repr(room.put[0][1])


def test_no_text_keeps_the_userinfo_of_a_url_in_it() -> None:
    told = "see https://user:canary@docs.example/x and postgres://canary@db"
    text = "  description: spec.text\n  links: '{a: spec.text}'\n  owners: '{name: spec.text}'\n"
    room = route(text, spec={"text": told})
    assert "canary" not in repr(room.put[0][1])
    assert room.one().description == "see https://docs.example/x and postgres://db"


def test_a_text_that_is_cut_off_keeps_no_half_of_a_userinfo() -> None:
    told = "x" * (MAX_TEXT - 20) + " https://user:canary-canary-canary@docs.example"
    room = route("  description: spec.text\n", spec={"text": told})
    assert "canary" not in repr(room.put[0][1])
    assert (room.one().description or "").endswith(" https://docs.exampl")


def test_an_odd_object_says_nothing_of_its_values() -> None:
    room = Room()
    resource = room.kinds[("route.openshift.io", "Route")]
    odd = {
        "metadata": {"name": "a", "namespace": "b", "labels": {"a": ["canary"]}},
        "spec": "canary",
    }
    page: Any = Decoder(resource.type).page(
        msgspec.json.encode({"metadata": {}, "items": [odd, gate()]}), "list"
    )
    assert (len(page.items), len(page.odd)) == (1, 1)
    assert "canary" not in repr(page.odd)
