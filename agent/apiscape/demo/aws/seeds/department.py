"""A believable estate: a fictional department with three accounts that it told us about.

Seeded and deterministic. It has what real estates have: the same API in several accounts and
regions, stages of different age, private and anonymous APIs, keys that stand for authentication,
custom domains of every kind, APIs never deployed, owners that nobody wrote down, an account that
nobody configured, a suspended one, a region where one listing is denied, and one whose figures are.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgspec

from apiscape.demo.aws.estate.authorizers import allow_from
from apiscape.demo.aws.estate.backends import http_backend
from apiscape.demo.aws.estate.estate import Account, AwsEstate
from apiscape.demo.aws.estate.region import Region
from apiscape.demo.aws.estate.rest_api import RestApi
from apiscape.demo.aws.seeds.agents import run_functions, try_agents
from apiscape.demo.aws.seeds.balancers import balance
from apiscape.demo.aws.seeds.catalogue import (
    HTTP_SERVICES,
    REST_SERVICES,
    SHARED_HTTP_SERVICES,
    SHARED_REST_SERVICES,
    WEBSOCKET_SERVICES,
    Service,
)
from apiscape.demo.aws.seeds.department_appsync import add_appsync
from apiscape.demo.aws.seeds.department_lattice import add_lattice
from apiscape.demo.aws.seeds.dice import Dice
from apiscape.demo.aws.seeds.doors import open_doors
from apiscape.demo.aws.seeds.publish import Publisher
from apiscape.demo.aws.seeds.traffic import call_live, call_rehearsals

LIVE = "210000000001"
TEST = "210000000002"
SHARED = "210000000003"
SANDBOX = "210000000004"
FORMER = "210000000005"

LONDON = "eu-west-2"
DUBLIN = "eu-west-1"

ROLE = "apiscape-reader"
EXTERNAL_ID = "department-inventory"

_TODAY = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
_HISTORY = timedelta(days=4 * 365)
_LOG_FORMAT = '{"requestId":"$context.requestId","ip":"$context.identity.sourceIp"}'


class Department(msgspec.Struct, frozen=True, gc=False):
    """The estate and what a configuration needs to visit it.

    Attributes:
        estate: The accounts and what is in them.
        hub: Account whose credentials may take on the roles and list the organisation.
        roles: ARNs of the roles that may be read with.
        external_id: What the roles ask for.
        regions: Regions in use.
    """

    estate: AwsEstate
    hub: str
    roles: tuple[str, ...]
    external_id: str = EXTERNAL_ID
    regions: tuple[str, ...] = (DUBLIN, LONDON)


def department(seed: int = 1, today: datetime = _TODAY) -> Department:
    """Build the department as of a day; the same seed and day give the same department."""
    estate = AwsEstate(now=today - _HISTORY)
    dice = Dice(seed)
    live = estate.account(LIVE, "department-live").only_regions(LONDON, DUBLIN)
    test = estate.account(TEST, "department-test").only_regions(LONDON, DUBLIN)
    shared = estate.account(SHARED, "department-shared").only_regions(LONDON, DUBLIN)
    roles = [
        each.role(ROLE, external_id=EXTERNAL_ID, trusted=SHARED) for each in (live, test, shared)
    ]
    _links(live, test, shared)
    _live(live, dice)
    _test(test, dice)
    _shared(shared, dice)
    add_appsync(live.region(LONDON), test.region(LONDON))
    add_lattice(shared.region(LONDON))
    estate.now = today
    _domains(live, shared)
    open_doors(live, shared, LONDON)
    _oddities(live, test, shared)
    balance(live.region(LONDON), shared.region(LONDON))
    run_functions(live.region(LONDON), test.region(LONDON))
    try_agents(live.region(LONDON))
    _traffic(live, test, shared, dice)
    estate.account(SANDBOX, "department-sandbox").only_regions(LONDON)
    estate.account(FORMER, "department-former-agency").only_regions(LONDON).suspend()
    estate.organise(SHARED).empty_pages = set()
    return Department(estate, SHARED, tuple(roles))


def _links(*accounts: Account) -> None:
    for account in accounts:
        for name in (LONDON, DUBLIN):
            region = account.region(name)
            balancer = f"arn:aws:elasticloadbalancing:{name}:{account.id}:loadbalancer/net/private"
            region.vpc_link("private-services", f"{balancer}/50dc6c495c0c9188")
            region.v2_vpc_link("private-services", "subnet-0a1b2c3d", "subnet-4e5f6071")


def _later(region: Region, dice: Dice, name: str) -> None:
    """Let some weeks pass: no two services were made on one day."""
    region.account.estate.tick(timedelta(days=dice.number(35, name), hours=dice.number(9, name)))


# ── The live account ─────────────────────────────────────────────────────────


def _live(account: Account, dice: Dice) -> None:
    publisher = Publisher(dice, "prod")
    london, dublin = account.region(LONDON), account.region(DUBLIN)
    for service in REST_SERVICES:
        _later(london, dice, service.name)
        _go_live(publisher.rest(london, service), service, dice)
        if service.standby:
            _go_live(publisher.rest(dublin, service), service, dice)
    for service in HTTP_SERVICES:
        _later(london, dice, service.name)
        publisher.http(london, service).stage("$default", auto_deploy=True)
    for service in WEBSOCKET_SERVICES:
        publisher.websocket(london, service).deploy("prod")
    _plans(london)


def _go_live(api: RestApi, service: Service, dice: Dice) -> None:
    """Deploy to `prod`, as carefully as the team is."""
    api.deploy("prod", description="release", tags={"environment": "prod"})
    where = f"arn:aws:logs:{api.region.name}:{api.region.account.id}:log-group:{api.name}"
    if dice.chance(70, service.name, "logs"):
        api.edit_stage("prod", accessLogSettings={"destinationArn": where, "format": _LOG_FORMAT})
    if dice.chance(45, service.name, "waf") and not service.private:
        web_acl = f"arn:aws:wafv2:{api.region.name}:{api.region.account.id}:regional/webacl/edge/1"
        api.edit_stage("prod", webAclArn=web_acl)
    if dice.chance(35, service.name, "tracing"):
        api.edit_stage("prod", tracingEnabled=True)
    if dice.chance(50, service.name, "throttle"):
        limits = {"throttlingBurstLimit": 200, "throttlingRateLimit": 100.0}
        api.edit_stage("prod", methodSettings={"*/*": {"metricsEnabled": True, **limits}})


def _plans(region: Region) -> None:
    """Sell keys: a free plan over the open data APIs, a partner plan with a quota."""
    names = ("vehicle-enquiry", "company-search", "land-titles", "flood-warnings")
    stages = [(region.find_rest(name), "prod") for name in names]
    keys = [region.api_key(f"subscriber-{number}") for number in range(1, 5)]
    region.usage_plan(
        "open-data", *stages, keys=keys[:2], throttle={"rateLimit": 10.0, "burstLimit": 20}
    )
    quota = {"limit": 1_000_000, "offset": 0, "period": "MONTH"}
    region.usage_plan("partners", *stages[:2], keys=keys[2:], quota=quota)


# ── The account for tests ────────────────────────────────────────────────────


def _test(account: Account, dice: Dice) -> None:
    publisher = Publisher(dice, "nonprod")
    london, dublin = account.region(LONDON), account.region(DUBLIN)
    for service in REST_SERVICES:
        if not service.rehearsed:
            continue
        _later(london, dice, f"{service.name} test")
        api = publisher.rest(london, service).deploy("staging")
        api.method("GET", "/debug", auth="NONE").deploy("dev")
    for service in HTTP_SERVICES:
        publisher.http(london, service).stage("staging").stage("dev")
    for service in WEBSOCKET_SERVICES:
        publisher.websocket(london, service).deploy("staging")
    for service in REST_SERVICES[:2]:
        publisher.rest(dublin, service).deploy("staging")
    dublin.deny("apigateway:GetRestApis")


# ── The shared account ───────────────────────────────────────────────────────


def _shared(account: Account, dice: Dice) -> None:
    publisher = Publisher(dice, "prod")
    london, dublin = account.region(LONDON), account.region(DUBLIN)
    for service in SHARED_REST_SERVICES:
        _later(london, dice, service.name)
        api = publisher.rest(london, service).deploy("prod", "staging")
        api.edit_stage("staging", tags={"environment": "staging"})
    for service in SHARED_HTTP_SERVICES:
        publisher.http(london, service).stage("$default")
    identity = publisher.rest(dublin, SHARED_REST_SERVICES[0]).deploy("prod")
    identity.edit(disableExecuteApiEndpoint=True)


# ── Front doors ──────────────────────────────────────────────────────────────


def _domains(live: Account, shared: Account) -> None:
    london, common = live.region(LONDON), shared.region(LONDON)
    tax = london.domain("api.tax.example.gov.uk", tags={"owner": "Team Edge"})
    for path, name in (
        ("self-assessment", "self-assessment"),
        ("organisations/vat", "vat-returns"),
        ("organisations/corporation-tax", "corporation-tax"),
    ):
        tax.map(path, london.find_rest(name), "prod")
    benefits = london.domain("api.benefits.example.gov.uk")
    benefits.map("child", london.find_rest("child-benefit"), "prod")
    benefits.map("carers", london.find_rest("carers-allowance"), "prod")
    benefits.map("appointments", london.find_v2("appointments"), "$default")
    partners = london.domain("partners.tax.example.gov.uk")
    partners.mutual_tls("s3://department-truststore/partners.pem")
    partners.map("", london.find_rest("paye-real-time"), "prod")
    london.domain("m.account.example.gov.uk").map("", london.find_v2("mobile-gateway"), "$default")
    old = london.domain("opendata.example.gov.uk", endpoint="EDGE", security_policy="TLS_1_0")
    old.map("companies", london.find_rest("company-search"), "prod")
    old.map("vehicles", london.find_rest("vehicle-enquiry"), "prod")
    inside = common.domain("audit.internal.example.gov.uk", endpoint="PRIVATE", policy=allow_from())
    inside.map("", common.find_rest("audit-events"), "prod")
    common.associate(inside, "vpce-0a1b2c3d4e5f60718")
    verify = common.domain("identity.example.gov.uk").mutual_tls(
        "s3://department-truststore/verify.pem", "Certificate of CN=Old Bridge CA has expired"
    )
    verify.map("", common.find_rest("identity-verify"), "prod")
    common.find_rest("identity-verify").edit(disableExecuteApiEndpoint=True)


# ── What no estate is without ────────────────────────────────────────────────


def _oddities(live: Account, test: Account, shared: Account) -> None:
    london, rehearsal, common = live.region(LONDON), test.region(LONDON), shared.region(LONDON)
    old = london.rest_api("VAT Service (old)", endpoint="EDGE", description="Do not use")
    old.method("ANY", "/{proxy+}", backend=http_backend("http://10.20.30.40/vat")).deploy("v1")
    london.rest_api("tax-credits-v2", tags={"owner": "Team Families"}).method("GET", "/awards")
    rehearsal.rest_api("grants-pilot").method("GET", "/grants").deploy()
    common.rest_api("address-lookup", description="Trial of a second supplier").method(
        "GET", "/addresses", api_key=True
    ).deploy("trial")
    release = common.find_rest("payments").method("GET", "/mandates", auth="citizens").deploy()
    canary = {"percentTraffic": 10.0, "deploymentId": list(release.deployments)[-1]}
    release.edit_stage("prod", canarySettings=canary)
    statement = "Deployment attempt failed: Unable to find integration for route GET /statements"
    london.find_v2("statements").edit_stage("$default", LastDeploymentStatusMessage=statement)
    london.client_certificate("backend of court fees")
    certificate = london.client_certificate("backend of state pension", timedelta(days=10))
    london.find_rest("state-pension").edit_stage("prod", clientCertificateId=certificate)
    london.vpc_link("retired", status="FAILED", statusMessage="The load balancer was deleted")


# ── Callers ──────────────────────────────────────────────────────────────────


def _traffic(live: Account, test: Account, shared: Account, dice: Dice) -> None:
    call_live(live, dice)
    call_rehearsals(test, dice)
    call_live(shared, dice)
    shared.region(DUBLIN).deny("cloudwatch:GetMetricData")
