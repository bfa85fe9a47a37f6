"""The view language: parse a view, print it back, match rows against it.

Pure functions over text and rows: `parse(format_view(view)) == view`, and a comparison with an
unknown value is undecided, never true. Every room from the client upwards may import
this one; it imports `model` and `errors` only.
"""

from __future__ import annotations

from apiscape.errors import QueryError
from apiscape.query.columns import select_columns
from apiscape.query.complete import complete
from apiscape.query.doubts import Doubt, doubts
from apiscape.query.fields import FIELDS, Field, Kind, describe_fields, resolve
from apiscape.query.format import format_view
from apiscape.query.match import Selection, matcher, needs_store, select_rows, shows_hidden
from apiscape.query.order import sort_key
from apiscape.query.parse import parse
from apiscape.query.syntax import EVERYTHING, View, resolve_times

__all__ = [
    "EVERYTHING",
    "FIELDS",
    "Doubt",
    "Field",
    "Kind",
    "QueryError",
    "Selection",
    "View",
    "complete",
    "describe_fields",
    "doubts",
    "format_view",
    "matcher",
    "needs_store",
    "parse",
    "resolve",
    "resolve_times",
    "select_columns",
    "select_rows",
    "shows_hidden",
    "sort_key",
]
