"""Ask the API as any HTTP client would, and see all of the answer."""

from __future__ import annotations

import http.client
import json
from collections.abc import Mapping
from typing import Any, NamedTuple

from apiscape.client.address import Address, open_connection


class Answer(NamedTuple):
    """An answer: its status, its headers in lower case, its body."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """The body, read."""
        return json.loads(self.body)

    @property
    def problem(self) -> str:
        """The last word of the problem's type; there is no traceback in it."""
        assert self.headers["content-type"] == "application/problem+json"
        assert b"Traceback" not in self.body
        assert self.json["status"] == self.status
        return str(self.json["type"]).rpartition(":")[2]


def ask(
    url: str | None,
    path: str,
    *,
    method: str = "GET",
    token: str | None = None,
    body: bytes | None = None,
    **headers: str,
) -> Answer:
    """Send one request on a connection of its own; underscores in header names are hyphens."""
    assert url is not None
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    if token:
        given["Authorization"] = f"Bearer {token}"
    if body is not None:
        given.setdefault("Content-Type", "application/json")
    connection = open_connection(Address(url, timeout_s=30))
    try:
        connection.request(method, path, body=body, headers=given)
        answer = connection.getresponse()
        return read(answer)
    finally:
        connection.close()


def read(answer: http.client.HTTPResponse) -> Answer:
    """Return an answer, read to its end."""
    headers = {name.lower(): value for name, value in answer.getheaders()}
    return Answer(answer.status, headers, answer.read())
