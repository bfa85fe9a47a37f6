"""The emulated App Runner: what each call answers to the real SDK."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from apiscape.demo.aws.estate.apprunner import AppRunner
from apiscape.demo.aws.estate.region import Region
from apiscape.demo.aws.wire.server import AwsServer
from tests.unit.demo.aws.sdk import ACCOUNT, code


@pytest.fixture
def client(server: AwsServer) -> Any:
    return server.client("apprunner", ACCOUNT)


def test_services_are_listed_by_twenty_and_described_with_their_environment(
    client: Any, region: Region
) -> None:
    runner = region.shelves.of(AppRunner)
    for number in range(21):
        runner.add(f"form-{number}", variables={"A": "b"})
    first = client.list_services()
    assert len(first["ServiceSummaryList"]) == 20
    (last,) = client.list_services(NextToken=first["NextToken"])["ServiceSummaryList"]
    described = client.describe_service(ServiceArn=last["ServiceArn"])["Service"]
    image = described["SourceConfiguration"]["ImageRepository"]["ImageConfiguration"]
    assert image["RuntimeEnvironmentVariables"] == {"A": "b"}
    assert "SourceConfiguration" not in last


def test_domains_tags_and_the_firewall_of_a_service(
    client: Any, region: Region, server: AwsServer
) -> None:
    waf = server.client("wafv2", ACCOUNT)
    form = region.shelves.of(AppRunner).add("form", {"owner": "x"}).domain("a.example", "CREATING")
    (domain,) = client.describe_custom_domains(ServiceArn=form.arn)["CustomDomains"]
    assert domain["CertificateValidationRecords"][0]["Status"] == "PENDING_VALIDATION"
    tags = client.list_tags_for_resource(ResourceArn=form.arn)["Tags"]
    assert tags == [{"Key": "owner", "Value": "x"}]
    assert "WebACL" not in waf.get_web_acl_for_resource(ResourceArn=form.arn)
    form.protect("edge")
    assert waf.get_web_acl_for_resource(ResourceArn=form.arn)["WebACL"]["Name"] == "edge"


def test_a_service_that_does_not_exist(client: Any) -> None:
    with pytest.raises(ClientError) as refused:
        client.describe_service(ServiceArn="arn:aws:apprunner:eu-west-1:111122223333:service/x/1")
    assert code(refused) == "ResourceNotFoundException"
