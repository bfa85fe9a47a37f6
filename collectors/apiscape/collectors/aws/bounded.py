"""Answers that are read up to a limit: the SDK itself reads whatever comes, into memory."""

from __future__ import annotations

from typing import Any

from apiscape.collectors.contract import Malformed

LARGEST_ANSWER_BYTES = 32_000_000
"""Three times what API Gateway's control plane sends at most: what is larger is none of its answers."""


def bound_answers(client: Any, most_bytes: int = LARGEST_ANSWER_BYTES) -> None:  # noqa: ANN401 - made at run time
    """Have a client refuse answers that are larger; those that its caller reads as a stream are the caller's."""
    endpoint = client._endpoint  # noqa: SLF001 - the SDK has no other place to read its answers from
    endpoint.http_session = _Bounded(endpoint.http_session, most_bytes)


class _Bounded:
    """Sends by the SDK's own session, and reads what comes back itself."""

    def __init__(self, session: Any, most_bytes: int) -> None:  # noqa: ANN401 - the SDK's own type
        self._session = session
        self._most_bytes = most_bytes

    def send(self, request: Any) -> Any:  # noqa: ANN401 - the SDK's own types
        """Return an answer, read whole unless it is asked for as a stream.

        Raises:
            Malformed: It is larger than any answer.
        """
        if request.stream_output:
            return self._session.send(request)
        request.stream_output = True
        try:
            response = self._session.send(request)
        finally:
            request.stream_output = False  # as it is sent again after a failure
        response._content = self._read(response.raw, request)  # noqa: SLF001 - what `content` keeps
        return response

    def close(self) -> None:
        """Close every connection."""
        self._session.close()

    def _read(self, raw: Any, request: Any) -> bytes:  # noqa: ANN401 - of the SDK's own library
        """Return a body; what breaks while it comes is said as the SDK says it."""
        from botocore.exceptions import ConnectionClosedError, HTTPClientError, ReadTimeoutError
        from urllib3.exceptions import HTTPError, ProtocolError
        from urllib3.exceptions import ReadTimeoutError as LateError

        parts: list[bytes] = []
        left = self._most_bytes
        try:
            for part in raw.stream():
                left -= len(part)
                if left < 0:
                    raw.close()
                    raise Malformed(f"an answer is larger than {self._most_bytes:,} bytes")
                parts.append(part)
        except LateError as error:
            raise ReadTimeoutError(endpoint_url=request.url, error=error) from error
        except ProtocolError as error:
            raise ConnectionClosedError(
                error=error, request=request, endpoint_url=request.url
            ) from error
        except (HTTPError, OSError) as error:
            raise HTTPClientError(error=error) from error
        return b"".join(parts)
