"""Walk a listing: each page is said before its items, each item ends exactly once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

import msgspec

from apiscape.collectors.aws.calls import Page
from apiscape.collectors.aws.errors import ONE_OBJECT
from apiscape.collectors.aws.picking import Item, labels, text
from apiscape.collectors.contract import Failed, Listed, Malformed, Observation, Skipped, Visit


class Members(msgspec.Struct, frozen=True, gc=False):
    """What a listing calls an item's id, name and tags.

    Where it says no tags (`None`), whoever looks at an item applies the source's rules, once tags are known.
    """

    id: str
    name: str
    tags: str | None


def walk(
    part: str,
    pages: Iterable[Page],
    members: Members,
    visit: Visit,
    look: Callable[[str, Item], list[Observation]],
) -> Iterator[Observation]:
    """Yield a listing and what its items give.

    An item that comes again on a later page, because the listing moved while it was read, is
    taken once. An item without an id is counted, and failed.

    Args:
        part: Name of the part.
        pages: The listing.
        members: What an item's id, name and tags are called.
        visit: Of the run.
        look: Returns what one item gives, of its id and itself; called side by side.
    """
    seen: set[str] = set()
    for number, page in enumerate(pages):
        fresh: dict[str, Item] = {}
        for position, item in enumerate(page.items):
            native_id = text(item, members.id) or f"{part}[{number}.{position}]"
            if native_id not in seen:
                fresh[native_id] = item
                seen.add(native_id)
        yield Listed(part, tuple(fresh), last=page.last)
        chosen = []
        for native_id, item in fresh.items():
            excluded = _leave_out(native_id, item, members, visit)
            if excluded:
                yield excluded
            else:
                chosen.append((native_id, item))
        for observations in visit.concurrently(lambda pair: _attempt(look, visit, *pair), chosen):
            yield from observations


def _leave_out(native_id: str, item: Item, members: Members, visit: Visit) -> Observation | None:
    """Return why an item is not looked at, if it is not."""
    if text(item, members.id) is None:
        nameless = Malformed("an item of the listing has no id", native_id=native_id)
        return Failed(native_id, nameless.record())
    if members.tags is None:
        return None
    reason = visit.includes(text(item, members.name) or native_id, labels(item, members.tags))
    return Skipped(native_id, reason) if reason else None


def _attempt(
    look: Callable[[str, Item], list[Observation]], visit: Visit, native_id: str, item: Item
) -> list[Observation]:
    """Look at one item; what fails of it fails it alone."""
    visit.check()
    try:
        return look(native_id, item)
    except ONE_OBJECT as error:
        return [Failed(native_id, error.record())]
