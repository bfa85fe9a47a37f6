"""Portals of API Gateway: records of a catalogue, linked to the stages whose pages they show.

Calls: one `ListPortals` per page, and one `ListProductRestEndpointPages` per page of every product that
a portal includes, each product once.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import ClassVar

import msgspec

from apiscape.collectors.aws.again import LooksByListing, only
from apiscape.collectors.aws.apigateway.again import TOPIC
from apiscape.collectors.aws.calls import Calls, Page
from apiscape.collectors.aws.gaps import Gaps
from apiscape.collectors.aws.listing import Members, walk
from apiscape.collectors.aws.names import Place
from apiscape.collectors.aws.operations import CONTROL_PLANE_QUOTA
from apiscape.collectors.aws.picking import Item, part, text, texts
from apiscape.collectors.aws.portals.portals import (
    PRODUCT,
    count_tried,
    count_untold,
    named,
    normalise,
    products_are_named,
    read_authorization,
    read_pages,
)
from apiscape.collectors.aws.session import AwsSession
from apiscape.collectors.aws.trials import NothingToTry, Parameters, Recipes, Told, try_each
from apiscape.collectors.changing import Change
from apiscape.collectors.contract import (
    Gone,
    Malformed,
    Observation,
    Permission,
    Quota,
    Recorded,
    Visit,
)
from apiscape.collectors.trying import Tried
from apiscape.model.run import Scope
from apiscape.model.surroundings import Observable

PART = "ListPortals"
PORTALS, PAGES = "apigatewayv2:ListPortals", "apigatewayv2:ListProductRestEndpointPages"
MEMBERS = Members("PortalId", "shownName", "Tags")
_ACCOUNT = 4


def _permission(operation: str, reveals: str, *, optional: bool = False) -> Permission:
    return Permission(
        action=f"apigateway:{operation}",
        operations=(f"apigatewayv2:{operation}",),
        reveals=reveals,
        optional=optional,
    )


class PortalCollector(LooksByListing):
    """Lists portals."""

    product: ClassVar[str] = PRODUCT
    title: ClassVar[str] = "API Gateway portals"
    provider: ClassVar[str] = "aws"
    permissions: ClassVar[tuple[Permission, ...]] = (
        _permission("ListPortals", "portals: where REST APIs are published for developers"),
        _permission(
            "ListProductRestEndpointPages", "which stages a portal publishes", optional=True
        ),
    )
    quotas: ClassVar[tuple[Quota, ...]] = (CONTROL_PLANE_QUOTA,)
    parts: ClassVar[tuple[str, ...]] = (PART,)
    topics: ClassVar[tuple[str, ...]] = (TOPIC,)
    stability: ClassVar[str] = "beta"
    normaliser_version: ClassVar[int] = 1

    def try_permissions(self, scope: Scope, visit: Visit) -> Iterator[Tried]:
        """Yield what came of trying each permission."""
        del scope  # the session knows its place
        calls = visit.session.calls(self.permissions)
        return try_each(calls, self.permissions, noun="portal", recipes=_RECIPES)

    def touched(self, change: Change) -> tuple[str, ...]:
        """Return the portal that a change is of."""
        return named(change)

    def read(self, visit: Visit, wanted: frozenset[str] | None = None) -> Iterator[Observation]:
        """Yield every portal of an account's region, or those that are wanted.

        Raises:
            CollectorError: the listing could not be read to its end.
        """
        session: AwsSession = visit.session
        calls = session.calls(self.permissions)
        products = _Products(calls, session.place.account)
        pages = (
            Page(tuple({**each, MEMBERS.name: _shown(each)} for each in page.items), page.last)
            for page in (only(each, MEMBERS.id, wanted) for each in calls.pages(PORTALS))
        )
        yield from walk(
            PART,
            pages,
            MEMBERS,
            visit,
            lambda key, portal: _look(session, products, visit, key, portal),
        )


def _shown(portal: Item) -> str | None:
    return text(part(portal, "PortalContent"), "DisplayName")


class _Products:
    """The pages of products: several portals may include one, which is read once."""

    def __init__(self, calls: Calls, account: str) -> None:
        self._calls = calls
        self._account = account
        self._pages: dict[str, tuple[Item, ...]] = {}
        self._lock = threading.Lock()

    def pages(self, arn: str) -> tuple[Item, ...]:
        """Return the pages of a product.

        Raises:
            CollectorError: they could not be read.
        """
        with self._lock:
            if arn not in self._pages:
                self._pages[arn] = self._calls.everything(PAGES, **_product(arn, self._account))
            return self._pages[arn]


def _look(
    session: AwsSession, products: _Products, visit: Visit, key: str, portal: Item
) -> list[Observation]:
    """Return a portal as recorded, and the products whose pages could not be seen."""
    gaps = Gaps()
    record = normalise(portal, session.place)
    now = visit.now()
    owned: dict[Place, list[Item]] = {}
    for arn in texts(portal, "IncludedPortalProductArns"):
        what = f"pages of product {arn.rpartition('/')[2]}"
        try:
            shown = gaps.attempt(what, lambda arn=arn: products.pages(arn))  # type: ignore[misc]  # bound per turn
            owned.setdefault(session.place.owning(arn), []).extend(shown or ())
        except Gone as error:  # the product alone: the portal was listed, and stands
            gaps.note(what, Malformed(error.message, operation=error.operation))
    if not products_are_named(portal):
        gaps.note("products", Malformed("not every product of the portal can be read"))
    told = [page for pages in owned.values() for page in pages]
    untold = count_untold(told)
    if untold:
        gaps.note("pages", Malformed(f"{untold} of {len(told)} pages name no stage"))
    record = msgspec.structs.replace(record, untold=gaps.words())
    entities: list[Observable] = [record, read_authorization(portal, record.uid, now)]
    for owner, pages in owned.items():
        entities.extend(read_pages(pages, record.uid, owner))
    if not gaps:
        entities.append(count_tried(told, record.uid, now))
    return [Recorded(key, entities=tuple(entities)), *gaps.said(key)]


def _product(arn: str, account: str) -> Parameters:
    """Return how a product is asked for; one that another account shares is asked for with its owner."""
    owner = f"{arn}:::::".split(":")[_ACCOUNT]
    shared = {"ResourceOwnerAccountId": owner} if owner not in {"", account} else {}
    return {"PortalProductId": arn.rpartition("/")[2], **shared}


def _nothing(_told: Told) -> Parameters:
    return {}


def _included(told: Told) -> Parameters:
    arns = texts(told.first(PORTALS), "IncludedPortalProductArns")
    if not arns:
        raise NothingToTry("no product to try it on: the first portal includes none")
    return {"PortalProductId": arns[0].rpartition("/")[2]}


_RECIPES: Recipes = {PORTALS: _nothing, PAGES: _included}
