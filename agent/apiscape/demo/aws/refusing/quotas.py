"""Request quotas as AWS publishes them, kept by token buckets on a real or virtual clock.

API Gateway quotas page: all management operations together 10 requests per second with a burst of
40 for each account (both generations share it), and `GetResources` 5 requests per 2 seconds.
CloudWatch service quotas: `GetMetricData` 50 requests per second.
CloudTrail API reference: `LookupEvents` 2 requests per second for each account and region.
Whether they hold per region is not published; here each (account, region) has its own buckets.
"""

from __future__ import annotations

import threading
from collections.abc import Callable

import msgspec

Clock = Callable[[], float]


class VirtualClock:
    """Seconds that pass only when told to: call it to read it."""

    def __init__(self) -> None:
        self._now_s = 0.0
        self._lock = threading.Lock()

    def __call__(self) -> float:
        """Read the clock."""
        return self._now_s

    def advance(self, seconds: float) -> None:
        """Let time pass; also fits wherever a `sleep` is expected."""
        with self._lock:
            self._now_s += seconds


class Quota(msgspec.Struct, frozen=True, gc=False):
    """A limit on the calls of some services, or of some of their operations.

    Args:
        name: What the bucket is called.
        services: botocore service names that draw on it.
        rate_per_s: Tokens that return each second.
        burst: Tokens a full bucket holds.
        operations: Only these operations draw on it; empty means all.
    """

    name: str
    services: frozenset[str]
    rate_per_s: float
    burst: int
    operations: frozenset[str] = frozenset()

    def covers(self, service: str, operation: str) -> bool:
        """Say whether a call draws on this quota."""
        return service in self.services and (not self.operations or operation in self.operations)


AWS_QUOTAS = (
    Quota("api-gateway", frozenset({"apigateway", "apigatewayv2"}), rate_per_s=10, burst=40),
    Quota(
        "api-gateway-resources",
        frozenset({"apigateway"}),
        rate_per_s=2.5,
        burst=5,
        operations=frozenset({"GetResources"}),
    ),
    Quota(
        "cloudwatch-metric-data",
        frozenset({"cloudwatch"}),
        rate_per_s=50,
        burst=50,
        operations=frozenset({"GetMetricData"}),
    ),
    Quota("cloudtrail-lookup", frozenset({"cloudtrail"}), rate_per_s=2, burst=2),
)


class _Bucket:
    """Tokens of one quota for one account and region."""

    def __init__(self, quota: Quota, now_s: float) -> None:
        self.tokens = float(quota.burst)
        self._quota = quota
        self._filled_at_s = now_s

    def refill(self, now_s: float) -> None:
        gained = (now_s - self._filled_at_s) * self._quota.rate_per_s
        self.tokens = min(float(self._quota.burst), self.tokens + gained)
        self._filled_at_s = now_s


class Quotas:
    """The buckets of every account and region.

    Args:
        quotas: The limits to keep; none means that nothing is ever throttled.
        clock: Gives seconds.
    """

    def __init__(self, quotas: tuple[Quota, ...], clock: Clock) -> None:
        self._quotas = quotas
        self._clock = clock
        self._buckets: dict[tuple[str, str, str], _Bucket] = {}

    def admit(self, account: str, region: str, service: str, operation: str) -> bool:
        """Take one token of every quota that covers the call, or none at all if one is empty."""
        now_s = self._clock()
        drawn = [
            self._bucket(quota, account, region, now_s)
            for quota in self._quotas
            if quota.covers(service, operation)
        ]
        if any(bucket.tokens < 1 for bucket in drawn):
            return False
        for bucket in drawn:
            bucket.tokens -= 1
        return True

    def _bucket(self, quota: Quota, account: str, region: str, now_s: float) -> _Bucket:
        key = (quota.name, account, region)
        if key not in self._buckets:
            self._buckets[key] = _Bucket(quota, now_s)
        bucket = self._buckets[key]
        bucket.refill(now_s)
        return bucket
