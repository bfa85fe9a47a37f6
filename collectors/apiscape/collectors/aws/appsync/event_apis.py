"""Event APIs of AWS AppSync.

Calls: one `ListApis` per 25 APIs; per API one `ListChannelNamespaces` per 25 of them, and where a
handler calls a data source one `ListDataSources` per 25. An unchanged API costs the same: what says
that a namespace was changed is the listing of namespaces itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from apiscape.collectors.aws.again import LooksAgainCollector
from apiscape.collectors.aws.appsync import again, events, naming
from apiscape.collectors.aws.appsync.counting import EVENT, FIGURES, by_id
from apiscape.collectors.aws.appsync.sources import read_data_sources
from apiscape.collectors.aws.appsync.trying import EVENT_RECIPES, LIST_EVENT
from apiscape.collectors.aws.listing import Members
from apiscape.collectors.aws.looking import Look, LookCollector, Near
from apiscape.collectors.aws.picking import Item, part, text
from apiscape.collectors.aws.traffic import CountedByCloudWatch, Figures, Found
from apiscape.collectors.aws.trials import Recipes
from apiscape.collectors.changing import Change, Touched
from apiscape.collectors.contract import Observation, Permission, Quota, Recorded, Visit
from apiscape.collectors.measuring import Price
from apiscape.model.deployment import Backend, Deployment
from apiscape.model.values import UNKNOWN, Unknown

PART = "ListApis"


class EventCollector(LookCollector, LooksAgainCollector, CountedByCloudWatch):
    """Lists Event APIs."""

    product: ClassVar[str] = events.KIND
    title: ClassVar[str] = "AppSync Event APIs"
    permissions: ClassVar[tuple[Permission, ...]] = (
        naming.right("ListApis", "which Event APIs exist, and their default ways in"),
        naming.right(
            "ListChannelNamespaces",
            "channel namespaces: what can be published and subscribed to, and by whom",
            optional=True,
        ),
        naming.right("ListDataSources", "backends", optional=True),
    )
    quotas: ClassVar[tuple[Quota, ...]] = (naming.QUOTA,)
    parts: ClassVar[tuple[str, ...]] = (PART,)
    listing: ClassVar[str] = LIST_EVENT
    members: ClassVar[Members] = Members("apiId", "name", "tags")
    noun: ClassVar[str] = "Event API"
    tried_with: ClassVar[Recipes] = EVENT_RECIPES
    service: ClassVar[str | None] = naming.SERVICE
    normaliser_version: ClassVar[int] = 1
    topics: ClassVar[tuple[str, ...]] = again.TOPICS
    again_permissions: ClassVar[tuple[Permission, ...]] = (
        naming.right(
            "GetApi",
            "what became of an Event API that a change names, without listing all of them",
            optional=True,
        ),
    )
    figures: ClassVar[Figures] = FIGURES
    traffic_price: ClassVar[Price | None] = FIGURES.price

    def tell_apart(self, visit: Visit, deployments: Sequence[Deployment]) -> Found:
        """Tell APIs apart by id."""
        del visit  # nobody has to be asked
        return by_id(EVENT, deployments)

    def look(self, near: Near, key: str, listed: Item) -> list[Observation]:
        """Return what is said of one API."""
        return _Look(near, key, listed).observe()

    def touched(self, change: Change) -> tuple[str, ...]:
        """Return the API that a change names."""
        return again.named(change, event=True)

    def find(self, near: Near, touched: Touched) -> Item:
        """Return an API as the listing would have it."""
        return part(near.calls.call("appsync:GetApi", apiId=touched.native_id), "api")


class _Look(Look):
    """A look at one API."""

    def observe(self) -> list[Observation]:
        """Return the API as recorded, and what of it could not be seen.

        Raises:
            CollectorError: what fails the API as a whole.
        """
        place = self.place.owning(text(self.listed, "apiArn"))
        of_api = {"apiId": self.key}
        namespaces = self.list_all("channel namespaces", "appsync:ListChannelNamespaces", **of_api)
        backends: tuple[Backend, ...] | Unknown = UNKNOWN if namespaces is None else ()
        if events.needs_data_sources(namespaces or ()):
            sources = self.list_all("data sources", "appsync:ListDataSources", **of_api)
            backends = UNKNOWN if sources is None else read_data_sources(sources)
        known = UNKNOWN if namespaces is None else namespaces
        item = events.normalise(self.listed, known, backends, place, self.keys)
        return self.with_gaps(Recorded(self.key, entities=(item,)))
