"""The client: what it sends, what it refuses to send, and what it makes of odd answers."""

from __future__ import annotations

import gzip
import http.server
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from apiscape.client import line as module
from apiscape.client.address import Address, open_connection
from apiscape.client.http import HttpAgent
from apiscape.client.problem import (
    HOW_TO_COME_IN,
    KINDS,
    Problem,
    error_of,
    make_problem,
    problem_of,
)
from apiscape.client.wire import CollectRequest
from apiscape.errors import (
    ApiscapeError,
    Busy,
    NotFound,
    QueryError,
    Refused,
    SettingsError,
    UnreachableError,
    UsageError,
)
from apiscape.serve.local import LocalInventory
from apiscape.store import open_store
from tests.store.filled import fill
from tests.unit.serve.http.harness import OPERATOR, Pretended, serving


class Told(http.server.BaseHTTPRequestHandler):
    """Answers as the test says, and keeps what it was asked."""

    protocol_version = "HTTP/1.1"
    answer: tuple[int, dict[str, str], bytes] = (200, {}, b"{}")
    asked: list[tuple[str, dict[str, str]]] = []  # noqa: RUF012 - one for all requests
    closes_first = False

    def do_GET(self) -> None:
        type(self).asked.append((self.path, dict(self.headers.items())))
        status, headers, body = type(self).answer
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)
        self.close_connection = type(self).closes_first

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - as it is called there
        del format, args


@pytest.fixture
def told() -> Iterator[tuple[type[Told], str]]:
    class Handler(Told):
        asked: list[tuple[str, dict[str, str]]] = []  # noqa: RUF012 - one for all requests

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield Handler, f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


SUMMARY = b'{"deployments":1,"apis":1,"scopes":1}'


def test_the_token_is_sent_and_never_shown(told: tuple[type[Told], str]) -> None:
    handler, url = told
    handler.answer = (200, {}, SUMMARY)
    address = Address(url, "planted-token")
    with closing(HttpAgent(address)) as asked:
        assert asked.summary().deployments == 1
    assert handler.asked[0][1]["Authorization"] == "Bearer planted-token"
    assert "planted" not in repr(address)


def test_a_connection_is_used_again_and_renewed_when_it_was_closed(
    told: tuple[type[Told], str],
) -> None:
    handler, url = told
    handler.answer = (200, {}, SUMMARY)
    with closing(HttpAgent(Address(url))) as asked:
        asked.summary()
        handler.closes_first = True
        asked.summary()
        asked.summary()
        assert len(handler.asked) == 3
        assert len(asked._line._all) == 1


def test_threads_have_connections_of_their_own(told: tuple[type[Told], str]) -> None:
    handler, url = told
    handler.answer = (200, {}, SUMMARY)
    with closing(HttpAgent(Address(url))) as asked:
        threads = [threading.Thread(target=asked.summary) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(asked._line._all) == 4


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ((200, {}, b"<html>"), "cannot be read"),
        ((200, {}, b'{"deployments": "many"}'), "cannot be read"),
        ((200, {}, b"\xff"), "cannot be read"),
        ((502, {}, b"<html>bad gateway"), "the answer was 502"),
        ((302, {"Location": "http://127.0.0.1:1/"}, b""), "the answer was 302"),
        ((200, {"Content-Encoding": "gzip"}, b"no gzip"), "cannot be unpacked"),
    ],
)
def test_odd_answers_are_errors_with_a_next_step(
    told: tuple[type[Told], str], answer: tuple[int, dict[str, str], bytes], words: str
) -> None:
    told[0].answer = answer
    with (
        closing(HttpAgent(Address(told[1]))) as asked,
        pytest.raises(UnreachableError, match=words),
    ):
        asked.summary()


