"""A desk for collector tests: the emulated AWS, the provider's own session, the run's own visit and budget."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from apiscape.collect.clock import Stop
from apiscape.collect.quotas import Quotas, ScopeBudget
from apiscape.collect.source import SourcePlan
from apiscape.collect.visit import ScopeVisit, TokenBook
from apiscape.collect.workers import Workers
from apiscape.collectors.aws.provider import AwsProvider
from apiscape.collectors.aws.session import AwsSession
from apiscape.collectors.aws.settings import AppSyncSettings, AwsSettings, UsagePlanSettings
from apiscape.collectors.contract import (
    Collector,
    Failed,
    Listed,
    Observation,
    Recorded,
    Skipped,
    Unchanged,
    Unseen,
)
from apiscape.demo.aws.refusing.quotas import VirtualClock
from apiscape.model.deployment import Deployment
from apiscape.model.known import Known
from apiscape.model.run import ErrorRecord, Reach, Scope
from apiscape.settings.schema import Rules

ACCOUNT = "111122223333"
REGION = "eu-west-1"
START = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)


EVERY_OPTION = AwsSettings(
    appsync=AppSyncSettings(resolvers=True), usage_plans=UsagePlanSettings(clients=True)
)
"""Settings of a source that asks for all that is asked for only where it is set."""


class SteppingClock:
    """Goes forward only when somebody sleeps; drives the emulated quotas by the same time."""

    def __init__(self) -> None:
        self.virtual = VirtualClock()

    def monotonic(self) -> float:
        return self.virtual()

    def now(self) -> datetime:
        return START + timedelta(seconds=self.virtual())

    def sleep(self, seconds: float, until: threading.Event) -> None:
        del until
        self.virtual.advance(max(seconds, 0.001))  # so that time passes for a rounded wait too


class Seen(msgspec.Struct):
    """What a collector said, sorted by kind."""

    said: list[Observation]
    error: Exception | None = None
    version: int = 1

    def of(self, *kinds: type[Any]) -> list[Any]:
        return [one for one in self.said if isinstance(one, kinds)]

    @property
    def listed(self) -> list[str]:
        return [native_id for page in self.of(Listed) for native_id in page.native_ids]

    @property
    def whole(self) -> bool:
        pages = self.of(Listed)
        return bool(pages) and pages[-1].last and self.error is None

    @property
    def recorded(self) -> dict[str, Recorded]:
        return {one.native_id: one for one in self.of(Recorded)}

    @property
    def failed(self) -> dict[str, ErrorRecord]:
        return {one.native_id: one.error for one in self.of(Failed)}

    @property
    def skipped(self) -> dict[str, str]:
        return {one.native_id: one.reason for one in self.of(Skipped)}

    @property
    def unseen(self) -> list[tuple[str, str]]:
        return [(one.detail, one.error.kind) for one in self.of(Unseen)]

    @property
    def entities(self) -> list[Any]:
        return [entity for one in self.of(Recorded) for entity in one.entities]

    @property
    def unchanged(self) -> list[Deployment]:
        return [item for one in self.of(Recorded) for item in one.unchanged]

    def one(self, name: str, stage: str | None = None) -> Any:
        found = [
            item
            for item in (*self.entities, *self.unchanged)
            if getattr(item, "name", None) == name and stage in {None, getattr(item, "stage", None)}
        ]
        assert len(found) == 1, [(item.name, getattr(item, "stage", None)) for item in found]
        return found[0]

    def closes(self) -> bool:
        """Say whether every listed object ended exactly once, and nothing else did."""
        ended = [one.native_id for one in self.of(Recorded, Unchanged, Failed, Skipped)]
        return sorted(ended) == sorted(self.listed) and len(set(ended)) == len(ended)

    def known(self) -> list[Known]:
        """What a store would remember of it."""
        return [
            Known(
                uid=item.uid,
                name=item.name,
                part="",
                listed_id=one.native_id,
                facts=b"",
                detail=b"",
                token=f"{self.version}/{one.tokens[item.uid]}",
                token_at=START,
            )
            for one in self.of(Recorded)
            for item in (*one.entities, *one.unchanged)
            if getattr(item, "uid", None) in one.tokens
        ]


class Desk:
    """Runs collectors against an endpoint.

    Args:
        settings: The source's.
        clock: Drives budgets, and the emulated quotas if they are on the same one.
        exclude: What the source leaves out.
    """

    def __init__(
        self,
        settings: AwsSettings | None = None,
        clock: SteppingClock | None = None,
        exclude: Rules | None = None,
    ) -> None:
        self.settings = settings or AwsSettings()
        self.clock = clock or SteppingClock()
        self.stop = Stop(self.clock)
        self.provider = AwsProvider()
        self.title: str | None = None
        self.plan = SourcePlan("prod", "aws", self.settings, exclude=exclude or Rules())
        #: No more calls at once than the smallest burst: on a clock that only sleepers move,
        #: calls that were paid for one after the other may all arrive at the same time.
        self.workers = Workers(per_account=4 if clock else 8)
        self.budget = ScopeBudget(Quotas(self.clock), "aws", self.stop)

    @contextmanager
    def session(
        self, collector: Collector | None = None, account: str = ACCOUNT, region: str = REGION
    ) -> Iterator[AwsSession]:
        quotas = Quotas(self.clock)
        quotas.publish("aws", collector.quotas if collector else ())
        self.budget = ScopeBudget(quotas, "aws", self.stop)
        reach = Reach(key=f"{account}/{region}", account=account, region=region, title=self.title)
        with self.provider.session(self.settings, reach, self.budget) as session:
            yield session

    def collect(
        self,
        collector: Collector,
        *,
        known: Iterable[Known] = (),
        account: str = ACCOUNT,
        region: str = REGION,
    ) -> Seen:
        reach = Reach(key=f"{account}/{region}", account=account, region=region, title=self.title)
        scope = Scope("prod", "aws", collector.product, reach)
        seen = Seen([], version=collector.normaliser_version)
        with self.session(collector, account, region) as session:
            visit = ScopeVisit(
                session,
                self.plan,
                scope,
                tokens=TokenBook(known, collector.normaliser_version),
                stop=self.stop,
                clock=self.clock,
                workers=self.workers,
            )
            try:
                seen.said.extend(self._read(collector, scope, visit, seen))
            except Exception as error:  # noqa: BLE001 - the edge of a run, as in `apiscape.collect`
                seen.error = error
        return seen

    @staticmethod
    def _read(collector: Collector, scope: Scope, visit: Any, seen: Seen) -> Iterator[Observation]:
        for one in collector.discover(scope, visit):
            seen.said.append(one)
        yield from ()

    def close(self) -> None:
        self.workers.close()
