"""HTTP and WebSocket APIs of Amazon API Gateway (v2).

Both products list the same `GetApis`, read once where both are visited side by side; each takes
its own. Calls per HTTP API: `GetStages`, and
one `ExportApi` for each distinct deployment that changed: what is deployed, in one call instead
of three. Per WebSocket API, which cannot be exported: `GetStages`, and where a deployment
changed `GetRoutes`, `GetIntegrations` and, if a route points at one, `GetAuthorizers`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import ClassVar

from apiscape.collectors.aws.again import LooksAgainCollector
from apiscape.collectors.aws.apigateway import v2
from apiscape.collectors.aws.apigateway.again import TOPIC, find_api, look_at_api, named
from apiscape.collectors.aws.apigateway.counting import HTTP_FIGURES, WEBSOCKET_FIGURES, by_id
from apiscape.collectors.aws.apigateway.looking import Generation
from apiscape.collectors.aws.apigateway.routes import (
    Routes,
    needs_authorizers,
    needs_integrations,
    read_http_routes,
    read_websocket_routes,
)
from apiscape.collectors.aws.apigateway.trying import RECIPES, V2_APIS
from apiscape.collectors.aws.calls import Page
from apiscape.collectors.aws.hosts import API_HOST
from apiscape.collectors.aws.listing import Members
from apiscape.collectors.aws.looking import LookCollector, Near
from apiscape.collectors.aws.operations import CONTROL_PLANE_QUOTA
from apiscape.collectors.aws.picking import Item, text
from apiscape.collectors.aws.surface import UNSEEN_SURFACE, Detail, Surface
from apiscape.collectors.aws.traffic import CountedByCloudWatch, Figures, Found
from apiscape.collectors.aws.trials import Recipes
from apiscape.collectors.changing import Change, Touched
from apiscape.collectors.contract import Observation, Permission, Quota, Visit
from apiscape.collectors.measuring import Price
from apiscape.model.deployment import Deployment
from apiscape.model.surroundings import Signal

PART = "GetApis"


def _permission(path: str, operation: str, reveals: str, *, optional: bool = False) -> Permission:
    return Permission(
        action="apigateway:GET",
        resources=(f"arn:{{partition}}:apigateway:*::{path}",),
        operations=(f"apigatewayv2:{operation}",),
        reveals=reveals,
        optional=optional,
    )


_APIS = _permission("/apis", "GetApis", "which HTTP and WebSocket APIs exist")
_STAGES = _permission(
    "/apis/*/stages", "GetStages", "stages: where each API is deployed, throttling, logging"
)
_EXPORT = _permission(
    "/apis/*/exports/*",
    "ExportApi",
    "operations, who may call them, backends and the contract, as deployed",
    optional=True,
)
_ROUTES = _permission(
    "/apis/*/routes", "GetRoutes", "operations and their authorization", optional=True
)
_INTEGRATIONS = _permission("/apis/*/integrations", "GetIntegrations", "backends", optional=True)
_AUTHORIZERS = _permission(
    "/apis/*/authorizers", "GetAuthorizers", "issuers and kinds of authorizers", optional=True
)
_AGAIN = _permission(
    "/apis/*",
    "GetApi",
    "what became of an API that a change names, without listing all of them",
    optional=True,
)


class V2Apis(Generation):
    """How HTTP and WebSocket APIs are looked at."""

    stage_member: ClassVar[str] = "StageName"

    def list_stages(self) -> Sequence[Item]:
        """Return the stages."""
        return self.api.calls.everything("apigatewayv2:GetStages", ApiId=self.api.key)

    def native_token(self, stage: Item | None) -> str | None:
        """Return deployment and time of the last change."""
        return v2.native_token(self.api.listed, stage)

    def deployed(self, stage: Item | None) -> str:
        """Return the deployment's id; a WebSocket API has one configuration for all of its stages."""
        return "" if self._is_websocket() else text(stage, "DeploymentId") or ""

    def normalise(self, stage: Item | None, detail: Detail) -> Deployment:
        """Return the deployment of a stage."""
        return v2.normalise(self.api.listed, stage, detail, self.api.place, self.api.keys)

    def signals(self, stage: Item | None, made: Deployment) -> Iterator[Signal]:
        """Yield that the last automatic deployment failed."""
        return v2.read_last_deployment(stage, made, self.api.visit.now())

    def export_uri(self, stage: Item | None) -> str | None:
        """Return where the contract is: of a stage, or of what is being edited where none is deployed."""
        if self._is_websocket():
            return None
        name = self._exported(stage)
        return f"/apis/{self.api.key}/exports/OAS30" + (f"?stage={name}" if name else "")

    def export(self, stage: Item | None) -> Detail:
        """Return what is exported of a stage."""
        name = self._exported(stage)
        return self.api.read_export(
            "apigatewayv2:ExportApi",
            self.export_uri(stage) or "",
            ApiId=self.api.key,
            Specification="OAS30",
            OutputType="JSON",
            IncludeExtensions=True,
            **({"StageName": name} if name else {}),
        )

    def read_configured(self, reason: str) -> Surface:
        """Return what the routes say, each detail that may not be read being a gap."""
        del reason  # routes are always what is being edited
        where = {"ApiId": self.api.key}
        routes = self.api.list_all("operations", "apigatewayv2:GetRoutes", **where)
        if routes is None:
            return UNSEEN_SURFACE
        integrations: Sequence[Item] | None = ()
        if needs_integrations(routes):
            integrations = self.api.list_all("backends", "apigatewayv2:GetIntegrations", **where)
        authorizers: Sequence[Item] | None = ()
        if needs_authorizers(routes):
            authorizers = self.api.list_all("authorizers", "apigatewayv2:GetAuthorizers", **where)
        read = read_websocket_routes if self._is_websocket() else read_http_routes
        return read(Routes(routes, integrations, authorizers))

    def _is_websocket(self) -> bool:
        return v2.protocol(self.api.listed) == v2.WEBSOCKET

    def _exported(self, stage: Item | None) -> str | None:
        return text(stage, "StageName") if self.deployed(stage) else None


