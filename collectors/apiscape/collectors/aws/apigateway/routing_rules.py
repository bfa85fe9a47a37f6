"""Read the routing rules of a custom domain (`ListRoutingRules`): pure.

"Routing rules" in the developer guide: rules are tried from the lowest priority number upwards,
the first whose conditions all hold decides; where mappings count as well, they come after all
rules. A rule without conditions always holds. A header's value may be what a front end proves
itself by, so names of headers are kept, and never a value.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import msgspec

from apiscape.collectors.aws.names import Place
from apiscape.collectors.aws.picking import Item, count, flag, items, part, text, texts
from apiscape.model.surroundings import FrontDoorRoute

ROOT = "/"
_PATHS = "MatchBasePaths"
_HEADERS = "MatchHeaders"
_UNHEARD_OF = "a condition that is not known"
_NO_TARGET = "an action that is not known"
_LOWEST = 2**53
"""Priority of a rule that says none: it is tried last."""


def read_rules(rules: Iterable[Item], place: Place) -> tuple[FrontDoorRoute, ...]:
    """Return the routes of rules, in the order in which they are tried; one for each base path.

    Args:
        rules: Items of `ListRoutingRules`.
        place: Where the answers come from.
    """
    routes = [route for rule in rules for route in _routes(rule, place)]
    routes.sort(key=lambda route: _LOWEST if route.priority is None else route.priority)
    kept: list[FrontDoorRoute] = []
    for route in routes:
        kept += behind(kept, (route,))
    return tuple(kept)


def behind(
    rules: Sequence[FrontDoorRoute], routes: Iterable[FrontDoorRoute]
) -> tuple[FrontDoorRoute, ...]:
    """Return the routes that some request still takes where rules are tried before them."""
    return tuple(route for route in routes if not any(_precedes(rule, route) for rule in rules))


def _precedes(earlier: FrontDoorRoute, later: FrontDoorRoute) -> bool:
    """Say whether whatever could take the later route takes the earlier one already."""
    inside = f"{later.base_path.rstrip('/')}/".startswith(f"{earlier.base_path.rstrip('/')}/")
    return earlier.condition is None and inside


def _routes(rule: Item, place: Place) -> Iterator[FrontDoorRoute]:
    conditions = items(rule, "Conditions")
    action = next((part(one, "InvokeApi") for one in items(rule, "Actions")), {})
    api_id = text(action, "ApiId")
    template = FrontDoorRoute(
        base_path=ROOT,
        native_api_id=place.native_id(api_id) if api_id else None,
        stage=text(action, "Stage"),
        target=None if api_id else _NO_TARGET,
        condition="; ".join(_besides_path(conditions)) or None,
        strips_base_path=flag(action, "StripBasePath"),
        priority=count(rule, "Priority"),
    )
    for path in _base_paths(conditions):
        yield msgspec.structs.replace(template, base_path=path)


def _base_paths(conditions: Iterable[Item]) -> tuple[str, ...]:
    """Return the base paths that a rule is for: any path where it names none."""
    named = [path for one in conditions for path in texts(part(one, _PATHS), "AnyOf")]
    return tuple(dict.fromkeys(f"/{path.strip('/')}" for path in named)) or (ROOT,)


def _besides_path(conditions: Iterable[Item]) -> Iterator[str]:
    """Yield what a request must show besides its path."""
    for one in conditions:
        headers = [text(each, "Header") for each in items(part(one, _HEADERS), "AnyOf")]
        if _HEADERS in one:
            names = dict.fromkeys(name.casefold() for name in headers if name)
            yield f"header {' or '.join(names) or '?'} has a certain value"
        elif not texts(part(one, _PATHS), "AnyOf"):
            yield _UNHEARD_OF
