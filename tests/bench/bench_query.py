"""A view over the columns of a hundred thousand rows: what a keystroke in the filter costs."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from itertools import islice

from apiscape.model.projection import project
from apiscape.model.row import Row as InventoryRow
from apiscape.model.row import search_text
from apiscape.query import parse, select_columns
from tests.bench.scripted import START, Script
from tests.bench.table import Row
from tests.bench.yardstick import seconds

ROWS = 100_000
NOW = START + timedelta(days=60)

VIEWS = (
    ("a word", "refunds", 2),
    ("a word and two terms", "refunds environment:production auth:mixed", 3),
    ("a pattern", "/pay.*notices/", 12),
    ("two facets and a comparison", "environment:test,production -auth:none operations>5", 8),
    ("sorted by name", "sort:name:desc", 12),
)
"""What, the view, and how many plain substring filters it may take."""


def measure() -> Iterator[Row]:
    """Yield the cost of views, in plain substring filters of the same rows."""
    script = Script(scopes=1, apis=ROWS)
    scope = next(script.places())
    rows = [project(item, scope) for item in islice(script.deployments(scope), ROWS)]
    haystack = [search_text(row) for row in rows]
    columns = {
        name: [getattr(row, name) for row in rows] for name in InventoryRow.__struct_fields__
    }
    plain = seconds(lambda: [i for i, text in enumerate(haystack) if "refunds" in text])
    for what, text, goal in VIEWS:
        took = seconds(partial(select_columns, parse(text), columns, haystack, NOW))
        yield Row(f"{ROWS:,} rows by {what}", took, "a plain substring filter", plain, goal)
