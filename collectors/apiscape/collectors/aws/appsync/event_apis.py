"""Event APIs of AWS AppSync.

Calls: one `ListApis` per 25 APIs; per API one `ListChannelNamespaces` per 25 of them, and where a
handler calls a data source one `ListDataSources` per 25. An unchanged API costs the same: what says
that a namespace was changed is the listing of namespaces itself.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import ClassVar

from apiscape.collectors.aws.appsync import events, naming
from apiscape.collectors.aws.appsync.counting import EVENT, FIGURES, by_id
from apiscape.collectors.aws.appsync.sources import read_data_sources
from apiscape.collectors.aws.appsync.trying import EVENT_RECIPES, LIST_EVENT
from apiscape.collectors.aws.calls import Calls
from apiscape.collectors.aws.gaps import Gaps
from apiscape.collectors.aws.listing import Members, walk
from apiscape.collectors.aws.offering import where_offered
from apiscape.collectors.aws.picking import Item, text
from apiscape.collectors.aws.session import AwsSession
from apiscape.collectors.aws.traffic import CountedByCloudWatch, Figures, Found
from apiscape.collectors.aws.trials import try_each
from apiscape.collectors.contract import Observation, Permission, Quota, Recorded, Visit
from apiscape.collectors.measuring import Price
from apiscape.collectors.trying import Tried
from apiscape.model.deployment import Backend, Deployment
from apiscape.model.run import Scope
from apiscape.model.values import UNKNOWN, Unknown

PART = "ListApis"


class EventCollector(CountedByCloudWatch):
    """Lists Event APIs."""

    product: ClassVar[str] = events.KIND
    title: ClassVar[str] = "AppSync Event APIs"
    provider: ClassVar[str] = "aws"
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
    stability: ClassVar[str] = "beta"
    normaliser_version: ClassVar[int] = 1
    figures: ClassVar[Figures] = FIGURES
    traffic_price: ClassVar[Price | None] = FIGURES.price

    def tell_apart(self, visit: Visit, deployments: Sequence[Deployment]) -> Found:
        """Tell APIs apart by id."""
        del visit  # nobody has to be asked
        return by_id(EVENT, deployments)

    def try_permissions(self, scope: Scope, visit: Visit) -> Iterator[Tried]:
        """Yield what came of trying each permission."""
        del scope  # the session knows its place
        calls = visit.session.calls(self.permissions)
        return try_each(calls, self.permissions, noun="Event API", recipes=EVENT_RECIPES)

    def discover(self, scope: Scope, visit: Visit) -> Iterator[Observation]:
        """Yield every Event API of an account's region.

        Raises:
            CollectorError: the listing could not be read to its end.
        """
        del scope  # the session knows its place
        session: AwsSession = visit.session
        calls = session.calls(self.permissions)
        said = walk(
            PART,
            calls.pages(LIST_EVENT),
            Members("apiId", "name", "tags"),
            visit,
            lambda api_id, api: _look(session, calls, api_id, api),
        )
        yield from where_offered(PART, naming.SERVICE, session, said)


def _look(session: AwsSession, calls: Calls, api_id: str, api: Item) -> list[Observation]:
    """Return an API as recorded, and what of it could not be seen.

    Raises:
        CollectorError: what fails the API as a whole.
    """

    def listed(what: str, operation: str) -> tuple[Item, ...] | None:
        return gaps.attempt(what, lambda: calls.everything(operation, apiId=api_id))

    gaps = Gaps()
    place = session.place.owning(text(api, "apiArn"))
    namespaces = listed("channel namespaces", "appsync:ListChannelNamespaces")
    backends: tuple[Backend, ...] | Unknown = UNKNOWN if namespaces is None else ()
    if events.needs_data_sources(namespaces or ()):
        sources = listed("data sources", "appsync:ListDataSources")
        backends = UNKNOWN if sources is None else read_data_sources(sources)
    known = UNKNOWN if namespaces is None else namespaces
    item = events.normalise(api, known, backends, place, session.tags)
    return [Recorded(api_id, entities=(item,)), *gaps.said(api_id)]
