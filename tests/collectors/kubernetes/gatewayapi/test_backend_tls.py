"""Whether a gateway speaks TLS with what is behind it, as BackendTLSPolicies say."""

from __future__ import annotations

from typing import Any

import pytest

from apiscape.collectors.kubernetes.deploying.operations import backends_of
from tests.collectors.kubernetes.estate import (
    ALL,
    gateway,
    gateway_class,
    listener,
    namespace,
    route,
    rule,
    service,
    thing,
)
from tests.collectors.kubernetes.worlds import apis, world_of

Json = dict[str, Any]


def policy(*targets: Json, namespace: str = "shop", **given: Any) -> Json:
    spec = {"targetRefs": list(targets), "validation": {"hostname": "orders.internal"}}
    return thing("BackendTLSPolicy", "tls", namespace, spec, **given)


def of(name: str = "orders", **more: Any) -> Json:
    return {"group": "", "kind": "Service", "name": name} | more


def said(*statuses: str) -> Json:
    conditions = [{"type": "Accepted", "status": each} for each in statuses]
    return {
        "ancestors": [
            {"ancestorRef": {"name": "edge"}, "conditions": [each]} for each in conditions
        ]
    }


def address(*others: Json) -> str:
    manifest = route("orders", rule("/"))
    edge = gateway(listener(allowedRoutes=ALL))
    around = (namespace("infra"), namespace("shop"), gateway_class(), edge, manifest)
    (api,) = apis(world_of(*around, *others), manifest).values()
    (backend,) = backends_of(api.rules or ())
    assert backend.key == "shop/orders:80"
    return str(backend.address)


NAMED = service(spec={"ports": [{"port": 80, "name": "web"}, {"port": 81, "name": "admin"}]})


@pytest.mark.parametrize(
    ("objects", "told"),
    [
        ([], "shop/orders:80"),
        ([policy(of())], "tls://shop/orders:80"),
        ([policy(of("other"))], "shop/orders:80"),
        ([policy(of(), namespace="infra")], "shop/orders:80"),
        ([policy(of() | {"kind": "Backend", "group": "x.io"})], "shop/orders:80"),
        ([policy(of(sectionName="web")), NAMED], "tls://shop/orders:80"),
        ([policy(of(sectionName="admin")), NAMED], "shop/orders:80"),
        ([policy(of(sectionName="web"))], "shop/orders:80"),
        ([policy(of(), status=said("True"))], "tls://shop/orders:80"),
        ([policy(of(), status=said("False"))], "shop/orders:80"),
        ([policy(of(), status=said("False", "True"))], "tls://shop/orders:80"),
        ([policy(of(), status={"ancestors": None})], "tls://shop/orders:80"),
    ],
)
def test_tls_is_spoken_where_a_policy_says_so(objects: list[Json], told: str) -> None:
    assert address(*objects) == told
