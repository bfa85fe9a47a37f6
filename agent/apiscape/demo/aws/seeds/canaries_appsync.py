"""Secrets planted wherever a read of AppSync can return one."""

from __future__ import annotations

from collections.abc import Callable

from apiscape.demo.aws.estate.appsync import LAMBDA, OIDC, AppSync, EventApi, GraphqlApi
from apiscape.demo.aws.estate.region import Region

Plant = Callable[[str], str]


def plant_in_appsync(region: Region, plant: Plant) -> None:
    """Plant secrets in every API and domain name that a region has."""
    held = region.shelves.of(AppSync)
    for api in list(held.apis.values()):
        _in_graphql(api, plant)
    for event in list(held.event_apis.values()):
        _in_event(event, plant)
    for domain in held.domains.values():
        domain["tags"] = {**domain["tags"], "password": plant("appsyncDomainTag")}


def _in_graphql(api: GraphqlApi, plant: Plant) -> None:
    role = f"arn:aws:iam::{api.region.account.id}:role/{plant('appsyncRole')}"
    api.key("canary", value=f"da2-{plant('appsyncApiKey')}")
    api.edit(
        tags={**api.fields["tags"], "password": plant("appsyncTag")},
        logConfig={"fieldLogLevel": "ALL", "cloudWatchLogsRoleArn": role},
        additionalAuthenticationProviders=[
            *api.fields.get("additionalAuthenticationProviders", ()),
            {
                "authenticationType": OIDC,
                "openIDConnectConfig": {
                    "issuer": f"https://u:{plant('oidcUserinfo')}@issuer.example/x?k={plant('oidcQuery')}",
                    "clientId": plant("oidcClientId"),
                },
            },
            {
                "authenticationType": LAMBDA,
                "lambdaAuthorizerConfig": {
                    "authorizerUri": "arn:aws:lambda:eu-west-1:111122223333:function:check",
                    "identityValidationExpression": f"^{plant('identityValidation')}$",
                },
            },
        ],
    )
    api.schema(
        f"{api.sdl}\n# {plant('sdlComment')}\n"
        f'input Canary {{ token: String = "{plant("sdlDefault")}" }}\n'
        f'type CanaryThing @canary(key: "{plant("sdlDirective")}") {{ id: ID }}\n'
        f'scalar CanaryTime @specifiedBy(url: "https://u:{plant("sdlUserinfo")}@x.example")\n'
    )
    _sources(api, role, plant)
    code, template = f"const key = '{plant('resolverCode')}'", plant("resolverTemplate")
    api.resolver("canary", "canary-http", code=code, requestMappingTemplate=template)
    api.resolver("canaries", "canary-http", "canary-rds", code=code)
    for function in api.functions:
        function["code"] = f"const key = '{plant('functionCode')}'"
        function["requestMappingTemplate"] = plant("functionTemplate")


def _sources(api: GraphqlApi | EventApi, role: str, plant: Plant) -> None:
    endpoint = f"https://u:{plant('sourceUserinfo')}@back.example/x?key={plant('sourceQuery')}"
    api.data_source("canary-http", "HTTP", serviceRoleArn=role, httpConfig={"endpoint": endpoint})
    secret = f"arn:aws:secretsmanager:eu-west-1:111122223333:secret:{plant('awsSecretStoreArn')}"
    cluster = {"dbClusterIdentifier": "arn:aws:rds:x:cluster:db", "awsSecretStoreArn": secret}
    api.data_source(
        "canary-rds",
        "RELATIONAL_DATABASE",
        relationalDatabaseConfig={"rdsHttpEndpointConfig": cluster},
    )


def _in_event(api: EventApi, plant: Plant) -> None:
    role = f"arn:aws:iam::{api.region.account.id}:role/{plant('eventRole')}"
    configuration = {
        **api.fields["eventConfig"],
        "logConfig": {"logLevel": "ALL", "cloudWatchLogsRoleArn": role},
    }
    api.edit(tags={**api.fields["tags"], "secret": plant("eventTag")}, eventConfig=configuration)
    _sources(api, role, plant)
    integration = {"behavior": "DIRECT", "integration": {"dataSourceName": "canary-http"}}
    api.namespace(
        "canary",
        codeHandlers=f"const key = '{plant('codeHandlers')}'",
        handlerConfigs={"onPublish": integration},
        tags={"password": plant("namespaceTag")},
    )
