"""Values checked against botocore's output shapes and turned into what JSON can hold.

A member that the shape does not have, a required one that is missing, a value of the wrong type or
outside its enumeration raises `ShapeMismatch`: no test can pass on an answer that the real service
could not give.
"""

from __future__ import annotations

import base64
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from botocore.model import ListShape, MapShape, Shape, StructureShape

Encode = Callable[[Any], Any]


class ShapeMismatch(Exception):
    """An answer that does not fit the service's output shape: a defect of the emulation."""


def compile_encoder(shape: Shape) -> Encode:
    """Compile the checking writer of a shape: from a value by members to what JSON can hold."""
    if isinstance(shape, StructureShape):
        return _anything if shape.is_document_type else _structure(shape)
    if isinstance(shape, ListShape):
        return _list(shape)
    if isinstance(shape, MapShape):
        return _map(shape)
    if shape.type_name == "timestamp":
        return _TIMESTAMPS[_timestamp_format(shape)]
    if shape.type_name == "blob":
        return _blob(shape.name)
    return compile_scalar(shape)


def _anything(value: Any) -> Any:  # noqa: ANN401 - a document may hold any JSON
    return value


def _blob(shape_name: str) -> Encode:
    def encode(value: Any) -> str:  # noqa: ANN401 - any answer is checked here
        expect(value, bytes, shape_name)
        return base64.b64encode(value).decode()

    return encode


def _structure(shape: StructureShape) -> Encode:
    """Compile the writer of a structure; its members' with their first value, for shapes may hold themselves."""
    members = shape.members
    names = {name: member.serialization.get("name", name) for name, member in members.items()}
    writers: dict[str, Encode] = {}
    required = frozenset(shape.required_members)
    shape_name = shape.name

    def encode(value: Any) -> dict[str, Any]:  # noqa: ANN401 - any answer is checked here
        expect(value, dict, shape_name)
        _check_present(shape_name, required, value)
        written: dict[str, Any] = {}
        for name, item in value.items():
            if name not in members:
                raise ShapeMismatch(f"{shape_name} has no member {name}")
            if item is not None:
                if name not in writers:
                    writers[name] = compile_encoder(members[name])
                written[names[name]] = writers[name](item)
        return written

    return encode


def check_required(shape: StructureShape, value: dict[str, Any]) -> None:
    """Check that a structure has every member that it must have.

    Raises:
        ShapeMismatch: One is missing.
    """
    _check_present(shape.name, frozenset(shape.required_members), value)


def member_of(shape: StructureShape, name: str) -> Shape:
    """Give the shape of a member.

    Raises:
        ShapeMismatch: The structure has no such member.
    """
    try:
        return shape.members[name]
    except KeyError:
        raise ShapeMismatch(f"{shape.name} has no member {name}") from None


def _check_present(shape_name: str, required: frozenset[str], value: dict[str, Any]) -> None:
    missing = required - value.keys()
    if missing:
        raise ShapeMismatch(f"{shape_name} needs {', '.join(sorted(missing))}")


def _list(shape: ListShape) -> Encode:
    encode_item = compile_encoder(shape.member)
    shape_name = shape.name

    def encode(value: Any) -> list[Any]:  # noqa: ANN401 - any answer is checked here
        expect(value, list, shape_name)
        return [encode_item(item) for item in value]

    return encode


def _map(shape: MapShape) -> Encode:
    encode_item = compile_encoder(shape.value)
    shape_name = shape.name

    def encode(value: Any) -> dict[str, Any]:  # noqa: ANN401 - any answer is checked here
        expect(value, dict, shape_name)
        return {key: encode_item(item) for key, item in value.items()}

    return encode


_SCALARS: dict[str, type | tuple[type, ...]] = {
    "boolean": bool,
    "double": (int, float),
    "float": (int, float),
    "integer": int,
    "long": int,
    "string": str,
}


def compile_scalar(shape: Shape) -> Encode:
    """Compile the writer of a string, number or boolean: type and enumeration are checked."""
    wanted = _SCALARS[shape.type_name]
    shape_name = shape.name
    allowed = frozenset(getattr(shape, "enum", ()))

    def encode(value: Any) -> Any:  # noqa: ANN401 - any answer is checked here
        expect(value, wanted, shape_name)
        if allowed and value not in allowed:
            raise ShapeMismatch(f"{shape_name} has no value {value!r}")
        return value

    return encode


def expect(value: object, wanted: type | tuple[type, ...], shape_name: str) -> None:
    """Check the type of a value; a boolean is no number.

    Raises:
        ShapeMismatch: It is of another one.
    """
    wrong_number = isinstance(value, bool) and wanted is not bool
    if wrong_number or not isinstance(value, wanted):
        raise ShapeMismatch(f"{shape_name} cannot hold {type(value).__name__}")


def _timestamp_format(shape: Shape) -> str:
    return str(shape.serialization.get("timestampFormat", "unixTimestamp"))


def iso8601(value: datetime) -> str:
    """Write a moment as the services do: UTC, whole seconds, `Z`."""
    expect(value, datetime, "iso8601 timestamp")
    return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _unix(value: datetime) -> int:
    expect(value, datetime, "timestamp")
    return int(value.timestamp())


_TIMESTAMPS: dict[str, Encode] = {
    "iso8601": iso8601,
    "unixTimestamp": _unix,
}
