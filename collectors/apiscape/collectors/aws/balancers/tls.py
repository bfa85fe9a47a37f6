"""The lowest protocol that each security policy of Elastic Load Balancing accepts.

After "Security policies for your Application Load Balancer". A policy that is not here is unknown:
its name is not read for what it may mean.
"""

from __future__ import annotations

from collections.abc import Iterable

from apiscape.model.values import UNKNOWN, Unknown

TLS_1_0, TLS_1_1, TLS_1_2, TLS_1_3 = "TLS_1_0", "TLS_1_1", "TLS_1_2", "TLS_1_3"

_NAMES: dict[str, tuple[str, ...]] = {
    TLS_1_0: (
        "2015-05",
        "2016-08",
        "FS-2018-06",
        "TLS-1-0-2015-04",
        "TLS13-1-0-2021-06",
        "TLS13-1-0-FIPS-2023-04",
    ),
    TLS_1_1: (
        "FS-1-1-2019-08",
        "TLS-1-1-2017-01",
        "TLS13-1-1-2021-06",
        "TLS13-1-1-FIPS-2023-04",
    ),
    TLS_1_2: (
        "FS-1-2-2019-08",
        "FS-1-2-Res-2019-08",
        "FS-1-2-Res-2020-10",
        "TLS-1-2-2017-01",
        "TLS-1-2-Ext-2018-06",
        "TLS13-1-2-2021-06",
        "TLS13-1-2-Ext1-2021-06",
        "TLS13-1-2-Ext2-2021-06",
        "TLS13-1-2-Res-2021-06",
        "TLS13-1-2-FIPS-2023-04",
        "TLS13-1-2-Ext0-FIPS-2023-04",
        "TLS13-1-2-Ext1-FIPS-2023-04",
        "TLS13-1-2-Ext2-FIPS-2023-04",
        "TLS13-1-2-Res-FIPS-2023-04",
        "TLS13-1-2-PQ-2025-09",
        "TLS13-1-2-Ext1-PQ-2025-09",
        "TLS13-1-2-Ext2-PQ-2025-09",
        "TLS13-1-2-Res-PQ-2025-09",
        "TLS13-1-2-FIPS-PQ-2025-09",
        "TLS13-1-2-Ext0-FIPS-PQ-2025-09",
        "TLS13-1-2-Ext1-FIPS-PQ-2025-09",
        "TLS13-1-2-Ext2-FIPS-PQ-2025-09",
        "TLS13-1-2-Res-FIPS-PQ-2025-09",
    ),
    TLS_1_3: (
        "TLS13-1-3-2021-06",
        "TLS13-1-3-FIPS-2023-04",
        "TLS13-1-3-PQ-2025-09",
        "TLS13-1-3-FIPS-PQ-2025-09",
    ),
}

LOWEST = {f"ELBSecurityPolicy-{name}": tls for tls, names in _NAMES.items() for name in names}
"""Lowest protocol by the name of the policy."""


def lowest_of(policy: str | None) -> str | Unknown:
    """Return the lowest protocol of a policy."""
    return LOWEST.get(policy or "", UNKNOWN)


def lowest(given: Iterable[str | Unknown | None]) -> str | Unknown | None:
    """Return the lowest of several; unknown as soon as one is, and none where no TLS is spoken."""
    said = [each for each in given if each is not None]
    if any(each is UNKNOWN for each in said):
        return UNKNOWN
    return min((str(each) for each in said), default=None)
