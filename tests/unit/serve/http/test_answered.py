"""Whoever counts answers is told of each: its method, its route as a template, its status."""

from __future__ import annotations

from pathlib import Path

from apiscape.serve.local import LocalInventory
from tests.store.making import make
from tests.unit.serve.http.asking import ask
from tests.unit.serve.http.harness import READER, serving

DEPLOYMENT = "/v1/deployments/{uid}"


def test_each_answer_is_told_by_template_and_never_by_path(
    inventory: LocalInventory, tmp_path: Path
) -> None:
    heard: list[tuple[str, str, int]] = []
    with serving(inventory, tmp_path, answered=lambda *told: heard.append(told)) as doors:
        for path, token in (
            (f"/v1/deployments/{make(0).uid}", READER),
            ("/v1/deployments/no-such-uid", READER),
            (f"/v1/deployments/{make(0).uid}", None),
            ("/nowhere", READER),
        ):
            ask(doors.url, path, token=token)
        assert doors.subscribers == 0
    assert heard == [
        ("GET", DEPLOYMENT, 200),
        ("GET", DEPLOYMENT, 404),
        ("GET", "unmatched", 401),
        ("GET", "unmatched", 404),
    ]


def test_before_they_are_open_nobody_follows(inventory: LocalInventory, tmp_path: Path) -> None:
    from apiscape.serve.http.listen import Listen
    from apiscape.serve.http.ports import Offer
    from apiscape.serve.http.server import Doors

    assert Doors(Offer(inventory), Listen()).subscribers == 0
