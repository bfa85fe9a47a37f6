"""CloudTrail's event history of one region: what the builders change after a mark, as AWS writes it down."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Self

from apiscape.demo.aws.estate.backends import Fields
from apiscape.demo.aws.estate.identifiers import access_key, identifier

if TYPE_CHECKING:
    from apiscape.demo.aws.estate.region import Region

AGENTS = "bedrock-agentcore.amazonaws.com"
API_GATEWAY = "apigateway.amazonaws.com"
APPRUNNER = "apprunner.amazonaws.com"
APPSYNC = "appsync.amazonaws.com"
BALANCERS = "elasticloadbalancing.amazonaws.com"
FIREWALLS = "wafv2.amazonaws.com"
FUNCTIONS = "lambda.amazonaws.com"
LATTICE = "vpc-lattice.amazonaws.com"

Now = Callable[[], datetime]


def _real_now() -> datetime:
    return datetime.now(UTC)


@dataclass
class TrailEvent:
    """One event.

    Attributes:
        at: When it happened.
        told_at: From when on it is told: minutes after.
        fields: Members of the `Event` shape.
    """

    at: datetime
    told_at: datetime
    source: str
    fields: Fields


@dataclass(eq=False)
class Trail:
    """The event history of a region; reached by `region.shelves.of(Trail)`, and empty until `mark`.

    Attributes:
        events: Oldest first.
        delay: How long after the fact it tells of an event.
    """

    region: Region = field(repr=False)
    events: list[TrailEvent] = field(default_factory=list)
    delay: timedelta = timedelta()
    _now: Now | None = None

    def mark(self, now: Now = _real_now, *, delay: timedelta = timedelta()) -> Self:
        """Write down from now on what the builders change here, by that clock."""
        self._now, self.delay = now, delay
        return self

    def now(self) -> datetime:
        """The time by which events are written."""
        return (self._now or _real_now)()

    def changed(
        self, name: str, asked: Fields, made: Fields | None = None, *, source: str = API_GATEWAY
    ) -> None:
        """Write down what a builder did, once there was a mark."""
        if self._now is not None:
            self.note(name, asked, made, source=source)

    def note(
        self,
        name: str,
        asked: Fields | None,
        made: Fields | None = None,
        *,
        source: str = API_GATEWAY,
        read_only: bool = False,
        error: str | None = None,
    ) -> TrailEvent:
        """Write down an event, whatever it is of.

        Args:
            name: What was called (`CreateDeployment`).
            asked: Its request parameters.
            made: What it was answered.
            source: The service that was called.
            read_only: Whether it only read.
            error: Code that it was refused with.
        """
        at, account = self.now(), self.region.account
        key = identifier(account.id, self.region.name, "event", len(self.events), length=32)
        caller = access_key("AKIA", account.id)
        body = self._envelope(at, key, caller) | {
            "eventSource": source,
            "eventName": name,
            "requestParameters": asked,
            "responseElements": made,
            "readOnly": read_only,
            **({} if error is None else {"errorCode": error, "errorMessage": "refused"}),
        }
        fields: Fields = {
            "EventId": key,
            "EventName": name,
            "ReadOnly": "true" if read_only else "false",
            "AccessKeyId": caller,
            "EventTime": at,
            "EventSource": source,
            "Username": account.user,
            "Resources": [],
            "CloudTrailEvent": json.dumps(body),
        }
        event = TrailEvent(at, at + self.delay, source, fields)
        self.events.append(event)
        return event

    def _envelope(self, at: datetime, key: str, caller: str) -> Fields:
        account = self.region.account
        return {
            "eventVersion": "1.09",
            "userIdentity": {
                "type": "IAMUser",
                "accountId": account.id,
                "accessKeyId": caller,
                "userName": account.user,
            },
            "eventTime": at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "awsRegion": self.region.name,
            "sourceIPAddress": "192.0.2.10",
            "eventID": key,
            "eventType": "AwsApiCall",
            "managementEvent": True,
            "recipientAccountId": account.id,
        }
