"""What callers ask of what the department runs: most fares well, some is slow or fails, some nobody calls."""

from __future__ import annotations

from collections.abc import Iterator

from apiscape.demo.aws.estate.agentcore import AgentCore
from apiscape.demo.aws.estate.apprunner import AppRunner
from apiscape.demo.aws.estate.appsync import AppSync
from apiscape.demo.aws.estate.balancers import Balancers
from apiscape.demo.aws.estate.estate import Account
from apiscape.demo.aws.estate.functions import Functions
from apiscape.demo.aws.estate.lattice import Lattice
from apiscape.demo.aws.estate.load import Load
from apiscape.demo.aws.estate.region import Region
from apiscape.demo.aws.estate.rest_api import RestApi
from apiscape.demo.aws.estate.v2_api import V2Api
from apiscape.demo.aws.seeds.dice import Dice

LATEST = "$LATEST"
"""What a URL is of that is of no alias."""

_FAILING, _DEGRADED, _IDLE = 4, 12, 22
"""Of a hundred live stages: up to here they fail, are degraded, are not called at all."""

_REHEARSALS_CALLED = 35
"""Of a hundred stages for tests, those that somebody calls."""


def call_live(account: Account, dice: Dice) -> None:
    """Let the public call an account's stages, and what it runs beside them."""
    for region, api_id, stage in (*_stages(account), *_others(account)):
        drawn = dice.number(100, account.id, region.name, api_id, stage, "fate")
        if drawn >= _IDLE or drawn < _DEGRADED:
            region.loads[api_id, stage] = _busy(dice, api_id, stage, drawn)


def call_rehearsals(account: Account, dice: Dice) -> None:
    """Let testers call some of an account's stages, a few times an hour."""
    for region, api_id, stage in _stages(account):
        if dice.chance(_REHEARSALS_CALLED, api_id, stage, "rehearsed"):
            per_min = (1 + dice.number(30, api_id, stage, "requests")) / 10
            region.loads[api_id, stage] = Load(per_min, share_4xx=0.1, latency_ms=140.0)


def _busy(dice: Dice, api_id: str, stage: str, drawn: int) -> Load:
    per_min = 20 + dice.number(400, api_id, stage, "requests")
    errors = dice.number(40, api_id, stage, "errors") / 10_000
    if drawn < _FAILING:
        errors = 0.06 + dice.number(300, api_id, stage, "failing") / 1000
    elif drawn < _DEGRADED:
        errors = 0.012 + dice.number(25, api_id, stage, "degraded") / 1000
    return Load(
        float(per_min),
        share_4xx=dice.number(60, api_id, stage, "mistakes") / 1000,
        share_5xx=errors,
        latency_ms=25.0 + dice.number(300, api_id, stage, "latency"),
    )


def _stages(account: Account) -> list[tuple[Region, str, str]]:
    found: list[tuple[Region, str, str]] = []
    for region in account.regions.values():
        apis: list[RestApi | V2Api] = [*region.rest_apis.values(), *region.v2_apis.values()]
        found.extend((region, api.id, stage) for api in apis for stage in api.stages)
    return found


def _others(account: Account) -> list[tuple[Region, str, str]]:
    """Give what is run beside API Gateway: by what its loads are known by, and alias or endpoint."""
    found: list[tuple[Region, str, str]] = []
    for region in account.regions.values():
        found.extend((region, key, stage) for key, stage in _held(region))
    return found


def _held(region: Region) -> Iterator[tuple[str, str]]:
    appsync, core = region.shelves.of(AppSync), region.shelves.of(AgentCore)
    for key in (*appsync.apis, *appsync.event_apis):
        yield key, ""
    for function in region.shelves.of(Functions).by_name.values():
        for alias in function.urls:
            yield str(function.fields["FunctionName"]), alias or LATEST
    for arn in (*region.shelves.of(Balancers).groups, *region.shelves.of(AppRunner).by_arn):
        yield arn, ""
    for key in region.shelves.of(Lattice).services:
        yield key, ""
    for gateway in core.gateways.values():
        yield gateway.arn, ""
    for runtime in core.runtimes.values():
        for endpoint in runtime.endpoints:
            yield runtime.arn, endpoint
