"""One region of one account: its APIs, domains, usage plans, keys, links and certificates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Self

from apiscape.demo.aws.estate.backends import Fields
from apiscape.demo.aws.estate.domain import Domain, new_domain_fields
from apiscape.demo.aws.estate.identifiers import identifier
from apiscape.demo.aws.estate.load import Load
from apiscape.demo.aws.estate.rest_api import RestApi
from apiscape.demo.aws.estate.shelves import Shelves
from apiscape.demo.aws.estate.trail import API_GATEWAY, Trail
from apiscape.demo.aws.estate.v2_api import V2Api

if TYPE_CHECKING:
    from apiscape.demo.aws.estate.estate import Account

_CERTIFICATE_LIFE = timedelta(days=365)


@dataclass(eq=False)
class Region:
    """A region of an account; made by `Account.region`.

    Attributes:
        denials: Qualified operations that this account may not call here, and whether a service
            control policy is the reason.
        loads: What callers ask, by API id and stage: of other services by what they are known by (name, id,
            ARN), and by alias or endpoint where there is one.
        metric_troubles: Status that CloudWatch answers for a metric's name instead of its datapoints.
        metric_page: Datapoints of one answer of CloudWatch.
        shelves: What there is of the services that have a module of their own here.
    """

    account: Account = field(repr=False)
    name: str
    rest_apis: dict[str, RestApi] = field(default_factory=dict)
    v2_apis: dict[str, V2Api] = field(default_factory=dict)
    domains: dict[str, Domain] = field(default_factory=dict)
    access_associations: list[Fields] = field(default_factory=list)
    usage_plans: dict[str, Fields] = field(default_factory=dict)
    usage_plan_keys: dict[str, list[str]] = field(default_factory=dict)
    api_keys: dict[str, Fields] = field(default_factory=dict)
    vpc_links: dict[str, Fields] = field(default_factory=dict)
    v2_vpc_links: dict[str, Fields] = field(default_factory=dict)
    client_certificates: dict[str, Fields] = field(default_factory=dict)
    denials: dict[str, bool] = field(default_factory=dict)
    loads: dict[tuple[str, str], Load] = field(default_factory=dict)
    metric_troubles: dict[str, str] = field(default_factory=dict)
    metric_page: int = 100_800
    shelves: Shelves[Region] = field(init=False, repr=False)
    _named: dict[str, int] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        self.shelves = Shelves(self)

    def now(self) -> datetime:
        """The estate's time; each look lets a second pass."""
        return self.account.estate.tick()

    def rest_api(
        self,
        name: str,
        *,
        endpoint: str = "REGIONAL",
        policy: Fields | None = None,
        **fields: object,
    ) -> RestApi:
        """Add a REST API; a second one of the same name is another API, as in AWS.

        Args:
            name: Display name.
            endpoint: EDGE, REGIONAL or PRIVATE.
            policy: Resource policy as a document.
            **fields: Further members of the `RestApi` shape, for instance `tags`.
        """
        members: Fields = {
            "name": name,
            "apiKeySource": "HEADER",
            "endpointConfiguration": {"types": [endpoint], "ipAddressType": "ipv4"},
            "disableExecuteApiEndpoint": False,
            **fields,
        }
        api = RestApi(self, self.new_id("rest", name), self.now(), members, policy)
        self.rest_apis[api.id] = api
        self.changed("CreateRestApi", {"createRestApiInput": {"name": name}}, {"id": api.id})
        return api

    def http_api(self, name: str, **fields: object) -> V2Api:
        """Add an HTTP API; `fields` are further members of the `Api` shape."""
        return self._v2_api(name, "HTTP", "$request.method $request.path", fields)

    def websocket_api(self, name: str, **fields: object) -> V2Api:
        """Add a WebSocket API; `fields` are further members of the `Api` shape."""
        return self._v2_api(name, "WEBSOCKET", "$request.body.action", fields)

    def find_rest(self, name: str) -> RestApi:
        """Give the REST API of a name."""
        return next(api for api in self.rest_apis.values() if api.name == name)

    def find_v2(self, name: str) -> V2Api:
        """Give the HTTP or WebSocket API of a name."""
        return next(api for api in self.v2_apis.values() if api.name == name)

    def domain(
        self,
        name: str,
        *,
        endpoint: str = "REGIONAL",
        security_policy: str = "TLS_1_2",
        policy: Fields | None = None,
        **fields: object,
    ) -> Domain:
        """Add a custom domain name; `fields` are further members of the v1 shape."""
        members = new_domain_fields(self.name, name, endpoint, security_policy) | fields
        self.domains[name] = Domain(self, members, policy)
        self.changed("CreateDomainName", {"createDomainNameInput": {"domainName": name}})
        return self.domains[name]

    def associate(self, domain: Domain, vpc_endpoint: str, **fields: object) -> Self:
        """Let a VPC endpoint reach a private domain name."""
        key = identifier(domain.name, vpc_endpoint)
        arn = f"arn:aws:apigateway:{self.name}:{self.account.id}:/domainnameaccessassociations"
        self.access_associations.append(
            {
                "domainNameAccessAssociationArn": f"{arn}/domainname/{domain.name}/vpcesource/{key}",
                "domainNameArn": domain.fields["domainNameArn"],
                "accessAssociationSourceType": "VPCE",
                "accessAssociationSource": vpc_endpoint,
                **fields,
            }
        )
        return self

    def api_key(self, name: str, value: str = "", **fields: object) -> str:
        """Add an API key and give its id."""
        key = self.new_id("key", name)
        self.api_keys[key] = {
            "id": key,
            "name": name,
            "value": value or identifier(key, "value", length=40),
            "enabled": True,
            "createdDate": self.now(),
            "stageKeys": [],
            **fields,
        }
        return key

    def usage_plan(
        self,
        name: str,
        *stages: tuple[RestApi, str],
        keys: Sequence[str] = (),
        **fields: object,
    ) -> str:
        """Add a usage plan over stages of REST APIs and give its id.

        Args:
            name: Display name.
            *stages: Pairs of an API and a stage name.
            keys: Ids of API keys that the plan lets in.
            **fields: Further members, for instance `throttle` and `quota`.
        """
        key = self.new_id("plan", name)
        api_stages = [{"apiId": api.id, "stage": stage} for api, stage in stages]
        self.usage_plans[key] = {"id": key, "name": name, "apiStages": api_stages, **fields}
        self.usage_plan_keys[key] = list(keys)
        self.changed("CreateUsagePlan", {"createUsagePlanInput": {"name": name}}, {"id": key})
        return key

    def vpc_link(self, name: str, *target_arns: str, **fields: object) -> str:
        """Add a VPC link for REST APIs (to network load balancers) and give its id."""
        key = self.new_id("link", name)
        targets = list(target_arns)
        members = {"id": key, "name": name, "targetArns": targets, "status": "AVAILABLE"}
        self.vpc_links[key] = members | fields
        return key

    def v2_vpc_link(self, name: str, *subnets: str, **fields: object) -> str:
        """Add a VPC link for HTTP APIs and give its id."""
        key = self.new_id("link2", name)
        self.v2_vpc_links[key] = {
            "VpcLinkId": key,
            "Name": name,
            "SubnetIds": list(subnets),
            "SecurityGroupIds": [],
            "CreatedDate": self.now(),
            "VpcLinkStatus": "AVAILABLE",
            "VpcLinkVersion": "V2",
            "Tags": {},
            **fields,
        }
        return key

    def client_certificate(self, description: str, life: timedelta = _CERTIFICATE_LIFE) -> str:
        """Add a client certificate, which a gateway shows to backends, and give its id."""
        key, now = self.new_id("certificate", description), self.now()
        self.client_certificates[key] = {
            "clientCertificateId": key,
            "description": description,
            "createdDate": now,
            "expirationDate": now + life,
        }
        return key

    def load(self, api: RestApi | V2Api, stage: str, load: Load) -> Self:
        """Let callers ask something of a stage from now on."""
        self.loads[api.id, stage] = load
        return self

    def deny(self, operation: str, *, scp: bool = False) -> Self:
        """Forbid an operation here, for instance `apigateway:GetRestApis`."""
        self.denials[operation] = scp
        return self

    def allow(self, operation: str) -> Self:
        """Take a denial back."""
        self.denials.pop(operation, None)
        return self

    def _v2_api(self, name: str, protocol: str, selection: str, fields: Fields) -> V2Api:
        key = self.new_id(protocol, name)
        scheme = "https" if protocol == "HTTP" else "wss"
        members: Fields = {
            "ApiId": key,
            "Name": name,
            "ProtocolType": protocol,
            "RouteSelectionExpression": selection,
            "ApiEndpoint": f"{scheme}://{key}.execute-api.{self.name}.amazonaws.com",
            "ApiKeySelectionExpression": "$request.header.x-api-key",
            "CreatedDate": self.now(),
            "DisableExecuteApiEndpoint": False,
            "IpAddressType": "ipv4",
            "Tags": {},
            **fields,
        }
        self.v2_apis[key] = V2Api(self, key, members)
        self.changed("CreateApi", {"name": name, "protocolType": protocol}, {"apiId": key})
        return self.v2_apis[key]

    def changed(
        self, name: str, asked: Fields, made: Fields | None = None, *, source: str = API_GATEWAY
    ) -> None:
        """Have CloudTrail write down what a builder did, where there was a mark (`Trail.mark`)."""
        self.shelves.of(Trail).changed(name, asked, made, source=source)

    def new_id(self, kind: str, name: str) -> str:
        """Make an id that differs for every thing ever made here, also under the same name."""
        ordinal = self._named[f"{kind} {name}"] = self._named.get(f"{kind} {name}", 0) + 1
        return identifier(self.account.id, self.name, kind, name, ordinal)
