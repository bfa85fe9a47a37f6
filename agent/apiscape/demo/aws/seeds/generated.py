"""Estates of any size for tests of scale: plain, even and deterministic."""

from __future__ import annotations

from apiscape.demo.aws.estate.authorizers import cognito, jwt
from apiscape.demo.aws.estate.estate import AwsEstate
from apiscape.demo.aws.estate.region import Region
from apiscape.demo.aws.seeds.dice import Dice

ACCOUNT = "300000000001"
REGION = "eu-west-1"
ROLE = "reader"

_VERBS = ("GET", "POST", "PUT", "DELETE")
_AUTHS = ("NONE", "AWS_IAM", "people", "people")


def generated_estate(
    *,
    apis: int = 300,
    methods: int = 10,
    stages: int = 2,
    v2: int = 0,
    seed: int = 1,
    account: str = ACCOUNT,
    region: str = REGION,
) -> AwsEstate:
    """Make an estate of one account and one region.

    Args:
        apis: Number of REST APIs.
        methods: Methods of each REST API and routes of each HTTP API.
        stages: Stages of each API; all serve one deployment.
        v2: Number of HTTP APIs.
        seed: Another seed chooses other authentication for the methods.
        account: Account id.
        region: Region name.
    """
    estate = AwsEstate()
    place = estate.account(account, "generated").only_regions(region).region(region)
    dice = Dice(seed)
    names = [f"stage-{number}" for number in range(stages)]
    for number in range(apis):
        _rest(place, dice, f"api-{number:05d}", methods, names)
    for number in range(v2):
        _http(place, dice, f"http-{number:05d}", methods, names)
    return estate


def generated_organisation(
    *, accounts: int = 50, apis: int = 200, methods: int = 4, role: str = ROLE
) -> AwsEstate:
    """Make an organisation run from the first account, whose roles open all others.

    Args:
        accounts: Number of accounts that hold APIs.
        apis: Number of REST APIs of each.
        methods: Methods of each REST API.
        role: Name of the roles.
    """
    estate = AwsEstate()
    estate.account(ACCOUNT, "hub").only_regions(REGION)
    dice = Dice(1)
    for number in range(accounts):
        member = estate.account(f"31{number:010d}", f"team-{number}").only_regions(REGION)
        member.role(role, trusted=ACCOUNT)
        for each in range(apis):
            _rest(member.region(REGION), dice, f"api-{number}-{each}", methods, ["prod"])
    estate.organise(ACCOUNT)
    return estate


def _rest(region: Region, dice: Dice, name: str, methods: int, stages: list[str]) -> None:
    api = region.rest_api(name, tags={"owner": f"Team {dice.number(40, name)}"})
    api.authorizer(
        "people", cognito(f"arn:aws:cognito-idp:{region.name}:{ACCOUNT}:userpool/people")
    )
    for number in range(methods):
        verb = _VERBS[number % len(_VERBS)]
        path = f"/things-{number // len(_VERBS)}"
        api.method(verb, path, auth=dice.pick(_AUTHS, name, number))
    api.deploy(*stages)


def _http(region: Region, dice: Dice, name: str, routes: int, stages: list[str]) -> None:
    api = region.http_api(name, Tags={"owner": f"Team {dice.number(40, name)}"})
    api.authorizer("people", jwt("https://issuer.example", "things"))
    for number in range(routes):
        verb = _VERBS[number % len(_VERBS)]
        path = f"/things-{number // len(_VERBS)}"
        api.route(f"{verb} {path}", auth=dice.pick(_AUTHS, name, number))
    api.deploy(*stages)
