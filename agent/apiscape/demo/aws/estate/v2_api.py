"""An HTTP or WebSocket API (API Gateway v2): a working copy and its deployments.

A stage with auto deploy takes a new snapshot at every edit; any other serves what was deployed.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self

from apiscape.demo.aws.estate.backends import Backend, Fields, lambda_backend, v2_integration
from apiscape.demo.aws.estate.identifiers import SHORT, identifier

if TYPE_CHECKING:
    from apiscape.demo.aws.estate.region import Region


@dataclass(eq=False)
class V2Definition:
    """What a deployment takes a snapshot of; each by id."""

    routes: dict[str, Fields] = field(default_factory=dict)
    integrations: dict[str, Fields] = field(default_factory=dict)
    authorizers: dict[str, Fields] = field(default_factory=dict)


@dataclass(eq=False)
class V2Deployment:
    """A snapshot, and its members of the `Deployment` shape."""

    fields: Fields
    definition: V2Definition


@dataclass(eq=False)
class V2Api:
    """One HTTP or WebSocket API of a region; made by `Region.http_api` and `websocket_api`.

    Attributes:
        fields: Members of the `Api` shape.
        stages: Members of the `Stage` shape, by stage name.
    """

    region: Region = field(repr=False)
    id: str
    fields: Fields
    working: V2Definition = field(default_factory=V2Definition)
    deployments: dict[str, V2Deployment] = field(default_factory=dict)
    stages: dict[str, Fields] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The API's display name."""
        return str(self.fields["Name"])

    @property
    def arn(self) -> str:
        """ARN of the management resource; it carries no account id."""
        return f"arn:aws:apigateway:{self.region.name}::/apis/{self.id}"

    def route(
        self,
        key: str,
        *,
        auth: str = "NONE",
        backend: Backend | None = None,
        api_key: bool = False,
        **fields: object,
    ) -> Self:
        """Add or replace a route.

        Args:
            key: `GET /claims/{id}`, `$default`, `$connect` or a message's route key.
            auth: `NONE`, `AWS_IAM`, or the name of an authorizer of this API.
            backend: What it calls; a Lambda function of the API's name by default.
            api_key: Require an API key; WebSocket only.
            **fields: Further members of the `Route` shape, for instance `AuthorizationScopes`.
        """
        verb = key.partition(" ")[0] if " " in key else "ANY"
        target = self._integration(backend or lambda_backend(self.name), verb)
        route_id = identifier(self.id, "route", key, length=SHORT + 1)
        self.working.routes[route_id] = {
            "RouteId": route_id,
            "RouteKey": key,
            "ApiKeyRequired": api_key,
            "Target": f"integrations/{target}",
            **self._auth_fields(auth),
            **fields,
        }
        return self._edited("CreateRoute", routeKey=key)

    def remove_route(self, key: str) -> Self:
        """Take a route away; its integration stays, as in AWS."""
        kept = {k: v for k, v in self.working.routes.items() if v["RouteKey"] != key}
        self.working.routes = kept
        return self._edited("DeleteRoute", routeKey=key)

    def authorizer(self, name: str, members: Fields) -> Self:
        """Add an authorizer made by `authorizers.jwt` or `authorizers.v2_lambda`."""
        key = identifier(self.id, "authorizer", name, length=SHORT)
        self.working.authorizers[key] = {"AuthorizerId": key, "Name": name} | members
        return self._edited("CreateAuthorizer", name=name)

    def stage(self, name: str = "$default", *, auto_deploy: bool = True, **fields: object) -> Self:
        """Add a stage; with auto deploy it serves the working copy from now on."""
        now = self.region.now()
        self.stages[name] = {
            "StageName": name,
            "AutoDeploy": auto_deploy,
            "CreatedDate": now,
            "LastUpdatedDate": now,
            "DefaultRouteSettings": {"DetailedMetricsEnabled": False},
            "RouteSettings": {},
            "StageVariables": {},
            "Tags": {},
            **fields,
        }
        if auto_deploy:
            self._snapshot([name], auto=True)
        return self._changed("CreateStage", stageName=name)

    def deploy(self, *stages: str, description: str = "", **stage_fields: object) -> Self:
        """Take a snapshot and serve it from each of the stages, made without auto deploy."""
        for stage in stages:
            if stage not in self.stages:
                self.stage(stage, auto_deploy=False)
            self.stages[stage] |= stage_fields
        self._snapshot(list(stages), auto=False, description=description)
        return self._changed("CreateDeployment")

    def edit_stage(self, stage: str, **fields: object) -> Self:
        """Change members of a stage."""
        self.stages[stage] |= {"LastUpdatedDate": self.region.now(), **fields}
        return self._changed("UpdateStage", stageName=stage)

    def delete_stage(self, stage: str) -> Self:
        """Remove a stage; its deployment stays."""
        del self.stages[stage]
        return self._changed("DeleteStage", stageName=stage)

    def edit(self, **fields: object) -> Self:
        """Change members of the API, for instance `Tags` or `CorsConfiguration`."""
        self.fields |= fields
        return self._changed("UpdateApi")

    def rename(self, name: str) -> Self:
        """Give the API another name; its id stays."""
        return self.edit(Name=name)

    def delete(self) -> None:
        """Remove the API from its region."""
        del self.region.v2_apis[self.id]
        self._changed("DeleteApi")

    def _changed(self, name: str, /, **asked: object) -> Self:
        self.region.changed(name, {"apiId": self.id, **asked})
        return self

    def stage_definition(self, stage: str) -> V2Definition:
        """Give what a stage serves; nothing before its first deployment."""
        deployment = self.stages[stage].get("DeploymentId")
        return self.deployments[deployment].definition if deployment else V2Definition()

    def _auth_fields(self, auth: str) -> Fields:
        if auth in {"NONE", "AWS_IAM"}:
            return {"AuthorizationType": auth}
        for key, members in self.working.authorizers.items():
            if members["Name"] == auth:
                kind = "JWT" if members["AuthorizerType"] == "JWT" else "CUSTOM"
                return {"AuthorizationType": kind, "AuthorizerId": key}
        raise KeyError(f"{self.name} has no authorizer {auth}")

    def _integration(self, backend: Backend, verb: str) -> str:
        members = v2_integration(backend, verb, self.region.account.id, self.region.name)
        key = identifier(self.id, "integration", *sorted(members.items()), length=SHORT + 1)
        self.working.integrations[key] = {"IntegrationId": key} | members
        return key

    def _edited(self, name: str, /, **asked: object) -> Self:
        automatic = [name for name, stage in self.stages.items() if stage["AutoDeploy"]]
        if automatic:
            self._snapshot(automatic, auto=True)
        return self._changed(name, **asked)

    def _snapshot(self, stages: list[str], *, auto: bool, description: str = "") -> None:
        now = self.region.now()
        key = identifier(self.id, "deployment", len(self.deployments), now, length=SHORT)
        fields: Fields = {
            "DeploymentId": key,
            "AutoDeployed": auto,
            "CreatedDate": now,
            "DeploymentStatus": "DEPLOYED",
        }
        if description:
            fields["Description"] = description
        self.deployments[key] = V2Deployment(fields, copy.deepcopy(self.working))
        for stage in stages:
            self.stages[stage] |= {"DeploymentId": key, "LastUpdatedDate": now}
