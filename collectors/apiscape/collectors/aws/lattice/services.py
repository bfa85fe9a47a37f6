"""Services of Amazon VPC Lattice.

Calls: one `ListServices` per 100; per service `GetService`, its tags, its networks, its access logs, its
listeners and one `ListRules` for each of these, and `GetAuthPolicy` where a policy decides. One `GetRule`
per rule where a service, listener, rule, or what is asked of callers changed: the lists of rules say
neither what they match nor what they do. Per network, once a visit: itself, its VPCs, its logs, and its
policy where one decides.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from typing import ClassVar

import msgspec

from apiscape.collectors.aws.again import LooksAgainCollector
from apiscape.collectors.aws.calls import Page
from apiscape.collectors.aws.gaps import Gaps
from apiscape.collectors.aws.lattice import service as lattice
from apiscape.collectors.aws.lattice.again import TOPIC, named
from apiscape.collectors.aws.lattice.callers import guard_of, together
from apiscape.collectors.aws.lattice.counting import FIGURES, by_service
from apiscape.collectors.aws.lattice.networks import Around, Network, read_logs_of, read_policy_of
from apiscape.collectors.aws.lattice.rules import Leading, read_rules, unread
from apiscape.collectors.aws.lattice.tagging import TAGS, Tagging
from apiscape.collectors.aws.lattice.trying import LIST, RECIPES
from apiscape.collectors.aws.listing import Members
from apiscape.collectors.aws.looking import Look, LookCollector, Near
from apiscape.collectors.aws.operations import unpublished_quota
from apiscape.collectors.aws.picking import Item, moment, text
from apiscape.collectors.aws.traffic import CountedByCloudWatch, Figures, Found
from apiscape.collectors.aws.trials import Recipes
from apiscape.collectors.changing import Change, Touched
from apiscape.collectors.contract import (
    Malformed,
    Observation,
    Permission,
    Quota,
    Recorded,
    Skipped,
    Visit,
)
from apiscape.collectors.measuring import Price
from apiscape.model.deployment import Deployment
from apiscape.model.identity import deployment_uid
from apiscape.model.security import Security
from apiscape.model.values import UNKNOWN

PART = "ListServices"
WHOLE = "_whole"
"""Marks an item that is not of the listing, but of `GetService`."""


def _right(operation: str, reveals: str, *, optional: bool = True) -> Permission:
    name = f"{lattice.SERVICE}:{operation}"
    return Permission(action=name, operations=(name,), reveals=reveals, optional=optional)


class ServiceCollector(LookCollector, LooksAgainCollector, CountedByCloudWatch):
    """Lists the services of VPC Lattice, those that other accounts share included."""

    product: ClassVar[str] = lattice.KIND
    title: ClassVar[str] = "VPC Lattice services"
    permissions: ClassVar[tuple[Permission, ...]] = (
        _right("ListServices", "which services of VPC Lattice exist", optional=False),
        _right("GetService", "whether a service asks callers who they are"),
        _right("ListTagsForResource", "owners, environments and other tags of services"),
        _right("ListListeners", "protocols and ports, and so the addresses"),
        _right("ListRules", "which rules there are"),
        _right("GetRule", "operations, and which target groups they lead to"),
        _right("ListTargetGroups", "what target groups are: functions, instances, addresses"),
        _right("ListServiceNetworkServiceAssociations", "through which networks it is reached"),
        _right("ListServiceNetworkVpcAssociations", "from which VPCs a network is reached"),
        _right("GetServiceNetwork", "whether a network asks callers who they are"),
        _right("GetAuthPolicy", "whom a service or network lets in"),
        _right("ListAccessLogSubscriptions", "whether a service or network logs who calls"),
    )
    quotas: ClassVar[tuple[Quota, ...]] = (unpublished_quota(lattice.SERVICE),)
    parts: ClassVar[tuple[str, ...]] = (PART,)
    listing: ClassVar[str] = LIST
    members: ClassVar[Members] = Members("id", "name", TAGS)
    noun: ClassVar[str] = "service"
    tried_with: ClassVar[Recipes] = RECIPES
    service: ClassVar[str | None] = lattice.SERVICE
    normaliser_version: ClassVar[int] = 3
    topics: ClassVar[tuple[str, ...]] = (TOPIC,)
    figures: ClassVar[Figures] = FIGURES
    traffic_price: ClassVar[Price | None] = FIGURES.price

    def tell_apart(self, visit: Visit, deployments: Sequence[Deployment]) -> Found:
        """Tell services apart by id."""
        del visit  # nobody has to be asked
        return by_service(deployments)

    def dress(self, near: Near, pages: Iterable[Page]) -> Iterator[Page]:
        """Return services with their tags."""
        return near.once(Tagging).pages(near.visit, pages)

    def look(self, near: Near, key: str, listed: Item) -> list[Observation]:
        """Return what is said of one service."""
        return _Look(near, key, listed).observe()

    def touched(self, change: Change) -> tuple[str, ...]:
        """Return the service that a change names."""
        return named(change)

    def find(self, near: Near, touched: Touched) -> Item:
        """Return a service, with what only a look at it says."""
        where = {"serviceIdentifier": touched.native_id}
        return {**near.calls.call("vpc-lattice:GetService", **where), WHOLE: True}


def _around(near: Near) -> Around:
    return Around(near.calls)


class _Look(Look):
    """A look at one service."""

    def __init__(self, near: Near, key: str, listed: Item) -> None:
        super().__init__(near, key, listed)
        self.place = near.session.place.owning(text(listed, "arn"))
        self.gaps = near.once(Tagging).gaps(key)
        self._around = near.once(_around)
        self._of_service = {"serviceIdentifier": key}

    def observe(self) -> list[Observation]:
        """Return the service as recorded, and its gaps.

        Raises:
            CollectorError: what fails the service as a whole.
        """
        elsewhere = self.session.left_to(self.place, lattice.KIND)
        if elsewhere:
            return [Skipped(self.key, elsewhere)]
        whole = self._whole()
        networks = self._networks()
        security = self._security(text(whole, "authType"), networks)
        listeners = self._list("listeners", "ListListeners")
        rules = self._listed_rules(listeners)
        service = {**self.listed, **(whole or {})}
        uid = deployment_uid(lattice.native_id(self.place, self.key))
        token = None if rules is None else _token(service, listeners or (), rules, security)
        stands = token is not None and self.remembered.get(uid) == token
        seen = lattice.Seen(
            tags={TAGS: self.listed[TAGS]} if TAGS in self.listed else None,
            listeners=listeners,
            networks=networks,
            logs=read_logs_of(self.calls, self.gaps, self.key, "the service"),
            leading=None if stands else self._leading(rules, security),
        )
        item = lattice.normalise(service, seen, self.place, self.keys)
        return self.with_gaps(
            Recorded(
                self.key,
                entities=() if stands else (item,),
                unchanged=(item,) if stands else (),
                tokens={uid: token} if token and (stands or item.operations is not UNKNOWN) else {},
            )
        )

    def _whole(self) -> Item | None:
        """Return all that is said of the service, which whoever looks again has read already."""
        if self.listed.get(WHOLE) is True:
            return self.listed
        return self.ask("service", "vpc-lattice:GetService", **self._of_service)

    def _networks(self) -> tuple[Network, ...] | None:
        """Return the networks that reach a service, by name, with what of them could not be seen."""
        found = self._list("service networks", "ListServiceNetworkServiceAssociations")
        if found is None:
            return None
        named = {
            key: text(each, "serviceNetworkName") or key
            for each in found
            if (key := text(each, "serviceNetworkId"))
        }
        networks = [self._around.network(key, name) for key, name in named.items()]
        for each in networks:
            self.gaps.take(each.gaps)
        return tuple(sorted(networks, key=lambda each: each.name))

    def _security(self, way_in: str | None, networks: Sequence[Network] | None) -> Security:
        policy = read_policy_of(self.calls, self.gaps, self.key, "the service", way_in)
        guards = None if networks is None else [each.guard for each in networks]
        return together(guard_of("service", way_in, policy), guards)

    def _listed_rules(self, listeners: Sequence[Item] | None) -> list[tuple[str, Item]] | None:
        """Return the rules of every listener that looks into requests, each with its listener's id."""
        if listeners is None:
            return None
        found: list[tuple[str, Item]] = []
        for listener in filter(lattice.speaks_http, listeners):
            key = text(listener, "id") or ""
            rules = self._list("rules", "ListRules", listenerIdentifier=key)
            if rules is None:
                return None
            found.extend((key, rule) for rule in rules)
        return found

    def _leading(self, rules: list[tuple[str, Item]] | None, security: Security) -> Leading | None:
        """Return where the rules lead; nowhere is known as soon as one cannot be read."""
        if rules is None:
            return None
        read: list[Item] = []
        for listener_id, rule in rules:
            whole = self.ask(
                "rules",
                "vpc-lattice:GetRule",
                listenerIdentifier=listener_id,
                ruleIdentifier=text(rule, "id") or "",
                **self._of_service,
            )
            if whole is None:
                return None
            read.append({**rule, **whole})
        untold = unread(read)
        if untold:
            self.gaps.note("rules", Malformed(untold))
            return None
        groups, gaps = self._around.target_groups() if read else ({}, Gaps())
        self.gaps.take(gaps)
        return read_rules(read, groups, security)

    def _list(self, what: str, operation: str, **more: object) -> tuple[Item, ...] | None:
        name = f"{lattice.SERVICE}:{operation}"
        return self.list_all(what, name, **self._of_service, **more)


def _token(
    service: Item,
    listeners: Sequence[Item],
    rules: Sequence[tuple[str, Item]],
    security: Security,
) -> str:
    """Return what changes with the service, a listener, a rule, or what is asked of callers.

    Whether a rule that is edited touches what is above it is not documented: each says its own time.
    """
    times = [
        (text(each, "id"), str(moment(each, "lastUpdatedAt")))
        for each in (service, *listeners, *(rule for _, rule in rules))
    ]
    said = msgspec.json.encode([sorted(times, key=str), security])
    return hashlib.sha256(said).hexdigest()[:32]
