"""Bodies of the query and rest-xml protocols, by botocore's shapes."""

from __future__ import annotations

import html
import xml.etree.ElementTree as ET
from typing import Any

from botocore.model import ListShape, MapShape, Shape, StructureShape

from apiscape.demo.aws.refusing.refusals import Refusal
from apiscape.demo.aws.wire.shapes import (
    check_required,
    compile_scalar,
    expect,
    iso8601,
    member_of,
)

_WORDS = {True: "true", False: "false"}


def write_element(shape: Shape, value: Any, name: str, namespace: str = "") -> str:  # noqa: ANN401 - any answer is checked here
    """Write a value as an element.

    Raises:
        ShapeMismatch: It does not fit the shape.
    """
    inner = _inner(shape, value)
    given = f' xmlns="{namespace}"' if namespace else ""
    return f"<{name}{given}>{inner}</{name}>"


def _inner(shape: Shape, value: Any) -> str:  # noqa: ANN401 - any answer is checked here
    if isinstance(shape, StructureShape):
        return write_members(shape, value)
    if isinstance(shape, ListShape):
        expect(value, list, shape.name)
        name = shape.member.serialization.get("name", "member")
        return "".join(write_element(shape.member, item, name) for item in value)
    if isinstance(shape, MapShape):
        expect(value, dict, shape.name)
        return "".join(_entry(shape, key, item) for key, item in value.items())
    if shape.type_name == "timestamp":
        return iso8601(value)
    scalar = compile_scalar(shape)(value)
    return html.escape(_WORDS[scalar] if isinstance(scalar, bool) else str(scalar), quote=False)


def _entry(shape: MapShape, key: str, value: Any) -> str:  # noqa: ANN401 - any answer is checked here
    inner = write_element(shape.key, key, "key") + write_element(shape.value, value, "value")
    return f"<entry>{inner}</entry>"


def write_members(shape: StructureShape, value: Any) -> str:  # noqa: ANN401 - any answer is checked here
    """Write the members of a structure, one element each.

    Raises:
        ShapeMismatch: It does not fit the shape.
    """
    expect(value, dict, shape.name)
    check_required(shape, value)
    written = []
    for key, item in value.items():
        member = member_of(shape, key)
        if item is not None:
            written.append(write_element(member, item, member.serialization.get("name", key)))
    return "".join(written)


def read_document(shape: StructureShape, body: bytes) -> dict[str, Any]:
    """Read the members that a rest-xml request carries in its body."""
    if not body:
        return {}
    try:
        root = ET.fromstring(body)  # noqa: S314 - of the SDK that calls this emulation
    except ET.ParseError:
        raise Refusal("MalformedXML", "The body is no XML document") from None
    return _structure(shape, root)


def _structure(shape: StructureShape, element: ET.Element) -> dict[str, Any]:
    found: dict[str, Any] = {}
    names = {member.serialization.get("name", key): key for key, member in shape.members.items()}
    for child in element:
        key = names.get(child.tag.rpartition("}")[2])
        if key is not None:
            found[key] = _value(shape.members[key], child)
    return found


def _value(shape: Shape, element: ET.Element) -> Any:  # noqa: ANN401 - by the shape
    if isinstance(shape, StructureShape):
        return _structure(shape, element)
    if isinstance(shape, ListShape):
        return [_value(shape.member, child) for child in element]
    text = element.text or ""
    if shape.type_name in {"integer", "long"}:
        return int(text)
    return text == "true" if shape.type_name == "boolean" else text
