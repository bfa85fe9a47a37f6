"""Who looks after a Gateway, what it can do, and what it is given as parameters."""

from __future__ import annotations

from apiscape.collectors.kubernetes.gatewayapi.kinds import CLASSES, Gateway, GatewayClass
from apiscape.collectors.kubernetes.gatewayapi.parameters import Parameters, parameters_of
from apiscape.collectors.kubernetes.gatewayapi.resources import GATEWAYS
from apiscape.collectors.kubernetes.resource import Look

CLIENT_CERTIFICATES, CORS = "GatewayFrontendClientCertificateValidation", "HTTPRouteCORS"
"""Features of controllers, as Gateway API calls them."""


def controller_of(gateway: Gateway, look: Look) -> str | None:
    """Return who looks after a Gateway; `None` where nobody can tell."""
    found = look.get(CLASSES, gateway.spec.gateway_class_name)
    return found.spec.controller_name if found is not None else None


def can(gateway: Gateway, feature: str, look: Look) -> bool:
    """Say whether a controller does what is asked of it; one that does not list what it can do may."""
    found: GatewayClass | None = look.get(CLASSES, gateway.spec.gateway_class_name)
    return found is None or not found.features or feature in found.features


def given_to(gateway: Gateway, look: Look) -> Parameters:
    """Return what the parameters of a Gateway and of its class say."""
    return look.once(
        "gateway-api.parameters", gateway.key, lambda look: _parameters(gateway.key, look)
    )


def _parameters(key: str, look: Look) -> Parameters:
    gateway: Gateway | None = look.get(GATEWAYS, key)
    return Parameters() if gateway is None else parameters_of(gateway, look)
