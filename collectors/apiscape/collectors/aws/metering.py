"""What every call passes on its way: the run's budget before it, a check of the answer after it.

Both hang on the SDK's own events, which fire once per attempt: what the SDK repeats by itself
is paid for like any other call.
"""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import msgspec

from apiscape.collectors.aws.operations import families
from apiscape.collectors.aws.picking import part, retry_after_s, text
from apiscape.collectors.contract import Budget, Unreachable
from apiscape.collectors.measuring import TimesCalls

_HTTP_OK = 200
_HTTP_REFUSED = 400
_HTTP_TOO_MANY = 429
_THROTTLED = frozenset({"Throttling", "ThrottlingException"})


_XML_ROOT = re.compile(rb"\s*(?:<\?xml[^>]{0,200}\?>\s*)?<([A-Za-z][\w.-]{0,200})")
"""The first element's name; a document that says its type, as pages do, has none here."""

_SENT = threading.local()
"""When the call of this thread was sent: the SDK sends and receives an attempt in one thread."""


class Meter(msgspec.Struct, frozen=True, gc=False):
    """Takes from the budget for every attempt of a client, and reports refusals for rate.

    Args:
        service: The SDK's name of the client's service (`apigatewayv2`).
        account, region: What the quota counts over.
    """

    budget: Budget
    service: str
    account: str
    region: str

    def attach(self, client: Any) -> None:  # noqa: ANN401 - the SDK makes its clients at run time
        """Follow a client's events."""
        client.meta.events.register("before-send.*", self.before_send)
        client.meta.events.register("response-received.*", self.after_receive)
        if isinstance(self.budget, TimesCalls):
            end = partial(_tell_end, self.budget, self._families)
            client.meta.events.register("response-received.*", end)

    def before_send(self, event_name: str, **_: object) -> None:
        """Wait for the budget; an error of it ends the call without anything being sent."""
        self.budget.acquire(self._families(event_name), account=self.account, region=self.region)
        _SENT.at_s = time.monotonic()

    def after_receive(
        self,
        event_name: str,
        response_dict: Any = None,  # noqa: ANN401
        parsed_response: Any = None,  # noqa: ANN401
        **_: object,
    ) -> None:
        """Tell the budget of a refusal for rate: by status or, as CloudWatch's, by code alone."""
        if response_dict is None or response_dict["status_code"] < _HTTP_REFUSED:
            return
        code = text(part(parsed_response, "Error"), "Code") or ""
        if response_dict["status_code"] != _HTTP_TOO_MANY and code not in _THROTTLED:
            return
        wait_s = retry_after_s(part(response_dict, "headers"))
        self.budget.throttled(
            self._families(event_name),
            account=self.account,
            region=self.region,
            retry_after_s=wait_s,
        )

    def _families(self, event_name: str) -> tuple[str, ...]:
        return families(f"{self.service}:{event_name.rpartition('.')[2]}")


def _tell_end(
    budget: TimesCalls,
    families_of: Callable[[str], tuple[str, ...]],
    event_name: str,
    exception: Exception | None = None,
    **_: object,
) -> None:
    """Tell a budget how long an attempt took, and with which type of error it ended, if with any."""
    sent_s: float | None = _SENT.__dict__.pop("at_s", None)
    if sent_s is not None:
        failure = None if exception is None else type(exception).__name__
        took_s = time.monotonic() - sent_s
        budget.ended(families_of(event_name), took_s=took_s, failure=failure)


def refuse_garbled(
    parsed_response: Any = None,  # noqa: ANN401
    response_dict: Any = None,  # noqa: ANN401
    event_name: str = "",
    **_: object,
) -> None:
    """Refuse an answer that is neither a JSON object nor a service's XML, where the SDK would read an empty one.

    A page of a listing that was cut, or that a proxy replaced, would end the listing as if it
    had nothing more.

    Raises:
        Unreachable: The body is not what the service sent.
    """
    if response_dict is None or response_dict["status_code"] != _HTTP_OK:
        return
    body = response_dict.get("body")
    if not isinstance(body, bytes) or _says_anything(parsed_response or {}):
        return
    if not _is_of_a_service(body):
        called = event_name.rpartition(".")[2]
        what = f"the answer to {called}" if called else "an answer"
        raise Unreachable(f"{what} was cut short or replaced on its way")


def _says_anything(parsed: Mapping[str, Any]) -> bool:
    """Say whether an answer holds anything; an empty object in it may be all that is left of another document."""
    return any(value != {} for name, value in parsed.items() if name != "ResponseMetadata")


def _is_of_a_service(body: bytes) -> bool:
    """Say whether a body is what a service may send: a JSON object, or XML that is no page for people."""
    root = _XML_ROOT.match(body)
    if root is not None:
        return root[1].lower() != b"html" and body.rstrip().endswith(b">")
    try:
        return isinstance(json.loads(body), dict)
    except (ValueError, RecursionError):
        return False
