"""Requests read by botocore's input shapes: rest-json, json, query and rest-xml."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl

import msgspec
from botocore.model import ListShape, MapShape, Shape, StructureShape

from apiscape.demo.aws.refusing.refusals import Refusal, bad_request
from apiscape.demo.aws.wire.routing import REST, Match, Request, operation_model, protocol_of
from apiscape.demo.aws.wire.xml import read_document


def read_input(match: Match, request: Request) -> dict[str, Any]:
    """Read an operation's input members from a request, by their modelled names."""
    operation = operation_model(match.service, match.operation)
    if operation.input_shape is None:
        return {}
    protocol = protocol_of(match.service)
    if protocol in REST:
        return _read_rest(operation.input_shape, match.labels, request, protocol)
    if protocol == "json":
        return _with_moments(operation.input_shape, _json_object(request.body))
    pairs = parse_qsl(request.body.decode("utf-8", "replace"))
    return _read_form(operation.input_shape, pairs)


def _read_form(shape: StructureShape, pairs: list[tuple[str, str]]) -> dict[str, Any]:
    """Read the members of a form; a list is spread: `Names.member.1=a&Names.member.2=b`."""
    found: dict[str, Any] = {}
    for key, text in pairs:
        name, _, rest = key.partition(".")
        member = shape.members.get(name)
        if isinstance(member, ListShape):
            if rest.startswith("member.") and rest.count(".") == 1:
                found.setdefault(name, []).append(_convert(member.member, text))
        elif member is not None and not rest:
            found[name] = _convert(member, text)
    return found


def _with_moments(shape: StructureShape, found: dict[str, Any]) -> dict[str, Any]:
    """Turn the seconds of an input's own timestamps into moments."""
    moments = {
        name: datetime.fromtimestamp(found[name], UTC)
        for name, member in shape.members.items()
        if member.type_name == "timestamp" and isinstance(found.get(name), int | float)
    }
    return found | moments


def _read_rest(
    shape: StructureShape, labels: dict[str, str], request: Request, protocol: str
) -> dict[str, Any]:
    pairs = parse_qsl(request.query, keep_blank_values=True)
    is_xml = protocol == "rest-xml"
    body = read_document(shape, request.body) if is_xml else _json_object(request.body)
    found: dict[str, Any] = {}
    for name, member in shape.members.items():
        location = member.serialization.get("location")
        wire_name = member.serialization.get("name", name)
        if location == "uri":
            found[name] = labels[wire_name]
        elif location == "querystring":
            _put(found, name, _from_query(member, wire_name, pairs))
        elif location == "header":
            _put(found, name, request.headers.get(wire_name.lower()))
        else:
            _put(found, name, body.get(wire_name))
    return found


def _put(found: dict[str, Any], name: str, value: object) -> None:
    if value is not None:
        found[name] = value


def _from_query(member: Shape, wire_name: str, pairs: list[tuple[str, str]]) -> object:
    if isinstance(member, MapShape):  # a map in the query string spreads: each key is a parameter
        return dict(pairs) or None
    values = [value for key, value in pairs if key == wire_name]
    if not values:
        return None
    return values if isinstance(member, ListShape) else _convert(member, values[0])


def _convert(member: Shape, text: str) -> object:
    if member.type_name in {"integer", "long"}:
        return _integer(text)
    return text == "true" if member.type_name == "boolean" else text


def _integer(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise bad_request(f"Invalid number: {text}") from None


def _json_object(body: bytes) -> dict[str, Any]:
    try:
        return msgspec.json.decode(body, type=dict[str, Any]) if body else {}
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise Refusal("SerializationException", "The body is no JSON object") from None
