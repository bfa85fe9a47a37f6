"""A desk that hears of changes and looks again, as an agent does between visits."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from apiscape.collect.visit import ScopeVisit, TokenBook
from apiscape.collectors.aws.settings import AwsSettings
from apiscape.collectors.changing import Change, Heard, Touched, Unheard
from apiscape.model.known import Known
from apiscape.model.run import Reach, Scope
from tests.collectors.aws.desk import ACCOUNT, REGION, START, Desk, Seen

TOPICS = ("apigateway.amazonaws.com",)
REACH = Reach(key=f"{ACCOUNT}/{REGION}", account=ACCOUNT, region=REGION)


class HearingDesk(Desk):
    """Keeps notes from look to look."""

    def __init__(self, **more: Any) -> None:
        super().__init__(AwsSettings(total_max_attempts=1), **more)
        self.notes: dict[str, bytes] | None = {}

    def visit(
        self, session: Any, product: str, known: Sequence[Known] = (), version: int = 1
    ) -> ScopeVisit:
        visit = ScopeVisit(
            session,
            self.plan,
            Scope("prod", "aws", product, REACH),
            tokens=TokenBook(known, version),
            stop=self.stop,
            clock=self.clock,
            workers=self.workers,
        )
        visit.notes = self.notes
        return visit

    def hear(self, since: datetime = START, topics: Sequence[str] = TOPICS) -> list[Heard]:
        """Read the log of changes; what ends it early is raised."""
        with self.session() as session:
            visit = self.visit(session, "aws.apigateway.rest")
            scope = Scope("prod", "aws", "aws.apigateway.rest", REACH)
            return list(self.provider.changes(scope, visit, topics, since))

    def changes(self) -> list[Change]:
        return [each for each in self.hear() if isinstance(each, Change)]

    def unheard(self) -> list[Unheard]:
        return [each for each in self.hear() if isinstance(each, Unheard)]

    def list_all(self, collector: Any) -> Seen:
        """Visit everything, as a run does that keeps notes."""
        seen = Seen([], version=collector.normaliser_version)
        with self.session(collector) as session:
            visit = self.visit(session, collector.product)
            scope = Scope("prod", "aws", collector.product, REACH)
            seen.said.extend(collector.discover(scope, visit))
        return seen

    def look(self, collector: Any, *objects: Touched, known: Sequence[Known] = ()) -> Seen:
        """Look at objects again."""
        seen = Seen([], version=collector.normaliser_version)
        with self.session(collector) as session:
            visit = self.visit(
                session, collector.product, known, version=collector.normaliser_version
            )
            scope = Scope("prod", "aws", collector.product, REACH)
            seen.said.extend(collector.look_again(scope, visit, objects))
        return seen


def touched(native_id: str, *names: str) -> Touched:
    return Touched(native_id, frozenset(names))
