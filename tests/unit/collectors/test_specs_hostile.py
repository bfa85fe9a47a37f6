"""Where a credential may hide in a contract: every place that the specification has for one, and some it has not."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from apiscape.collectors.contract import Malformed
from apiscape.collectors.specs import (
    DEEPEST,
    KEPT_EXTENSIONS,
    LARGEST_KEPT_BYTES,
    Contract,
    clean_address,
    clean_reference,
    describe,
    parse,
    sanitise,
)

SECRET = "CANARY"
SIGNED = f"https://user:{SECRET}@h.example/x.json?key={SECRET}"


def kept(document: Any) -> Any:
    return msgspec.json.decode(sanitise(document).content)


# Addresses and references.


@pytest.mark.parametrize(
    "document",
    [
        {"info": {"contact": {"url": SIGNED}}},
        {"info": {"license": {"url": SIGNED}}},
        {"info": {"termsOfService": SIGNED}},
        {"externalDocs": {"url": SIGNED}},
        {"tags": [{"name": "a", "externalDocs": {"url": SIGNED}}]},
        {"servers": [{"url": SIGNED}]},
        {"paths": {"/a": {"servers": [{"url": SIGNED}], "get": {"servers": [{"url": SIGNED}]}}}},
        {"components": {"securitySchemes": {"o": {"openIdConnectUrl": SIGNED}}}},
        {"components": {"securitySchemes": {"o": {"oauth2MetadataUrl": SIGNED}}}},
        {"securityDefinitions": {"o": {"authorizationUrl": SIGNED, "tokenUrl": SIGNED}}},
        {"flows": {"device": {"deviceAuthorizationUrl": SIGNED, "refreshUrl": SIGNED}}},
        {"paths": {"/a": {"$ref": SIGNED}}},
        {"components": {"schemas": {"A": {"$ref": SIGNED + "#/a"}}}},
        {"components": {"schemas": {"A": {"$id": SIGNED, "$schema": SIGNED}}}},
        {"components": {"schemas": {"A": {"$dynamicRef": SIGNED + "#a"}}}},
        {"jsonSchemaDialect": SIGNED},
        {"schema": {"discriminator": {"propertyName": "kind", "mapping": {"a": SIGNED}}}},
        {"schema": {"allOf": [{"anyOf": [{"not": {"$ref": SIGNED}}]}]}},
    ],
    ids=lambda document: json.dumps(document)[:60],
)
def test_an_address_keeps_no_password_and_no_query_wherever_it_stands(document: Any) -> None:
    content = sanitise(document).content.decode()
    assert SECRET not in content
    assert "h.example/x.json" in content


@pytest.mark.parametrize(
    ("reference", "clean"),
    [
        ("#/components/schemas/A", "#/components/schemas/A"),
        ("A", "A"),
        ("other.json#/a@b", "other.json#/a@b"),
        ("../x.json?key=1#/a?b", "../x.json#/a?b"),
        ("https://u:p@h.example/x#", "https://h.example/x#"),
        ("urn:example:claims", "urn:example:claims"),
        ("", ""),
    ],
)
def test_a_reference_keeps_the_fragment_that_says_what_is_meant(reference: str, clean: str) -> None:
    assert clean_reference(reference) == clean


@pytest.mark.parametrize(
    ("address", "clean"),
    [
        ("https://[::1]/x@y", "https://[::1]/x@y"),
        ("https://[u]:SECRET/1@h.example", "https://h.example"),
        ("https://u:SECRET/1@2@h.example/x", "https://h.example/x"),
        ("https://h.example:443", "https://h.example:443"),
        ("HTTPS:/\\u:SECRET@h.example", "HTTPS:/\\h.example"),
        ("jdbc:mysql://u:SECRET@h.example/x", "h.example/x"),
        ("\thttps://u:SECRET@h.example/x", "h.example/x"),
        ("https://{stage}.h.example:{port}/x", "https://{stage}.h.example:{port}/x"),
        ("https://h.example/x?a\nb#c", "https://h.example/x"),
        ("x+y-1.z://u@h", "x+y-1.z://h"),
    ],
)
def test_an_odd_address_keeps_what_is_not_userinfo(address: str, clean: str) -> None:
    assert clean_address(address) == clean


@given(
    st.sampled_from(["https://", "//", "wss:/", ""]),
    st.sampled_from(["h.example", "h.example:8443", "10.0.0.1", "[2001:db8::1]", "[::1]:80"]),
    st.text(alphabet="abc-_.~%/@:{}", max_size=12),
)
def test_an_address_without_userinfo_and_query_stands(head: str, host: str, path: str) -> None:
    address = f"{head}{host}/{path}"
    assert clean_address(address) == address
    assert clean_address(f"{address}?{path}#{path}") == address


# Extensions, examples and defaults.


@pytest.mark.parametrize(
    "document",
    [
        {"paths": {"x-gateway": {"credentials": SECRET}}},
        {"paths": {"/a": {"get": {"responses": {"x-gateway": SECRET}}}}},
        {"paths": {"/a": {"X-Gateway": SECRET}}},
        {"components": {"x-keys": [SECRET]}},
        {"callbacks": {"done": {"x-key": SECRET, "{$request.body#/u}": {"x-key": SECRET}}}},
        {"webhooks": {"new": {"post": {"x-key": SECRET}}}},
        {"security": [{"key": [], "x": {"x-key": SECRET}}]},
        {"content": {"text/plain": {"example": SECRET, "examples": {"a": {"value": SECRET}}}}},
        {"headers": {"Authorization": {"schema": {"default": SECRET}, "example": SECRET}}},
        {"schema": {"prefixItems": [{"default": SECRET}, {"examples": [SECRET]}]}},
        {"patternProperties": {"^x-": {"default": {"nested": SECRET}}}},
        {"responses": {"200": {"links": {"next": {"parameters": {"key": SECRET}}}}}},
        {"parameters": [{"default": SECRET}, {"schema": {"items": {"default": SECRET}}}]},
        {"requestBodies": {"default": {"content": {"a/b": {"example": SECRET}}}}},
    ],
    ids=lambda document: json.dumps(document)[:60],
)
def test_what_somebody_typed_in_is_left_out_wherever_it_stands(document: Any) -> None:
    assert SECRET not in sanitise(document).content.decode()


@pytest.mark.parametrize("extension", sorted(KEPT_EXTENSIONS))
def test_an_extension_that_describes_is_kept_beside_paths_too(extension: str) -> None:
    document = {extension: "words", "paths": {extension: "words", "/a": {extension: "words"}}}
    assert kept(document) == document


@pytest.mark.parametrize(
    "document",
    [
        {"properties": {"x-request-id": {"type": "string"}, "links": {"type": "array"}}},
        {"headers": {"X-Request-Id": {"schema": {"type": "string"}}}},
        {"parameters": {"x-trace": {"in": "header", "name": "x-trace"}}},
        {"schemas": {"url": {"type": "string"}, "host": {"type": "string"}}},
        {"dependentRequired": {"default": ["x-a"], "example": ["b"]}},
        {"securitySchemes": {"x-api-key": {"type": "apiKey", "name": "x-api-key"}}},
        {"scopes": {"default": "Reads", "x-write": "Writes"}},
        {"mapping": {"default": "#/components/schemas/Default", "odd": 7}},
        {"responses": {"default": {"description": "d"}, "4XX": {"description": "d"}}},
        {"definitions": {"$ref": {"type": "object"}, "$id": {"type": "object"}}},
        {"security": [{"x-api-key": []}, "odd"]},
        {"properties": {"address": {"url": 7, "$ref": 7}}},
    ],
    ids=lambda document: json.dumps(document)[:60],
)
def test_names_and_odd_values_stand_as_written(document: Any) -> None:
    assert kept(document) == document


# Sizes, depths and text.


@pytest.mark.parametrize(
    ("wrap", "levels"),
    [
        (lambda below: {"items": below}, 1),
        (lambda below: [below], 1),
        (lambda below: {"properties": {"a": below}}, 2),
    ],
    ids=["objects", "lists", "names"],
)
def test_the_deepest_contract_that_is_kept_comes_right_before_the_first_that_is_not(
    wrap: Any, levels: int
) -> None:
    document: Any = "leaf"
    for _ in range((DEEPEST - 1) // levels):
        document = wrap(document)
    assert kept({"schema": document}) == {"schema": document}
    with pytest.raises(Malformed, match="too deeply"):
        sanitise({"schema": wrap(document)})


@pytest.mark.parametrize(("over", "is_kept"), [(0, True), (1, False)])
def test_the_largest_contract_that_is_kept_has_just_that_size(over: int, is_kept: bool) -> None:
    contract = Contract(b"x" * (LARGEST_KEPT_BYTES + over), "openapi", "3.1.0")
    spec, documents = describe(b"yy", contract, source_uri="/x", media_type="application/yaml")
    assert (spec.not_kept is None, bool(documents)) == (is_kept, is_kept)
    assert (spec.format, spec.format_version) == ("openapi", "3.1.0")
    assert (spec.media_type, spec.size_bytes) == ("application/yaml", 2)


@pytest.mark.parametrize(
    "source",
    [b'{"a": "\\ud800"}', b'{"a": 1e999}', b'{"a": NaN}', b'{"a": 1,}', b"null", b'"{}"'],
)
def test_json_that_cannot_be_written_again_is_refused_at_the_door(source: bytes) -> None:
    with pytest.raises(Malformed, match="no JSON"):
        parse(source)


LEAVES = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text()
WORDS = st.sampled_from(
    ["default", "example", "x-key", "url", "$ref", "paths", "properties", "security", "items", "/a"]
)
DOCUMENTS = st.dictionaries(
    WORDS,
    st.recursive(
        LEAVES,
        lambda below: st.lists(below, max_size=3) | st.dictionaries(WORDS, below, max_size=3),
        max_leaves=12,
    ),
    max_size=4,
)


@given(DOCUMENTS)
def test_whatever_is_fetched_is_kept_or_refused_and_never_breaks(document: dict[str, Any]) -> None:
    source = json.dumps(document, ensure_ascii=False).encode("utf-8", "surrogatepass")
    try:
        contract = sanitise(parse(source))
    except Malformed:
        return
    again = sanitise(msgspec.json.decode(contract.content))
    assert again == contract
    assert again.sha256 == contract.sha256


def objects(value: Any) -> list[dict[str, Any]]:
    """Return every object of a document that is no map of names."""
    if isinstance(value, list):
        return [found for below in value for found in objects(below)]
    if not isinstance(value, dict):
        return []
    named = [below for key in ("paths", "properties") for below in _below(value.get(key))]
    rest = [below for key, below in value.items() if key not in {"paths", "properties", "security"}]
    return [value, *objects(named), *objects(rest)]


def _below(value: Any) -> list[Any]:
    return list(value.values()) if isinstance(value, dict) else [value]


@given(DOCUMENTS)
def test_no_object_of_the_specification_keeps_a_value_or_a_foreign_extension(
    document: dict[str, Any],
) -> None:
    for found in objects(kept(document)):
        assert not found.keys() & {"default", "example", "x-key"}
