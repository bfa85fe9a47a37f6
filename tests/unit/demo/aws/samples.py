"""Whole values for botocore's shapes, and requests and answers as botocore itself makes them."""

from __future__ import annotations

from datetime import UTC, datetime
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


def sample(shape: Shape, *, only_required: bool = False) -> Any:
    """Make a value that fills a shape, or only its required members."""
    if isinstance(shape, StructureShape):
        names = shape.required_members if only_required else list(shape.members)
        return {name: sample(shape.members[name], only_required=only_required) for name in names}
    if isinstance(shape, ListShape):
        return [sample(shape.member, only_required=only_required)]
    if isinstance(shape, MapShape):
        return {"key": sample(shape.value, only_required=only_required)}
    if shape.type_name == "string":
        enum = getattr(shape, "enum", ())
        return enum[0] if enum else f"a {shape.name}/?&="
    return _SCALARS[shape.type_name]


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
