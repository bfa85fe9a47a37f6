"""Read what API Gateway exports: OpenAPI 3 with its own extensions, of REST and HTTP APIs alike."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from apiscape.collectors.aws.apigateway.matching import DEFAULT_ROUTE, match_of
from apiscape.collectors.aws.authorizers import security_of_export
from apiscape.collectors.aws.backends import Backends, Integration
from apiscape.collectors.aws.picking import OBJECT, Item, flag, is_set, part, parts, text
from apiscape.collectors.aws.surface import Surface, switch
from apiscape.collectors.contract import Malformed
from apiscape.collectors.specs import describe, parse, sanitise
from apiscape.model.deployment import Operation, Spec
from apiscape.model.values import UNKNOWN

VERBS = {
    **{verb: verb.upper() for verb in ("get", "put", "post", "delete", "options", "head")},
    "patch": "PATCH",
    "trace": "TRACE",
    "x-amazon-apigateway-any-method": "ANY",
}
"""Keys of a path item that are operations."""

EXTENSION = "x-"
"""Begins what stands among paths and is none."""

_INTEGRATION = "x-amazon-apigateway-integration"
_VALIDATOR = "x-amazon-apigateway-request-validator"
_SHARED = "#/components/x-amazon-apigateway-integrations/"


AT_ONCE_BYTES = 32_768
"""Exports up to this size are read in the scan's own thread: the worst of them takes 40 ms."""


class Exported(msgspec.Struct, frozen=True, gc=False):
    """What an export says, and what is kept of it.

    Attributes:
        documents: Its contract by hash, where it is small enough.
    """

    surface: Surface
    spec: Spec
    documents: dict[str, bytes]


def read_export(source: bytes, source_uri: str) -> Exported | None:
    """Return what an exported document says.

    Returns:
        Nothing where it is in another format than was asked for: its silence on security says nothing.

    Raises:
        Malformed: it is no JSON object, or nested too deeply, or what stands in the place of an operation is none.
    """
    document = parse(source)
    if not (text(document, "openapi") or "").startswith("3."):
        return None
    if not all(_is_readable(entry) for entry in _entries(document)):
        raise Malformed("a path or an operation of the export cannot be read")
    contract = sanitise(document, servers=False)
    spec, documents = describe(source, contract, source_uri=source_uri)
    return Exported(read_surface(document), spec, documents)


def _entries(document: Item) -> Iterator[object]:
    """Yield the entries of all paths, and the paths themselves where they are none."""
    paths = document.get("paths")
    if isinstance(paths, OBJECT):
        yield from (entry for path, entry in paths.items() if not str(path).startswith(EXTENSION))
    elif paths is not None:
        yield paths


def _is_readable(entry: object) -> bool:
    """Say whether whatever stands in the place of an operation is one: what is not would go unsaid."""
    return isinstance(entry, OBJECT) and all(
        key not in entry or isinstance(entry[key], OBJECT) for key in VERBS
    )


def read_surface(document: Item) -> Surface:
    """Return operations and backends of an exported document."""
    backends = Backends()
    operations = tuple(_operations(document, backends))
    return Surface(
        operations=tuple(sorted(operations, key=lambda one: (one.template, one.verb))),
        backends=backends.all(),
        validation=switch(_validates(document)),
        cors=switch(_answers_preflights(document, operations)),
    )


def _operations(document: Item, backends: Backends) -> Iterator[Operation]:
    components = part(document, "components")
    schemes = part(components, "securitySchemes")
    shared = part(components, "x-amazon-apigateway-integrations")
    inherits = bool(document.get("security"))
    for path, entry in parts(document, "paths"):
        for key, operation in _methods(entry):
            integration = _integration(operation, shared)
            template = DEFAULT_ROUTE if path == f"/{DEFAULT_ROUTE}" else path
            yield Operation(
                verb=VERBS[key],
                template=template,
                operation_id=text(operation, "operationId"),
                security=security_of_export(operation, schemes, inherits=inherits),
                backend=backends.add(integration),
                deprecated=flag(operation, "deprecated") or UNKNOWN,
                preflight=key == "options" and integration.mock,
                match=match_of(template),
            )


def _methods(entry: Item) -> Iterator[tuple[str, Item]]:
    for key in VERBS:
        operation = entry.get(key)
        if isinstance(operation, dict):
            yield key, operation


def _integration(operation: Item, shared: Item) -> Integration:
    given = part(operation, _INTEGRATION)
    reference = text(given, "$ref") or ""
    if reference.startswith(_SHARED):
        given = part(shared, reference.removeprefix(_SHARED))
    kind = text(given, "type")
    return Integration(
        type=kind.upper() if kind else None,
        uri=text(given, "uri"),
        connection=text(given, "connectionId"),
        subtype=text(given, "integrationSubtype"),
    )


def _validates(document: Item) -> bool | None:
    """Say whether any request validator is attached, to all or to one operation; `None` where that is not clear."""
    said = [is_set(each, _VALIDATOR) for each in (document, *_each_operation(document))]
    return True if True in said else None if None in said else False


def _answers_preflights(document: Item, operations: tuple[Operation, ...]) -> bool | None:
    """Say whether the gateway answers any preflight itself; `None` where what answers one cannot be read."""
    if any(operation.preflight for operation in operations):
        return True
    asked = (part(entry, "options") for _, entry in parts(document, "paths"))
    odd = any(is_set(each, _INTEGRATION, "type") is None for each in asked)
    return None if odd else False


def _each_operation(document: Item) -> Iterator[Item]:
    for _, entry in parts(document, "paths"):
        yield from (operation for _, operation in _methods(entry))
