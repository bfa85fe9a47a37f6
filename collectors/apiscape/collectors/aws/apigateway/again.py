"""Looking at single objects of API Gateway between visits: whom an event names, and what of an API it spares.

An API's own fields come with the listing of every visit, and are noted in memory. An event that moves only what
is beneath them (a deployment, a stage, a route) needs no call for them; any other does, an unknown one too.
"""

from __future__ import annotations

import re

from apiscape.collectors.aws.again import note, recall
from apiscape.collectors.aws.apigateway.looking import ApiLook, Generation
from apiscape.collectors.aws.looking import Near
from apiscape.collectors.aws.picking import Item
from apiscape.collectors.changing import Change, Touched
from apiscape.collectors.contract import Observation

TOPIC = "apigateway.amazonaws.com"
"""Event source of both generations."""

BENEATH = re.compile(
    r"(Create|Update|Delete|Put|Flush|Reset)"
    r"(Deployment|Stage|Resource|Method|MethodResponse|Integration|IntegrationResponse|Authorizer|Model"
    r"|RequestValidator|GatewayResponse|DocumentationPart|DocumentationVersion|Route|RouteResponse"
    r"|RouteSettings|RouteRequestParameter|AccessLogSettings|StageCache|StageAuthorizersCache|AuthorizersCache)"
)
"""Names of events that leave an API's own fields as they are."""

_ARN = re.compile(
    r"arn:[^:]+:apigateway:[^:]*:[^:]*:/(restapis|apis|domainnames|usageplans)/([^/]+)(?:/.*)?",
    re.DOTALL,
)
_MAKES = {
    "CreateRestApi": ("made.id",),
    "ImportRestApi": ("made.id",),
    "CreateApi": ("made.apiId",),
    "ImportApi": ("made.apiId",),
}


def named(change: Change, member: str, collection: str) -> tuple[str, ...]:
    """Return the id of the API that a change is of, by the member or the ARN that names it.

    What is done to a domain names an API as well, which does not change by it.

    Args:
        change: As the log has it.
        member: What an API's id is called (`restApiId`).
        collection: What its ARN calls it (`restapis`).
    """
    said = change.subjects
    if "domainName" in said:
        return ()
    found = said.get(member)
    if found is None and change.name in _MAKES:
        made = _MAKES[change.name][0]
        is_ours = (made == "made.apiId") == (member == "apiId")
        found = said.get(made) if is_ours else None
    return (found,) if found else _by_arn(change, collection)


def named_domain(change: Change) -> tuple[str, ...]:
    """Return the listed id of the domain that a change is of."""
    said = change.subjects
    name = next(
        (said[key] for key in ("domainName", "in.domainName", "made.domainName") if key in said),
        None,
    )
    if name is None:
        return _by_arn(change, "domainnames")
    identifier = said.get("domainNameId") or said.get("made.domainNameId")
    return (f"{name}+{identifier}" if identifier else name,)


def named_plan(change: Change) -> tuple[str, ...]:
    """Return the id of the usage plan that a change is of; who is given a key of it is not told anyway."""
    said = change.subjects
    made = said.get("made.id") if change.name == "CreateUsagePlan" else None
    found = said.get("usageplanId") or said.get("usagePlanId") or made
    if found is None:
        return _by_arn(change, "usageplans")
    return () if change.name.endswith("UsagePlanKey") else (found,)


def _by_arn(change: Change, collection: str) -> tuple[str, ...]:
    for member in ("resourceArn", "resource-arn"):
        arn = _ARN.fullmatch(change.subjects.get(member, ""))
        if arn is not None and arn[1] == collection:
            return (arn[2],)
    return ()


def look_at_api(
    near: Near, key: str, listed: Item, generation: type[Generation]
) -> list[Observation]:
    """Return what an API gives, and keep its own fields for whoever looks again.

    Raises:
        CollectorError: what fails it as a whole.
    """
    note(near.visit, key, listed)
    return ApiLook(near, key, listed, generation).observe()


def find_api(near: Near, touched: Touched, operation: str, member: str) -> Item:
    """Return an API's own fields, as they were noted where nothing may have changed of them.

    Raises:
        CollectorError: it cannot be read, or is gone.
    """
    held = None
    if all(map(BENEATH.fullmatch, touched.names)):
        held = recall(near.visit, touched.native_id)
    return held or near.calls.call(operation, **{member: touched.native_id})
