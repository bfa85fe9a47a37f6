"""What routes find where the same listeners take them, whatever they say themselves: worked out once for all."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from apiscape.collectors.kubernetes.deploying.operations import merged
from apiscape.collectors.kubernetes.exposed import Condition
from apiscape.collectors.kubernetes.gatewayapi.parents import Front, Parent, Taken, parent_at
from apiscape.collectors.kubernetes.gatewayapi.serving import troubles
from apiscape.collectors.kubernetes.limiting import merged as merged_limits
from apiscape.collectors.kubernetes.policies.effective import DETACHED, Effective
from apiscape.collectors.kubernetes.policies.fronts import links_of_all
from apiscape.collectors.kubernetes.policies.securing import asked as asked_by
from apiscape.collectors.kubernetes.policies.securing import together
from apiscape.collectors.kubernetes.resource import Look
from apiscape.model.limits import RateLimits
from apiscape.model.security import Scheme, Security
from apiscape.model.values import Unknown
from apiscape.model.vocabulary import SchemeKind, Switch


class Held(msgspec.Struct, frozen=True):
    """What holds for a rule.

    Attributes:
        effects: At each listener; at no listener once, where none takes its route.
        security, limits: What is asked of callers at all of them, and how often they may.
    """

    effects: tuple[Effective, ...]
    security: Security
    limits: RateLimits | Unknown


class Ground(msgspec.Struct, frozen=True):
    """What routes find at some listeners.

    Attributes:
        usual: What holds for each rule that refers to nothing; `None` where rules may differ.
        troubles: What is wrong with the listeners and their gateway, or not known yet.
        secrets: Of certificates beside those of the addresses.
        links: What is named outside of the cluster.
    """

    usual: Held | None
    troubles: tuple[Condition, ...]
    secrets: tuple[str, ...]
    links: dict[str, str]


def ground_of(asked: Sequence[Taken], look: Look) -> Ground:
    """Return what a route finds at what it names so often by one name."""
    key = asked[0].key if len(asked) == 1 else " + ".join([each.key for each in asked])
    return look.once("gateway-api.ground", key, lambda look: _ground(asked, look))


def _ground(asked: Sequence[Taken], look: Look) -> Ground:
    """Return the same of the parents as they are now: it is asked again after they have changed."""
    parents = [parent_at(each.route, each.ref, look)[0] for each in asked]
    fronts = [
        parent.fronts[place.index]
        for parent, each in zip(parents, asked, strict=True)
        for place in each.places
        if place.index < len(parent.fronts)
    ]
    parent = parents[0]
    said: list[Condition] = []
    if parent.is_there:
        listeners = [(each.holder, each.listener) for each in fronts]
        said += troubles(parent.gateway or "", listeners, look)
    said += dict.fromkeys(trouble for each in fronts for trouble in each.troubles)
    return Ground(
        usual=_usual(parent, fronts),
        troubles=tuple(said),
        secrets=tuple(dict.fromkeys(secret for each in fronts for secret in each.secrets)),
        links=links_of_all((*(each.links for each in fronts), parent.links)),
    )


def _usual(parent: Parent, fronts: Sequence[Front]) -> Held | None:
    if not parent.is_there:
        return NOWHERE
    if not fronts:
        return None if parent.usual is None else held([parent.usual])
    sure = [guarded(each.usual, each) for each in fronts if each.usual is not None]
    return held(sure) if len(sure) == len(fronts) else None


def held(effects: list[Effective]) -> Held:
    """Return what holds for a rule, from what holds for it at each listener."""
    limits = merged_limits([each.rate_limits for each in effects], "not at each of its listeners")
    return Held(tuple(effects), merged([each.security for each in effects]), limits)


def guarded(effect: Effective, front: Front) -> Effective:
    """Return what holds at a listener, with the certificate that it asks callers for."""
    if front.address.mtls != Switch.ENABLED:
        return effect
    by = f"listener {front.listener} of {front.holder.replace('/', ' ', 1)}"
    certificate = asked_by(by, Scheme(kind=SchemeKind.MTLS, location="tls", native_id=by))
    security = together([effect.security, certificate])
    return msgspec.structs.replace(effect, security=security)


NOWHERE = held([DETACHED])
"""What holds for each rule of what no gateway serves."""
