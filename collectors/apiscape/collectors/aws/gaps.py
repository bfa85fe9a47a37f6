"""Details of one object that may not be read: each becomes a gap that is said, and the object stands without it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TypeVar

from apiscape.collectors.aws.errors import ONE_DETAIL
from apiscape.collectors.contract import CollectorError, Gone, Unseen

T = TypeVar("T")


class Gaps:
    """What could not be seen of one object."""

    def __init__(self) -> None:
        self._unseen: dict[str, CollectorError] = {}
        self._lasting: set[str] = set()

    def attempt(self, detail: str, read: Callable[[], T]) -> T | None:
        """Return what a detail says, or `None` and keep the gap where it may not or cannot be read.

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

    def weigh(self, detail: str, error: CollectorError) -> None:
        """Keep an error as a gap, where the object stands without the detail.

        Raises:
            CollectorError: the error itself, where it does not.
        """
        if isinstance(error, Gone) or not isinstance(error, ONE_DETAIL):
            raise error
        self.note(detail, error)

    def note(self, detail: str, error: CollectorError, *, lasting: bool = False) -> None:
        """Keep a gap; one that lasts is there until the object changes, and asking again is of no use."""
        self._unseen[detail] = error
        if lasting:
            self._lasting.add(detail)

    def take(self, others: Gaps) -> None:
        """Keep the gaps of something that others stand around as well."""
        self._unseen.update(others._unseen)
        self._lasting |= others._lasting

    def __bool__(self) -> bool:
        """Say whether there is any."""
        return bool(self._unseen)

    def words(self) -> str | None:
        """Return what could not be seen, in words; `None` where all could be."""
        return f"{', '.join(sorted(self._unseen))}: not seen" if self._unseen else None

    def said(self, native_id: str) -> Iterator[Unseen]:
        """Yield every gap, of the object that they are of, as it was listed."""
        for detail, error in self._unseen.items():
            yield Unseen(native_id, detail, error.record(), lasting=detail in self._lasting)
