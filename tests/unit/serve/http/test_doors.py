"""Who gets in, by which door: tokens, hosts, files and their modes, TLS."""

from __future__ import annotations

import logging
import socket
import ssl
import stat
import subprocess
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from apiscape.client.address import Address as Where
from apiscape.client.http import HttpInventory
from apiscape.errors import SettingsError, StoreError, UnreachableError, UsageError
from apiscape.serve.http.listen import (
    Address,
    ApiDoor,
    Listen,
    Tls,
    bind_socket,
    parse_address,
    socket_path,
)
from apiscape.serve.http.operations import OPERATIONS, Operation, Right
from apiscape.serve.http.ports import Offer
from apiscape.serve.http.server import Doors
from apiscape.serve.http.tokens import Tokens
from apiscape.serve.local import LocalInventory
from apiscape.store import open_store
from tests.store.filled import fill
from tests.store.making import make
from tests.unit.serve.http.asking import Answer, ask
from tests.unit.serve.http.harness import (
    LOOPBACK,
    OPERATOR,
    QUICK,
    READER,
    TOKENS,
    entry,
    in_thread,
    serving,
)

LENIENT = msgspec.structs.replace(QUICK, wrong_per_peer=10**6, wrong_in_all=10**6)
NAMED = ApiDoor(address=LOOPBACK, hosts=("Inventory.example",))
METHODS = ("GET", "POST", "PUT", "DELETE", "PATCH")


def call(doors: Doors, operation: Operation, token: str | None, method: str) -> Answer:
    path = operation.path.replace("{uid}", make(0).uid).replace("{number}", "1")
    body = b"{}" if method != "GET" else None
    return ask(doors.url, path, method=method, token=token, body=body)


GONE = entry("gone-token", "read", "operate", expires=datetime(2026, 1, 1, tzinfo=UTC))


@pytest.fixture(scope="module")
def gates(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Doors]:
    """Give doors that many tests knock at and none changes anything behind."""
    folder = tmp_path_factory.mktemp("gates")
    with open_store(str(folder / "store.db"), write=True) as store:
        fill(store)
        tokens = Tokens(own=(*TOKENS, GONE))
        with serving(
            LocalInventory(store), folder, tokens=tokens, limits=LENIENT, api=NAMED
        ) as opened:
            yield opened


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda each: each.name)
@pytest.mark.parametrize("token", [None, "wrong", "gone-token", "", "\xfcnicode"])
def test_nobody_gets_anything_without_a_valid_token(
    gates: Doors, operation: Operation, token: str | None
) -> None:
    for method in METHODS:
        answer = call(gates, operation, token, method)
        assert (answer.status, answer.problem) == (401, "unauthenticated")
        assert answer.headers["www-authenticate"].startswith("Bearer")


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda each: each.name)
def test_a_token_does_what_it_may_and_no_more(gates: Doors, operation: Operation) -> None:
    reads = call(gates, operation, READER, operation.method)
    operates = call(gates, operation, OPERATOR, operation.method)
    if operation.right is Right.OPERATE:
        assert (reads.status, reads.problem) == (403, "forbidden")
    else:
        assert reads.status < 400 or reads.problem == "usage"
    assert operates.status not in {401, 403}
    for method in METHODS:
        if method != operation.method:
            assert call(gates, operation, OPERATOR, method).status == 405


def test_a_scheme_that_is_no_bearer_and_a_token_in_the_query_do_not_count(gates: Doors) -> None:
    assert ask(gates.url, "/v1/summary", Authorization=f"Basic {READER}").status == 401
    assert ask(gates.url, f"/v1/summary?access_token={READER}").status == 401
    assert ask(gates.url, "/v1/summary", Authorization=f"bearer  {READER} ").status == 200


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("localhost", 200),
        ("LOCALHOST:1", 200),
        ("127.0.0.1:9", 200),
        ("[::1]:9", 200),
        ("inventory.example", 200),
        ("evil.example", 421),
        ("localhost.evil.example", 421),
        ("127.0.0.1.evil.example", 421),
        ("", 421),
    ],
)
def test_a_foreign_host_is_refused(gates: Doors, host: str, status: int) -> None:
    assert ask(gates.url, "/v1/summary", token=READER, Host=host).status == status


@pytest.mark.parametrize(
    "origin", ["null", "https://evil.example", "http://localhost.evil.example"]
)
def test_a_page_of_another_site_is_refused(gates: Doors, origin: str) -> None:
    for url in (gates.url, gates.unix):
        answer = ask(url, "/v1/summary", token=READER, Host="localhost", Origin=origin)
        assert (answer.status, answer.problem) == (403, "forbidden")
    own = ask(gates.unix, "/v1/summary", Host="localhost", Origin="http://localhost")
    assert own.status == 200


def test_the_socket_is_for_its_owner_alone(doors: Doors, tmp_path: Path) -> None:
    path = socket_path(tmp_path / "store.db")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert ask(doors.unix, "/v1/summary").status == 200


