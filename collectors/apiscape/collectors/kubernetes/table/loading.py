"""Loads the table: entries from YAML, checked as a whole, with the line of whatever is wrong."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from apiscape.collectors.kubernetes.objects import Thing
from apiscape.collectors.kubernetes.table.document import Document, NotYaml, Trail, trail_of
from apiscape.collectors.kubernetes.table.expressions import Expression
from apiscape.collectors.kubernetes.table.parts import Refs
from apiscape.collectors.kubernetes.table.schema import Entry
from apiscape.collectors.kubernetes.table.sketch import LIMITED, SWITCHES

REFUSED = frozenset({"secrets", "configmaps", "pods", "serviceaccounts", "nodes", "events"})
"""Resources of the core group that no entry may read: they hold credentials, or say nothing of APIs."""

_PLACE = re.compile(r" - at `(\$[^`]*)`$")
_UNKNOWN = re.compile(r"Object contains unknown field `([^`]*)`")
_ID = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


class BadTable(ValueError):
    """A table cannot be used: names file, line, entry and place in it.

    Attributes:
        name: The file's.
        line: Counted from 1; 0 where it is not known.
        why: What is wrong, without file and line.
    """

    def __init__(self, name: str, line: int, why: str) -> None:
        super().__init__(f"{name}:{line}: {why}" if line else f"{name}: {why}")
        self.name = name
        self.line = line
        self.why = why


class _Placed(NamedTuple):
    entry: Entry
    name: str
    line: int


def load(extra: Path | None = None) -> tuple[Entry, ...]:
    """Return the entries of the product, with those of a user's file added or in their place.

    Raises:
        BadTable: An entry is wrong, or the file cannot be read.
    """
    return combine() if extra is None else combine(text_of(extra), extra.name)


def combine(text: str = "", name: str = "") -> tuple[Entry, ...]:
    """Return the entries of the product, with those of a text added or in their place.

    Args:
        text: YAML: a list of entries.
        name: What the text is called in errors.

    Raises:
        BadTable: An entry is wrong.
    """
    placed: dict[str, _Placed] = {}
    own = files("apiscape.collectors.kubernetes.table")
    for file in sorted(each.name for each in own.iterdir() if each.name.endswith(".yaml")):
        placed |= _read((own / file).read_text("utf-8"), file)
    placed |= _read(text, name)
    _add_twins(placed)
    for one, why in _quarrels(list(placed.values())):
        raise BadTable(one.name, one.line, why)
    return tuple(each.entry for each in placed.values())


def read(text: str, name: str) -> tuple[Entry, ...]:
    """Return the entries of a text, each checked by itself.

    Args:
        text: YAML: a list of entries.
        name: What the text is called in errors.

    Raises:
        BadTable: It is no table, or an entry is wrong.
    """
    return tuple(each.entry for each in _read(text, name).values())


def _read(text: str, name: str) -> dict[str, _Placed]:
    try:
        document = Document(text)
    except NotYaml as error:
        raise BadTable(name, error.line, str(error)) from None
    found: dict[str, _Placed] = {}
    for position, raw in enumerate(document.data):
        entry = _entry(raw, position, document, name)
        line = document.line((position,))
        if entry.id in found:
            raise BadTable(name, line, f"{entry.id} stands twice")
        found[entry.id] = _Placed(entry, name, line)
    return found


def _entry(raw: Any, position: int, document: Document, name: str) -> Entry:  # noqa: ANN401 - YAML
    called = raw.get("id") if isinstance(raw, dict) else None
    words = called if isinstance(called, str) else f"entry {position + 1}"
    try:
        entry = msgspec.convert(raw, Entry, dec_hook=_compiled)
    except msgspec.ValidationError as error:
        trail, why = _place(str(error))
        line = document.line((position, *trail))
        raise BadTable(name, line, f"{_dotted(words, trail)}: {why}") from None
    for trail, why in _faults(entry):
        line = document.line((position, *trail))
        raise BadTable(name, line, f"{_dotted(words, trail)}: {why}")
    return entry


def _add_twins(placed: dict[str, _Placed]) -> None:
    """Add what entries of kinds that are of two groups read of the other one, where no entry of its own does."""
    kinds = [each.entry.resource for each in placed.values()]
    others = {each.name: each.twin for each in kinds if each.twin}
    for one in [each for each in placed.values() if each.entry.resource.twin]:
        entry = one.entry
        if entry.resource.twin not in {each.name for each in kinds}:
            twin = _twin(entry, others)
            placed[twin.id] = one._replace(entry=twin)


def _twin(entry: Entry, others: Mapping[str, str]) -> Entry:
    """Return an entry for the other group of its kind, whose objects refer to those of that group first."""
    kind = entry.resource

    def turned(refs: Refs | None) -> Refs | None:
        if refs is None:
            return None
        kinds = {word: others.get(name, name) for word, name in refs.kinds.items()}
        return msgspec.structs.replace(refs, kinds=kinds)

    return msgspec.structs.replace(
        entry,
        id=f"{entry.id}-of-{kind.also_group.replace('.', '-')}",
        resource=msgspec.structs.replace(kind, group=kind.also_group, also_group=kind.group),
        backends={word: others.get(name, name) for word, name in entry.backends.items()},
        policies=turned(entry.policies),
        attaches=turned(entry.attaches),
    )


def _compiled(kind: type[Any], value: Any) -> Any:  # noqa: ANN401 - a hook of msgspec
    if kind is not Expression:
        raise NotImplementedError
    if not isinstance(value, str):
        raise TypeError("an expression is a text: one with `{`, `[` or `: ` has to be in quotes")
    return Expression(value)


def _faults(entry: Entry) -> Iterator[tuple[Trail, str]]:
    """Yield what is wrong with an entry by itself."""
    kind = entry.resource
    if not _ID.fullmatch(entry.id):
        yield ("id",), "an id is made of small letters, digits and hyphens"
    if not kind.group and kind.plural.lower() in REFUSED:
        yield ("resource", "plural"), f"{kind.plural} of the core group are never read"
    if not kind.group:
        yield ("resource", "group"), "objects of the core group are read by others"
    if not kind.versions:
        yield ("resource", "versions"), "names no version"
    for field in kind.fields:
        if field == "metadata" or not field.isidentifier() or hasattr(Thing, field):
            yield (
                ("resource", "fields"),
                f"{field} cannot be named here",
            )
    words = (LIMITED, *SWITCHES)
    for word in sorted(set(entry.whole) - set(words)):
        yield ("whole",), f"{word} is none of {', '.join(words)}"


def _quarrels(placed: list[_Placed]) -> Iterator[tuple[_Placed, str]]:
    """Yield what is wrong with entries beside each other, the newest first."""
    readers = {each.entry.resource.name: each.entry.id for each in placed}
    for one in reversed(placed):
        entry = one.entry
        name = entry.resource.name
        others = [each.entry.id for each in placed if each.entry.resource.name == name]
        if len(others) > 1:
            yield one, f"{' and '.join(others)} both read {name}"
        for slot, resource in _joins(entry):
            if resource not in readers:
                yield one, f"{entry.id}.{slot}: {resource} is read by no entry"


def _joins(entry: Entry) -> Iterator[tuple[str, str]]:
    """Yield the resources that have to be of the table, with the slots that name them."""
    for slot in ("addresses_from", "also_at", "attached", "counts"):
        yield from ((slot, resource) for resource in getattr(entry, slot))
    yield from (("backends", resource) for resource in entry.backends.values())
    if entry.includes is not None:
        yield "includes", entry.includes.resource
    if entry.policies is not None:
        yield from (("policies", resource) for resource in entry.policies.kinds.values())


def _place(message: str) -> tuple[Trail, str]:
    """Return where something is wrong, and what."""
    found = _PLACE.search(message)
    trail = trail_of(found[1]) if found else ()
    why = message[: found.start()] if found else message
    unknown = _UNKNOWN.fullmatch(why)
    return ((*trail, unknown[1]), "there is no such key") if unknown else (trail, why)


def _dotted(words: str, trail: Iterable[str | int]) -> str:
    return words + "".join(f"[{each}]" if isinstance(each, int) else f".{each}" for each in trail)


def text_of(path: Path) -> str:
    """Return the text of a user's file.

    Raises:
        BadTable: It cannot be read.
    """
    try:
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise BadTable(path.name, 0, f"cannot be read ({type(error).__name__})") from None
