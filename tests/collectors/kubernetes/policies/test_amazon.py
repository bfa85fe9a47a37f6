"""What rules of AWS's load balancers ask."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from apiscape.collectors.kubernetes.policies.amazon import RULES
from tests.collectors.kubernetes.policies.clusters import (
    AMAZON,
    Json,
    asked_of,
    decoded,
    holding,
    made,
    point,
)

CANARY = "canary-19bd"


ACTIONS = point(AMAZON, extensions=(("gateway.k8s.aws", "ListenerRuleConfiguration", "rule"),))


def rule(*actions: Json) -> Json:
    return made("ListenerRuleConfiguration", "rule", {"actions": list(actions)}, status={})


@pytest.mark.parametrize(
    ("action", "told"),
    [
        (
            {"authenticateOIDCConfig": {"issuer": "https://id.example"}},
            ("required", "oidc", None, "https://id.example"),
        ),
        (
            {"authenticateCognitoConfig": {"userPoolArn": "arn:pool"}},
            ("required", "oidc", None, "arn:pool"),
        ),
        (
            {"jwtValidationConfig": {"issuer": "https://id.example"}},
            ("required", "jwt", "header:Authorization", "https://id.example"),
        ),
        (
            {"authenticateOIDCConfig": {"onUnauthenticatedRequest": "allow"}},
            ("optional", "oidc", None, None),
        ),
    ],
)
def test_actions_of_a_rule_ask_its_callers(action: Json, told: tuple[Any, ...]) -> None:
    security = holding(rule(action | {"type": "any"}), at=ACTIONS).security
    (scheme,) = security.schemes
    assert (security.requirement, scheme.kind, scheme.location, scheme.issuer) == told


def test_that_nothing_is_asked_at_aws_is_never_known() -> None:
    assert asked_of(at=point(AMAZON)) == ("unknown",)
    assert asked_of(rule({"type": "forward"}), at=ACTIONS) == ("unknown",)
    assert "is not there" in (holding(at=ACTIONS).security.evidence or "")
    unseen = holding(at=ACTIONS, unseen=["ListenerRuleConfiguration"]).security
    assert unseen.evidence == "ListenerRuleConfiguration could not be read"


def test_no_secret_of_a_rule_is_decoded() -> None:
    action = {"authenticateOIDCConfig": {"issuer": "i", "secret": {"name": CANARY}}}
    assert CANARY not in msgspec.json.encode(decoded(rule(action), RULES)).decode()
