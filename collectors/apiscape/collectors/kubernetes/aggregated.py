"""APIs that a cluster serves under its own address for others: APIServices of the aggregation layer.

Field for field after `apiregistration.k8s.io/v1`. Those that the API server serves itself are no APIs of anybody else.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from apiscape.collectors.kubernetes.core import Field
from apiscape.collectors.kubernetes.exposed import Address, Exposed, Reached, Rule, Target
from apiscape.collectors.kubernetes.objects import Thing
from apiscape.collectors.kubernetes.resource import Look, Resource, Role, declared
from apiscape.collectors.kubernetes.standing import read_conditions
from apiscape.model.security import Security
from apiscape.model.vocabulary import Style

GATEWAY = "kube-apiserver"
HOST = "kubernetes.default.svc"
"""By which the API server is reached from within every cluster."""
UNVERIFIED = "apiregistration.k8s.io/unverified"
"""Link that says that the certificate of what is behind it is not looked at."""

_EVIDENCE = "whom the API server lets in is up to its own configuration"


class ServiceRef(Field):
    """The Service that requests are passed on to."""

    name: str = ""
    namespace: str = ""
    port: int = 443


class ApiServiceSpec(Field):
    """A version of a group, and who serves it; the API server itself where no Service is named."""

    group: str = ""
    version: str = ""
    service: ServiceRef | None = None
    insecure_skip_tls_verify: bool = msgspec.field(default=False, name="insecureSkipTLSVerify")


class Condition(Field):
    """What the aggregation layer says of it."""

    type: str
    status: str
    reason: str = ""
    message: str = ""
    observed_generation: int | None = None


class ApiServiceStatus(Field):
    """Whether it answers."""

    conditions: list[Condition] | None = None


class ApiService(Thing):
    """An APIService."""

    spec: ApiServiceSpec = msgspec.field(default_factory=ApiServiceSpec)
    status: ApiServiceStatus | None = None


RESOURCE = declared(
    "apiservices.apiregistration.k8s.io",
    "APIService",
    ApiService,
    "v1",
    role=Role.ROUTE,
    is_namespaced=False,
    reveals="APIs that others serve under the address of the cluster's own",
)


class Aggregated:
    """Reads APIServices (`resource.Family`)."""

    name = "aggregated"
    resources: tuple[Resource, ...] = (RESOURCE,)

    def expose(self, resource: Resource, thing: Any, look: Look) -> Iterator[Exposed]:  # noqa: ANN401 - of the resource's own type
        """Yield an API for each version of a group that a Service answers for."""
        del resource, look  # there is one, and all of it stands in the object
        if isinstance(thing, ApiService) and thing.spec.service is not None:
            yield _exposed(thing, thing.spec.service)


def _exposed(thing: ApiService, service: ServiceRef) -> Exposed:
    spec, status = thing.spec, thing.status
    target = Target(
        name=service.name, namespace=service.namespace, port=str(service.port), secured="tls"
    )
    address = Address(host=HOST, path=f"/apis/{spec.group}/{spec.version}", is_generated=True)
    said = status.conditions if status else None
    return Exposed(
        metadata=thing.metadata,
        style=Style.REST,
        gateway=GATEWAY,
        version=spec.version or None,
        addresses=(address,),
        reached=Reached(evidence="reached from wherever the API server of the cluster is"),
        rules=(Rule(targets=(target,), security=Security(evidence=_EVIDENCE)),),
        conditions=tuple(read_conditions(said, thing.metadata.generation)),
        links={UNVERIFIED: "true"} if spec.insecure_skip_tls_verify else {},
    )
