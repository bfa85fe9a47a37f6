"""Read one item of a view as a term, normalised: fields resolved, texts casefolded, globs cut."""

from __future__ import annotations

from apiscape.query.fields import Field, Kind, names_of, nearest, resolve
from apiscape.query.patterns import PatternError, regex_for
from apiscape.query.quantities import read_age, read_moment, read_number
from apiscape.query.syntax import (
    AnyOf,
    Bound,
    Comparison,
    Glob,
    Literal,
    Nothing,
    Operator,
    Regex,
    Term,
    Value,
    Word,
)
from apiscape.query.tokens import FieldItem, Item, PatternItem, Raw, Scanner, WordItem

MOST_VALUES = 64
"""Values of a list."""

LONGEST_PATTERN = 500
"""Characters of a regular expression."""


def read_term(scanner: Scanner, item: Item) -> Term:
    """Return what an item asks of a row.

    Raises:
        QueryError: No such field, or a value that the field cannot have.
    """
    if isinstance(item, WordItem):
        return _word(scanner, item)
    if isinstance(item, PatternItem):
        return _regex(scanner, item)
    field = known_field(scanner, item.name, item.start + item.negated)
    if item.operator != ":":
        return _comparison(scanner, item, field)
    if len(item.values) > MOST_VALUES:
        raise scanner.error(
            f"a list has at most {MOST_VALUES} values", item.values[MOST_VALUES].start
        )
    values = tuple(_value(scanner, field, raw) for raw in item.values)
    return AnyOf(field.name, values, item.negated)


def known_field(scanner: Scanner, name: str, position: int) -> Field:
    """Return the field of a name.

    Raises:
        QueryError: There is none; names the nearest.
    """
    field = resolve(name)
    if field:
        return field
    alike = nearest(name)
    hint = f"did you mean {' or '.join(alike)}? " if alike else ""
    raise scanner.error(f"no field {name}", position, f"{hint}a plain word goes in quotes")


def _word(scanner: Scanner, item: WordItem) -> Word:
    if not item.text:
        raise scanner.error("an empty phrase would match everything", item.start)
    return Word(item.text.casefold(), item.negated)


def _regex(scanner: Scanner, item: PatternItem) -> Regex:
    name = _pattern_field(scanner, item).name if item.name else None
    if len(item.pattern) > LONGEST_PATTERN:
        message = f"a pattern has at most {LONGEST_PATTERN} characters"
        raise scanner.error(message, item.pattern_start + LONGEST_PATTERN)
    try:
        regex_for(item.pattern)
    except PatternError as error:
        hint = "quotes look for the text as it stands"
        raise scanner.error(f"not a pattern: {error}", item.pattern_start, hint) from None
    return Regex(item.pattern, name, item.negated)


def _pattern_field(scanner: Scanner, item: PatternItem) -> Field:
    field = known_field(scanner, item.name, item.start + item.negated)
    if field.kind != Kind.TEXT:
        hint = f"patterns are for {names_of(Kind.TEXT)}"
        raise scanner.error(f"{field.name} takes no /pattern/", item.pattern_start - 1, hint)
    for border in ("/,", ",/"):
        if border in item.pattern:
            position = item.pattern_start + item.pattern.index(border)
            hint = "quote the values of a list; inside a pattern write \\/"
            raise scanner.error("a pattern or a list?", position, hint)
    return field


def _value(scanner: Scanner, field: Field, raw: Raw) -> Value:
    if raw.bare is not None and raw.bare.casefold() in set(Nothing):
        return Nothing(raw.bare.casefold())
    if field.kind in {Kind.TERM, Kind.TEXT}:
        return _text(field, raw)
    if field.kind == Kind.TIME:
        hint = f"{field.name}>2d is older than two days, {field.name}<2026-09-30 is before"
        raise scanner.error(f"{field.name} is compared, or none, or unknown", raw.start, hint)
    return _number(scanner, field, raw)


def _text(field: Field, raw: Raw) -> Literal | Glob:
    parts = [""]
    for text, quoted in raw.chunks:
        first, *others = [text] if quoted else text.split("*")
        parts[-1] += first
        parts += others
    if field.name == "tag" and "=" not in raw.text:
        parts[-1] += "="
        parts.append("")
    if field.kind == Kind.TEXT and len(parts) > 1:
        parts = ["", *parts, ""]
    return _glob([part.casefold() for part in parts], piecewise=field.kind == Kind.TEXT)


def _glob(parts: list[str], *, piecewise: bool) -> Literal | Glob:
    if len(parts) == 1:
        return Literal(parts[0])
    middle = [part for part in parts[1:-1] if part]
    if piecewise and len(middle) == 1:
        return Literal(middle[0])
    return Glob((parts[0], *middle, parts[-1]))


def _number(scanner: Scanner, field: Field, raw: Raw) -> float:
    number = read_number(raw.text)
    if number is None:
        message = f"{field.name} takes a number, none or unknown"
        raise scanner.error(message, raw.start, f"such as {field.name}:0 or {field.name}>10")
    return number


def _comparison(scanner: Scanner, item: FieldItem, field: Field) -> Comparison:
    if field.kind not in {Kind.NUMBER, Kind.TIME}:
        hint = f"{names_of(Kind.NUMBER, Kind.TIME)} compare; write {field.name}:VALUE"
        position = item.start + item.negated + len(item.name)
        raise scanner.error(f"{field.name} does not compare", position, hint)
    first, *others = item.values
    if others:
        raise scanner.error("a comparison takes one bound", others[0].start)
    bound = _bound(scanner, field, first)
    return Comparison(field.name, Operator(item.operator), bound, item.negated)


def _bound(scanner: Scanner, field: Field, raw: Raw) -> Bound:
    if field.kind == Kind.NUMBER:
        return _number(scanner, field, raw)
    bound = read_age(raw.text) or read_moment(raw.text)
    if bound is None:
        hint = "an age is a number with s, m, h, d or w, up to a hundred years"
        message = f"{field.name} takes an age such as 2d, or 2026-09-30, or 2026-09-30T12:00Z"
        raise scanner.error(message, raw.start, hint)
    return bound
