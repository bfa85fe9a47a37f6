"""A signed-in session for the time of a `with`, whatever a provider's is made of."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from apiscape.collectors.contract import Budget, Provider
from apiscape.model.run import Reach


@contextmanager
def lend_session(
    provider: Provider,
    settings: Any,  # noqa: ANN401 - the provider's own settings type
    reach: Reach,
    budget: Budget,
) -> Iterator[Any]:
    """Lend a session, and close it at the end if it can be.

    Raises:
        CollectorError: nobody could sign in.
    """
    session = provider.session(settings, reach, budget)
    try:
        yield session
    finally:
        close = getattr(session, "close", None)
        if callable(close):
            close()
