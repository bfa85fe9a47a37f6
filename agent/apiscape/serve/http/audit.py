"""Who did what, and who was refused: structured records, and never a token."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from apiscape.errors import ApiscapeError
from apiscape.serve.errors import Rejected
from apiscape.serve.http.call import Call
from apiscape.serve.http.operations import Operation
from apiscape.serve.principal import Principal

logger = logging.getLogger("apiscape.audit")


class Audit:
    """The audit log: one record each, its parts under `record.audit`."""

    def write(self, event: str, **parts: object) -> None:
        """Write a record: `event`, and whatever tells more."""
        words = " ".join(f"{name}={value!r}" for name, value in parts.items())
        logger.info("%s %s", event, words, extra={"audit": {"event": event, **parts}})

    @contextmanager
    def action(self, call: Call) -> Iterator[None]:
        """Write what came of an action, however it ends."""
        told = call.body.decode("utf-8", errors="replace")[:500]
        outcome = "failed"
        try:
            yield
            outcome = "done"
        except ApiscapeError as error:
            outcome = f"refused: {error.message}"
            raise
        except Rejected as error:
            outcome = f"refused: {error.problem.detail}"
            raise
        finally:
            name, who = call.operation.name, call.principal.name
            self.write("action", who=who, action=name, asked=told, outcome=outcome)

    def forbidden(self, principal: Principal, operation: Operation) -> None:
        """Write that somebody asked for what they may not."""
        self.write("forbidden", who=principal.name, action=operation.name)

    def wrong_token(self, peer: str, path: str, reason: str) -> None:
        """Write that a token was refused; which one is not said."""
        self.write("token refused", peer=peer, path=path[:200], reason=reason)
