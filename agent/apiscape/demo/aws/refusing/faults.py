"""Faults that can be set on the server: which calls they hit and what they do to the answer."""

from __future__ import annotations

import enum
from collections.abc import Container

import msgspec


class FaultKind(enum.StrEnum):
    """What goes wrong."""

    #: 429 as the service words it; `seconds` is sent as `Retry-After` if given.
    THROTTLE = "throttle"
    #: 500 without a reason.
    ERROR = "error"
    #: 403: no identity-based policy allows it.
    DENY = "deny"
    #: 403: an organisation's service control policy forbids it.
    DENY_SCP = "deny_scp"
    #: 403: the temporary credentials are past their time.
    EXPIRED_TOKEN = "expired_token"  # noqa: S105 - a kind of fault
    #: 403: the signature was made with another secret.
    WRONG_SECRET = "wrong_secret"  # noqa: S105 - a kind of fault
    #: 403: the signature was made at another time than the service's.
    CLOCK_SKEW = "clock_skew"
    #: The connection closes without an answer.
    RESET = "reset"
    #: The connection closes in the middle of the body.
    CUT = "cut"
    #: 200 with a JSON body that stops half-way.
    TRUNCATE = "truncate"
    #: 200 with a body of fifty megabytes, most of it blanks.
    HUGE = "huge"
    #: 200 with an HTML page, as from a proxy in between.
    WRONG_TYPE = "wrong_type"
    #: 404 with a page that does not say what was not found, as from a proxy in between.
    BARE_404 = "bare_404"
    #: 404 of a web server that has no route for such a path, as from an emulator.
    NO_ROUTE = "no_route"
    #: The answer comes after `seconds`.
    DELAY = "delay"
    #: The body dribbles in over `seconds`.
    SLOW = "slow"
    #: Every page carries the same next token.
    REPEAT_TOKEN = "repeat_token"  # noqa: S105 - a kind of fault
    #: Every page carries a new next token: the listing never ends.
    ENDLESS = "endless"
    #: 200, but only the first `keep` items of the page and no next token.
    NARROW = "narrow"
    #: 200 with an empty listing.
    EMPTY = "empty"


class Fault(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """One rule. A call is hit when every given selector fits.

    Args:
        kind: What goes wrong.
        account: Account id.
        region: Region name.
        service: botocore service name, for instance `apigatewayv2`.
        operation: Operation name, for instance `GetStages`.
        resource: Part of the request's path, for instance an API id.
        call_index: Index of the call among all calls of the server, from 0; one, a range or a set.
        occurrence: Index among the calls that fit the other selectors, from 0.
        times: How often at most; None means always.
        seconds: For `delay`, `slow` and the `Retry-After` of `throttle`.
        keep: For `narrow`: items left of a page.
    """

    kind: FaultKind | str
    account: str | None = None
    region: str | None = None
    service: str | None = None
    operation: str | None = None
    resource: str | None = None
    call_index: int | Container[int] | None = None
    occurrence: int | None = None
    times: int | None = None
    seconds: float | None = None
    keep: int = 1


class Subject(msgspec.Struct, frozen=True, gc=False):
    """What a fault's selectors look at: one call."""

    index: int
    account: str
    region: str
    service: str
    operation: str
    path: str


class FaultPlan:
    """The faults set on a server, with what is left of each."""

    def __init__(self) -> None:
        self._armed: list[_Armed] = []

    def inject(self, fault: Fault) -> None:
        """Add a rule; the first one that fits decides."""
        self._armed.append(_Armed(fault))

    def clear(self) -> None:
        """Take every rule away."""
        self._armed.clear()

    def strike(self, subject: Subject) -> Fault | None:
        """Give the fault that hits a call, if any, and count it."""
        for armed in self._armed:
            if armed.hits(subject):
                return armed.fault
        return None


class _Armed:
    """A rule and its counters."""

    def __init__(self, fault: Fault) -> None:
        FaultKind(fault.kind)  # a misspelt kind is an error now, not a fault that never strikes
        self.fault = fault
        self._met = 0
        self._struck = 0

    def hits(self, subject: Subject) -> bool:
        if not _fits(self.fault, subject):
            return False
        met, self._met = self._met, self._met + 1
        if self.fault.occurrence not in {None, met}:
            return False
        if self.fault.times is not None and self._struck >= self.fault.times:
            return False
        self._struck += 1
        return True


def _fits(fault: Fault, subject: Subject) -> bool:
    return (
        fault.account in {None, subject.account}
        and fault.region in {None, subject.region}
        and fault.service in {None, subject.service}
        and fault.operation in {None, subject.operation}
        and (fault.resource is None or fault.resource in subject.path)
        and _index_fits(fault.call_index, subject.index)
    )


def _index_fits(wanted: int | Container[int] | None, index: int) -> bool:
    if wanted is None or isinstance(wanted, int):
        return wanted in {None, index}
    return index in wanted
