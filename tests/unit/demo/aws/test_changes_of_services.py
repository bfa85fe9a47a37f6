"""What listings and details say after a change, what they leave out, and the tags of every kind."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from apiscape.demo.aws.estate.acm import Certificates
from apiscape.demo.aws.estate.agentcore import AgentCore, AgentRegistry
from apiscape.demo.aws.estate.apprunner import AppRunner
from apiscape.demo.aws.estate.appsync import IAM, AppSync
from apiscape.demo.aws.estate.balancers import (
    Balancers,
    cognito_sign_in,
    fixed_response,
    forward,
    redirect_to_https,
)
from apiscape.demo.aws.estate.cloudfront import CloudFront
from apiscape.demo.aws.estate.estate import AwsEstate
from apiscape.demo.aws.estate.functions import Functions, WebFunctions
from apiscape.demo.aws.estate.lattice import Lattice
from apiscape.demo.aws.estate.region import Region
from apiscape.demo.aws.estate.route53 import Route53
from apiscape.demo.aws.wire.server import AwsServer
from tests.unit.demo.aws.sdk import ACCOUNT

Tags = dict[str, str]
OWNER = {"owner": "Team Money", "environment": "prod"}


@pytest.fixture
def front(estate: AwsEstate) -> CloudFront:
    return estate.account(ACCOUNT).shelves.of(CloudFront)


# ── Tags ─────────────────────────────────────────────────────────────────────


def balancer_tags(region: Region, client: Any, tags: Tags) -> Tags:
    arn = region.shelves.of(Balancers).application("edge", tags=tags).arn
    (told,) = client.describe_tags(ResourceArns=[arn])["TagDescriptions"]
    return {each["Key"]: each["Value"] for each in told["Tags"]}


def runner_tags(region: Region, client: Any, tags: Tags) -> Tags:
    arn = region.shelves.of(AppRunner).add("form", tags).arn
    told = client.list_tags_for_resource(ResourceArn=arn)["Tags"]
    return {each["Key"]: each["Value"] for each in told}


def function_tags(region: Region, client: Any, tags: Tags) -> Tags:
    arn = region.shelves.of(Functions).add("pay", tags).arn
    return dict(client.list_tags(Resource=arn)["Tags"])


def web_function_tags(region: Region, client: Any, tags: Tags) -> Tags:
    arn = region.shelves.of(WebFunctions).add("site", tags).arn
    return dict(client.list_tags(resource=arn)["tags"])


def mesh_tags(region: Region, client: Any, tags: Tags) -> Tags:
    arn = region.shelves.of(Lattice).service("pay").tag(tags).arn
    return dict(client.list_tags_for_resource(resourceArn=arn)["tags"])


def gateway_tags(region: Region, client: Any, tags: Tags) -> Tags:
    arn = region.shelves.of(AgentCore).gateway("tools", tags=tags).arn
    return dict(client.list_tags_for_resource(resourceArn=arn)["tags"])


def runtime_tags(region: Region, client: Any, tags: Tags) -> Tags:
    arn = region.shelves.of(AgentCore).runtime("helper", tags=tags).arn
    return dict(client.list_tags_for_resource(resourceArn=arn)["tags"])


def graph_tags(region: Region, client: Any, tags: Tags) -> Tags:
    region.shelves.of(AppSync).graphql("claims", tags=tags)
    return dict(client.list_graphql_apis()["graphqlApis"][0]["tags"])


def event_tags(region: Region, client: Any, tags: Tags) -> Tags:
    region.shelves.of(AppSync).event("news", tags=tags)
    return dict(client.list_apis()["apis"][0]["tags"])


@pytest.mark.parametrize("tags", [OWNER, {}, {"a b/c": "<&>\"' ü"}])
@pytest.mark.parametrize(
    ("service", "told"),
    [
        ("elbv2", balancer_tags),
        ("apprunner", runner_tags),
        ("lambda", function_tags),
        ("lambda-web", web_function_tags),
        ("vpc-lattice", mesh_tags),
        ("bedrock-agentcore-control", gateway_tags),
        ("bedrock-agentcore-control", runtime_tags),
        ("appsync", graph_tags),
        ("appsync", event_tags),
    ],
)
def test_tags_are_told_as_they_were_written(
    server: AwsServer,
    region: Region,
    service: str,
    told: Callable[[Region, Any, Tags], Tags],
    tags: Tags,
) -> None:
    assert told(region, server.client(service, ACCOUNT), dict(tags)) == tags


def test_tags_are_asked_for_apart_where_the_listing_has_none(
    server: AwsServer, region: Region
) -> None:
    region.shelves.of(Balancers).application("edge", tags=OWNER)
    region.shelves.of(AppRunner).add("form", OWNER)
    region.shelves.of(Functions).add("pay", OWNER)
    region.shelves.of(Lattice).service("pay").tag(OWNER)
    region.shelves.of(AgentCore).gateway("tools", tags=OWNER)
    for service, operation in (
        ("elbv2", "describe_load_balancers"),
        ("apprunner", "list_services"),
        ("lambda", "list_functions"),
        ("vpc-lattice", "list_services"),
        ("bedrock-agentcore-control", "list_gateways"),
    ):
        answer = getattr(server.client(service, ACCOUNT), operation)()
        assert "Team Money" not in repr(answer)


# ── After a change ───────────────────────────────────────────────────────────


def test_an_app_runner_service_that_was_paused_says_so_in_both_places(
    server: AwsServer, region: Region
) -> None:
    client = server.client("apprunner", ACCOUNT)
    form = region.shelves.of(AppRunner).add("form", public=False)
    (before,) = client.list_services()["ServiceSummaryList"]
    form.edit(Status="PAUSED")
    (after,) = client.list_services()["ServiceSummaryList"]
    whole = client.describe_service(ServiceArn=form.arn)["Service"]
    assert (before["Status"], after["Status"], whole["Status"]) == ("RUNNING", "PAUSED", "PAUSED")
    assert before["UpdatedAt"] < after["UpdatedAt"] == whole["UpdatedAt"]
    assert before["CreatedAt"] == after["CreatedAt"]
    ingress = whole["NetworkConfiguration"]["IngressConfiguration"]
    assert ingress == {"IsPubliclyAccessible": False}


def test_a_web_function_s_endpoint_changes_alone(server: AwsServer, region: Region) -> None:
    client = server.client("lambda-web", ACCOUNT)
    site = region.shelves.of(WebFunctions).add("site").endpoint("main").endpoint("beta")
    site.edit_endpoint("beta", state="Deleting")
    main, beta = client.list_web_function_endpoints(functionName=site.arn)["endpoints"]
    assert (main["state"], beta["state"]) == ("Active", "Deleting")
    assert beta["updatedAt"] > main["updatedAt"]
    assert beta["createdAt"] < beta["updatedAt"]
    assert main["domainName"] != beta["domainName"]


def test_a_runtime_is_listed_by_its_newest_version_and_endpoints_stay_where_they_are(
    server: AwsServer, region: Region
) -> None:
    client = server.client("bedrock-agentcore-control", ACCOUNT)
    runtime = region.shelves.of(AgentCore).runtime("helper").endpoint("pinned", "1")
    runtime.release(status="UPDATE_FAILED").release(status="READY")
    key = runtime.fields["agentRuntimeId"]
    (listed,) = client.list_agent_runtimes()["agentRuntimes"]
    assert (listed["agentRuntimeVersion"], listed["status"]) == ("3", "READY")
    versions = {
        version: client.get_agent_runtime(agentRuntimeId=key, agentRuntimeVersion=version)
        for version in ("1", "2", "3")
    }
    assert [each["status"] for each in versions.values()] == ["READY", "UPDATE_FAILED", "READY"]
    assert len({each["createdAt"] for each in versions.values()}) == 1
    found = client.list_agent_runtime_endpoints(agentRuntimeId=key)["runtimeEndpoints"]
    assert {each["name"]: each["liveVersion"] for each in found} == {"DEFAULT": "3", "pinned": "1"}


def test_a_record_that_nobody_approved_is_listed_with_its_status(
    server: AwsServer, region: Region
) -> None:
    client = server.client("agent-registry-control", ACCOUNT)
    registry = region.shelves.of(AgentRegistry).add("agents")
    registry.record("draft", "MCP", status="DRAFT").record("tools", "GATEWAY", "arn:a", "arn:b")
    key = registry.fields["registryId"]
    draft, tools = client.list_registry_records(registryId=key)["registryRecords"]
    assert (draft["status"], draft["createdByAutoDetection"]) == ("DRAFT", False)
    assert draft["provenanceSummaryList"] == []
    assert [each["sourceId"] for each in tools["provenanceSummaryList"]] == ["arn:a", "arn:b"]
    assert {each["relation"] for each in tools["provenanceSummaryList"]} == {"DETECTED_FROM"}


def test_the_last_url_of_a_function_may_go_and_its_policy_stays(
    server: AwsServer, region: Region
) -> None:
    client = server.client("lambda", ACCOUNT)
    pay = region.shelves.of(Functions).add("pay").url("NONE", alias="live", open_to="*")
    pay.allow("events.amazonaws.com", alias="live", action="lambda:InvokeFunction", effect="Deny")
    pay.drop_url("live")
    assert client.list_function_url_configs(FunctionName="pay")["FunctionUrlConfigs"] == []
    answer = client.get_policy(FunctionName=pay.arn, Qualifier="live")
    first, second = json.loads(answer["Policy"])["Statement"]
    assert first["Resource"] == second["Resource"] == f"{pay.arn}:live"
    assert (first["Sid"], second["Sid"], second["Effect"]) == ("statement-0", "statement-1", "Deny")
    assert "Condition" not in second
    (listed,) = client.list_functions()["Functions"]
    assert answer["RevisionId"] == listed["RevisionId"]


def test_a_graph_that_was_closed_to_the_public_says_so(server: AwsServer, region: Region) -> None:
    client = server.client("appsync", ACCOUNT)
    held = region.shelves.of(AppSync)
    claims = held.graphql("claims", auth=IAM)
    claims.edit(visibility="PRIVATE", introspectionConfig="DISABLED")
    held.domain("api.example", claims)
    (listed,) = client.list_graphql_apis()["graphqlApis"]
    assert (listed["visibility"], listed["introspectionConfig"]) == ("PRIVATE", "DISABLED")
    held.associations["api.example"]["associationStatus"] = "FAILED"
    association = client.get_api_association(domainName="api.example")["apiAssociation"]
    assert association["associationStatus"] == "FAILED"


def test_a_load_balancer_that_failed_and_one_inside_are_listed_as_they_are(
    server: AwsServer, region: Region
) -> None:
    client = server.client("elbv2", ACCOUNT)
    shelf = region.shelves.of(Balancers)
    shelf.application("edge").edit(State={"Code": "failed", "Reason": "no subnet"})
    shelf.application("inside", internal=True)
    edge, inside = client.describe_load_balancers()["LoadBalancers"]
    assert edge["State"] == {"Code": "failed", "Reason": "no subnet"}
    assert (edge["Scheme"], inside["Scheme"]) == ("internet-facing", "internal")
    assert not edge["DNSName"].startswith("internal-")
    assert inside["DNSName"].startswith("internal-")


def test_actions_say_where_they_send_and_whom_they_ask(server: AwsServer, region: Region) -> None:
    client = server.client("elbv2", ACCOUNT)
    shelf = region.shelves.of(Balancers)
    first, second = shelf.target_group("one"), shelf.target_group("two", ProtocolVersion="GRPC")
    balancer = shelf.application("edge")
    balancer.listener(80, "HTTP", to=[redirect_to_https()])
    listener = balancer.listener(to=[fixed_response(503)])
    listener.rule(to=[cognito_sign_in("arn:pool", "deny"), forward(first, second, weights=[9, 1])])
    listener.rule(to=[forward(first)])
    weighed, plain, default = client.describe_rules(ListenerArn=listener.arn)["Rules"]
    sign_in, sent = weighed["Actions"]
    assert sign_in["AuthenticateCognitoConfig"]["OnUnauthenticatedRequest"] == "deny"
    shares = [each["Weight"] for each in sent["ForwardConfig"]["TargetGroups"]]
    assert (shares, "TargetGroupArn" in sent) == ([9, 1], False)
    assert plain["Actions"][0]["TargetGroupArn"] == first
    assert default["Actions"][0]["FixedResponseConfig"]["StatusCode"] == "503"
    redirected, _ = client.describe_listeners(LoadBalancerArn=balancer.arn)["Listeners"]
    assert redirected["DefaultActions"][0]["RedirectConfig"]["StatusCode"] == "HTTP_301"
    groups = client.describe_target_groups()["TargetGroups"]
    assert [each["ProtocolVersion"] for each in groups] == ["HTTP1", "GRPC"]
    assert client.describe_target_health(TargetGroupArn=second)["TargetHealthDescriptions"] == []


def test_a_distribution_that_was_edited_keeps_the_behaviours_that_it_has(
    server: AwsServer, front: CloudFront
) -> None:
    made = front.distribution("cdn.example").origin("api", "one.example").origin("b", "b.example")
    made.behave("/a/*", "api").behave("/b/*", "b", "https-only").mutual_tls("optional")
    made.by_default("b", "allow-all").edit(Enabled=False, Staging=True, WebACLId="arn:firewall")
    answer = server.client("cloudfront", ACCOUNT).list_distributions()["DistributionList"]
    assert (answer["Quantity"], answer["IsTruncated"], answer["MaxItems"]) == (1, False, 100)
    (found,) = answer["Items"]
    assert (found["Enabled"], found["Staging"], found["WebACLId"]) == (False, True, "arn:firewall")
    behaviours = found["CacheBehaviors"]
    assert behaviours["Quantity"] == 2
    assert [each["PathPattern"] for each in behaviours["Items"]] == ["/a/*", "/b/*"]
    assert found["DefaultCacheBehavior"]["ViewerProtocolPolicy"] == "allow-all"
    assert found["ViewerMtlsConfig"]["Mode"] == "optional"
    assert found["ViewerCertificate"]["CertificateSource"] == "acm"


def test_records_are_listed_by_the_labels_of_their_names_from_the_last(
    server: AwsServer, estate: AwsEstate
) -> None:
    zone = estate.account(ACCOUNT).shelves.of(Route53).zone("tax.example")
    for host in ("b.a.tax.example", "z.tax.example", "a.tax.example", "a.b.tax.example"):
        zone.record(host, "CNAME", "elsewhere.example")
    client = server.client("route53", ACCOUNT)
    found = client.list_resource_record_sets(HostedZoneId=zone.id)
    names = [each["Name"] for each in found["ResourceRecordSets"] if each["Type"] == "CNAME"]
    assert names == [
        "a.tax.example.",
        "b.a.tax.example.",
        "a.b.tax.example.",
        "z.tax.example.",
    ]
    assert found["IsTruncated"] is False
    (listed,) = client.list_hosted_zones()["HostedZones"]
    assert listed["ResourceRecordSetCount"] == 6


def test_a_certificate_that_ended_is_still_listed(server: AwsServer, region: Region) -> None:
    held = region.shelves.of(Certificates)
    held.certificate("old.example", life=-timedelta(days=1), Status="EXPIRED", InUse=False)
    held.certificate("new.example", "www.new.example")
    answer = server.client("acm", ACCOUNT).list_certificates()
    old, new = answer["CertificateSummaryList"]
    assert (old["Status"], old["InUse"]) == ("EXPIRED", False)
    assert old["NotAfter"] < old["NotBefore"] < new["NotAfter"]
    assert new["SubjectAlternativeNameSummaries"] == ["new.example", "www.new.example"]
