"""Services of Amazon VPC Lattice.

Calls: one `ListServices` per 100; per service `GetService`, its tags, its networks, its access logs, its
listeners and one `ListRules` for each of these, and `GetAuthPolicy` where a policy decides. One `GetRule`
per rule where a service, listener, rule, or what is asked of callers changed: the lists of rules say
neither what they match nor what they do. Per network, once a visit: itself, its VPCs, its logs, and its
policy where one decides.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from typing import ClassVar

import msgspec

from apiscape.collectors.aws.calls import Calls
from apiscape.collectors.aws.gaps import Gaps
from apiscape.collectors.aws.lattice import service as lattice
from apiscape.collectors.aws.lattice.callers import guard_of, together
from apiscape.collectors.aws.lattice.counting import FIGURES, by_service
from apiscape.collectors.aws.lattice.networks import Around, Network, read_logs_of, read_policy_of
from apiscape.collectors.aws.lattice.rules import Leading, read_rules, unread
from apiscape.collectors.aws.lattice.tagging import Tagging
from apiscape.collectors.aws.lattice.trying import RECIPES
from apiscape.collectors.aws.listing import Members, walk
from apiscape.collectors.aws.offering import where_offered
from apiscape.collectors.aws.operations import unpublished_quota
from apiscape.collectors.aws.picking import Item, moment, text
from apiscape.collectors.aws.session import AwsSession
from apiscape.collectors.aws.traffic import CountedByCloudWatch, Figures, Found
from apiscape.collectors.aws.trials import try_each
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
from apiscape.collectors.trying import Tried
from apiscape.model.deployment import Deployment
from apiscape.model.identity import deployment_uid
from apiscape.model.run import Scope
from apiscape.model.security import Security
from apiscape.model.values import UNKNOWN

PART = "ListServices"
TAGS = "tags"


def _right(operation: str, reveals: str, *, optional: bool = True) -> Permission:
    name = f"{lattice.SERVICE}:{operation}"
    return Permission(action=name, operations=(name,), reveals=reveals, optional=optional)


class ServiceCollector(CountedByCloudWatch):
    """Lists the services of VPC Lattice, those that other accounts share included."""

    product: ClassVar[str] = lattice.KIND
    title: ClassVar[str] = "VPC Lattice services"
    provider: ClassVar[str] = "aws"
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
    stability: ClassVar[str] = "beta"
    normaliser_version: ClassVar[int] = 2
    figures: ClassVar[Figures] = FIGURES
    traffic_price: ClassVar[Price | None] = FIGURES.price

    def tell_apart(self, visit: Visit, deployments: Sequence[Deployment]) -> Found:
        """Tell services apart by id."""
        del visit  # nobody has to be asked
        return by_service(deployments)

    def try_permissions(self, scope: Scope, visit: Visit) -> Iterator[Tried]:
        """Yield what came of trying each permission."""
        del scope  # the session knows its place
        calls = visit.session.calls(self.permissions)
        return try_each(calls, self.permissions, noun="service", recipes=RECIPES)

    def discover(self, scope: Scope, visit: Visit) -> Iterator[Observation]:
        """Yield every service of an account's region.

        Raises:
            CollectorError: the listing could not be read to its end.
        """
        del scope  # the session knows its place
        session: AwsSession = visit.session
        calls = session.calls(self.permissions)
        around, tags = Around(calls), Tagging(calls, session)
        said = walk(
            PART,
            tags.pages(visit),
            Members("id", "name", TAGS),
            visit,
            lambda key, item: _Look(session, calls, visit, around, tags.gaps(key)).observe(
                key, item
            ),
        )
        yield from where_offered(PART, lattice.SERVICE, session, said)


class _Look:
    """A look at one service."""

    def __init__(
        self, session: AwsSession, calls: Calls, visit: Visit, around: Around, gaps: Gaps
    ) -> None:
        self._session = session
        self._calls = calls
        self._visit = visit
        self._around = around
        self._gaps = gaps

    def observe(self, service_id: str, listed: Item) -> list[Observation]:
        """Return the service as recorded, and its gaps.

        Raises:
            CollectorError: what fails the service as a whole.
        """
        place = self._session.place.owning(text(listed, "arn"))
        elsewhere = self._session.left_to(place)
        if elsewhere:
            return [Skipped(service_id, elsewhere)]
        whole = self._gaps.attempt(
            "service",
            lambda: self._calls.call("vpc-lattice:GetService", serviceIdentifier=service_id),
        )
        networks = self._networks(service_id)
        security = self._security(service_id, text(whole, "authType"), networks)
        listeners = self._list("listeners", "ListListeners", serviceIdentifier=service_id)
        rules = self._listed_rules(service_id, listeners)
        service = {**listed, **(whole or {})}
        uid = deployment_uid(lattice.native_id(place, service_id))
        token = None if rules is None else _token(service, listeners or (), rules, security)
        stands = token is not None and self._visit.tokens(service_id).get(uid) == token
        seen = lattice.Seen(
            tags={TAGS: listed[TAGS]} if TAGS in listed else None,
            listeners=listeners,
            networks=networks,
            logs=read_logs_of(self._calls, self._gaps, service_id, "the service"),
            leading=None if stands else self._leading(service_id, rules, security),
        )
        item = lattice.normalise(service, seen, place, self._session.tags)
        recorded = Recorded(
            service_id,
            entities=() if stands else (item,),
            unchanged=(item,) if stands else (),
            tokens={uid: token} if token and (stands or item.operations is not UNKNOWN) else {},
        )
        return [recorded, *self._gaps.said(service_id)]

    def _networks(self, service_id: str) -> tuple[Network, ...] | None:
        """Return the networks that reach a service, by name, with what of them could not be seen."""
        found = self._list(
            "service networks",
            "ListServiceNetworkServiceAssociations",
            serviceIdentifier=service_id,
        )
        if found is None:
            return None
        named = {
            key: text(each, "serviceNetworkName") or key
            for each in found
            if (key := text(each, "serviceNetworkId"))
        }
        networks = [self._around.network(key, name) for key, name in named.items()]
        for each in networks:
            self._gaps.take(each.gaps)
        return tuple(sorted(networks, key=lambda each: each.name))

    def _security(
        self, service_id: str, way_in: str | None, networks: Sequence[Network] | None
    ) -> Security:
        policy = read_policy_of(self._calls, self._gaps, service_id, "the service", way_in)
        guards = None if networks is None else [each.guard for each in networks]
        return together(guard_of("service", way_in, policy), guards)

    def _listed_rules(
        self, service_id: str, listeners: Sequence[Item] | None
    ) -> list[tuple[str, Item]] | None:
        """Return the rules of every listener that looks into requests, each with its listener's id."""
        if listeners is None:
            return None
        found: list[tuple[str, Item]] = []
        for listener in filter(lattice.speaks_http, listeners):
            key = text(listener, "id") or ""
            rules = self._list(
                "rules", "ListRules", serviceIdentifier=service_id, listenerIdentifier=key
            )
            if rules is None:
                return None
            found.extend((key, rule) for rule in rules)
        return found

    def _leading(
        self, service_id: str, rules: list[tuple[str, Item]] | None, security: Security
    ) -> Leading | None:
        """Return where the rules lead; nowhere is known as soon as one cannot be read."""
        if rules is None:
            return None
        read: list[Item] = []
        for listener_id, rule in rules:
            whole = self._rule(service_id, listener_id, text(rule, "id") or "")
            if whole is None:
                return None
            read.append({**rule, **whole})
        untold = unread(read)
        if untold:
            self._gaps.note("rules", Malformed(untold))
            return None
        groups, gaps = self._around.target_groups() if read else ({}, Gaps())
        self._gaps.take(gaps)
        return read_rules(read, groups, security)

    def _rule(self, service_id: str, listener_id: str, rule_id: str) -> Item | None:
        where = {
            "serviceIdentifier": service_id,
            "listenerIdentifier": listener_id,
            "ruleIdentifier": rule_id,
        }
        return self._gaps.attempt("rules", lambda: self._calls.call("vpc-lattice:GetRule", **where))

    def _list(self, what: str, operation: str, **where: object) -> tuple[Item, ...] | None:
        return self._gaps.attempt(
            what, lambda: self._calls.everything(f"{lattice.SERVICE}:{operation}", **where)
        )


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
