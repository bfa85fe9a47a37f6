from __future__ import annotations

import io
import json
import logging
import sys
import threading
import time
import warnings
from collections.abc import Iterator
from types import SimpleNamespace, TracebackType
from typing import Any

import pytest

from apiscape.daemon.logs import LOG, correlated, set_up, tell
from apiscape.daemon.redacting import HIDDEN, Redactor, secrets_in

CANARY = "c4naryV4lueThatNobodyMaySee"


@pytest.mark.parametrize(
    "text",
    [
        f"Authorization: Bearer {CANARY}",
        f"basic {CANARY}==",
        f"postgresql://apiscape:{CANARY}@db.example/inventory",
        f"https://user:{CANARY}@proxy.example:3128/",
        f"aws_secret_access_key = {CANARY}",
        f"AWS_SESSION_TOKEN={CANARY} and more",
        f'{{"password": "{CANARY}"}}',
        f"{{'client_secret': '{CANARY}'}}",
        f"?X-Amz-Signature={CANARY}&X-Amz-Date=1",
        f"token={CANARY}",
        f"api_key: {CANARY}",
        f"-----BEGIN RSA PRIVATE KEY-----\n{CANARY}\n-----END RSA PRIVATE KEY-----",
        f"-----BEGIN PRIVATE KEY-----\n{CANARY}",
        f"eyJhbGciOiJub25l.{CANARY}.sig",
        f"Authorization: AWS4-HMAC-SHA256 Credential={CANARY}/x, SignedHeaders=a;b, Signature=1",
        f"AWS4-HMAC-SHA256 Credential={CANARY}/20260101/eu-west-1/sts/aws4_request, Signature=2",
        f"{{'Authorization': b'AWS4-HMAC-SHA256 Credential={CANARY}/x, Signature={CANARY}'}}",
        f"?X-Amz-Credential={CANARY}%2F2026&X-Amz-Security-Token={CANARY}&X-Amz-Signature={CANARY}",
        f"https://{CANARY}@proxy.example:3128/",
        f"http://user:with/slash{CANARY}@proxy.example",
        f"Proxy-Authorization: Basic {CANARY}",
        f"Authorization: Negotiate {CANARY}",
        f"Authorization: Digest username=a, response={CANARY}",
        f"{{'authorization': 'SharedKey account:{CANARY}'}}",
        f'"Authorization": "one {CANARY} two"',
        f"Cookie: session={CANARY}; other={CANARY}",
        f"Set-Cookie: sid={CANARY}; Path=/",
        f"AccountKey={CANARY};EndpointSuffix=core.example",
        f"?sv=1&sig={CANARY}&se=2",
        f'"password": "two words {CANARY}"',
        f"password='it is {CANARY}'",
        f"pwd={CANARY}",
        f"client_assertion={CANARY}",
        f"Ocp-Apim-Subscription-Key: {CANARY}",
        f"private_key_id: {CANARY}",
        f"bearer: {CANARY}",
        f'{{\\"token\\": \\"{CANARY}\\"}}',
        f"ya29.{CANARY}",
        f"ghp_{CANARY}",
    ],
)
def test_what_looks_like_a_credential_is_hidden(text: str) -> None:
    hidden = Redactor().hide(text)
    assert CANARY not in hidden
    assert HIDDEN in hidden


def test_an_access_keys_id_is_hidden() -> None:
    assert Redactor().hide("with AKIAIOSFODNN7EXAMPLE it is") == f"with {HIDDEN} it is"


@pytest.mark.parametrize(
    "text",
    [
        "visit ended",
        "https://api.tax.example/v1?page=2",
        "needs apigateway:GET on /restapis",
        "unix:/var/lib/apiscape/inventory.db.agent/agent.sock",
        "sources=3 scopes=12",
        "the credentials have expired (ExpiredToken); sign in again",
        "the proxy http://proxy.example:3128 asks for credentials (407): set HTTPS_PROXY",
        "the certificate of otlp.example is not trusted (self-signed certificate)",
        "https://api.tax.example/v1/users/@me",
        "code=403 design=blue",
    ],
)
def test_ordinary_words_stay(text: str) -> None:
    assert Redactor([CANARY]).hide(text) == text


