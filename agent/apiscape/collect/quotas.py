"""Token buckets before every provider call: production's quota is never taken.

A bucket stands per (provider, account, region, operation family), filled at half of the
published quota unless configured otherwise, and one more per account over all its regions. A
call takes from all of its families' buckets at once. A refusal for rate halves its region's
buckets for a minute, and `Retry-After` is obeyed there, bounded: one region that only refuses
delays no other. Where a second region of the account is refused within that minute, the limit is
taken to be the account's, and its ceiling is halved as well.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence

from apiscape.collect.clock import Clock, Stop
from apiscape.collect.spending import Spending
from apiscape.collectors.contract import Quota
from apiscape.settings.schema import Rate

SHARE = 0.5
"""How much of a published quota is taken by default."""

UNPUBLISHED = Rate(rate_per_s=5.0, burst=5)
"""Taken where no quota of a family is known."""

SLOW_S = 60.0
"""How long a bucket is halved after a refusal."""

LONGEST_PAUSE_S = 120.0
"""How long a `Retry-After` is obeyed at most."""

ONE = 1.0 - 1e-9
"""What counts as a token: sums of fractions fall short of one by a hair."""

BEHIND = 1e-6
"""What part of its rate a bucket stays behind.

The provider adds up fractions of its own, and what it refuses for want of a hair counts as a refusal.
"""

SHORTEST_WAIT_S = 0.001
"""Below it a clock's own grain would keep a waiter spinning."""

ACCOUNT = "/account"
"""Suffix of a configured family that sets the ceiling of an account over all regions."""


class Bucket:
    """Tokens that come at a rate, up to a burst.

    Args:
        rate: Tokens a second, and how many are kept.
        now: Monotonic time, in seconds.
    """

    def __init__(self, rate: Rate, now: float) -> None:
        self.rate = rate
        self._tokens = float(max(1, rate.burst))
        self._at = now
        self._slow_until = now
        self._closed_until = now

    def ready_in(self, now: float) -> float:
        """Return the seconds until a token is there; zero where one is."""
        self._fill(now)
        missing = 1.0 - self._tokens if self._tokens < ONE else 0.0
        rate_per_s = self._pace(slow=now < self._slow_until)
        return max(missing / rate_per_s, self._closed_until - now, 0.0)

    def take(self) -> None:
        """Take a token; to be called where `ready_in` said zero."""
        self._tokens -= 1.0

    def slow(self, now: float, pause_s: float) -> None:
        """Halve rate and burst for a minute, and give nothing during the pause asked for."""
        self._fill(now)
        self._slow_until = now + SLOW_S
        self._closed_until = max(self._closed_until, now + min(pause_s, LONGEST_PAUSE_S))
        self._tokens = min(self._tokens, self._burst(slow=True))

    def _fill(self, now: float) -> None:
        """Add what came since the last look: at half rate for as long as the bucket was halved."""
        turn = min(max(self._slow_until, self._at), now)
        for until, slow in ((turn, True), (now, False)):
            came = (until - self._at) * self._pace(slow=slow)
            if came > 0:
                burst = self._burst(slow=slow)
                self._tokens = max(self._tokens, min(burst, self._tokens + came))
            self._at = until

    def _pace(self, *, slow: bool) -> float:
        return self.rate.rate_per_s * (1.0 - BEHIND) * (SHARE if slow else 1.0)

    def _burst(self, *, slow: bool) -> float:
        return max(1.0, self.rate.burst * (SHARE if slow else 1.0))


