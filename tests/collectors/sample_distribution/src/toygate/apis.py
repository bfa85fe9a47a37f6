"""Lists the APIs of a ToyGate."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

from apiscape.collectors import contract
from apiscape.model.deployment import Deployment, Endpoint, Operation
from apiscape.model.identity import deployment_uid, staged
from apiscape.model.run import Scope
from apiscape.model.security import Security


class ToyGateApis:
    """The collector."""

    product: ClassVar[str] = "toygate.apis"
    title: ClassVar[str] = "ToyGate APIs"
    provider: ClassVar[str] = "toygate"
    permissions = (contract.Permission("toygate:Read", "every API", operations=("list", "read")),)
    quotas = (contract.Quota("toygate", rate_per_s=1000, burst=1000),)
    parts: ClassVar[tuple[str, ...]] = ("apis",)
    stability: ClassVar[str] = "sample"
    normaliser_version: ClassVar[int] = 1

    def discover(self, scope: Scope, visit: contract.Visit) -> Iterator[contract.Observation]:
        after: str | None = ""
        while after is not None:
            page = visit.session(f"/apis?after={after}")
            after = page.get("next")
            ids = tuple(page["ids"])
            yield contract.Listed("apis", ids, last=after is None)
            for native_id in ids:
                try:
                    api = visit.session(f"/apis/{native_id}")
                except contract.CollectorError as error:
                    yield contract.Failed(native_id, error.record())
                else:
                    yield contract.Recorded(native_id, tuple(normalise(native_id, api)))


def normalise(api_id: str, api: dict[str, Any]) -> Iterator[Deployment]:
    for stage in api["stages"]:
        native_id = staged(f"gate:{api_id}", stage["name"])
        security = Security(requirement=stage.get("auth", "unknown"))
        yield Deployment(
            uid=deployment_uid(native_id),
            native_id=native_id,
            native_api_id=f"gate:{api_id}",
            native_kind="toygate.api",
            provider="toygate",
            product="toygate.apis",
            account="gate",
            name=api.get("name", api_id),
            stage=stage["name"],
            endpoints=(Endpoint(stage["url"]),),
            operations=tuple(Operation("GET", path, security=security) for path in stage["paths"]),
        )
