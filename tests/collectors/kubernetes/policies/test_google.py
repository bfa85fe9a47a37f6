"""Policies of GKE."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from apiscape.collectors.kubernetes.policies.google import BACKENDS
from tests.collectors.kubernetes.policies.clusters import (
    GOOGLE,
    Json,
    asked_of,
    decoded,
    holding,
    made,
    point,
)

CANARY = "canary-19bd"


def iap(service: str, *, on: bool = True, status: str | None = "True", **given: Any) -> Json:
    default = {"iap": {"enabled": on, "oauth2ClientSecret": {"name": CANARY}}} | given
    spec = {"targetRef": {"group": "", "kind": "Service", "name": service}, "default": default}
    conditions = [{"type": "Attached", "status": status}] if status else None
    return made("GCPBackendPolicy", f"iap-{service}", spec, status={"conditions": conditions})


BOTH = point(GOOGLE, services=("shop/web", "shop/till"))


@pytest.mark.parametrize(
    ("objects", "told"),
    [
        ([iap("web"), iap("till")], ("required", "oidc")),
        ([iap("web")], ("unknown", "oidc")),
        ([iap("web"), iap("till", on=False)], ("unknown", "oidc")),
        ([iap("web"), iap("till", status=None)], ("unknown", "oidc")),
        ([iap("web"), iap("till", status="False")], ("unknown", "oidc")),
        ([], ("unknown",)),
    ],
)
def test_iap_asks_for_an_identity_where_it_is_in_front_of_all_services(
    objects: list[Json], told: tuple[str, ...]
) -> None:
    assert asked_of(*objects, at=BOTH) == told


def test_that_nothing_is_asked_at_gke_is_never_known() -> None:
    assert asked_of(iap("web"), iap("till"), at=BOTH, unseen=["GCPBackendPolicy"]) == ("unknown",)
    assert asked_of(iap("web"), at=point(GOOGLE)) == ("unknown",)


@pytest.mark.parametrize(
    ("objects", "told"),
    [
        ([iap("web", securityPolicy="a"), iap("till", securityPolicy="b")], "enabled"),
        ([iap("web", securityPolicy="a")], "unknown"),
        ([iap("web")], "disabled"),
        ([iap("web", securityPolicy="a", status=None)], "unknown"),
    ],
)
def test_a_firewall_is_on_where_it_is_in_front_of_all_services(
    objects: list[Json], told: str
) -> None:
    assert holding(*objects, at=BOTH).waf == told


def test_no_secret_of_iap_is_decoded() -> None:
    assert CANARY not in msgspec.json.encode(decoded(iap("web"), BACKENDS)).decode()
