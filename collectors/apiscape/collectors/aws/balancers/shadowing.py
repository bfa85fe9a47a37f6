"""Which rules of a listener no request ever reaches, for an earlier one takes all that they are for. Pure.

Rules are tried from the lowest priority upwards, and the first whose conditions all hold decides, also
where it redirects or answers by itself. A rule shadows another where each of its conditions is as wide:
a pattern that matches whatever the other's does, a method among its own, and no header, query or source
address that the other does not ask for in the very same words. What is not sure is not said to be shadowed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import msgspec

from apiscape.collectors.aws.balancers.rules import EVERY_PATH, Rule

MOST_COMPARED = 1_000
"""Rules of a listener that are compared with each other: ten times what AWS lets one have."""

_EVERYTHING = frozenset({"*", EVERY_PATH})
_REGEX = "~ "


class Shadow(msgspec.Struct, frozen=True, gc=False):
    """A host and a path of a rule that an earlier one takes; both may be empty, which is any."""

    rule: Rule
    by: Rule
    host: str = ""
    path: str = ""

    @property
    def words(self) -> str:
        """It in words: `HTTPS:443 rule 20 on api.example/x by rule 10`."""
        return f"{self.rule.words} on {self.host or '*'}{self.path or EVERY_PATH} by rule {self.by.number}"


def reachable(rules: Iterable[Rule]) -> tuple[tuple[Rule, ...], tuple[Shadow, ...]]:
    """Return the rules of one listener with what requests still reach of each, and what they do not.

    Rules whose priority is not said are neither shadowed nor do they shadow.
    """
    kept: list[Rule] = []
    shadows: list[Shadow] = []
    earlier: list[Rule] = []
    for rule in sorted(rules, key=_order):
        hidden = list(_hidden(rule, earlier)) if rule.priority is not None else []
        shadows += hidden
        kept += _left(rule, hidden)
        if rule.priority is not None and len(earlier) < MOST_COMPARED:
            earlier.append(rule)
    return tuple(kept), tuple(shadows)


def _order(rule: Rule) -> tuple[bool, float]:
    return rule.priority is None, rule.priority or 0.0


def _hidden(rule: Rule, earlier: Sequence[Rule]) -> Iterator[Shadow]:
    """Yield each host and path of a rule that one of the earlier ones takes whole."""
    able = [each for each in earlier if _asks_no_more(each, rule)]
    for host in rule.hosts or ("",):
        for path in rule.paths or ("",):
            by = next((each for each in able if _takes(each, host, path)), None)
            if by is not None:
                yield Shadow(rule, by, host, path)


def _asks_no_more(earlier: Rule, later: Rule) -> bool:
    """Say whether an earlier rule asks for nothing beside host and path that a later one does not ask for."""
    verbs = not earlier.verbs or (bool(later.verbs) and set(later.verbs) <= set(earlier.verbs))
    return verbs and earlier.narrowed <= later.narrowed


def _takes(earlier: Rule, host: str, path: str) -> bool:
    return _covers(earlier.hosts, host) and _covers(earlier.paths, path)


def _covers(patterns: Sequence[str], pattern: str) -> bool:
    """Say whether some patterns match whatever another does; none and an empty one are any."""
    if not patterns or not _EVERYTHING.isdisjoint(patterns):
        return True
    return bool(pattern) and any(is_wider(each, pattern) for each in patterns)


def is_wider(pattern: str, other: str) -> bool:
    """Say whether a pattern matches whatever another one does; a regular expression only itself, as far as is known."""
    if pattern == other:
        return True
    if pattern.startswith(_REGEX) or other.startswith(_REGEX):
        return False
    return _matches(pattern, other)


def _matches(pattern: str, other: str) -> bool:
    """Match a pattern against another as text, whose `*` only a `*` takes, and whose `?` also a `?`."""
    at, star, taken = 0, -1, 0
    position = 0
    while position < len(other):
        sign = pattern[at] if at < len(pattern) else ""
        if sign == "*":
            star, taken, at = at, position, at + 1
        elif sign and other[position] != "*" and sign in {"?", other[position]}:
            at, position = at + 1, position + 1
        elif star >= 0:
            taken += 1
            at, position = star + 1, taken
        else:
            return False
    return set(pattern[at:]) <= {"*"}


def _left(rule: Rule, hidden: Sequence[Shadow]) -> Iterator[Rule]:
    """Yield what is left of a rule, host by host where some of its paths are taken on one of them alone."""
    if not hidden:
        yield rule
        return
    gone = {(each.host, each.path) for each in hidden}
    for host in rule.hosts or ("",):
        paths = tuple(path for path in rule.paths or ("",) if (host, path) not in gone)
        if paths:
            hosts = (host,) if host else ()
            yield msgspec.structs.replace(rule, hosts=hosts, paths=() if paths == ("",) else paths)
