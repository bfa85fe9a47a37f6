"""What the AWS Load Balancer Controller asks of callers: actions of the ListenerRuleConfiguration of a rule.

What a LoadBalancerConfiguration says of certificates is not read: that nothing is asked is never known.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from apiscape.collectors.kubernetes.core import Field
from apiscape.collectors.kubernetes.objects import Thing, key_of
from apiscape.collectors.kubernetes.policies.opaque import unseen
from apiscape.collectors.kubernetes.policies.point import Part, Point
from apiscape.collectors.kubernetes.policies.securing import asked, named, together, unknown
from apiscape.collectors.kubernetes.resource import Look, Resource, declared
from apiscape.model.security import Scheme, Security
from apiscape.model.vocabulary import SchemeKind

GROUP = "gateway.k8s.aws"


class Sign(Field):
    """People sign in, or tokens are checked; of either the issuer and what becomes of those who do not."""

    issuer: str | None = None
    user_pool_arn: str | None = None
    on_unauthenticated_request: str | None = None


class Action(Field):
    """What is done with a request."""

    type: str = ""
    oidc: Sign | None = msgspec.field(default=None, name="authenticateOIDCConfig")
    cognito: Sign | None = msgspec.field(default=None, name="authenticateCognitoConfig")
    jwt: Sign | None = msgspec.field(default=None, name="jwtValidationConfig")


class RuleConfigurationSpec(Field):
    """What is done with requests of a rule."""

    actions: list[Action] | None = None


class RuleConfiguration(Thing):
    """A ListenerRuleConfiguration."""

    spec: RuleConfigurationSpec = msgspec.field(default_factory=RuleConfigurationSpec)


RULES = declared(
    f"listenerruleconfigurations.{GROUP}",
    "ListenerRuleConfiguration",
    RuleConfiguration,
    *("v1", "v1beta1"),
    reveals="what is asked of callers",
)
RESOURCES: tuple[Resource, ...] = (RULES,)
NEUTRAL = frozenset({(GROUP, RULES.kind)})
"""What filters refer to that is read here."""


def holds(point: Point, look: Look) -> Part:
    """Return what configurations of a rule say."""
    parts = [part for each in _configurations(point, look) for part in each]
    nobody = unknown(
        "no action asks for anything; certificates that a listener asks for are not read"
    )
    return Part(security=together(parts or [nobody]))


def _configurations(point: Point, look: Look) -> Iterator[list[Security]]:
    for group, kind, name in point.extensions:
        if (group, kind) != (GROUP, RULES.kind) or point.route is None:
            continue
        key = key_of(point.route.namespace, name)
        told: RuleConfiguration | None = look.get(RULES.name, key)
        if told is None:
            yield [
                unknown(f"{kind} {key} is not there")
                if look.sees(RULES.name, point.route.namespace)
                else unseen(RULES)
            ]
        else:
            yield [part for action in told.spec.actions or () for part in _asked(action, told)]


def _asked(action: Action, told: RuleConfiguration) -> Iterator[Security]:
    by = named(RULES.kind, told)
    for sign, kind in (
        (action.oidc, SchemeKind.OIDC),
        (action.cognito, SchemeKind.OIDC),
        (action.jwt, SchemeKind.JWT),
    ):
        if sign is None:
            continue
        where = "header:Authorization" if kind == SchemeKind.JWT else None
        issuer = sign.issuer or sign.user_pool_arn
        scheme = Scheme(kind=kind, location=where, issuer=issuer, native_id=by)
        yield asked(by, scheme, optional=sign.on_unauthenticated_request == "allow")
