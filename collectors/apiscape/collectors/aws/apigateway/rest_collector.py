"""REST APIs of Amazon API Gateway (v1).

Calls: one `GetRestApis` per 500 APIs; per API one `GetStages`, and one `GetExport` for each
distinct deployment that changed. An API whose stages stand costs one call. Measuring traffic: one
`GetRestApis` per 500 APIs for their names, and one `GetMetricData` per 500 metrics.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from apiscape.collectors.aws.again import FIREWALLS, LooksAgainCollector
from apiscape.collectors.aws.apigateway import rest
from apiscape.collectors.aws.apigateway.again import TOPIC, find_api, look_at_api, named
from apiscape.collectors.aws.apigateway.counting import REST_FIGURES, by_name
from apiscape.collectors.aws.apigateway.exposure import read_exposure
from apiscape.collectors.aws.apigateway.looking import Generation
from apiscape.collectors.aws.apigateway.resources import read_resources
from apiscape.collectors.aws.apigateway.trying import RECIPES, REST_APIS
from apiscape.collectors.aws.hosts import API_HOST
from apiscape.collectors.aws.listing import Members
from apiscape.collectors.aws.looking import LookCollector, Near
from apiscape.collectors.aws.operations import CONTROL_PLANE_QUOTA, RESOURCES_QUOTA
from apiscape.collectors.aws.picking import Item, text
from apiscape.collectors.aws.policies import UnreadPolicy
from apiscape.collectors.aws.surface import UNSEEN_SURFACE, Detail, Surface
from apiscape.collectors.aws.traffic import CountedByCloudWatch, Figures, Found
from apiscape.collectors.aws.trials import Recipes
from apiscape.collectors.changing import Change, Touched
from apiscape.collectors.contract import Observation, Permission, Quota, Visit
from apiscape.collectors.measuring import Price
from apiscape.model.deployment import Deployment

PART = "GetRestApis"


class RestApis(Generation):
    """How REST APIs are looked at."""

    stage_member: ClassVar[str] = "stageName"

    def list_stages(self) -> Sequence[Item]:
        """Return the stages; the listing has no pages."""
        if read_exposure(self.api.listed).policy_unread:
            kind = "resource policy"
            self.api.gaps.note(kind, UnreadPolicy(kind), lasting=True)  # the listing brings it anew
        return self.api.calls.listed("apigateway:GetStages", "item", restApiId=self.api.key)

    def native_token(self, stage: Item | None) -> str | None:
        """Return deployment, canary and time of the last change."""
        return rest.native_token(self.api.listed, stage)

    def deployed(self, stage: Item | None) -> str:
        """Return the deployment's id."""
        return text(stage, "deploymentId") or ""

    def normalise(self, stage: Item | None, detail: Detail) -> Deployment:
        """Return the deployment of a stage."""
        return rest.normalise(self.api.listed, stage, detail, self.api.place, self.api.keys)

    def export_uri(self, stage: Item | None) -> str | None:
        """Return where the contract of a stage is, if anything is deployed to it."""
        if not self.deployed(stage):
            return None
        return f"/restapis/{self.api.key}/stages/{text(stage, 'stageName')}/exports/oas30"

    def export(self, stage: Item | None) -> Detail:
        """Return what is exported of a stage."""
        return self.api.read_export(
            "apigateway:GetExport",
            self.export_uri(stage) or "",
            restApiId=self.api.key,
            stageName=text(stage, "stageName"),
            exportType="oas30",
            parameters={"extensions": "apigateway"},
            accepts="application/json",
        )

    def read_configured(self, reason: str) -> Surface:
        """Return what the API's authors edit."""
        resources = self.api.list_all(
            "operations", "apigateway:GetResources", restApiId=self.api.key, embed=["methods"]
        )
        return UNSEEN_SURFACE if resources is None else read_resources(resources, reason)


class RestApiCollector(LookCollector, LooksAgainCollector, CountedByCloudWatch):
    """Lists REST APIs: a deployment per stage, or one for an API that has none."""

    product: ClassVar[str] = rest.KIND
    title: ClassVar[str] = "API Gateway REST"
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
    listing: ClassVar[str] = REST_APIS
    members: ClassVar[Members] = Members("id", "name", "tags")
    noun: ClassVar[str] = "REST API"
    tried_with: ClassVar[Recipes] = RECIPES
    generated_hosts: ClassVar[tuple[str, ...]] = (API_HOST,)
    normaliser_version: ClassVar[int] = 2
    topics: ClassVar[tuple[str, ...]] = (TOPIC, FIREWALLS)
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

    def touched(self, change: Change) -> tuple[str, ...]:
        """Return the REST API that a change names."""
        return named(change, "restApiId", "restapis")

    def find(self, near: Near, touched: Touched) -> Item:
        """Return a REST API's own fields."""
        return find_api(near, touched, "apigateway:GetRestApi", "restApiId")

    def look(self, near: Near, key: str, listed: Item) -> list[Observation]:
        """Return what is said of one REST API."""
        return look_at_api(near, key, listed, RestApis)
