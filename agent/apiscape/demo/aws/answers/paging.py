"""Listings cut into pages as each service does it: sizes, token members, tokens."""

from __future__ import annotations

import base64
import re
from collections.abc import Sequence
from typing import Any

import msgspec

from apiscape.demo.aws.answers.context import Output, Params
from apiscape.demo.aws.refusing.refusals import Refusal

_NUMBER = re.compile(r"[0-9]{1,9}")


class Paging(msgspec.Struct, frozen=True, gc=False):
    """How a service pages.

    Args:
        size_member: Input member that asks for a page size.
        token_in: Input member of the page token.
        token_out: Output member of the next token.
        items: Output member of the items.
        error: Code of the refusal of a bad size or token.
        size: Page size if none is asked for.
        largest: Largest page size that may be asked for.
    """

    size_member: str
    token_in: str
    token_out: str
    items: str
    error: str
    size: int
    largest: int


#: By service, or by operation where one differs: documented defaults and maxima. Where v2 documents
#: none, v1's are taken.
PAGING = {
    "account": Paging(
        "MaxResults", "NextToken", "NextToken", "Regions", "ValidationException", 50, 50
    ),
    "apigateway": Paging("limit", "position", "position", "items", "BadRequestException", 25, 500),
    "apigatewayv2": Paging(
        "MaxResults", "NextToken", "NextToken", "Items", "BadRequestException", 25, 500
    ),
    "apigatewayv2:ListRoutingRules": Paging(
        "MaxResults", "NextToken", "NextToken", "RoutingRules", "BadRequestException", 25, 100
    ),
    "organizations": Paging(
        "MaxResults", "NextToken", "NextToken", "Accounts", "InvalidInputException", 20, 20
    ),
}


def find_paging(name: str) -> Paging | None:
    """Give how an operation (`apigatewayv2:GetApis`) or a service pages."""
    return PAGING.get(name) or PAGING.get(name.partition(":")[0])


def page(service: str, items: Sequence[Any], params: Params) -> Output:
    """Cut the page that the input asks for.

    Raises:
        Refusal: The size is no number or out of range, or the token is not one of ours.
    """
    paging = PAGING[service]
    start = _start(params.get(paging.token_in), paging)
    size = _size(params.get(paging.size_member, paging.size), paging)
    output: Output = {paging.items: list(items[start : start + size])}
    if start + size < len(items):
        output[paging.token_out] = token(start + size)
    return output


def token(start: int) -> str:
    """Make the token of the page that starts at an index."""
    return base64.urlsafe_b64encode(f"from:{start}".encode()).decode()


def _start(given: str | None, paging: Paging) -> int:
    if not given:
        return 0
    try:
        kind, _, start = base64.urlsafe_b64decode(given).decode().partition(":")
    except ValueError:
        kind, start = "", ""
    if kind != "from" or not _NUMBER.fullmatch(start):
        raise Refusal(paging.error, f"Invalid {paging.token_in} specified")
    return int(start)


def _size(given: object, paging: Paging) -> int:
    text = str(given)
    if not _NUMBER.fullmatch(text) or not 1 <= int(text) <= paging.largest:
        raise Refusal(paging.error, f"Invalid {paging.size_member}: must be 1 to {paging.largest}")
    return int(text)
