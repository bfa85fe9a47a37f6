from __future__ import annotations

import hashlib
import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from apiscape.collectors.contract import Malformed
from apiscape.collectors.specs import (
    DEEPEST,
    LARGEST_KEPT_BYTES,
    VALUES,
    Contract,
    clean_address,
    describe,
    parse,
    sanitise,
)

DOCUMENT: dict[str, Any] = {
    "openapi": "3.0.1",
    "info": {"title": "Claims", "version": "1", "x-api-id": "abc", "x-internal-key": "CANARY"},
    "servers": [
        {
            "url": "https://u:CANARY@h.example/x?key=CANARY",
            "variables": {"a": {"default": "CANARY"}},
        }
    ],
    "security": [{"default": ["read"]}],
    "paths": {
        "/example": {
            "get": {
                "operationId": "x",
                "x-amazon-apigateway-integration": {"credentials": "CANARY"},
                "parameters": [{"name": "q", "in": "query", "example": "CANARY"}],
                "responses": {
                    "default": {"description": "d", "links": {"l": {"parameters": {"k": "CANARY"}}}}
                },
            }
        }
    },
    "components": {
        "schemas": {
            "default": {
                "properties": {
                    "default": {"type": "string", "default": "CANARY", "examples": ["CANARY"]},
                    "example": {"type": "string", "example": "CANARY"},
                    "x-named": {"type": "string", "enum": ["a"]},
                }
            }
        },
        "securitySchemes": {
            "o": {
                "type": "oauth2",
                "flows": {"f": {"tokenUrl": "https://u:CANARY@i.example/t?c=CANARY"}},
            }
        },
    },
}


def kept(document: dict[str, Any], **options: bool) -> Any:
    return msgspec.json.decode(sanitise(document, **options).content)


def test_no_value_that_somebody_typed_in_is_kept() -> None:
    assert "CANARY" not in sanitise(DOCUMENT).content.decode()


def test_names_are_kept_even_where_they_are_words_of_the_specification() -> None:
    document = kept(DOCUMENT)
    schema = document["components"]["schemas"]["default"]["properties"]
    assert set(schema) == {"default", "example", "x-named"}
    assert schema["x-named"] == {"type": "string", "enum": ["a"]}
    assert document["paths"]["/example"]["get"]["responses"] == {"default": {"description": "d"}}
    assert document["security"] == [{"default": ["read"]}]
    assert document["info"]["x-api-id"] == "abc"


def test_addresses_lose_userinfo_and_query() -> None:
    document = kept(DOCUMENT)
    assert document["servers"][0] == {"url": "https://h.example/x", "variables": {"a": {}}}
    flow = document["components"]["securitySchemes"]["o"]["flows"]["f"]
    assert flow == {"tokenUrl": "https://i.example/t"}


def test_servers_may_be_left_to_the_gateway_so_that_stages_share_a_contract() -> None:
    one = DOCUMENT | {"servers": [{"url": "https://h.example/prod"}]}
    other = DOCUMENT | {"servers": [{"url": "https://h.example/test"}]}
    assert sanitise(one, servers=False) == sanitise(other, servers=False)
    assert sanitise(one) != sanitise(other)
    old = {"swagger": "2.0", "host": "u:p@h.example", "basePath": "/x", "schemes": ["https"]}
    assert kept(old, servers=False) == {"swagger": "2.0"}
    assert kept(old)["host"] == "h.example"


def test_equal_contracts_give_equal_bytes_whatever_their_order() -> None:
    turned = dict(reversed(DOCUMENT.items()))
    assert sanitise(DOCUMENT).sha256 == sanitise(turned).sha256
    assert sanitise(DOCUMENT).sha256 == hashlib.sha256(sanitise(DOCUMENT).content).hexdigest()


@pytest.mark.parametrize(
    ("document", "format_", "version"),
    [
        ({"openapi": "3.1.0"}, "openapi", "3.1.0"),
        ({"swagger": "2.0"}, "swagger", "2.0"),
        ({"openapi": 3}, "unknown", None),
        ({}, "unknown", None),
    ],
)
def test_the_format_is_as_written(document: dict[str, Any], format_: str, version: str) -> None:
    contract = sanitise(document)
    assert (contract.format, contract.format_version) == (format_, version)