class OfV2:
    """What the collectors of both protocols have in common: a deployment per stage, or one for an API that has none."""

    product: ClassVar[str]
    quotas: ClassVar[tuple[Quota, ...]] = (CONTROL_PLANE_QUOTA,)
    parts: ClassVar[tuple[str, ...]] = (PART,)
    generated_hosts: ClassVar[tuple[str, ...]] = (API_HOST,)
    normaliser_version: ClassVar[int] = 2
    topics: ClassVar[tuple[str, ...]] = (TOPIC,)
    again_permissions: ClassVar[tuple[Permission, ...]] = (_AGAIN,)
    listing: ClassVar[str] = V2_APIS
    members: ClassVar[Members] = Members("ApiId", "Name", "Tags")
    tried_with: ClassVar[Recipes] = RECIPES

    def tell_apart(self, visit: Visit, deployments: Sequence[Deployment]) -> Found:
        """Tell stages apart by the API's id."""
        del visit  # nobody has to be asked
        return by_id(deployments)

    def pages(self, near: Near) -> Iterable[Page]:
        """Return the pages of a listing that both protocols share."""
        listed = lambda: near.calls.pages(V2_APIS)  # noqa: E731 - made where nobody else made it
        return near.session.shared_pages(V2_APIS, self.product, listed, near.visit.check)

    def touched(self, change: Change) -> tuple[str, ...]:
        """Return the API that a change names: of either protocol, for its id does not say which."""
        return named(change, "apiId", "apis")

    def find(self, near: Near, touched: Touched) -> Item:
        """Return an API's own fields."""
        return find_api(near, touched, "apigatewayv2:GetApi", "ApiId")

    def look(self, near: Near, key: str, listed: Item) -> list[Observation]:
        """Return what is said of one API."""
        return look_at_api(near, key, listed, V2Apis)


class HttpApiCollector(OfV2, LookCollector, LooksAgainCollector, CountedByCloudWatch):
    """Lists HTTP APIs, and whatever protocol a later year brings: an API that nobody takes would be missed."""

    product: ClassVar[str] = v2.HTTP_KIND
    figures: ClassVar[Figures] = HTTP_FIGURES
    traffic_price: ClassVar[Price | None] = HTTP_FIGURES.price
    title: ClassVar[str] = "API Gateway HTTP"
    noun: ClassVar[str] = "HTTP API"
    permissions: ClassVar[tuple[Permission, ...]] = (
        _APIS,
        _STAGES,
        _EXPORT,
        _ROUTES,
        _INTEGRATIONS,
        _AUTHORIZERS,
    )

    def takes(self, listed: Item) -> bool:
        """Take all but WebSocket APIs."""
        return v2.protocol(listed) != v2.WEBSOCKET


class WebSocketApiCollector(OfV2, LookCollector, LooksAgainCollector, CountedByCloudWatch):
    """Lists WebSocket APIs."""

    product: ClassVar[str] = v2.WEBSOCKET_KIND
    normaliser_version: ClassVar[int] = 3
    figures: ClassVar[Figures] = WEBSOCKET_FIGURES
    traffic_price: ClassVar[Price | None] = WEBSOCKET_FIGURES.price
    title: ClassVar[str] = "API Gateway WebSocket"
    noun: ClassVar[str] = "WebSocket API"
    permissions: ClassVar[tuple[Permission, ...]] = (
        _APIS,
        _STAGES,
        _ROUTES,
        _INTEGRATIONS,
        _AUTHORIZERS,
    )

    def takes(self, listed: Item) -> bool:
        """Take WebSocket APIs."""
        return v2.protocol(listed) == v2.WEBSOCKET
