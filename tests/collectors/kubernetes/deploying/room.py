"""What is exposed in tests of deployments, and a certificate that is looked after."""

from __future__ import annotations

from typing import Any

from apiscape.collectors.kubernetes.exposed import Exposed, Target
from apiscape.collectors.kubernetes.objects import Metadata
from apiscape.model.security import Scheme, Security

TOKEN = Security(requirement="required", schemes=(Scheme(kind="jwt"),), evidence="jwt of shop")
ORDERS = Target(name="orders", namespace="shop", port="80")


def api(**given: Any) -> Exposed:
    return Exposed(metadata=Metadata(name="orders", namespace="shop"), **given)


def certificate(of: str = "tls", not_after: str | None = "2027-01-01T00:00:00Z") -> Any:
    return {
        "apiVersion": "cert-manager.io/v1",
        "kind": "Certificate",
        "metadata": {"name": f"of-{of}", "namespace": "infra"},
        "spec": {"secretName": of},
    } | ({} if not_after is None else {"status": {"notAfter": not_after}})
