"""What is known of a scope while it is followed: as the store has it, kept up with every write."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from apiscape.collect.visit import TokenBook
from apiscape.model.known import Known, PresenceChange, Write


class Live:
    """The deployments of a scope, by uid and by listed object.

    Args:
        tokens: Kept up as well.
    """

    def __init__(self, tokens: TokenBook) -> None:
        self._tokens = tokens
        self._rows: dict[str, Known] = {}
        self._objects: dict[tuple[str, str], set[str]] = {}

    def renew(self, rows: Iterable[Known]) -> None:
        """Begin again with what the store has."""
        self._rows, self._objects = {}, {}
        for row in rows:
            self._put(row)

    def note(self, write: Write) -> None:
        """Take up what was stored of a deployment, which is present with that."""
        item = write.item
        row = Known(
            uid=item.uid,
            name=item.name,
            part=write.part,
            listed_id=write.listed_id,
            facts=write.facts,
            detail=write.detail,
            stage=item.stage,
            token=write.token,
            token_at=write.token_at,
        )
        self._put(row)
        self._tokens.note(row)

    def judge(self, changes: Iterable[PresenceChange]) -> None:
        """Take up changes of presence."""
        for change in changes:
            row = msgspec.structs.replace(
                self._rows[change.uid],
                presence=change.presence,
                missing_since=change.missing_since,
                missing_runs=change.missing_runs,
            )
            self._put(row)
            self._tokens.note(row)

    def of_part(self, part: str) -> list[Known]:
        """Return the deployments of a part."""
        return [row for row in self._rows.values() if row.part == part]

    def touched(self, objects: Iterable[tuple[str, str]], uids: Iterable[str]) -> dict[str, Known]:
        """Return the deployments of some listed objects, and some more by uid."""
        wanted = set(uids).union(*(self._objects.get(key, ()) for key in objects))
        return {uid: self._rows[uid] for uid in sorted(wanted) if uid in self._rows}

    def _put(self, row: Known) -> None:
        before = self._rows.get(row.uid)
        if before is not None:
            self._objects[before.part, before.listed_id].discard(row.uid)
        self._rows[row.uid] = row
        self._objects.setdefault((row.part, row.listed_id), set()).add(row.uid)
