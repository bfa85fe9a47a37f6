"""REST APIs against the emulated AWS: what is recorded, and what is said where it cannot be."""

from __future__ import annotations

import json

import pytest

from apiscape.collectors.aws.apigateway.rest_collector import RestApiCollector
from apiscape.collectors.aws.settings import AwsSettings, TagSettings
from apiscape.collectors.contract import Recorded, Unseen
from apiscape.demo.aws.estate.authorizers import allow_from, cognito, lambda_request
from apiscape.demo.aws.estate.backends import (
    http_backend,
    lambda_backend,
    link_backend,
    mock_backend,
)
from apiscape.demo.aws.estate.region import Region
from apiscape.demo.aws.refusing.faults import Fault
from apiscape.demo.aws.wire.server import AwsServer
from apiscape.model.deployment import Deployment
from apiscape.model.values import UNKNOWN, is_known
from apiscape.settings.schema import Rules
from tests.collectors.aws.desk import ACCOUNT, REGION, Desk, Seen

POOL = "arn:aws:cognito-idp:eu-west-1:111122223333:userpool/x"


def scan(desk: Desk) -> Seen:
    seen = desk.collect(RestApiCollector())
    assert seen.error is None
    assert seen.whole
    assert seen.closes()
    return seen


def security(item: Deployment) -> dict[str, tuple[str, list[str]]]:
    assert is_known(item.operations)
    return {
        f"{one.verb} {one.template}": (
            one.security.requirement,
            [scheme.kind for scheme in one.security.schemes],
        )
        for one in item.operations
    }


def test_stages_of_one_deployment_share_one_export_and_have_their_own_addresses(
    server: AwsServer, west: Region, desk: Desk
) -> None:
    api = west.rest_api("payments", tags={"Owner": "Team Pay"}).method("GET", "/x")
    api.deploy("prod", "staging")
    seen = scan(desk)
    prod, staging = seen.one("payments", "prod"), seen.one("payments", "staging")
    assert prod.native_api_id == staging.native_api_id
    assert prod.uid != staging.uid
    assert prod.native_id == f"aws:{ACCOUNT}:{REGION}:apigateway:{api.id}/prod"
    host = f"https://{api.id}.execute-api.eu-west-1.amazonaws.com"
    assert [endpoint.url for endpoint in prod.endpoints] == [f"{host}/prod"]
    assert [endpoint.url for endpoint in staging.endpoints] == [f"{host}/staging"]
    assert prod.endpoints[0].generated_host
    assert (prod.environment, staging.environment) == ("production", "staging")
    assert prod.specs[0].contract_sha256 == staging.specs[0].contract_sha256
    assert seen.recorded[api.id].documents.keys() == {prod.specs[0].contract_sha256}
    assert server.calls.by_operation() == {
        "apigateway:GetRestApis": 1,
        "apigateway:GetStages": 1,
        "apigateway:GetExport": 1,
    }


def test_security_is_read_per_operation_from_what_is_attached(
    server: AwsServer, west: Region, desk: Desk
) -> None:
    (
        west.rest_api("claims")
        .authorizer("citizens", cognito(POOL))
        .authorizer("unused", lambda_request(ACCOUNT, REGION, "check"))
        .method("GET", "/a", auth="citizens", authorizationScopes=["read"])
        .method("POST", "/a", auth="AWS_IAM", api_key=True)
        .method("GET", "/key", api_key=True)
        .method("ANY", "/open")
        .method("OPTIONS", "/a", backend=mock_backend())
        .deploy("prod")
    )
    item = scan(desk).one("claims")
    assert security(item) == {
        "GET /a": ("required", ["jwt"]),
        "POST /a": ("required", ["iam", "api_key"]),
        "GET /key": ("required", ["api_key"]),
        "ANY /open": ("none", []),
        "OPTIONS /a": ("none", []),
    }
    by_name = {f"{one.verb} {one.template}": one for one in item.operations}
    scheme = by_name["GET /a"].security.schemes[0]
    assert (scheme.issuer, scheme.scopes, scheme.native_id) == (POOL, ("read",), "citizens")
    assert scheme.location == "header:Authorization"
    assert by_name["OPTIONS /a"].preflight
    assert item.protections.cors == "enabled"


