"""REST APIs of Amazon API Gateway (v1).

Calls: one `GetRestApis` per 500 APIs; per API one `GetStages`, and one `GetExport` for each
distinct deployment that changed. An API whose stages stand costs one call. Measuring traffic: one
`GetRestApis` per 500 APIs for their names, and one `GetMetricData` per 500 metrics.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import ClassVar

from apiscape.collectors.aws.apigateway import again, rest
from apiscape.collectors.aws.apigateway.counting import REST_FIGURES, by_name
from apiscape.collectors.aws.apigateway.exposure import read_exposure
from apiscape.collectors.aws.apigateway.looking import Look
from apiscape.collectors.aws.apigateway.resources import read_resources
from apiscape.collectors.aws.calls import Calls
from apiscape.collectors.aws.hosts import API_HOST
from apiscape.collectors.aws.listing import Members, walk
from apiscape.collectors.aws.operations import CONTROL_PLANE_QUOTA, RESOURCES_QUOTA
from apiscape.collectors.aws.picking import Item, text
from apiscape.collectors.aws.session import AwsSession
from apiscape.collectors.aws.surface import UNSEEN_SURFACE, Detail, Surface
from apiscape.collectors.aws.traffic import CountedByCloudWatch, Figures, Found
from apiscape.collectors.aws.trials import try_each
from apiscape.collectors.changing import Change, Touched
from apiscape.collectors.contract import Malformed, Observation, Permission, Quota, Visit
from apiscape.collectors.measuring import Price
from apiscape.collectors.trying import Tried
from apiscape.model.deployment import Deployment
from apiscape.model.run import Scope

PART = "GetRestApis"
MEMBERS = Members("id", "name", "tags")


class RestApiCollector(CountedByCloudWatch):
    """Lists REST APIs: a deployment per stage, or one for an API that has none."""

    product: ClassVar[str] = rest.KIND
    title: ClassVar[str] = "API Gateway REST"
    provider: ClassVar[str] = "aws"
    permissions: ClassVar[tuple[Permission, ...]] = (
        Permission(
            action="apigateway:GET",
            resources=("arn:{partition}:apigateway:*::/restapis",),
            operations=("apigateway:GetRestApis",),
            reveals="which REST APIs exist",
        ),
        Permission(
            action="apigateway:GET",
            resources=("arn:{partition}:apigateway:*::/restapis/*/stages",),
            operations=("apigateway:GetStages",),
            reveals="stages: where each API is deployed, throttling, firewall, logging, tracing",
        ),
        Permission(
            action="apigateway:GET",
            resources=("arn:{partition}:apigateway:*::/restapis/*/stages/*/exports/*",),
            operations=("apigateway:GetExport",),
            reveals="operations, who may call them, backends and the contract, as deployed",
            optional=True,
        ),
        Permission(
            action="apigateway:GET",
            resources=("arn:{partition}:apigateway:*::/restapis/*/resources",),
            operations=("apigateway:GetResources",),
            reveals="operations of APIs that are not deployed, or whose export is refused",
            optional=True,
        ),
    )
    quotas: ClassVar[tuple[Quota, ...]] = (CONTROL_PLANE_QUOTA, RESOURCES_QUOTA)
    parts: ClassVar[tuple[str, ...]] = (PART,)
    generated_hosts: ClassVar[tuple[str, ...]] = (API_HOST,)
    stability: ClassVar[str] = "beta"
    normaliser_version: ClassVar[int] = 2
    topics: ClassVar[tuple[str, ...]] = (again.TOPIC,)
    again_permissions: ClassVar[tuple[Permission, ...]] = (
        Permission(
            action="apigateway:GET",
            resources=("arn:{partition}:apigateway:*::/restapis/*",),
            operations=("apigateway:GetRestApi",),
            reveals="what became of a REST API that a change names, without listing all of them",
            optional=True,
        ),
    )
    figures: ClassVar[Figures] = REST_FIGURES
    traffic_price: ClassVar[Price | None] = REST_FIGURES.price

    def tell_apart(self, visit: Visit, deployments: Sequence[Deployment]) -> Found:
        """Tell stages apart by the API's name as it is now.

        Raises:
            CollectorError: the names could not be read.
        """
        return by_name(visit.session.calls(self.permissions), deployments)

    def try_permissions(self, scope: Scope, visit: Visit) -> Iterator[Tried]:
        """Yield what came of trying each permission."""
        del scope  # the session knows its place
        calls = visit.session.calls(self.permissions)
        return try_each(calls, self.permissions, noun="REST API")

    def discover(self, scope: Scope, visit: Visit) -> Iterator[Observation]:
        """Yield every REST API of an account's region.

        Raises:
            CollectorError: the listing could not be read to its end.
        """
        del scope  # the session knows its place
        session: AwsSession = visit.session
        calls = session.calls(self.permissions)
        pages = calls.pages("apigateway:GetRestApis")
        yield from walk(
            PART, pages, MEMBERS, visit, lambda *given: _look(session, calls, visit, *given)
        )

    def touched(self, change: Change) -> tuple[str, ...]:
        """Return the REST API that a change names."""
        return again.named(change, "restApiId", "restapis")

    def look_again(
        self, scope: Scope, visit: Visit, objects: Sequence[Touched]
    ) -> Iterator[Observation]:
        """Yield what some REST APIs are now: one call where nothing was deployed, one more for what was.

        Raises:
            CollectorError: what ends it.
        """
        del scope  # the session knows its place
        session: AwsSession = visit.session
        calls = session.calls((*self.permissions, *self.again_permissions))

        def find(touched: Touched) -> Item:
            held = again.recall(visit, touched)
            return held or calls.call("apigateway:GetRestApi", restApiId=touched.native_id)

        look = lambda *given: _look(session, calls, visit, *given)  # noqa: E731 - as in `discover`
        return again.look_at(visit, objects, MEMBERS, find, look)

    def try_again(self, scope: Scope, visit: Visit) -> Iterator[Tried]:
        """Yield what came of trying to look at one API."""
        del scope
        permissions = (self.permissions[0], *self.again_permissions)
        return try_each(visit.session.calls(permissions), permissions, noun="REST API")


def _look(
    session: AwsSession, calls: Calls, visit: Visit, api_id: str, api: Item
) -> list[Observation]:
    """Return what an API gives, and keep its own fields for whoever looks again."""
    again.note(visit, api_id, api)
    return RestLook(session, calls, visit, api_id, api).observe()


class RestLook(Look):
    """A look at one REST API."""

    stage_member: ClassVar[str] = "stageName"

    def list_stages(self) -> Sequence[Item]:
        """Return the stages; the listing has no pages."""
        if read_exposure(self.api).policy_unread:
            self.unseen["resource policy"] = Malformed("the resource policy cannot be read")
        return self.calls.listed("apigateway:GetStages", "item", restApiId=self.api_id)

    def native_token(self, stage: Item | None) -> str | None:
        """Return deployment, canary and time of the last change."""
        return rest.native_token(self.api, stage)

    def deployed(self, stage: Item | None) -> str:
        """Return the deployment's id."""
        return text(stage, "deploymentId") or ""

    def normalise(self, stage: Item | None, detail: Detail) -> Deployment:
        """Return the deployment of a stage."""
        return rest.normalise(self.api, stage, detail, self.place, self.keys)

    def export_uri(self, stage: Item | None) -> str | None:
        """Return where the contract of a stage is, if anything is deployed to it."""
        if not self.deployed(stage):
            return None
        return f"/restapis/{self.api_id}/stages/{text(stage, 'stageName')}/exports/oas30"

    def export(self, stage: Item | None) -> Detail:
        """Return what is exported of a stage."""
        return self.read_export(
            "apigateway:GetExport",
            self.export_uri(stage) or "",
            restApiId=self.api_id,
            stageName=text(stage, "stageName"),
            exportType="oas30",
            parameters={"extensions": "apigateway"},
            accepts="application/json",
        )

    def read_configured(self, reason: str) -> Surface:
        """Return what the API's authors edit."""
        resources = self.try_listing(
            "operations", "apigateway:GetResources", restApiId=self.api_id, embed=["methods"]
        )
        return UNSEEN_SURFACE if resources is None else read_resources(resources, reason)
