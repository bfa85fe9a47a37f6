"""Schemas of tools that stand inline in a target: the tools that they name, and the contract that is kept of them.

A contract is what callers of a tool may rely on: names, words about them, what goes in and comes out. Values that
somebody typed in, as examples and defaults are, do not belong to it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

import msgspec

from apiscape.collectors.apart.readers import read_apart
from apiscape.collectors.aws.apigateway.exports import AT_ONCE_BYTES, EXTENSION, VERBS
from apiscape.collectors.aws.backends import clean_uri
from apiscape.collectors.aws.picking import Item, entries, items, part, parts, text
from apiscape.collectors.contract import Malformed
from apiscape.collectors.specs import (
    DEEPEST,
    Contract,
    clean_address,
    describe,
    parse,
    sanitise,
    sanitise_tools,
)
from apiscape.model.deployment import Spec

MOST_TOOLS = 5000

NOT_JSON = "in another form than JSON"
IN_S3 = "it stands in S3, which is not read"


class Described(msgspec.Struct, frozen=True, gc=False):
    """What a schema says that stands inline.

    Attributes:
        tools: Their names, at most `MOST_TOOLS`.
        untold: Why these are not all, in words.
        address: Of the server that it describes.
        spec: The contract, `None` where the target has no schema; `documents`: its text by hash.
    """

    tools: tuple[str, ...] = ()
    untold: str | None = None
    address: str | None = None
    spec: Spec | None = None
    documents: dict[str, bytes] = msgspec.field(default_factory=dict)


class Form(msgspec.Struct, frozen=True, gc=False):
    """How a schema is read.

    Attributes:
        format: What a contract of it is called.
        names: Yields the names of its tools, `None` for one without.
        keep: Returns what may be kept of it.
    """

    format: str
    names: Callable[[Item], Iterator[str | None]]
    keep: Callable[[Item], Contract]


def read_schema(word: str, held: Item, source_uri: str) -> Described:
    """Return what the schema of a target says; nothing where it has none.

    Args:
        word: Which kind of target it is.
        held: The target's configuration.
        source_uri: Where that was read.

    Raises:
        Malformed: it takes more time or memory than there is.
    """
    if word not in FORMS:
        return Described()
    holder = part(held, _HOLDERS[word]) if word in _HOLDERS else held
    payload = _payload(word, holder)
    if payload is None:
        return Described(untold="the tools cannot be read")
    if not payload:
        return Described(spec=_elsewhere(word, holder))
    found = read_apart(read_inline, payload, word, at_once_bytes=AT_ONCE_BYTES)
    if found.spec is None:
        return found
    placed = msgspec.structs.replace(found.spec, source_uri=source_uri)
    return msgspec.structs.replace(found, spec=placed)


def read_inline(source: bytes, word: str) -> Described:
    """Return what a schema says.

    Args:
        source: As it stands in the target.
        word: Which kind of target holds it, one of `FORMS`.
    """
    form = FORMS[word]
    try:
        document = parse(source)
    except Malformed:
        return Described(spec=_unkept(form, source, NOT_JSON))
    served = next((text(each, "url") for each in items(document, "servers")), None)
    found = tuple(form.names(document))
    told = Described(first(found), untold_of(found), clean_uri(served) if served else None)
    try:
        spec, documents = describe(source, form.keep(document), source_uri="")
    except Malformed as error:
        return msgspec.structs.replace(told, spec=_unkept(form, source, error.message))
    return msgspec.structs.replace(told, spec=spec, documents=documents)


def untold_of(found: Sequence[str | None]) -> str | None:
    """Return in words why not all of some tools can be told, if so."""
    names, nameless = len({*found} - {None}), found.count(None)
    if nameless:
        return f"{nameless} of {len(found)} tools have no name"
    if names > MOST_TOOLS:
        return f"{names:,} tools, of which no more than {MOST_TOOLS:,} could be kept"
    return None


def first(names: Iterable[str | None]) -> tuple[str, ...]:
    """Return the names of tools, each once, as many as are kept."""
    return tuple(islice(dict.fromkeys(name for name in names if name), MOST_TOOLS))


def named(tools: Iterable[object]) -> Iterator[str | None]:
    """Yield the names of tools, `None` for one without."""
    return (text(each, "name") for each in tools)


def _payload(word: str, holder: Item) -> bytes | None:
    """Return a schema as it stands in a target, empty where there is none; `None` where it is no text."""
    if word != "lambda":
        return (text(holder, "inlinePayload") or "").encode("utf-8", "replace")
    tools = entries(holder, "inlinePayload")
    try:
        return msgspec.json.encode({"tools": list(tools)}) if tools else b""
    except (TypeError, ValueError, RecursionError):
        return None


def _elsewhere(word: str, holder: Item) -> Spec | None:
    address = text(part(holder, "s3"), "uri")
    if address is None:
        return None
    return Spec(format=FORMS[word].format, source_uri=clean_address(address), not_kept=IN_S3)


def _unkept(form: Form, source: bytes, why: str) -> Spec:
    return Spec(
        format=form.format,
        source_sha256=hashlib.sha256(source).hexdigest(),
        size_bytes=len(source),
        not_kept=why,
    )


# ── Forms ────────────────────────────────────────────────────────────────────


def _of_openapi(document: Item) -> Iterator[str | None]:
    for path, entry in part(document, "paths").items():
        if str(path).startswith(EXTENSION):
            continue
        if not isinstance(entry, Mapping):
            yield None
            continue
        for key, verb in VERBS.items():
            operation = entry.get(key)
            if isinstance(operation, Mapping):
                yield text(operation, "operationId") or f"{verb} {path}"
            elif key in entry:
                yield None


def _of_smithy(document: Item) -> Iterator[str]:
    for name, shape in parts(document, "shapes"):
        if text(shape, "type") == "operation":
            yield name.rpartition("#")[2]


_TRAITS = frozenset(
    f"smithy.api#{name}"
    for name in (
        *("deprecated", "documentation", "enum", "enumValue", "error", "http", "httpError"),
        *("httpHeader", "httpLabel", "httpPayload", "httpQuery", "idempotent", "length"),
        *("pattern", "range", "readonly", "required", "title"),
    )
)
"""What is kept of what a Smithy model says of its shapes: neither examples nor defaults are."""


def _keep_smithy(document: Item) -> Contract:
    shapes = {name: _shape(below, 1) for name, below in parts(document, "shapes")}
    version = text(document, "smithy")
    kept = {"smithy": version, "shapes": shapes}
    return Contract(msgspec.json.encode(kept, order="deterministic"), "smithy", version)


def _shape(value: Any, depth: int) -> Any:  # noqa: ANN401 - any JSON value
    if depth > DEEPEST:
        raise Malformed("the document is nested too deeply")
    if isinstance(value, list):
        return [_shape(each, depth + 1) for each in value]
    if not isinstance(value, dict):
        return value
    return {key: _member(key, below, depth + 1) for key, below in value.items()}


def _member(key: str, value: Any, depth: int) -> Any:  # noqa: ANN401 - any JSON value
    """Return a member of a shape; names of `members` are its author's, and may be any word."""
    if key == "traits":
        given = value if isinstance(value, dict) else {}
        return {name: said for name, said in given.items() if name in _TRAITS}
    if key == "members" and isinstance(value, dict):
        return {name: _shape(below, depth + 1) for name, below in value.items()}
    return _shape(value, depth)


_TOOLS = Form(
    "mcp",
    lambda document: named(entries(document, "tools")),
    lambda document: sanitise_tools(entries(document, "tools")),
)

FORMS: Mapping[str, Form] = {
    "lambda": _TOOLS,
    "mcpServer": _TOOLS,
    "openApiSchema": Form("openapi", _of_openapi, sanitise),
    "smithyModel": Form("smithy", _of_smithy, _keep_smithy),
}
"""How a schema is read, by the kind of target that holds it."""

_HOLDERS = {"lambda": "toolSchema", "mcpServer": "mcpToolSchema"}
"""Member that holds the schema, where that is not the target's configuration itself."""
