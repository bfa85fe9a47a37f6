from __future__ import annotations

import ssl
from pathlib import Path

import msgspec
import pytest

from apiscape.errors import SettingsError
from apiscape.network.ways import (
    Network,
    Proxy,
    Way,
    checked_ways,
    is_direct,
    parse_proxy,
    read_ways,
)
from tests.unit.health.probing.servers import certificate

SECRET = "s3cret/with@signs"
OWN = Network(proxy="http://proxy.example:3128")


def proxy_to(url: str, network: Network, **environment: str) -> str | None:
    proxy = read_ways(network, environment).to(url).proxy
    return None if proxy is None else proxy.address


@pytest.mark.parametrize("scheme", ["http", "https", "ws", "wss", "grpc"])
def test_the_configured_proxy_holds_for_every_scheme(scheme: str) -> None:
    said = proxy_to(f"{scheme}://api.example/x", OWN, HTTPS_PROXY="http://other:1")
    assert said == "http://proxy.example:3128"


def test_what_is_no_address_of_the_network_has_no_proxy() -> None:
    assert proxy_to("unix:/run/x.sock", OWN) is None
    assert read_ways(Network(), {}).to("https://api.example") == Way()


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://api.example", "http://h:1"),
        ("https://api.example", "http://s:2"),
        ("wss://api.example", "http://s:2"),
        ("grpc://api.example:4317", "http://s:2"),
    ],
)
def test_variables_hold_where_the_configuration_is_silent(url: str, expected: str) -> None:
    assert proxy_to(url, Network(), HTTP_PROXY="http://h:1", https_proxy="s:2") == expected


def test_the_general_variable_comes_last_and_small_letters_first() -> None:
    general = {"ALL_PROXY": "http://a:1"}
    assert proxy_to("https://x", Network(), **general) == "http://a:1"
    assert proxy_to("https://x", Network(), HTTPS_PROXY="http://b:2", **general) == "http://b:2"
    both = {"https_proxy": "http://small:1", "HTTPS_PROXY": "http://capital:1"}
    assert proxy_to("https://x", Network(), **both) == "http://small:1"
    assert proxy_to("grpc://x", Network(), grpc_proxy="http://g:4", **both) == "http://g:4"


def test_each_key_is_taken_from_where_it_is_said() -> None:
    assert proxy_to("https://a.internal", OWN, NO_PROXY="b.internal, a.internal") is None
    own = msgspec.structs.replace(OWN, no_proxy=("b.internal",))
    assert proxy_to("https://a.internal", own, NO_PROXY="a.internal") == OWN.proxy
    only = Network(no_proxy=("internal",))
    variables = {"HTTPS_PROXY": "http://p:1", "NO_PROXY": "*"}
    assert proxy_to("https://a.internal", only, **variables) is None
    assert proxy_to("https://api.example", only, **variables) == "http://p:1"


@pytest.mark.parametrize(
    ("host", "entry", "direct"),
    [
        ("api.example", "api.example", True),
        ("api.example", "example", True),
        ("api.example", ".example", True),
        ("example", ".example", True),
        ("API.Example.", "api.EXAMPLE", True),
        ("api.example", "example.", True),
        ("myexample", "example", False),
        ("example", "api.example", False),
        ("api.example", "", False),
        ("api.example", ".", False),
        ("api.example", "*", True),
        ("api.example", "10.0.0.0/8", False),
        ("10.1.2.3", "10.0.0.0/8", True),
        ("10.1.2.3", "10.1.2.3", True),
        ("11.1.2.3", "10.0.0.0/8", False),
        ("10.1.2.3", "2.3", False),
        ("10.1.2.3", "*", True),
        ("::1", "[::1]", True),
        ("fd00::1%eth0", "fd00::/8", True),
        ("10.1.2.3", "fd00::/8", False),
        ("10.1.2.3", "10.1.2.0/99", False),
    ],
)
def test_what_is_reached_directly_is_as_curl_has_it(host: str, entry: str, direct: bool) -> None:
    assert is_direct(host, ("other.example", entry)) is direct


def test_nothing_is_direct_where_nothing_is_said() -> None:
    assert not is_direct("api.example", ())


# Credentials.


def test_credentials_come_from_the_variable_that_names_the_same_proxy() -> None:
    told = f"http://us%65r:{SECRET.replace('/', '%2F').replace('@', '%40')}@proxy.example:3128"
    proxy = read_ways(OWN, {"HTTPS_PROXY": told}).to("http://x").proxy
    assert proxy is not None
    assert (proxy.user, proxy.password) == ("user", SECRET)
    other = read_ways(OWN, {"HTTPS_PROXY": told.replace("3128", "3129")}).to("http://x").proxy
    assert other is not None
    assert other.user is None