def test_known_values_are_hidden_wherever_they_stand_and_short_ones_are_not_looked_for() -> None:
    redactor = Redactor([CANARY, f"{CANARY}-longer", "ab", ""])
    assert redactor.hide(f"ab {CANARY}-longer/{CANARY}") == f"ab {HIDDEN}/{HIDDEN}"


def test_variables_are_secret_by_their_names() -> None:
    environment = {
        "AWS_SECRET_ACCESS_KEY": "1",
        "APISCAPE_TOKEN": "2",
        "PGPASSWORD": "3",
        "HOME": "4",
        "APISCAPE_STORE": "5",
    }
    assert secrets_in(environment) == ("1", "2", "3")


def test_passwords_in_urls_are_secret_whatever_the_variable_is_called() -> None:
    environment = {
        "HTTPS_PROXY": "http://agent:p%40ssw0rd@proxy.example:3128",
        "STORE_URL": "postgresql://u:plain-word@db/x",
        "http_proxy": "http://proxy.example:3128",
        "ODD": "http://[::1",
    }
    assert secrets_in(environment) == ("p%40ssw0rd", "p@ssw0rd", "plain-word")


def test_what_follows_a_header_in_a_traceback_stays() -> None:
    hidden = Redactor().hide(f"Authorization: Bearer {CANARY} | File a.py, line 3 | ValueError")
    assert CANARY not in hidden
    assert hidden.endswith("| File a.py, line 3 | ValueError")


def test_a_long_text_is_looked_through_once() -> None:
    text = "a-" * 50_000 + "-" * 50_000
    began = time.process_time()
    assert Redactor().hide(text) == text
    assert time.process_time() - began < 5


# ── Every line passes ──


@pytest.fixture
def stream() -> Iterator[io.StringIO]:
    """Give what is logged, and put logging back as it was."""
    root, package = logging.getLogger(), logging.getLogger("apiscape")
    before = list(root.handlers), root.level, package.level
    hooks = sys.excepthook, threading.excepthook, sys.unraisablehook
    yield io.StringIO()
    root.handlers[:], level, package_level = before
    root.setLevel(level)
    package.setLevel(package_level)
    sys.excepthook, threading.excepthook, sys.unraisablehook = hooks
    logging.captureWarnings(capture=False)


def fail(_value: str) -> None:
    message = f"refused: password={CANARY}"
    raise ValueError(message)


@pytest.mark.parametrize("as_json", [False, True])
def test_no_line_holds_a_credential_however_it_is_logged(
    stream: io.StringIO, as_json: bool
) -> None:
    set_up(Redactor([CANARY]), as_json=as_json, level="debug", stream=stream)
    tell("event", logging.DEBUG, why=f"it was {CANARY}", count=3)
    logging.getLogger("apiscape.serve").error("asked with %s", CANARY)
    logging.getLogger("some.library").warning("%s", {"token": CANARY})
    logging.getLogger("apiscape.audit").info("x", extra={"audit": {"asked": CANARY}})
    try:
        fail(CANARY)
    except ValueError:
        LOG.exception("it failed")
    thread = threading.Thread(target=fail, args=(CANARY,))
    thread.start()
    thread.join()
    lines = stream.getvalue().splitlines()
    assert len(lines) == 6
    assert CANARY not in stream.getvalue()
    assert "test_redacting.py" in lines[4]  # the traceback says where
    assert "nobody caught an error" in lines[5]


def test_a_line_is_one_line_of_pairs_whatever_a_value_holds(stream: io.StringIO) -> None:
    set_up(Redactor(), stream=stream)
    tell("a b", name='say "x"\n\x1b[31m=', number=2, nothing=None)
    (line,) = stream.getvalue().splitlines()
    assert "\x1b" not in line
    assert 'event="a b"' in line
    assert line.endswith("number=2 nothing=null")


def test_a_line_in_json_has_the_same(stream: io.StringIO) -> None:
    set_up(Redactor(), as_json=True, stream=stream)
    tell("visit ended", logging.WARNING, scope="prod/1", calls=7)
    told = json.loads(stream.getvalue())
    assert told.pop("at").endswith("Z")
    assert told == {
        "level": "warning",
        "logger": "apiscape.agent",
        "event": "visit ended",
        "scope": "prod/1",
        "calls": 7,
    }


