"""What tests of services of VPC Lattice share."""

from __future__ import annotations

from typing import Any

from apiscape.collectors.aws.settings import AwsSettings

ONCE = AwsSettings(total_max_attempts=1)

KUBERNETES = {
    "application-networking.k8s.aws/ManagedBy": "111122223333/cluster/vpc-1",
    "application-networking.k8s.aws/RouteName": "orders",
    "application-networking.k8s.aws/RouteNamespace": "shop",
}


def operations(item: Any) -> dict[str, Any]:
    return {f"{one.verb} {one.template}": one for one in item.operations}
