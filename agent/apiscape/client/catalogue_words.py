"""Records of catalogues in words: for the command and the terminal UI alike."""

from __future__ import annotations

from collections.abc import Iterable

from apiscape.client.catalogues import Declaration
from apiscape.client.words import count, dangling_words
from apiscape.model.vocabulary import Dangling


def records_words(records: Iterable[Declaration]) -> str:
    """Return `12 records of 3 catalogues: 1 dangles, of 2 nobody can tell`."""
    held = tuple(records)
    catalogues = {(each.product, each.account, each.region, each.catalogue) for each in held}
    of = f" of {count(len(catalogues), 'catalogue')}" if held else ""
    total = f"{count(len(held), 'record')}{of}"
    return dangling_words(total, [each.dangling for each in held])


def leads_words(record: Declaration) -> str:
    """Return what a record leads to, `nothing` or `?` where it leads to nothing that is known."""
    if record.leads_to:
        return ", ".join(record.leads_to)
    open_ = record.unsure or record.dangling not in {Dangling.YES, Dangling.NO}
    return "?" if open_ else "nothing"


def kind_words(record: Declaration) -> str:
    """Return what a record declares: how callers speak to it, else what the provider calls the record."""
    return record.style or record.kind.rpartition(".")[2]
