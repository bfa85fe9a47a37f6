"""GraphQL schemas: read within limits, and kept without anything that somebody typed in as a value.

Removed are default values, comments, and every directive but the few that describe an API to its
readers: the facts of a vendor's are in the model. The result is canonical: equal schemas give equal
bytes, in whatever order they define their types.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import msgspec

from apiscape.collectors.contract import Malformed
from apiscape.collectors.specs import Contract, clean_address

FORMAT = "graphql"
MEDIA_TYPE = "application/graphql"

LARGEST_SDL_BYTES = 5_000_000
MOST_TOKENS = 150_000
"""Words and marks of a schema: several times what a schema of a thousand types has; read in seconds."""

MOST_LINES = 200_000

KEPT_DIRECTIVES = frozenset({"deprecated", "oneOf", "specifiedBy"})
"""Directives that describe an API to its readers."""

ROOTS = {"query": "Query", "mutation": "Mutation", "subscription": "Subscription"}
"""What the types are called that operations are fields of, where a schema does not say."""

_LINE_ENDS = re.compile(rb"[\r\n]")
_SORTED = ("definitions", "fields", "arguments", "values", "types", "interfaces", "locations")
_SORTED_TOO = ("operation_types", "directives")


class Directive(msgspec.Struct, frozen=True, gc=False):
    """A directive on a field or type; of its arguments, lists of texts alone."""

    name: str
    lists: tuple[tuple[str, tuple[str, ...]], ...] = ()

    def texts(self, argument: str) -> tuple[str, ...]:
        """Return the texts of a list that it is given."""
        return dict(self.lists).get(argument, ())


class RootField(msgspec.Struct, frozen=True, gc=False):
    """A field of one of the root types: what a caller can ask for.

    Attributes:
        verb: `QUERY`, `MUTATION` or `SUBSCRIPTION`.
        own: Directives on the field.
        inherited: Directives on its type, and on what extends it.
    """

    verb: str
    name: str
    deprecated: bool
    own: tuple[Directive, ...] = ()
    inherited: tuple[Directive, ...] = ()


class Schema(msgspec.Struct, frozen=True):
    """A schema that was read."""

    document: Any

    def root_fields(self) -> tuple[RootField, ...]:
        """Return what callers can ask for, in the order of verb and name."""
        found = {
            (field.verb, field.name): field
            for operation, type_name in self._roots()
            for field in _fields_of(self.document, operation, type_name)
        }
        return tuple(found[key] for key in sorted(found))

    def root_types(self) -> dict[str, str]:
        """Return the names of the types whose fields callers can ask for, by verb; those that have none left out."""
        asked = {field.verb for field in self.root_fields()}
        named = {operation.upper(): type_name for operation, type_name in self._roots()}
        return {verb: type_name for verb, type_name in named.items() if verb in asked}

    def contract(self) -> Contract:
        """Return what may be kept of it.

        Raises:
            Malformed: it is nested deeper than can be written.
        """
        from graphql.language import print_ast, visit

        try:
            kept = visit(self.document, _sanitiser())
            content = print_ast(kept).encode("utf-8", "replace")
        except RecursionError as error:
            raise Malformed("the schema is nested too deeply") from error
        return Contract(content, FORMAT, None)

    def _roots(self) -> Iterator[tuple[str, str]]:
        """Yield each operation with the type whose fields it asks for."""
        named = [
            (each.operation.value, each.type.name.value)
            for definition in self.document.definitions
            if definition.kind in {"schema_definition", "schema_extension"}
            for each in definition.operation_types or ()
        ]
        yield from named or ROOTS.items()


def parse_sdl(source: bytes) -> Schema:
    """Return a schema in GraphQL's own language.

    Raises:
        Malformed: it is none, or too large, too long or nested too deeply to be read.
    """
    from graphql import GraphQLError
    from graphql.language import parse

    if len(source) > LARGEST_SDL_BYTES:
        raise Malformed(f"the schema is larger than {LARGEST_SDL_BYTES} bytes")
    if sum(1 for _ in _LINE_ENDS.finditer(source)) > MOST_LINES:
        raise Malformed(f"the schema has more than {MOST_LINES} lines")
    try:
        document = parse(source.decode(), no_location=True, max_tokens=MOST_TOKENS)
    except (GraphQLError, UnicodeDecodeError, RecursionError) as error:
        raise Malformed("the schema cannot be read as GraphQL") from error
    return Schema(document)


# ── Fields and their directives ──────────────────────────────────────────────


def _fields_of(document: Any, operation: str, type_name: str) -> Iterator[RootField]:  # noqa: ANN401 - the library's own type
    parts = [
        each
        for each in document.definitions
        if each.kind in {"object_type_definition", "object_type_extension"}
        and each.name.value == type_name
    ]
    inherited = tuple(_directive(one) for each in parts for one in each.directives or ())
    for each in parts:
        for field in each.fields or ():
            own = tuple(_directive(one) for one in field.directives or ())
            yield RootField(
                verb=operation.upper(),
                name=field.name.value,
                deprecated=any(one.name == "deprecated" for one in own),
                own=own,
                inherited=inherited,
            )


def _directive(node: Any) -> Directive:  # noqa: ANN401 - the library's own type
    lists = (
        (argument.name.value, _texts(argument.value))
        for argument in node.arguments or ()
        if argument.value.kind == "list_value"
    )
    return Directive(node.name.value, tuple(lists))


def _texts(value: Any) -> tuple[str, ...]:  # noqa: ANN401 - the library's own type
    return tuple(each.value for each in value.values or () if each.kind == "string_value")


# ── What may be kept ─────────────────────────────────────────────────────────


def _sanitiser() -> Any:  # noqa: ANN401 - of the library's own class
    """Return what walks through a schema, drops what may not be kept, and sorts the rest."""
    from graphql.language import REMOVE, Visitor

    class Sanitiser(Visitor):
        """Drops defaults and foreign directives on the way in, sorts on the way out."""

        def enter_directive(self, node: Any, *_: Any) -> Any:  # noqa: ANN401 - the library's own
            return None if node.name.value in KEPT_DIRECTIVES else REMOVE

        def enter_input_value_definition(self, node: Any, *_: Any) -> Any:  # noqa: ANN401
            return None if node.default_value is None else _but(node, default_value=None)

        def enter_argument(self, node: Any, *_: Any) -> Any:  # noqa: ANN401
            is_address = node.name.value == "url" and node.value.kind == "string_value"
            if not is_address:
                return None
            return _but(node, value=_but(node.value, value=clean_address(node.value.value)))

        def leave(self, node: Any, *_: Any) -> Any:  # noqa: ANN401
            moved = {
                field: tuple(sorted(below, key=_order))
                for field in (*_SORTED, *_SORTED_TOO)
                if len(below := getattr(node, field, None) or ()) > 1
            }
            return _but(node, **moved) if moved else None

    return Sanitiser()


def _but(node: Any, **fields: object) -> Any:  # noqa: ANN401 - the library's own types
    """Return a node with other fields."""
    given = {key: getattr(node, key) for key in node.keys} | fields
    return type(node)(**given)


def _order(node: Any) -> tuple[str, str]:  # noqa: ANN401 - the library's own types
    """Return what a node is sorted by: its name, or that of its type; then its kind."""
    named = getattr(node, "name", None) or getattr(getattr(node, "type", None), "name", None)
    return (named.value if named else "", node.kind)
