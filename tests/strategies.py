"""Hypothesis strategies for rows, what the store knows of them, and views that ask for both.

Texts come from small pools, so that views meet rows, and hold what breaks naive matching: quotes,
stars, `%` and `_` of LIKE, letters that grow when casefolded, terminal escapes, the words `none`
and `unknown`. Times have the store's precision, milliseconds.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import strategies as st

from apiscape.model.row import Deep, Row
from apiscape.model.values import UNKNOWN
from apiscape.query.fields import FIELDS, Field, Kind
from apiscape.query.syntax import (
    UNIT_S,
    Age,
    AnyOf,
    Bound,
    Comparison,
    Glob,
    Literal,
    Nothing,
    Operator,
    Regex,
    Sort,
    Term,
    Value,
    View,
    Word,
)

NOW = datetime(2026, 9, 30, 12, 0, 0, 250_000, tzinfo=UTC)
"""The moment that generated times lie about."""

POOL = (
    "tax",
    "Tax",
    "Team Tax",
    "tax-api v1",
    "TAXI",
    "eu-west-1",
    "a*b",
    "100%",
    "a_b",
    'say "hi"',
    "back\\slash",
    "/v1/users/",
    "//x",
    "/a\\",
    "-dash",
    "a,b",
    "key:value",
    ">5",
    "https://x.example/v1",
    "Straße",
    "İstanbul",
    "税",
    "none",
    "unknown",
    "Unknown",
    "x",
    " ",
)
"""Texts that rows and views draw from."""

HOSTILE = ("\x1b[31mred", "two\nlines", "tab\tbed", "\u202egpj.exe", "=1+1")
"""Names that a gateway may send and no view can hold."""

LABELS = ("team=tax", "Team=Tax", "team=", "cost=a=b", "note=50%", "a_b=c d")

PATTERNS = (
    "tax",
    "^tax",
    "v[0-9]+$",
    r"a\ b",
    r"\/v1",
    "t.x|eu",
    "[^a]x",
    "STRASSE",
    r"\s",
    "(?i)T",
)
"""What RE2 takes, without a list's border in it."""


def shown_texts() -> st.SearchStrategy[str]:
    """Text that a view may hold, never empty, not casefolded."""
    characters = st.characters(exclude_categories=("Cc", "Cs"))
    return st.sampled_from(POOL) | st.text(characters, min_size=1, max_size=6)


def _held_texts() -> st.SearchStrategy[str]:
    return shown_texts() | st.sampled_from(HOSTILE)


def _many(strategy: st.SearchStrategy[str]) -> st.SearchStrategy[object]:
    return st.lists(strategy, max_size=3).map(tuple) | st.just(UNKNOWN)


def moments() -> st.SearchStrategy[datetime]:
    """Times about `NOW`, some right on the borders of ages, in milliseconds."""
    near = st.sampled_from([timedelta(seconds=s) for s in (0, *UNIT_S.values())])
    far = st.integers(-(10**9), 10**12).map(lambda millis: timedelta(milliseconds=millis))
    return (near | far).map(lambda age: NOW - age)


def _numbers() -> st.SearchStrategy[float]:
    return st.sampled_from([0.0, 1.0, 2.5, 100.0]) | st.integers(0, 10**9).map(lambda n: n / 1000)


def _counts() -> st.SearchStrategy[object]:
    return st.sampled_from([0, 1, 2, 100, UNKNOWN]) | st.integers(0, 10**6)


_COUNTED = {"operations", "unauthenticated", "consumers"}
_UNKNOWN_OR_ABSENT = {"gateway", "title", "version", "spec"}
_ABSENT = {"region", "stage", "api", "reason"}


def _held(field: Field) -> st.SearchStrategy[object]:
    """Return values of a row's attribute as its type allows them."""
    if field.kind == Kind.TIME:
        return st.none() | moments()
    if field.kind == Kind.NUMBER:
        return _counts() if field.name in _COUNTED else _numbers() | st.just(UNKNOWN)
    if field.multi:
        return _many(st.sampled_from(LABELS) if field.name == "tag" else _held_texts())
    return _held_single(field)


def _held_single(field: Field) -> st.SearchStrategy[object]:
    if field.words:
        return st.sampled_from([*field.words, "Of-a-newer-version"])
    if field.name in _UNKNOWN_OR_ABSENT:
        return _held_texts() | st.none() | st.just(UNKNOWN)
    return _held_texts() | st.none() if field.name in _ABSENT else _held_texts()


