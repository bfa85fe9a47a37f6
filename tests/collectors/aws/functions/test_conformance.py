"""The collectors of AWS Lambda keep the contract (`apiscape.collectors.testing`)."""

from __future__ import annotations

from typing import ClassVar

import pytest

from apiscape.collectors.aws.functions.url_collector import FunctionUrlCollector
from apiscape.collectors.aws.functions.web_collector import WebFunctionCollector
from apiscape.collectors.testing import CollectorConformance, World
from apiscape.demo.aws.estate.estate import AwsEstate
from apiscape.demo.aws.estate.functions import Functions, WebFunctions
from apiscape.demo.aws.seeds.canaries import plant_canaries
from tests.collectors.aws.desk import ACCOUNT, REGION
from tests.collectors.aws.world import AwsWorld, small_pages

pytestmark = pytest.mark.conformance

PAGING = small_pages(
    "lambda:ListFunctions",
    "lambda:ListFunctionUrlConfigs",
    "lambda-web:ListWebFunctions",
    "lambda-web:ListWebFunctionEndpoints",
)

#: Members without which an answer is no answer; all others may be missing.
NEEDED = frozenset(
    {"Functions", "FunctionName", "NextMarker", "FunctionUrlConfigs", "FunctionArn", "AuthType"}
    | {"functions", "functionName", "nextToken", "endpoints", "endpointName"}
)


def estate() -> tuple[AwsEstate, frozenset[str]]:
    estate = AwsEstate()
    west = estate.account(ACCOUNT).only_regions(REGION).region(REGION)
    functions, webs = west.shelves.of(Functions), west.shelves.of(WebFunctions)
    functions.add("plain")
    functions.add("open").url("NONE", open_to="*")
    functions.add("signed").url().url("NONE", alias="live").url("AWS_IAM", alias="next")
    for number in range(3):
        webs.add(f"web-{number}").endpoint("main").endpoint("trial", "ApplicationManaged")
    return estate, plant_canaries(estate)


class TestFunctionUrls(CollectorConformance):
    world: ClassVar[World] = AwsWorld(FunctionUrlCollector(), estate, PAGING, NEEDED)


class TestWebFunctions(CollectorConformance):
    world: ClassVar[World] = AwsWorld(WebFunctionCollector(), estate, PAGING, NEEDED)
