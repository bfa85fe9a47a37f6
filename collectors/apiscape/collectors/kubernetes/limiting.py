"""Limits of rates as objects of a cluster state them: figures, windows and keys read, several put together. Pure.

What is read is never trusted: a figure of another form is unknown, and a value that a limit goes by, which may
be a credential, is not kept; what it is a value of is.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence

import msgspec

from apiscape.model.limits import RateLimit, RateLimits
from apiscape.model.values import UNKNOWN, Unknown, is_known

_UNITS_S = {
    "s": 1.0,
    "second": 1.0,
    "m": 60.0,
    "min": 60.0,
    "minute": 60.0,
    "h": 3_600.0,
    "hour": 3_600.0,
    "d": 86_400.0,
    "day": 86_400.0,
    "week": 604_800.0,
    "month": 2_592_000.0,
    "year": 31_536_000.0,
    "ms": 0.001,
}
_RATE = re.compile(r"\s*([0-9]{1,9})\s*r/([sm])\s*")
_SPAN = re.compile(r"([0-9]{1,9}(?:\.[0-9]{1,9})?)(ms|s|m|h|d)")
_NGINX = re.compile(r"\$\{?([a-z0-9_]{1,64})\}?")
_HEADER = re.compile(r"request\.(?:http\.)?headers(?:\.|\[['\"])([A-Za-z0-9-]{1,64})(?:['\"]\])?")
_LONGEST = 64

CLIENT_ADDRESS, CONSUMER = "client_address", "consumer"
"""What callers are told apart by, in words that all gateways share."""


def figure(value: object) -> float | Unknown:
    """Return a number that is none too strange; unknown of anything else."""
    if isinstance(value, str) and value.strip().isascii() and value.strip().isdigit():
        value = int(value.strip()[:_LONGEST])
    if isinstance(value, bool) or not isinstance(value, int | float):
        return UNKNOWN
    return float(value) if 0 <= value < 2**53 and math.isfinite(value) else UNKNOWN


def unit_s(word: object) -> float | Unknown:
    """Return how long a unit is: `Second`, `minutes`, `h`."""
    plain = word.strip().casefold() if isinstance(word, str) else ""
    return _UNITS_S.get(plain, _UNITS_S.get(plain.removesuffix("s"), UNKNOWN))


def span_s(value: object) -> float | Unknown:
    """Return how long a duration is (`10s`, `1m30s`, or a number of seconds)."""
    if not isinstance(value, str) or value.isdigit():
        return figure(value)
    parts = _SPAN.findall(value)
    if not parts or "".join(f"{number}{unit}" for number, unit in parts) != value:
        return UNKNOWN
    return math.fsum(float(number) * _UNITS_S[unit] for number, unit in parts)


def rate_of(text: object) -> tuple[float | Unknown, float | Unknown]:
    """Return how many in how many seconds, as NGINX writes it (`10r/s`, `300r/m`)."""
    found = _RATE.fullmatch(text) if isinstance(text, str) else None
    return (float(found[1]), _UNITS_S[found[2]]) if found else (UNKNOWN, UNKNOWN)


def nginx_key(text: object) -> tuple[str, ...] | Unknown:
    """Return what the variables of a key tell callers apart by; unknown where it has none that can be named."""
    found = _NGINX.findall(text) if isinstance(text, str) else []
    return tuple(dict.fromkeys(map(_variable, found))) or UNKNOWN


def _variable(name: str) -> str:
    if name in {"binary_remote_addr", "remote_addr"}:
        return CLIENT_ADDRESS
    if name == "consumer_name":
        return CONSUMER
    if name.startswith("http_"):
        return f"header:{name.removeprefix('http_').replace('_', '-')}"
    return name


def expressed_key(text: object) -> str:
    """Return what an expression of CEL tells callers apart by."""
    told = text if isinstance(text, str) else ""
    header = _HEADER.search(told)
    if header is not None:
        return f"header:{header[1].lower()}"
    if told.startswith("auth.identity"):
        return CONSUMER
    return CLIENT_ADDRESS if told.startswith("source.address") else told[:_LONGEST]


def each_once(limits: Iterable[RateLimit]) -> RateLimits:
    """Return limits, each once."""
    return tuple(dict.fromkeys(limits))


def joined(told: Iterable[RateLimits | Unknown]) -> RateLimits | Unknown:
    """Return all limits that several say hold together.

    None only where one says so and none of the others is unknown: what is known to hold holds whatever is
    not known besides.
    """
    said = list(told)
    known = [each for each in said if is_known(each)]
    found = each_once(limit for each in known for limit in each)
    return found if found or (known and len(known) == len(said)) else UNKNOWN


def merged(told: Sequence[RateLimits | Unknown], condition: str) -> RateLimits | Unknown:
    """Return what holds where requests meet one of several: a limit of some of them is so for those alone.

    Args:
        told: What each of them says.
        condition: For which requests a limit holds that not all of them say.
    """
    if not told:
        return UNKNOWN
    first = told[0]
    if all(each == first for each in told):
        return first
    known = [each for each in told if is_known(each)]
    if len(known) < len(told):
        return UNKNOWN
    return each_once(
        limit if all(limit in each for each in known) else _narrowed(limit, condition)
        for limits in known
        for limit in limits
    )


def _narrowed(limit: RateLimit, condition: str) -> RateLimit:
    words = f"{limit.condition}, {condition}" if limit.condition else condition
    return msgspec.structs.replace(limit, condition=words)
