"""The surface of an API: its operations and backends, and what they tell of its protections."""

from __future__ import annotations

import msgspec

from apiscape.model.deployment import Backend, Deployment, Operation, Spec
from apiscape.model.values import UNKNOWN, Unknown
from apiscape.model.vocabulary import Switch


class Surface(msgspec.Struct, frozen=True, gc=False):
    """What a detail call teaches of a stage.

    Attributes:
        validation: Whether request validators are attached.
        cors: Whether the gateway answers preflights itself.
        rate_limit: Whether the operations are limited, as a token remembers it.
    """

    operations: tuple[Operation, ...] | Unknown = UNKNOWN
    backends: tuple[Backend, ...] | Unknown = UNKNOWN
    validation: str = Switch.UNKNOWN
    cors: str = Switch.UNKNOWN
    rate_limit: str = Switch.UNKNOWN


class Detail(msgspec.Struct, frozen=True, gc=False):
    """What detail calls taught of one stage.

    Attributes:
        stand_in: Whether it is there only because the endpoint offered no exports that day.
        refused: Whether it is there because an export of this very API was refused.
        not_kept: Whether its contract was read, and is too large to be kept.
    """

    surface: Surface
    specs: tuple[Spec, ...] | Unknown = UNKNOWN
    stand_in: bool = False
    refused: bool = False
    not_kept: bool = False


UNSEEN_SURFACE = Surface()

_LETTERS = {
    Switch.ENABLED: "e",
    Switch.PARTIAL: "p",
    Switch.DISABLED: "d",
    Switch.UNKNOWN: "u",
}
_WORDS = {letter: str(word) for word, letter in _LETTERS.items()}
_STAND_IN, _REFUSED, _NOT_KEPT, _OF_ITS_OWN = "s", "r", "k", "o"
_LEARNT = 4
"""Letters of a token behind the native one."""


def switch(on: bool | None) -> str:  # noqa: FBT001 - a state read from an answer, not an option
    """Return the word for a protection that is on, off, or not known."""
    if on is None:
        return Switch.UNKNOWN
    return Switch.ENABLED if on else Switch.DISABLED


def learnt(detail: Detail, made: Deployment) -> Detail:
    """Return a detail with what is known of the operations of one stage, as it was made."""
    surface = msgspec.structs.replace(detail.surface, rate_limit=made.protections.rate_limit)
    return msgspec.structs.replace(detail, surface=surface)


def write_token(native: str, detail: Detail) -> str:
    """Return a change token that also remembers what the detail taught of the protections.

    They belong to the facts of every visit, and an unchanged stage is not looked at again.
    """
    surface = detail.surface
    kinds = {_STAND_IN: detail.stand_in, _REFUSED: detail.refused, _NOT_KEPT: detail.not_kept}
    kind = next((letter for letter, holds in kinds.items() if holds), _OF_ITS_OWN)
    words = (surface.validation, surface.cors, surface.rate_limit)
    return f"{native}|{''.join(map(_letter, words))}{kind}"


def read_token(token: str | None, native: str) -> Detail | None:
    """Return what a remembered token taught, if it still stands; operations and backends are not in it."""
    stood, _, learnt = (token or "").rpartition("|")
    if not token or stood != native or len(learnt) != _LEARNT:
        return None
    validation, cors, limit = (_WORDS.get(letter, Switch.UNKNOWN) for letter in learnt[:-1])
    surface = Surface(validation=validation, cors=cors, rate_limit=limit)
    kind = learnt[-1]
    return Detail(
        surface,
        stand_in=kind == _STAND_IN,
        refused=kind == _REFUSED,
        not_kept=kind == _NOT_KEPT,
    )


def _letter(word: str) -> str:
    return {str(known): letter for known, letter in _LETTERS.items()}.get(word, "u")
