"""Backends: where an integration sends a request on, without anything that could be a credential.

Of a URI, userinfo, query and fragment are dropped; of an integration, only type, URI and
connection are looked at: header values, templates and credentials never are.
"""

from __future__ import annotations

import re

import msgspec

from apiscape.collectors.aws.picking import well_formed
from apiscape.collectors.specs import clean_address
from apiscape.model.deployment import Backend
from apiscape.model.values import UNKNOWN

KINDS = {
    "lambda": "lambda",
    "sqs": "queue",
    "sns": "topic",
    "states": "workflow",
    "events": "event_bus",
    "kinesis": "stream",
}
"""Kind of backend by the AWS service that an integration calls; `aws` for any other."""

_SERVICE_URI = re.compile(
    r"arn:[^:]*:apigateway:[^:]*:([^:]*):(?:path|action)(?:/|$)(.*)", re.DOTALL
)
_FUNCTION = re.compile(r"functions/(arn:[^/]*|[^/]*)/invocations", re.DOTALL)
_HOST = re.compile(r"^[A-Za-z][A-Za-z0-9+.-]*://([^/:]+)")
_CONTROL = re.compile(r"[\x00-\x20\x7f]")


class Integration(msgspec.Struct, frozen=True, gc=False):
    """What both generations of API Gateway say of a backend.

    Attributes:
        type: `AWS_PROXY`, `HTTP`, `MOCK`, …, in capitals; `None` where it is missing.
        uri: As configured.
        connection: VPC link, if it goes through one.
        subtype: AWS action of an HTTP API (`SQS-SendMessage`).
    """

    type: str | None
    uri: str | None = None
    connection: str | None = None
    subtype: str | None = None

    @property
    def mock(self) -> bool:
        """Whether the gateway answers by itself."""
        return self.type == "MOCK"


class Backends:
    """The backends of one deployment, each under a short name of its own."""

    def __init__(self) -> None:
        self._by_key: dict[str, Backend] = {}
        self._keys: dict[tuple[object, ...], str] = {}
        self._ordinals: dict[str, int] = {}

    def add(self, integration: Integration) -> str | None:
        """Return the key of an integration's backend; `None` where there is no integration."""
        if integration.type is None and integration.uri is None and integration.subtype is None:
            return None
        kind, address = _target(integration)
        identity = (kind, address, integration.connection)
        if identity not in self._keys:
            key = self._free_key(_short_name(kind, address))
            self._keys[identity] = key
            self._by_key[key] = Backend(
                key=key,
                kind=kind,
                address=UNKNOWN if address is None and kind != "mock" else address,
                via=integration.connection,
            )
        return self._keys[identity]

    def all(self) -> tuple[Backend, ...]:
        """Return the backends in the order of their keys."""
        return tuple(self._by_key[key] for key in sorted(self._by_key))

    def _free_key(self, name: str) -> str:
        key, ordinal = name, self._ordinals.get(name, 1)
        while key in self._by_key:
            ordinal += 1
            key = f"{name}-{ordinal}"
        self._ordinals[name] = ordinal
        return key


def clean_uri(uri: str) -> str:
    """Return a URI without userinfo, query and fragment, whatever is wrong with it."""
    plain = _CONTROL.sub("", well_formed(uri))
    return plain.partition("?")[0] if plain.startswith("arn:") else clean_address(plain)


def _target(integration: Integration) -> tuple[str, str | None]:
    """Return the kind and address of a backend."""
    if integration.mock:
        return "mock", None
    if integration.uri is None:
        service = (integration.subtype or "").partition("-")[0].casefold()
        return KINDS.get(service, "aws" if service else "unknown"), integration.subtype
    uri = clean_uri(integration.uri)
    if uri.startswith("arn:"):
        return _aws_target(uri)
    return "http", uri


def _aws_target(uri: str) -> tuple[str, str]:
    call = _SERVICE_URI.match(uri)
    if call is None:
        service = f"{uri}:::".split(":")[2]
        return KINDS.get(service, "service"), uri
    service, path = call.groups()
    function = _FUNCTION.search(path) if service == "lambda" else None
    return KINDS.get(service, "aws"), function.group(1) if function else uri


def _short_name(kind: str, address: str | None) -> str:
    """Return a name for people: the function, the host, the last part of an ARN."""
    if address is None:
        return kind
    host = _HOST.match(address)
    if host:
        return f"{kind}:{host.group(1)}"
    last = re.split(r"[:/]", address.rstrip("/"))[-1]
    if kind == "lambda":
        _, _, last = address.partition(":function:")
    return f"{kind}:{last or address}"
