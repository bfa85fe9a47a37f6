"""Secrets planted wherever a read of AWS can return one, each told apart from all others.

A test that plants them can look for them afterwards in everything that was stored, logged, sent or
shown: none may be found. That they are on the wire at all is tested here.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable

from apiscape.demo.aws.estate.authorizers import allow_from, lambda_token
from apiscape.demo.aws.estate.backends import http_backend
from apiscape.demo.aws.estate.balancers import (
    Balancers,
    LoadBalancer,
    forward,
    oidc,
    when,
    when_header,
    when_query,
)
from apiscape.demo.aws.estate.cloudfront import CloudFront
from apiscape.demo.aws.estate.estate import AwsEstate
from apiscape.demo.aws.estate.region import Region
from apiscape.demo.aws.estate.rest_api import RestApi
from apiscape.demo.aws.estate.v2_api import V2Api
from apiscape.demo.aws.seeds.canaries_agents import plant_in_agents
from apiscape.demo.aws.seeds.canaries_appsync import plant_in_appsync
from apiscape.demo.aws.seeds.canaries_functions import plant_in_functions, plant_in_services
from apiscape.demo.aws.seeds.canaries_lattice import plant_in_lattice

MARK = "CANARY"

#: Makes a fresh secret that tells where it was planted.
Plant = Callable[[str], str]


def plant_canaries(estate: AwsEstate) -> frozenset[str]:
    """Plant secrets in every region that has APIs, and give them all.

    Each API is deployed again, so that exports carry them as well.

    Returns:
        The secrets planted: unique strings that begin with `MARK`.
    """
    planted: set[str] = set()
    numbers = itertools.count(1)

    def plant(place: str) -> str:
        secret = f"{MARK}{next(numbers):05d}x{place}"
        planted.add(secret)
        return secret

    for account in estate.accounts.values():
        for distribution in account.shelves.of(CloudFront).distributions.values():
            headers = {"x-origin-verify": plant("originHeader")}
            distribution.origin("canary", "backend.example", headers=headers).by_default("canary")
        for region in account.regions.values():
            _in_region(region, plant)
    return frozenset(planted)


def _in_region(region: Region, plant: Plant) -> None:
    plant_in_appsync(region, plant)
    plant_in_functions(region, plant)
    plant_in_services(region, plant)
    plant_in_agents(region, plant)
    plant_in_lattice(region, plant)
    for rest in list(region.rest_apis.values()):
        _in_rest(rest, plant)
    for api in list(region.v2_apis.values()):
        _in_v2(api, plant)
    for balancer in list(region.shelves.of(Balancers).balancers.values()):
        _in_balancer(balancer, plant)
    if region.rest_apis or region.v2_apis:
        region.api_key("canary-key", value=plant("apiKeyValue"))


def _in_rest(api: RestApi, plant: Plant) -> None:
    account, region = api.region.account.id, api.region.name
    credentials = f"arn:aws:iam::{account}:role/{plant('authorizerCredentials')}"
    name = "canary-authorizer"
    api.authorizer(name, lambda_token(account, region, "check", authorizerCredentials=credentials))
    api.model("CanaryModel", _schema(plant))
    backend = http_backend(
        f"https://user:{plant('uriUserinfo')}@backend.example/x?api_key={plant('uriQuery')}",
        credentials=f"arn:aws:iam::{account}:role/{plant('integrationCredentials')}",
        requestParameters={
            "integration.request.header.X-Api-Key": f"'{plant('integrationHeader')}'"
        },
        requestTemplates={"application/json": json.dumps({"key": plant("requestTemplate")})},
    )
    models = {"application/json": "CanaryModel"}
    api.method("POST", "/canary", auth=name, backend=backend, requestModels=models)
    api.policy = allow_from({"StringEquals": {"aws:UserAgent": plant("policyCondition")}})
    api.edit(tags={**api.fields.get("tags", {}), "password": plant("restTag")})
    for stage in list(api.stages):
        api.deploy(stage, variables={"dbPassword": plant("stageVariable")})
        api.edit_stage(stage, tags={"secret": plant("stageTag")})


def _schema(plant: Plant) -> str:
    text = {"type": "string", "default": plant("modelDefault"), "example": plant("modelExample")}
    chosen = {"type": "string", "enum": ["a", "b"], "examples": [plant("modelExamples")]}
    return json.dumps({"type": "object", "properties": {"token": text, "kind": chosen}})


def _in_v2(api: V2Api, plant: Plant) -> None:
    account, region = api.region.account.id, api.region.name
    api.edit(Tags={**api.fields["Tags"], "password": plant("v2Tag")})
    backend = http_backend(
        f"https://user:{plant('v2UriUserinfo')}@backend.example/x?token={plant('v2UriQuery')}"
    )
    key = "POST /canary" if api.fields["ProtocolType"] == "HTTP" else "canary"
    api.route(key, auth="NONE", backend=backend)
    integration = list(api.working.integrations.values())[-1]
    integration["CredentialsArn"] = f"arn:aws:iam::{account}:role/{plant('v2Credentials')}"
    integration["RequestParameters"] = {"append:header.x-key": plant("v2RequestParameter")}
    name = "canary-authorizer"
    uri = f"arn:aws:apigateway:{region}:lambda:path/2015-03-31/functions/check/invocations"
    credentials = f"arn:aws:iam::{account}:role/{plant('v2AuthorizerCredentials')}"
    api.authorizer(
        name,
        {
            "AuthorizerType": "REQUEST",
            "AuthorizerUri": uri,
            "AuthorizerCredentialsArn": credentials,
            "IdentitySource": ["$request.header.Authorization"],
        },
    )
    for stage in list(api.stages):
        api.deploy(stage)
        api.edit_stage(stage, StageVariables={"apiKey": plant("v2StageVariable")})
        api.edit_stage(stage, Tags={"secret": plant("v2StageTag")})


def _in_balancer(balancer: LoadBalancer, plant: Plant) -> None:
    """Plant what a load balancer shows an issuer, and what callers show it to be let in."""
    balancer.tags["api-key"] = plant("balancerTag")
    issuer = f"https://user:{plant('oidcUserinfo')}@id.example/x"
    signing_in = oidc(
        f"{issuer}?key={plant('oidcQuery')}",
        ClientSecret=plant("oidcClientSecret"),
        AuthenticationRequestExtraParams={"login_hint": plant("oidcExtraParam")},
    )
    secured = (each for each in balancer.listeners.values() if each.fields["Protocol"] == "HTTPS")
    for listener in secured:
        listener.rule(
            when("path-pattern", "/canary"),
            when_header("x-origin-verify", plant("headerCondition")),
            when_query(key=plant("queryCondition")),
            to=[signing_in, forward("arn:aws:elasticloadbalancing:::targetgroup/canary/0")],
        )
