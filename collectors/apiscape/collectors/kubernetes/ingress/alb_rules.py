"""Actions and conditions that annotations of the AWS Load Balancer Controller give the rules of a Service."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec

from apiscape.collectors.kubernetes.exposed import Match, Target
from apiscape.collectors.kubernetes.ingress.alb import PREFIX, objects, read_json, text_of
from apiscape.collectors.kubernetes.ingress.dialects import WORDS


def targets_of(said: Mapping[str, str], name: str, namespace: str) -> tuple[Target, ...] | None:
    """Return where an action called by a name sends requests; none for a redirect or an answer of its own.

    `None` where no such action can be read.
    """
    action = read_json(said.get(f"{PREFIX}actions.{name}"))
    if not isinstance(action, dict):
        return None
    if action.get("type") != "forward":
        return ()
    advanced = action.get("forwardConfig")
    groups = objects(advanced.get("targetGroups")) if isinstance(advanced, dict) else []
    found = (_target(group, namespace) for group in groups or [action])
    return tuple(target for target in found if target is not None)


def _target(group: Mapping[str, Any], namespace: str) -> Target | None:
    weight = group.get("weight", 1)
    share = weight if isinstance(weight, int) else 1
    service = text_of(group, "serviceName")
    if service:
        port = group.get("servicePort")
        named = str(port) if isinstance(port, int | str) else None
        return Target(name=service, namespace=namespace, port=named, weight=share)
    outside = text_of(group, "targetGroupARN") or text_of(group, "targetGroupName")
    return Target(name=outside, kind="targetgroup", weight=share) if outside else None


def narrowed(said: Mapping[str, str], name: str, matches: Sequence[Match]) -> tuple[Match, ...]:
    """Return matches with what the conditions called by a name add: more paths, and methods alone.

    More hosts are not taken up; that headers, queries or addresses are looked at is not either.
    """
    conditions = objects(read_json(said.get(f"{PREFIX}conditions.{name}")))
    methods = _condition(conditions, "http-request-method", "httpRequestMethodConfig")
    paths = _condition(conditions, "path-pattern", "pathPatternConfig")
    wide = [*matches, *(Match(path=path, path_type="own") for path in paths)]
    return tuple(
        msgspec.structs.replace(match, method=method.upper())
        for match in wide
        for method in methods or [match.method]
    )


def more_hosts(said: Mapping[str, str], name: str) -> list[str]:
    """Return the hosts that the conditions called by a name add."""
    conditions = objects(read_json(said.get(f"{PREFIX}conditions.{name}")))
    return [host.lower() for host in _condition(conditions, "host-header", "hostHeaderConfig")]


def _condition(conditions: list[dict[str, Any]], field: str, config: str) -> list[str]:
    """Return the values of conditions of a kind; `Values` is read as `values` is, as the controller does."""
    found: list[str] = []
    for each in conditions:
        told = each.get(config) if each.get("field") == field else None
        values = (told.get("values") or told.get("Values")) if isinstance(told, dict) else None
        if isinstance(values, list):
            found += [value for value in values if isinstance(value, str)]
    return found[:WORDS]


def cut(said: Mapping[str, str]) -> Iterator[str]:
    """Yield the conditions of which not every value may be read."""
    for key, value in said.items():
        if not key.startswith(f"{PREFIX}conditions."):
            continue
        values = [
            each
            for condition in objects(read_json(value))
            for config in condition.values()
            if isinstance(config, dict)
            for each in config.values()
            if isinstance(each, list)
        ]
        if sum(map(len, values)) > WORDS:
            yield f"more than {WORDS} values of {key}"
