"""Portals of API Gateway in one region, and the products that they include."""

from __future__ import annotations

from typing import TYPE_CHECKING

from apiscape.demo.aws.estate.backends import Fields
from apiscape.demo.aws.estate.identifiers import identifier

if TYPE_CHECKING:
    from apiscape.demo.aws.estate.region import Region
    from apiscape.demo.aws.estate.rest_api import RestApi

_HUES = ("Accent", "Background", "ErrorValidation", "Header", "Navigation", "Text")


class Portals:
    """Portals and products of a region.

    Attributes:
        portals: Members of the portal summary's shape, by id.
        products: Members of the pages of each product, by id.
    """

    def __init__(self, region: Region) -> None:
        self._region = region
        self.portals: dict[str, Fields] = {}
        self.products: dict[str, list[Fields]] = {}

    def product(self, name: str, *endpoints: tuple[RestApi, str, str, str]) -> str:
        """Add a product with a page per endpoint (API, stage, method, path) and give its ARN."""
        key = identifier(self._region.account.id, self._region.name, "product", name)
        now = self._region.now()
        self.products[key] = [
            {
                "Endpoint": f"{method} {path}",
                "LastModified": now,
                "ProductRestEndpointPageArn": f"{self._arn('portalproducts', key)}/pages/{number}",
                "ProductRestEndpointPageId": str(number),
                "RestEndpointIdentifier": {
                    "IdentifierParts": {
                        "RestApiId": api.id,
                        "Stage": stage,
                        "Method": method,
                        "Path": path,
                    }
                },
                "Status": "AVAILABLE",
                "TryItState": "ENABLED",
            }
            for number, (api, stage, method, path) in enumerate(endpoints)
        ]
        return self._arn("portalproducts", key)

    def portal(self, name: str, *products: str, asks: bool = True, **fields: object) -> Fields:
        """Add a portal over products, by their ARNs.

        Args:
            name: Display name.
            *products: ARNs of what it includes.
            asks: Whether readers must sign in.
            **fields: Further members, for instance `PublishStatus`.
        """
        key = identifier(self._region.account.id, self._region.name, "portal", name)
        pool = f"arn:aws:cognito-idp:{self._region.name}:{self._region.account.id}:userpool/readers"
        cognito = {"AppClientId": "client", "UserPoolArn": pool, "UserPoolDomain": "readers"}
        self.portals[key] = {
            "Authorization": {"CognitoConfig": cognito} if asks else {"None": {}},
            "EndpointConfiguration": {
                "PortalDefaultDomainName": f"{key}.portal.{self._region.name}.on.aws",
                "PortalDomainHostedZoneId": "ZLY8HYME6SFDD",
            },
            "IncludedPortalProductArns": list(products),
            "LastModified": self._region.now(),
            "PortalArn": self._arn("portals", key),
            "PortalContent": {
                "DisplayName": name,
                "Theme": {"CustomColors": {f"{hue}Color": "#005ea5" for hue in _HUES}},
            },
            "PortalId": key,
            "PublishStatus": "PUBLISHED",
            "Tags": {},
            **fields,
        }
        return self.portals[key]

    def _arn(self, kind: str, key: str) -> str:
        return f"arn:aws:apigateway:{self._region.name}:{self._region.account.id}:/{kind}/{key}"
