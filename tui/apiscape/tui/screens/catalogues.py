"""Records of catalogues: those first that lead to nothing that is in the inventory."""

from __future__ import annotations

from apiscape.client.catalogue_views import read_catalogue_view
from apiscape.client.catalogue_words import records_words
from apiscape.client.catalogues import CataloguePage, Declaration
from apiscape.client.inventory import Inventory
from apiscape.client.list_views import MOST_ITEMS
from apiscape.model.vocabulary import Dangling
from apiscape.tui.pages.catalogues import (
    RECORD_COLUMNS,
    no_records,
    record_entry,
    record_page,
)
from apiscape.tui.places import Place
from apiscape.tui.screens.lists import Kind


def _ask(inventory: Inventory, view: str) -> CataloguePage:
    return inventory.catalogues(view, limit=MOST_ITEMS)


def _copied(record: Declaration) -> str:
    return record.name


def _led_to(record: Declaration) -> Place | None:
    uids = [each.uid for each in record.names if each.dangling == Dangling.NO]
    if len(uids) == 1:
        return Place("deployment", uids[0])
    return Place("inventory", f"uid:{','.join(uids)}") if uids else None


CATALOGUES = Kind(
    place="catalogues",
    heading="Catalogues",
    plural="records",
    columns=RECORD_COLUMNS,
    ask=_ask,
    read=read_catalogue_view,
    entry=record_entry,
    page=record_page,
    words=records_words,
    none=no_records,
    copied=_copied,
    opens=_led_to,
)
"""The records of a view; one of them opens the deployments that it leads to."""
