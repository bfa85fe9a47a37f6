"""The overlay: a directory of YAML files that say who owns what, read as strictly as the configuration.

Every `*.yaml` holds a list of entries. Files are read in the order of their names, and of two
entries that set the same field of a deployment the later one wins.
"""

from __future__ import annotations

import difflib
import re
from contextlib import suppress
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import msgspec

from apiscape.errors import QueryError, SettingsError
from apiscape.model.vocabulary import Audience, Environment, Lifecycle
from apiscape.query import EVERYTHING, parse, resolve
from apiscape.query.tokens import Scanner, WordItem
from apiscape.settings.document import MAX_BYTES, Document, parse_document
from apiscape.settings.load import explain_invalid, read_text
from apiscape.settings.schema import Settings, Strict

DEFAULT_FOLDER = "overlay"
"""Beside the configuration file."""

MOST_FILES = 500
MOST_ENTRIES = 2_000
LONGEST_TEXT = 500

MOVING = frozenset(
    {
        *("health", "basis", "reason", "presence", "freshness", "audience"),
        *("classification", "confirmation"),
        *("observed", "first_seen", "changed", "missing", "requests", "4xx", "5xx", "p95"),
    }
)
"""Fields that no entry may ask for: they move by themselves, or only an overlay says them."""

MOVING_HINT = (
    "a view of the overlay asks for what the gateway states, such as name, account, endpoint or tag"
)

Text = Annotated[
    str, msgspec.Meta(pattern=r"^[^\x00-\x1f\x7f]*\S[^\x00-\x1f\x7f]*$", max_length=LONGEST_TEXT)
]
"""Text of one line that is not blank."""

Names = Annotated[tuple[Text, ...], msgspec.Meta(min_length=1, max_length=50)]


class Given(Strict, frozen=True, kw_only=True):
    """What an entry sets; what is left out stays as the gateway, a tag or another entry says.

    Attributes:
        owner: Who answers for it: a team or an organisation, or a list of them.
        audience: For whom it is meant.
        lifecycle: The phase of its life.
        classification: How sensitive it is, in words of your own, such as `official`.
        environment: What it is for.
        title: What it is called.
    """

    owner: Text | Names | None = None
    audience: Audience | None = None
    lifecycle: Lifecycle | None = None
    classification: Text | None = None
    environment: Environment | None = None
    title: Text | None = None


class OverlayEntry(Strict, frozen=True, kw_only=True):
    """One entry of a file of the overlay.

    Attributes:
        view: The deployments that it holds for, asked of what their gateways state; those of which nobody can
            tell are left as they are.
        set: What it sets.
        note: Why, for whoever reads it later.
        confirmed_by: Who said that the owner answers for these deployments.
        confirmed_on: When that was.
        due: When it should be confirmed again.
    """

    view: str
    given: Given = msgspec.field(name="set")
    note: Text | None = None
    confirmed_by: Text | None = None
    confirmed_on: date | None = None
    due: date | None = None


class Written(Strict, frozen=True, kw_only=True):
    """An entry, and where it stands.

    Attributes:
        place: File and line (`owners.yaml:12`).
    """

    entry: OverlayEntry
    place: str


def overlay_folder(settings: Settings, config: Path) -> Path:
    """Return the overlay's directory: as configured, else the one beside the file; it need not exist."""
    return config.parent / Path(settings.overlay or DEFAULT_FOLDER).expanduser()


def load_overlay(settings: Settings, config: Path) -> tuple[Written, ...]:
    """Return the entries of the overlay, the last of which wins; none where none is configured.

    Raises:
        SettingsError: with the file, line and column of what is wrong.
    """
    folder = overlay_folder(settings, config)
    if not folder.is_dir():
        if settings.overlay is None:
            return ()
        raise SettingsError(
            "no such directory", path=str(folder), hint="`overlay` of the configuration names it"
        )
    return read_overlay(folder)


def overlay_files(folder: Path) -> tuple[Path, ...]:
    """Return the files of an overlay that are read, in the order of their names.

    Raises:
        OSError: The directory cannot be read, which is not the same as an empty one.
    """
    found = (each for each in folder.iterdir() if each.name.endswith(".yaml"))
    seen = (each for each in found if not each.name.startswith(".") and each.is_file())
    return tuple(sorted(seen, key=lambda each: each.name))


def read_overlay(folder: Path) -> tuple[Written, ...]:
    """Return the entries of a directory.

    Raises:
        SettingsError: with the file, line and column of what is wrong.
    """
    try:
        files = overlay_files(folder)
    except OSError as error:
        raise SettingsError(f"cannot be read: {error.strerror}", path=str(folder)) from error
    if len(files) > MOST_FILES:
        raise SettingsError(f"more than {MOST_FILES} files", path=str(folder))
    found: list[Written] = []
    for file in files:
        found += _read_file(file)
        if len(found) > MOST_ENTRIES:
            raise SettingsError(f"more than {MOST_ENTRIES:,} entries", path=str(file))
    return tuple(found)


