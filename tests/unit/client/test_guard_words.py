from __future__ import annotations

from typing import Any

import pytest

from apiscape.client.guard_words import limit_words, policies_words, rates_words, tls_words
from apiscape.model.deployment import Endpoint, Operation
from apiscape.model.limits import RateLimit
from apiscape.model.values import UNKNOWN

TEN = RateLimit(requests=10.0, per_s=1.0)


@pytest.mark.parametrize(
    ("limit", "words"),
    [
        (RateLimit(), "limited"),
        (RateLimit(by=("consumer",)), "limited, by consumer"),
        (RateLimit(requests=0.5, per_s=1.0, burst=None), "0.5/s"),
        (RateLimit(requests=0.0, per_s=1.0), "0/s"),
        (RateLimit(requests=6_000.0, per_s=60.0, burst=12_000.0), "6,000/min burst 12,000"),
        (RateLimit(requests=7.0, per_s=3_600.0), "7/h"),
        (RateLimit(requests=7.0, per_s=86_400.0), "7/day"),
        (RateLimit(requests=7.0, per_s=2.5), "7 per 2.5 s"),
        (RateLimit(requests=7.0), "7"),
        (RateLimit(requests=7.0, per_s=None), "7 at a time"),
        (RateLimit(requests=7.0, per_s=None, counts="connections"), "7 connections at a time"),
        (RateLimit(requests=7.0, per_s=1.0, by=()), "7/s, all callers together"),
        (RateLimit(requests=7.0, per_s=1.0, by=("client_address", "header:x-team")),
         "7/s, by client address and header:x-team"),
        (RateLimit(requests=7.0, per_s=1.0, shared=True), "7/s"),
        (RateLimit(requests=7.0, per_s=1.0, shared=False, condition="where x is y"),
         "7/s, each instance by itself, only where x is y"),
    ],
)  # fmt: skip
def test_a_limit_says_no_more_than_is_known(limit: RateLimit, words: str) -> None:
    assert limit_words(limit) == words


@pytest.mark.parametrize(
    ("limits", "words"),
    [
        (UNKNOWN, "?"),
        ((), "–"),
        ((TEN,), "10/s"),
        ((TEN, RateLimit(requests=10.0, per_s=1.0, native_id="other")), "10/s"),
        ((TEN, RateLimit(condition="where x is y")), "10/s, (limited)"),
    ],
)
def test_limits_that_hold_together_stand_together(limits: Any, words: str) -> None:
    assert rates_words(limits) == words


def test_a_limit_is_told_once_with_what_gives_it_and_of_how_many() -> None:
    given = RateLimit(requests=1.0, per_s=1.0, evidence="rate", native_id="Policy shop/slow")
    operations = [
        Operation("GET", "/a", rate_limits=(given, TEN)),
        Operation("GET", "/b", rate_limits=(given,)),
        Operation("GET", "/c", rate_limits=()),
        Operation("GET", "/d"),
    ]
    assert list(policies_words(operations)) == [
        ("1/s", "Policy shop/slow: rate", "2 operations"),
        ("10/s", "", "1 operation"),
    ]


@pytest.mark.parametrize(
    ("mode", "least", "words"),
    [
        ("plain", None, "without TLS"),
        ("terminate", UNKNOWN, "TLS ends here"),
        ("terminate", "TLS_1_2", "TLS ≥ 1.2 ends here"),
        ("mutual", "TLS_1_3", "TLS ≥ 1.3 ends here, asks for a certificate"),
        ("passthrough", None, "TLS passed through"),
        ("unknown", UNKNOWN, ""),
        ("unknown", "TLS_1_2", "TLS ≥ 1.2"),
        ("of_a_newer_version", None, "TLS of a newer version"),
    ],
)
def test_an_address_says_who_ends_tls(mode: str, least: Any, words: str) -> None:
    assert tls_words(Endpoint("https://x.example", tls_mode=mode, tls_min=least)) == words
