"""A client of the wire, for the checks: raw requests and watches, over HTTP or HTTPS, of whichever cluster."""

from __future__ import annotations

import base64
import http.client
import json
import ssl
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlencode, urlsplit

import yaml

Json = dict[str, Any]

MERGE = "application/merge-patch+json"
JSON_PATCH = "application/json-patch+json"
APPLY = "application/apply-patch+yaml"

PATIENCE_S = 120.0


class Told(NamedTuple):
    """What came back."""

    status: int
    body: Any
    headers: dict[str, str]

    @property
    def reason(self) -> str | None:
        return self.body.get("reason") if isinstance(self.body, dict) else None


@dataclass
class Wire:
    """Asks one API server.

    Attributes:
        url: Where it is.
        trust: What checks its certificate; nothing by plain HTTP.
        headers: Sent with everything, a token for instance.
    """

    url: str
    trust: ssl.SSLContext | None = None
    headers: dict[str, str] = field(default_factory=dict)

    def connect(self, timeout_s: float = PATIENCE_S) -> http.client.HTTPConnection:
        parts = urlsplit(self.url)
        host, port = parts.hostname or "", parts.port
        if parts.scheme == "https":
            return http.client.HTTPSConnection(host, port, timeout=timeout_s, context=self.trust)
        return http.client.HTTPConnection(host, port, timeout=timeout_s)

    def ask(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        media: str = "application/json",
        **headers: str,
    ) -> Told:
        given = {"Accept": "application/json"} | self.headers
        given |= {name.replace("_", "-"): value for name, value in headers.items()}
        sent = None if body is None else json.dumps(body)
        if sent is not None:
            given["Content-Type"] = media
        with closing(self.connect()) as connection:
            connection.request(method, path, sent, given)
            answer = connection.getresponse()
            raw = answer.read()
            told = {name.lower(): value for name, value in answer.getheaders()}
        try:
            return Told(answer.status, json.loads(raw), told)
        except ValueError:
            return Told(answer.status, raw, told)

    def get(self, path: str, **query: str | int) -> Told:
        return self.ask("GET", f"{path}?{urlencode(query)}" if query else path)

    def watch(
        self,
        path: str,
        act: Callable[[], object] = lambda: None,
        *,
        until: str = "",
        **query: str | int,
    ) -> list[Json]:
        """Return what a watch says until it ends, or until an event of a type; once it was taken up, `act` is called.

        An end as it should be is a last event `END`; a refusal is one of type `REFUSED`.
        """
        told = {"watch": "true", "timeoutSeconds": 1} | query
        events: list[Json] = []
        with closing(self.connect()) as connection:
            headers = {"Accept": "application/json"} | self.headers
            connection.request("GET", f"{path}?{urlencode(told)}", headers=headers)
            answer = connection.getresponse()
            if answer.status != http.HTTPStatus.OK:
                return [{"type": "REFUSED", "object": json.loads(answer.read())}]
            acting = threading.Thread(target=act)
            acting.start()
            for line in lines(answer):
                events.append(json.loads(line))
                if events[-1]["type"] == until:
                    return events
            acting.join()
        return [*events, {"type": "END"}]


def lines(answer: http.client.HTTPResponse) -> Iterator[bytes]:
    """Yield the lines of a watch until it ends."""
    while line := answer.readline():
        yield line


def kinds(events: list[Json]) -> list[str]:
    """Return the types of events."""
    return [event["type"] for event in events]


def eventually(holds: Callable[[], bool], patience_s: float = PATIENCE_S) -> bool:
    """Wait until something holds."""
    end = time.monotonic() + patience_s
    while not holds():
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True


def wire_of(file: Path) -> Wire:
    """Return what asks the cluster of the current context of a kubeconfig file."""
    config = yaml.safe_load(file.read_text("utf-8"))
    named = {each["name"]: each["context"] for each in config["contexts"]}
    context = named[config["current-context"]]
    cluster = _named(config["clusters"], "cluster", context["cluster"])
    user = _named(config["users"], "user", context["user"])
    trust = ssl.create_default_context(cadata=_text(cluster, "certificate-authority"))
    if "client-certificate" in user or "client-certificate-data" in user:
        with tempfile.TemporaryDirectory() as folder:
            held = Path(folder) / "client.pem"
            told = (_text(user, name) or "" for name in ("client-certificate", "client-key"))
            held.write_text("".join(told), "utf-8")
            trust.load_cert_chain(held)
    headers = {"Authorization": f"Bearer {user['token']}"} if "token" in user else {}
    return Wire(cluster["server"], trust, headers)


def _named(listed: list[Json], key: str, name: str) -> Json:
    return next(each[key] for each in listed if each["name"] == name)


def _text(told: Json, key: str) -> str | None:
    if f"{key}-data" in told:
        return base64.b64decode(told[f"{key}-data"]).decode()
    return Path(told[key]).read_text("utf-8") if key in told else None