def test_libraries_say_warnings_only(stream: io.StringIO) -> None:
    set_up(Redactor(), stream=stream)
    logging.getLogger("some.library").info("chatter")
    tell("quiet", logging.DEBUG)
    assert stream.getvalue() == ""


@pytest.mark.parametrize("as_json", [False, True])
def test_a_field_that_is_called_secret_has_no_value(stream: io.StringIO, as_json: bool) -> None:
    set_up(Redactor(), as_json=as_json, stream=stream)
    tell(
        "x", client_secret="s-1", token="s-2", Authorization="s-3", cookie="s-4", tokens=3, key="k"
    )
    told = stream.getvalue()
    assert told.count(HIDDEN) == 4
    assert "s-" not in told
    assert ("tokens=3" in told) or ('"tokens":3' in told)


class Sdk(Exception):
    """What an SDK raises: with everything that it sent in its text."""


def send() -> None:
    message = f"GET https://u:{CANARY}@h/?X-Amz-Signature={CANARY}"
    raise ConnectionError(message)


def chained() -> None:
    try:
        send()
    except ConnectionError as error:
        error.add_note(f"Proxy-Authorization: Basic {CANARY}")
        sent = {"Authorization": f"AWS4-HMAC-SHA256 Credential={CANARY}/x, Signature={CANARY}"}
        message = f"sent {sent}"
        raise Sdk(message) from error


@pytest.mark.parametrize("as_json", [False, True])
def test_a_traceback_says_where_and_nothing_that_was_sent(
    stream: io.StringIO, as_json: bool
) -> None:
    set_up(Redactor(), as_json=as_json, stream=stream)
    try:
        chained()
    except Sdk:
        LOG.exception("it failed")
    sys.excepthook(*_caught())
    (first, second) = stream.getvalue().splitlines()
    for line in (first, second):
        assert CANARY not in line
        assert "test_redacting.py" in line
        assert "ConnectionError" in line
        assert "Sdk" in line


def _caught() -> tuple[type[BaseException], BaseException, TracebackType | None]:
    try:
        chained()
    except Sdk as error:
        return type(error), error, error.__traceback__
    raise AssertionError


@pytest.mark.parametrize("as_json", [False, True])
def test_a_line_that_cannot_be_made_says_where_and_repeats_nothing(
    stream: io.StringIO, as_json: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    set_up(Redactor(), as_json=as_json, stream=stream)
    logging.getLogger("some.library").warning("%d calls", CANARY)
    (line,) = stream.getvalue().splitlines()
    assert CANARY not in line + capsys.readouterr().err
    assert "a line could not be written" in line
    assert "test_redacting.py:" in line


def test_a_stream_that_is_gone_stops_nothing(stream: io.StringIO) -> None:
    set_up(Redactor(), stream=stream)
    stream.close()
    tell("unheard")
    assert stream.closed


def test_warnings_and_errors_in_destructors_are_lines_too(stream: io.StringIO) -> None:
    set_up(Redactor(), stream=stream)
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        logging.captureWarnings(capture=False)
        logging.captureWarnings(capture=True)
        warnings.warn(f"token={CANARY}", stacklevel=1)
    _, error, trace = _caught()
    told = SimpleNamespace(exc_type=type(error), exc_value=error, exc_traceback=trace)
    hook: Any = sys.unraisablehook
    hook(told)
    lines = stream.getvalue().splitlines()
    assert len(lines) == 2
    assert "logger=py.warnings" in lines[0]
    assert "nobody caught an error" in lines[1]
    assert CANARY not in stream.getvalue()


# ── Which trace it was written within ──


@pytest.mark.parametrize("as_json", [False, True])
def test_a_line_names_its_trace_while_there_is_one(stream: io.StringIO, as_json: bool) -> None:
    set_up(Redactor(), as_json=as_json, stream=stream)
    ids: dict[str, str] = {}
    with correlated(lambda: ids):
        tell("before")
        ids |= {"trace_id": "0af7", "span_id": "00f0"}
        tell("within")
        logging.getLogger("some.library").warning("as well")
    tell("after")
    named = [("0af7" in line, "span_id" in line) for line in stream.getvalue().splitlines()]
    assert named == [(False, False), (True, True), (True, True), (False, False)]
