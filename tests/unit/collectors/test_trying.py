from __future__ import annotations

from collections.abc import Callable

import pytest

from apiscape.collectors.contract import (
    AccessDenied,
    Cancelled,
    CollectorError,
    CredentialsInvalid,
    Gone,
    Malformed,
    Permission,
    Throttled,
    Unreachable,
    Unsupported,
)
from apiscape.collectors.trying import Grant, Tried, attempt

RIGHT = Permission("toy:Read", "everything", operations=("list",))


def raising(error: CollectorError) -> Callable[[], object]:
    def call() -> object:
        raise error

    return call


def test_an_answer_grants_whatever_it_says() -> None:
    assert attempt(RIGHT, "list", lambda: None) == Tried(RIGHT, Grant.GRANTED, operation="list")


def test_a_refusal_denies() -> None:
    tried = attempt(RIGHT, "list", raising(AccessDenied("needs toy:Read")))
    assert tried == Tried(RIGHT, Grant.DENIED, "needs toy:Read", "list")


@pytest.mark.parametrize("kind", [Throttled, Unreachable, Gone, Unsupported, Malformed])
def test_all_else_leaves_it_unknown(kind: type[CollectorError]) -> None:
    assert attempt(RIGHT, "list", raising(kind("why"))) == Tried(
        RIGHT, Grant.UNKNOWN, "why", "list"
    )


@pytest.mark.parametrize("kind", [CredentialsInvalid, Cancelled])
def test_what_ends_the_visit_goes_on(kind: type[CollectorError]) -> None:
    with pytest.raises(kind):
        attempt(RIGHT, "list", raising(kind("why")))
