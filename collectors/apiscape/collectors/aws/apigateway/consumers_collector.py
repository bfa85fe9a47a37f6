"""Usage plans of Amazon API Gateway: who is let in to which stage, and how often. Never a key.

Calls: one `GetUsagePlans` per 500. The keys of a plan are listed only where the source has
`usage_plans.clients`, by one call for each 500 of them: it answers with their values, of which nothing is
picked but the names that people gave them.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from apiscape.collectors.aws.again import LooksAgainCollector
from apiscape.collectors.aws.apigateway.again import TOPIC, named_plan
from apiscape.collectors.aws.apigateway.trying import RECIPES
from apiscape.collectors.aws.listing import Members
from apiscape.collectors.aws.looking import Look, LookCollector, Near
from apiscape.collectors.aws.names import Place
from apiscape.collectors.aws.operations import CONTROL_PLANE_QUOTA
from apiscape.collectors.aws.picking import WITHHELD, Item, is_missing, labels, number, text
from apiscape.collectors.aws.trials import Recipes
from apiscape.collectors.changing import Change, Touched
from apiscape.collectors.contract import Observation, Permission, Quota, Recorded
from apiscape.model.identity import entity_uid
from apiscape.model.surroundings import Consumer
from apiscape.model.values import UNKNOWN, Unknown, is_known

PART = "GetUsagePlans"
LISTING = "apigateway:GetUsagePlans"
CLIENTS = "apigateway:GetUsagePlanKeys"
KIND = "aws.apigateway.usage_plan"


class UsagePlanCollector(LookCollector, LooksAgainCollector):
    """Lists usage plans."""

    product: ClassVar[str] = "aws.apigateway.consumers"
    title: ClassVar[str] = "API Gateway usage plans"
    permissions: ClassVar[tuple[Permission, ...]] = (
        Permission(
            action="apigateway:GET",
            resources=("arn:{partition}:apigateway:*::/usageplans",),
            operations=("apigateway:GetUsagePlans",),
            reveals="usage plans: who is let in to which stage, and how often; no keys",
        ),
        Permission(
            action="apigateway:GET",
            resources=("arn:{partition}:apigateway:*::/usageplans/*/keys",),
            operations=(CLIENTS,),
            reveals="who the clients of usage plans are, by name; values of keys are dropped unread",
            optional=True,
            asked_where="usage_plans.clients",
        ),
    )
    quotas: ClassVar[tuple[Quota, ...]] = (CONTROL_PLANE_QUOTA,)
    parts: ClassVar[tuple[str, ...]] = (PART,)
    listing: ClassVar[str] = LISTING
    members: ClassVar[Members] = Members("id", "name", "tags")
    noun: ClassVar[str] = "usage plan"
    tried_with: ClassVar[Recipes] = RECIPES
    topics: ClassVar[tuple[str, ...]] = (TOPIC,)
    consumers_of: ClassVar[tuple[str, ...]] = ("aws.apigateway.rest", "aws.apigateway.websocket")
    normaliser_version: ClassVar[int] = 1

    def look(self, near: Near, key: str, listed: Item) -> list[Observation]:
        """Return what is said of one usage plan."""
        return _Look(near, key, listed).observe()

    def touched(self, change: Change) -> tuple[str, ...]:
        """Return the usage plan that a change names."""
        return named_plan(change)

    def find(self, near: Near, touched: Touched) -> Item | None:
        """Return a usage plan as it is listed: the right to read one alone is also one to read its keys.

        Of one that is not listed nothing is said; that it is gone is for a whole visit to tell.
        """
        return near.once(_listed).get(touched.native_id)


class _Look(Look):
    """A look at one usage plan."""

    def observe(self) -> list[Observation]:
        """Return the plan as recorded, and whether its clients could be seen.

        Raises:
            CollectorError: it was deleted meanwhile, or may be readable the next time.
        """
        plan = normalise(self.listed, self.place, self._clients())
        return self.with_gaps(Recorded(self.key, entities=(plan,)))

    def _clients(self) -> tuple[str, ...] | Unknown:
        """Return the names of the plan's clients; unknown where the source does not ask for them."""
        if not self.session.settings.usage_plans.clients:
            return UNKNOWN
        keys = self.list_all("clients", CLIENTS, usagePlanId=self.key)
        return UNKNOWN if keys is None else name_clients(keys)


def name_clients(keys: Iterable[Item]) -> tuple[str, ...]:
    """Return what people call those that a plan lets in; of one without a name its id, and never a value."""
    return tuple(sorted(map(_client, keys)))


def _client(key: Item) -> str:
    name, value = text(key, "name") or text(key, "id") or "?", text(key, "value")
    return WITHHELD if value is not None and value in name else name


def _listed(near: Near) -> dict[str, Item]:
    """Return the usage plans of a region by id."""
    listed = near.calls.everything(LISTING)
    return {key: each for each in listed if (key := text(each, "id"))}


def normalise(plan: Item, place: Place, clients: tuple[str, ...] | Unknown = UNKNOWN) -> Consumer:
    """Return the consumer that a usage plan stands for.

    Args:
        plan: Item of `GetUsagePlans`.
        place: Where the answer comes from.
        clients: Names of those that it lets in.
    """
    plan_id = text(plan, "id") or ""
    native_id = place.native_id(f"usageplans/{plan_id}")
    throttle = plan.get("throttle")
    burst = _figure(throttle, "burstLimit")
    return Consumer(
        uid=entity_uid("consumer", native_id),
        native_id=native_id,
        native_kind=KIND,
        provider="aws",
        account=place.account,
        region=place.region,
        name=text(plan, "name") or plan_id,
        admits=_admitted(plan, place),
        rate_limit_per_s=_figure(throttle, "rateLimit"),
        burst=int(burst) if isinstance(burst, float) else burst,
        quota=_quota(plan.get("quota")),
        members=len(clients) if is_known(clients) else UNKNOWN,
        clients=clients,
        labels=labels(plan, "tags"),
    )


def _admitted(plan: Item, place: Place) -> tuple[tuple[str, str], ...] | Unknown:
    """Return the API and stage of each stage that the plan covers; unknown where one of them is not said."""
    if is_missing(plan, "apiStages"):
        return ()
    covered = plan["apiStages"]
    if not isinstance(covered, list | tuple):
        return UNKNOWN
    named = [(text(each, "apiId"), text(each, "stage")) for each in covered]
    whole = [(place.native_id(api_id), stage) for api_id, stage in named if api_id and stage]
    return tuple(sorted(whole)) if len(whole) == len(named) else UNKNOWN


def _figure(given: object, key: str) -> float | Unknown | None:
    """Return a limit; none where nothing is said of it, unknown where that is no figure."""
    if given is None or is_missing(given, key):
        return None
    value = number(given, key)
    return UNKNOWN if value is None else value


def _quota(given: object) -> str | Unknown | None:
    """Return `1000/DAY`, or `None` where there is no limit."""
    limit = _figure(given, "limit")
    if not is_known(limit):
        return UNKNOWN
    return None if limit is None else f"{int(limit)}/{text(given, 'period') or '?'}"
