"""Visits of a toy gateway that lists what a test says."""

from __future__ import annotations

from apiscape.model.deployment import Operation
from apiscape.model.run import ErrorRecord
from apiscape.model.surroundings import Gateway
from tests.unit.collect.toy import (
    GET,
    Bench,
    ToyGate,
    ToyProvider,
)

DENIED = ErrorRecord(kind="access_denied", message="may not read", permission="toy:Read")
GONE = ErrorRecord(kind="gone", message="not found")


def bench(**apis: tuple[str, ...]) -> Bench:
    """Return a bench whose gateway has these APIs with these stages."""
    held: dict[str, dict[str, tuple[Operation, ...]]] = {
        name: dict.fromkeys(stages, (GET,)) for name, stages in apis.items()
    }
    return Bench(provider=ToyProvider(ToyGate(apis=held)))


def gateway(name: str) -> Gateway:
    return Gateway(
        uid=name, native_id=name, native_kind="toy", provider="toy", account="1", name=name
    )
