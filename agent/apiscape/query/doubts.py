"""What of a view may be mistyped, though it can be read: words that no vocabulary has, but nearly."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import get_close_matches

import msgspec

from apiscape.query.fields import FIELDS
from apiscape.query.syntax import AnyOf, Literal, View

ALIKE = 0.7
"""How alike two words are from which on one may be meant for the other; 1 is the same."""


class Doubt(msgspec.Struct, frozen=True, gc=False):
    """A word that a field's vocabulary does not have, and the one that it looks most like."""

    field: str
    word: str
    meant: str

    def __str__(self) -> str:
        """Return it in words: `health:failng: did you mean failing?`."""
        return f"{self.field}:{self.word}: did you mean {self.meant}?"


def doubts(view: View) -> tuple[Doubt, ...]:
    """Return the words of a view that look mistyped, in its order.

    Vocabularies are open: any word may be a gateway's own, so that none of them is an error.
    """
    return tuple(doubt for term in view.terms if isinstance(term, AnyOf) for doubt in _doubt(term))


def _doubt(term: AnyOf) -> Iterator[Doubt]:
    known = FIELDS[term.field].words
    for value in term.values:
        if isinstance(value, Literal) and known and value.text not in known:
            for meant in get_close_matches(value.text, known, n=1, cutoff=ALIKE):
                yield Doubt(term.field, value.text, meant)
