"""HTTP and WebSocket APIs of Amazon API Gateway (v2).

Both products list the same `GetApis`, read once where both are visited side by side; each takes
its own. Calls per HTTP API: `GetStages`, and
one `ExportApi` for each distinct deployment that changed: what is deployed, in one call instead
of three. Per WebSocket API, which cannot be exported: `GetStages`, and where a deployment
changed `GetRoutes`, `GetIntegrations` and, if a route points at one, `GetAuthorizers`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from typing import ClassVar

from apiscape.collectors.aws.apigateway import again, v2
from apiscape.collectors.aws.apigateway.counting import HTTP_FIGURES, WEBSOCKET_FIGURES, by_id
from apiscape.collectors.aws.apigateway.looking import Look
from apiscape.collectors.aws.apigateway.routes import (
    Routes,
    needs_authorizers,
    needs_integrations,
    read_http_routes,
    read_websocket_routes,
)
from apiscape.collectors.aws.calls import Calls, Page
from apiscape.collectors.aws.hosts import API_HOST
from apiscape.collectors.aws.listing import Members, walk
from apiscape.collectors.aws.operations import CONTROL_PLANE_QUOTA
from apiscape.collectors.aws.picking import Item, text
from apiscape.collectors.aws.session import AwsSession
from apiscape.collectors.aws.surface import UNSEEN_SURFACE, Detail, Surface
from apiscape.collectors.aws.traffic import CountedByCloudWatch, Figures, Found
from apiscape.collectors.aws.trials import try_each
from apiscape.collectors.changing import Change, Touched
from apiscape.collectors.contract import Observation, Permission, Quota, Visit
from apiscape.collectors.measuring import Price
from apiscape.collectors.trying import Tried
from apiscape.model.deployment import Deployment
from apiscape.model.run import Scope

PART = "GetApis"
MEMBERS = Members("ApiId", "Name", "Tags")


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


def _look(
    session: AwsSession, calls: Calls, visit: Visit, api_id: str, api: Item
) -> list[Observation]:
    """Return what an API gives, and keep its own fields for whoever looks again."""
    again.note(visit, api_id, api)
    return V2Look(session, calls, visit, api_id, api).observe()


class V2Look(Look):
    """A look at one HTTP or WebSocket API."""

    stage_member: ClassVar[str] = "StageName"

    def list_stages(self) -> Sequence[Item]:
        """Return the stages."""
        return self.calls.everything("apigatewayv2:GetStages", ApiId=self.api_id)

    def native_token(self, stage: Item | None) -> str | None:
        """Return deployment and time of the last change."""
        return v2.native_token(self.api, stage)

    def deployed(self, stage: Item | None) -> str:
        """Return the deployment's id; a WebSocket API has one configuration for all of its stages."""
        return "" if self._is_websocket() else text(stage, "DeploymentId") or ""

    def normalise(self, stage: Item | None, detail: Detail) -> Deployment:
        """Return the deployment of a stage."""
        return v2.normalise(self.api, stage, detail, self.place, self.keys)

    def export_uri(self, stage: Item | None) -> str | None:
        """Return where the contract is: of a stage, or of what is being edited where none is deployed."""
        if self._is_websocket():
            return None
        name = self._exported(stage)
        return f"/apis/{self.api_id}/exports/OAS30" + (f"?stage={name}" if name else "")

    def export(self, stage: Item | None) -> Detail:
        """Return what is exported of a stage."""
        name = self._exported(stage)
        return self.read_export(
            "apigatewayv2:ExportApi",
            self.export_uri(stage) or "",
            ApiId=self.api_id,
            Specification="OAS30",
            OutputType="JSON",
            IncludeExtensions=True,
            **({"StageName": name} if name else {}),
        )

    def read_configured(self, reason: str) -> Surface:
        """Return what the routes say, each detail that may not be read being a gap."""
        del reason  # routes are always what is being edited
        where = {"ApiId": self.api_id}
        routes = self.try_listing("operations", "apigatewayv2:GetRoutes", **where)
        if routes is None:
            return UNSEEN_SURFACE
        integrations: Sequence[Item] | None = ()
        if needs_integrations(routes):
            integrations = self.try_listing("backends", "apigatewayv2:GetIntegrations", **where)
        authorizers: Sequence[Item] | None = ()
        if needs_authorizers(routes):
            authorizers = self.try_listing("authorizers", "apigatewayv2:GetAuthorizers", **where)
        read = read_websocket_routes if self._is_websocket() else read_http_routes
        return read(Routes(routes, integrations, authorizers))

    def _is_websocket(self) -> bool:
        return v2.protocol(self.api) == v2.WEBSOCKET

    def _exported(self, stage: Item | None) -> str | None:
        return text(stage, "StageName") if self.deployed(stage) else None


