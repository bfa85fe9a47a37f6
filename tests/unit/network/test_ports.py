"""The ports that tests are given are what they are called."""

from __future__ import annotations

import socket

import pytest

from tests.ports import LOOPBACK, deaf_port, free_port


def test_a_free_port_can_be_listened_at_and_is_none_that_others_are_given_unasked() -> None:
    port = free_port()
    with socket.create_server((LOOPBACK, port)), socket.create_server((LOOPBACK, 0)) as other:
        assert port < other.getsockname()[1]


def test_a_deaf_port_refuses_and_cannot_be_taken() -> None:
    with deaf_port() as port:
        with pytest.raises(ConnectionRefusedError), socket.socket() as near:
            near.connect((LOOPBACK, port))
        with pytest.raises(OSError, match="in use"), socket.socket() as other:
            other.bind((LOOPBACK, port))
