"""What an overlay makes of deployments: who says what of each, and how many each entry holds for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import islice

import msgspec

from apiscape.govern.overlay import Overlay, governing, holding, judging
from apiscape.model.deployment import Deployment
from apiscape.model.entity import Entity
from apiscape.model.projection import addresses, deepen
from apiscape.model.provenance import GOVERNED
from apiscape.model.row import Deep, Row
from apiscape.model.values import UNKNOWN, is_known
from apiscape.model.vocabulary import Audience
from apiscape.query.verdict import Verdict
from apiscape.store import Conclusion, Store
from apiscape.store.overlay import lay_over

OVERLAY = "overlay"
"""Cursor that says by which overlay what stands was concluded (`Overlay.mark`)."""

BATCH = 500
"""Deployments that are looked at together."""


def before_overlay(shown: Row, item: Deployment, way: Conclusion) -> Row:
    """Return a row as it is before any entry: the facts, and where callers reach it.

    Args:
        shown: The row as it is shown, for what follows from facts that are not at hand.
        item: Its facts.
        way: How it is reached.
    """
    owners = tuple(owner.name for owner in item.owners) if is_known(item.owners) else UNKNOWN
    stated = msgspec.structs.replace(
        shown,
        title=item.title,
        environment=item.environment,
        lifecycle=item.lifecycle,
        audience=Audience.UNKNOWN,
        classification=UNKNOWN,
        owners=owners,
        endpoints=addresses(item),
        exposure=item.exposure,
        consumers=item.consumers,
    )
    reached = msgspec.structs.replace(way, **_UNSAID)
    return lay_over(stated, reached)


_UNSAID = dict.fromkeys(GOVERNED, UNKNOWN)


def apply_overlay(
    store: Store,
    overlay: Overlay,
    found: Mapping[str, Conclusion],
    items: Mapping[str, Deployment],
) -> dict[str, Conclusion]:
    """Return conclusions with what an overlay says of their deployments.

    Raises:
        QueryError: a view of the overlay cannot be read.
    """
    govern = governing(overlay)
    governed = dict(found)
    for uid, row, deep in stated_rows(store, overlay, found, items):
        said = govern(row, deep)
        if said:
            governed[uid] = msgspec.structs.replace(found[uid], said=said, **holding(said))
    return governed


def stated_rows(
    store: Store,
    overlay: Overlay,
    ways: Mapping[str, Conclusion],
    items: Mapping[str, Deployment],
) -> Iterator[tuple[str, Row, Deep]]:
    """Yield deployments as they are before the overlay, as far as its views ask for."""
    rows = store.conclusions.rows(items)
    if overlay.asks_for_paths:
        items = store.runs.documents(list(items))
    for uid, item in items.items():
        if uid in rows and uid in ways:
            yield uid, before_overlay(rows[uid], item, ways[uid]), deepen(item)


class Matched(Entity, frozen=True):
    """How far one entry reaches.

    Attributes:
        deployments: Those that it holds for; `undecided`: of which nobody can tell, so that it does not.
    """

    deployments: int = 0
    undecided: int = 0


def count_matches(store: Store, overlay: Overlay) -> tuple[Matched, ...]:
    """Return how far each entry reaches, in their order, over everything that is kept.

    Raises:
        QueryError: a view of the overlay cannot be read.
    """
    judge = judging(overlay)
    held, undecided = [0] * len(overlay.entries), [0] * len(overlay.entries)
    for uids in _every_uid(store):
        for _, row, deep in rows_before(store, overlay, uids):
            for index, verdict in enumerate(judge(row, deep)):
                held[index] += verdict is True
                undecided[index] += verdict is None
    return tuple(Matched(*each) for each in zip(held, undecided, strict=True))


def verdicts_on(store: Store, overlay: Overlay, uid: str) -> tuple[Verdict, ...]:
    """Return of each entry whether it holds for a deployment; `None` where nobody can tell.

    Raises:
        QueryError: a view of the overlay cannot be read.
    """
    judge = judging(overlay)
    for _, row, deep in rows_before(store, overlay, [uid]):
        return judge(row, deep)
    return (None,) * len(overlay.entries)


def rows_before(
    store: Store, overlay: Overlay, uids: Iterable[str]
) -> Iterator[tuple[str, Row, Deep]]:
    """Yield stored deployments as they are before the overlay."""
    asked = list(uids)
    items = store.runs.documents(asked, operations=False)
    held = store.conclusions.load(asked)
    ways = {uid: held.get(uid, Conclusion()) for uid in items}
    return stated_rows(store, overlay, ways, items)


def _every_uid(store: Store) -> Iterator[list[str]]:
    keys = store.conclusions.every_key(limit=BATCH)
    while keys:
        families = store.conclusions.members_of(keys).values()
        uids = (member.uid for family in families for member in family)
        while chunk := list(islice(uids, BATCH)):
            yield chunk
        keys = store.conclusions.every_key(keys[-1], BATCH)
