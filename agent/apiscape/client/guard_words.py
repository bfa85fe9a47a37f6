"""What guards an operation and an address, in words that screens and commands share: limits of rates, TLS."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

from apiscape.client.words import count, shown
from apiscape.model.deployment import Endpoint, Operation
from apiscape.model.limits import RateLimit, RateLimits
from apiscape.model.values import Unknown, is_known
from apiscape.model.vocabulary import Counted, TlsMode

_WINDOWS: Mapping[float, str] = {1: "s", 60: "min", 3_600: "h", 86_400: "day"}

_TLS: Mapping[str, str] = {
    TlsMode.PLAIN: "without TLS",
    TlsMode.TERMINATE: "TLS ends here",
    TlsMode.MUTUAL: "TLS ends here, asks for a certificate",
    TlsMode.PASSTHROUGH: "TLS passed through",
    TlsMode.UNKNOWN: "",
}


def tls_words(endpoint: Endpoint) -> str:
    """Return who ends TLS at an address, and from which version on: `TLS ≥ 1.2 ends here`; nothing if unknown."""
    said = _TLS.get(endpoint.tls_mode, f"TLS {endpoint.tls_mode.replace('_', ' ')}")
    if not isinstance(endpoint.tls_min, str):
        return said
    least = f"TLS ≥ {endpoint.tls_min.removeprefix('TLS_').replace('_', '.')}"
    return said.replace("TLS", least, 1) if said else least


def rate_words(limit: RateLimit) -> str:
    """Return how often: `100/s burst 200`, `5 at a time`, `limited` where nobody knows the figure."""
    if not is_known(limit.requests):
        return "limited"
    what = "" if limit.counts == Counted.REQUESTS else f" {limit.counts}"
    burst = f" burst {_figure(limit.burst)}" if isinstance(limit.burst, float) else ""
    return f"{_figure(limit.requests)}{what}{_window(limit.per_s)}{burst}"


def limit_words(limit: RateLimit) -> str:
    """Return a limit whole: how often, whom it counts together, for which requests alone."""
    parts = [rate_words(limit)]
    if is_known(limit.by):
        names = " and ".join(each.replace("_", " ") for each in limit.by)
        parts.append(f"by {names}" if names else "all callers together")
    if limit.shared is False:
        parts.append("each instance by itself")
    if limit.condition:
        parts.append(f"only {limit.condition}")
    return ", ".join(parts)


def rates_words(limits: RateLimits | Unknown) -> str:
    """Return all limits that hold in short: `100/s, 5,000/day`, `–`, `?`; those of some requests in brackets."""
    if not is_known(limits) or not limits:
        return shown(limits)
    told = (f"({rate_words(each)})" if each.condition else rate_words(each) for each in limits)
    return ", ".join(dict.fromkeys(told))


def policies_words(operations: Iterable[Operation]) -> Iterator[tuple[str, str, str]]:
    """Yield each limit once: whole, what gives it, and of how many operations."""
    held = Counter(
        limit
        for operation in operations
        if is_known(operation.rate_limits)
        for limit in operation.rate_limits
    )
    for limit, number in held.items():
        given = ": ".join(dict.fromkeys(filter(None, (limit.native_id, limit.evidence))))
        yield limit_words(limit), given, count(number, "operation")


def _figure(value: float) -> str:
    return f"{value:,.0f}" if value == int(value) else f"{value:g}"


def _window(per_s: float | Unknown | None) -> str:
    if per_s is None:
        return " at a time"
    if not is_known(per_s):
        return ""
    return f"/{_WINDOWS[per_s]}" if per_s in _WINDOWS else f" per {_figure(per_s)} s"
