"""API Gateway v1 (`apigateway`): REST APIs and what belongs to them."""

from __future__ import annotations

import json

from apiscape.demo.aws.answers.context import Context, Handler, Output, Params
from apiscape.demo.aws.answers.export import export_document
from apiscape.demo.aws.answers.paging import page
from apiscape.demo.aws.estate.backends import Fields
from apiscape.demo.aws.estate.identifiers import SHORT, identifier
from apiscape.demo.aws.estate.rest_api import RestApi, RestDeployment, resource_paths
from apiscape.demo.aws.refusing.refusals import bad_request, not_found

_JSON_TYPES = frozenset({"", "*/*", "application/json"})


def get_rest_apis(context: Context, params: Params) -> Output:
    """List REST APIs."""
    apis = list(context.region.rest_apis.values())
    return page("apigateway", [rest_api_fields(api) for api in apis], params)


def get_rest_api(context: Context, params: Params) -> Output:
    """Give one REST API."""
    return rest_api_fields(context.rest_api(params))


def rest_api_fields(api: RestApi) -> Fields:
    """Give an API's members of the `RestApi` shape."""
    fields = {"id": api.id, "createdDate": api.created, **api.fields}
    fields["rootResourceId"] = _resource_id(api, "/")
    if api.policy is not None:
        fields["policy"] = escape_policy(api.policy)
    return fields


def escape_policy(policy: Fields) -> str:
    r"""Write a policy as API Gateway does: JSON, escaped a second time (`{\"Version\":`, `\/`)."""
    once = json.dumps(policy, separators=(",", ":"))
    return json.dumps(once)[1:-1].replace("/", "\\/")


def get_stages(context: Context, params: Params) -> Output:
    """List an API's stages, all at once; of one deployment if asked."""
    wanted = params.get("deploymentId")
    stages = list(context.rest_api(params).stages.values())
    return {"item": [dict(s) for s in stages if wanted in {None, s["deploymentId"]}]}


def get_export(context: Context, params: Params) -> Output:
    """Export what a stage serves as OpenAPI 3, in JSON."""
    api = context.rest_api(params)
    if params["stageName"] not in api.stages:
        raise not_found("Invalid stage identifier specified")
    if params["exportType"] != "oas30" or params.get("accepts", "") not in _JSON_TYPES:
        raise bad_request("This emulation exports oas30 as application/json only")
    stage = params["stageName"]
    extensions = params.get("parameters", {}).get("extensions", "")
    return {
        "contentType": "application/json",
        "contentDisposition": f'attachment; filename="{api.id}-{stage}-oas30.json"',
        "body": export_document(api, stage, extensions),
    }


def get_resources(context: Context, params: Params) -> Output:
    """List the working copy's resources; methods are empty objects unless `embed=methods`."""
    api = context.rest_api(params)
    embed = "methods" in params.get("embed", ())
    methods = dict(api.working.methods)
    resources = [
        _resource(api, path, methods.get(path, {}), embed=embed)
        for path in resource_paths(list(methods))
    ]
    return page("apigateway", resources, params)


def _resource(api: RestApi, path: str, methods: dict[str, Fields], *, embed: bool) -> Fields:
    fields: Fields = {"id": _resource_id(api, path), "path": path}
    if path != "/":
        parent, _, part = path.rpartition("/")
        fields |= {"parentId": _resource_id(api, parent or "/"), "pathPart": part}
    if methods:
        given = {verb: dict(members) if embed else {} for verb, members in methods.items()}
        fields["resourceMethods"] = given
    return fields


def _resource_id(api: RestApi, path: str) -> str:
    return identifier(api.id, "resource", path, length=SHORT)


def get_authorizers(context: Context, params: Params) -> Output:
    """List the working copy's authorizers."""
    return page("apigateway", list(context.rest_api(params).working.authorizers.values()), params)


def get_deployments(context: Context, params: Params) -> Output:
    """List an API's deployments."""
    deployments = list(context.rest_api(params).deployments.values())
    return page("apigateway", [_deployment(each) for each in deployments], params)


def _deployment(deployment: RestDeployment) -> Fields:
    described = {"description": deployment.description} if deployment.description else {}
    return {"id": deployment.id, "createdDate": deployment.created, **described}


HANDLERS: dict[str, Handler] = {
    "apigateway:GetAuthorizers": get_authorizers,
    "apigateway:GetDeployments": get_deployments,
    "apigateway:GetExport": get_export,
    "apigateway:GetResources": get_resources,
    "apigateway:GetRestApi": get_rest_api,
    "apigateway:GetRestApis": get_rest_apis,
    "apigateway:GetStages": get_stages,
}
