"""AWS Lambda: functions and their URLs (`lambda`), web functions and their endpoints (`lambda-web`)."""

from __future__ import annotations

import json

from apiscape.demo.aws.answers.context import Context, Handler, Output, Params
from apiscape.demo.aws.answers.paging import page
from apiscape.demo.aws.estate.functions import Function, Functions, WebFunction, WebFunctions
from apiscape.demo.aws.estate.identifiers import identifier
from apiscape.demo.aws.refusing.refusals import Refusal


def _missing(text: str) -> Refusal:
    return Refusal("ResourceNotFoundException", text, status=404)


def _function(context: Context, name_or_arn: str) -> Function:
    found = context.region.shelves.of(Functions).find(name_or_arn)
    if found is None:
        raise _missing(f"Function not found: {name_or_arn}")
    return found


def list_functions(context: Context, params: Params) -> Output:
    """List functions, the values of their environment included."""
    functions = list(context.region.shelves.of(Functions).by_name.values())
    return page("lambda:ListFunctions", [each.fields for each in functions], params)


def get_function_configuration(context: Context, params: Params) -> Output:
    """Give one function, the values of its environment included."""
    return dict(_function(context, params["FunctionName"]).fields)


def list_function_url_configs(context: Context, params: Params) -> Output:
    """List a function's URLs: of itself and of its aliases."""
    urls = list(_function(context, params["FunctionName"]).urls.values())
    return page("lambda:ListFunctionUrlConfigs", urls, params)


def get_policy(context: Context, params: Params) -> Output:
    """Give the resource policy of a function or of one of its aliases."""
    function = _function(context, params["FunctionName"])
    policy = function.policy(params.get("Qualifier", ""))
    if policy is None:
        raise _missing("The resource you requested does not exist.")
    return {"Policy": policy, "RevisionId": function.fields["RevisionId"]}


def list_tags(context: Context, params: Params) -> Output:
    """Give a function's tags."""
    return {"Tags": dict(_function(context, params["Resource"]).tags)}


# ── Web functions ────────────────────────────────────────────────────────────


def _web_function(context: Context, name: str) -> WebFunction:
    found = context.region.shelves.of(WebFunctions).by_name.get(name.rpartition("/")[2])
    if found is None:
        raise _missing(f"Web function not found: {name}")
    return found


def list_web_functions(context: Context, params: Params) -> Output:
    """List web functions."""
    functions = list(context.region.shelves.of(WebFunctions).by_name.values())
    return page("lambda-web:ListWebFunctions", [each.fields for each in functions], params)


def get_web_function(context: Context, params: Params) -> Output:
    """Give one web function."""
    return dict(_web_function(context, params["functionName"]).fields)


def list_web_function_endpoints(context: Context, params: Params) -> Output:
    """List a web function's endpoints."""
    endpoints = list(_web_function(context, params["functionName"]).endpoints.values())
    return page("lambda-web:ListWebFunctionEndpoints", endpoints, params)


def get_resource_policy(context: Context, params: Params) -> Output:
    """Give the resource policy of a web function."""
    function = _web_function(context, params["resourceArn"])
    if not function.statements:
        raise _missing("The resource policy does not exist.")
    policy = json.dumps({"Version": "2012-10-17", "Statement": function.statements})
    return {"policy": policy, "revisionId": identifier(policy, length=36)}


def list_web_tags(context: Context, params: Params) -> Output:
    """Give a web function's tags."""
    return {"tags": dict(_web_function(context, params["resource"]).tags)}


HANDLERS: dict[str, Handler] = {
    "lambda-web:GetResourcePolicy": get_resource_policy,
    "lambda-web:GetWebFunction": get_web_function,
    "lambda-web:ListTags": list_web_tags,
    "lambda-web:ListWebFunctionEndpoints": list_web_function_endpoints,
    "lambda-web:ListWebFunctions": list_web_functions,
    "lambda:GetFunctionConfiguration": get_function_configuration,
    "lambda:GetPolicy": get_policy,
    "lambda:ListFunctionUrlConfigs": list_function_url_configs,
    "lambda:ListFunctions": list_functions,
    "lambda:ListTags": list_tags,
}
