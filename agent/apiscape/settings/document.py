"""A YAML document with the line of every value, so that an error can say where.

Parsed by libyaml's safe loader behind limits on size, depth and aliases: a configuration may
come from a mounted directory that others write.
"""

from __future__ import annotations

from typing import Any

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


class Document:
    """A parsed document.

    Attributes:
        path: Where it was read from, for messages.
        data: Mappings, lists and scalars.
        overridden: Which environment variable set a value in place of the document, by the value's place.
    """

    def __init__(self, path: str, data: Yaml, lines: dict[Trail, int]) -> None:
        """Keep the data and the lines."""
        self.path = path
        self.data = data
        self.overridden: dict[Trail, str] = {}
        self._lines = lines

    def line(self, trail: Trail) -> int | None:
        """Return the line of a value, counted from 1; of its nearest parent where it has none."""
        for length in range(len(trail), -1, -1):
            if trail[:length] in self._lines:
                return self._lines[trail[:length]]
        return None

    def error(self, message: str, trail: Trail = (), *, hint: str | None = None) -> SettingsError:
        """Return an error that points at a value: by its line, or by the variable that set it."""
        for length in range(len(trail), 0, -1):
            if trail[:length] in self.overridden:
                return SettingsError(message, path=self.overridden[trail[:length]], hint=hint)
        return SettingsError(message, path=self.path, line=self.line(trail), hint=hint)


def parse_document(text: str, path: str) -> Document:
    """Return the document of a YAML text; an empty one holds an empty mapping.

    Raises:
        SettingsError: not YAML, too large, too deep, a key twice, a value that is none (the 30th of
            February), or anything but a mapping at the root.
    """
    if len(text.encode()) > MAX_BYTES:
        raise SettingsError(f"larger than {MAX_BYTES:,} bytes", path=path)
    lines: dict[Trail, int] = {}
    try:
        _guard(text, path)
        node = yaml.compose(text, Loader=_LOADER)
        data = {} if node is None else _Builder(path, lines).build(node, ())
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else None
        raise SettingsError(
            f"not YAML: {error.problem or error.context}", path=path, line=line
        ) from error
    except yaml.YAMLError as error:
        raise SettingsError(f"not YAML: {error}", path=path) from error
    document = Document(path, data, lines)
    if not isinstance(data, dict):
        raise document.error("expected a mapping of keys at the root")
    return document


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
            mark = event.start_mark
            raise SettingsError(
                "nested too deeply, or too many aliases",
                path=path,
                line=mark.line + 1 if mark else None,
            )


class _Builder:
    """Builds values from nodes and notes the line of each."""

    def __init__(self, path: str, lines: dict[Trail, int]) -> None:
        self._path = path
        self._lines = lines
        self._scalars = _LOADER("")

    def build(self, node: yaml.Node, trail: Trail) -> Yaml:
        """Return the value of a node; aliases are built as often as they stand, so that counts as well."""
        line = node.start_mark.line + 1
        self._lines[trail] = line
        if len(trail) > MAX_DEPTH or len(self._lines) > MAX_VALUES:
            raise SettingsError("nested too deeply, or too many values", path=self._path, line=line)
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, trail)
        if isinstance(node, yaml.SequenceNode):
            return [self.build(item, (*trail, index)) for index, item in enumerate(node.value)]
        return self._scalar(node)

    def _scalar(self, node: yaml.Node) -> Yaml:
        try:
            return self._scalars.construct_object(node)
        except (ValueError, LookupError) as error:
            kind = node.tag.rpartition(":")[2]
            raise SettingsError(
                f"not a valid {kind}: {node.value[:40]!r}",
                path=self._path,
                line=node.start_mark.line + 1,
            ) from error

    def _mapping(self, node: yaml.MappingNode, trail: Trail) -> dict[str, Any]:
        built: dict[str, Any] = {}
        for key_node, value_node in node.value:
            key, line = str(key_node.value), key_node.start_mark.line + 1
            if not isinstance(key_node, yaml.ScalarNode):
                raise SettingsError("a key is a word", path=self._path, line=line)
            if key in built:
                raise SettingsError(f"key {key!r} stands twice", path=self._path, line=line)
            built[key] = self.build(value_node, (*trail, key))
            self._lines[(*trail, key)] = line
        return built
