"""Whole values for botocore's shapes, and requests and answers as botocore itself makes them."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial
from typing import Any
from urllib.parse import urlencode

import botocore.parsers
import botocore.serialize
from botocore.awsrequest import HeadersDict
from botocore.model import ListShape, MapShape, Shape, StructureShape

from apiscape.demo.aws.wire.routing import Request, operation_model, protocol_of
from apiscape.demo.aws.wire.writing import Answer

MOMENT = datetime(2026, 1, 5, 9, 30, tzinfo=UTC)

_SCALARS: dict[str, Any] = {
    "blob": b"bytes",
    "boolean": True,
    "double": 2.5,
    "float": 2.5,
    "integer": 7,
    "long": 7,
    "timestamp": MOMENT,
}


def sample(
    shape: Shape, *, only_required: bool = False, inside: frozenset[str] = frozenset()
) -> Any:
    """Make a value that fills a shape, or only its required members; a shape in itself is left empty."""
    below = partial(sample, only_required=only_required, inside=inside | {shape.name})
    if isinstance(shape, StructureShape):
        if shape.is_document_type:
            return {"any": ["thing"]}
        return {name: below(shape.members[name]) for name in _members(shape, inside, only_required)}
    if isinstance(shape, ListShape):
        return [] if _turns(shape.member, inside) else [below(shape.member)]
    if isinstance(shape, MapShape):
        return {} if _turns(shape.value, inside) else {"key": below(shape.value)}
    if shape.type_name == "string":
        enum = getattr(shape, "enum", ())
        return enum[0] if enum else f"a {shape.name}/?&="
    return _SCALARS[shape.type_name]


def _members(shape: StructureShape, inside: frozenset[str], only_required: bool) -> list[str]:
    """Return the members to fill; of a union just one may be."""
    if only_required:
        return list(shape.required_members)
    names = [
        name for name in shape.members if not _turns(shape.members[name], inside | {shape.name})
    ]
    return names[:1] if shape.is_tagged_union else names


def _turns(shape: Shape, inside: frozenset[str]) -> bool:
    """Say whether a shape was begun already, or must hold one that was, so that filling it would not end."""
    if not isinstance(shape, StructureShape | ListShape | MapShape):
        return False
    if shape.name in inside:
        return True
    if not isinstance(shape, StructureShape):
        return False
    within = inside | {shape.name}
    return any(_turns(shape.members[name], within) for name in shape.required_members)


def request_of(service: str, operation: str, params: dict[str, Any]) -> Request:
    """Give the request that botocore would send."""
    serializer = botocore.serialize.create_serializer(protocol_of(service), False)
    made: Any = serializer.serialize_to_request(params, operation_model(service, operation))
    path, _, query = made["url_path"].partition("?")
    pairs = made["query_string"]
    query = "&".join(part for part in (query, urlencode(pairs, doseq=True)) if part)
    body = made["body"]
    if isinstance(body, dict):
        body = urlencode(body)
    headers = {name.lower(): value for name, value in made["headers"].items()}
    return Request(
        made["method"], path, query, headers, body.encode() if isinstance(body, str) else body
    )


def parsed(service: str, operation: str, answer: Answer) -> dict[str, Any]:
    """Read an answer as botocore would, without the metadata."""
    parser = botocore.parsers.create_parser(protocol_of(service))
    headers = HeadersDict({"Content-Type": answer.content_type} | answer.headers)
    response = {"status_code": answer.status, "headers": headers, "body": answer.body}
    shape: Any = operation_model(service, operation).output_shape
    found: dict[str, Any] = dict(parser.parse(response, shape))
    found.pop("ResponseMetadata")
    document = shape.serialization.get("payload")
    if isinstance(found.get(document), str):  # a client would give the bytes as a stream
        found[document] = found[document].encode()
    return found
