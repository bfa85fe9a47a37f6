"""Listings of every emulated service by the SDK's own paginators: to the end, at the documented size."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import jmespath
import msgspec
import pytest
from botocore import xform_name
from botocore.exceptions import ClientError

from apiscape.demo.aws.answers.paging import find_paging, token
from apiscape.demo.aws.estate.acm import Certificates
from apiscape.demo.aws.estate.agentcore import AgentCore, AgentRegistry
from apiscape.demo.aws.estate.apprunner import AppRunner
from apiscape.demo.aws.estate.appsync import AppSync
from apiscape.demo.aws.estate.balancers import Balancers, fixed_response, when
from apiscape.demo.aws.estate.cloudfront import CloudFront
from apiscape.demo.aws.estate.functions import Functions, WebFunctions
from apiscape.demo.aws.estate.lattice import Lattice, answer, http_match
from apiscape.demo.aws.estate.portals import Portals
from apiscape.demo.aws.estate.region import Region
from apiscape.demo.aws.estate.route53 import Route53
from apiscape.demo.aws.wire.server import AwsServer
from tests.unit.demo.aws.sdk import ACCOUNT, code

Asked = dict[str, Any]


class Listing(msgspec.Struct, frozen=True):
    """A listing, how to fill it, and the pages that it then comes in.

    Attributes:
        item: Expression of what tells its items apart, in an answer.
        fill: Makes so many of them in a region, and gives what the listing is asked with.
        of_its_own: Items that are there besides: a default rule.
    """

    name: str
    size: int
    item: str
    fill: Callable[[Region, int], Asked]
    of_its_own: int = 0

    @property
    def service(self) -> str:
        return self.name.partition(":")[0]

    @property
    def method(self) -> str:
        return str(xform_name(self.name.partition(":")[2]))


def each(make: Callable[[Region, str], object]) -> Callable[[Region, int], Asked]:
    """Fill a listing of a region by names."""

    def fill(region: Region, count: int) -> Asked:
        for number in range(count):
            make(region, f"n{number:03d}")
        return {}

    return fill


def urls(region: Region, count: int) -> Asked:
    function = region.shelves.of(Functions).add("pay")
    for number in range(count):
        function.url(alias=f"a{number}")
    return {"FunctionName": "pay"}


def endpoints_of_a_web_function(region: Region, count: int) -> Asked:
    function = region.shelves.of(WebFunctions).add("site")
    for number in range(count):
        function.endpoint(f"e{number}")
    return {"functionName": "site"}


def custom_domains(region: Region, count: int) -> Asked:
    service = region.shelves.of(AppRunner).add("form")
    for number in range(count):
        service.domain(f"n{number}.example")
    return {"ServiceArn": service.arn}


def namespaces(region: Region, count: int) -> Asked:
    api = region.shelves.of(AppSync).event("news")
    for number in range(count):
        api.namespace(f"n{number}")
    return {"apiId": api.id}


def data_sources(region: Region, count: int) -> Asked:
    api = region.shelves.of(AppSync).graphql("claims")
    for number in range(count):
        api.data_source(f"n{number}")
    return {"apiId": api.id}


def merged_sources(region: Region, count: int) -> Asked:
    held = region.shelves.of(AppSync)
    merged = held.merged("all")
    for number in range(count):
        merged.merge(held.graphql(f"n{number}"))
    return {"apiId": merged.id}


def targets(region: Region, count: int) -> Asked:
    gateway = region.shelves.of(AgentCore).gateway("tools")
    for number in range(count):
        gateway.tools_of("arn:aws:lambda:eu-west-1:1:function:pay", "refund", name=f"n{number}")
    return {"gatewayIdentifier": gateway.id}


def versions_under_names(region: Region, count: int) -> Asked:
    runtime = region.shelves.of(AgentCore).runtime("helper")
    for number in range(count):
        runtime.endpoint(f"n{number}", "1")
    return {"agentRuntimeId": runtime.fields["agentRuntimeId"]}


def records_of_agents(region: Region, count: int) -> Asked:
    registry = region.shelves.of(AgentRegistry).add("agents")
    for number in range(count):
        registry.record(f"n{number}", "AGENT")
    return {"registryId": registry.fields["registryId"]}


def listeners(region: Region, count: int) -> Asked:
    balancer = region.shelves.of(Balancers).application("edge")
    for number in range(count):
        balancer.listener(1000 + number, "HTTP", to=[fixed_response()])
    return {"LoadBalancerArn": balancer.arn}


def rules(region: Region, count: int) -> Asked:
    balancer = region.shelves.of(Balancers).application("edge")
    listener = balancer.listener(to=[fixed_response()])
    for number in range(count):
        listener.rule(when("path-pattern", f"/{number}"), to=[fixed_response()])
    return {"ListenerArn": listener.arn}


def lattice_rules(region: Region, count: int) -> Asked:
    service = region.shelves.of(Lattice).service("pay").listen()
    for number in range(count):
        service.rule(http_match(f"/{number}"), answer())
    return {"serviceIdentifier": service.id, "listenerIdentifier": next(iter(service.listeners))}


def networks(region: Region, count: int) -> Asked:
    held = region.shelves.of(Lattice)
    service = held.service("pay")
    for number in range(count):
        service.join(held.network(f"n{number}"))
    return {"serviceIdentifier": service.id}


def vpcs(region: Region, count: int) -> Asked:
    network = region.shelves.of(Lattice).network("shared", *(f"vpc-{n}" for n in range(count)))
    return {"serviceNetworkIdentifier": network.id}


def tenants(region: Region, count: int) -> Asked:
    front = region.account.shelves.of(CloudFront)
    shared = front.distribution()
    for number in range(count):
        front.tenant(shared, f"n{number}", f"n{number}.example")
    return {"AssociationFilter": {"DistributionId": shared.id}}


def records_of_names(region: Region, count: int) -> Asked:
    zone = region.account.shelves.of(Route53).zone("tax.example")
    for number in range(count):
        zone.record(f"h{number:03d}.tax.example", "CNAME", "elsewhere.example")
    return {"HostedZoneId": zone.id}


LISTINGS = (
    Listing(
        "acm:ListCertificates",
        1000,
        "CertificateSummaryList[].CertificateArn",
        each(lambda region, name: region.shelves.of(Certificates).certificate(name)),
    ),
    Listing(
        "agent-registry-control:ListRegistries",
        20,
        "registries[].registryId",
        each(lambda region, name: region.shelves.of(AgentRegistry).add(name)),
    ),
    Listing(
        "agent-registry-control:ListRegistryRecords",
        20,
        "registryRecords[].recordId",
        records_of_agents,
    ),
    Listing(
        "apigatewayv2:ListPortals",
        25,
        "Items[].PortalId",
        each(lambda region, name: region.shelves.of(Portals).portal(name)),
    ),
    Listing(
        "apprunner:ListServices",
        20,
        "ServiceSummaryList[].ServiceArn",
        each(lambda region, name: region.shelves.of(AppRunner).add(name)),
    ),
    Listing("apprunner:DescribeCustomDomains", 5, "CustomDomains[].DomainName", custom_domains),
    Listing(
        "appsync:ListApis",
        10,
        "apis[].apiId",
        each(lambda region, name: region.shelves.of(AppSync).event(name)),
    ),
    Listing(
        "appsync:ListDomainNames",
        10,
        "domainNameConfigs[].domainName",
        each(lambda region, name: region.shelves.of(AppSync).domain(f"{name}.example")),
    ),
    Listing(
        "appsync:ListGraphqlApis",
        10,
        "graphqlApis[].apiId",
        each(lambda region, name: region.shelves.of(AppSync).graphql(name)),
    ),
    Listing("appsync:ListChannelNamespaces", 10, "channelNamespaces[].name", namespaces),
    Listing("appsync:ListDataSources", 10, "dataSources[].name", data_sources),
    Listing(
        "appsync:ListSourceApiAssociations",
        10,
        "sourceApiAssociationSummaries[].sourceApiId",
        merged_sources,
    ),
    Listing(
        "bedrock-agentcore-control:ListGateways",
        10,
        "items[].gatewayId",
        each(lambda region, name: region.shelves.of(AgentCore).gateway(name)),
    ),
    Listing(
        "bedrock-agentcore-control:ListAgentRuntimes",
        10,
        "agentRuntimes[].agentRuntimeId",
        each(lambda region, name: region.shelves.of(AgentCore).runtime(name)),
    ),
    Listing("bedrock-agentcore-control:ListGatewayTargets", 10, "items[].targetId", targets),
    Listing(
        "bedrock-agentcore-control:ListAgentRuntimeEndpoints",
        10,
        "runtimeEndpoints[].name",
        versions_under_names,
        of_its_own=1,
    ),
    Listing(
        "cloudfront:ListDistributions",
        100,
        "DistributionList.Items[].Id",
        each(
            lambda region, name: (
                region.account.shelves.of(CloudFront)
                .distribution()
                .origin("api", f"{name}.example")
            )
        ),
    ),
    Listing("cloudfront:ListDistributionTenants", 100, "DistributionTenantList[].Id", tenants),
    Listing(
        "elbv2:DescribeLoadBalancers",
        400,
        "LoadBalancers[].LoadBalancerArn",
        each(lambda region, name: region.shelves.of(Balancers).application(name)),
    ),
    Listing(
        "elbv2:DescribeTargetGroups",
        400,
        "TargetGroups[].TargetGroupArn",
        each(lambda region, name: region.shelves.of(Balancers).target_group(name)),
    ),
    Listing("elbv2:DescribeListeners", 400, "Listeners[].ListenerArn", listeners),
    Listing("elbv2:DescribeRules", 400, "Rules[].Priority", rules, of_its_own=1),
    Listing(
        "lambda:ListFunctions",
        50,
        "Functions[].FunctionName",
        each(lambda region, name: region.shelves.of(Functions).add(name)),
    ),
    Listing("lambda:ListFunctionUrlConfigs", 50, "FunctionUrlConfigs[].FunctionArn", urls),
    Listing(
        "lambda-web:ListWebFunctions",
        50,
        "functions[].functionName",
        each(lambda region, name: region.shelves.of(WebFunctions).add(name)),
    ),
    Listing(
        "lambda-web:ListWebFunctionEndpoints",
        50,
        "endpoints[].endpointName",
        endpoints_of_a_web_function,
    ),
    Listing(
        "route53:ListHostedZones",
        100,
        "HostedZones[].Id",
        each(lambda region, name: region.account.shelves.of(Route53).zone(f"{name}.example")),
    ),
    Listing(
        "route53:ListResourceRecordSets",
        300,
        "ResourceRecordSets[].[Name, Type]",
        records_of_names,
        of_its_own=2,
    ),
    Listing(
        "vpc-lattice:ListServices",
        100,
        "items[].id",
        each(lambda region, name: region.shelves.of(Lattice).service(name)),
    ),
    Listing(
        "vpc-lattice:ListTargetGroups",
        100,
        "items[].id",
        each(lambda region, name: region.shelves.of(Lattice).target_group(name)),
    ),
    Listing("vpc-lattice:ListRules", 100, "items[].id", lattice_rules, of_its_own=1),
    Listing(
        "vpc-lattice:ListServiceNetworkServiceAssociations",
        100,
        "items[].serviceNetworkId",
        networks,
    ),
    Listing("vpc-lattice:ListServiceNetworkVpcAssociations", 100, "items[].vpcId", vpcs),
    Listing(
        "wafv2:ListWebACLs",
        100,
        "WebACLs[].ARN",
        each(lambda region, name: region.shelves.of(Balancers).web_acl(name)),
    ),
)


def pages_of(client: Any, listing: Listing, asked: Asked) -> Iterator[Any]:
    """Read by the SDK's paginator, or by the token as a caller must where the SDK has none."""
    if client.can_paginate(listing.method):
        yield from client.get_paginator(listing.method).paginate(**asked)
        return
    paging = find_paging(listing.name)
    assert paging is not None
    while True:
        page = getattr(client, listing.method)(**asked)
        yield page
        if paging.token_out not in page:
            return
        asked = {**asked, paging.token_in: page[paging.token_out]}


