"""The collector of gateways keeps the contract (`apiscape.collectors.testing`); and no credential comes through."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ClassVar
from unittest.mock import patch

import msgspec
import pytest

import apiscape.collectors.kubernetes
from apiscape.collectors.contract import Budget, Collector
from apiscape.collectors.kubernetes.discovering import Discovery
from apiscape.collectors.kubernetes.families import reads
from apiscape.collectors.kubernetes.gateways import GatewaysCollector
from apiscape.collectors.kubernetes.objects import DROPPED
from apiscape.collectors.kubernetes.wire import Reply, Wire
from apiscape.collectors.testing import (
    CUT,
    DENIED,
    MISSING_FIELDS,
    THROTTLED,
    UNKNOWN_FIELDS,
    CollectorConformance,
    Fault,
    World,
)
from apiscape.demo.kubernetes import faults
from apiscape.demo.kubernetes.cluster import Cluster
from apiscape.demo.kubernetes.faults import FaultKind
from apiscape.demo.kubernetes.server import KubernetesServer
from apiscape.model.run import Scope
from tests.collectors.kubernetes.bench import Line
from tests.collectors.kubernetes.estate import (
    accepted,
    backend,
    endpoint_slice,
    gateway,
    gateway_class,
    listener,
    make_cluster,
    route,
    rule,
    service,
)
from tests.collectors.kubernetes.visiting import SCOPE, Session, following, read

CANARY = "CANARY-planted-credential"
UNHEARD_OF = "CANARY-in-a-field-of-a-later-year"
PAGE = 2
WORDS = {DENIED: FaultKind.DENY, THROTTLED: FaultKind.THROTTLE, CUT: FaultKind.CUT}

NEEDED = frozenset(
    {"kind", "items", "metadata", "name", "namespace", "resourceVersion", "continue", "spec"}
    | {"gatewayClassName", "controllerName", "listeners", "protocol", "parentRefs", "parentRef"}
    | {"versions", "version", "resources", "resource", "scope", "groups", "object", "type"}
)
"""Members without which an answer is no answer; all others may be missing."""


def planted() -> dict[str, Any]:
    """Return metadata with a credential in each place that repeats an object or is not ours to read."""
    return {
        "annotations": {
            **dict.fromkeys(DROPPED, json.dumps({"spec": {"key": CANARY}})),
            "example.com/token": CANARY,
        },
        "managedFields": [{"manager": CANARY, "fieldsV1": {f"f:{CANARY}": {}}}],
        "finalizers": [CANARY],
    }


def estate() -> Cluster:
    """Return a small cluster in which credentials are wherever anybody might leave one."""
    header = {"headers": [{"name": "Authorization", "value": CANARY}]}
    setting = {
        "type": "RequestHeaderModifier",
        "requestHeaderModifier": {"set": [{"name": "x-api-key", "value": CANARY}]},
    }
    tls = {"certificateRefs": [{"name": "tls"}], "options": {"example.com/key": CANARY}}
    secret = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "tls", "namespace": "infra"},
        "data": {"tls.key": CANARY},
    }
    made = make_cluster(
        secret,
        gateway_class(),
        gateway(listener(tls=tls), metadata=planted()),
        *(service(name, metadata=planted()) for name in ("orders", "cards", "users")),
        endpoint_slice(),
    )
    for name in ("orders", "cards", "users"):
        secretive = {"matches": [header], "backendRefs": [backend(filters=[setting])]}
        rules = (rule("/v1", filters=[setting]), secretive)
        made.add(route(name, *rules, metadata=planted(), status=accepted()))
    return made


class KubernetesWorld:
    """The emulated cluster, read by the collector of its gateways."""

    collector: Collector = GatewaysCollector()
    scope: Scope = SCOPE
    readme = Path(apiscape.collectors.kubernetes.__file__).with_name("README.md")
    canaries: Sequence[str] = (CANARY, UNHEARD_OF)
    sdk: Sequence[str] = ("urllib3",)

    def __init__(self) -> None:
        self._asked: list[str] = []

    @contextmanager
    def open(self, fault: Fault | None, budget: Budget) -> Iterator[Any]:
        with KubernetesServer(estate()) as server:
            if fault is not None and fault.kind in WORDS:
                kind = WORDS[fault.kind]
                server.inject(faults.Fault(kind=kind, verb="list", occurrence=fault.call))
            session = Session(server)
            session.wire = Wire(Line(server.url), budget)
            session.catalogue = Discovery(session.wire)
            reshape = RESHAPED.get(fault.kind) if fault else None
            if reshape is not None:
                session.wire.get = reshaped(session.wire, reshape)  # type: ignore[method-assign]
            self._asked = []
            session.wire.get = noted(session.wire, self._asked)  # type: ignore[method-assign]
            with patch("apiscape.collectors.kubernetes.listing.PAGE", PAGE):
                yield session

    def operations(self) -> Sequence[str]:
        """Return what needs a right: what is served every authenticated user may ask."""
        return [each for each in self._asked if not each.startswith("GET ")]


def noted(wire: Wire, asked_for: list[str]) -> Any:
    get = wire.get

    def noting(asked: Any) -> Reply:
        asked_for.append(asked.operation)
        return get(asked)

    return noting


def reshaped(wire: Wire, reshape: Any) -> Any:
    get = wire.get

    def changed(asked: Any) -> Reply:
        reply = get(asked)
        return msgspec.structs.replace(
            reply, body=msgspec.json.encode(reshape(msgspec.json.decode(reply.body)))
        )

    return changed


def without_optional(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: without_optional(below) for key, below in value.items() if key in NEEDED}
    if isinstance(value, list):
        return [without_optional(below) for below in value]
    return value


def with_unknown(value: Any) -> Any:
    if isinstance(value, dict):
        named = {key: with_unknown(below) for key, below in value.items()}
        if named.keys() & {"metadata", "spec", "name", "kind"}:
            named["unheardOf"] = {"secret": UNHEARD_OF}
        return named
    if isinstance(value, list):
        return [with_unknown(below) for below in value]
    return value


RESHAPED = {MISSING_FIELDS: without_optional, UNKNOWN_FIELDS: with_unknown}


@pytest.mark.conformance
class TestGateways(CollectorConformance):
    world: ClassVar[World] = KubernetesWorld()


# ── Credentials ──────────────────────────────────────────────────────────────

MAY_ASK = {"list", "watch", "discover"}


def test_nobody_asks_for_secrets_and_nothing_but_lists_and_watches_is_asked() -> None:
    with KubernetesServer(estate()) as server:
        session = Session(server)
        assert read(session).closes()
        with following(Session(server)) as watch:
            assert watch.until(lambda told: "services" in told.synced)
        asked = {(call.verb, call.resource) for call in server.calls}
    assert {verb for verb, _ in asked} == MAY_ASK
    assert "secrets" not in {resource for _, resource in asked}
    assert not any("secrets" in call.path for call in server.calls)


def test_no_credential_is_said_by_a_watch() -> None:
    with KubernetesServer(estate()) as server, following(Session(server)) as watch:
        assert watch.until(lambda told: "services" in told.synced)
        text = msgspec.json.encode([msgspec.to_builtins(each) for each in watch.told.said]).decode()
    assert "shop/orders" in text
    assert CANARY not in text


def test_what_repeats_an_object_is_in_no_struct_of_it() -> None:
    for resource in reads().resources:
        shape = json.dumps(msgspec.json.schema(resource.type))
        assert "managedFields" not in shape
        assert "finalizers" not in shape
