"""Secrets planted wherever a read of Lambda or of App Runner can return one."""

from __future__ import annotations

from collections.abc import Callable

from apiscape.demo.aws.estate.apprunner import AppRunner
from apiscape.demo.aws.estate.functions import Functions, WebFunctions
from apiscape.demo.aws.estate.region import Region


def plant_in_functions(region: Region, plant: Callable[[str], str]) -> None:
    """Plant secrets in every function of a region: environment, tags, values of conditions."""
    for function in region.shelves.of(Functions).by_name.values():
        function.tags["password"] = plant("functionTag")
        function.edit(Environment={"Variables": {"DB_PASSWORD": plant("functionVariable")}})
        for alias in function.urls:
            condition = {"StringEquals": {"aws:UserAgent": plant("functionPolicy")}}
            function.allow("*", condition, alias=alias)
    for web in region.shelves.of(WebFunctions).by_name.values():
        web.tags["secret"] = plant("webFunctionTag")
        web.allow("*", {"StringEquals": {"aws:UserAgent": plant("webFunctionPolicy")}})


def plant_in_services(region: Region, plant: Callable[[str], str]) -> None:
    """Plant secrets in every service of App Runner: environment, addresses, tags."""
    for service in region.shelves.of(AppRunner).by_arn.values():
        service.tags["token"] = plant("serviceTag")
        image = service.fields["SourceConfiguration"]["ImageRepository"]
        image["ImageConfiguration"] = {
            "RuntimeEnvironmentVariables": {"DB_PASSWORD": plant("serviceVariable")},
            "RuntimeEnvironmentSecrets": {"KEY": plant("serviceSecret")},
            "StartCommand": f"serve --password {plant('serviceCommand')}",
        }
