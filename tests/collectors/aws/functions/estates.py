"""Functions for tests of every product at once."""

from __future__ import annotations

from apiscape.demo.aws.estate.agentcore import AgentCore, AgentRegistry
from apiscape.demo.aws.estate.apprunner import AppRunner
from apiscape.demo.aws.estate.functions import Functions, WebFunctions
from apiscape.demo.aws.estate.portals import Portals
from apiscape.demo.aws.estate.region import Region


def add_functions(region: Region) -> None:
    """Add functions with and without URLs, and a web function."""
    functions = region.shelves.of(Functions)
    functions.add("worker")
    functions.add("hook").url("NONE", open_to="*").url(alias="live")
    region.shelves.of(WebFunctions).add("site").endpoint().endpoint("own", "ApplicationManaged")


def add_services(region: Region) -> None:
    """Add a service of App Runner with a custom domain."""
    region.shelves.of(AppRunner).add("form").domain("form.example", www=True).protect()


def add_agents(region: Region) -> None:
    """Add a gateway, a runtime, a registry and a portal."""
    core = region.shelves.of(AgentCore)
    rest = next(iter(region.rest_apis.values()))
    gateway = core.gateway("tools", "NONE").expose(rest, "prod", "/x")
    core.runtime("helper", "A2A")
    region.shelves.of(AgentRegistry).add("agents").record("tools", "MCP", gateway.arn)
    portals = region.shelves.of(Portals)
    portals.portal("Developers", portals.product("claims", (rest, "prod", "GET", "/x")), asks=False)
