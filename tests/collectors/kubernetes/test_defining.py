"""Definitions of kinds: what is asked of them, and when it is looked at what is served."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from apiscape.collectors.kubernetes import defining
from apiscape.collectors.kubernetes.defining import Definitions
from apiscape.collectors.kubernetes.discovering import Catalogue, Served
from apiscape.collectors.kubernetes.listing import Where

SERVED = Served(
    defining.GROUP, "v1", defining.PLURAL, "CustomResourceDefinition", False, frozenset()
)


@pytest.mark.parametrize(("verb", "form"), [("list", "List"), ("watch", "")])
def test_nothing_but_metadata_is_asked_for_where_others_have_to_be_read(
    verb: str, form: str
) -> None:
    bare = Where(SERVED, is_bare=True).asked(verb).headers["Accept"]
    assert bare == (
        f"application/json;as=PartialObjectMetadata{form};g=meta.k8s.io;v=v1, application/json"
    )
    assert Where(SERVED).asked(verb).headers == {}


@pytest.mark.parametrize(
    ("looked_at", "now", "is_due"),
    [
        (0.0, 99.0, False),
        (0.0, 101.0, True),
        (101.0, 109.0, False),
        (101.0, 110.0, True),
        (110.0, 500.0, False),
    ],
)
def test_what_is_served_is_looked_at_as_a_change_settles(
    monkeypatch: pytest.MonkeyPatch, looked_at: float, now: float, is_due: bool
) -> None:
    definitions: Any = Definitions(None, print)  # type: ignore[arg-type] # nothing is asked
    monkeypatch.setattr(definitions, "_changed_at", 100.0)
    monkeypatch.setattr(defining, "SETTLED_S", (1.0, 10.0))
    assert definitions.is_due(looked_at, now) is is_due


def test_a_cluster_that_serves_none_has_nothing_followed(monkeypatch: pytest.MonkeyPatch) -> None:
    followed: list[str] = []
    monkeypatch.setattr(Definitions, "_run", lambda _, reflector: followed.append(str(reflector)))
    defects: list[BaseException] = []
    definitions = Definitions(None, defects.append)  # type: ignore[arg-type] # nothing is asked
    running = threading.active_count()
    definitions.follow(Catalogue({}))
    assert threading.active_count() == running
    assert not definitions.is_due(60.0, 1e9)
    definitions.stop()
    assert (followed, defects) == ([], [])
