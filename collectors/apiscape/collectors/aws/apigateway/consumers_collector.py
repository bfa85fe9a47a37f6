"""Usage plans of Amazon API Gateway: who is let in to which stage, and how often. Never a key.

Calls: one `GetUsagePlans` per 500. The keys of a plan are not listed: that call answers with
their values.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from apiscape.collectors.aws.listing import Members, walk
from apiscape.collectors.aws.names import Place
from apiscape.collectors.aws.operations import CONTROL_PLANE_QUOTA
from apiscape.collectors.aws.picking import Item, count, items, labels, number, part, text
from apiscape.collectors.aws.session import AwsSession
from apiscape.collectors.aws.trials import try_each
from apiscape.collectors.contract import Observation, Permission, Quota, Recorded, Visit
from apiscape.collectors.trying import Tried
from apiscape.model.identity import entity_uid
from apiscape.model.run import Scope
from apiscape.model.surroundings import Consumer

PART = "GetUsagePlans"
KIND = "aws.apigateway.usage_plan"


class UsagePlanCollector:
    """Lists usage plans."""

    product: ClassVar[str] = "aws.apigateway.consumers"
    title: ClassVar[str] = "API Gateway usage plans"
    provider: ClassVar[str] = "aws"
    permissions: ClassVar[tuple[Permission, ...]] = (
        Permission(
            action="apigateway:GET",
            resources=("arn:{partition}:apigateway:*::/usageplans",),
            operations=("apigateway:GetUsagePlans",),
            reveals="usage plans: who is let in to which stage, and how often; no keys",
        ),
    )
    quotas: ClassVar[tuple[Quota, ...]] = (CONTROL_PLANE_QUOTA,)
    parts: ClassVar[tuple[str, ...]] = (PART,)
    consumers_of: ClassVar[tuple[str, ...]] = ("aws.apigateway.rest", "aws.apigateway.websocket")
    stability: ClassVar[str] = "beta"
    normaliser_version: ClassVar[int] = 1

    def try_permissions(self, scope: Scope, visit: Visit) -> Iterator[Tried]:
        """Yield what came of trying each permission."""
        del scope  # the session knows its place
        calls = visit.session.calls(self.permissions)
        return try_each(calls, self.permissions)

    def discover(self, scope: Scope, visit: Visit) -> Iterator[Observation]:
        """Yield every usage plan of an account's region.

        Raises:
            CollectorError: the listing could not be read to its end.
        """
        del scope  # the session knows its place
        session: AwsSession = visit.session
        calls = session.calls(self.permissions)
        yield from walk(
            PART,
            calls.pages("apigateway:GetUsagePlans"),
            Members("id", "name", "tags"),
            visit,
            lambda plan_id, plan: [
                Recorded(plan_id, entities=(normalise(plan, session.place),)),
            ],
        )


def normalise(plan: Item, place: Place) -> Consumer:
    """Return the consumer that a usage plan stands for.

    Args:
        plan: Item of `GetUsagePlans`.
        place: Where the answer comes from.
    """
    plan_id = text(plan, "id") or ""
    native_id = place.native_id(f"usageplans/{plan_id}")
    throttle = part(plan, "throttle")
    return Consumer(
        uid=entity_uid("consumer", native_id),
        native_id=native_id,
        native_kind=KIND,
        provider="aws",
        account=place.account,
        region=place.region,
        name=text(plan, "name") or plan_id,
        admits=tuple(sorted(_admitted(plan, place))),
        rate_limit_per_s=number(throttle, "rateLimit"),
        burst=count(throttle, "burstLimit"),
        quota=_quota(part(plan, "quota")),
        labels=labels(plan, "tags"),
    )


def _admitted(plan: Item, place: Place) -> Iterator[tuple[str, str]]:
    """Yield the API and stage of each stage that the plan covers."""
    for covered in items(plan, "apiStages"):
        api_id, stage = text(covered, "apiId"), text(covered, "stage")
        if api_id and stage:
            yield place.native_id(api_id), stage


def _quota(given: Item) -> str | None:
    """Return `1000/DAY`, or `None` where there is no limit."""
    limit = count(given, "limit")
    return None if limit is None else f"{limit}/{text(given, 'period') or '?'}"
