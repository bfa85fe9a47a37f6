"""A ToyGate on this machine, with secrets in every answer and faults on request."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import msgspec

from apiscape.collectors import testing
from apiscape.collectors.contract import Budget, Collector, Provider, ProviderSettings
from apiscape.collectors.testing import Fault
from apiscape.model.run import Reach, Scope
from tests.answering import Answer, Asked, answering

CANARY = "canary-3f9c1"
STATUS = {testing.DENIED: 403, testing.THROTTLED: 429}
REACH = Reach(key="gate", account="gate")
HERE = Path(__file__).parent / "sample_distribution"


@dataclass
class Estate:
    """What the gate has, and how it fails."""

    apis: dict[str, Any] = field(default_factory=dict)
    fault: Fault | None = None
    operations: list[str] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)

    def answer(self, path: str) -> tuple[int, bytes, bool]:
        """Return status, body, and whether the connection breaks off before its end."""
        self.operations.append("list" if path.startswith("/apis?") else "read")
        self.paths.append(path)
        fault, kind = self.fault, self.fault.kind if self.fault else ""
        if fault and kind in STATUS and self._is_struck(fault, path):
            return STATUS[kind], json.dumps({"message": f"refused {CANARY}"}).encode(), False
        body = json.dumps(self._document(path, kind)).encode()
        return 200, body, bool(fault and kind == testing.CUT and self._is_struck(fault, path))

    def _is_struck(self, fault: Fault, path: str) -> bool:
        struck = self.paths[fault.call] if fault.call < len(self.paths) else None
        return path == struck

    def _document(self, path: str, kind: str) -> dict[str, Any]:
        split = urlsplit(path)
        if split.path == "/apis":
            return self._page(parse_qs(split.query).get("after", [""])[0], kind)
        api = dict(self.apis[split.path.rpartition("/")[2]])
        api["stages"] = [dict(stage) for stage in api["stages"]]
        if kind == testing.MISSING_FIELDS:
            api.pop("name")
            for stage in api["stages"]:
                stage.pop("auth")
        if kind == testing.UNKNOWN_FIELDS:
            api["colour"] = {"of": [1, None]}
        return api | {"key": CANARY}

    def _page(self, after: str, kind: str) -> dict[str, Any]:
        ids = sorted(name for name in self.apis if name > after)
        page: dict[str, Any] = {"ids": ids[:2], "token": CANARY}
        if kind == testing.UNKNOWN_FIELDS:
            page["total"] = len(ids)
        return page | ({"next": ids[1]} if len(ids) > 2 else {})


def three_apis() -> dict[str, Any]:
    """Return an estate of three APIs, one of them with two stages."""
    stages = {"a": ("live", "test"), "b": ("live",), "c": ("live",)}
    return {
        name: {
            "name": f"Api {name}",
            "stages": [
                {
                    "name": stage,
                    "url": f"https://{name}.gate.example/{stage}",
                    "auth": "required",
                    "paths": ["/", "/{id}"],
                    "variables": {"password": CANARY},
                }
                for stage in names
            ],
        }
        for name, names in stages.items()
    }


@contextmanager
def serve(estate: Estate) -> Iterator[str]:
    """Give the address of a gate with this estate, until the end."""

    def answer(asked: Asked) -> Answer:
        status, body, breaks = estate.answer(asked.target)
        return Answer(status, body, breaks=breaks)

    with answering(answer) as url:
        yield url


def settings_of(provider: Provider, url: str) -> ProviderSettings:
    """Return the sample provider's settings, read as a configuration would be."""
    return msgspec.convert({"url": url}, provider.settings_type)


class GateWorld:
    """A gate under the conformance suite's control."""

    canaries: Sequence[str] = (CANARY,)
    sdk: Sequence[str] = ("urllib.request", "toygate.provider")
    readme = HERE / "README.md"

    def __init__(self, provider: Provider, collector: Collector) -> None:
        self.provider = provider
        self.collector = collector
        self.scope = Scope(
            source="toys", provider=provider.name, product=collector.product, reach=REACH
        )
        self.estate = Estate()

    @contextmanager
    def open(self, fault: Fault | None, budget: Budget) -> Iterator[Any]:
        self.estate = Estate(three_apis(), fault)
        with serve(self.estate) as url:
            yield self.provider.session(settings_of(self.provider, url), REACH, budget)

    def operations(self) -> Sequence[str]:
        return tuple(self.estate.operations)
