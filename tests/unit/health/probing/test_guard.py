from __future__ import annotations

import asyncio
import socket
import ssl
from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apiscape.health.probing.asking import Request, open_session
from apiscape.health.probing.guard import Guard, Refused, meanings
from tests.unit.health.probing.servers import LOOPBACK, serving

NOT_PUBLIC = (
    *("127.0.0.1", "10.0.0.1", "172.16.4.2", "192.168.1.1", "100.64.0.1", "0.0.0.1"),
    *("169.254.169.254", "168.63.129.16", "192.0.0.192", "100.100.100.200", "224.0.0.1"),
    *("::1", "::2", "fe80::1%eth0", "fd00::1", "fd00:ec2::254", "ff02::1"),
    *("::ffff:127.0.0.1", "::ffff:169.254.169.254", "::127.0.0.1", "64:ff9b::7f00:1"),
    *("64:ff9b:1::a9fe:a9fe", "2002:7f00:1::", "2002:a9fe:a9fe::1", "2001:0:7f00:1::1"),
)
PUBLIC = ("93.184.216.34", "8.8.8.8", "2606:4700:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808")


@pytest.mark.parametrize("address", NOT_PUBLIC)
def test_what_is_not_public_is_refused_in_every_spelling(address: str) -> None:
    with pytest.raises(Refused):
        Guard().check(address)


@pytest.mark.parametrize("address", PUBLIC)
def test_public_addresses_may_be_probed_by_a_guard_that_refuses_others(address: str) -> None:
    guard = Guard()
    with pytest.raises(Refused):
        guard.check("127.0.0.1")
    guard.check(address)  # raises nothing


@pytest.mark.parametrize(
    "address", ["169.254.169.254", "168.63.129.16", "192.0.0.192", "fd00:ec2::254", "224.0.0.1"]
)
def test_no_configuration_opens_what_gives_credentials(address: str) -> None:
    with pytest.raises(Refused, match="never connected to"):
        Guard(["0.0.0.0/0", "::/0"]).check(address)


def test_a_private_network_may_be_allowed_and_nothing_beside_it() -> None:
    guard = Guard(["10.1.0.0/16"])
    guard.check("10.1.2.3")
    with pytest.raises(Refused, match=r"probes\.allow"):
        guard.check("10.2.0.1")


def test_what_a_tunnel_leads_to_is_judged_though_the_tunnel_is_allowed() -> None:
    with pytest.raises(Refused):
        Guard(["2001::/32"]).check("2001:0:7f00:1::1")
    with pytest.raises(Refused):
        Guard(["64:ff9b::/96"]).check("64:ff9b::a9fe:a9fe")


def test_a_verdict_is_remembered_for_its_address_and_its_guard_alone() -> None:
    closed, opened = Guard(), Guard(["10.0.0.0/8"])
    with patch("apiscape.health.probing.guard.meanings", wraps=meanings) as judged:
        for _ in range(3):
            opened.check("10.0.0.1")
            for guard, address in ((closed, "10.0.0.1"), (opened, "127.0.0.1")):
                with pytest.raises(Refused, match=f"{address} is not a public address"):
                    guard.check(address)
    assert judged.call_count == 3


def test_a_network_that_is_none_is_refused_at_once() -> None:
    with pytest.raises(ValueError, match="does not appear"):
        Guard(["localhost"])


def test_sockets_do_not_block_and_are_of_the_asked_family() -> None:
    info = (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("8.8.8.8", 443))
    with Guard().socket(info) as made:
        assert (made.family, made.getblocking()) == (socket.AF_INET, False)
    with pytest.raises(Refused):
        Guard().socket((socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", 443)))


@given(st.ip_addresses(v=4, network="0.0.0.0/0"))
def test_an_embedded_address_is_judged_as_the_address_itself(address: object) -> None:
    def refuses(text: str) -> bool:
        try:
            Guard().check(text)
        except Refused:
            return True
        return False

    if refuses(str(address)):
        assert refuses(f"::ffff:{address}")
        assert refuses(f"64:ff9b::{address}")
        assert refuses(f"::{address}")


SPELLINGS = (
    *("http://127.0.0.1:{}", "http://localhost:{}", "http://2130706433:{}", "http://0x7f.1:{}"),
    *("http://[::ffff:127.0.0.1]:{}", "http://0.0.0.0:{}", "http://127.1:{}", "http://0:{}"),
)


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_no_spelling_of_loopback_is_reached(spelling: str) -> None:
    async def probe() -> tuple[int, int | None, str | None]:
        async with (
            serving() as heard,
            open_session(Guard(), ssl.create_default_context(), 5.0) as session,
        ):
            answer = await Request(session, 60.0).send("HEAD", spelling.format(heard.port))
            await asyncio.sleep(0)
            return heard.connections, answer.status, answer.words

    connections, status, words = asyncio.run(probe())
    assert (connections, status) == (0, None)
    assert words


def test_the_same_canary_is_reached_once_it_is_allowed() -> None:
    async def probe() -> tuple[int, int | None]:
        trust = ssl.create_default_context()
        async with serving() as heard, open_session(Guard([LOOPBACK]), trust, 5.0) as session:
            answer = await Request(session, 60.0).send("HEAD", heard.url)
            return heard.connections, answer.status

    assert asyncio.run(probe()) == (1, 204)
