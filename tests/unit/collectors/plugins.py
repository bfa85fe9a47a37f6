"""Plug-ins that keep the contract, and one that does not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from apiscape.collectors.contract import (
    Budget,
    Listed,
    Observation,
    Permission,
    Plan,
    ProviderSettings,
    Quota,
    Visit,
)
from apiscape.model.run import Reach, Scope


class GoodProvider:
    """Reaches nothing."""

    name: ClassVar[str] = "good"
    title: ClassVar[str] = "Good"
    settings_type: ClassVar[type[ProviderSettings]] = ProviderSettings
    products: ClassVar[tuple[str, ...]] = ("good.one",)

    def plan(self, source: str, settings: Any) -> Plan:
        return Plan(reaches=())

    def session(self, settings: Any, reach: Reach, budget: Budget) -> Any:
        return None

    def detect(self) -> Mapping[str, Any] | None:
        return None


class GoodCollector:
    """Lists nothing, to the end."""

    product: ClassVar[str] = "good.one"
    title: ClassVar[str] = "Good one"
    provider: ClassVar[str] = "good"
    permissions: ClassVar[tuple[Permission, ...]] = (
        Permission(action="good:List", reveals="everything"),
    )
    quotas: ClassVar[tuple[Quota, ...]] = ()
    parts: ClassVar[tuple[str, ...]] = ("things",)
    stability: ClassVar[str] = "stable"
    normaliser_version: ClassVar[int] = 1

    def discover(self, scope: Scope, visit: Visit) -> Iterator[Observation]:
        yield Listed(part="things", native_ids=(), last=True)


class Half:
    """Keeps nothing of the contract."""
