"""A provider without a cloud: any number of APIs, every field filled, the same at every visit.

What it yields goes the whole way of a real visit: ledger, reconcile, store.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

from apiscape.collectors.contract import (
    Budget,
    Listed,
    Observation,
    Permission,
    Plan,
    PlannedReach,
    ProviderSettings,
    Quota,
    Recorded,
    Visit,
)
from apiscape.model.deployment import (
    Backend,
    Deployment,
    Endpoint,
    Operation,
    Owner,
    Protections,
    Spec,
)
from apiscape.model.identity import deployment_uid, staged
from apiscape.model.provenance import Claim
from apiscape.model.run import Reach, Scope
from apiscape.model.security import Scheme, Security
from apiscape.model.vocabulary import ProvenanceMethod

PRODUCT = "scripted.gateway"
PART = "apis"
PAGE = 500
OPERATIONS = 10
START = datetime(2026, 1, 1, tzinfo=UTC)

_SERVICES = ("tax", "claims", "payments", "licences", "vehicles", "health", "pensions", "visas")
_NOUNS = ("accounts", "returns", "addresses", "documents", "appointments", "notices", "refunds")
_STAGES = (("prod", "production"), ("test", "test"), ("dev", "development"))
_VERBS = ("GET", "POST", "PUT", "DELETE", "PATCH")
_CALLED = tuple(map(str.lower, _VERBS))
_REGIONS = ("eu-west-1", "eu-west-2", "eu-central-1")
_SECURITIES = (
    Security(
        "required", (Scheme("oauth2", "header:Authorization", "https://id.example", ("read",)),)
    ),
    Security("required", (Scheme("iam", "header:Authorization", native_id="AWS_IAM"),)),
    Security("required", (Scheme("api_key", "header:x-api-key"),), "apiKeyRequired"),
    Security("none", (), "authorizationType=NONE"),
)


@dataclass(frozen=True)
class Script:
    """What there is.

    Attributes:
        scopes: How many accounts; APIs are spread evenly over them.
        apis: How many in all, a deployment and `OPERATIONS` operations each.
        changed_every: Every so many-th API has another operation than it had; 0 for none.
        edition: Which operation that is: another edition is another change.
        remembers: Whether change tokens are given, and believed.
    """

    scopes: int = 100
    apis: int = 100_000
    changed_every: int = 0
    edition: int = 0
    remembers: bool = False

    def places(self) -> Iterator[Scope]:
        """Yield every scope."""
        for number in range(self.scopes):
            account = f"{number:012d}"
            region = _REGIONS[number % len(_REGIONS)]
            reach = Reach(key=f"{account}/{region}", account=account, region=region)
            yield Scope(source="script", provider="scripted", product=PRODUCT, reach=reach)

    def deployments(self, scope: Scope) -> Iterator[Deployment]:
        """Yield the deployments of a scope."""
        place, size = int(scope.reach.account), self.apis // self.scopes
        for number in range(place * size, (place + 1) * size):
            changed = bool(self.changed_every) and number % self.changed_every == 0
            yield deployment(number, scope, self.edition if changed else 0)

    def token(self, number: int) -> str:
        """Return the native change token of an API."""
        changed = bool(self.changed_every) and number % self.changed_every == 0
        return f"{number}.{self.edition if changed else 0}"


def deployment(number: int, scope: Scope, edition: int = 0) -> Deployment:
    """Return one deployment with every field filled."""
    service, noun = _SERVICES[number % 8], _NOUNS[number // 8 % 7]
    stage, environment = _STAGES[number % 3]
    account, region = scope.reach.account, str(scope.reach.region)
    native_api_id = f"scripted:{account}:{region}:{number:010x}"
    native_id = staged(native_api_id, stage)
    name = f"{service}-{noun}-{number:06d}"
    host = f"{number:010x}.gateway.{region}.example"
    return Deployment(
        uid=deployment_uid(native_id),
        native_id=native_id,
        native_api_id=native_api_id,
        native_kind=PRODUCT,
        provider="scripted",
        product=PRODUCT,
        account=account,
        name=name,
        region=region,
        native_url=f"https://console.example/{region}/apis/{number:010x}",
        title=f"{service.title()} {noun} of the department",
        description=f"Gives and takes {noun} for the {service} service, number {number}.",
        style="rest",
        gateway=f"gateway-{number % 40}",
        environment=environment,
        environment_raw=stage,
        stage=stage,
        revision=f"r{number:06x}",
        version=f"{1 + number % 4}.{number % 10}",
        status="active",
        status_reason="AVAILABLE",
        lifecycle="production",
        endpoints=_endpoints(host, stage, name),
        exposure="internet",
        exposure_evidence="endpoint type REGIONAL, resource policy allows *",
        operations=_operations(number, service, noun, edition),
        backends=_backends(number, service, account, region),
        protections=_PROTECTIONS,
        owners=(Owner(f"Team {number % 300}", contact=f"team-{number % 300}@example.org"),),
        specs=(_spec(number, native_api_id),),
        consumers=number % 25,
        labels={
            "owner": f"team-{number % 300}",
            "service": service,
            "cost-centre": f"c{number % 97}",
        },
        created_at=START + timedelta(minutes=number),
        updated_at=START + timedelta(minutes=number, days=30),
        provenance={"owners": (Claim(f"Team {number % 300}", ProvenanceMethod.TAG),)},
    )


_PROTECTIONS = Protections(
    *("enabled", "enabled", "disabled", "enabled", "enabled", "disabled", "disabled")
)


def _endpoints(host: str, stage: str, name: str) -> tuple[Endpoint, ...]:
    return (
        _endpoint(f"https://{host}/{stage}", "REGIONAL", generated=True),
        _endpoint(f"https://{name}.example.org", "domain", generated=False),
    )


def _endpoint(url: str, evidence: str, *, generated: bool) -> Endpoint:
    return Endpoint(url, "internet", evidence, generated, True, "TLS_1_2", "disabled")


def _operations(number: int, service: str, noun: str, edition: int) -> tuple[Operation, ...]:
    last = OPERATIONS - 1
    place = f"/v{1 + number % 4}/{noun}/{{id}}/items-{number % 1000}"
    what = f"{service.title()}{number}"
    return tuple(
        Operation(
            _VERBS[index % 5],
            f"{place}-{index // 2}" + (f"-e{edition}" if edition and index == last else ""),
            operation_id=f"{_CALLED[index % 5]}{what}x{index}",
            security=_SECURITIES[(number + index) % 4],
            backend=f"b{index % 3}",
            deprecated=index == last,
        )
        for index in range(OPERATIONS)
    )


def _backends(number: int, service: str, account: str, region: str) -> tuple[Backend, ...]:
    return (
        Backend(
            "b0", "lambda", f"arn:aws:lambda:{region}:{account}:function:{service}-{number % 5000}"
        ),
        Backend("b1", "http", f"https://{service}-{number % 700}.internal.example/v1"),
        Backend(
            "b2", "http", f"https://load-{number % 90}.internal.example", via=f"link-{number % 9}"
        ),
    )


def _spec(number: int, api: str) -> Spec:
    return Spec(
        "openapi",
        "3.0.1",
        media_type="application/json",
        source_sha256=f"{number:064x}",
        contract_sha256=f"{number + 1:064x}",
        size_bytes=20_000 + number % 9000,
        source_uri=f"/{api}/exports/oas30",
    )


class ScriptedCollector:
    """Says what a script holds, as a good collector would."""

    product: ClassVar[str] = PRODUCT
    title: ClassVar[str] = "Scripted gateway"
    provider: ClassVar[str] = "scripted"
    permissions: ClassVar[tuple[Permission, ...]] = ()
    quotas: ClassVar[tuple[Quota, ...]] = ()
    parts: ClassVar[tuple[str, ...]] = (PART,)
    stability: ClassVar[str] = "stable"
    normaliser_version: ClassVar[int] = 1

    def __init__(self, script: Script) -> None:
        self._script = script

    def discover(self, scope: Scope, visit: Visit) -> Iterator[Observation]:
        """Yield a scope's APIs, page by page."""
        size = self._script.apis // self._script.scopes
        first = int(scope.reach.account) * size
        items = self._script.deployments(scope)
        for start in range(first, first + size, PAGE):
            numbers = range(start, min(start + PAGE, first + size))
            yield Listed(PART, tuple(map(str, numbers)), last=numbers.stop == first + size)
            for number in numbers:
                yield self._record(number, next(items), visit)

    def _record(self, number: int, item: Deployment, visit: Visit) -> Recorded:
        if not self._script.remembers:
            return Recorded(str(number), (item,))
        token = self._script.token(number)
        if visit.tokens(str(number)).get(item.uid) == token:
            return Recorded(str(number), unchanged=(item,), tokens={item.uid: token})
        return Recorded(str(number), (item,), tokens={item.uid: token})


class ScriptedProvider:
    """Signs nobody in."""

    name: ClassVar[str] = "scripted"
    title: ClassVar[str] = "Scripted"
    settings_type: ClassVar[type[ProviderSettings]] = ProviderSettings
    products: ClassVar[tuple[str, ...]] = (PRODUCT,)

    def __init__(self, script: Script) -> None:
        self._script = script

    def plan(self, source: str, settings: Any) -> Plan:
        """Return every scope's reach."""
        return Plan(
            reaches=tuple(PlannedReach(reach=place.reach) for place in self._script.places())
        )

    def session(self, settings: Any, reach: Reach, budget: Budget) -> None:
        """Return nothing: nothing is called."""

    def detect(self) -> Mapping[str, Any] | None:
        """Find nobody signed in."""
        return None
