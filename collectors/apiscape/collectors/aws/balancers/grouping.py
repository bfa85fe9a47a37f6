"""Which APIs the rules of a load balancer are taken to be: one per host and first segment of the path. Pure.

A load balancer knows no APIs. A path is written as it is compared: `/orders/*` as the pattern
stands, `~ ^/v[12]/` for a regular expression.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from fnmatch import fnmatchcase

import msgspec

from apiscape.collectors.aws.balancers.asking import FORWARD, merge, read_security
from apiscape.collectors.aws.balancers.rules import ANY, EVERY_PATH, Door, Rule
from apiscape.collectors.aws.picking import count, items, part, text
from apiscape.collectors.aws.settings import BalancerSettings
from apiscape.collectors.words import fold
from apiscape.model.deployment import Operation
from apiscape.model.security import Security
from apiscape.model.values import UNKNOWN, Unknown

SURE, GUESSED = 0.9, 0.3
SPLIT = "split"
"""Kind of a backend that stands for several, each with its share."""

_PATTERN = re.compile(r"[*?]|^~ ")


class Key(msgspec.Struct, frozen=True, gc=False, order=True):
    """What tells an API of a load balancer from the others; empty for any host, and for the root."""

    host: str = ""
    segment: str = ""

    @property
    def resource(self) -> str:
        """As it stands in a native id: `#api.example/orders`."""
        return f"#{self.host}/{self.segment}"

    @property
    def path(self) -> str:
        """As it stands at the end of an address."""
        return f"/{self.segment}" if self.segment else ""

    @property
    def typed(self) -> bool:
        """Whether the host is one that a caller can type."""
        return bool(self.host) and not is_pattern(self.host)


class Way(msgspec.Struct, frozen=True, gc=False):
    """One rule's way to an API, on one path."""

    rule: Rule
    path: str
    security: Security
    targets: tuple[tuple[str, int], ...]

    @property
    def backend(self) -> str | Unknown | None:
        """Key of where it leads; unknown where the rule does not say."""
        if not self.targets:
            return UNKNOWN
        if len(self.targets) == 1:
            return group_name(self.targets[0][0])
        return " + ".join(f"{group_name(arn)}={weight}" for arn, weight in self.targets)


class Group(msgspec.Struct, frozen=True, gc=False):
    """An API, as the rules have it."""

    key: Key
    ways: tuple[Way, ...]

    @property
    def doors(self) -> tuple[Door, ...]:
        """The listeners that lead to it, each once."""
        return tuple(dict.fromkeys(way.rule.door for way in self.ways))

    @property
    def targets(self) -> tuple[str, ...]:
        """Target groups that anything is sent to, each once."""
        shares = (pair for way in self.ways for pair in way.targets)
        return tuple(dict.fromkeys(arn for arn, weight in shares if weight > 0))

    @property
    def splits(self) -> tuple[Way, ...]:
        """Those ways that lead to several target groups, each division once."""
        divided = {str(way.backend): way for way in self.ways if len(way.targets) > 1}
        return tuple(divided.values())


def group_rules(rules: Iterable[Rule]) -> tuple[Group, ...]:
    """Return the APIs that rules lead to, in the order of the rules."""
    found: dict[Key, list[Way]] = {}
    for rule in rules:
        if not rule.serves:
            continue
        security, targets = read_security(rule), _targets(rule)
        for path in rule.paths or (EVERY_PATH,):
            for host in rule.hosts or ("",):
                way = Way(rule, path, security, targets)
                found.setdefault(Key(host, first_segment(path)), []).append(way)
    return tuple(Group(key, tuple(ways)) for key, ways in found.items())


def operations_of(group: Group) -> tuple[Operation, ...]:
    """Return the operations of an API; what only headers and listeners tell apart is one."""
    found: dict[tuple[str, str], list[Way]] = {}
    for way in group.ways:
        for verb in way.rule.verbs or (ANY,):
            found.setdefault((verb, way.path), []).append(way)
    return tuple(_operation(verb, path, ways) for (verb, path), ways in found.items())


def _operation(verb: str, path: str, ways: Sequence[Way]) -> Operation:
    backends = {way.backend for way in ways}
    return Operation(
        verb=verb,
        template=path,
        security=merge([way.security for way in ways]),
        backend=ways[0].backend if len(backends) == 1 else UNKNOWN,
        rate_limits=(),
    )


def first_segment(path: str) -> str:
    """Return the first segment of a path pattern, empty where it says none: `orders` of `/orders*`."""
    if path.startswith("~ "):
        return ""
    head, slash, _ = path.lstrip("/").partition("/")
    plain = head if slash else head.removesuffix("*")
    return "" if is_pattern(plain) else plain


def is_pattern(value: str) -> bool:
    """Say whether a host or segment stands for many."""
    return bool(_PATTERN.search(value))


def group_name(arn: str) -> str:
    """Return the name of a target group: `orders` of `…:targetgroup/orders/0a1b`."""
    _, _, resource = arn.partition(":targetgroup/")
    return resource.partition("/")[0] or arn


def confidence(
    group: Group, tags: dict[str, str] | Unknown, settings: BalancerSettings
) -> tuple[float, str]:
    """Return how sure it is that a group is an API, and why: sure only where the settings name it."""
    key = group.key
    for pattern in settings.hosts:
        if key.host and fnmatchcase(key.host, pattern.casefold()):
            return SURE, f"confidence high: host {pattern} is named in load_balancers.hosts"
    for pattern in settings.paths:
        if any(fnmatchcase(way.path, pattern) for way in group.ways):
            return SURE, f"confidence high: path {pattern} is named in load_balancers.paths"
    for wanted in settings.tags:
        if isinstance(tags, dict) and _is_tagged(tags, wanted):
            return SURE, f"confidence high: tag {wanted} is named in load_balancers.tags"
    return GUESSED, "confidence low: an API for each host and first segment of the path is a guess"


def _is_tagged(tags: dict[str, str], wanted: str) -> bool:
    """Say whether a tag is there: `key`, or `key=pattern of the value`."""
    key, _, value = wanted.partition("=")
    return any(
        fold(name) == fold(key) and fnmatchcase(given, value or "*") for name, given in tags.items()
    )


def _targets(rule: Rule) -> tuple[tuple[str, int], ...]:
    """Return where a rule sends requests: target groups with their shares."""
    return tuple(dict(_shares(rule)).items())


def _shares(rule: Rule) -> Iterator[tuple[str, int]]:
    for action in rule.actions:
        if text(action, "Type") != FORWARD:
            continue
        listed = items(part(action, "ForwardConfig"), "TargetGroups")
        for entry in listed:
            arn, weight = text(entry, "TargetGroupArn"), count(entry, "Weight")
            if arn:
                yield arn, 1 if weight is None else weight
        alone = text(action, "TargetGroupArn")
        if alone and not listed:
            yield alone, 1
