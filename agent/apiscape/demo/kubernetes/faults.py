"""Faults that can be set on the server: which requests they hit and what becomes of the answer."""

from __future__ import annotations

import enum

import msgspec


class FaultKind(enum.StrEnum):
    """What goes wrong."""

    #: 429 with `Retry-After`.
    THROTTLE = "throttle"
    #: 503 with `Retry-After`.
    UNAVAILABLE = "unavailable"
    #: 500 without a reason.
    ERROR = "error"
    #: 403 as roles have it.
    DENY = "deny"
    #: 401.
    UNAUTHORIZED = "unauthorized"
    #: 404 in plain text.
    NO_ROUTE = "no_route"
    #: 410 as a status of HTTP.
    GONE = "gone"
    #: 410 as an event of a watch.
    GONE_EVENT = "gone_event"
    #: The connection closes without an answer.
    RESET = "reset"
    #: The connection closes in the middle: of a body, of a watch after `keep` lines.
    CUT = "cut"
    #: Nothing comes any more: of an answer at all, of a watch after `keep` lines.
    FREEZE = "freeze"
    #: 200 with JSON that stops half-way.
    TRUNCATE = "truncate"
    #: 200 with an HTML page, as from a proxy in between.
    WRONG_TYPE = "wrong_type"
    #: A line of a watch, after `keep` others, that is no JSON.
    GARBLED = "garbled"
    #: 500 for a streamed list: the storage behind the server is too old.
    NO_STREAMING = "no_streaming"


class Fault(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """One rule. A request is hit when every given selector fits.

    Attributes:
        kind: What goes wrong.
        verb: In the words of roles; `discover` for documents of discovery.
        resource: Plural.
        occurrence: Index among the requests that fit the other selectors, from 0.
        times: How often at most; always without it.
        seconds: Of `Retry-After`.
        keep: Lines of a watch that still come.
    """

    kind: FaultKind
    verb: str | None = None
    resource: str | None = None
    occurrence: int | None = None
    times: int | None = None
    seconds: int = 1
    keep: int = 0


class FaultPlan:
    """The faults set on a server, with how often each was met. Used within the server's lock."""

    def __init__(self) -> None:
        self._met: dict[int, int] = {}
        self._struck: dict[int, int] = {}
        self._faults: list[Fault] = []

    def inject(self, fault: Fault) -> None:
        """Add a rule; the first one that fits decides."""
        self._faults.append(fault)

    def clear(self) -> None:
        """Take every rule away."""
        self._faults.clear()
        self._met.clear()
        self._struck.clear()

    def strike(self, verb: str, resource: str) -> Fault | None:
        """Return the fault that hits a request, if any, and count it."""
        for index, fault in enumerate(self._faults):
            if fault.verb not in {None, verb} or fault.resource not in {None, resource}:
                continue
            met = self._met[index] = self._met.get(index, -1) + 1
            struck = self._struck.get(index, 0)
            if fault.occurrence in {None, met} and (fault.times is None or struck < fault.times):
                self._struck[index] = struck + 1
                return fault
        return None
