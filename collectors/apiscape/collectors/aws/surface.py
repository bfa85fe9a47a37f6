"""The surface of an API: its operations and backends, and what they tell of its protections."""

from __future__ import annotations

import msgspec

from apiscape.model.deployment import Backend, Operation, Spec
from apiscape.model.values import UNKNOWN, Unknown
from apiscape.model.vocabulary import Switch


class Surface(msgspec.Struct, frozen=True, gc=False):
    """What a detail call teaches of a stage.

    Attributes:
        validation: Whether request validators are attached.
        cors: Whether the gateway answers preflights itself.
    """

    operations: tuple[Operation, ...] | Unknown = UNKNOWN
    backends: tuple[Backend, ...] | Unknown = UNKNOWN
    validation: str = Switch.UNKNOWN
    cors: str = Switch.UNKNOWN


class Detail(msgspec.Struct, frozen=True, gc=False):
    """What detail calls taught of one stage."""

    surface: Surface
    specs: tuple[Spec, ...] | Unknown = UNKNOWN


UNSEEN_SURFACE = Surface()

_LETTERS = {Switch.ENABLED: "e", Switch.DISABLED: "d", Switch.UNKNOWN: "u"}
_WORDS = {letter: str(word) for word, letter in _LETTERS.items()}


def switch(on: bool | None) -> str:  # noqa: FBT001 - a state read from an answer, not an option
    """Return the word for a protection that is on, off, or not known."""
    if on is None:
        return Switch.UNKNOWN
    return Switch.ENABLED if on else Switch.DISABLED


def write_token(native: str, surface: Surface) -> str:
    """Return a change token that also remembers what the detail taught of the protections.

    They belong to the facts of every visit, and an unchanged stage is not looked at again.
    """
    return f"{native}|{_letter(surface.validation)}{_letter(surface.cors)}"


def read_token(token: str | None, native: str) -> Surface | None:
    """Return what a remembered token taught, if it still stands; operations and backends are not in it."""
    stood, _, learnt = (token or "").rpartition("|")
    if not token or stood != native or len(learnt) != len(_LETTERS) - 1:
        return None
    validation, cors = (_WORDS.get(letter, Switch.UNKNOWN) for letter in learnt)
    return Surface(validation=validation, cors=cors)


def _letter(word: str) -> str:
    return {str(known): letter for known, letter in _LETTERS.items()}.get(word, "u")