def asked_of(listing: Listing, asked: Asked) -> Asked:
    return {"Scope": "REGIONAL", **asked} if listing.service == "wafv2" else asked


@pytest.mark.parametrize("listing", LISTINGS, ids=lambda listing: listing.name)
def test_a_listing_comes_whole_in_pages_of_its_documented_size(
    server: AwsServer, region: Region, listing: Listing
) -> None:
    asked = asked_of(listing, listing.fill(region, listing.size + 2 - listing.of_its_own))
    client = server.client(listing.service, ACCOUNT)
    pages = [jmespath.search(listing.item, page) for page in pages_of(client, listing, asked)]
    assert [len(page) for page in pages] == [listing.size, 2]
    seen = [str(item) for page in pages for item in page]
    assert len(set(seen)) == listing.size + 2
    assert [call.status for call in server.calls] == [200, 200]


@pytest.mark.parametrize("listing", LISTINGS, ids=lambda listing: listing.name)
def test_a_full_page_alone_has_no_other_behind_it(
    server: AwsServer, region: Region, listing: Listing
) -> None:
    asked = asked_of(listing, listing.fill(region, listing.size - listing.of_its_own))
    client = server.client(listing.service, ACCOUNT)
    (page,) = pages_of(client, listing, asked)
    assert len(jmespath.search(listing.item, page)) == listing.size


