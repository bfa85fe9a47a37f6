"""Hosts that a listener and a route have in common. Pure.

After the specification of Gateway API (`Listener.hostname`).
"""

from __future__ import annotations

from collections.abc import Sequence

ANY = ""


def common_hosts(listener: str | None, route: Sequence[str]) -> tuple[str, ...]:
    """Return the hosts that a listener and a route have in common, the more specific of each pair.

    None of a listener, or of a route, stand for any; nothing is returned where they have none in common.
    """
    own = (listener or ANY).lower()
    if not route:
        return (own,)
    common = [each for host in route if (each := _both(own, host.lower())) is not None]
    return tuple(dict.fromkeys(common))


def _both(one: str, other: str) -> str | None:
    """Return the more specific of two hosts, where every name that it stands for is one of the other's too."""
    if one == ANY or _holds(one, other):
        return other
    return one if _holds(other, one) else None


def _holds(wide: str, narrow: str) -> bool:
    """Say whether one host stands for every name that another does: `*.a.b` for `x.a.b` and `x.y.a.b`, not `a.b`."""
    return wide == narrow or (
        wide.startswith("*.") and narrow.removeprefix("*.").endswith(wide[1:])
    )