def test_keys_that_are_no_text_become_text() -> None:
    responses: dict[Any, Any] = {200: {"description": "ok"}}
    assert kept({"responses": responses}) == {"responses": {"200": {"description": "ok"}}}


@pytest.mark.parametrize("source", [b"", b"{", b"[]", b"7", b"\xff", b"[" * 100_000])
def test_what_is_no_json_object_is_malformed(source: bytes) -> None:
    with pytest.raises(Malformed):
        parse(source)


@pytest.mark.parametrize("wrap", [lambda below: {"items": below}, lambda below: [below]])
def test_nesting_has_an_end(wrap: Any) -> None:
    deep: Any = {}
    for _ in range(DEEPEST + 1):
        deep = wrap(deep)
    with pytest.raises(Malformed, match="too deeply"):
        sanitise({"schema": deep})


def test_a_contract_is_described_by_both_hashes_and_its_size_as_fetched() -> None:
    source = json.dumps(DOCUMENT).encode()
    contract = sanitise(DOCUMENT)
    spec, documents = describe(source, contract, source_uri="/x")
    assert spec.source_sha256 == hashlib.sha256(source).hexdigest()
    assert spec.contract_sha256 == contract.sha256
    assert (spec.size_bytes, spec.source_uri, spec.not_kept) == (len(source), "/x", None)
    assert documents == {contract.sha256: contract.content}


def test_a_large_contract_is_known_by_its_hashes_only() -> None:
    large = Contract(b"x" * (LARGEST_KEPT_BYTES + 1), "openapi", "3.0.1")
    spec, documents = describe(b"x", large, source_uri="/x")
    assert spec.not_kept == "larger than 5000000 bytes"
    assert spec.contract_sha256 == large.sha256
    assert documents == {}


@pytest.mark.parametrize(
    ("address", "clean"),
    [
        ("https://user:pw@host.example/p?q=1#f", "https://host.example/p"),
        ("//user@host/p", "//host/p"),
        ("https:\\\\user@host", "https:\\\\host"),
        ("https://host/a@b", "https://host/a@b"),
        ("user:pw@host.example", "host.example"),
        ("https:user:pw@host", "host"),
        ("https://user:p/w@host.example/x", "https://host.example/x"),
        ("https://user:p?w@host.example/x", "https://host.example/x"),
        ("https://host?mail=a@b.c", "https://host"),
        ("https://host:8443/a@b", "https://host:8443/a@b"),
        ("https://[::1]:80/x@y", "https://[::1]:80/x@y"),
        ("/relative?x", "/relative"),
        ("", ""),
    ],
)
def test_an_address_keeps_host_and_path(address: str, clean: str) -> None:
    assert clean_address(address) == clean


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(),
    lambda below: (
        st.lists(below, max_size=3)
        | st.dictionaries(
            st.sampled_from(["default", "properties", "x-secret", "url", "servers", "items", "a"]),
            below,
            max_size=4,
        )
    ),
    max_leaves=20,
)


@given(st.dictionaries(st.sampled_from(["paths", "components", "default", "x"]), JSON))
def test_sanitising_is_steady_and_never_keeps_a_default(document: dict[str, Any]) -> None:
    once = sanitise(document)
    assert sanitise(msgspec.json.decode(once.content)).content == once.content


@given(st.text(alphabet="aB0:/?#@\\.", max_size=30))
def test_a_clean_address_has_no_query_and_is_steady(address: str) -> None:
    clean = clean_address(address)
    assert "?" not in clean
    assert "#" not in clean


@given(
    st.sampled_from(["https://", "wss://", "//", "", "https:", "HTTP:\\\\"]),
    st.text(alphabet="uU1.%-", min_size=1, max_size=8),
    st.sampled_from(["SECRET", "S/SECRET", "S?SECRET", "S#SECRET", "SECRET@"]),
    st.sampled_from(["h.example", "h.example:80", "[::1]:80"]),
)
def test_no_password_survives(head: str, user: str, password: str, host: str) -> None:
    assert "SECRET" not in clean_address(f"{head}{user}:{password}@{host}/x?q=1")


def test_value_fields_are_those_of_the_specification() -> None:
    assert {"default", "example", "examples"} <= VALUES
