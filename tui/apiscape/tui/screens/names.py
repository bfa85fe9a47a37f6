"""Names in DNS that point at lent hosts: those first whose host nobody has any more."""

from __future__ import annotations

from apiscape.client.inventory import Inventory
from apiscape.client.name_views import MOST_NAMES, read_name_view
from apiscape.client.names import DnsName, NamePage
from apiscape.client.words import names_words
from apiscape.tui.pages.names import NAME_COLUMNS, name_entry, name_page, no_names
from apiscape.tui.places import Place
from apiscape.tui.screens.lists import Kind


def _ask(inventory: Inventory, view: str) -> NamePage:
    return inventory.names(view, limit=MOST_NAMES)


def _copied(name: DnsName) -> str:
    return name.name


def _reached(name: DnsName) -> Place:
    return Place("inventory", f"endpoint:{name.name}")


NAMES = Kind(
    place="names",
    heading="Names",
    plural="names",
    columns=NAME_COLUMNS,
    ask=_ask,
    read=read_name_view,
    entry=name_entry,
    page=name_page,
    words=names_words,
    none=no_names,
    copied=_copied,
    opens=_reached,
)
"""The names of a view; one of them opens the deployments that are reached by it."""
