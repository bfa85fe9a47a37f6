"""Details that could not be looked at, of one object: it is recorded all the same, and each is said."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TypeVar

from apiscape.collectors.aws.errors import ONE_DETAIL
from apiscape.collectors.contract import CollectorError, Gone, Unseen

T = TypeVar("T")


class Gaps:
    """What could not be seen of one object.

    Args:
        native_id: As listed.
    """

    def __init__(self, native_id: str) -> None:
        self._native_id = native_id
        self._unseen: dict[str, CollectorError] = {}

    def attempt(self, detail: str, read: Callable[[], T]) -> T | None:
        """Return what a detail says, or `None` and a gap where it may not be read.

        Raises:
            Gone: the object was deleted meanwhile.
            CollectorError: it may be readable the next time.
        """
        try:
            return read()
        except Gone:
            raise
        except ONE_DETAIL as error:
            self.note(detail, error)
            return None

    def note(self, detail: str, error: CollectorError) -> None:
        """Say that a detail could not be seen."""
        self._unseen[detail] = error

    def __bool__(self) -> bool:
        """Say whether there is any."""
        return bool(self._unseen)

    def __iter__(self) -> Iterator[Unseen]:
        """Yield every gap."""
        for detail, error in self._unseen.items():
            yield Unseen(self._native_id, detail, error.record())
