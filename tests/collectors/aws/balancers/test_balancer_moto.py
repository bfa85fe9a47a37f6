"""A second opinion: load balancers as moto has them. It knows no tokens, and answers a secret that AWS keeps."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import botocore.session
import pytest
from moto.server import ThreadedMotoServer

from apiscape.collectors.aws.balancers.collector import ApplicationBalancerCollector
from apiscape.model.codec import encode
from tests.collectors.aws.balancers.street import ISSUER, ONCE, deployments, item, operations
from tests.collectors.aws.desk import REGION, Desk

MOTO_ACCOUNT = "123456789012"
SECRET = "the-secret-of-a-load-balancer"


@pytest.fixture(scope="module")
def moto() -> Iterator[str]:
    server = ThreadedMotoServer("127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def client(moto: str, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("AWS_ENDPOINT_URL", moto)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "nothing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    return botocore.session.Session().create_client


def balancer(client: Any) -> None:
    ec2, elb = client("ec2"), client("elbv2")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnets = [
        ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.0.{n}.0/24", AvailabilityZone=f"{REGION}{zone}")
        for n, zone in enumerate("ab")
    ]
    made = elb.create_load_balancer(
        Name="edge",
        Scheme="internal",
        Subnets=[each["Subnet"]["SubnetId"] for each in subnets],
        Tags=[{"Key": "owner", "Value": "Team Moto"}],
    )["LoadBalancers"][0]["LoadBalancerArn"]
    group = elb.create_target_group(Name="orders", Protocol="HTTP", Port=80, VpcId=vpc)
    arn = group["TargetGroups"][0]["TargetGroupArn"]
    forward = {"Type": "forward", "TargetGroupArn": arn}
    listener = elb.create_listener(
        LoadBalancerArn=made, Protocol="HTTPS", Port=443, DefaultActions=[forward],
        SslPolicy="ELBSecurityPolicy-TLS13-1-2-2021-06",
        Certificates=[{"CertificateArn": _certificate(client)}],
    )["Listeners"][0]["ListenerArn"]  # fmt: skip
    signing_in = {
        "Issuer": ISSUER,
        "AuthorizationEndpoint": f"{ISSUER}/a",
        "TokenEndpoint": f"{ISSUER}/t",
        "UserInfoEndpoint": f"{ISSUER}/u",
        "ClientId": "x",
        "ClientSecret": SECRET,
        "OnUnauthenticatedRequest": "deny",
    }
    elb.create_rule(
        ListenerArn=listener,
        Priority=10,
        Conditions=[
            {"Field": "host-header", "HostHeaderConfig": {"Values": ["shop.example"]}},
            {"Field": "path-pattern", "PathPatternConfig": {"Values": ["/orders/*"]}},
        ],
        Actions=[
            {"Type": "authenticate-oidc", "AuthenticateOidcConfig": signing_in, "Order": 1},
            {**forward, "Order": 2},
        ],
    )


def _certificate(client: Any) -> str:
    arn: str = client("acm").request_certificate(DomainName="shop.example")["CertificateArn"]
    return arn


def test_load_balancers_are_read_as_moto_answers_them(client: Any) -> None:
    balancer(client)
    desk = Desk(ONCE)
    seen = desk.collect(ApplicationBalancerCollector(), account=MOTO_ACCOUNT)
    desk.close()
    assert seen.error is None
    assert seen.closes()
    assert deployments(seen) == ["edge", "shop.example/orders"]
    found = item(seen, "shop.example/orders")
    assert found.exposure == "private"
    assert [owner.name for owner in found.owners or ()] == ["Team Moto"]
    security = operations(found)["ANY /orders/*"].security
    assert [(each.kind, each.issuer) for each in security.schemes] == [("oidc", ISSUER)]
    [endpoint] = list(found.endpoints or ())
    assert (endpoint.url, endpoint.tls_min) == ("https://shop.example/orders", "TLS_1_2")
    assert SECRET not in encode(seen.said).decode()
