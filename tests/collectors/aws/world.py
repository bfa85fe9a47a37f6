"""The emulated AWS as the conformance suite sees it: one collector over one small estate."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any
from unittest.mock import patch

import msgspec

import apiscape.collectors.aws
from apiscape.collectors.aws.paging import PAGING, Paging
from apiscape.collectors.aws.provider import AwsProvider
from apiscape.collectors.aws.session import AwsSession
from apiscape.collectors.aws.settings import AwsSettings
from apiscape.collectors.contract import Budget, Collector
from apiscape.collectors.testing import (
    CUT,
    DENIED,
    MISSING_FIELDS,
    THROTTLED,
    UNKNOWN_FIELDS,
    Fault,
)
from apiscape.demo.aws.estate.estate import AwsEstate
from apiscape.demo.aws.refusing import faults
from apiscape.demo.aws.wire.server import AwsServer
from apiscape.model.run import Reach, Scope
from tests.collectors.aws.desk import ACCOUNT, REGION

UNHEARD_OF = "CANARY-in-a-field-of-a-later-year"
WORDS = {DENIED: "deny", THROTTLED: "throttle", CUT: "reset"}

Build = Callable[[], tuple[AwsEstate, frozenset[str]]]
"""Makes an estate, and gives the secrets planted in it."""


def small_pages(*operations: str, size: int = 2) -> dict[str, Paging]:
    """Give how listings page, with so small pages that even a small estate has several."""
    small = {}
    for operation in operations:
        paging = PAGING[operation]
        sizes: dict[str, object] = {
            member: str(size) if isinstance(most, str) else size
            for member, most in paging.size.items()
        }
        small[operation] = msgspec.structs.replace(paging, size=sizes)
    return small


class AwsWorld:
    """The emulated AWS, read by one collector.

    Args:
        collector: The one that is held to the contract.
        build: Makes the estate.
        paging: How listings page; small pages.
        needed: Members without which an answer is no answer; all others may be missing.
        settings: The source's, where the collector does more by one.
    """

    readme = Path(apiscape.collectors.aws.__file__).with_name("README.md")
    sdk: Sequence[str] = ("botocore.session", "botocore.config", "botocore.credentials")

    def __init__(
        self,
        collector: Collector,
        build: Build,
        paging: Mapping[str, Paging],
        needed: frozenset[str],
        settings: AwsSettings | None = None,
    ) -> None:
        self.collector = collector
        self._build = cache(build)  # nobody writes to it: one for all visits
        self._paging = paging
        self._needed = needed
        self._settings = settings or AwsSettings(total_max_attempts=1)
        spans = getattr(collector, "once_per_account", False)
        key, region = (ACCOUNT, None) if spans else (f"{ACCOUNT}/{REGION}", REGION)
        reach = Reach(key=key, account=ACCOUNT, region=region)
        self.scope = Scope("prod", "aws", collector.product, reach)
        self._server: AwsServer | None = None

    @property
    def canaries(self) -> Sequence[str]:
        return (UNHEARD_OF, *sorted(self._build()[1]))

    @contextmanager
    def open(self, fault: Fault | None, budget: Budget) -> Iterator[AwsSession]:
        settings = self._settings
        with AwsServer(self._build()[0]) as server:
            self._server = server
            if fault is not None and fault.kind in WORDS:
                server.inject(faults.Fault(kind=WORDS[fault.kind], call_index=fault.call))
            with (
                patch.dict(os.environ, server.environment(ACCOUNT, REGION)),
                patch("apiscape.collectors.aws.paging.PAGING", self._paging),
                AwsProvider().session(settings, self.scope.reach, budget) as session,
            ):
                reshape = self._reshape(fault)
                call = session.call
                session.call = lambda *given: reshape(call(*given))  # type: ignore[method-assign]
                yield session
            assert server.violations == []

    def operations(self) -> Sequence[str]:
        assert self._server is not None
        return [call.name for call in self._server.calls]

    def _reshape(self, fault: Fault | None) -> Callable[[Any], Any]:
        if fault is not None and fault.kind == MISSING_FIELDS:
            return lambda answer: without_optional(answer, self._needed)
        if fault is not None and fault.kind == UNKNOWN_FIELDS:
            return with_unknown
        return lambda answer: answer


def without_optional(value: Any, needed: frozenset[str]) -> Any:
    if isinstance(value, dict):
        kept = {key: below for key, below in value.items() if key in needed}
        return {key: without_optional(below, needed) for key, below in kept.items()}
    if isinstance(value, list):
        return [without_optional(below, needed) for below in value]
    return value


def with_unknown(value: Any) -> Any:
    if isinstance(value, dict):
        named = {key: with_unknown(below) for key, below in value.items()}
        return named | {"unheardOf": {"secret": UNHEARD_OF}}
    if isinstance(value, list):
        return [with_unknown(below) for below in value]
    return value
