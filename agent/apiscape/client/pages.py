"""All pages of a list, one after the other."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Protocol, TypeVar


class Paged(Protocol):
    """A page that says where the next one begins, `None` on the last."""

    @property
    def next(self) -> str | None:
        """Where the next page begins."""
        ...


P = TypeVar("P", bound=Paged)


def every_page(ask: Callable[[str | None], P]) -> Iterator[P]:
    """Yield every page of what is asked for, from its beginning; `ask` gets where a page begins."""
    page = ask(None)
    yield page
    while page.next is not None:
        page = ask(page.next)
        yield page