def rows() -> st.SearchStrategy[Row]:
    """Rows with every kind of value, and every kind of nothing, that each attribute may have."""
    return st.builds(Row, **{f.attribute: _held(f) for f in FIELDS.values() if not f.deep})


def deeps() -> st.SearchStrategy[Deep]:
    """What the store alone knows of a row."""
    return st.builds(Deep, **{f.attribute: _held(f) for f in FIELDS.values() if f.deep})


def inventories(most: int = 8) -> st.SearchStrategy[list[tuple[Row, Deep]]]:
    """Rows of distinct uids, each with what the store knows of it."""
    pairs = st.tuples(rows(), deeps())
    return st.lists(pairs, max_size=most, unique_by=lambda pair: pair[0].uid)


def words() -> st.SearchStrategy[Word]:
    """Words and phrases."""
    return st.builds(Word, shown_texts().map(str.casefold), st.booleans())


def _pieces() -> st.SearchStrategy[str]:
    return shown_texts().map(str.casefold)


def _literals(field: Field) -> st.SearchStrategy[Value]:
    if field.name == "tag":
        free = st.tuples(_pieces(), _pieces()).map("=".join)
        return (st.sampled_from(LABELS).map(str.casefold) | free).map(Literal)
    words_known = st.sampled_from(field.words) if field.words else st.nothing()
    return (words_known | _pieces()).map(Literal)


def _globs(field: Field) -> st.SearchStrategy[Value]:
    if field.kind == Kind.TEXT:
        inner = st.lists(_pieces(), min_size=2, max_size=3)
        return inner.map(lambda parts: Glob(("", *parts, ""))) | st.just(Glob(("", "")))
    end = _pieces() | st.just("")
    if field.name == "tag":
        return st.builds(lambda key, last: Glob((f"{key}=", last)), end, end)
    return st.builds(
        lambda first, middle, last: Glob((first, *middle, last)),
        end,
        st.lists(_pieces(), max_size=2),
        end,
    )


def _values(field: Field) -> st.SearchStrategy[Value]:
    nothing: st.SearchStrategy[Value] = st.sampled_from(Nothing)
    if field.kind == Kind.TIME:
        return nothing
    if field.kind == Kind.NUMBER:
        return nothing | _numbers()
    return nothing | _literals(field) | _globs(field)


def choices() -> st.SearchStrategy[AnyOf]:
    """Choices of every field, deep ones included."""

    def of(field: Field) -> st.SearchStrategy[AnyOf]:
        values = st.lists(_values(field), min_size=1, max_size=3).map(tuple)
        return st.builds(AnyOf, st.just(field.name), values, st.booleans())

    return st.sampled_from(list(FIELDS.values())).flatmap(of)


def comparisons() -> st.SearchStrategy[Comparison]:
    """Comparisons of numbers, ages and moments."""

    def of(field: Field) -> st.SearchStrategy[Comparison]:
        bounds: st.SearchStrategy[Bound] = _numbers()
        if field.kind == Kind.TIME:
            ages = st.builds(Age, st.integers(0, 99), st.sampled_from(list(UNIT_S)))
            bounds = ages | moments()
        return st.builds(
            Comparison, st.just(field.name), st.sampled_from(Operator), bounds, st.booleans()
        )

    compared = [f for f in FIELDS.values() if f.kind in {Kind.NUMBER, Kind.TIME}]
    return st.sampled_from(compared).flatmap(of)


def regexes() -> st.SearchStrategy[Regex]:
    """Patterns over the search text and over fields of text."""
    fields = [None, *(f.name for f in FIELDS.values() if f.kind == Kind.TEXT)]
    return st.builds(
        Regex, st.sampled_from(PATTERNS), st.sampled_from(fields), negated=st.booleans()
    )


def terms() -> st.SearchStrategy[Term]:
    """Terms of every kind."""
    return st.one_of(words(), choices(), comparisons(), regexes())


def views(most: int = 4) -> st.SearchStrategy[View]:
    """Views as `parse` gives them: normalised, ages not yet resolved."""
    shown = st.sampled_from([f.name for f in FIELDS.values() if not f.deep])
    keys = st.lists(
        st.builds(Sort, shown, st.booleans()), max_size=3, unique_by=lambda key: key.field
    )
    return st.builds(
        View,
        st.lists(terms(), max_size=most).map(tuple),
        st.none() | moments(),
        keys.map(tuple),
        st.lists(shown, max_size=3, unique=True).map(tuple),
        undecided=st.booleans(),
    )
