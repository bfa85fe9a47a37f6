"""Contracts that may be kept: an OpenAPI document without anything that could be a credential.

Removed are vendor extensions (their facts are in the model) but a few that only describe,
every example and default value, and what an address may carry besides host and path; a reference
keeps its fragment.
The result is canonical: equal contracts give equal bytes.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from apiscape.collectors.contract import Malformed
from apiscape.model.deployment import Spec

LARGEST_KEPT_BYTES = 5_000_000
"""A larger contract is known by its hashes and operations only."""

DEEPEST = 100
"""Levels of nesting that a contract may have."""

TOOL_FIELDS = ("name", "title", "description", "inputSchema", "outputSchema")
"""Fields of a tool that its callers may rely on."""

KEPT_EXTENSIONS = frozenset(
    {
        "x-api-id",
        "x-audience",
        "x-deprecated",
        "x-enum-descriptions",
        "x-enum-varnames",
        "x-extensible-enum",
        "x-internal",
        "x-lifecycle",
        "x-stability-level",
        "x-sunset",
    }
)
"""Extensions that describe an API to its readers."""

VALUES = frozenset({"default", "example", "examples", "links"})
"""Fields of a schema, parameter, media type or response that hold values somebody typed in."""

ADDRESSES = frozenset(
    {
        "authorizationUrl",
        "deviceAuthorizationUrl",
        "host",
        "oauth2MetadataUrl",
        "openIdConnectUrl",
        "refreshUrl",
        "termsOfService",
        "tokenUrl",
        "url",
    }
)
"""Fields that hold an address; credentials may hide in its userinfo and query."""

REFERENCES = frozenset({"$dynamicRef", "$id", "$ref", "$schema", "jsonSchemaDialect"})
"""Fields that hold an address whose fragment says which part of the document is meant."""

NAMED = frozenset(
    {
        "$defs",
        "callbacks",
        "content",
        "definitions",
        "dependentRequired",
        "dependentSchemas",
        "encoding",
        "headers",
        "mapping",
        "parameters",
        "pathItems",
        "paths",
        "patternProperties",
        "properties",
        "requestBodies",
        "responses",
        "schemas",
        "scopes",
        "securityDefinitions",
        "securitySchemes",
        "variables",
        "webhooks",
    }
)
"""Fields whose keys are names that somebody chose: `default` below them is a name, not a value."""

EXTENDED = frozenset({"paths", "responses"})
"""Those of them that may hold extensions beside the names: a path begins with `/`, a response is a status."""

_HEAD = re.compile(r"(?:[A-Za-z][A-Za-z0-9+.-]*:)?[/\\]+")
_END_OF_AUTHORITY = re.compile(r"[/\\?#]")
_QUERY = re.compile(r"[?#].*", re.DOTALL)


class Contract(msgspec.Struct, frozen=True, gc=False):
    """A contract as it may be kept.

    Attributes:
        content: Canonical JSON, sanitised.
        format: `openapi` or `swagger`, or `unknown`.
    """

    content: bytes
    format: str
    format_version: str | None

    @property
    def sha256(self) -> str:
        """Hash of the sanitised contract."""
        return hashlib.sha256(self.content).hexdigest()


def parse(source: bytes) -> dict[str, Any]:
    """Return a JSON document.

    Raises:
        Malformed: it is no JSON object, or nested without end.
    """
    try:
        document = msgspec.json.decode(source)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Malformed("the document is no JSON") from error
    if not isinstance(document, dict):
        raise Malformed("the document is no JSON object")
    return document


def sanitise(document: Mapping[str, Any], *, servers: bool = True) -> Contract:
    """Return what may be kept of an OpenAPI document.

    Args:
        document: The document, parsed.
        servers: Whether its servers belong to the contract; not where a gateway writes its own
            address into it, which differs from stage to stage.

    Raises:
        Malformed: it is nested deeper than `DEEPEST`.
    """
    kept = _object(document, 0)
    if not servers:
        for field in ("servers", "host", "basePath", "schemes"):
            kept.pop(field, None)
    format_, version = _version(document)
    return Contract(msgspec.json.encode(kept, order="deterministic"), format_, version)


def sanitise_tools(tools: Iterable[object]) -> Contract:
    """Return what may be kept of the tools that an MCP server gives, in the order of their names.

    Args:
        tools: As their list says them: names, words about them, JSON schemas of what goes in and comes out.

    Raises:
        Malformed: one is nested deeper than `DEEPEST`.
    """
    kept = [
        _object({name: tool[name] for name in TOOL_FIELDS if name in tool}, 0)
        for tool in tools
        if isinstance(tool, Mapping)
    ]
    kept.sort(key=lambda tool: str(tool.get("name")))
    return Contract(msgspec.json.encode({"tools": kept}, order="deterministic"), "mcp", None)


def describe(
    source: bytes, contract: Contract, *, source_uri: str, media_type: str = "application/json"
) -> tuple[Spec, dict[str, bytes]]:
    """Return a contract as the model has it, and its document by hash where it is small enough."""
    too_large = len(contract.content) > LARGEST_KEPT_BYTES
    spec = Spec(
        format=contract.format,
        format_version=contract.format_version,
        media_type=media_type,
        source_sha256=hashlib.sha256(source).hexdigest(),
        contract_sha256=contract.sha256,
        size_bytes=len(source),
        source_uri=source_uri,
        not_kept=f"larger than {LARGEST_KEPT_BYTES} bytes" if too_large else None,
    )
    return spec, {} if too_large else {contract.sha256: contract.content}


def clean_address(url: str) -> str:
    """Return an address without userinfo, query and fragment, whatever is wrong with it.

    Where what stands for a port is none (a password with a slash or a question mark in it), all
    up to the last at sign is taken for userinfo.
    """
    head = _HEAD.match(url)
    start = head.end() if head else 0
    rest = url[start:]
    authority = _END_OF_AUTHORITY.split(rest, maxsplit=1)[0]
    host, _, port = authority.rpartition(":")
    if "@" in authority:
        rest = rest[authority.rindex("@") + 1 :]
    elif host and not authority.endswith("]") and not port.isdigit():
        rest = rest.rpartition("@")[2]
    return url[:start] + _QUERY.sub("", rest)


def clean_reference(reference: str) -> str:
    """Return a reference without userinfo and query; its fragment points into a document, and stays."""
    address, mark, fragment = reference.partition("#")
    return clean_address(address) + mark + fragment


def _object(value: Mapping[str, Any], depth: int) -> dict[str, Any]:
    """Return an object of the specification: its values, examples and foreign extensions are dropped."""
    named = ((str(key), below) for key, below in value.items())
    return {
        key: _field(key, below, depth + 1)
        for key, below in named
        if key not in VALUES and not _is_foreign(key)
    }


def _is_foreign(key: str) -> bool:
    """Say whether a field is an extension that is not known to only describe."""
    return key.lower().startswith("x-") and key not in KEPT_EXTENSIONS


def _field(key: str, value: Any, depth: int) -> Any:  # noqa: ANN401 - any JSON value
    if key in ADDRESSES and isinstance(value, str):
        return clean_address(value)
    if key in REFERENCES and isinstance(value, str):
        return clean_reference(value)
    if key in NAMED and isinstance(value, dict):
        return _named(key, value, depth)
    if key == "security" and isinstance(value, list):
        return [_names(one, depth) if isinstance(one, dict) else one for one in value]
    return _any(value, depth)


def _named(field: str, value: Mapping[str, Any], depth: int) -> dict[str, Any]:
    """Return a map of a field of `NAMED`: what a discriminator maps to is a reference."""
    names = _names(value, depth)
    if field == "mapping":
        return {
            name: clean_reference(below) if isinstance(below, str) else below
            for name, below in names.items()
        }
    if field in EXTENDED:
        return {name: below for name, below in names.items() if not _is_foreign(name)}
    return names


def _names(value: Mapping[str, Any], depth: int) -> dict[str, Any]:
    """Return a map whose keys somebody chose."""
    return {str(name): _any(below, depth + 1) for name, below in value.items()}


def _any(value: Any, depth: int) -> Any:  # noqa: ANN401 - any JSON value
    if depth > DEEPEST:
        raise Malformed("the document is nested too deeply")
    if isinstance(value, dict):
        return _object(value, depth)
    if isinstance(value, list):
        return [_any(below, depth + 1) for below in value]
    return value


def _version(document: Mapping[str, Any]) -> tuple[str, str | None]:
    for format_ in ("openapi", "swagger"):
        version = document.get(format_)
        if isinstance(version, str):
            return format_, version
    return "unknown", None
