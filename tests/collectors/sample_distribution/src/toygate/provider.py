"""Reaches one ToyGate: an address, and a way to ask it that says what to do where it fails."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from http.client import HTTPException
from typing import Any, ClassVar
from urllib.error import HTTPError
from urllib.request import urlopen

from apiscape.collectors import contract
from apiscape.model.run import Reach

KINDS: Mapping[int, type[contract.CollectorError]] = {
    403: contract.AccessDenied,
    404: contract.Gone,
    429: contract.Throttled,
}


class Settings(contract.ProviderSettings, frozen=True, kw_only=True):
    """Where the gateway is."""

    url: str


class ToyGate:
    """The provider."""

    name: ClassVar[str] = "toygate"
    title: ClassVar[str] = "ToyGate"
    settings_type: ClassVar[type[contract.ProviderSettings]] = Settings
    products: ClassVar[tuple[str, ...]] = ("toygate.apis",)

    def plan(self, source: str, settings: Settings) -> contract.Plan:
        return contract.Plan((contract.PlannedReach(Reach("gate", "gate", title=settings.url)),))

    def session(
        self, settings: Settings, reach: Reach, budget: contract.Budget
    ) -> Callable[[str], Any]:
        def get(path: str) -> Any:
            budget.acquire(("toygate",), account=reach.account, region=None)
            try:
                with urlopen(settings.url + path, timeout=5) as answer:  # noqa: S310 - configured
                    return json.load(answer)
            except HTTPError as error:
                error.close()
                raise KINDS.get(error.code, contract.Unreachable)(f"HTTP {error.code}") from None
            except (OSError, ValueError, HTTPException) as error:
                raise contract.Unreachable(f"no answer: {type(error).__name__}") from None

        return get

    def detect(self) -> None:
        return None