def test_backends_carry_no_userinfo_and_no_query(
    server: AwsServer, west: Region, desk: Desk
) -> None:
    (
        west.rest_api("backs")
        .method("GET", "/l", backend=lambda_backend("orders"))
        .method("GET", "/h", backend=http_backend("https://user:pw@back.example/p?key=1"))
        .method("GET", "/v", backend=link_backend("vpc1", "http://inner.example/v"))
        .method("GET", "/m", backend=mock_backend())
        .deploy("prod")
    )
    backends = {one.kind + (one.via or ""): one.address for one in scan(desk).one("backs").backends}
    assert backends == {
        "lambda": "arn:aws:lambda:eu-west-1:111122223333:function:orders",
        "http": "https://back.example/p",
        "httpvpc1": "http://inner.example/v",
        "mock": None,
    }


def test_an_api_without_a_stage_is_a_deployment_that_nobody_can_call(
    server: AwsServer, west: Region, desk: Desk
) -> None:
    api = west.rest_api("draft").method("GET", "/x", auth="AWS_IAM")
    item = scan(desk).one("draft")
    assert item.native_id.endswith(f"{api.id}/-")
    assert (item.stage, item.status) == ("-", "inactive")
    assert item.endpoints == ()
    assert item.specs == ()
    assert security(item) == {"GET /x": ("required", ["iam"])}
    assert item.operations[0].security.evidence == "working copy (not deployed): AWS_IAM"
    assert server.calls.count("apigateway:GetResources") == 1
    assert server.calls.count("apigateway:GetExport") == 0


def test_what_is_deployed_is_recorded_and_not_what_is_being_edited(
    server: AwsServer, west: Region, desk: Desk
) -> None:
    api = west.rest_api("live").method("GET", "/x", auth="AWS_IAM").deploy("prod")
    api.method("GET", "/x").method("GET", "/new")
    assert security(scan(desk).one("live")) == {"GET /x": ("required", ["iam"])}


def test_a_refused_export_falls_back_to_the_working_copy_and_says_so(
    server: AwsServer, west: Region, desk: Desk
) -> None:
    api = west.rest_api("odd").method("GET", "/x", auth="AWS_IAM").deploy("prod", "test")
    api.export_refusal = "Only found non-JSON body models"
    seen = scan(desk)
    item = seen.one("odd", "prod")
    assert security(item) == {"GET /x": ("required", ["iam"])}
    assert item.operations[0].security.evidence == "working copy (export refused): AWS_IAM"
    assert item.specs[0].not_kept == (
        "apigateway:GetExport in eu-west-1 was refused (BadRequestException)"
    )
    refused = [(f"contract of stage {name}", "unsupported") for name in ("prod", "test")]
    assert sorted(seen.unseen) == refused
    assert server.calls.count("apigateway:GetResources") == 1
    server.calls.clear()
    again = desk.collect(RestApiCollector(), known=seen.known())
    assert len(again.unchanged) == 2
    assert sorted(again.unseen) == refused, "it is said at every visit, and asked for no more"
    assert server.calls.by_operation() == {
        "apigateway:GetRestApis": 1,
        "apigateway:GetStages": 1,
    }


