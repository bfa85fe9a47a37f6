"""What is shown to a cluster to say who asks: a header, a certificate, or both. Read anew as it may change.

Nothing of it has a text: what is printed or logged by accident says nothing.
"""

from __future__ import annotations

import base64
import binascii
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Protocol

import msgspec

from apiscape.collectors.kubernetes.kubeconfig import Access
from apiscape.collectors.kubernetes.kubeconfig_entries import User
from apiscape.collectors.kubernetes.refusing import shown, unusable

FRESH_S = 60.0
"""How long what was read of a file counts: tokens of a pod are written anew while it runs."""

LARGEST_FILE_BYTES = 1_000_000
_BEARER = "Authorization"
_VISIBLE = range(0x21, 0x7F)

Clock = Callable[[], float]


class Certificate(msgspec.Struct, frozen=True):
    """A client certificate with its key, both PEM."""

    chain: bytes
    key: bytes

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"


class Shown(msgspec.Struct, frozen=True):
    """What is shown with a request."""

    headers: Mapping[str, str] = msgspec.field(default_factory=dict)
    certificate: Certificate | None = None

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"


class SignsIn(Protocol):
    """A way of signing in to one cluster."""

    def show(self, *, anew: bool) -> Shown:
        """Return what is shown with the next request; got anew where what was shown before was not taken.

        Raises:
            CredentialsInvalid: There is nothing to show.
        """
        ...


class Lasting:
    """What is got once in a while, and shown until then. May be used by several threads.

    Args:
        get: Gets it, and says for how many seconds it is good; without a number until it is not taken.
        clock: Monotonic, in seconds.
    """

    def __init__(
        self, get: Callable[[], tuple[Shown, float | None]], clock: Clock = time.monotonic
    ) -> None:
        self._get = get
        self._clock = clock
        self._lock = threading.Lock()
        self._held: Shown | None = None
        self._until: float | None = None

    def show(self, *, anew: bool) -> Shown:
        """Return what is shown (`SignsIn.show`)."""
        with self._lock:
            is_over = self._until is not None and self._clock() >= self._until
            if self._held is None or anew or is_over:
                self._held = None
                self._held, good_s = self._get()
                self._until = None if good_s is None else self._clock() + good_s
            return self._held


def bearer(token: str) -> Shown:
    """Return what shows a token.

    Raises:
        CredentialsInvalid: It is none: it would break the request in two.
    """
    told = token.strip()
    if not told or any(ord(letter) not in _VISIBLE for letter in told):
        raise unusable("the token is empty, or holds what no token can", "sign in again")
    return Shown({_BEARER: f"Bearer {told}"})


def standing(access: Access, clock: Clock = time.monotonic) -> SignsIn:
    """Return the way of signing in by what a user's entry, or a file that it names, holds.

    Raises:
        CredentialsInvalid: The entry asks for what nobody may do.
    """
    user, who = access.user, check_user(access)

    def read() -> tuple[Shown, float | None]:
        certificate = certificate_of(user, access.user_folder, who)
        return Shown(_headers(user, access.user_folder), certificate), FRESH_S

    return Lasting(read, clock)


def check_user(access: Access) -> str:
    """Return how a context's user is called, where its entry asks for nothing that nobody may do.

    Raises:
        CredentialsInvalid: It does.
    """
    user, who = access.user, f"the user of context {shown(access.context)}"
    if user.auth_provider is not None:
        step = "have the cloud's own tool write the kubeconfig anew: it will use `exec`"
        raise unusable(f"{who} signs in by an `auth-provider`, which no longer exists", step)
    if user.acts_as or user.acts_as_uid or user.acts_as_groups:
        step = "use a user with rights of its own"
        raise unusable(f"{who} acts as somebody else (`as`), which apiscape does not", step)
    return who


def _headers(user: User, folder: Path) -> Mapping[str, str]:
    if user.token_file:
        return bearer(read_file(folder / user.token_file, "the token").decode("latin-1")).headers
    if user.token:
        return bearer(user.token).headers
    if user.username and user.password:
        pair = f"{user.username}:{user.password}".encode()
        return {_BEARER: f"Basic {base64.b64encode(pair).decode()}"}
    return {}


def certificate_of(user: User, folder: Path, who: str) -> Certificate | None:
    """Return the client certificate of a user's entry, none where it has none.

    Raises:
        CredentialsInvalid: It cannot be read.
    """
    chain = pem_of(user.client_certificate_data, user.client_certificate, folder, "certificate")
    key = pem_of(user.client_key_data, user.client_key, folder, "key")
    if (chain is None) != (key is None):
        raise unusable(f"{who} has a certificate without a key, or a key without one", "add both")
    return Certificate(chain, key) if chain is not None and key is not None else None


def pem_of(data: str, file: str, folder: Path, what: str) -> bytes | None:
    """Return what an entry holds in base64, else what the file holds that it names.

    Raises:
        CredentialsInvalid: It cannot be read.
    """
    if data:
        try:
            return base64.b64decode("".join(data.split()), validate=True)
        except (binascii.Error, ValueError):
            raise unusable(f"the {what} in the kubeconfig is no base64", "write it anew") from None
    return read_file(folder / file, f"the {what}") if file else None


def read_file(file: Path, what: str) -> bytes:
    """Return what a file holds, up to a limit.

    Raises:
        CredentialsInvalid: It cannot be read, or is too large.
    """
    try:
        with file.expanduser().open("rb") as opened:
            raw = opened.read(LARGEST_FILE_BYTES + 1)
    except (OSError, ValueError, RuntimeError) as error:
        why = getattr(error, "strerror", None) or type(error).__name__
        said = f"{what} cannot be read from {shown(str(file))}: {why}"
        raise unusable(said, "write the file anew, and let the agent's user read it") from None
    if len(raw) > LARGEST_FILE_BYTES:
        raise unusable(f"{what} is larger than {LARGEST_FILE_BYTES:,} bytes", "correct its path")
    return raw
