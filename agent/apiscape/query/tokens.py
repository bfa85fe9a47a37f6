"""Cut the text of a view into items: words, patterns, and fields with their raw values."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TypeAlias

import msgspec

from apiscape.errors import QueryError

LONGEST_TEXT = 4_000
"""Characters of a view."""

_QUOTED = r'"(?:[^"\\\n\r]|\\[^\n\r])*"'
_REFUSED = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")
_LINE_END = re.compile(r"[\n\r]")
_BLANK = re.compile(r"\s*")
_NOT = re.compile(r"-(?=\S)")
_PHRASE = re.compile(_QUOTED)
_PATTERN = re.compile(r"/((?:\\.|[^\\\s])+)/(?!\S)")
_HEAD = re.compile(r"([a-z0-9_]+)(:(?!//)|>=|<=|>|<)", re.IGNORECASE | re.ASCII)
_CHUNK = re.compile(rf'{_QUOTED}|[^\s",]+')
_WORD = re.compile(r"\S*")
_LOOSE_OPERATOR = re.compile(r"[<>]|:(?!:)")
_QUOTE_HINT = 'a quote inside quotes is written \\"'
_ESCAPED = re.compile(r"\\(.)")


class Raw(msgspec.Struct, frozen=True, gc=False):
    """One value as typed: chunks of text, each with whether it stood in quotes."""

    start: int
    chunks: tuple[tuple[str, bool], ...]

    @property
    def text(self) -> str:
        """The value without its quotes."""
        return "".join(text for text, _quoted in self.chunks)

    @property
    def bare(self) -> str | None:
        """The value, if no part of it stood in quotes."""
        return None if any(quoted for _text, quoted in self.chunks) else self.text


class WordItem(msgspec.Struct, frozen=True, gc=False):
    """A word, or a phrase without its quotes."""

    start: int
    negated: bool
    text: str


class PatternItem(msgspec.Struct, frozen=True, gc=False):
    """What stands between two slashes; `name` is the field before it, if any."""

    start: int
    negated: bool
    name: str
    pattern: str
    pattern_start: int


class FieldItem(msgspec.Struct, frozen=True, gc=False):
    """A name, an operator and at least one value."""

    start: int
    negated: bool
    name: str
    operator: str
    values: tuple[Raw, ...]


Item: TypeAlias = WordItem | PatternItem | FieldItem


class Scanner:
    """Reads one text from left to right. Positions count from 0; errors report from 1."""

    def __init__(self, text: str) -> None:
        """Refuse what no view may hold, and skip the prompt.

        Raises:
            QueryError: The text is too long, or has control characters or lone surrogates.
        """
        self.text = text
        if len(text) > LONGEST_TEXT:
            raise self.error(f"a view has at most {LONGEST_TEXT:,} characters", LONGEST_TEXT)
        if refused := _REFUSED.search(text):
            raise self.error("a view cannot hold this character", refused.start())
        self.position = 0
        self._take(_BLANK)
        if not _PATTERN.match(text, self.position) and text.startswith("/", self.position):
            self.position += 1

    def error(self, message: str, position: int, hint: str | None = None) -> QueryError:
        """Return the error that points at a position of this text."""
        return QueryError(message, text=self.text, column=position + 1, hint=hint)

    def items(self) -> Iterator[Item]:
        """Yield the items in order.

        Raises:
            QueryError: A quote is not closed, or a value is missing.
        """
        self._take(_BLANK)
        while self.position < len(self.text):
            start = self.position
            yield self._item(start, negated=self._take(_NOT) is not None)
            self._take(_BLANK)

    def _take(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        found = pattern.match(self.text, self.position)
        if found:
            self.position = found.end()
        return found

    def _item(self, start: int, *, negated: bool) -> Item:
        if self._at('"'):
            return WordItem(start, negated, self._phrase())
        if found := self._take(_PATTERN):
            return PatternItem(start, negated, "", found[1], found.start(1))
        if not (head := self._take(_HEAD)):
            return WordItem(start, negated, self._word())
        if head[2] == ":" and (found := self._take(_PATTERN)):
            return PatternItem(start, negated, head[1], found[1], found.start(1))
        return FieldItem(start, negated, head[1], head[2], tuple(self._values()))

    def _at(self, character: str) -> bool:
        return self.text.startswith(character, self.position)

    def _word(self) -> str:
        start = self.position
        if _LOOSE_OPERATOR.match(self.text, start):
            hint = "a field stands right before it, as in 5xx>1; a plain word goes in quotes"
            raise self.error("an operator without a field", start, hint)
        self._take(_WORD)
        return self.text[start : self.position]

    def _phrase(self) -> str:
        start = self.position
        phrase = self._take(_PHRASE)
        if not phrase:
            raise self.error("this quote is not closed", start, _QUOTE_HINT)
        if self.text[self.position : self.position + 1].strip():
            raise self.error("a space is missing after the quote", self.position)
        return unquoted(phrase[0])

    def _values(self) -> Iterator[Raw]:
        """Yield the values of a list and leave the position behind it."""
        yield self._value()
        while self._at(","):
            self.position += 1
            yield self._value()

    def _value(self) -> Raw:
        start = self.position
        chunks: list[tuple[str, bool]] = []
        while chunk := self._take(_CHUNK):
            quoted = chunk[0].startswith('"')
            chunks.append((unquoted(chunk[0]) if quoted else chunk[0], quoted))
        if self._at('"'):
            raise self.error("this quote is not closed", self.position, _QUOTE_HINT)
        if not any(text for text, _quoted in chunks):
            raise self.error("a value is missing here", start, "field:none is for what is absent")
        return Raw(start, tuple(chunks))


def can_stand(text: str) -> bool:
    """Say whether a view can hold a text as a value: not an empty one, nor one that no line can hold."""
    return bool(text) and not _REFUSED.search(text) and not _LINE_END.search(text)


def unquoted(text: str) -> str:
    """Return what stands between the quotes, with escapes undone."""
    return _ESCAPED.sub(r"\1", text[1:-1])
