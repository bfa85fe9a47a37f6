"""Application load balancers of Elastic Load Balancing.

Calls: one `DescribeLoadBalancers` per 400, one `DescribeTags` per 20; per load balancer one for its
listeners and one for its attributes, and one for the rules of each listener; per region one for its
target groups, and one for its firewalls and for each of them; per target group that a rule leads to
one for the health of its targets. Network load balancers are asked for their tags with the others; of those
that a cluster's controller made, one call for the listeners. There are no change tokens: an unchanged one
costs the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import ClassVar

from apiscape.collectors.aws.again import LooksAgainCollector
from apiscape.collectors.aws.balancers import network
from apiscape.collectors.aws.balancers.again import TOPICS, named
from apiscape.collectors.aws.balancers.around import TAGS, Around, with_tags
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
from apiscape.collectors.aws.calls import Page
from apiscape.collectors.aws.listing import Members
from apiscape.collectors.aws.looking import Look, LookCollector, Near
from apiscape.collectors.aws.operations import unpublished_quota
from apiscape.collectors.aws.picking import Item, items, text
from apiscape.collectors.aws.traffic import CountedByCloudWatch, Figures, Found
from apiscape.collectors.aws.trials import Recipes
from apiscape.collectors.changing import Change, Touched
from apiscape.collectors.contract import (
    CollectorError,
    Malformed,
    Observation,
    Permission,
    Quota,
    Recorded,
    Visit,
)
from apiscape.collectors.measuring import Price
from apiscape.model.deployment import Deployment
from apiscape.model.surroundings import Signal
from apiscape.model.values import UNKNOWN, Unknown

PART = "DescribeLoadBalancers"
LISTING = "elbv2:DescribeLoadBalancers"
PASSES_PACKETS = "gateway"
"""The type of those that pass packets on, and lead to no API."""


class ApplicationBalancerCollector(LookCollector, LooksAgainCollector, CountedByCloudWatch):
    """Lists application load balancers: a deployment per host and first segment of the path."""

    product: ClassVar[str] = KIND
    title: ClassVar[str] = "Application load balancers"
    permissions: ClassVar[tuple[Permission, ...]] = PERMISSIONS
    quotas: ClassVar[tuple[Quota, ...]] = (unpublished_quota("elbv2"), unpublished_quota("wafv2"))
    parts: ClassVar[tuple[str, ...]] = (PART,)
    listing: ClassVar[str] = LISTING
    members: ClassVar[Members] = Members("LoadBalancerArn", "LoadBalancerName", TAGS)
    noun: ClassVar[str] = "load balancer"
    tried_with: ClassVar[Recipes] = RECIPES
    normaliser_version: ClassVar[int] = 1
    topics: ClassVar[tuple[str, ...]] = TOPICS
    figures: ClassVar[Figures] = FIGURES
    traffic_price: ClassVar[Price | None] = FIGURES.price

    def tell_apart(self, visit: Visit, deployments: Sequence[Deployment]) -> Found:
        """Tell APIs apart by the target groups that they have to themselves.

        Raises:
            CollectorError: target groups of functions could not be looked up, and may be the next time.
        """
        calls = visit.session.calls(self.permissions)
        return by_target_group(deployments, lambda: look_up(calls))

    def takes(self, listed: Item) -> bool:
        """Take what knows of requests, one of a type that is not said too, and what may stand before a cluster."""
        return text(listed, "Type") != PASSES_PACKETS

    def dress(self, near: Near, pages: Iterable[Page]) -> Iterator[Page]:
        """Return load balancers with their tags."""
        return with_tags(near.calls, pages, near.once(_untagged))

    def look(self, near: Near, key: str, listed: Item) -> list[Observation]:
        """Return what is said of one load balancer."""
        if network.is_network(listed):
            return network.NetworkLook(near, key, listed, near.once(_untagged).get(key)).observe()
        return _Look(near, key, listed).observe()

    def touched(self, change: Change) -> tuple[str, ...]:
        """Return the load balancers that a change names."""
        return named(change)

    def find(self, near: Near, touched: Touched) -> Item:
        """Return a load balancer as it is listed.

        Raises:
            CollectorError: it is gone, or may be found the next time.
        """
        answer = near.calls.call(LISTING, LoadBalancerArns=[touched.native_id])
        found = next(iter(items(answer, "LoadBalancers")), None)
        if found is None:
            raise Malformed("the answer has no load balancer", operation=LISTING)
        return found


def _around(near: Near) -> Around:
    return Around(near.calls)


def _untagged(near: Near) -> dict[str, CollectorError]:
    """Return why the tags of load balancers are not known, by their ARNs: none at first."""
    del near
    return {}


class _Look(Look):
    """A look at one load balancer, whose key is its ARN."""

    def __init__(self, near: Near, key: str, listed: Item) -> None:
        super().__init__(near, key, listed)
        self._around = near.once(_around)
        self._untagged = near.once(_untagged).get(key)
        self._shadows: list[Shadow] = []

    def observe(self) -> list[Observation]:
        """Return it as recorded, and what of it could not be seen.

        Raises:
            CollectorError: its tags, listeners or rules could not be read.
        """
        if self._untagged is not None:
            self.gaps.weigh(TAGS, self._untagged)
        rules, place = self._read_rules(), self.place
        groups = group_rules(rules)
        balancer = self._read(tuple(dict.fromkeys(rule.door for rule in rules)), groups)
        gateway, door = serve(balancer, place), stand_before_a_cluster(balancer, place)
        settings = self.session.settings
        found = [
            normalise(balancer, group, place, settings.tags, settings.load_balancers)
            for group in groups
        ]
        now = self.visit.now()
        ready = (
            readiness(each.uid, group.targets, balancer.fitness, now, KIND)
            for each, group in zip(found, groups, strict=True)
        )
        signals: list[Signal] = [each for each in ready if each is not None]
        signals += attribute_signals(balancer, gateway, now)
        signals.append(shadow_signal(self._shadows, gateway, now))
        doors = [door] if door else []
        return self.with_gaps(Recorded(self.key, entities=(*found, gateway, *doors, *signals)))

    def _read(self, doors: tuple[Door, ...], groups: tuple[Group, ...]) -> Balancer:
        """Return the load balancer with what stands before and behind it."""
        targets = tuple(dict.fromkeys(arn for group in groups for arn in group.targets))
        asked = targets if self.session.settings.load_balancers.target_health else ()
        return Balancer(
            item=self.listed,
            doors=doors,
            attributes=self._read_attributes(),
            waf=self._around.firewall(self.key, self.gaps),
            groups=self._around.groups(targets, self.gaps),
            fitness=self._around.fitness(asked, self.gaps),
        )

    def _read_rules(self) -> tuple[Rule, ...]:
        """Return the rules of all listeners that requests reach, in the order in which they are tried."""
        listed = self.calls.everything("elbv2:DescribeListeners", LoadBalancerArn=self.key)
        found: list[Rule] = []
        for listener in listed:
            arn = text(listener, "ListenerArn") or ""
            rules = self.calls.everything("elbv2:DescribeRules", ListenerArn=arn)
            kept, shadows = reachable(read_rules(read_door(listener), rules))
            found.extend(kept)
            self._shadows.extend(shadows)
            if len(rules) > MOST_COMPARED:
                few = f"{len(rules):,} rules, of which the first {MOST_COMPARED:,} are compared"
                self.gaps.note("shadowed rules", Malformed(few))
        return tuple(found)

    def _read_attributes(self) -> dict[str, str] | Unknown:
        operation = "elbv2:DescribeLoadBalancerAttributes"
        answer = self.ask("attributes", operation, LoadBalancerArn=self.key)
        if answer is None:
            return UNKNOWN
        pairs = items(answer, "Attributes")
        return {key: text(pair, "Value") or "" for pair in pairs if (key := text(pair, "Key"))}
