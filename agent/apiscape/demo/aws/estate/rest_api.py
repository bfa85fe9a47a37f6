"""A REST API (API Gateway v1): a working copy, and what has been deployed of it.

As in AWS, `method`, `authorizer` and `model` change the working copy only; `deploy` takes a
snapshot that a stage then serves, whatever happens to the working copy afterwards.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Self

from apiscape.demo.aws.estate.backends import Backend, Fields, lambda_backend, rest_integration
from apiscape.demo.aws.estate.identifiers import SHORT, identifier

if TYPE_CHECKING:
    from apiscape.demo.aws.estate.region import Region

_METHOD_AUTH = {"COGNITO_USER_POOLS": "COGNITO_USER_POOLS", "JWT": "JWT"}


@dataclass(eq=False)
class RestDefinition:
    """What a deployment takes a snapshot of."""

    methods: dict[str, dict[str, Fields]] = field(default_factory=dict)  #: by path, by verb
    authorizers: dict[str, Fields] = field(default_factory=dict)  #: by id
    models: dict[str, Fields] = field(default_factory=dict)  #: by name


@dataclass(eq=False)
class RestDeployment:
    """A snapshot and when it was taken."""

    id: str
    created: datetime
    description: str
    definition: RestDefinition


@dataclass(eq=False)
class RestApi:
    """One REST API of a region; made by `Region.rest_api`.

    Attributes:
        fields: Members of the `RestApi` shape other than id, policy and creation date.
        policy: Resource policy as a document; it goes out doubly escaped, as from AWS.
        stages: Members of the `Stage` shape, by stage name.
        export_refusal: Text with which `GetExport` is refused, if set.
    """

    region: Region = field(repr=False)
    id: str
    created: datetime
    fields: Fields
    policy: Fields | None = None
    working: RestDefinition = field(default_factory=RestDefinition)
    deployments: dict[str, RestDeployment] = field(default_factory=dict)
    stages: dict[str, Fields] = field(default_factory=dict)
    export_refusal: str | None = None

    @property
    def name(self) -> str:
        """The API's display name."""
        return str(self.fields["name"])

    @property
    def arn(self) -> str:
        """ARN of the management resource; it carries no account id."""
        return f"arn:aws:apigateway:{self.region.name}::/restapis/{self.id}"

    # ── The working copy ─────────────────────────────────────────────────────

    def method(
        self,
        verb: str,
        path: str,
        *,
        auth: str = "NONE",
        backend: Backend | None = None,
        api_key: bool = False,
        **fields: object,
    ) -> Self:
        """Add or replace a method.

        Args:
            verb: `GET`, `ANY` and so on.
            path: Resource path, for instance `/claims/{id}`.
            auth: `NONE`, `AWS_IAM`, or the name of an authorizer of this API.
            backend: What it calls; a Lambda function of the API's name by default.
            api_key: Require an API key.
            **fields: Further members of the `Method` shape, for instance `authorizationScopes`.
        """
        where = self.region.account.id, self.region.name
        self.working.methods.setdefault(path, {})[verb] = {
            "httpMethod": verb,
            "apiKeyRequired": api_key,
            "methodIntegration": rest_integration(
                backend or lambda_backend(self.name), verb, *where
            ),
            **self._auth_fields(auth),
            **fields,
        }
        return self._changed("PutMethod", httpMethod=verb)

    def remove_method(self, verb: str, path: str) -> Self:
        """Take a method away; its resource goes with the last one."""
        verbs = self.working.methods[path]
        del verbs[verb]
        if not verbs:
            del self.working.methods[path]
        return self._changed("DeleteMethod", httpMethod=verb)

    def authorizer(self, name: str, members: Fields) -> Self:
        """Add an authorizer made by `authorizers.cognito`, `lambda_token` or `lambda_request`."""
        key = identifier(self.id, "authorizer", name, length=SHORT)
        self.working.authorizers[key] = {"id": key, "name": name} | members
        return self._changed("CreateAuthorizer", name=name)

    def model(self, name: str, schema: str, content_type: str = "application/json") -> Self:
        """Add a model; its schema is text, as in AWS."""
        self.working.models[name] = {"name": name, "schema": schema, "contentType": content_type}
        return self._changed("CreateModel", name=name)

    def _auth_fields(self, auth: str) -> Fields:
        if auth in {"NONE", "AWS_IAM"}:
            return {"authorizationType": auth}
        for key, members in self.working.authorizers.items():
            if members["name"] == auth:
                kind = _METHOD_AUTH.get(members["type"], "CUSTOM")
                return {"authorizationType": kind, "authorizerId": key}
        raise KeyError(f"{self.name} has no authorizer {auth}")

    # ── Deploying ────────────────────────────────────────────────────────────

    def deploy(self, *stages: str, description: str = "", **stage_fields: object) -> Self:
        """Take a snapshot and serve it from each of the stages, made where missing.

        Args:
            *stages: Stage names; none leaves a deployment without a stage.
            description: Description of the deployment.
            **stage_fields: Members of the `Stage` shape, for instance `variables`.
        """
        now = self.region.now()
        key = identifier(self.id, "deployment", len(self.deployments), now, length=SHORT)
        snapshot = copy.deepcopy(self.working)
        self.deployments[key] = RestDeployment(key, now, description, snapshot)
        for stage in stages:
            self._point(stage, key, stage_fields)
        return self._changed("CreateDeployment", deploymentId=key)

    def point(self, stage: str, deployment: str, **stage_fields: object) -> Self:
        """Serve an existing deployment from a stage: a promotion or a roll-back."""
        self._point(stage, deployment, stage_fields)
        return self._changed("UpdateStage", stageName=stage)

    def _point(self, stage: str, deployment: str, members: Fields) -> None:
        now = self.region.now()
        fields = self.stages.setdefault(stage, _new_stage(stage, now))
        fields |= {"deploymentId": deployment, "lastUpdatedDate": now, **members}

    def edit_stage(self, stage: str, **fields: object) -> Self:
        """Change members of a stage without a new deployment."""
        self.stages[stage] |= {"lastUpdatedDate": self.region.now(), **fields}
        return self._changed("UpdateStage", stageName=stage)

    def delete_stage(self, stage: str) -> Self:
        """Remove a stage; its deployment stays."""
        del self.stages[stage]
        return self._changed("DeleteStage", stageName=stage)

    # ── The API itself ───────────────────────────────────────────────────────

    def edit(self, **fields: object) -> Self:
        """Change members of the API, for instance `tags` or `disableExecuteApiEndpoint`."""
        self.fields |= fields
        return self._changed("UpdateRestApi")

    def rename(self, name: str) -> Self:
        """Give the API another name; its id stays."""
        return self.edit(name=name)

    def delete(self) -> None:
        """Remove the API from its region."""
        del self.region.rest_apis[self.id]
        self._changed("DeleteRestApi")

    def _changed(self, name: str, /, **asked: object) -> Self:
        self.region.changed(name, {"restApiId": self.id, **asked})
        return self

    def stage_definition(self, stage: str) -> RestDefinition:
        """Give what a stage serves."""
        return self.deployments[self.stages[stage]["deploymentId"]].definition


def _new_stage(name: str, now: datetime) -> Fields:
    return {
        "stageName": name,
        "cacheClusterEnabled": False,
        "cacheClusterStatus": "NOT_AVAILABLE",
        "methodSettings": {},
        "tracingEnabled": False,
        "createdDate": now,
    }


def resource_paths(methods: Sequence[str]) -> list[str]:
    """Give every resource that a set of paths needs: themselves, their parents and the root."""
    paths = {"/"}
    for path in methods:
        parts = path.strip("/").split("/")
        paths |= {"/" + "/".join(parts[: depth + 1]) for depth in range(len(parts))}
    return sorted(paths)
