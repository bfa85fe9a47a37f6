"""Event APIs of AWS AppSync.

Calls: one `ListApis` per 25 APIs; per API one `ListChannelNamespaces` per 25 of them, and where a
handler calls a data source one `ListDataSources` per 25. An unchanged API costs the same: what says
that a namespace was changed is the listing of namespaces itself.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import ClassVar

from apiscape.collectors.aws.appsync import events, naming
from apiscape.collectors.aws.appsync.sources import read_data_sources
from apiscape.collectors.aws.appsync.trying import EVENT_RECIPES, LIST_EVENT
from apiscape.collectors.aws.calls import Calls
from apiscape.collectors.aws.errors import ONE_DETAIL
from apiscape.collectors.aws.listing import Members, walk
from apiscape.collectors.aws.offering import where_offered
from apiscape.collectors.aws.picking import Item, text
from apiscape.collectors.aws.session import AwsSession
from apiscape.collectors.aws.trials import try_each
from apiscape.collectors.contract import (
    CollectorError,
    Gone,
    Observation,
    Permission,
    Quota,
    Recorded,
    Unseen,
    Visit,
)
from apiscape.collectors.trying import Tried
from apiscape.model.deployment import Backend
from apiscape.model.run import Scope
from apiscape.model.values import UNKNOWN, Unknown

PART = "ListApis"


class EventCollector:
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
    """Return an API as recorded, and what of it could not be seen."""
    unseen: dict[str, CollectorError] = {}
    place = session.place.owning(text(api, "apiArn"))
    namespaces = _list(calls, "channel namespaces", "appsync:ListChannelNamespaces", api_id, unseen)
    known = () if namespaces is None else namespaces
    backends: tuple[Backend, ...] | Unknown = UNKNOWN if namespaces is None else ()
    if events.needs_data_sources(known):
        sources = _list(calls, "data sources", "appsync:ListDataSources", api_id, unseen)
        backends = UNKNOWN if sources is None else read_data_sources(sources)
    item = events.normalise(
        api, UNKNOWN if namespaces is None else namespaces, backends, place, session.tags
    )
    gaps = (Unseen(api_id, what, error.record()) for what, error in unseen.items())
    return [Recorded(api_id, entities=(item,)), *gaps]


def _list(
    calls: Calls, what: str, operation: str, api_id: str, unseen: dict[str, CollectorError]
) -> Sequence[Item] | None:
    """Return a listing of an API's, or `None` and a gap where it may not be read.

    Raises:
        Gone: the API was deleted meanwhile.
        CollectorError: it may be readable the next time.
    """
    try:
        return calls.everything(operation, apiId=api_id)
    except Gone:
        raise
    except ONE_DETAIL as error:
        unseen[what] = error
        return None
