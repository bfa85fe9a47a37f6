"""What the department runs beside API Gateway: functions with URLs, a form, and first steps with agents."""

from __future__ import annotations

from apiscape.demo.aws.estate.agentcore import AgentCore, AgentRegistry
from apiscape.demo.aws.estate.apprunner import AppRunner
from apiscape.demo.aws.estate.functions import Functions, WebFunctions
from apiscape.demo.aws.estate.portals import Portals
from apiscape.demo.aws.estate.region import Region

_IDENTITY = "https://identity.example.gov.uk/.well-known/openid-configuration"
_JWT = {"customJWTAuthorizer": {"discoveryUrl": _IDENTITY, "allowedScopes": ["tools"]}}


def run_functions(live: Region, rehearsal: Region) -> None:
    """Run functions: most of them behind APIs, two with URLs of their own, one of which anybody may call."""
    functions = live.shelves.of(Functions)
    for name in ("resize-photos", "nightly-extract", "post-to-ledger", "expire-sessions"):
        functions.add(name, Environment={"Variables": {"STAGE": "prod"}})
    functions.add("vaccine-finder", {"owner": "Team Health"}, Runtime="nodejs18.x").url(
        "NONE", open_to="*", Cors={"AllowOrigins": ["*"], "AllowMethods": ["GET"]}
    )
    functions.add("document-render", {"owner": "Team Documents"}).url(
        "AWS_IAM", alias="live", InvokeMode="RESPONSE_STREAM"
    )
    rehearsal.shelves.of(Functions).add("webhook-trial").url("NONE")
    webs = live.shelves.of(WebFunctions)
    webs.add("consultations", {"owner": "Team Engagement"}).endpoint("main", "ApplicationManaged")
    forms = live.shelves.of(AppRunner)
    forms.add("grant-forms", {"owner": "Team Grants", "environment": "prod"}).domain(
        "forms.grants.example.gov.uk"
    ).domain("apply.grants.example.gov.uk", "PENDING_CERTIFICATE_DNS_VALIDATION").protect()
    forms.add("caseworker", public=False)


def try_agents(live: Region) -> None:
    """Let agents call what there is: two APIs as tools, a helper, a registry and a portal for developers."""
    enquiries, companies = live.find_rest("vehicle-enquiry"), live.find_rest("company-search")
    core = live.shelves.of(AgentCore)
    render = live.shelves.of(Functions).by_name["document-render"]
    tools = core.gateway("department-tools", "CUSTOM_JWT", {"owner": "Team AI"})
    tools.edit(authorizerConfiguration=_JWT)
    tools.expose(enquiries, "prod", "/vehicles", name="vehicles")
    tools.tools_of(render.arn, "render_letter", "render_form", name="documents")
    trial = core.gateway("hackathon", "NONE", exceptionLevel="DEBUG")
    trial.expose(companies, "prod", "/companies", name="companies")
    helper = core.runtime("benefits_helper", "A2A", {"owner": "Team AI"})
    registry = live.shelves.of(AgentRegistry).add("department-agents")
    registry.record("department-tools", "GATEWAY", tools.arn)
    registry.record("benefits-helper", "AGENT", helper.arn)
    registry.record("letter-writer", "MCP", status="DRAFT")
    gone = f"{tools.arn.rpartition('/')[0]}/parking-permits-4dz8w0c1xq"
    registry.record("parking-permits", "GATEWAY", gone, displayName="Parking permits")
    portals = live.shelves.of(Portals)
    vehicles = portals.product("Vehicles", (enquiries, "prod", "GET", "/vehicles"))
    business = portals.product("Companies", (companies, "prod", "GET", "/companies"))
    portals.portal("Open data for developers", vehicles, business, asks=False)
