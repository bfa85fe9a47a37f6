"""Application load balancers of Elastic Load Balancing.

Calls: one `DescribeLoadBalancers` per 400, one `DescribeTags` per 20; per load balancer one for its
listeners and one for its attributes, and one for the rules of each listener; per region one for its
target groups, and one for its firewalls and for each of them; per target group that a rule leads to
one for the health of its targets. There are no change tokens: an unchanged one costs the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import ClassVar

from apiscape.collectors.aws.balancers.around import TAGS, Around, Gaps, with_tags
from apiscape.collectors.aws.balancers.counting import FIGURES, by_target_group, look_up
from apiscape.collectors.aws.balancers.grouping import Group, group_rules
from apiscape.collectors.aws.balancers.itself import (
    attribute_signals,
    serve,
    shadow_signal,
    stand_before_a_cluster,
)
from apiscape.collectors.aws.balancers.normalise import (
    KIND,
    Balancer,
    normalise,
)
from apiscape.collectors.aws.balancers.permissions import PERMISSIONS, RECIPES
from apiscape.collectors.aws.balancers.rules import Door, Rule, read_door, read_rules
from apiscape.collectors.aws.balancers.shadowing import MOST_COMPARED, Shadow, reachable
from apiscape.collectors.aws.balancers.targets import readiness
from apiscape.collectors.aws.calls import Calls, Page
from apiscape.collectors.aws.errors import ONE_DETAIL
from apiscape.collectors.aws.listing import Members, walk
from apiscape.collectors.aws.operations import unpublished_quota
from apiscape.collectors.aws.picking import Item, items, text
from apiscape.collectors.aws.session import AwsSession
from apiscape.collectors.aws.traffic import CountedByCloudWatch, Figures, Found
from apiscape.collectors.aws.trials import try_each
from apiscape.collectors.contract import (
    CollectorError,
    Gone,
    Malformed,
    Observation,
    Permission,
    Quota,
    Recorded,
    Unseen,
    Visit,
)
from apiscape.collectors.measuring import Price
from apiscape.collectors.trying import Tried
from apiscape.model.deployment import Deployment
from apiscape.model.run import Scope
from apiscape.model.surroundings import Signal
from apiscape.model.values import UNKNOWN, Unknown

PART = "DescribeLoadBalancers"
LISTING = "elbv2:DescribeLoadBalancers"
MEMBERS = Members("LoadBalancerArn", "LoadBalancerName", TAGS)
OTHERS = frozenset({"network", "gateway"})
"""Types that know nothing of requests."""


class ApplicationBalancerCollector(CountedByCloudWatch):
    """Lists application load balancers: a deployment per host and first segment of the path."""

    product: ClassVar[str] = KIND
    title: ClassVar[str] = "Application load balancers"
    provider: ClassVar[str] = "aws"
    permissions: ClassVar[tuple[Permission, ...]] = PERMISSIONS
    quotas: ClassVar[tuple[Quota, ...]] = (unpublished_quota("elbv2"), unpublished_quota("wafv2"))
    parts: ClassVar[tuple[str, ...]] = (PART,)
    stability: ClassVar[str] = "beta"
    normaliser_version: ClassVar[int] = 1
    figures: ClassVar[Figures] = FIGURES
    traffic_price: ClassVar[Price | None] = FIGURES.price

    def tell_apart(self, visit: Visit, deployments: Sequence[Deployment]) -> Found:
        """Tell APIs apart by the target groups that they have to themselves.

        Raises:
            CollectorError: target groups of functions could not be looked up, and may be the next time.
        """
        calls = visit.session.calls(self.permissions)
        return by_target_group(deployments, lambda: look_up(calls))

    def try_permissions(self, scope: Scope, visit: Visit) -> Iterator[Tried]:
        """Yield what came of trying each permission."""
        del scope  # the session knows its place
        calls = visit.session.calls(self.permissions)
        return try_each(
            calls, self.permissions, noun="load balancer", takes=_takes, recipes=RECIPES
        )

    def discover(self, scope: Scope, visit: Visit) -> Iterator[Observation]:
        """Yield every application load balancer of an account's region.

        Raises:
            CollectorError: the listing could not be read to its end.
        """
        del scope  # the session knows its place
        session: AwsSession = visit.session
        calls = session.calls(self.permissions)
        around = Around(calls)
        untagged: dict[str, CollectorError] = {}
        pages = (
            Page(tuple(filter(_takes, page.items)), page.last) for page in calls.pages(LISTING)
        )
        yield from walk(
            PART,
            with_tags(calls, pages, untagged),
            MEMBERS,
            visit,
            lambda arn, item: _look(
                BalancerLook(session, calls, around, item), untagged.get(arn), visit
            ),
        )


def _takes(item: Item) -> bool:
    """Say whether a load balancer knows of requests; one of a type that is not said may."""
    return text(item, "Type") not in OTHERS


def _look(look: BalancerLook, untagged: CollectorError | None, visit: Visit) -> list[Observation]:
    """Return a load balancer as recorded, and its gaps.

    Raises:
        CollectorError: it cannot be recorded.
    """
    if untagged is not None:
        if not isinstance(untagged, ONE_DETAIL) or isinstance(untagged, Gone):
            raise untagged
        look.gaps["tags"] = untagged
    return look.observe(visit)


class BalancerLook:
    """A look at one load balancer.

    Args:
        session: Of the reach; knows place, settings and tag keys.
        calls: The collector's.
        around: What tells of several of them.
        item: Of the listing.
    """

    def __init__(self, session: AwsSession, calls: Calls, around: Around, item: Item) -> None:
        self.gaps: Gaps = {}
        self._session = session
        self._calls = calls
        self._around = around
        self._item = item
        self._arn = text(item, "LoadBalancerArn") or ""
        self._shadows: list[Shadow] = []

    def observe(self, visit: Visit) -> list[Observation]:
        """Return it as recorded, and what of it could not be seen.

        Raises:
            CollectorError: its listeners or rules could not be read.
        """
        rules, place = self._read_rules(), self._session.place
        groups = group_rules(rules)
        balancer = self._read(tuple(dict.fromkeys(rule.door for rule in rules)), groups)
        gateway, door = serve(balancer, place), stand_before_a_cluster(balancer, place)
        settings = self._session.settings
        found = [
            normalise(balancer, group, place, settings.tags, settings.load_balancers)
            for group in groups
        ]
        now = visit.now()
        ready = (
            readiness(each.uid, group.targets, balancer.fitness, now, KIND)
            for each, group in zip(found, groups, strict=True)
        )
        signals: list[Signal] = [each for each in ready if each is not None]
        signals += attribute_signals(balancer, gateway, now)
        signals.append(shadow_signal(self._shadows, gateway, now))
        recorded = Recorded(
            self._arn, entities=(*found, gateway, *([door] if door else []), *signals)
        )
        return [
            recorded,
            *(Unseen(self._arn, what, gap.record()) for what, gap in self.gaps.items()),
        ]

    def _read(self, doors: tuple[Door, ...], groups: tuple[Group, ...]) -> Balancer:
        """Return the load balancer with what stands before and behind it."""
        targets = tuple(dict.fromkeys(arn for group in groups for arn in group.targets))
        asked = targets if self._session.settings.load_balancers.target_health else ()
        return Balancer(
            item=self._item,
            doors=doors,
            attributes=self._read_attributes(),
            waf=self._around.firewall(self._arn, self.gaps),
            groups=self._around.groups(targets, self.gaps),
            fitness=self._around.fitness(asked, self.gaps),
        )

    def _read_rules(self) -> tuple[Rule, ...]:
        """Return the rules of all listeners that requests reach, in the order in which they are tried."""
        listed = self._calls.everything("elbv2:DescribeListeners", LoadBalancerArn=self._arn)
        found: list[Rule] = []
        for listener in listed:
            arn = text(listener, "ListenerArn") or ""
            rules = self._calls.everything("elbv2:DescribeRules", ListenerArn=arn)
            kept, shadows = reachable(read_rules(read_door(listener), rules))
            found.extend(kept)
            self._shadows.extend(shadows)
            if len(rules) > MOST_COMPARED:
                self.gaps["shadowed rules"] = Malformed(
                    f"{len(rules):,} rules, of which the first {MOST_COMPARED:,} are compared"
                )
        return tuple(found)

    def _read_attributes(self) -> dict[str, str] | Unknown:
        try:
            answer = self._calls.call(
                "elbv2:DescribeLoadBalancerAttributes", LoadBalancerArn=self._arn
            )
        except Gone:
            raise
        except ONE_DETAIL as gap:
            self.gaps["attributes"] = gap
            return UNKNOWN
        pairs = items(answer, "Attributes")
        return {key: text(pair, "Value") or "" for pair in pairs if (key := text(pair, "Key"))}
