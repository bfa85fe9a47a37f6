"""Nothing but GET can be sent to a cluster: there is one place that sends, and it sends that."""

from __future__ import annotations

import ast
from functools import cache

from tests.architecture.tree import ROOM

PACKAGE = ROOM / "collectors" / "apiscape" / "collectors" / "kubernetes"
SENDING = frozenset(
    ("request", "urlopen", "request_encode_body", "request_encode_url", "call_api", "post", "patch")
)
"""Methods by which the HTTP library, and the official client, send something."""

WRITING = {"POST", "PUT", "PATCH", "DELETE"}


@cache
def nodes() -> list[tuple[str, ast.AST]]:
    return [
        (file.relative_to(PACKAGE).as_posix(), node)
        for file in PACKAGE.rglob("*.py")
        for node in ast.walk(ast.parse(file.read_text("utf-8")))
    ]


OF_WHAT_IS_READ = {"gatewayapi/ruling.py", "ingress/paths.py"}
"""Where methods are named that callers of the APIs use; neither knows of a connection."""


def test_what_names_other_methods_knows_of_no_connection() -> None:
    for file in OF_WHAT_IS_READ:
        assert "wire" not in (PACKAGE / file).read_text("utf-8")


def test_one_place_sends_and_it_sends_get() -> None:
    calls = [
        (file, node)
        for file, node in nodes()
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in SENDING
    ]
    assert [(file, ast.unparse(node.args[0])) for file, node in calls] == [("wire.py", "'GET'")]


def test_no_other_method_is_so_much_as_named() -> None:
    named = {
        (file, node.value)
        for file, node in nodes()
        if isinstance(node, ast.Constant) and node.value in WRITING
    }
    assert {file for file, _ in named} == OF_WHAT_IS_READ


def test_no_api_of_the_official_client_is_imported() -> None:
    imported = {
        (file, alias.name)
        for file, node in nodes()
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("kubernetes")
        for alias in node.names
    }
    assert imported == {("link.py", "ApiClient"), ("link.py", "Configuration")}