def test_credentials_are_in_no_text_and_whole_where_a_library_needs_them() -> None:
    proxy = Proxy("http", "p", 1, "us:er", SECRET)
    way = Way(proxy)
    for text in (str(proxy), repr(proxy), f"{proxy}", proxy.address, repr(way), f"{[way]}"):
        assert SECRET not in text
        assert "us:er" not in text
    assert parse_proxy(proxy.url, "x") == proxy
    assert proxy.authorization == "Basic dXM6ZXI6czNjcmV0L3dpdGhAc2lnbnM="
    assert parse_proxy("http://just@p:1", "x").authorization == "Basic anVzdDo="
    assert parse_proxy("http://just@p:1", "x").url == "http://just@p:1"
    assert parse_proxy("http://p:1", "x").authorization is None
    assert parse_proxy("http://p:1", "x").url == "http://p:1"


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("proxy:3128", "http://proxy:3128"),
        ("http://proxy", "http://proxy:80"),
        ("https://proxy", "https://proxy:443"),
        ("http://[::1]:3128/", "http://[::1]:3128"),
    ],
)
def test_a_proxy_is_written_in_several_ways(url: str, address: str) -> None:
    assert parse_proxy(url, "x").address == address


@pytest.mark.parametrize("rest", ["proxy:99999", "[::1", "", ":80"])
@pytest.mark.parametrize("scheme", ["http", "socks5"])
def test_what_is_no_usable_proxy_is_said_without_repeating_it(scheme: str, rest: str) -> None:
    environment = {"HTTPS_PROXY": f"{scheme}://user:{SECRET.replace('/', '%2F')}@{rest}"}
    with pytest.raises(SettingsError) as caught:
        read_ways(Network(), environment)
    error = caught.value
    assert error.path == "HTTPS_PROXY"
    assert "s3cret" not in f"{error} {error.hint} {error.__cause__}"
    assert "http://HOST:PORT" in str(error.hint)


def test_a_variable_by_which_nobody_is_reached_need_not_be_usable() -> None:
    socks = {"all_proxy": "socks5://localhost:7890", "https_proxy": "http://p:1"}
    with pytest.raises(SettingsError, match="a proxy by socks5"):
        read_ways(Network(), socks)
    assert proxy_to("https://x", Network(), http_proxy="http://p:1", **socks) == "http://p:1"
    assert proxy_to("https://x", OWN, **socks) == OWN.proxy


# Certificates.


def test_the_bundle_is_the_configurations_then_the_variables(tmp_path: Path) -> None:
    environment = {"REQUESTS_CA_BUNDLE": "/r"}
    assert read_ways(Network(), environment).to("https://x").ca_bundle == "/r"
    environment["SSL_CERT_FILE"] = "/s"
    assert read_ways(Network(), environment).ca_bundle == "/s"
    assert read_ways(Network(ca_bundle="/own"), environment).ca_bundle == "/own"
    assert read_ways(Network(), {}).ca_bundle is None


def test_a_bundle_is_what_is_trusted_and_all_of_it(tmp_path: Path) -> None:
    bundle = certificate(tmp_path, name="ca.example")
    trust = read_ways(Network(ca_bundle=str(bundle)), {}).trust()
    assert trust.verify_mode == ssl.CERT_REQUIRED
    assert trust.check_hostname
    (held,) = trust.get_ca_certs()
    assert held["subject"] == ((("commonName", "ca.example"),),)


def test_a_folder_of_certificates_is_a_bundle_as_well(tmp_path: Path) -> None:
    trust = read_ways(Network(), {"REQUESTS_CA_BUNDLE": str(tmp_path)}).trust()
    assert trust.verify_mode == ssl.CERT_REQUIRED
    assert trust.get_ca_certs() == []


@pytest.mark.parametrize("text", [None, "no certificate"])
def test_a_bundle_that_cannot_be_read_is_said(tmp_path: Path, text: str | None) -> None:
    file = tmp_path / "ca.pem"
    if text is not None:
        file.write_text(text)
    with pytest.raises(SettingsError) as caught:
        read_ways(Network(ca_bundle=str(file)), {}).trust()
    assert caught.value.path == str(file)
    assert "network.ca_bundle" in str(caught.value.hint)


@pytest.mark.parametrize("name", ["SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "network.ca_bundle"])
def test_a_bundle_is_read_at_once_whoever_names_it_and_who_does_is_said(name: str) -> None:
    network = Network(ca_bundle="/no/such.pem" if name == "network.ca_bundle" else None)
    environment = {} if network.ca_bundle else {name: "/no/such.pem"}
    with pytest.raises(SettingsError) as caught:
        checked_ways(network, environment)
    assert caught.value.path == "/no/such.pem"
    assert f"`{name}` names a file" in str(caught.value.hint)


def test_ways_that_can_be_used_are_those_that_are_read(tmp_path: Path) -> None:
    bundle = str(certificate(tmp_path, name="ca.example"))
    for network in (Network(), Network(ca_bundle=bundle)):
        assert checked_ways(network, {}) == read_ways(network, {})