def _read_file(file: Path) -> list[Written]:
    with suppress(OSError):  # reading it says why
        if file.stat().st_size > MAX_BYTES:
            raise SettingsError(f"larger than {MAX_BYTES:,} bytes", path=str(file))
    return read_entries(parse_document(read_text(file), str(file), list), file.name)


def read_entries(document: Document, name: str) -> list[Written]:
    """Return the entries of a document, each with its place in the file of that name.

    Raises:
        SettingsError: with the line and column of what is wrong.
    """
    found: list[Written] = []
    for index, item in enumerate(document.data):
        entry = _convert(document, item, index)
        _check_view(document, entry.view, index)
        _check_given(document, entry, index)
        _check_confirmation(document, entry, index)
        found.append(Written(entry=entry, place=f"{name}:{document.line((index,))}"))
    return found


_WORDS: dict[str, type[StrEnum]] = {
    "audience": Audience,
    "lifecycle": Lifecycle,
    "environment": Environment,
}
_NO_WORD = re.compile(r"Invalid enum value '?(.*?)'?(?: - at|$)")
_UNFIT = re.compile(r"expected text matching regex .*")


def _convert(document: Document, item: Any, index: int) -> OverlayEntry:  # noqa: ANN401 - what YAML holds
    try:
        return msgspec.convert(item, OverlayEntry, str_keys=True)
    except msgspec.ValidationError as error:
        known = ("view", "set", *OverlayEntry.__struct_fields__[2:], *Given.__struct_fields__)
        message, trail = explain_invalid(str(error), known)
        lost = _NO_WORD.match(str(error))
        key = str(trail[-1]) if trail else ""
        if lost and key in _WORDS:
            message = _no_word(key, lost[1])
        message = _UNFIT.sub("expected text of one line", message)
        raise document.error(message, (index, *trail)) from error


def _no_word(key: str, word: str) -> str:
    words = [each.value for each in _WORDS[key] if each != "unknown"]
    close = difflib.get_close_matches(word.casefold(), words, n=1)
    known = f"did you mean {close[0]!r}?" if close else f"it is one of {', '.join(words)}"
    return f"{key!r}: no word {word!r}, {known}"


def _check_view(document: Document, view: str, index: int) -> None:
    trail = (index, "view")
    try:
        read = parse(view)
    except QueryError as error:
        message = f"'view': {error.message}"
        raise document.error_within(message, trail, error.column, hint=error.hint) from error
    for column, name in _asked(view):
        if name in MOVING:
            message = f"'view': {name} is not for an overlay"
            raise document.error_within(message, trail, column, hint=MOVING_HINT)
    if read != msgspec.structs.replace(EVERYTHING, terms=read.terms):
        message = "'view' says which deployments, not how to show them"
        raise document.error(message, trail, hint="leave at:, sort:, cols: and undecided: out")


def _asked(view: str) -> list[tuple[int, str]]:
    """Return the fields that a view asks for, by their own names, and the columns where they stand."""
    found: list[tuple[int, str]] = []
    for item in Scanner(view).items():
        field = None if isinstance(item, WordItem) else resolve(item.name)
        if field is not None:
            found.append((item.start + 1, field.name))
    return found


def _check_given(document: Document, entry: OverlayEntry, index: int) -> None:
    if entry.given == Given():
        message = "'set' sets nothing"
        raise document.error(message, (index, "set"), hint="such as set: {owner: Team Tax}")
    for key in _WORDS:
        if getattr(entry.given, key) == "unknown":
            message = f"{key!r}: nobody can say that it is unknown"
            raise document.error(message, (index, "set", key), hint="leave it out")


def _check_confirmation(document: Document, entry: OverlayEntry, index: int) -> None:
    said = {key: getattr(entry, key) for key in ("confirmed_by", "confirmed_on", "due")}
    given = [key for key, value in said.items() if value is not None]
    if not given:
        return
    lacking = [key for key in ("confirmed_by", "confirmed_on") if said[key] is None]
    if lacking:
        raise document.error(f"{lacking[0]!r} is missing beside {given[0]!r}", (index, given[0]))
    if entry.given.owner is None:
        message = f"{given[0]!r} is for an owner, and none is set"
        raise document.error(message, (index, given[0]))
    if entry.due and entry.confirmed_on and entry.due < entry.confirmed_on:
        raise document.error("'due' lies before 'confirmed_on'", (index, "due"))
