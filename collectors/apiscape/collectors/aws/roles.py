"""Roles that the sessions of a provider take on together: one call for all of them.

A visit of an account has a session per product and region. Each of them would take the role on
by itself; what one was given serves the others until a quarter of an hour before its end.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from apiscape.collectors.aws.settings import AwsSettings, RoleSettings
from apiscape.collectors.contract import CollectorError

Cache = dict[str, Any]
"""Temporary credentials in the SDK's own form; in memory alone."""

Take = Callable[[Cache], dict[str, str]]
"""Takes a role on by the SDK, which looks into the cache first and fills it."""


class TakenRole:
    """Temporary credentials of one role, shared. Safe to use from several threads."""

    def __init__(self) -> None:
        self._cache: Cache = {}
        self._turn = threading.Lock()
        self._tries = 0
        self._failure: Exception | None = None

    def fetch(self, take: Take) -> dict[str, str]:
        """Return credentials that last; whoever waited while another was refused is refused by the same answer.

        Raises:
            Exception: what `take` raises.
        """
        seen = self._tries
        with self._turn:
            if self._failure is not None and self._tries != seen:
                raise self._failure.with_traceback(None)
            self._failure = None
            try:
                return take(self._cache)
            except _refusals() as error:
                self._failure = error
                raise
            finally:
                self._tries += 1

    def forget(self, access_key_id: str) -> None:
        """Hand on no more the credentials with that key: they ended before their time."""
        with self._turn:
            held = {answer["Credentials"]["AccessKeyId"] for answer in self._cache.values()}
            if access_key_id in held:
                self._cache.clear()


class Roles:
    """The roles of a provider's sources. Safe to use from several threads."""

    def __init__(self) -> None:
        self._taken: dict[tuple[AwsSettings, RoleSettings], TakenRole] = {}
        self._lock = threading.Lock()

    def of(self, settings: AwsSettings, role: RoleSettings) -> TakenRole:
        """Return the role of a source; sources that sign in otherwise take it on by themselves."""
        with self._lock:
            return self._taken.setdefault((settings, role), TakenRole())


def _refusals() -> tuple[type[Exception], ...]:
    from botocore.exceptions import BotoCoreError, ClientError

    return (BotoCoreError, ClientError, CollectorError, OSError)
