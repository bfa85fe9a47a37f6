"""Asking the gateway itself of each object that its listing no longer gives.

For collectors whose listing permissions can narrow: an object is gone where a direct read says
so, still there where it answers, and unknown where it is forbidden.
"""

from __future__ import annotations

from collections.abc import Iterable

from apiscape.collect.ledger import PartLedger, ScopeLedger, words
from apiscape.collectors.contract import (
    AccessDenied,
    Cancelled,
    CollectorError,
    ReadsDirectly,
    Visit,
)
from apiscape.model.known import Known
from apiscape.model.run import Scope
from apiscape.model.vocabulary import Presence

MOST_READS = 100
"""Objects of a part that one run asks for at most; the rest wait for the next one."""

_SETTLED = frozenset({Presence.RETIRED, Presence.SUPERSEDED})


def read_directly(
    collector: ReadsDirectly,
    scope: Scope,
    visit: Visit,
    ledger: ScopeLedger,
    known: Iterable[Known],
    generation: int,
) -> None:
    """Ask for the objects that whole listings no longer give, and note the answers in the ledger.

    The generation turns the order, so that every object has its turn where they are many.

    Raises:
        Cancelled: the visit should stop.
    """
    rows = list(known)
    for part in ledger:
        if not part.whole:
            continue
        ids = _unlisted(part, rows)
        start = generation * MOST_READS % len(ids) if ids else 0
        for native_id in (ids[start:] + ids[:start])[:MOST_READS]:
            visit.check()
            _ask(collector, scope, visit, part, native_id)


def _unlisted(part: PartLedger, rows: Iterable[Known]) -> list[str]:
    return sorted(
        {
            row.listed_id
            for row in rows
            if row.part == part.part
            and row.presence not in _SETTLED
            and row.listed_id not in part.ends
            and row.listed_id not in part.gone
        }
    )


def _ask(
    collector: ReadsDirectly, scope: Scope, visit: Visit, part: PartLedger, native_id: str
) -> None:
    try:
        gone = collector.confirm_gone(scope, visit, native_id)
    except Cancelled:
        raise
    except AccessDenied as error:
        part.unsure[native_id] = words(error.record())
    except CollectorError:
        return  # nothing is known of it: it stays missing, and is asked for again
    else:
        if gone:
            part.gone[native_id] = "direct_read"
        else:
            part.there.add(native_id)
