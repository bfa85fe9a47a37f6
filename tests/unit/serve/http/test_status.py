"""How the agent itself fares: told to whoever may do everything, and hidden from who sees a part."""

from __future__ import annotations

from pathlib import Path

from apiscape.client.address import Address
from apiscape.client.http import HttpAgent
from apiscape.serve.local import LocalInventory
from tests.unit.serve.http.asking import ask
from tests.unit.serve.http.harness import OPERATOR, READER, STANDING, TAX, serving


def test_it_comes_as_it_was_given(inventory: LocalInventory, tmp_path: Path) -> None:
    with serving(inventory, tmp_path, standing=lambda: STANDING) as doors:
        assert doors.unix is not None
        client = HttpAgent(Address(doors.unix))
        assert client.standing() == STANDING
        client.close()
        told = ask(doors.url, "/v1/status", token=OPERATOR).json["configuration"]
        assert (told["is_valid"], told["path"], told["line"]) == (False, "config.yaml", 3)
        for token in (READER, TAX):
            answer = ask(doors.url, "/v1/status", token=token)
            assert (answer.status, answer.problem) == (403, "forbidden")


def test_where_there_is_no_agent_it_is_not_offered(
    inventory: LocalInventory, tmp_path: Path
) -> None:
    with serving(inventory, tmp_path) as doors:
        assert ask(doors.unix, "/v1/status").problem == "not-offered"
        assert ask(doors.unix, "/v1/status?more=1").problem == "usage"
