"""Records of catalogues in a store: one leads to a deployment, one to nothing, of one nobody can tell."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec

from apiscape.model.deployment import Deployment
from apiscape.model.identity import deployment_uid
from apiscape.model.known import Batch
from apiscape.model.run import PartReport
from apiscape.model.surroundings import CatalogueRecord, Relation, Whereabouts
from apiscape.store import Store
from tests.store.making import ACCOUNT, PRODUCT, SCOPE, T0, make, visit

RECORDS_PART = "ListRegistryRecords"
REGISTRY = msgspec.structs.replace(SCOPE, product="aws.agentregistry.record")
UNTOLD = "it names no source, and what it describes is not read"
AWAY = f"aws:{ACCOUNT}:eu-west-1:apigateway:/restapis/gone/prod"


def a_record(name: str, **more: Any) -> CatalogueRecord:
    """Return a record of the registry of agents; all that it leads to is told."""
    given: dict[str, Any] = {"catalogue": "agents", "untold": None} | more
    return CatalogueRecord(
        uid=f"record-{name}",
        native_id=f"aws:{ACCOUNT}:eu-west-1:agent-registry:r/{name}",
        native_kind="aws.agentregistry.record",
        provider="aws",
        account=ACCOUNT,
        name=name,
        **given,
    )


def where(native_id: str, **more: Any) -> Whereabouts:
    """Return where a stage of a REST API would be."""
    given: dict[str, Any] = {"account": ACCOUNT, "region": "eu-west-1"} | more
    return Whereabouts(native_id, PRODUCT, **given)


def names(record: str, native_id: str, **more: Any) -> Relation:
    """Return what a record names."""
    place = where(native_id, **more)
    uid = deployment_uid(native_id)
    return Relation("declares", f"record-{record}", uid, ("DETECTED_FROM it",), whereabouts=place)


def around(*items: Any) -> Batch:
    """Return what a visit of the registry gives."""
    return Batch(surroundings=tuple((RECORDS_PART, f"r/{n}", item) for n, item in enumerate(items)))


def listed(outcome: str = "complete", **more: Any) -> PartReport:
    """Return how the records were listed."""
    return PartReport(part=RECORDS_PART, outcome=outcome, **more)


def fill_catalogues(store: Store, at: datetime = T0, led: Deployment | None = None) -> None:
    """Declare three things: the scope of what they name was visited before, and has what leads somewhere."""
    there = led or make(1)
    given = around(
        a_record("there", version="2", style="mcp", lifecycle="live"),
        names("there", there.native_id),
        a_record("gone"),
        names("gone", AWAY),
        a_record("odd", untold=UNTOLD, lifecycle="planned"),
    )
    visit(store, given, at=at, scope=REGISTRY, parts=[listed()])