@pytest.mark.parametrize(
    "listing",
    [listed for listed in LISTINGS if find_paging(listed.name) is not None],
    ids=lambda listing: listing.name,
)
def test_a_token_of_elsewhere_is_refused_and_one_behind_the_end_gives_nothing(
    server: AwsServer, region: Region, listing: Listing
) -> None:
    asked, paging = asked_of(listing, listing.fill(region, 1)), find_paging(listing.name)
    assert paging is not None
    ask = getattr(server.client(listing.service, ACCOUNT), listing.method)
    with pytest.raises(ClientError) as strange:
        ask(**asked, **{paging.token_in: "bm90LW91cnM="})
    assert code(strange) == paging.error
    behind = ask(**asked, **{paging.token_in: token(listing.size)})
    assert not jmespath.search(listing.item, behind)
    assert paging.token_out not in behind


def test_a_thing_that_goes_between_two_pages_does_not_end_the_listing(
    server: AwsServer, region: Region
) -> None:
    functions = region.shelves.of(Functions)
    for number in range(60):
        functions.add(f"n{number}")
    client = server.client("lambda", ACCOUNT)
    first = client.list_functions()
    del functions.by_name["n0"]
    rest = client.list_functions(Marker=first["NextMarker"])["Functions"]
    assert [item["FunctionName"] for item in rest] == [f"n{number}" for number in range(51, 60)]