def test_a_socket_that_a_dead_agent_left_is_replaced_and_a_living_one_is_not(
    inventory: LocalInventory, tmp_path: Path
) -> None:
    path = tmp_path / "d" / "agent.sock"
    bind_socket(path).close()
    assert path.is_socket()
    with bind_socket(path) as living:
        living.listen()
        with pytest.raises(StoreError, match="another agent answers"):
            bind_socket(path)
    path.unlink()
    path.write_text("mine", "utf-8")
    with pytest.raises(StoreError, match="in the way"):
        bind_socket(path)
    assert path.read_text("utf-8") == "mine"


def test_a_socket_whose_directory_cannot_be_made_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", "utf-8")
    with pytest.raises(StoreError, match="cannot be made"):
        bind_socket(tmp_path / "file" / "agent.sock")


def test_a_stopped_agent_leaves_no_socket(inventory: LocalInventory, tmp_path: Path) -> None:
    with serving(inventory, tmp_path) as doors:
        unix = doors.unix or ""
    assert not Path(unix.removeprefix("unix:")).exists()
    with (
        pytest.raises(UnreachableError, match="no answer"),
        closing(HttpInventory(Where(unix))) as i,
    ):
        i.summary()


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "inventory.example"])  # noqa: S104 - refused
def test_nothing_is_offered_in_clear_to_a_network(inventory: LocalInventory, host: str) -> None:
    door = ApiDoor(address=Address(host=host, port=0))
    with pytest.raises(UsageError, match="nothing encrypts"):
        Doors(Offer(inventory), Listen(api=door))


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "localhost"])
def test_loopback_and_a_declared_proxy_need_no_certificate(
    inventory: LocalInventory, host: str
) -> None:
    Doors(Offer(inventory), Listen(api=ApiDoor(address=Address(host=host, port=0))))
    wide = Address(host="0.0.0.0", port=0)  # noqa: S104 - behind a proxy
    Doors(Offer(inventory), Listen(api=ApiDoor(address=wide, behind_proxy=True)))


@pytest.mark.parametrize(
    ("text", "host", "port"),
    [(":8080", "127.0.0.1", 8080), ("[::1]:1", "::1", 1), ("a.example:65535", "a.example", 65535)],
)
def test_an_address_is_read(text: str, host: str, port: int) -> None:
    assert parse_address(text) == Address(host=host, port=port)


@pytest.mark.parametrize("text", ["", "8080", "host:", "host:x", "host:65536", "host:-1"])
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="not an address"):
        parse_address(text)


