"""Addresses of what is exposed: as they are typed, where nobody says them, and once each."""

from __future__ import annotations

import pytest

from apiscape.collectors.kubernetes.deploying.endpoints import endpoints_of, url_of
from apiscape.collectors.kubernetes.exposed import (
    Address,
    Reached,
)
from apiscape.model.values import UNKNOWN
from tests.collectors.kubernetes.deploying.room import api

URLS = {
    "https://a.example": Address(host="A.example", port=443),
    "https://a.example:8443": Address(host="a.example", port=8443),
    "http://a.example": Address(host="a.example", scheme="http", port=80),
    "http://a.example:443": Address(host="a.example", scheme="http", port=443),
    "https://a.example/v1": Address(host="a.example", path="/v1/"),
    "https://*.a.example": Address(host="*.a.example"),
    "https://[2001:db8::1]:8443": Address(host="2001:DB8::1", port=8443),
    "tcp://a.example:443": Address(host="a.example", scheme="tcp", port=443),
    "wss://a.example": Address(host="a.example", scheme="wss", port=443),
    "ws://[::1]": Address(host="[::1]", scheme="ws", port=80),
}


@pytest.mark.parametrize("url", URLS)
def test_an_address_is_written_as_it_is_typed(url: str) -> None:
    assert url_of(URLS[url], URLS[url].host) == url


def test_any_host_is_reached_by_the_addresses_of_the_gateway() -> None:
    reached = Reached(
        exposure="internet",
        evidence="public",
        addresses=("203.0.113.9", "2001:db8::1", "lb.example"),
    )
    found = endpoints_of(api(addresses=(Address(), Address(host="a.example")), reached=reached))
    assert isinstance(found, tuple)
    assert [(each.url, each.generated_host) for each in found] == [
        ("https://203.0.113.9", True),
        ("https://[2001:db8::1]", True),
        ("https://lb.example", True),
        ("https://a.example", UNKNOWN),
    ]
    assert {(each.exposure, each.evidence) for each in found} == {("internet", "public")}


def test_where_nobody_can_say_the_addresses_they_are_unknown_not_none() -> None:
    assert endpoints_of(api(addresses=())) == ()
    assert endpoints_of(api(addresses=None)) is UNKNOWN
    assert endpoints_of(api(addresses=(Address(),))) is UNKNOWN


def test_an_address_that_is_said_twice_is_one() -> None:
    twice = (Address(host="a.example", port=443), Address(host="A.EXAMPLE"))
    found = endpoints_of(api(addresses=twice))
    assert isinstance(found, tuple)
    assert len(found) == 1
