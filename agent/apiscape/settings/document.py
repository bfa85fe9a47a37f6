"""A YAML document with the place of every value, so that an error can say where.

Parsed by libyaml's safe loader behind limits on size, depth and aliases: a configuration may
come from a mounted directory that others write.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple, Protocol

import yaml

from apiscape.errors import SettingsError

MAX_BYTES = 1_000_000
MAX_DEPTH = 50
MAX_ALIASES = 100
MAX_VALUES = 50_000

Yaml = Any
"""What YAML holds: a mapping with string keys, a list, or a scalar."""

Trail = tuple[str | int, ...]
"""Keys and positions from the root to a value."""

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

NOWHERE: Mapping[Trail, Place] = MappingProxyType({})

_ROOTS: dict[type, str] = {dict: "a mapping of keys", list: "a list of entries"}


class Place(NamedTuple):
    """Where something stands in a text, counted from 1."""

    line: int
    column: int


class Document:
    """A parsed document.

    Attributes:
        path: Where it was read from, for messages.
        data: Mappings, lists and scalars.
        overridden: Which environment variable set a value in place of the document, by the value's place.
    """

    def __init__(
        self,
        path: str,
        data: Yaml,
        places: Mapping[Trail, Place] = NOWHERE,
        texts: Mapping[Trail, Place] = NOWHERE,
    ) -> None:
        """Keep the data, the place of each value, and where the text of those scalars begins that are in one piece."""
        self.path = path
        self.data = data
        self.overridden: dict[Trail, str] = {}
        self._places = places
        self._texts = texts

    def line(self, trail: Trail) -> int | None:
        """Return the line of a value, counted from 1; of its nearest parent where it has none."""
        place = self._place(trail)
        return place.line if place else None

    def error(self, message: str, trail: Trail = (), *, hint: str | None = None) -> SettingsError:
        """Return an error that points at a value: by its place, or by the variable that set it."""
        for length in range(len(trail), 0, -1):
            if trail[:length] in self.overridden:
                return SettingsError(message, path=self.overridden[trail[:length]], hint=hint)
        return self._error_at(self._place(trail), message, hint)

    def error_within(
        self, message: str, trail: Trail, column: int, *, hint: str | None = None
    ) -> SettingsError:
        """Return an error that points into a text, at its character `column`, counted from 1.

        It points at the text as a whole where that does not stand in one piece on its line.
        """
        first = self._texts.get(trail)
        if first is None or trail in self.overridden:
            return self.error(message, trail, hint=hint)
        return self._error_at(Place(first.line, first.column + column - 1), message, hint)

    def _error_at(self, place: Place | None, message: str, hint: str | None) -> SettingsError:
        line, column = place or (None, None)
        return SettingsError(message, path=self.path, line=line, column=column, hint=hint)

    def _place(self, trail: Trail) -> Place | None:
        for length in range(len(trail), -1, -1):
            if trail[:length] in self._places:
                return self._places[trail[:length]]
        return None


def parse_document(text: str, path: str, root: type[dict[Any, Any] | list[Any]] = dict) -> Document:
    """Return the document of a YAML text; an empty one holds an empty root.

    Args:
        text: What is parsed.
        path: Where it was read from, for messages.
        root: What stands at the root: a mapping or a list.

    Raises:
        SettingsError: not YAML, too large, too deep, a key twice, a value that is none (the 30th of
            February), or anything else at the root.
    """
    if len(text.encode()) > MAX_BYTES:
        raise SettingsError(f"larger than {MAX_BYTES:,} bytes", path=path)
    builder = _Builder(path)
    try:
        _guard(text, path)
        node = yaml.compose(text, Loader=_LOADER)
        data = root() if node is None else builder.build(node, ())
    except yaml.MarkedYAMLError as error:
        message = f"not YAML: {error.problem or error.context}"
        raise _marked(error.problem_mark or error.context_mark, message, path) from error
    except yaml.YAMLError as error:
        raise SettingsError(f"not YAML: {error}", path=path) from error
    document = Document(path, data, builder.places, builder.texts)
    if not isinstance(data, root):
        raise document.error(f"expected {_ROOTS[root]} at the root")
    return document


class _Mark(Protocol):
    """Where libyaml, or the parser in Python, is: counted from 0."""

    line: int
    column: int


def _marked(mark: _Mark | None, message: str, path: str) -> SettingsError:
    """Return an error at a place of the text."""
    if mark is None:
        return SettingsError(message, path=path)
    return SettingsError(message, path=path, line=mark.line + 1, column=mark.column + 1)


def _guard(text: str, path: str) -> None:
    """Walk the event stream before anything is built: nesting crashes the C loader, aliases multiply."""
    depth = aliases = 0
    for event in yaml.parse(text, Loader=_LOADER):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        elif isinstance(event, yaml.AliasEvent):
            aliases += 1
        if depth > MAX_DEPTH or aliases > MAX_ALIASES:
            raise _marked(event.start_mark, "nested too deeply, or too many aliases", path)


class _Builder:
    """Builds values from nodes, and notes the place of each and where the text of a scalar begins."""

    def __init__(self, path: str) -> None:
        self.places: dict[Trail, Place] = {}
        self.texts: dict[Trail, Place] = {}
        self._path = path
        self._scalars = _LOADER("")

    def build(self, node: yaml.Node, trail: Trail) -> Yaml:
        """Return the value of a node; aliases are built as often as they stand, so that counts as well."""
        self.places[trail] = _place_of(node)
        if len(trail) > MAX_DEPTH or len(self.places) > MAX_VALUES:
            raise self._error("nested too deeply, or too many values", node)
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, trail)
        if isinstance(node, yaml.ScalarNode):
            return self._scalar(node, trail)
        return [self.build(item, (*trail, index)) for index, item in enumerate(node.value)]

    def _scalar(self, node: yaml.ScalarNode, trail: Trail) -> Yaml:
        start, end, quotes = node.start_mark, node.end_mark, bool(node.style)
        in_one_piece = end.column - start.column == len(node.value) + 2 * quotes
        if start.line == end.line and in_one_piece:
            self.texts[trail] = Place(start.line + 1, start.column + 1 + quotes)
        try:
            return self._scalars.construct_object(node)
        except (ValueError, LookupError) as error:
            kind = node.tag.rpartition(":")[2]
            raise self._error(f"not a valid {kind}: {node.value[:40]!r}", node) from error

    def _mapping(self, node: yaml.MappingNode, trail: Trail) -> dict[str, Any]:
        built: dict[str, Any] = {}
        for key_node, value_node in node.value:
            key = str(key_node.value)
            if not isinstance(key_node, yaml.ScalarNode):
                raise self._error("a key is a word", key_node)
            if key in built:
                raise self._error(f"key {key!r} stands twice", key_node)
            built[key] = self.build(value_node, (*trail, key))
            self.places[(*trail, key)] = _place_of(key_node)
        return built

    def _error(self, message: str, node: yaml.Node) -> SettingsError:
        return _marked(node.start_mark, message, self._path)


def _place_of(node: yaml.Node) -> Place:
    return Place(node.start_mark.line + 1, node.start_mark.column + 1)
