from __future__ import annotations

import io
import json
import logging
import sys
import threading
from collections.abc import Iterator

import pytest

from apiscape.daemon.logs import LOG, set_up, tell
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


# ── Every line passes ──


@pytest.fixture
def stream() -> Iterator[io.StringIO]:
    """Give what is logged, and put logging back as it was."""
    root, package = logging.getLogger(), logging.getLogger("apiscape")
    before = list(root.handlers), root.level, package.level
    hooks = sys.excepthook, threading.excepthook
    yield io.StringIO()
    root.handlers[:], level, package_level = before
    root.setLevel(level)
    package.setLevel(package_level)
    sys.excepthook, threading.excepthook = hooks


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
