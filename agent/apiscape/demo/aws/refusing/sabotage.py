"""What a fault does to a call: a refusal, a spoilt listing or a spoilt delivery."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from msgspec.structs import replace

from apiscape.demo.aws.answers.context import Output, Params
from apiscape.demo.aws.answers.paging import Paging, find_paging
from apiscape.demo.aws.refusing.faults import Fault, FaultKind, Subject
from apiscape.demo.aws.refusing.refusals import (
    Refusal,
    bad_signature,
    denied,
    expired_token,
    internal_failure,
    throttled,
)
from apiscape.demo.aws.wire.connection import Delivery
from apiscape.demo.aws.wire.routing import Match, service_model
from apiscape.demo.aws.wire.writing import Answer

_HTML = b"<!DOCTYPE html><html><body><h1>502 Bad Gateway</h1></body></html>"
_BARE_404 = b"<!DOCTYPE html><html><body><h1>404 Not Found</h1></body></html>"
_NO_ROUTE = (
    b"<!doctype html>\n<title>404 Not Found</title>\n<h1>Not Found</h1>\n"
    b"<p>The requested URL was not found on the server.</p>\n"
)
_HUGE_BYTES = 50_000_000
_REPEATED = "ZnJvbTphZ2Fpbg=="
_UNPAGED_ITEMS = "item"  # of v1's GetStages
_DEFAULT_DELAY_S = 1.0
_NAMED_ACTIONS = frozenset(
    {
        "apigatewayv2:ListPortals",
        "apigatewayv2:ListProductRestEndpointPages",
        "apigatewayv2:ListRoutingRules",
    }
)
"""Operations whose right has their own name; all others are asked for by HTTP verb and path."""

_PREFIXES = {"cloudwatch": "cloudwatch"}
"""Prefixes of IAM's actions that are not the name that requests are signed with."""


def permission(match: Match, subject: Subject) -> tuple[str, str]:
    """Give the IAM action and resource that a call needs: API Gateway's actions are HTTP verbs.

    The actions of all others are called after the operation, under the name that requests are signed with.
    """
    if match.name in _NAMED_ACTIONS:
        place = f"arn:aws:apigateway:{subject.region}:{subject.account}"
        return f"apigateway:{match.operation}", f"{place}:{subject.path.removeprefix('/v2')}"
    if match.service in {"apigateway", "apigatewayv2"}:
        path = subject.path.removeprefix("/v2")
        return "apigateway:GET", f"arn:aws:apigateway:{subject.region}::{path}"
    prefix = _PREFIXES.get(match.service) or service_model(match.service).signing_name
    return f"{prefix}:{match.operation}", "*"


def refusal_of(fault: Fault, match: Match, caller_arn: str, subject: Subject) -> Refusal | None:
    """Give the refusal that a fault means, or None where it spoils something else."""
    action, resource = permission(match, subject)
    refuse = partial(denied, caller_arn, action, resource, service=match.service)
    refusals: dict[FaultKind, Callable[[], Refusal]] = {
        FaultKind.THROTTLE: lambda: throttled(fault.seconds, service=match.service),
        FaultKind.ERROR: internal_failure,
        FaultKind.DENY: refuse,
        FaultKind.DENY_SCP: lambda: refuse(scp=True),
        FaultKind.EXPIRED_TOKEN: lambda: expired_token(match.service),
        FaultKind.WRONG_SECRET: lambda: bad_signature(match.service),
        FaultKind.CLOCK_SKEW: lambda: bad_signature(match.service, skewed=True),
    }
    make = refusals.get(FaultKind(fault.kind))
    return make() if make else None


def spoil_params(fault: Fault | None, name: str, params: Params) -> Params:
    """Forget the page token where a listing is to run in circles."""
    if fault is None or fault.kind not in {FaultKind.REPEAT_TOKEN, FaultKind.ENDLESS}:
        return params
    paging = find_paging(name)
    return {k: v for k, v in params.items() if paging is None or k != paging.token_in}


def spoil_listing(fault: Fault | None, name: str, output: Output, params: dict[str, Any]) -> Output:
    """Narrow a listing or give it a token that leads nowhere."""
    paging = find_paging(name)
    if fault is None or paging is None:
        return output
    if paging.within is None:
        return _spoil_page(fault, paging, output, params)
    return {paging.within: _spoil_page(fault, paging, output[paging.within], params)}


def _spoil_page(fault: Fault, paging: Paging, output: Output, params: dict[str, Any]) -> Output:
    """Narrow as much of an answer as holds a page, or give it a token that leads nowhere."""
    if fault.kind in {FaultKind.NARROW, FaultKind.EMPTY}:
        keep = fault.keep if fault.kind == FaultKind.NARROW else 0
        listed = paging.items if paging.items in output else _UNPAGED_ITEMS
        return {listed: output[listed][:keep]} if listed in output else output
    if paging.items not in output:
        return output
    if fault.kind == FaultKind.REPEAT_TOKEN:
        return output | {paging.token_out: _REPEATED}
    if fault.kind == FaultKind.ENDLESS:
        return output | {paging.token_out: str(params.get(paging.token_in, "")) + "x"}
    return output


def spoil_delivery(fault: Fault | None, answer: Answer, latency_s: float) -> Delivery:
    """Say how an answer goes out."""
    spoil = _SPOILERS.get(FaultKind(fault.kind)) if fault else None
    plain = Delivery(answer, latency_s)
    return spoil(plain, answer, fault) if spoil and fault else plain


def _seconds(fault: Fault) -> float:
    return _DEFAULT_DELAY_S if fault.seconds is None else fault.seconds


def _half(answer: Answer) -> Answer:
    return replace(answer, body=answer.body[: len(answer.body) // 2])


def _padded(answer: Answer) -> Answer:
    return replace(answer, body=answer.body.ljust(_HUGE_BYTES))


_SPOILERS: dict[FaultKind, Callable[[Delivery, Answer, Fault], Delivery]] = {
    FaultKind.RESET: lambda plain, *_: replace(plain, answer=None),
    FaultKind.CUT: lambda plain, *_: replace(plain, cut=True),
    FaultKind.TRUNCATE: lambda plain, answer, _: replace(plain, answer=_half(answer)),
    FaultKind.HUGE: lambda plain, answer, _: replace(plain, answer=_padded(answer)),
    FaultKind.WRONG_TYPE: lambda plain, *_: replace(plain, answer=Answer(200, "text/html", _HTML)),
    FaultKind.BARE_404: lambda plain, *_: replace(
        plain, answer=Answer(404, "text/html", _BARE_404)
    ),
    FaultKind.NO_ROUTE: lambda plain, *_: replace(
        plain, answer=Answer(404, "text/html", _NO_ROUTE)
    ),
    FaultKind.DELAY: lambda plain, _, f: replace(plain, delay_s=plain.delay_s + _seconds(f)),
    FaultKind.SLOW: lambda plain, _, f: replace(plain, spread_s=_seconds(f)),
}
