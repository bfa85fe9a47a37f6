"""Answers written by botocore's output shapes: rest-json, json, query and rest-xml."""

from __future__ import annotations

import html
from functools import cache
from typing import Any

import msgspec
from botocore.model import OperationModel, ServiceModel, Shape, StructureShape

from apiscape.demo.aws.refusing.refusals import Refusal
from apiscape.demo.aws.wire.routing import Match, operation_model, protocol_of, service_model
from apiscape.demo.aws.wire.shapes import Encode, ShapeMismatch, compile_encoder, member_of
from apiscape.demo.aws.wire.xml import write_element

_FIRST_SERVER_ERROR = 500


class Answer(msgspec.Struct, frozen=True, gc=False):
    """An HTTP answer before it is delivered."""

    status: int
    content_type: str
    body: bytes
    headers: dict[str, str] = {}


def write_output(match: Match, output: dict[str, Any], request_id: str) -> Answer:
    """Write an operation's output by its shape.

    Raises:
        ShapeMismatch: The output does not fit the shape.
    """
    operation = operation_model(match.service, match.operation)
    protocol = protocol_of(match.service)
    status = int(operation.http.get("responseCode", 200))
    shape = _output_shape(operation)
    if protocol == "query":
        return Answer(status, "text/xml", _query_body(operation, output, request_id))
    headers, members = _split_headers(shape, output)
    headers["x-amzn-RequestId"] = request_id
    if protocol == "rest-xml":
        return Answer(status, "text/xml", _rest_xml_body(operation, members), headers)
    payload = shape.serialization.get("payload")
    content_type = headers.pop("Content-Type", _json_type(match.service))
    if payload:
        return Answer(status, content_type, members[payload], headers)
    encoded = _encoder(match.service, match.operation)(members)
    return Answer(status, content_type, msgspec.json.encode(encoded), headers)


def write_refusal(service: str, refusal: Refusal, request_id: str) -> Answer:
    """Write an error answer in the protocol of the service that was asked."""
    model = service_model(service)
    protocol = protocol_of(service)
    headers = dict(refusal.headers)
    if protocol in {"query", "rest-xml"}:
        kind = "Sender" if refusal.status < _FIRST_SERVER_ERROR else "Receiver"
        body = (
            f'<ErrorResponse xmlns="{_namespace(model)}"><Error><Type>{kind}</Type>'
            f"<Code>{refusal.code}</Code><Message>{html.escape(refusal.message)}</Message></Error>"
            f"<RequestId>{request_id}</RequestId></ErrorResponse>"
        )
        return Answer(refusal.status, "text/xml", body.encode(), headers)
    if protocol == "json":
        document = {"__type": refusal.code, "Message": refusal.message}
        return Answer(refusal.status, _json_type(service), msgspec.json.encode(document), headers)
    headers |= {"x-amzn-ErrorType": refusal.code, "x-amzn-RequestId": request_id}
    document = {"message": refusal.message}
    return Answer(refusal.status, "application/json", msgspec.json.encode(document), headers)


def _namespace(model: ServiceModel) -> str:
    place = f"http://{model.metadata['endpointPrefix']}.amazonaws.com/doc/{model.api_version}/"
    return str(model.metadata.get("xmlNamespace", place))


@cache
def _encoder(service: str, operation: str) -> Encode:
    return compile_encoder(_output_shape(operation_model(service, operation)))


def _output_shape(operation: OperationModel) -> StructureShape:
    if operation.output_shape is None:
        raise ShapeMismatch(f"{operation.name} has no output")
    return operation.output_shape


def _json_type(service: str) -> str:
    if protocol_of(service) == "rest-json":
        return "application/json"
    return f"application/x-amz-json-{service_model(service).metadata.get('jsonVersion', '1.1')}"


def _split_headers(
    shape: StructureShape, output: dict[str, Any]
) -> tuple[dict[str, str], dict[str, Any]]:
    headers: dict[str, str] = {}
    members: dict[str, Any] = {}
    for name, value in output.items():
        serialization = member_of(shape, name).serialization
        if serialization.get("location") == "header":
            headers[serialization["name"]] = value
        else:
            members[name] = value
    return headers, members


def _query_body(operation: OperationModel, output: dict[str, Any], request_id: str) -> bytes:
    shape = _output_shape(operation)
    wrapper = shape.serialization.get("resultWrapper", f"{operation.name}Result")
    namespace = operation.service_model.metadata["xmlNamespace"]
    return (
        f'<{operation.name}Response xmlns="{namespace}">{write_element(shape, output, wrapper)}'
        f"<ResponseMetadata><RequestId>{request_id}</RequestId></ResponseMetadata>"
        f"</{operation.name}Response>"
    ).encode()


def _rest_xml_body(operation: OperationModel, members: dict[str, Any]) -> bytes:
    """Write the document of a rest-xml answer: of its payload, where it has one, or of all members."""
    shape: Shape = _output_shape(operation)
    value: Any = members
    name = f"{operation.name}Response"
    payload = shape.serialization.get("payload")
    if payload:
        shape, value, name = member_of(_output_shape(operation), payload), members[payload], payload
    document = write_element(shape, value, shape.serialization.get("name", name))
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{document}'.encode()
