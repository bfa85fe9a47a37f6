"""Everything that can go wrong with a request, as an answer; never a traceback."""

from __future__ import annotations

import logging
from collections.abc import Mapping

import msgspec

from apiscape.client.problem import Problem, make_problem, problem_of
from apiscape.errors import ApiscapeError

logger = logging.getLogger("apiscape.serve")

_SERVER = 500
_WORDS = {
    404: "no-such-path",
    405: "method",
    413: "too-large",
    415: "media-type",
    503: "overloaded",
}


class Rejected(Exception):
    """A request that is not answered, for a reason that only HTTP has.

    Attributes:
        problem: What the answer says.
        headers: What stands above it.
    """

    def __init__(
        self,
        word: str,
        detail: str,
        *,
        hint: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        """Keep what the answer says; `word` is one of `client.problem.KINDS`."""
        super().__init__(detail)
        self.problem = make_problem(word, detail, hint=hint)
        self.headers = dict(headers or {})


def problem_for(error: Exception) -> tuple[Problem, Mapping[str, str]]:
    """Return the problem and the headers that a failed request is answered with.

    What nobody foresaw is logged with its traceback, and told without any of its words.
    """
    if isinstance(error, Rejected):
        return error.problem, error.headers
    if isinstance(error, ApiscapeError):
        return problem_of(error), {}
    if isinstance(error, msgspec.MsgspecError | UnicodeError):
        return make_problem("usage", str(error)), {}
    status = getattr(error, "status_code", _SERVER)
    if status < _SERVER:
        detail = str(getattr(error, "detail", "")) or "the request cannot be answered"
        headers = getattr(error, "headers", None) or {}
        return make_problem(_WORDS.get(status, "usage"), detail), headers
    logger.error("a request failed", exc_info=error)
    return make_problem("defect", "the agent failed to answer; its log says why"), {}