class V2Collector(ABC):
    """Lists the APIs of one protocol: a deployment per stage, or one for an API that has none."""

    provider: ClassVar[str] = "aws"
    quotas: ClassVar[tuple[Quota, ...]] = (CONTROL_PLANE_QUOTA,)
    parts: ClassVar[tuple[str, ...]] = (PART,)
    generated_hosts: ClassVar[tuple[str, ...]] = (API_HOST,)
    stability: ClassVar[str] = "beta"
    normaliser_version: ClassVar[int] = 2
    topics: ClassVar[tuple[str, ...]] = (again.TOPIC,)
    again_permissions: ClassVar[tuple[Permission, ...]] = (_AGAIN,)
    permissions: ClassVar[tuple[Permission, ...]]
    product: ClassVar[str]
    noun: ClassVar[str]

    @abstractmethod
    def takes(self, api: Item) -> bool:
        """Say whether an API of the listing is of this product."""

    def tell_apart(self, visit: Visit, deployments: Sequence[Deployment]) -> Found:
        """Tell stages apart by the API's id."""
        del visit  # nobody has to be asked
        return by_id(deployments)

    def try_permissions(self, scope: Scope, visit: Visit) -> Iterator[Tried]:
        """Yield what came of trying each permission."""
        del scope  # the session knows its place
        calls = visit.session.calls(self.permissions)
        return try_each(calls, self.permissions, noun=self.noun, takes=self.takes)

    def discover(self, scope: Scope, visit: Visit) -> Iterator[Observation]:
        """Yield every API of the protocol in an account's region.

        Raises:
            CollectorError: the listing could not be read to its end.
        """
        del scope  # the session knows its place
        session: AwsSession = visit.session
        calls = session.calls(self.permissions)
        listing = "apigatewayv2:GetApis"
        pages = (
            Page(tuple(api for api in page.items if self.takes(api)), page.last)
            for page in session.shared_pages(
                listing, self.product, lambda: calls.pages(listing), visit.check
            )
        )
        yield from walk(
            PART, pages, MEMBERS, visit, lambda *given: _look(session, calls, visit, *given)
        )

    def touched(self, change: Change) -> tuple[str, ...]:
        """Return the API that a change names: of either protocol, for its id does not say which."""
        return again.named(change, "apiId", "apis")

    def look_again(
        self, scope: Scope, visit: Visit, objects: Sequence[Touched]
    ) -> Iterator[Observation]:
        """Yield what some APIs are now; of those of another protocol nothing.

        Raises:
            CollectorError: what ends it.
        """
        del scope  # the session knows its place
        session: AwsSession = visit.session
        calls = session.calls((*self.permissions, *self.again_permissions))

        def find(touched: Touched) -> Item | None:
            held = again.recall(visit, touched)
            api = held or calls.call("apigatewayv2:GetApi", ApiId=touched.native_id)
            return api if self.takes(api) else None

        look = lambda *given: _look(session, calls, visit, *given)  # noqa: E731 - as in `discover`
        return again.look_at(visit, objects, MEMBERS, find, look)

    def try_again(self, scope: Scope, visit: Visit) -> Iterator[Tried]:
        """Yield what came of trying to look at one API."""
        del scope
        permissions = (self.permissions[0], *self.again_permissions)
        calls = visit.session.calls(permissions)
        return try_each(calls, permissions, noun=self.noun, takes=self.takes)


class HttpApiCollector(V2Collector, CountedByCloudWatch):
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

    def takes(self, api: Item) -> bool:
        """Take all but WebSocket APIs."""
        return v2.protocol(api) != v2.WEBSOCKET


class WebSocketApiCollector(V2Collector, CountedByCloudWatch):
    """Lists WebSocket APIs."""

    product: ClassVar[str] = v2.WEBSOCKET_KIND
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

    def takes(self, api: Item) -> bool:
        """Take WebSocket APIs."""
        return v2.protocol(api) == v2.WEBSOCKET
