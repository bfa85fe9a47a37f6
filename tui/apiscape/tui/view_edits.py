"""What keys do to a view: pure functions from a view to a view, for the view is all there is."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from apiscape.model.vocabulary import HealthState
from apiscape.query import FIELDS, View
from apiscape.query.syntax import AnyOf, Literal, Nothing, Sort, Term, Value

FAULTY = AnyOf("health", (Literal(HealthState.FAILING.value), Literal(HealthState.DEGRADED.value)))
"""What `!` shows."""

UNSURE_WORDS = frozenset(Nothing)


def toggle_term(view: View, term: Term) -> View:
    """Return the view with a term, or without it where it had it."""
    if term in view.terms:
        return _with_terms(view, [each for each in view.terms if each != term])
    return _with_terms(view, [*view.terms, term])


def toggle_value(view: View, field: str, value: str | None) -> View:
    """Return the view with a value of a field asked for, or no longer asked for.

    Several values of one field stand in one list (any of); the last one taken away takes the
    term with it. `None` is absence.
    """
    wanted = _value(field, value)
    terms: list[Term] = []
    found = False
    for term in view.terms:
        if not found and isinstance(term, AnyOf) and term.field == field and not term.negated:
            found = True
            values = tuple(each for each in term.values if each != wanted)
            values = values if len(values) < len(term.values) else (*term.values, wanted)
            terms += [AnyOf(field, values)] if values else []
        else:
            terms.append(term)
    return _with_terms(view, terms if found else [*terms, AnyOf(field, (wanted,))])


def asked_values(view: View, field: str) -> frozenset[str | None]:
    """Return which values of a field a view asks for, as facets name them."""
    asked = {
        value
        for term in view.terms
        if isinstance(term, AnyOf) and term.field == field and not term.negated
        for value in term.values
    }
    texts = {_text(value) for value in asked - {Nothing.NONE}}
    if Nothing.NONE not in asked:
        return frozenset(texts)
    word = {Nothing.NONE.value} if FIELDS[field].none_word else set[str]()
    return frozenset({None, *texts, *word})


def _value(field: str, value: str | None) -> Value:
    if value is None:
        return Nothing.NONE
    if value.casefold() == Nothing.UNKNOWN and FIELDS[field].unknown_word:
        return Nothing.UNKNOWN
    if value.casefold() == Nothing.NONE and FIELDS[field].none_word:
        return Nothing.NONE
    return Literal(value.casefold())


def _text(value: Value) -> str:
    return value.text if isinstance(value, Literal) else str(value)


def sort_by(view: View, field: str) -> View:
    """Return the view sorted by a field; by the same field again, the other way round."""
    if field == (view.sort[0].field if view.sort else "name"):
        return reverse(view)
    return msgspec.structs.replace(view, sort=(Sort(field),))


def reverse(view: View, default: str = "name") -> View:
    """Return the view with its first sort key the other way round."""
    first, *others = view.sort or (Sort(default),)
    turned = Sort(first.field, descending=not first.descending)
    return msgspec.structs.replace(view, sort=(turned, *others))


def sort_beside(view: View, fields: Sequence[str], step: int) -> View:
    """Return the view sorted by the column left (-1) or right (1) of the one it is sorted by."""
    if not fields:
        return view
    now = view.sort[0].field if view.sort else "name"
    place = fields.index(now) if now in fields else -1 if step > 0 else len(fields)
    target = fields[(place + step) % len(fields)]
    return msgspec.structs.replace(view, sort=(Sort(target),))


def toggle_column(view: View, field: str, shown: Sequence[str]) -> View:
    """Return the view with a column more or less than those that are shown; never without any."""
    columns = [each for each in shown if each != field]
    if len(columns) == len(shown):
        columns.append(field)
    return msgspec.structs.replace(view, columns=tuple(columns) or tuple(shown))


def toggle_undecided(view: View) -> View:
    """Return the view that lists what this one could not decide, or the other way round."""
    return msgspec.structs.replace(view, undecided=not view.undecided)


def without_terms(view: View) -> View:
    """Return the view of everything, shown the same way."""
    return msgspec.structs.replace(view, terms=(), at=None, undecided=False)


def _with_terms(view: View, terms: Sequence[Term]) -> View:
    return msgspec.structs.replace(view, terms=tuple(terms))
