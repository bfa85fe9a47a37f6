"""What to say of a name that nothing has: the nearest that something does, or where to find them all."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from typing import TYPE_CHECKING

from apiscape.errors import NotFound, UsageError

if TYPE_CHECKING:
    from apiscape.settings.schema import Source


def nearest(word: str, known: Sequence[str]) -> str | None:
    """Return `did you mean list?`, or nothing where no known word is near."""
    close = get_close_matches(word, known, n=1)
    return f"did you mean {close[0]}?" if close else None


def no_command(asked: str, known: Sequence[str]) -> UsageError:
    """Return the error that there is no such command."""
    hint = nearest(asked, known) or "apiscape --help lists the commands"
    return UsageError(f"no command {asked!r}", hint=hint)


NO_SOURCES = "add one to the file that `apiscape sources path` names; `apiscape sources init` writes a first one"
"""What to do where no source is configured."""


def no_source(asked: str, sources: Iterable[Source]) -> UsageError:
    """Return the error that no source is called so."""
    known = [source.name for source in sources]
    if not known:
        return UsageError(f"no source {asked!r}: none is configured", hint=NO_SOURCES)
    hint = nearest(asked, known) or f"configured: {', '.join(known)}"
    return UsageError(f"no source {asked!r}", hint=hint)


def no_scope(asked: str, known: Sequence[str]) -> NotFound:
    """Return the error that no scope of that key was ever visited."""
    hint = nearest(asked, known) or "apiscape runs -o name lists them"
    return NotFound(f"no scope {asked!r}", hint=hint)
