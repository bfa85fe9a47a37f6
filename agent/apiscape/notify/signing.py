"""Signatures of Standard Webhooks: HMAC-SHA256 over id, time and body, by secrets that are named and never written."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Iterable, Mapping
from pathlib import Path

from apiscape.errors import UsageError

PREFIX = "whsec_"
SHORTEST, LONGEST = 24, 64
"""Bytes of a secret."""

LARGEST_FILE = 4096

_HINT = "a secret is whsec_ and 24 to 64 random bytes in base64: openssl rand -base64 32"


def read_secrets(named: Iterable[str], environment: Mapping[str, str]) -> tuple[bytes, ...]:
    """Return the secrets that `env:NAME` and `file:PATH` name, read anew.

    Raises:
        UsageError: One is not there, or is none; its value is not in the message.
    """
    return tuple(_read_secret(each, environment) for each in named)


def _read_secret(named: str, environment: Mapping[str, str]) -> bytes:
    kind, _, where = named.partition(":")
    if kind == "env":
        text = environment.get(where)
        if text is None:
            raise UsageError(f"environment variable {where} is not set", hint=_HINT)
    else:
        text = _read_file(Path(where))
    try:
        secret = base64.b64decode(text.strip().removeprefix(PREFIX), validate=True)
    except (binascii.Error, ValueError):
        raise UsageError(f"the secret {named} is not base64", hint=_HINT) from None
    if not SHORTEST <= len(secret) <= LONGEST:
        raise UsageError(f"the secret {named} is too short or too long", hint=_HINT)
    return secret


def _read_file(file: Path) -> str:
    try:
        with file.open(encoding="ascii") as opened:
            return opened.read(LARGEST_FILE)
    except OSError as error:
        why = error.strerror or "no such file"
        raise UsageError(f"the secret file:{file} cannot be read: {why}", hint=_HINT) from None
    except UnicodeDecodeError:
        raise UsageError(f"the secret file:{file} is not base64", hint=_HINT) from None


def sign(secrets: Iterable[bytes], ident: str, timestamp: int, body: bytes) -> str:
    """Return the value of `webhook-signature`: one signature of each secret, a space between."""
    signed = b"%b.%d.%b" % (ident.encode(), timestamp, body)
    digests = (hmac.new(secret, signed, hashlib.sha256).digest() for secret in secrets)
    return " ".join(f"v1,{base64.b64encode(each).decode()}" for each in digests)
