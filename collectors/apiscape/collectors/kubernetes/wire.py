"""The wire of one cluster: raw bytes of its API by GET, metered, with errors by name.

Nothing but GET is ever sent. The official client's connection pool does the rest (certificates, proxies,
client certificates); its models and its watch are not used: they cost five times as much, and fail a
whole listing for one odd object.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any, Protocol
from urllib.parse import urlencode

import msgspec

from apiscape.collectors.contract import Budget, CredentialsInvalid, Malformed, Unreachable
from apiscape.collectors.kubernetes.errors import TooLarge, error_of
from apiscape.collectors.kubernetes.unanswered import no_answer

FAMILY = "kubernetes"
CONNECT_S, READ_S = 5.0, 30.0
LARGEST_ANSWER_BYTES = 32_000_000
"""What is larger is read in smaller pages: several are read at once, and each is held whole."""

LARGEST_LINE_BYTES = 4_000_000
"""Of a watch; an object is at most 1.5 MB in etcd."""

PIECE_BYTES = 65_536
_OK = 200
_NOT_MODIFIED = 304
_UNAUTHORIZED = 401

Query = Mapping[str, str]


class Link(Protocol):
    """How a cluster is reached: by whom it is known, and by which connections."""

    account: str
    """What its calls are counted under: the cluster's identity."""

    def url(self) -> str:
        """Return where its API is, without a slash at the end."""
        ...

    def headers(self, *, anew: bool) -> Mapping[str, str]:
        """Return what says who asks; read anew where what was read before was not taken."""
        ...

    def pool(self) -> Any:  # noqa: ANN401 - of the client's own HTTP library
        """Return the pool of connections."""
        ...


class Reply(msgspec.Struct, frozen=True):
    """An answer, whole."""

    body: bytes
    headers: Mapping[str, str]
    is_same: bool = False
    """Whether what the caller has still holds (304)."""


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """A request.

    Attributes:
        path: With a slash before it.
        operation: In words, for errors (`list ingresses.networking.k8s.io`).
        permission: The right that it needs.
        read_s: How long nothing may come.
    """

    path: str
    operation: str
    permission: str
    query: Query = msgspec.field(default_factory=dict)
    headers: Mapping[str, str] = msgspec.field(default_factory=dict)
    read_s: float = READ_S


class Wire:
    """Asks one cluster. May be used by several threads.

    Args:
        link: The cluster.
        budget: Taken from before every request.
    """

    def __init__(self, link: Link, budget: Budget) -> None:
        self._link = link
        self._budget = budget
        self._lock = threading.Lock()
        self._answers: set[Any] = set()
        self._is_closed = False

    def get(self, asked: Asked) -> Reply:
        """Return an answer.

        Raises:
            CollectorError: There is none that can be used, by what it means.
        """
        with self._answer(asked) as response:
            if response.status == _NOT_MODIFIED:
                return Reply(b"", response.headers, is_same=True)
            return Reply(_whole(response, asked.operation), response.headers)

    @contextmanager
    def lines(self, asked: Asked) -> Iterator[Iterator[bytes]]:
        """Give the lines of a stream as they come; the connection is closed in the end.

        Raises:
            CollectorError: It was refused; while it is read, that it broke off.
        """
        with self._answer(asked) as response:
            yield _lines(response, asked.operation)

    def hang_up(self) -> None:
        """Have every answer break off at once, those that are yet to come too; from any thread."""
        with self._lock:
            self._is_closed = True
            answers = list(self._answers)
        for response in answers:
            _break_off(response)

    @contextmanager
    def _answer(self, asked: Asked) -> Iterator[Any]:
        """Give an answer that is none of a refusal; asked once more where who asks was not known."""
        try:
            response = self._send(asked, anew=False)
        except CredentialsInvalid:
            response = self._send(asked, anew=True)
        with self._lock:
            self._answers.add(response)
            is_closed = self._is_closed
        if is_closed:
            _break_off(response)
        try:
            yield response
        finally:
            with self._lock:
                self._answers.discard(response)
            _let_go(response)

    def _send(self, asked: Asked, *, anew: bool) -> Any:  # noqa: ANN401 - of the client's own HTTP library
        """Return an answer of which the body is yet to be read."""
        from urllib3 import Timeout
        from urllib3.exceptions import HTTPError

        self._budget.acquire([FAMILY], account=self._link.account, region=None)
        headers = {"Accept": "application/json", "Accept-Encoding": "gzip"}
        headers |= dict(asked.headers) | dict(self._link.headers(anew=anew))
        query = f"?{urlencode(asked.query)}" if asked.query else ""
        try:
            response = self._link.pool().request(
                "GET",
                self._link.url() + asked.path + query,
                headers=headers,
                timeout=Timeout(connect=CONNECT_S, read=asked.read_s),
                retries=False,
                redirect=False,
                preload_content=False,
            )
        except (HTTPError, OSError) as error:
            raise no_answer(error, asked.operation) from None
        if response.status in {_OK, _NOT_MODIFIED}:
            return response
        raise self._refusal(response, asked)

    def _refusal(self, response: Any, asked: Asked) -> Exception:  # noqa: ANN401
        try:
            body = _whole(response, asked.operation)
        except (Unreachable, Malformed):
            body = b""
        finally:
            _let_go(response)
        error = error_of(
            response.status,
            response.headers,
            body,
            operation=asked.operation,
            permission=asked.permission,
        )
        if response.status == 429:  # noqa: PLR2004 - too many requests
            self._budget.throttled(
                [FAMILY],
                account=self._link.account,
                region=None,
                retry_after_s=getattr(error, "retry_after_s", None),
            )
        return error


def _whole(response: Any, operation: str) -> bytes:  # noqa: ANN401
    """Return a body, unpacked, up to a limit.

    Raises:
        TooLarge: It goes on.
    """
    pieces: list[bytes] = []
    size = 0
    for piece in _pieces(response, operation):
        size += len(piece)
        if size > LARGEST_ANSWER_BYTES:
            raise TooLarge(
                f"an answer is larger than {LARGEST_ANSWER_BYTES:,} bytes", operation=operation
            )
        pieces.append(piece)
    return b"".join(pieces)


def _lines(response: Any, operation: str) -> Iterator[bytes]:  # noqa: ANN401
    """Yield lines as they come, each at most so long.

    Raises:
        TooLarge: One goes on.
    """
    rest = bytearray()
    for piece in _pieces(response, operation):
        rest += piece
        if b"\n" in piece:
            *whole, last = bytes(rest).split(b"\n")
            rest = bytearray(last)
            yield from (line for line in whole if line)
        if len(rest) > LARGEST_LINE_BYTES:
            raise TooLarge(
                f"an event is larger than {LARGEST_LINE_BYTES:,} bytes", operation=operation
            )


def _pieces(response: Any, operation: str) -> Iterator[bytes]:  # noqa: ANN401
    from urllib3.exceptions import HTTPError

    try:
        yield from response.stream(PIECE_BYTES, decode_content=True)
    except (HTTPError, OSError) as error:
        raise no_answer(error, operation) from None


def _break_off(response: Any) -> None:  # noqa: ANN401
    with suppress(OSError, ValueError, RuntimeError):  # it ended by itself meanwhile
        response.shutdown()


def _let_go(response: Any) -> None:  # noqa: ANN401
    """Give a connection back where its answer was read, and close it where it was not."""
    response.close() if not _is_read(response) else response.release_conn()


def _is_read(response: Any) -> bool:  # noqa: ANN401
    return bool(getattr(response, "closed", False)) or response.isclosed()
