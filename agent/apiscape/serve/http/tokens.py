"""Tokens: 256 random bits each, kept as SHA-256 alone, read anew when their file changes."""

from __future__ import annotations

import hashlib
import hmac
import logging
import os
import secrets
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Literal

import msgspec
import yaml
from msgspec import Meta

from apiscape.errors import ApiscapeError, SettingsError
from apiscape.model.codec import ready
from apiscape.query import View
from apiscape.serve.http.operations import Right
from apiscape.serve.narrowed import read_bound
from apiscape.serve.principal import Principal

logger = logging.getLogger("apiscape.serve")

_HINT = (
    "each token has a name, the sha256 of its text in hex, and scopes: [read] or [read, operate]"
)
_OTHERS_MAY_WRITE = 0o022


class TokenEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One token of the file.

    Attributes:
        name: Who is named in the audit log.
        sha256: Of the token's text, in hex.
        scopes: What it may do.
        view: What it sees; everything, if left out.
        expires: From when on it is refused.
    """

    name: Annotated[str, Meta(min_length=1, max_length=100)]
    sha256: Annotated[str, Meta(pattern="^[0-9a-f]{64}$")]
    scopes: tuple[Literal["read", "operate"], ...] = ("read",)
    view: str | None = None
    expires: datetime | None = None


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    tokens: tuple[TokenEntry, ...] = ()


class _Known(msgspec.Struct, frozen=True):
    """A token that may come: its entry, its hash, and the view that it is bound to."""

    entry: TokenEntry
    digest: bytes
    view: View | None


Stamp = tuple[int, int, int]


def new_token() -> str:
    """Return a token: 256 random bits as text."""
    return secrets.token_urlsafe(32)


def hash_token(token: str) -> str:
    """Return what is kept of a token."""
    return hashlib.sha256(token.encode()).hexdigest()


def _utc_now() -> datetime:
    return datetime.now(UTC)


class Tokens:
    """Who a token is; rotated by writing its file anew, without a restart."""

    def __init__(
        self,
        file: Path | None = None,
        *,
        own: Sequence[TokenEntry] = (),
        clock: Callable[[], datetime] = _utc_now,
    ) -> None:
        """Know the tokens of a file, and some of the agent's own.

        Raises:
            SettingsError: The file cannot be read, or others than its owner may write it.
        """
        self._file = file
        self._own = tuple(map(_known, own))
        self._clock = clock
        self._stamp = _stamp(file)
        self._known = (*self._own, *_read(file))

    def find(self, token: str) -> Principal | None:
        """Return who a token is, `None` where nobody is it, or it has expired."""
        self._refresh()
        digest = hashlib.sha256(token.encode()).digest()
        found: _Known | None = None
        for known in self._known:  # each is compared, whichever it is
            if hmac.compare_digest(known.digest, digest):
                found = known
        if found is None or self._has_expired(found):
            return None
        return Principal(
            name=found.entry.name,
            rights=frozenset(Right(word) for word in found.entry.scopes),
            view=found.view,
            stands=lambda: self._stands(found),
        )

    def _stands(self, known: _Known) -> bool:
        self._refresh()
        return known in self._known and not self._has_expired(known)

    def _has_expired(self, known: _Known) -> bool:
        expires = known.entry.expires
        return expires is not None and self._clock() >= expires

    def _refresh(self) -> None:
        """Read the file anew if it changed; one that cannot be read leaves what was known."""
        stamp = _stamp(self._file)
        if stamp == self._stamp:
            return
        self._stamp = stamp
        try:
            self._known = (*self._own, *_read(self._file))
        except ApiscapeError as error:
            logger.error("the tokens stay as they were: %s", error.message)  # noqa: TRY400 - the place is in the message


def _stamp(file: Path | None) -> Stamp | None:
    if file is None:
        return None
    with suppress(OSError):
        found = file.stat()
        return (found.st_mtime_ns, found.st_size, found.st_ino)
    return None


def _read(file: Path | None) -> tuple[_Known, ...]:
    if file is None:
        return ()
    try:
        if file.stat().st_mode & _OTHERS_MAY_WRITE:
            hint = f"chmod 600 {file}"
            raise SettingsError("others may write the tokens", path=str(file), hint=hint)
        told = yaml.safe_load(file.read_text("utf-8"))
        entries = msgspec.convert(told, ready(_File), strict=True).tokens
        return tuple(map(_known, entries))
    except OSError as error:
        message = f"the tokens cannot be read: {error.strerror}"
        raise SettingsError(message, path=str(file), hint=_HINT) from None
    except (yaml.YAMLError, msgspec.ValidationError, UnicodeDecodeError) as error:
        line = str(error).splitlines()[0]
        raise SettingsError(
            f"the tokens cannot be read: {line}", path=str(file), hint=_HINT
        ) from None


def _known(entry: TokenEntry) -> _Known:
    if entry.expires is not None and entry.expires.tzinfo is None:
        message = f"token {entry.name}: expires has no time zone"
        raise SettingsError(message, path="tokens", hint="such as 2026-12-31T00:00:00Z")
    view = read_bound(entry.view) if entry.view is not None else None
    return _Known(entry, bytes.fromhex(entry.sha256), view)


def write_local_token(file: Path) -> TokenEntry:
    """Write a new token to a file that its owner alone may read; return its entry."""
    token = new_token()
    fresh = file.with_name(f"{file.name}.{os.getpid()}")
    with suppress(FileNotFoundError):
        fresh.unlink()
    handle = os.open(fresh, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, 0o600)
    with os.fdopen(handle, "w", encoding="ascii") as stream:
        stream.write(token)
    fresh.replace(file)
    return TokenEntry("local token", hash_token(token), ("read", "operate"))


def token_path(store: Path) -> Path:
    """Return where the token of the same user lies beside a store."""
    return store.with_name(store.name + ".token")