def test_an_address_in_use_is_said_and_no_door_stays_open(
    inventory: LocalInventory, tmp_path: Path
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        place = Address(host="127.0.0.1", port=taken.getsockname()[1])
        path = tmp_path / "agent.sock"
        doors = Doors(Offer(inventory), Listen(socket=path, probe=place), limits=QUICK)
        with pytest.raises(UsageError, match="cannot listen"), in_thread(doors):
            pass
    assert not path.exists()


def test_probes_need_no_token_and_say_no_names(inventory: LocalInventory, tmp_path: Path) -> None:
    lacking: list[str] = []
    with serving(
        inventory, tmp_path, ready=lambda: tuple(lacking), metrics=lambda: "apiscape_up 1\n"
    ) as doors:
        assert ask(doors.probe_url, "/healthz").body == b"alive\n"
        assert ask(doors.probe_url, "/readyz").status == 200
        lacking.append("store")
        answer = ask(doors.probe_url, "/readyz", Host="10.0.0.1")
        assert (answer.status, answer.body) == (503, b"not ready: store\n")
        assert ask(doors.probe_url, "/healthz").status == 200
        metrics = ask(doors.probe_url, "/metrics")
        assert metrics.body == b"apiscape_up 1\n"
        assert metrics.headers["content-type"].startswith("text/plain; version=0.0.4")
        assert ask(doors.probe_url, "/metrics", method="HEAD").body == b""
        assert ask(doors.probe_url, "/v1/summary", token=OPERATOR).status == 404
        assert ask(doors.probe_url, "/healthz", method="POST", body=b"").status == 405


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a folder with two self-signed certificates for this machine, `1` and `2`."""
    folder = tmp_path_factory.mktemp("tls")
    for name in ("1", "2"):
        subprocess.run(
            [
                *("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt"),
                *("ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"),
                *("-subj", f"/CN=agent-{name}", "-addext", "subjectAltName=IP:127.0.0.1"),
                *("-keyout", str(folder / f"{name}.key"), "-out", str(folder / f"{name}.pem")),
            ],
            check=True,
            capture_output=True,
        )
    return folder


def issued(url: str) -> str:
    """Return the certificate that a door shows."""
    host, _, port = url.removeprefix("https://").rpartition(":")
    return ssl.get_server_certificate((host, int(port)))


def copy(source: Path, target: Path) -> None:
    fresh = target.with_suffix(".new")
    fresh.write_bytes(source.read_bytes())
    fresh.replace(target)


@pytest.fixture
def tls(tmp_path: Path, certificates: Path) -> Tls:
    """Give the files of a certificate that may be renewed."""
    files = Tls(certificate=tmp_path / "chain.pem", key=tmp_path / "chain.key")
    copy(certificates / "1.pem", files.certificate)
    copy(certificates / "1.key", files.key)
    return files


def test_a_renewed_certificate_is_shown_without_a_restart(
    inventory: LocalInventory, tmp_path: Path, tls: Tls, certificates: Path
) -> None:
    first, second = ((certificates / f"{n}.pem").read_text("utf-8") for n in (1, 2))
    with serving(inventory, tmp_path, api=ApiDoor(address=LOOPBACK, tls=tls)) as doors:
        url = doors.url or ""
        assert url.startswith("https://")
        assert issued(url) == first
        trusting = Where(url, READER, ca_file=certificates / "1.pem")
        with closing(HttpInventory(trusting)) as asked:
            assert asked.summary() == inventory.summary()
        with (
            pytest.raises(UnreachableError, match="CERTIFICATE_VERIFY_FAILED"),
            closing(HttpInventory(Where(url, READER))) as asked,
        ):
            asked.summary()
        copy(certificates / "2.key", tls.key)
        assert issued(url) == first  # half renewed: the pair does not fit, and the old one stands
        copy(certificates / "2.pem", tls.certificate)
        assert issued(url) == second


def test_a_certificate_that_cannot_be_read_keeps_the_door_closed(
    inventory: LocalInventory, tls: Tls
) -> None:
    tls.key.write_text("no key", "utf-8")
    doors = Doors(Offer(inventory), Listen(api=ApiDoor(address=LOOPBACK, tls=tls)))
    with pytest.raises(SettingsError, match="no TLS"), in_thread(doors):
        pass


@pytest.fixture
def audit(caplog: pytest.LogCaptureFixture) -> Iterator[pytest.LogCaptureFixture]:
    """Give the records of the audit log."""
    with caplog.at_level(logging.INFO, "apiscape.audit"):
        yield caplog


def told(audit: pytest.LogCaptureFixture) -> list[dict[str, object]]:
    return [record.__dict__["audit"] for record in audit.records if record.name == "apiscape.audit"]


def test_actions_and_refusals_are_in_the_audit_log_and_tokens_are_not(
    doors: Doors, audit: pytest.LogCaptureFixture
) -> None:
    ask(doors.url, "/v1/summary", token="planted-token")
    ask(doors.url, "/v1/forget", method="POST", token=READER, body=b"{}")
    body = b'{"uid": "none", "by": "ada"}'
    ask(doors.url, "/v1/forget", method="POST", token=OPERATOR, body=body)
    ask(doors.url, "/v1/collect", method="POST", token=OPERATOR, body=b"{}")
    ask(doors.url, "/v1/summary", token=READER)
    events = told(audit)
    assert [each["event"] for each in events] == [
        *("token refused", "forbidden", "action", "action"),
    ]
    assert events[0]["peer"] == "127.0.0.1"
    assert events[1] == {"event": "forbidden", "who": "reader", "action": "forget_deployment"}
    assert events[2]["who"] == "operator"
    assert "ada" in str(events[2]["asked"])
    assert str(events[2]["outcome"]).startswith("refused: no deployment")
    assert str(events[3]["outcome"]).startswith("refused: this agent visits nothing")
    for token in ("planted-token", READER, OPERATOR):
        assert token not in audit.text


def test_an_action_names_the_person_and_the_token_in_the_history(
    doors: Doors, inventory: LocalInventory, audit: pytest.LogCaptureFixture
) -> None:
    scope = inventory.scopes()[0].scope.key
    body = f'{{"scope": "{scope}", "by": "ada"}}'.encode()
    answer = ask(doors.url, "/v1/confirm", method="POST", token=OPERATOR, body=body)
    assert (answer.status, answer.json) == (200, {"retired": 0})
    assert told(audit)[-1]["outcome"] == "done"


@pytest.mark.parametrize(
    ("body", "media", "word"),
    [
        (b"{", "application/json", "usage"),
        (b"\xff", "application/json", "usage"),
        (b"[" * 60_000, "application/json", "usage"),
        (b"{}", "application/json", "usage"),
        (b'{"scope": 1, "by": "a"}', "application/json", "usage"),
        (b'{"scope": "s", "by": "a", "more": 1}', "application/json", "usage"),
        (b'{"scope": "s", "by": "a"}', "text/plain", "media-type"),
        (b'{"scope": "s", "by": "a"}', "application/json; charset=utf-8", "not-found"),
        (b" " * 65_537, "application/json", "too-large"),
    ],
)
def test_a_body_is_read_strictly(gates: Doors, body: bytes, media: str, word: str) -> None:
    answer = ask(gates.unix, "/v1/confirm", method="POST", body=body, Content_Type=media)
    assert answer.problem == word


def test_a_path_that_is_no_text_is_refused(gates: Doors) -> None:
    assert ask(gates.unix, "/v1/deployments/%ff").problem == "usage"
