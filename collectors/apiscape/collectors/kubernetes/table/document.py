"""YAML with the line of every value, behind limits on size, depth and aliases: a table may come from a user."""

from __future__ import annotations

import re
from typing import Any, Protocol

import yaml

MAX_BYTES = 1_000_000
MAX_DEPTH = 30
MAX_VALUES = 50_000

Yaml = Any
Trail = tuple[str | int, ...]

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_STEP = re.compile(r"\.([\w-]+)|\[(\d+)\]")


class NotYaml(ValueError):
    """A text is no YAML, or not within the limits.

    Attributes:
        line: Counted from 1; 0 where it is not known.
    """

    def __init__(self, why: str, line: int = 0) -> None:
        super().__init__(why)
        self.line = line


class Document:
    """A list that was read of a text, with the line of each of its values.

    Raises:
        NotYaml: It is none, is no list, or is larger than the limits.
    """

    def __init__(self, text: str) -> None:
        if len(text.encode()) > MAX_BYTES:
            raise NotYaml(f"larger than {MAX_BYTES:,} bytes")
        self._lines: dict[Trail, int] = {}
        self._scalars = _LOADER("")
        try:
            _guard(text)
            node = yaml.compose(text, Loader=_LOADER)
            self.data: Yaml = [] if node is None else self._build(node, ())
        except yaml.MarkedYAMLError as error:
            raise NotYaml(error.problem or "no YAML", _line(error.problem_mark)) from None
        except yaml.YAMLError:
            raise NotYaml("no YAML") from None
        if not isinstance(self.data, list):
            raise NotYaml("a table is a list of entries", 1)

    def line(self, trail: Trail) -> int:
        """Return the line of a value, counted from 1; of the nearest above that has one."""
        for length in range(len(trail), -1, -1):
            if trail[:length] in self._lines:
                return self._lines[trail[:length]]
        return 1

    def _build(self, node: yaml.Node, trail: Trail) -> Yaml:
        self._lines.setdefault(trail, node.start_mark.line + 1)
        if len(self._lines) > MAX_VALUES:
            raise NotYaml(f"more than {MAX_VALUES:,} values", node.start_mark.line + 1)
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, trail)
        if isinstance(node, yaml.ScalarNode):
            try:
                return self._scalars.construct_object(node)
            except (ValueError, LookupError):
                raise NotYaml("a value that cannot be read", node.start_mark.line + 1) from None
        return [self._build(item, (*trail, index)) for index, item in enumerate(node.value)]

    def _mapping(self, node: yaml.MappingNode, trail: Trail) -> dict[str, Any]:
        built: dict[str, Any] = {}
        for key_node, value_node in node.value:
            line = key_node.start_mark.line + 1
            if not isinstance(key_node, yaml.ScalarNode):
                raise NotYaml("a key is a word", line)
            key = str(key_node.value)
            if key in built:
                raise NotYaml(f"{key} stands twice", line)
            self._lines[(*trail, key)] = line
            built[key] = self._build(value_node, (*trail, key))
        return built


def trail_of(path: str) -> Trail:
    """Return the trail of a path as msgspec writes it (`$.rules[0].match`), as far as it can be followed."""
    return tuple(
        found[1] if found[1] is not None else int(found[2])
        for found in _STEP.finditer(path.partition("[...]")[0])
    )


class _Mark(Protocol):
    line: int


def _line(mark: _Mark | None) -> int:
    return mark.line + 1 if mark is not None else 0


def _guard(text: str) -> None:
    """Walk the events before anything is built: nesting crashes the parser in C, aliases multiply."""
    depth = 0
    for event in yaml.parse(text, Loader=_LOADER):
        if isinstance(event, yaml.AliasEvent):
            raise NotYaml("a table has no aliases", _line(event.start_mark))
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if depth > MAX_DEPTH:
            raise NotYaml("nested too deeply", _line(event.start_mark))
