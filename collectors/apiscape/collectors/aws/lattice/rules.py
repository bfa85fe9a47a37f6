"""Rules of Lattice's listeners: what callers can ask for, and where it leads. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

import msgspec

from apiscape.collectors.aws.picking import (
    Item,
    count,
    entries,
    flag,
    is_missing,
    is_set,
    items,
    number,
    part,
    text,
)
from apiscape.model.deployment import Backend, Operation
from apiscape.model.security import Security
from apiscape.model.values import UNKNOWN, Unknown

ANY = "ANY"
_MATCH = ("match", "httpMatch")
EVERYTHING = "/*"

_KINDS = {
    "ALB": "load_balancer",
    "INSTANCE": "service",
    "IP": "service",
    "LAMBDA": "lambda",
}


class Leading(msgspec.Struct, frozen=True, gc=False):
    """What rules tell: operations, and the target groups that they lead to."""

    operations: tuple[Operation, ...]
    backends: tuple[Backend, ...]


def unread(rules: Iterable[Item]) -> str | None:
    """Return in words which rules say what they match in a way that nobody understands, if any do."""
    odd = [
        text(rule, "name") or text(rule, "id") or "?" for rule in rules if not _is_readable(rule)
    ]
    return f"what rule {odd[0]} matches cannot be read" if odd else None


def _is_readable(rule: Item) -> bool:
    """Say whether a rule matches what it says, or everything: what is ill-formed is no wider for it."""
    if is_set(rule, *_MATCH, kind=Mapping) is None or is_set(rule, *_MATCH, "method") is None:
        return False
    matched = part(part(rule, "match"), "httpMatch")
    if is_set(matched, "headerMatches", kind=Sequence) is None:
        return False
    if is_missing(matched, "pathMatch"):
        return True
    asked = [text(part(part(matched, "pathMatch"), "match"), each) for each in ("exact", "prefix")]
    return any(asked)


def read_rules(
    rules: Iterable[Item], groups: Mapping[str, Item] | None, security: Security
) -> Leading:
    """Return what the rules of a service's listeners let callers ask for.

    Of rules of one method and path, the first that asks for no header takes what is left by those before
    it, and nothing is left for those behind. What only a request with a header reaches says so: it is no
    address that anybody may type. The default rule counts where it leads somewhere: an answer of
    Lattice's own is no API.

    Args:
        rules: Items of `GetRule`.
        groups: Target groups by id, `None` where they could not be listed.
        security: What is asked of callers, by whatever rule.
    """
    ways: dict[tuple[str, str], list[_Way]] = {}
    backends: dict[str, Backend] = {}
    for rule in sorted(rules, key=_order):
        targets = [_backend(key, groups) for key in _targets(rule)]
        backends.update({each.key: each for each in targets})
        if flag(rule, "isDefault") and not targets:
            continue
        verb, template = _asked(rule)
        before = ways.setdefault((template, verb), [])
        if not before or before[-1].headers:
            before.append(_Way(text(rule, "name"), _leads_to(rule, targets), _headers(rule)))
    return Leading(
        tuple(_operation(key, ways[key], security) for key in sorted(ways)),
        tuple(backends[key] for key in sorted(backends)),
    )


class _Way(msgspec.Struct, frozen=True, gc=False):
    """One rule's way to what it leads to; `headers` are the names of those that a request must have."""

    name: str | None
    backend: str | Unknown | None
    headers: tuple[str, ...]

    @property
    def words(self) -> str:
        """What a request must show, in words, and for which rule."""
        return f"with header {', '.join(self.headers)} by rule {self.name or '?'}"


def _operation(key: tuple[str, str], ways: Sequence[_Way], security: Security) -> Operation:
    """Return what all rules of one path and method let callers ask for."""
    template, verb = key
    *narrowed, last = ways
    told = [each.words for each in (narrowed if not last.headers else ways)]
    only = "only " if last.headers else ""
    said = [security.evidence, *([f"{only}{' or '.join(told)}"] if told else [])]
    leads = {each.backend for each in ways} if last.headers else {last.backend}
    return Operation(
        verb=verb,
        template=template,
        operation_id=last.name,
        security=msgspec.structs.replace(security, evidence="; ".join(filter(None, said)) or None),
        backend=leads.pop() if len(leads) == 1 else UNKNOWN,
        rate_limits=(),
    )


def _headers(rule: Item) -> tuple[str, ...]:
    """Return the names of the headers that a rule asks for, and never a value, which may be what lets a caller in."""
    named = entries(part(part(rule, "match"), "httpMatch"), "headerMatches")
    return tuple(dict.fromkeys((text(each, "name") or "?").casefold() for each in named))


def _order(rule: Item) -> tuple[bool, float, str]:
    """Return when a rule is tried: by its priority, the default one last."""
    return (
        flag(rule, "isDefault") or False,
        number(rule, "priority") or 0.0,
        text(rule, "id") or "",
    )


def _asked(rule: Item) -> tuple[str, str]:
    """Return the method and path that a rule takes; below a prefix whatever follows."""
    matched = part(part(rule, "match"), "httpMatch")
    path = part(part(matched, "pathMatch"), "match")
    exact, prefix = text(path, "exact"), text(path, "prefix")
    template = exact or (f"{prefix.rstrip('/')}/*" if prefix else EVERYTHING)
    return text(matched, "method") or ANY, template


def _targets(rule: Item) -> Sequence[str]:
    """Return the target groups of a rule, the heaviest first; one of no weight gets nothing."""
    given = items(part(part(rule, "action"), "forward"), "targetGroups")
    weighed = {
        key.rpartition("/")[2]: weight
        for each in given
        if (key := text(each, "targetGroupIdentifier")) and (weight := _weight(each)) > 0
    }
    return sorted(weighed, key=lambda key: (-weighed[key], key))


def _weight(target: Item) -> int:
    weight = count(target, "weight")
    return 1 if weight is None else weight


def _leads_to(rule: Item, targets: Sequence[Backend]) -> str | Unknown | None:
    if targets:
        return targets[0].key
    return None if part(rule, "action") else UNKNOWN


def _backend(key: str, groups: Mapping[str, Item] | None) -> Backend:
    """Return the backend that a target group is; one of another account is known by its id alone."""
    group = (groups or {}).get(key, {})
    kind = text(group, "type")
    return Backend(
        key=key,
        kind=_KINDS.get(kind or "", (kind or "unknown").casefold()),
        address=text(group, "arn") or UNKNOWN,
        via=text(group, "vpcIdentifier"),
    )


def known_by_id(groups: Iterable[Item]) -> dict[str, Item]:
    """Return target groups by their ids."""
    return dict(_named(groups))


def _named(groups: Iterable[Item]) -> Iterator[tuple[str, Item]]:
    for each in groups:
        key = text(each, "id")
        if key:
            yield key, each
