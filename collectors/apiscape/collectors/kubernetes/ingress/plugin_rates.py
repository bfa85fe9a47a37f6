"""Limits of rates that plugins of Kong and Middlewares of Traefik state. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from apiscape.collectors.kubernetes.core import Field
from apiscape.collectors.kubernetes.limiting import CLIENT_ADDRESS, CONSUMER, figure, span_s
from apiscape.model.limits import RateLimit
from apiscape.model.values import UNKNOWN, Unknown

# Kong.

_WINDOWS_S = {
    "second": 1.0,
    "minute": 60.0,
    "hour": 3_600.0,
    "day": 86_400.0,
    "month": 2_592_000.0,
    "year": 31_536_000.0,
}
_KONG_KEYS = {
    "ip": (CLIENT_ADDRESS,),
    "consumer": (CONSUMER,),
    "credential": ("credential",),
    "service": (),
    "path": ("path",),
    "consumer-group": ("consumer group",),
}
_ADVANCED = "rate-limiting-advanced"


class PluginConfig(Field):
    """Of a plugin's configuration what is known to be no credential; the rest is what limits callers.

    Attributes:
        anonymous: Set where callers who prove nothing are let in too.
    """

    issuer: Any = None
    anonymous: Any = None
    scopes_required: Any = msgspec.field(default=None, name="scopes_required")
    second: Any = None
    minute: Any = None
    hour: Any = None
    day: Any = None
    month: Any = None
    year: Any = None
    limit: Any = None
    window_size: Any = msgspec.field(default=None, name="window_size")
    limit_by: Any = msgspec.field(default=None, name="limit_by")
    identifier: Any = None
    header_name: Any = msgspec.field(default=None, name="header_name")
    policy: Any = None
    strategy: Any = None

    def __post_init__(self) -> None:
        """Keep what is of the right type; the rest may be anything."""
        self.issuer = self.issuer if isinstance(self.issuer, str) else None
        self.anonymous = bool(self.anonymous)
        told = self.scopes_required if isinstance(self.scopes_required, list) else []
        self.scopes_required = tuple(each for each in told if isinstance(each, str))


def kong_rates(plugin: str, told: PluginConfig | None, words: str) -> Iterator[RateLimit]:
    """Yield the limits of a plugin; one whose figures are of another form limits all the same.

    Args:
        plugin: Its kind.
        told: Its configuration.
        words: What evidence calls it.
    """
    config = told or PluginConfig()
    shared = _shared(config, plugin)
    found = list(_figures(config)) or [(UNKNOWN, UNKNOWN)]
    for requests, per_s in found:
        yield RateLimit(
            requests=requests,
            per_s=per_s,
            burst=None,
            by=_kong_key(config, plugin),
            shared=shared,
            evidence=plugin,
            native_id=words,
        )


def _figures(config: PluginConfig) -> Iterator[tuple[float | Unknown, float | Unknown]]:
    for name, per_s in _WINDOWS_S.items():
        if getattr(config, name) is not None:
            yield figure(getattr(config, name)), per_s
    limits, sizes = (
        each if isinstance(each, list) else () for each in (config.limit, config.window_size)
    )
    for limit, size in zip(limits, sizes, strict=False):
        yield figure(limit), figure(size)


def _kong_key(config: PluginConfig, plugin: str) -> tuple[str, ...] | Unknown:
    told = config.identifier if plugin == _ADVANCED else config.limit_by
    if told == "header" and isinstance(config.header_name, str):
        return (f"header:{config.header_name.lower()}",)
    word = told if isinstance(told, str) else "consumer"  # its default
    return _KONG_KEYS.get(word, UNKNOWN)


def _shared(config: PluginConfig, plugin: str) -> bool | Unknown:
    told = config.strategy if plugin == _ADVANCED else config.policy
    return told != "local" if isinstance(told, str) else UNKNOWN


# Traefik.


class SourceCriterion(Field):
    """What callers are told apart by."""

    request_header_name: Any = None
    request_host: Any = None


class TraefikRate(Field):
    """A rate, and how many at once."""

    average: Any = None
    period: Any = None
    burst: Any = None
    source_criterion: SourceCriterion | None = None
    redis: Any = None

    def __post_init__(self) -> None:
        """Keep of where it is counted whether it is said, and nothing of it."""
        self.redis = self.redis is not None


class TraefikInFlight(Field):
    """As many at a time."""

    amount: Any = None
    source_criterion: SourceCriterion | None = None


def traefik_rate(told: TraefikRate, words: str) -> Iterator[RateLimit]:
    """Yield the limit of a Middleware; none where it says that there is none."""
    average = UNKNOWN if told.average is None else figure(told.average)
    if average == 0:
        return
    yield RateLimit(
        requests=average,
        per_s=1.0 if told.period is None else span_s(told.period),
        burst=1.0 if told.burst is None else figure(told.burst),
        by=_traefik_key(told.source_criterion),
        shared=bool(told.redis),
        evidence="rateLimit",
        native_id=words,
    )


def traefik_in_flight(told: TraefikInFlight, words: str) -> Iterator[RateLimit]:
    """Yield how many a Middleware lets through at a time: told apart by host, where it does not say."""
    yield RateLimit(
        requests=figure(told.amount),
        per_s=None,
        burst=None,
        by=("host",) if told.source_criterion is None else _traefik_key(told.source_criterion),
        shared=False,
        evidence="inFlightReq",
        native_id=words,
    )


def _traefik_key(told: SourceCriterion | None) -> tuple[str, ...]:
    if told is not None and isinstance(told.request_header_name, str):
        return (f"header:{told.request_header_name.lower()}",)
    return ("host",) if told is not None and told.request_host is True else (CLIENT_ADDRESS,)
