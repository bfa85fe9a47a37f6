"""Deployments and what is known of them, for the tests of reconcile."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from apiscape.model.codec import detail_hash, facts_hash
from apiscape.model.deployment import Deployment
from apiscape.model.identity import deployment_uid
from apiscape.model.known import Known

NOON = datetime(2026, 9, 30, 12, tzinfo=UTC)


def deployment(native_id: str = "t:1:r:toy:a/live", **facts: Any) -> Deployment:
    """Return a deployment of an API; the stage is what follows the last slash."""
    api, _, stage = native_id.rpartition("/")
    given: dict[str, Any] = {
        "uid": deployment_uid(native_id),
        "native_id": native_id,
        "native_api_id": api,
        "native_kind": "toy.api",
        "provider": "toy",
        "product": "toy.api",
        "account": "1",
        "name": api,
        "stage": stage,
    }
    return Deployment(**(given | facts))


def known_of(item: Deployment, part: str = "apis", **more: Any) -> Known:
    """Return what a store knows of a deployment that is stored as it is."""
    given: dict[str, Any] = {
        "uid": item.uid,
        "name": item.name,
        "part": part,
        "listed_id": item.native_api_id,
        "facts": facts_hash(item),
        "detail": detail_hash(item),
        "stage": item.stage,
    }
    return Known(**(given | more))