def test_an_export_of_ten_megabytes_is_read_and_known_by_its_hashes_without_being_kept(
    server: AwsServer, west: Region, desk: Desk
) -> None:
    api = west.rest_api("vast").method("GET", "/x", auth="AWS_IAM")
    named = {f"member{number:04}" * 8: {"type": "string"} for number in range(1000)}
    schema = json.dumps({"type": "object", "properties": named})
    for number in range(1 + 10_500_000 // len(schema)):
        api.model(f"Model{number}", schema)
    api.deploy("prod")
    west.rest_api("small").method("GET", "/x").deploy("prod")
    seen = scan(desk)
    item = seen.one("vast", "prod")
    assert security(item) == {"GET /x": ("required", ["iam"])}
    assert is_known(item.specs)
    (spec,) = item.specs
    small = seen.one("small").specs
    assert is_known(small)
    assert spec.size_bytes > 10_000_000
    assert spec.not_kept == "larger than 5000000 bytes"
    assert len(spec.contract_sha256 or "") == 64
    again = desk.collect(RestApiCollector(), known=seen.known())
    assert len(again.unchanged) == 2
    assert seen.unseen == again.unseen == [("contract of stage prod", "unsupported")]
    kept = {digest for said in seen.of(Recorded) for digest in said.documents}
    assert kept == {small[0].contract_sha256}
    assert server.calls.count("apigateway:GetResources") == 0


def test_a_denied_export_is_a_gap_and_the_working_copy_stands_in(
    server: AwsServer, west: Region, desk: Desk
) -> None:
    west.rest_api("kept").method("GET", "/x").deploy("prod")
    west.deny("apigateway:GetExport")
    seen = scan(desk)
    assert seen.unseen == [("contract of stage prod", "access_denied")]
    item = seen.one("kept")
    assert item.specs is UNKNOWN
    assert security(item) == {"GET /x": ("none", [])}


def test_without_any_right_to_the_detail_it_stays_unknown_and_the_api_is_recorded(
    server: AwsServer, west: Region, desk: Desk
) -> None:
    west.rest_api("kept").method("GET", "/x").deploy("prod")
    west.rest_api("draft").method("GET", "/x")
    west.deny("apigateway:GetExport").deny("apigateway:GetResources")
    seen = scan(desk)
    assert sorted(seen.unseen) == [
        ("contract of stage prod", "access_denied"),
        ("operations", "access_denied"),
        ("operations", "access_denied"),
    ]
    assert seen.one("kept").operations is UNKNOWN
    assert seen.one("kept").protections.request_validation == "unknown"
    assert seen.one("draft").operations is UNKNOWN
    assert all(not one.tokens for one in seen.recorded.values())


def test_denied_stages_fail_the_api_and_name_the_permission(
    server: AwsServer, west: Region, desk: Desk
) -> None:
    api = west.rest_api("kept").deploy("prod")
    west.deny("apigateway:GetStages")
    seen = scan(desk)
    assert seen.failed[api.id].kind == "access_denied"
    assert seen.failed[api.id].permission == "apigateway:GET on /restapis/*/stages"


def test_one_failed_api_leaves_the_others(server: AwsServer, west: Region, desk: Desk) -> None:
    bad = west.rest_api("bad").deploy("prod")
    for number in range(4):
        west.rest_api(f"good-{number}").deploy("prod")
    server.inject(Fault(kind="deny", operation="GetStages", resource=bad.id))
    seen = scan(desk)
    assert set(seen.failed) == {bad.id}
    assert len(seen.recorded) == 4


def test_an_api_deleted_meanwhile_is_failed_as_gone(
    server: AwsServer, west: Region, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    api = west.rest_api("going").deploy("prod")
    listed = desk.provider.session

    def delete_after_listing(*given: object) -> object:
        session = listed(*given)  # type: ignore[arg-type]
        call = session.call

        def and_delete(operation: str, *rest: object) -> object:
            answer = call(operation, *rest)  # type: ignore[arg-type]
            if operation == "apigateway:GetRestApis":
                api.delete()
            return answer

        monkeypatch.setattr(session, "call", and_delete)
        return session

    monkeypatch.setattr(desk.provider, "session", delete_after_listing)
    assert scan(desk).failed[api.id].kind == "gone"


def test_an_unchanged_stage_costs_no_detail_and_keeps_what_it_taught(
    server: AwsServer, west: Region, desk: Desk
) -> None:
    api = west.rest_api("steady").method("OPTIONS", "/x", backend=mock_backend())
    api.deploy("prod", "test")
    first = scan(desk)
    api.edit(tags={"owner": "Team New"})
    again = desk.collect(RestApiCollector(), known=first.known())
    assert again.closes()
    assert again.entities == []
    assert [item.operations for item in again.unchanged] == [UNKNOWN, UNKNOWN]
    steady = again.one("steady", "prod")
    assert steady.owners[0].name == "Team New"
    assert steady.protections == first.one("steady", "prod").protections
    assert server.calls.count("apigateway:GetExport") == 1


def test_only_the_stage_that_moved_is_exported_again(
    server: AwsServer, west: Region, desk: Desk
) -> None:
    api = west.rest_api("moving").method("GET", "/x").deploy("prod", "test")
    first = scan(desk)
    api.method("GET", "/y").deploy("test")
    again = desk.collect(RestApiCollector(), known=first.known())
    assert [item.stage for item in again.unchanged] == ["prod"]
    assert [item.stage for item in again.entities] == ["test"]
    assert len(again.one("moving", "test").operations) == 2


def test_a_first_stage_replaces_the_deployment_without_one(
    server: AwsServer, west: Region, desk: Desk
) -> None:
    api = west.rest_api("new").method("GET", "/x")
    first = scan(desk)
    api.deploy("prod")
    again = desk.collect(RestApiCollector(), known=first.known())
    assert [(item.stage, item.status) for item in again.entities] == [("prod", "active")]


@pytest.mark.parametrize(
    ("endpoint", "exposure"),
    [("REGIONAL", "internet"), ("EDGE", "internet"), ("PRIVATE", "private")],
)
def test_exposure_follows_the_endpoint_type_with_the_policy_as_evidence(
    server: AwsServer, west: Region, desk: Desk, endpoint: str, exposure: str
) -> None:
    policy = allow_from({"IpAddress": {"aws:SourceIp": ["10.0.0.0/8"]}})
    west.rest_api("seen", endpoint=endpoint, policy=policy).deploy("prod")
    item = scan(desk).one("seen")
    assert item.exposure == exposure
    assert item.exposure_evidence == (
        f"endpoint type {endpoint}; resource policy allows anyone if IpAddress aws:SourceIp (1)"
    )


def test_a_private_api_also_answers_per_vpc_endpoint(
    server: AwsServer, west: Region, desk: Desk
) -> None:
    configuration = {"types": ["PRIVATE"], "vpcEndpointIds": ["vpce-1"]}
    api = west.rest_api("inner", endpoint="PRIVATE", endpointConfiguration=configuration)
    api.deploy("prod")
    urls = [endpoint.url for endpoint in scan(desk).one("inner").endpoints]
    suffix = "execute-api.eu-west-1.amazonaws.com/prod"
    assert urls == [f"https://{api.id}.{suffix}", f"https://{api.id}-vpce-1.{suffix}"]


def test_a_disabled_generated_address_is_said_to_be(
    server: AwsServer, west: Region, desk: Desk
) -> None:
    west.rest_api("off", disableExecuteApiEndpoint=True).deploy("prod")
    assert scan(desk).one("off").endpoints[0].enabled is False


def test_protections_come_from_the_stage(server: AwsServer, west: Region, desk: Desk) -> None:
    west.rest_api("kept").method("POST", "/x", requestValidatorId="v").deploy(
        "prod",
        webAclArn="arn:aws:wafv2:eu-west-1:111122223333:regional/webacl/x/y",
        tracingEnabled=True,
        methodSettings={"*/*": {"throttlingRateLimit": 100.0, "throttlingBurstLimit": 10}},
        accessLogSettings={"destinationArn": "arn:aws:logs:x", "format": "$context.requestId"},
    )
    west.rest_api("bare").deploy("prod", methodSettings={"*/*": {"throttlingRateLimit": -1.0}})
    seen = scan(desk)
    kept, bare = seen.one("kept").protections, seen.one("bare").protections
    assert (kept.rate_limit, kept.waf, kept.access_log, kept.tracing) == ("enabled",) * 4
    assert (bare.rate_limit, bare.waf, bare.access_log, bare.tracing) == ("disabled",) * 4
    assert kept.mtls == "disabled"


def test_an_operation_has_the_limit_of_its_method_else_that_of_the_stage(
    server: AwsServer, west: Region, desk: Desk
) -> None:
    api = west.rest_api("pay").method("GET", "/x").method("POST", "/x/{id}").method("GET", "/")
    settings = {
        "*/*": {"throttlingRateLimit": 100.0, "throttlingBurstLimit": 200},
        "x/{id}/POST": {"throttlingRateLimit": 5.0, "throttlingBurstLimit": -1},
        "~1/GET": {"throttlingRateLimit": -1.0},
    }
    api.deploy("prod", "test", methodSettings=settings)
    first = scan(desk)
    item = first.one("pay", "prod")
    told = {f"{each.verb} {each.template}": each for each in item.operations}
    assert {key: each.match for key, each in told.items()} == {
        "GET /x": "exact",
        "POST /x/{id}": "template",
        "GET /": "exact",
    }
    (usual,), (own,) = told["GET /x"].rate_limits, told["POST /x/{id}"].rate_limits
    assert (usual.requests, usual.per_s, usual.burst, usual.by) == (100.0, 1.0, 200.0, ())
    assert (usual.evidence, usual.native_id) == ("methodSettings */*", "stage prod")
    assert (own.requests, own.burst, own.evidence) == (5.0, None, "methodSettings POST /x/{id}")
    assert told["GET /"].rate_limits == ()
    assert item.protections.rate_limit == "partial"
    assert item.endpoints[0].tls_mode == "terminate"
    again = desk.collect(RestApiCollector(), known=first.known())
    assert len(again.unchanged) == 2
    assert again.one("pay", "prod").protections.rate_limit == "partial"


def test_an_api_that_is_not_deployed_has_unknown_limits(
    server: AwsServer, west: Region, desk: Desk
) -> None:
    west.rest_api("idle").method("GET", "/x")
    item = scan(desk).one("idle")
    assert [each.rate_limits for each in item.operations] == [UNKNOWN]
    assert item.protections.rate_limit == "unknown"


def test_a_failed_api_is_failed_in_its_own_words(
    server: AwsServer, west: Region, desk: Desk
) -> None:
    west.rest_api("sick", apiStatus="FAILED", apiStatusMessage="endpoint not reachable").deploy("p")
    west.rest_api("busy", apiStatus="UPDATING").deploy("p")
    seen = scan(desk)
    sick, busy = seen.one("sick"), seen.one("busy")
    assert (sick.status, sick.status_reason) == ("failed", "endpoint not reachable")
    assert (busy.status, busy.status_reason) == ("active", "API status UPDATING")


def test_the_sources_rules_skip_before_any_detail_is_asked_for(
    server: AwsServer, west: Region
) -> None:
    left = west.rest_api("tmp-1").deploy("prod")
    west.rest_api("kept").deploy("prod")
    desk = Desk(exclude=Rules(names=("tmp-*",)))
    seen = scan(desk)
    assert seen.skipped == {left.id: "excluded by the source"}
    assert server.calls.count("apigateway:GetStages") == 1
    desk.close()


def test_tag_keys_can_be_chosen(server: AwsServer, west: Region) -> None:
    west.rest_api("mine", tags={"cost-centre": "42", "Squad": "Blue", "owner": "nobody"}).deploy(
        "a"
    )
    desk = Desk(AwsSettings(tags=TagSettings(owner=("squad",))))
    assert [owner.name for owner in scan(desk).one("mine").owners] == ["Blue"]
    desk.close()


def test_every_page_is_read_and_no_listing_ends_early(
    server: AwsServer, west: Region, desk: Desk
) -> None:
    for number in range(501):
        west.rest_api(f"api-{number}")
    west.deny("apigateway:GetStages")
    seen = scan(desk)
    assert len(seen.listed) == 501
    assert server.calls.count("apigateway:GetRestApis") == 2


def test_a_policy_that_cannot_be_read_is_a_gap(server: AwsServer, west: Region, desk: Desk) -> None:
    west.rest_api("odd").edit(policy="{broken").deploy("prod")
    seen = scan(desk)
    assert seen.unseen == [("resource policy", "malformed")]
    (gap,) = seen.of(Unseen)
    assert gap.lasting, "the next listing brings it anew: nothing has to be asked for it"
    assert "console" in (gap.error.next_step or "")
    assert "cannot be read" in seen.one("odd").exposure_evidence
