"""Who asks: a name for the audit log, what they may do, and the part of the inventory that is theirs."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from apiscape.query import View


def _always() -> bool:
    return True


class Principal(msgspec.Struct, frozen=True):
    """Who asks.

    Attributes:
        name: The token's, or `local` for whoever may open the socket; never a token.
        rights: Words of `serve.http.operations.Right`.
        view: What they may see; `None` is all of it.
        stands: Says whether they may still ask; long answers look again.
    """

    name: str
    rights: frozenset[str] = frozenset()
    view: View | None = None
    stands: Callable[[], bool] = _always
