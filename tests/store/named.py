"""Names in DNS in a store, with a verdict on each: one that dangles, one of which nobody can tell, one that is fine."""

from __future__ import annotations

from datetime import datetime

import msgspec

from apiscape.model.deployment import Endpoint
from apiscape.model.known import Batch
from apiscape.model.run import Scope
from apiscape.model.surroundings import DANGLES, FrontDoor, FrontDoorRoute, Signal
from apiscape.store import Store
from tests.store.making import PART, SCOPE, T0, visit

ZONES = msgspec.structs.replace(
    SCOPE,
    product="aws.route53.names",
    reach=msgspec.structs.replace(SCOPE.reach, key="111122223333", region=None),
)

VERDICTS: dict[str, tuple[bool | None, str]] = {
    "old": (True, "old.host.example was orders, which is gone from prod/1/aws.apigateway.rest"),
    "odd": (None, "odd.host.example may be in prod/9, which is not read"),
    "fine": (False, "fine.host.example is payments"),
}


def a_name(label: str) -> FrontDoor:
    """Return a name in DNS that points at a host of the same label."""
    host = f"{label}.host.example"
    route = FrontDoorRoute(base_path="/", target=host, origin=f"https://{host}")
    return FrontDoor(
        uid=f"name-{label}",
        native_id=f"aws:1::route53:hostedzone/Z1/{label}.example",
        native_kind="aws.route53.name",
        provider="aws",
        account="111122223333",
        name=f"{label}.example",
        endpoint=Endpoint(f"https://{label}.example", evidence="public zone example"),
        routes=(route,),
        is_name=True,
    )


def fill_names(store: Store, at: datetime = T0, scope: Scope = ZONES) -> None:
    """List three names, and keep a verdict on each; a fourth points at nothing that is lent."""
    doors = [a_name(label) for label in (*VERDICTS, "elsewhere")]
    visit(
        store, Batch(surroundings=tuple((PART, "Z1", each) for each in doors)), at=at, scope=scope
    )
    judge(store, at)


def judge(store: Store, at: datetime, **changed: tuple[bool | None, str]) -> None:
    """Keep verdicts on the names, some of them changed."""
    said = {
        f"name-{label}": Signal(f"name-{label}", DANGLES, value, at, "conclude", reason=reason)
        for label, (value, reason) in (VERDICTS | changed).items()
    }
    store.pointing.save(said, name="names", seq=int(at.timestamp()), at=at)