class Quotas:
    """All buckets of a process.

    Args:
        clock: Measures the rates.

    Attributes:
        clock: The same.
    """

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self._lock = threading.Lock()
        self._rates: dict[tuple[str, str], Rate] = {}
        self._by_account: set[tuple[str, str]] = set()
        self._buckets: dict[tuple[str, str, str | None, str], Bucket] = {}
        self._refused: dict[tuple[str, str, str], dict[str | None, float]] = {}

    def publish(
        self, provider: str, quotas: Sequence[Quota], configured: Mapping[str, Rate] | None = None
    ) -> None:
        """Make the quotas of a collector known, and the rates that replace their defaults.

        A configured family replaces the rate of each region and the ceiling of the account;
        `FAMILY/account` sets that ceiling alone. Where two sources differ, the lower rate holds, and of equal ones
        the smaller burst.
        """
        rates = {quota.family: halve(quota) for quota in quotas} | dict(configured or {})
        with self._lock:
            for family, rate in rates.items():
                held = self._rates.get((provider, family), rate)
                self._rates[provider, family] = min(
                    rate, held, key=lambda each: (each.rate_per_s, each.burst)
                )
            self._by_account.update(
                (provider, quota.family) for quota in quotas if quota.scope == "account"
            )

    def begin_anew(self) -> None:
        """Forget every rate, to be published anew; what was taken from the buckets stays taken."""
        with self._lock:
            self._rates.clear()
            self._by_account.clear()

    def rate(self, provider: str, family: str, *, region: str | None) -> Rate:
        """Return the rate that holds for a family in a region, or over the account without one."""
        ceiling = self._rates.get((provider, family + ACCOUNT)) if region is None else None
        return ceiling or self._rates.get((provider, family), UNPUBLISHED)

    def acquire(
        self,
        provider: str,
        families: Sequence[str],
        *,
        account: str,
        region: str | None,
        stop: Stop,
    ) -> None:
        """Wait until every family has a token, and take one of each at once.

        Raises:
            Cancelled: the deadline comes first, or somebody said to stop.
        """
        while True:
            stop.check()
            with self._lock:
                now = self.clock.monotonic()
                buckets = self._of(provider, families, account, region)
                wait_s = max((bucket.ready_in(now) for bucket in buckets), default=0.0)
                if wait_s <= 0:
                    for bucket in buckets:
                        bucket.take()
                    return
            stop.sleep(max(wait_s, SHORTEST_WAIT_S))

    def slow(
        self,
        provider: str,
        families: Sequence[str],
        *,
        account: str,
        region: str | None,
        retry_after_s: float | None,
    ) -> None:
        """Halve the buckets of a refused call's region, closed for the pause asked for, and perhaps the account's."""
        with self._lock:
            now = self.clock.monotonic()
            for family in dict.fromkeys(families):
                narrow = self._of(provider, (family,), account, region, ceilings=False)
                for bucket in narrow:
                    bucket.slow(now, retry_after_s or 0.0)
                if self._is_of_the_account((provider, account, family), region, now):
                    for bucket in self._of(provider, (family,), account, region):
                        if bucket not in narrow:
                            bucket.slow(now, 0.0)

    def _is_of_the_account(
        self, family: tuple[str, str, str], region: str | None, now: float
    ) -> bool:
        """Note a refusal, and say whether another region of the account was refused within the minute."""
        refused = self._refused.setdefault(family, {})
        refused[region] = now
        return any(now - at <= SLOW_S for other, at in refused.items() if other != region)

    def _of(
        self,
        provider: str,
        families: Sequence[str],
        account: str,
        region: str | None,
        *,
        ceilings: bool = True,
    ) -> list[Bucket]:
        """Return the buckets that a call takes from: of its region, and of its account over all."""
        found: list[Bucket] = []
        for family in dict.fromkeys(families):
            if region is not None:
                found.append(self._bucket(provider, account, region, family))
            if region is None or ceilings:
                found.append(self._bucket(provider, account, None, family))
        return found

    def _bucket(self, provider: str, account: str, region: str | None, family: str) -> Bucket:
        """Return a bucket; of what is counted over the account a region alone may take all."""
        key = (provider, account, region, family)
        over_account = (provider, family) in self._by_account
        rate = self.rate(provider, family, region=None if over_account else region)
        if key not in self._buckets:
            self._buckets[key] = Bucket(rate, self.clock.monotonic())
        self._buckets[key].rate = rate
        return self._buckets[key]


class ScopeBudget:
    """The budget that one visit draws on (`contract.Budget`), counting what it takes.

    Attributes:
        calls, throttled: Calls begun, and refused for rate.
        stop: Ends the visit that draws on it.
        spending: The same by family, and how long it took.
    """

    def __init__(self, quotas: Quotas, provider: str, stop: Stop) -> None:
        self._quotas = quotas
        self._provider = provider
        self.stop = stop
        self._lock = threading.Lock()
        self.calls = 0
        self.throttled_calls = 0
        self.spending = Spending()

    def acquire(self, families: Sequence[str], *, account: str, region: str | None) -> None:
        """Wait until every family has a token; count a call.

        Raises:
            Cancelled: the visit should stop, or its deadline comes first.
        """
        asked_s = self._quotas.clock.monotonic()
        self._quotas.acquire(
            self._provider, families, account=account, region=region, stop=self.stop
        )
        with self._lock:
            self.calls += 1
        self.spending.add_call(families, self._quotas.clock.monotonic() - asked_s)

    def ended(self, families: Sequence[str], *, took_s: float, failure: str | None) -> None:
        """Take up how long a call took, and of which type the error was where there was no answer."""
        self.spending.add_end(families, took_s, failure)

    def throttled(
        self,
        families: Sequence[str],
        *,
        account: str,
        region: str | None,
        retry_after_s: float | None,
    ) -> None:
        """Slow down after a refusal for rate, and count it."""
        self._quotas.slow(
            self._provider, families, account=account, region=region, retry_after_s=retry_after_s
        )
        with self._lock:
            self.throttled_calls += 1
        self.spending.add_refusal(families)


def halve(quota: Quota) -> Rate:
    """Return the share of a published quota that is taken by default."""
    return Rate(rate_per_s=quota.rate_per_s * SHARE, burst=max(1, int(quota.burst * SHARE)))
