"""Which annotations of each controller limit callers, read where those of `controllers` are."""

from __future__ import annotations

from apiscape.collectors.kubernetes.ingress.rating import Rates
from apiscape.collectors.kubernetes.limiting import CLIENT_ADDRESS
from apiscape.model.vocabulary import Counted

_ADDRESS = (CLIENT_ADDRESS,)
_CONNECTIONS = Counted.CONNECTIONS
_TIMES = ("limit-burst-multiplier", 5.0)
_SPARED = ("limit-whitelist", "limit-allowlist")


def _of_router(key: str, *, per_s: float | None = 3.0, counts: str = _CONNECTIONS) -> Rates:
    """Return a limit of OpenShift's router, which counts for three seconds, once it is told to."""
    name = "rate-limit-connections"
    return Rates(key=f"{name}.{key}", only_if=name, per_s=per_s, counts=counts, by=_ADDRESS)


NGINX_COMMUNITY_RATES: tuple[Rates, ...] = (
    Rates(key="limit-rps", by=_ADDRESS, times=_TIMES, spared=_SPARED),
    Rates(key="limit-rpm", per_s=60.0, by=_ADDRESS, times=_TIMES, spared=_SPARED),
    Rates(key="limit-connections", per_s=None, counts=_CONNECTIONS, by=_ADDRESS, spared=_SPARED),
)

NGINX_F5_RATES: tuple[Rates, ...] = (
    Rates(
        key="limit-req-rate",
        is_rate=True,
        tried="limit-req-dry-run",
        by=_ADDRESS,
        by_key="limit-req-key",
        burst="limit-req-burst",
    ),
)

OPENSHIFT_RATES: tuple[Rates, ...] = (
    _of_router("rate-http", counts=Counted.REQUESTS),
    _of_router("rate-tcp"),
    _of_router("concurrent-tcp", per_s=None),
)

HAPROXY_TECH_RATES: tuple[Rates, ...] = (
    Rates(key="rate-limit-requests", window="rate-limit-period", by=_ADDRESS),
)

HAPROXY_INGRESS_RATES: tuple[Rates, ...] = (
    Rates(key="limit-rps", by=_ADDRESS, spared=_SPARED[:1]),
    Rates(
        key="limit-connections",
        per_s=None,
        counts=_CONNECTIONS,
        by=_ADDRESS,
        spared=_SPARED[:1],
    ),
)
