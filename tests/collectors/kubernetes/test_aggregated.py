"""APIServices: what others serve under the address of a cluster's own API server."""

from __future__ import annotations

from typing import Any

import pytest

from apiscape.model.vocabulary import Exposure, Requirement, Style
from tests.collectors.kubernetes.worlds import apis, deployed, exposed, world_of

NAME = "v1beta1.metrics.k8s.io"
BEHIND = {"name": "metrics-server", "namespace": "kube-system"}


def api_service(*, status: Any = None, **spec: Any) -> dict[str, Any]:
    body = {"group": "metrics.k8s.io", "version": "v1beta1", "service": BEHIND} | spec
    return {
        "apiVersion": "apiregistration.k8s.io/v1",
        "kind": "APIService",
        "metadata": {"name": NAME, "generation": 2},
        "spec": body,
        "status": {"conditions": status} if status else {},
    }


def condition(status: str, **given: Any) -> list[dict[str, Any]]:
    return [{"type": "Available", "status": status, "reason": "Is", "message": "said"} | given]


def test_what_a_service_answers_for_is_an_api_of_the_cluster() -> None:
    told = api_service()
    (found,) = apis(world_of(told), told).values()
    (address,) = list(found.addresses or ())
    assert (address.host, address.path) == (
        "kubernetes.default.svc",
        "/apis/metrics.k8s.io/v1beta1",
    )
    assert (found.style, found.gateway, found.version) == (Style.REST, "kube-apiserver", "v1beta1")
    (rule,) = list(found.rules or ())
    (target,) = rule.targets
    assert (target.namespace, target.name, target.port) == ("kube-system", "metrics-server", "443")
    assert target.secured == "tls"


def test_from_where_it_is_reached_and_who_is_let_in_nobody_can_tell() -> None:
    told = api_service()
    (found,) = apis(world_of(told), told).values()
    assert found.reached.exposure == Exposure.UNKNOWN
    (rule,) = list(found.rules or ())
    assert rule.security.requirement == Requirement.UNKNOWN
    assert "API server" in (rule.security.evidence or "")


@pytest.mark.parametrize("spec", [{"service": None}, {"service": None, "group": ""}])
def test_what_the_api_server_serves_itself_is_no_api_of_anybody_else(spec: Any) -> None:
    told = api_service(**spec)
    assert exposed(world_of(told), told) == []


@pytest.mark.parametrize(
    ("status", "holds", "reason"),
    [
        (condition("True"), True, None),
        (condition("False"), False, "Is: said"),
        (condition("Unknown"), None, "pending: Is: said"),
        (
            condition("True", observedGeneration=1),
            None,
            "stale: said of generation 1, which is 2 now",
        ),
    ],
)
def test_whether_it_answers_is_said_by_the_cluster(status: Any, holds: Any, reason: Any) -> None:
    told = api_service(status=status)
    (found,) = apis(world_of(told), told).values()
    assert [(each.holds, each.reason) for each in found.conditions] == [(holds, reason)]


def test_nothing_is_said_where_nobody_has_looked() -> None:
    told = api_service()
    (found,) = apis(world_of(told), told).values()
    assert found.conditions == ()


@pytest.mark.parametrize(
    ("skips", "links"), [(True, {"apiregistration.k8s.io/unverified": "true"}), (False, {})]
)
def test_a_certificate_that_is_not_looked_at_is_said(skips: bool, links: Any) -> None:
    told = api_service(insecureSkipTLSVerify=skips, service=BEHIND | {"port": 8443})
    (found,) = apis(world_of(told), told).values()
    assert found.links == links


def test_it_is_called_by_its_name_alone() -> None:
    told = api_service()
    ((made, _),) = deployed(world_of(told), told)
    assert made.name == NAME
    assert made.native_id == f"cluster:apiregistration.k8s.io/apiservices:/{NAME}"