def test_a_bomb_is_unpacked_only_so_far(
    told: tuple[type[Told], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "LARGEST_ANSWER", 10_000)
    packed = gzip.compress(b" " * 1_000_000)
    told[0].answer = (200, {"Content-Encoding": "gzip"}, packed)
    with (
        closing(HttpAgent(Address(told[1]))) as asked,
        pytest.raises(UnreachableError, match="larger than any"),
    ):
        asked.summary()


def test_no_proxy_stands_between_here_and_this_machine(
    told: tuple[type[Told], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "https_proxy", "HTTPS_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    told[0].answer = (200, {}, SUMMARY)
    with closing(HttpAgent(Address(told[1]))) as asked:
        assert asked.summary().scopes == 1
    beyond = open_connection(Address("https://agent.example:8443", "t"))
    assert (beyond.host, beyond.port) == ("127.0.0.1", 9)
    monkeypatch.setenv("no_proxy", "agent.example")
    direct = open_connection(Address("https://agent.example:8443", "t"))
    assert (direct.host, direct.port) == ("agent.example", 8443)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "ftp://a.example",
        "http://",
        "agent.example:80",
        "https://u:p@a.example",
        "https://a?x=1",
        "http://a.example:port",
        "http://a.example:99999",
        "http://[::1",
    ],
)
def test_what_is_no_address_is_refused(url: str) -> None:
    with pytest.raises(UsageError, match="not the address of an agent"):
        open_connection(Address(url))


def test_a_password_in_an_address_is_not_said() -> None:
    with pytest.raises(UsageError, match=r"https://\*\*\*@a\.example/x") as caught:
        open_connection(Address("https://bob:hush@a.example/x"))
    assert "hush" not in caught.value.message


def test_a_token_does_not_go_over_a_network_in_clear() -> None:
    with pytest.raises(UsageError, match="in clear"):
        open_connection(Address("http://agent.example", "token"))
    assert open_connection(Address("http://agent.example")).port == 80


def test_certificates_that_cannot_be_read_are_said(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="certificates to trust"):
        open_connection(Address("https://a.example", ca_file=tmp_path / "none.pem"))


@pytest.mark.parametrize("word", KINDS)
def test_every_kind_of_problem_is_an_error_again(word: str) -> None:
    problem = make_problem(word, "words", hint="step")
    error = error_of(problem)
    assert type(error) is KINDS[word].error
    step = HOW_TO_COME_IN if word == "unauthenticated" else "step"
    assert (error.message, error.hint) == ("words", step)


@pytest.mark.parametrize("kind", sorted({kind.error for kind in KINDS.values()}, key=str))
def test_every_error_is_a_problem_and_itself_again(kind: type[ApiscapeError]) -> None:
    error: ApiscapeError
    if kind is QueryError:
        error = QueryError("words", text="a b", column=3, hint="step")
    elif kind is SettingsError:
        error = SettingsError("words", path="p", hint="step")
    else:
        error = kind("words", hint="step")
    again = error_of(problem_of(error))
    assert type(again) is kind
    assert (again.message, again.hint) == ("words", "step")


def test_an_error_of_no_kind_is_a_defect_and_an_unknown_kind_is_told_by_its_status() -> None:
    assert problem_of(ApiscapeError("words")).status == 500

    def of(status: int) -> type[ApiscapeError]:
        return type(error_of(Problem(type="about:blank", title="t", status=status, detail="d")))

    expected = {
        400: UsageError,
        401: Refused,
        404: NotFound,
        418: UsageError,
        599: UnreachableError,
    }
    assert {status: of(status) for status in expected} == expected


def test_collections_pauses_and_refusals(tmp_path: Path) -> None:
    visits = Pretended()
    with open_store(str(tmp_path / "store.db"), write=True) as store:
        fill(store)
        with (
            serving(LocalInventory(store), tmp_path, visits=visits) as doors,
            closing(HttpAgent(Address(doors.url or "", OPERATOR))) as asked,
        ):
            started = asked.collect(CollectRequest(sources=("prod",)))
            assert not started.is_over
            states = [asked.collection(started.number) for _ in range(3)]
            assert [state.is_over for state in states] == [False, False, True]
            assert asked.pause(["prod"]).sources == ("prod",)
            assert asked.resume(["prod"]).sources == ()
            assert visits.asked == [CollectRequest(sources=("prod",)), ("operator", ("prod",))]
            with pytest.raises(Busy, match="under way"):
                asked.collect(CollectRequest(sources=("busy",)))
            with pytest.raises(NotFound):
                asked.collection("8")


def test_the_client_loads_no_library_for_http_and_no_agent() -> None:
    code = (
        "import sys; import apiscape.client.http; "
        "print([name for name in sys.modules if name.split('.')[0] in "
        "{'litestar', 'uvicorn', 'httpx', 'requests', 'sqlalchemy', 'anyio'} "
        "or name.startswith(('apiscape.serve', 'apiscape.store'))])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
