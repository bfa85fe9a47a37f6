"""How often callers may ask for each operation of a stage: what it sets for all, and for one of them.

The limits of an account and its region hold beside these, and those of a usage plan for whoever it is for:
neither is a setting of a stage.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from apiscape.collectors.aws.picking import Item, is_missing, number, part, text
from apiscape.collectors.aws.surface import Detail
from apiscape.model.deployment import Operation
from apiscape.model.limits import RateLimit, RateLimits, summarise_limits
from apiscape.model.projection import guarded
from apiscape.model.values import UNKNOWN, Unknown, is_known
from apiscape.model.vocabulary import Switch

EVERYWHERE = "*/*"

Throttle = tuple[float | Unknown | None, float | Unknown | None]
"""Requests a second, and how many at once; `None` where it is not said, below zero where none is set."""

_NOT_SAID: Throttle = (None, None)
_UNREADABLE: Throttle = (UNKNOWN, UNKNOWN)


class Settings(msgspec.Struct, frozen=True, gc=False):
    """Throttling of one stage.

    Attributes:
        stage: Its name.
        name: What the gateway calls these settings.
        usual: Key and setting of all operations.
        own: Settings of one operation, by its key.
    """

    stage: str
    name: str
    usual: tuple[str, Throttle]
    own: Mapping[str, Throttle]

    def limits(self, key: str) -> RateLimits | Unknown:
        """Return what is set for an operation: for it alone, else for all; unknown where that cannot be read."""
        rate, burst = self.own.get(key, _NOT_SAID)
        usual, (usual_rate, usual_burst) = self.usual
        by = usual if rate is None else key
        rate, burst = _first(rate, usual_rate), _first(burst, usual_burst)
        if rate is UNKNOWN:
            return UNKNOWN
        if rate is None or rate < 0:
            return ()
        limit = RateLimit(
            requests=rate,
            per_s=1.0,
            burst=burst if burst is UNKNOWN or (burst is not None and burst >= 0) else None,
            by=(),
            shared=True,
            evidence=f"{self.name} {by}",
            native_id=f"stage {self.stage}",
        )
        return (limit,)

    def word(self) -> str:
        """Return whether operations are limited that nobody could see: unknown where they may differ."""
        keys = (self.usual[0], *self.own)
        word = summarise_limits(self.limits(key) for key in keys)
        return Switch.UNKNOWN if word == Switch.PARTIAL else word


def method_settings(stage: Item) -> Settings:
    """Return the throttling of a stage of a REST API, its methods by verb and path (`GET /x`)."""
    settings = stage.get("methodSettings")
    readable = settings is None or isinstance(settings, Mapping)
    usual = part(stage, "methodSettings").get(EVERYWHERE)
    return Settings(
        stage=text(stage, "stageName") or "",
        name="methodSettings",
        usual=(EVERYWHERE, _throttle(usual, "throttling") if readable else _UNREADABLE),
        own={
            _method_key(key): _throttle(setting, "throttling")
            for key, setting in part(stage, "methodSettings").items()
            if isinstance(key, str) and key != EVERYWHERE
        },
    )


def route_settings(stage: Item) -> Settings:
    """Return the throttling of a stage of the second generation, its routes by their keys."""
    settings = stage.get("RouteSettings")
    readable = settings is None or isinstance(settings, Mapping)
    usual = _throttle(stage.get("DefaultRouteSettings"), "Throttling")
    return Settings(
        stage=text(stage, "StageName") or "",
        name="route settings",
        usual=("of the stage", usual if readable else _UNREADABLE),
        own={
            key: _throttle(setting, "Throttling")
            for key, setting in part(stage, "RouteSettings").items()
            if isinstance(key, str)
        },
    )


def limit(detail: Detail, settings: Settings | None) -> Detail:
    """Return what is known of a stage with the limits that it sets; of what is not deployed nobody can tell.

    Whether operations are limited that stand as stored, a token remembers; of those that nobody could see
    the settings tell as much as they can.
    """
    if settings is None:
        return detail
    surface = detail.surface
    held = _limited(surface.operations, settings)
    counted = guarded(held)
    word = surface.rate_limit
    if is_known(counted) and counted:
        word = summarise_limits(each.rate_limits for each in counted)
    elif word == Switch.UNKNOWN:
        word = settings.word()
    limited = msgspec.structs.replace(surface, operations=held, rate_limit=word)
    return msgspec.structs.replace(detail, surface=limited)


def _limited(
    operations: tuple[Operation, ...] | Unknown, settings: Settings
) -> tuple[Operation, ...] | Unknown:
    if not is_known(operations):
        return UNKNOWN
    return tuple(
        msgspec.structs.replace(each, rate_limits=settings.limits(_key(each)))
        for each in operations
    )


def _key(operation: Operation) -> str:
    """Return what settings call an operation: route keys of messages are their template alone."""
    if operation.template.startswith("/"):
        return f"{operation.verb} {operation.template}"
    return operation.template


def _method_key(key: str) -> str:
    """Return verb and path of a key of method settings: `pets/{id}/GET`, or with its slashes escaped (`~1pets/GET`)."""
    path, _, verb = key.rpartition("/")
    return f"{verb} /{path.replace('~1', '/').replace('~0', '~').strip('/')}"


def _throttle(setting: object, prefix: str) -> Throttle:
    if setting is None:
        return _NOT_SAID
    if not isinstance(setting, Mapping):
        return _UNREADABLE
    return _figure(setting, f"{prefix}RateLimit"), _figure(setting, f"{prefix}BurstLimit")


def _figure(setting: Item, key: str) -> float | Unknown | None:
    if is_missing(setting, key):
        return None
    value = number(setting, key)
    return UNKNOWN if value is None else value


def _first(own: float | Unknown | None, usual: float | Unknown | None) -> float | Unknown | None:
    return usual if own is None else own
