"""How a cluster is reached: over real TLS, by the official client's connections."""

from __future__ import annotations

import base64
import ssl
import tempfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_pem_private_key,
)
from urllib3.exceptions import IncompleteRead, ProxyError, SSLError

from apiscape.collectors.contract import CollectorError, CredentialsInvalid, Unreachable
from apiscape.collectors.kubernetes.link import ClusterLink
from apiscape.collectors.kubernetes.settings import KubernetesSettings
from apiscape.collectors.kubernetes.targets import choose_contexts
from apiscape.collectors.kubernetes.unanswered import no_answer
from apiscape.collectors.kubernetes.wire import Asked, Wire
from apiscape.demo.kubernetes.access import EVERYTHING
from apiscape.demo.kubernetes.cluster import Cluster
from apiscape.demo.kubernetes.server import KubernetesServer
from apiscape.network.ways import Network
from tests.collectors.kubernetes.bench import Purse
from tests.collectors.kubernetes.kubeconfigs import CANARY, cluster, in_base64, kubeconfig, write
from tests.proxies import lead_only_through, proxying
from tests.unit.health.probing.servers import certificate

Json = dict[str, Any]
NAMESPACES = Asked(path="/api/v1/namespaces", operation="list namespaces", permission="x")


class Asking:
    """Asks by a kubeconfig with one context."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / "config"
        self._links: list[ClusterLink] = []

    def link(self, held: Json, user: Json | None = None, **more: Any) -> ClusterLink:
        users = {} if user is None else {"ctx": user}
        write(self._file, kubeconfig({"ctx": held}, users, current="ctx"))
        settings = KubernetesSettings(kubeconfig=str(self._file), **more)
        (target,) = choose_contexts(settings).targets
        way = target.way()
        link = ClusterLink("cluster", way.place, way.signs_in)
        self._links.append(link)
        return link

    def get(self, held: Json, user: Json | None = None, **more: Any) -> bytes:
        return Wire(self.link(held, user, **more), Purse()).get(NAMESPACES).body

    def failure(self, held: Json, user: Json | None = None, **more: Any) -> CollectorError:
        with pytest.raises(CollectorError) as caught:
            self.get(held, user, **more)
        assert CANARY not in str(caught.value.record())
        return caught.value

    def close(self) -> None:
        for link in self._links:
            link.close()


@pytest.fixture
def asking(tmp_path: Path) -> Iterator[Asking]:
    made = Asking(tmp_path)
    yield made
    made.close()


@pytest.fixture
def tls(pem: Path) -> Iterator[KubernetesServer]:
    guarded = Cluster(takes_anonymous=False)
    guarded.access.grant("agent", "t0ken", [EVERYTHING])
    with KubernetesServer(guarded, certificate=pem) as running:
        yield running


TOKEN = {"token": "t0ken"}
NOT_TAKEN = "the API server does not take the client certificate, or asks for one"
BROKEN_OFF = "the API server broke off, as one does that asks for another certificate"


def test_a_token_over_tls_with_the_clusters_own_authority(
    asking: Asking, tls: KubernetesServer, pem: Path
) -> None:
    by_file = cluster(tls.url + "/", **{"certificate-authority": str(pem)})
    assert b'"kind":"NamespaceList"' in asking.get(by_file, TOKEN)
    by_data = cluster(tls.url, **{"certificate-authority-data": in_base64(pem)})
    assert asking.get(by_data, TOKEN)
    assert [call.user for call in tls.calls] == ["agent", "agent"]


def test_the_configured_authorities_count_where_the_cluster_names_none(
    asking: Asking, tls: KubernetesServer, pem: Path, tmp_path: Path
) -> None:
    network = Network(ca_bundle=str(pem))
    assert asking.get(cluster(tls.url), TOKEN, network=network)
    other = certificate(tmp_path, name="other")
    held = cluster(tls.url, **{"certificate-authority-data": in_base64(other)})
    error = asking.failure(held, TOKEN, network=network)
    assert isinstance(error, Unreachable)
    assert error.message == "the certificate of the API server is not trusted (self-signed)"
    assert "certificate-authority-data" in str(error.next_step)
    assert tls.calls == tls.calls[:1]


def test_a_certificate_for_another_name_is_taken_where_that_name_is_said(
    asking: Asking, tmp_path: Path
) -> None:
    file = certificate(tmp_path, name="cluster.test")
    with KubernetesServer(certificate=file) as server:
        url = server.url.replace("127.0.0.1", "localhost")
        held = cluster(url, **{"certificate-authority-data": in_base64(file)})
        assert "not trusted (Hostname mismatch)" in asking.failure(held).message
        assert asking.get(held | {"tls-server-name": "cluster.test"})


def test_an_expired_certificate_of_the_server(asking: Asking, tmp_path: Path) -> None:
    file = certificate(tmp_path, ends=datetime(2020, 1, 1, tzinfo=UTC))
    with KubernetesServer(certificate=file) as server:
        held = cluster(server.url, **{"certificate-authority-data": in_base64(file)})
        assert "is not trusted (has expired)" in asking.failure(held).message


def test_what_is_not_checked_is_not_visited_unless_the_source_says_so(
    asking: Asking, tls: KubernetesServer
) -> None:
    held = cluster(tls.url, **{"insecure-skip-tls-verify": True})
    error = asking.failure(held, TOKEN)
    assert error.message == "context ctx does not have the server's certificate checked"
    assert "`unverified: true`" in str(error.next_step)
    assert tls.calls == []
    assert asking.get(held, TOKEN, unverified=True)


def only_for(server: KubernetesServer, client: Path) -> None:
    """Have a server ask its clients for this certificate."""
    context: ssl.SSLContext = server._listener.socket.context  # type: ignore[attr-defined]
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_verify_locations(client)


def test_a_client_certificate_is_shown_and_its_key_is_left_nowhere(
    asking: Asking,
    pem: Path,
    client_pem: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    lent = tmp_path / "lent"
    lent.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(lent))
    told = in_base64(client_pem)
    with KubernetesServer(certificate=pem) as server:
        only_for(server, client_pem)
        held = cluster(server.url, **{"certificate-authority-data": in_base64(pem)})
        user = {"client-certificate-data": told, "client-key-data": told}
        assert asking.get(held, user)
        assert list(lent.iterdir()) == []
        files = {"client-certificate": str(client_pem), "client-key": str(client_pem)}
        assert asking.get(held, files)
        refused = asking.failure(held, {})
        assert refused.message in {NOT_TAKEN, BROKEN_OFF}  # as soon as the server's word is here
        assert refused.next_step == "sign in again"
        assert len(server.calls) == 2


def test_a_client_certificate_that_is_written_anew_is_shown_once_the_old_one_is_not_taken(
    asking: Asking, pem: Path, client_pem: Path, tmp_path: Path
) -> None:
    file = tmp_path / "client.pem"
    file.write_bytes(client_pem.read_bytes())
    with KubernetesServer(certificate=pem) as server:
        held = cluster(server.url, **{"certificate-authority-data": in_base64(pem)})
        link = asking.link(held, {"client-certificate": str(file), "client-key": str(file)})
        first = link.pool()
        assert link.pool() is first
        file.write_bytes(certificate(tmp_path, name="new").read_bytes())
        assert link.pool() is first
        link.headers(anew=True)
        assert link.pool() is not first


def locked(pem: Path) -> str:
    """Return a certificate with its key, which needs a password, in base64."""
    key = load_pem_private_key(pem.read_bytes(), None)
    packed = key.private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(CANARY.encode())
    )
    return base64.b64encode(packed).decode()


def chain_of(text: str) -> Json:
    return {"client-certificate-data": text, "client-key-data": text}


def test_client_certificates_that_cannot_be_used_are_said_by_name(
    asking: Asking, tls: KubernetesServer, pem: Path, client_pem: Path, tmp_path: Path
) -> None:
    held = cluster(tls.url, **{"certificate-authority-data": in_base64(pem)})
    old = certificate(tmp_path, ends=datetime(2020, 1, 2, tzinfo=UTC))
    for user, said in (
        (chain_of(in_base64(old)), "the client certificate expired on 2020-01-02"),
        (chain_of("YWJj"), "the client certificate is none"),
        (
            {
                "client-certificate-data": in_base64(pem),
                "client-key-data": in_base64(client_pem),
            },
            "the client certificate and its key do not belong together, or cannot be read",
        ),
        (
            {
                "client-certificate-data": in_base64(pem),
                "client-key-data": locked(pem),
            },
            "the client certificate and its key do not belong together, or cannot be read",
        ),
    ):
        error = asking.failure(held, user)
        assert isinstance(error, CredentialsInvalid)
        assert (error.message, bool(error.next_step)) == (said, True)
    assert tls.calls == []


@pytest.mark.parametrize(
    ("server", "said"),
    [
        ("", "the server of context ctx is no URL of http or https"),
        ("ftp://x", "the server of context ctx is no URL of http or https"),
        ("https://x:0", "the server of context ctx is no URL of http or https"),
        ("https://x:99999", "the server of context ctx is no URL of http or https"),
        (f"https://ann:{CANARY}@x", "the server of context ctx holds more than an address"),
        (f"https://x/?token={CANARY}", "the server of context ctx holds more than an address"),
        ("http://example.test", "the server is spoken to without TLS, and would be shown"),
    ],
)
def test_servers_that_are_never_asked(asking: Asking, server: str, said: str) -> None:
    error = asking.failure(cluster(server), TOKEN)
    assert isinstance(error, Unreachable)
    assert error.message.startswith(said)


@pytest.mark.parametrize(
    ("held", "said"),
    [
        ({"certificate-authority-data": "YWJj"}, "certificate authority in the kubeconfig is no"),
        ({"certificate-authority-data": "!"}, "the certificate authority in the kubeconfig is no"),
        ({"certificate-authority": "/absent"}, "the certificate authority cannot be read from"),
        ({"proxy-url": f"socks5://u:{CANARY}@x"}, "`proxy-url` of context ctx is a proxy by socks"),
        ({"proxy-url": "http://"}, "the `proxy-url` of context ctx is not the URL of a proxy"),
    ],
)
def test_what_else_of_a_cluster_cannot_be_used(asking: Asking, held: Json, said: str) -> None:
    assert said in asking.failure(cluster("https://127.0.0.1:1", **held), TOKEN).message


def test_a_network_that_cannot_be_used_is_said(asking: Asking, tmp_path: Path) -> None:
    def said(**network: Any) -> str:
        held = cluster("https://127.0.0.1:1")
        return asking.failure(held, TOKEN, network=Network(**network)).message

    assert said(proxy="ftp://x") == "network.proxy: a proxy by ftp"
    assert said(ca_bundle=str(tmp_path / "none")).endswith(
        "none: cannot be read: No such file or directory"
    )


def test_a_server_by_plain_http_on_this_machine_is_asked_with_a_token(
    asking: Asking, server: KubernetesServer, cluster: Cluster
) -> None:
    cluster.access.grant("agent", "t0ken", [EVERYTHING])
    for host in ("127.0.0.1", "localhost"):
        asking.get({"server": server.url.replace("127.0.0.1", host)}, TOKEN)
    assert {call.user for call in server.calls} == {"agent"}


def test_a_server_that_does_not_speak_tls(asking: Asking, server: KubernetesServer) -> None:
    held = {"server": server.url.replace("http:", "https:")}
    assert asking.failure(held).message == "the API server does not speak TLS as it should"


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (SSLError("[SSL: SSLV3_ALERT_BAD_CERTIFICATE] x"), NOT_TAKEN),
        (SSLError("[SSL: TLSV1_ALERT_UNKNOWN_CA] x"), NOT_TAKEN),
        (SSLError("[SSL: TLSV13_ALERT_CERTIFICATE_REQUIRED] x"), NOT_TAKEN),
        (SSLError("EOF occurred in violation of protocol"), BROKEN_OFF),
        (
            ProxyError("x", SSLError("[SSL: CERTIFICATE_VERIFY_FAILED] x")),
            "the certificate of the proxy is not trusted",
        ),
        (IncompleteRead(1, 2), "the API server broke off"),
        (OSError(CANARY), "no answer of the API server (OSError)"),
    ],
)
def test_what_the_library_raises_is_named_by_what_it_means(error: Exception, said: str) -> None:
    named = no_answer(error, "list x")
    assert said in named.message
    assert named.operation == "list x"
    assert CANARY not in str(named.record())


# ── Through a proxy ──────────────────────────────────────────────────────────

HOST = "cluster.test"


@pytest.fixture
def behind(tmp_path: Path) -> Iterator[tuple[Json, dict[str, int]]]:
    """A cluster under a name that nobody but a proxy knows."""
    file = certificate(tmp_path, name=HOST)
    with KubernetesServer(certificate=file) as server:
        port = int(server.url.rpartition(":")[2])
        held = {"server": f"https://{HOST}", "certificate-authority-data": in_base64(file)}
        yield held, {HOST: port}


def of_source(url: str, monkeypatch: pytest.MonkeyPatch) -> tuple[Json, Json]:
    return {}, {"network": Network(proxy=url)}


def of_cluster(url: str, monkeypatch: pytest.MonkeyPatch) -> tuple[Json, Json]:
    return {"proxy-url": url}, {"network": Network(proxy="http://127.0.0.1:1")}


def of_variable(url: str, monkeypatch: pytest.MonkeyPatch) -> tuple[Json, Json]:
    monkeypatch.setenv("HTTPS_PROXY", url)
    return {}, {}


@pytest.mark.parametrize("said", [of_source, of_cluster, of_variable])
def test_a_cluster_is_reached_through_the_proxy_that_is_said(
    asking: Asking,
    behind: tuple[Json, dict[str, int]],
    monkeypatch: pytest.MonkeyPatch,
    said: Callable[[str, pytest.MonkeyPatch], tuple[Json, Json]],
) -> None:
    held, names = behind
    with proxying(names) as proxy:
        lead_only_through(proxy, monkeypatch)
        more, network = said(proxy.url, monkeypatch)
        assert asking.get(held | more, **network)
        assert proxy.targets() == {f"{HOST}:443"}


def test_credentials_of_a_proxy_are_shown_to_it_alone(
    asking: Asking, behind: tuple[Json, dict[str, int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    held, names = behind
    with proxying(names, credentials=f"ann:{CANARY}") as proxy:
        lead_only_through(proxy, monkeypatch)
        own = f"http://ann:{CANARY}@127.0.0.1:{proxy.port}"
        assert asking.get(held | {"proxy-url": own})
        error = asking.failure(held | {"proxy-url": proxy.url})
        assert error.message == "the proxy asks for credentials (407)"
        assert "HTTPS_PROXY" in str(error.next_step)


def test_what_stands_in_the_way_is_said(
    asking: Asking, behind: tuple[Json, dict[str, int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    held, names = behind
    with proxying(names, refuses=403) as proxy:
        error = asking.failure(held | {"proxy-url": proxy.url})
        assert error.message == "the proxy does not let the API server through (403)"
    error = asking.failure(held | {"proxy-url": proxy.url})
    assert error.message == "the proxy does not answer"
    plain = {"server": f"https://127.0.0.1:{names[HOST]}", "proxy-url": ""}
    assert "not trusted" in asking.failure(plain).message


def test_the_configuration_alone_says_what_is_reached_directly(
    asking: Asking, server: KubernetesServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    assert asking.failure({"server": server.url}).message == "the proxy does not answer"
    network = Network(proxy="http://127.0.0.1:1", no_proxy=("127.0.0.0/8",))
    assert asking.get({"server": server.url}, network=network)
