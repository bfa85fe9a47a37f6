"""What the filter line offers: the view language, and values that the inventory has."""

from __future__ import annotations

from collections.abc import Sequence

from apiscape.query import complete, resolve
from apiscape.query.complete import item_before
from apiscape.tui.store import ColumnStore

COMPLETED = ("owner", "account", "region", "product", "source", "scope", "stage", "gateway")
"""Fields whose values are offered from the inventory."""


def complete_view(store: ColumnStore, text: str, cursor: int) -> tuple[int, Sequence[str]]:
    """Return where the item before the cursor begins, and what it may become."""
    item = item_before(text, cursor)
    field = resolve(item.partition(":")[0].lstrip("/-"))
    name = field.name if field else ""
    seen = {name: store.values(name)} if name in COMPLETED else {}
    return cursor - len(item), complete(text, cursor, seen)
