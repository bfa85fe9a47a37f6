"""What the tests share does what it says: a home of its own, and no way out."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest


def test_a_test_cannot_leave_this_machine() -> None:
    with (
        socket.socket() as out,
        pytest.raises(RuntimeError, match=r"tried to reach .*192\.0\.2\.1"),
    ):
        out.connect(("192.0.2.1", 80))


def test_a_test_may_talk_to_a_server_of_its_own() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, socket.socket() as out:
        out.connect(server.getsockname())
        assert out.getpeername() == server.getsockname()


def test_a_test_has_no_ones_home_and_no_ones_credentials(own_home: Path) -> None:
    assert Path.home() == own_home
    assert {name for name in os.environ if name.startswith(("AWS_", "XDG_"))} == {
        "AWS_EC2_METADATA_DISABLED"
    }
