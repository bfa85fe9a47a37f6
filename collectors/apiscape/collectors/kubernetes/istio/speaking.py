"""How callers speak to an API of a mesh, by the ports of the Services behind it.

After Istio's selection of protocols: a port's `appProtocol`, else how its name begins (`grpc-web` is no gRPC).
"""

from __future__ import annotations

from collections.abc import Iterable

from apiscape.collectors.kubernetes.core import SERVICES, Service, ServicePort
from apiscape.collectors.kubernetes.exposed import Rule, Target
from apiscape.collectors.kubernetes.objects import key_of
from apiscape.collectors.kubernetes.resource import Look
from apiscape.model.vocabulary import Style


def style_of(rules: Iterable[Rule], look: Look) -> str:
    """Return gRPC where all Services that requests are sent to speak it, else HTTP."""
    targets = {target for rule in rules for target in rule.targets if target.weight}
    speaks = [_speaks_grpc(each, look) for each in targets]
    return Style.GRPC if speaks and all(speaks) else Style.HTTP


def _speaks_grpc(target: Target, look: Look) -> bool:
    if target.kind != "service":
        return False
    service: Service | None = look.get(SERVICES, key_of(target.namespace, target.name))
    ports = (service.spec.ports if service else None) or []
    meant = [each for each in ports if target.port in {None, str(each.port)}]
    return bool(meant) and all(map(_is_grpc, meant))


def _is_grpc(port: ServicePort) -> bool:
    told = (port.app_protocol or port.name).lower()
    return told == "grpc" or (told.startswith("grpc-") and not told.startswith("grpc-web"))
