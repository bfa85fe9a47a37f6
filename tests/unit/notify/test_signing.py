"""Signatures as Standard Webhooks has them, and secrets that are named and never repeated."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest

from apiscape.errors import UsageError
from apiscape.notify.signing import read_secrets, sign

KEY = base64.b64encode(b"k" * 32).decode()


def test_the_example_of_the_specification_comes_out() -> None:
    """The vector that the libraries of Standard Webhooks are tested with."""
    (secret,) = read_secrets(["env:K"], {"K": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"})
    signature = sign([secret], "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}')
    assert signature == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_each_secret_has_its_signature_in_the_order_of_secrets() -> None:
    one, two = b"1" * 24, b"2" * 24
    both = sign([one, two], "id", 1, b"body")
    assert both == f"{sign([one], 'id', 1, b'body')} {sign([two], 'id', 1, b'body')}"
    assert (
        sign([one], "id", 2, b"body")
        != sign([one], "id", 1, b"body")
        != sign([one], "i", 1, b"body")
    )


@pytest.mark.parametrize("text", [KEY, f"whsec_{KEY}", f"whsec_{KEY}\n"])
def test_a_secret_is_read_from_the_environment_or_a_file(text: str, tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text(text)
    assert read_secrets(["env:K", f"file:{file}"], {"K": text}) == (b"k" * 32, b"k" * 32)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("planted-secret-value!", "not base64"),
        (base64.b64encode(b"planted-secret").decode(), "too short"),
        (base64.b64encode(b"p" * 65).decode(), "too long"),
        ("", "too short"),
        ("schlüssel", "not base64"),
    ],
)
def test_what_is_no_secret_is_refused_without_being_repeated(
    text: str, why: str, tmp_path: Path
) -> None:
    file = tmp_path / "key"
    file.write_text(text, encoding="utf-8")
    for named in ("env:K", f"file:{file}"):
        with pytest.raises(UsageError, match=why) as caught:
            read_secrets([named], {"K": text})
        assert named in caught.value.message
        assert not text or text not in f"{caught.value.message} {caught.value.hint}"


def test_a_secret_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="variable K is not set"):
        read_secrets(["env:K"], {})
    with pytest.raises(UsageError, match="cannot be read: No such file"):
        read_secrets([f"file:{tmp_path}/none"], {})
