"""Globs and regular expressions, both in time linear in the text."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

MEMORY_BYTES = 2 << 20
"""What one compiled pattern and its automaton may take."""

_FLAGS = "(?m)"


class PatternError(ValueError):
    """A pattern that RE2 refuses; says why."""


def covers(parts: tuple[str, ...], text: str) -> bool:
    """Say whether the pieces of a glob, in order and with anything between, make the whole text."""
    first, *middle, last = parts
    if not text.startswith(first):
        return False
    start = len(first)
    for part in middle:
        found = text.find(part, start)
        if found < 0:
            return False
        start = found + len(part)
    return len(text) - len(last) >= start and text.endswith(last)


@lru_cache(maxsize=64)
def regex_for(pattern: str) -> Callable[[str], bool]:
    """Return a function that says whether a casefolded text contains the pattern.

    RE2, without regard to case; `^` and `$` are the ends of a line, which in a search text are
    those of a field, and nothing matches across lines. RE2 is loaded on the first call.

    Raises:
        PatternError: RE2 does not understand the pattern, or it is too large for it.
    """
    import re2

    options = re2.Options()
    options.case_sensitive = False
    options.never_nl = True
    options.log_errors = False
    options.max_mem = MEMORY_BYTES
    try:
        search = re2.compile(f"{_FLAGS}{pattern}".encode(), options).search
    except re2.error as error:
        raise PatternError(_reason(error)) from None
    return lambda text: search(text.encode()) is not None


def _reason(error: Exception) -> str:
    return bytes(error.args[0]).decode(errors="replace").replace(_FLAGS, "", 1)
