"""Distributions of Amazon CloudFront, and the tenants of those that have some.

A summary holds all that is wanted, so the listing is the only call: one per 100 distributions, and
one per 100 tenants where a distribution serves by the names of its tenants. There is nothing that an
unchanged visit could leave out.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from apiscape.collectors.aws.again import LooksByListing, only
from apiscape.collectors.aws.calls import Calls, Page
from apiscape.collectors.aws.cloudfront import distributions
from apiscape.collectors.aws.cloudfront.distributions import Front
from apiscape.collectors.aws.listing import Members, walk
from apiscape.collectors.aws.operations import unpublished_quota
from apiscape.collectors.aws.picking import Item, text
from apiscape.collectors.aws.session import AwsSession
from apiscape.collectors.aws.trials import Recipes, try_each
from apiscape.collectors.changing import Change
from apiscape.collectors.contract import (
    Listed,
    Malformed,
    Observation,
    PartAbsent,
    Permission,
    Quota,
    Recorded,
    Unseen,
    Unsupported,
    Visit,
)
from apiscape.collectors.trying import Tried
from apiscape.model.run import Scope

PART = "ListDistributions"
TENANTS = "ListDistributionTenants"
DISTRIBUTIONS = f"cloudfront:{PART}"
MEMBERS = Members("Id", "listedName", "tags")
TENANT_MEMBERS = Members("Id", "Name", "tags")

RECIPES: Recipes = {
    DISTRIBUTIONS: lambda _told: {"MaxItems": "1"},
    f"cloudfront:{TENANTS}": lambda _told: {"MaxItems": 1},
}


class DistributionCollector(LooksByListing):
    """Lists distributions: a front door for each of their names."""

    product: ClassVar[str] = distributions.PRODUCT
    title: ClassVar[str] = "CloudFront"
    provider: ClassVar[str] = "aws"
    once_per_account: ClassVar[bool] = True
    permissions: ClassVar[tuple[Permission, ...]] = (
        Permission(
            action="cloudfront:ListDistributions",
            operations=(DISTRIBUTIONS,),
            reveals="distributions: names, what they lead to, TLS, firewall, client certificates asked for",
        ),
        Permission(
            action="cloudfront:ListDistributionTenants",
            operations=(f"cloudfront:{TENANTS}",),
            reveals="names of tenants, where a distribution has any",
            optional=True,
        ),
    )
    quotas: ClassVar[tuple[Quota, ...]] = (unpublished_quota("cloudfront"),)
    parts: ClassVar[tuple[str, ...]] = (PART, TENANTS)
    topics: ClassVar[tuple[str, ...]] = (distributions.TOPIC,)
    tells_front_doors: ClassVar[bool] = True
    stability: ClassVar[str] = "beta"
    normaliser_version: ClassVar[int] = 1

    def try_permissions(self, scope: Scope, visit: Visit) -> Iterator[Tried]:
        """Yield what came of trying each permission."""
        del scope  # the session knows its place
        calls = visit.session.calls(self.permissions)
        return try_each(calls, self.permissions, noun="distribution", recipes=RECIPES)

    def touched(self, change: Change) -> tuple[str, ...]:
        """Return the distributions and tenants that a change is of."""
        return distributions.named(change)

    def read(self, visit: Visit, wanted: frozenset[str] | None = None) -> Iterator[Observation]:
        """Yield every distribution of an account, and every tenant of those that have some; or the wanted ones.

        Tenants are listed where they are wanted, or may be: by their ids they cannot be told apart.

        Raises:
            CollectorError: a listing could not be read to its end.
        """
        session: AwsSession = visit.session
        calls = session.calls(self.permissions)
        tells_mtls = session.reads(
            DISTRIBUTIONS, "DistributionList", "Items", "ViewerMtlsConfig", "Mode"
        )
        fronts: dict[str, Front] = {}
        found: set[str] = set()

        def look(listed: str, item: Item) -> list[Observation]:
            front = distributions.read_front(item, tells_mtls=tells_mtls)
            doors = tuple(distributions.front_doors(item, front, session.place))
            return [Recorded(listed, entities=doors), *_unread(listed, item)]

        def pages() -> Iterator[Page]:
            for page in calls.pages(DISTRIBUTIONS):
                for item in filter(distributions.has_tenants, page.items):
                    key = text(item, "Id") or ""
                    fronts[key] = distributions.read_front(item, tells_mtls=tells_mtls)
                chosen = only(page, MEMBERS.id, wanted)
                found.update(text(item, MEMBERS.id) or "" for item in chosen.items)
                yield Page(tuple(map(_named, chosen.items)), page.last)

        yield from walk(PART, pages(), MEMBERS, visit, look)
        left = None if wanted is None else wanted - found
        if left is None or left:
            yield from _tenants(calls, session, visit, fronts, left)


def _named(item: Item) -> Item:
    """Return a distribution with the name that rules are held against."""
    return {**item, MEMBERS.name: distributions.first_name(item)}


def _unread(listed: str, item: Item) -> Iterator[Unseen]:
    """Yield that a distribution or tenant has names that cannot be read."""
    words = distributions.unread_names(item)
    if words:
        yield Unseen(listed, "names", Malformed(words, native_id=listed).record())


def _tenants(
    calls: Calls,
    session: AwsSession,
    visit: Visit,
    fronts: dict[str, Front],
    wanted: frozenset[str] | None,
) -> Iterator[Observation]:
    """Yield the tenants, or the wanted ones; where no distribution has any there are none, and nobody is asked."""
    if not fronts:
        yield Listed(TENANTS, (), last=True)
        return

    def look(listed: str, tenant: Item) -> list[Observation]:
        key = text(tenant, "DistributionId")
        front = fronts.get(key, distributions.UNSEEN) if key else distributions.UNSEEN
        doors = tuple(distributions.tenant_doors(tenant, front, session.place))
        return [Recorded(listed, entities=doors), *_unread(listed, tenant)]

    try:
        every = calls.pages(f"cloudfront:{TENANTS}")
        pages = (only(page, TENANT_MEMBERS.id, wanted) for page in every)
        yield from walk(TENANTS, pages, TENANT_MEMBERS, visit, look)
    except Unsupported as error:
        yield PartAbsent(TENANTS, error.message)
