"""Clusters of Amazon EKS: found, and signed in to by a token that is opened and checked here."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import botocore.session
import pytest
from moto.server import ThreadedMotoServer

from apiscape.collectors.contract import (
    AccessDenied,
    CollectorError,
    CredentialsInvalid,
    Plan,
    PlannedReach,
    Throttled,
    Unreachable,
)
from apiscape.collectors.kubernetes.auth import eks as signing
from apiscape.collectors.kubernetes.auth.eks import PREFIX, AwsAccount
from apiscape.collectors.kubernetes.provider import KubernetesProvider
from apiscape.collectors.kubernetes.settings import (
    EksRoleSettings,
    EksSettings,
    KubernetesSettings,
)
from apiscape.collectors.trying import Grant
from apiscape.demo.kubernetes.access import EVERYTHING
from apiscape.demo.kubernetes.cluster import Cluster
from apiscape.demo.kubernetes.refusals import unauthorized
from apiscape.demo.kubernetes.server import KubernetesServer
from apiscape.model.run import Reach
from apiscape.model.vocabulary import ErrorKind, ReachState
from apiscape.network.ways import Network
from tests.collectors.kubernetes.clouds import (
    ACCOUNT,
    KEY,
    OTHER,
    ROLE_KEY,
    ROLE_SECRET,
    ROLE_TOKEN,
    SECRET,
    Cloud,
    checking,
    is_signed,
    opened,
    serve,
)
from tests.collectors.kubernetes.kubeconfigs import in_base64
from tests.collectors.kubernetes.test_provider import Wallet
from tests.proxies import proxying

Json = dict[str, Any]

REGION = "eu-west-1"
ROLE_ARN = f"arn:aws:iam::{OTHER}:role/reader"


@pytest.fixture
def cloud() -> Cloud:
    return Cloud()


@pytest.fixture
def url(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", KEY)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
    monkeypatch.setattr(signing, "ATTEMPTS", 1)
    with serve(cloud) as url:
        yield url


def of(url: str, *regions: str, **more: Any) -> KubernetesSettings:
    own = EksSettings(regions=regions or (REGION,), endpoint_url=url, **more)
    return KubernetesSettings(eks=own)


def plan(settings: KubernetesSettings) -> Plan:
    return KubernetesProvider().plan("src", settings)


def only(plan: Plan) -> PlannedReach:
    (planned,) = plan.reaches
    return planned


class Guarded:
    """A cluster that lets nobody in but by a token that is signed for it."""

    def __init__(self, name: str, pem: Path, secret: str = SECRET) -> None:
        self.cluster = Cluster(takes_anonymous=False)
        self.cluster.access.grant("agent", "unused", [EVERYTHING])
        self.server = KubernetesServer(self.cluster, certificate=pem)
        check = checking(name, secret)
        self.refuses_once = False

        def user(headers: Mapping[str, str]) -> str:
            found = check(headers)
            if found is None or self.refuses_once:
                self.refuses_once = False
                raise unauthorized()
            return found

        self.cluster.access.user = user  # type: ignore[method-assign]
        self.told: Json = {
            "endpoint": self.server.url,
            "certificateAuthority": {"data": in_base64(pem)},
        }


@pytest.fixture
def guarded(pem: Path) -> Iterator[Guarded]:
    made = Guarded("shop", pem)
    with made.server:
        yield made


# ── The token ────────────────────────────────────────────────────────────────


def account(url: str = "", role: EksRoleSettings | None = None) -> AwsAccount:
    return AwsAccount(EksSettings(regions=(REGION,), endpoint_url=url or None), role, Network())


def test_a_token_is_a_signed_request_for_who_asks_and_for_one_cluster(
    url: str, cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", url)
    token = account(url).token(REGION, "shop")
    assert token.startswith(PREFIX)
    within = opened(token)
    parts = urlsplit(within)
    told = {name: values[0] for name, values in parse_qs(parts.query).items()}
    assert (parts.scheme, parts.netloc, parts.path) == ("https", f"sts.{REGION}.amazonaws.com", "/")
    assert (told["Action"], told["Version"]) == ("GetCallerIdentity", "2011-06-15")
    assert (told["X-Amz-Expires"], told["X-Amz-SignedHeaders"]) == ("60", "host;x-k8s-aws-id")
    assert told["X-Amz-Credential"].startswith(f"{KEY}/")
    assert told["X-Amz-Credential"].endswith(f"/{REGION}/sts/aws4_request")
    assert is_signed(within, SECRET, {"x-k8s-aws-id": "shop"})
    assert not is_signed(within, SECRET, {"x-k8s-aws-id": "other"})
    assert not is_signed(within, "other", {"x-k8s-aws-id": "shop"})
    assert SECRET not in within
    assert cloud.calls == []


def test_a_token_of_another_partition_is_for_its_own_endpoint(url: str) -> None:
    within = urlsplit(opened(account().token("cn-north-1", "shop")))
    assert within.netloc == "sts.cn-north-1.amazonaws.com.cn"


def test_a_token_of_a_role_is_signed_by_it(url: str, cloud: Cloud) -> None:
    role = EksRoleSettings(role_arn=ROLE_ARN, external_id="xyz")
    signs_in = account(url, role)
    for _ in range(2):
        within = opened(signs_in.token(REGION, "shop"))
        assert is_signed(within, ROLE_SECRET, {"x-k8s-aws-id": "shop"})
        assert parse_qs(urlsplit(within).query)["X-Amz-Security-Token"] == [ROLE_TOKEN]
    (taken,) = cloud.roles
    assert (taken["RoleArn"], taken["ExternalId"]) == (ROLE_ARN, "xyz")
    assert taken["RoleSessionName"] == "apiscape"


def test_a_token_is_shown_for_a_while_and_made_anew_where_it_is_not_taken(url: str) -> None:
    signs_in = account().signs_in(REGION, "shop")
    first = signs_in.show(anew=False)
    assert signs_in.show(anew=False) is first
    assert signs_in.show(anew=True) is not first
    assert first.headers["Authorization"].startswith(f"Bearer {PREFIX}")


# ── Finding and visiting ─────────────────────────────────────────────────────


def test_a_cluster_is_found_signed_in_to_and_visited(
    url: str, cloud: Cloud, guarded: Guarded
) -> None:
    cloud.add(REGION, "shop", **guarded.told)
    provider, own = KubernetesProvider(), of(url)
    planned = only(provider.plan("src", own))
    assert planned.error is None
    assert planned.reach == Reach(
        key=f"{ACCOUNT}/{REGION}/shop",
        account=guarded.cluster.uid,
        region=REGION,
        title="shop",
    )
    before = len(cloud.calls)
    with provider.session(own, planned.reach, Wallet()) as session:
        guarded.refuses_once = True
        assert session.catalogue.look().served
        assert session.region == REGION
    assert len(cloud.calls) == before
    with KubernetesProvider().session(own, planned.reach, Wallet()) as session:
        assert session.uid == guarded.cluster.uid
    assert {call.user for call in guarded.server.calls} >= {"agent"}


def test_a_token_for_another_cluster_lets_nobody_in(
    url: str, cloud: Cloud, guarded: Guarded
) -> None:
    cloud.add(REGION, "other", **guarded.told)
    error = only(plan(of(url))).error
    assert error is not None
    assert error.kind == ErrorKind.CREDENTIALS


def test_every_region_and_role_is_looked_into_page_by_page(
    url: str, cloud: Cloud, pem: Path
) -> None:
    told: Json = {
        "endpoint": "https://127.0.0.1:1",
        "certificateAuthority": {"data": in_base64(pem)},
    }
    for name in ("a", "b", "c"):
        cloud.add(REGION, name, **told)
    cloud.add("eu-west-2", "d", **told)
    cloud.add(REGION, "e", account=OTHER, **told)
    whole = plan(of(url, REGION, "eu-west-2"))
    assert [each.reach.key for each in whole.reaches] == [
        *(f"{ACCOUNT}/{REGION}/{name}" for name in "abc"),
        f"{ACCOUNT}/eu-west-2/d",
    ]
    assert all(each.error is not None for each in whole.reaches)
    by_role = plan(of(url, roles=(ROLE_ARN,)))
    assert [each.reach.key for each in by_role.reaches] == [f"{OTHER}/{REGION}/e"]
    assert [key for operation, _, key in cloud.calls if operation == "DescribeCluster"][-1] == (
        ROLE_KEY
    )


def test_clusters_that_are_not_visited_are_said(url: str, cloud: Cloud, pem: Path) -> None:
    told: Json = {
        "endpoint": "https://127.0.0.1:1",
        "certificateAuthority": {"data": in_base64(pem)},
    }
    cloud.add(REGION, "prod-a", **told)
    cloud.add(REGION, "prod-b", status="CREATING")
    cloud.add(REGION, "test-a", **told)
    found = plan(of(url, clusters=("prod-*",)))
    assert [each.reach.title for each in found.reaches] == ["prod-a"]
    assert {each.title: (each.state, each.reason) for each in found.estate} == {
        "prod-b": (ReachState.EXCLUDED, "its state is CREATING"),
        "test-a": (
            ReachState.NOT_CONFIGURED,
            "a cluster of Amazon EKS, and not among `clusters` of the source's `eks`",
        ),
    }


def test_what_cannot_be_looked_at_hides_nothing_else(url: str, cloud: Cloud, pem: Path) -> None:
    told: Json = {
        "endpoint": "https://127.0.0.1:1",
        "certificateAuthority": {"data": in_base64(pem)},
    }
    cloud.add(REGION, "a", **told)
    cloud.add(REGION, "odd", arn="none")
    cloud.refuses["ListClusters@eu-west-2"] = "AccessDeniedException"
    found = plan(of(url, REGION, "eu-west-2"))
    assert [each.reach.title for each in found.reaches] == ["a"]
    assert found.estate_error is not None
    assert found.estate_error.message == "AWS does not tell what the cluster is"
    del cloud.clusters[(ACCOUNT, REGION)]["odd"]
    found = plan(of(url, REGION, "eu-west-2"))
    assert found.estate_error is not None
    assert (found.estate_error.kind, found.estate_error.permission) == (
        ErrorKind.ACCESS_DENIED,
        "eks:ListClusters",
    )


def test_a_cluster_that_is_deleted_meanwhile_is_no_gap(url: str, cloud: Cloud) -> None:
    cloud.add(REGION, "a")
    listed = cloud.answer

    def answer(method: str, target: str, headers: Any, body: str) -> tuple[int, str]:
        said = listed(method, target, headers, body)
        cloud.clusters.clear()
        return said

    cloud.answer = answer  # type: ignore[method-assign]
    found = plan(of(url))
    assert (found.reaches, found.estate_error) == ((), None)


@pytest.mark.parametrize(
    ("told", "said"),
    [
        ({"endpoint": "https://127.0.0.1:1"}, "does not tell the cluster's certificate authority"),
        (
            {"endpoint": "https://127.0.0.1:1", "certificateAuthority": {"data": "YWJj"}},
            "certificate authority in the kubeconfig is no certificate",
        ),
    ],
)
def test_a_cluster_without_its_authority_is_said(
    url: str, cloud: Cloud, told: dict[str, Any], said: str
) -> None:
    cloud.add(REGION, "a", **told)
    error = only(plan(of(url))).error
    assert error is not None
    assert said in error.message


# ── What goes wrong ──────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("code", "kind", "said"),
    [
        ("AccessDeniedException", AccessDenied, "needs eks:ListClusters"),
        ("AccessDenied", AccessDenied, "needs eks:ListClusters"),
        ("ExpiredTokenException", CredentialsInvalid, "does not take the credentials (Expired"),
        ("UnrecognizedClientException", CredentialsInvalid, "does not take the credentials"),
        ("ThrottlingException", Throttled, "AWS refused eks:ListClusters (ThrottlingException)"),
        ("Odd", Unreachable, "AWS refused eks:ListClusters (Odd)"),
    ],
)
def test_a_refusal_of_aws_is_named_by_what_it_means(
    url: str, cloud: Cloud, code: str, kind: type[CollectorError], said: str
) -> None:
    cloud.refuses["ListClusters"] = code
    with pytest.raises(kind) as caught:
        plan(of(url))
    assert said in caught.value.message
    assert SECRET not in str(caught.value.record())


def test_a_role_that_cannot_be_taken_on_is_said(url: str, cloud: Cloud) -> None:
    cloud.refuses["AssumeRole"] = "AccessDenied"
    with pytest.raises(AccessDenied) as caught:
        plan(of(url, roles=(ROLE_ARN,)))
    assert caught.value.message == "needs sts:AssumeRole"


def test_nobody_signed_in_to_aws_is_said(
    url: str, cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    for act in (lambda: plan(of(url)), lambda: account().token(REGION, "a")):
        with pytest.raises(CredentialsInvalid) as caught:
            act()
        assert caught.value.message == "nobody is signed in to AWS"
        assert caught.value.next_step
    with pytest.raises(CredentialsInvalid, match="nobody is signed in to AWS"):
        plan(of(url, profile="absent"))
    assert cloud.calls == []


def unanswered(url: str, cloud: Cloud) -> KubernetesSettings:
    return of("http://127.0.0.1:1")


def garbled(url: str, cloud: Cloud) -> KubernetesSettings:
    cloud.garbled = f"<html>{SECRET}"
    return of(url)


def no_mapping(url: str, cloud: Cloud) -> KubernetesSettings:
    cloud.garbled = f'["{SECRET}"]'
    return of(url)


def endless(url: str, cloud: Cloud) -> KubernetesSettings:
    cloud.endless = True
    return of(url)


@pytest.mark.parametrize("broken", [unanswered, garbled, no_mapping, endless])
def test_what_gives_no_usable_answer_is_unreachable(
    url: str, cloud: Cloud, broken: Callable[[str, Cloud], KubernetesSettings]
) -> None:
    with pytest.raises(Unreachable) as caught:
        plan(broken(url, cloud))
    assert SECRET not in str(caught.value.record())


def test_aws_is_reached_by_the_configured_way(url: str, cloud: Cloud) -> None:
    port = int(url.rpartition(":")[2])
    with proxying({"aws.test": port}) as proxy:
        eks = EksSettings(regions=(REGION,), endpoint_url="http://aws.test")
        through = KubernetesSettings(eks=eks, network=Network(proxy=proxy.url))
        assert plan(through).reaches == ()
        assert len(proxy.passed) == 1
        directly = KubernetesSettings(
            eks=EksSettings(regions=(REGION,), endpoint_url=url),
            network=Network(proxy=proxy.url, no_proxy=("127.0.0.0/8",), ca_bundle=__file__),
        )
        assert plan(directly).reaches == ()
        assert len(proxy.passed) == 1
        assert [operation for operation, _, _ in cloud.calls] == ["ListClusters"] * 2


# ── Rights ───────────────────────────────────────────────────────────────────


def tried(settings: KubernetesSettings) -> dict[str, str]:
    said = KubernetesProvider().try_sign_in(settings, (), Wallet())
    return {each.permission.action: each.grant for each in said}


def test_the_rights_of_aws_are_tried(url: str, cloud: Cloud) -> None:
    assert tried(of(url)) == {
        "eks:ListClusters": Grant.GRANTED,
        "sts:AssumeRole": Grant.NOT_NEEDED,
    }
    cloud.add(REGION, "a")
    assert tried(of(url))["eks:DescribeCluster"] == Grant.GRANTED
    cloud.refuses["DescribeCluster"] = "AccessDeniedException"
    assert tried(of(url))["eks:DescribeCluster"] == Grant.DENIED
    cloud.refuses["ListClusters"] = "Odd"
    assert tried(of(url))["eks:ListClusters"] == Grant.UNKNOWN
    cloud.refuses["AssumeRole"] = "AccessDenied"
    assert tried(of(url, roles=(ROLE_ARN,))) == {"sts:AssumeRole": Grant.DENIED}
    cloud.refuses["ListClusters"] = "ExpiredTokenException"
    with pytest.raises(CredentialsInvalid):
        tried(of(url))


# ── A second opinion ─────────────────────────────────────────────────────────


def test_clusters_are_found_in_moto_as_well(url: str) -> None:
    server = ThreadedMotoServer("127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        moto = f"http://{host}:{port}"
        client: Any = botocore.session.Session().create_client(
            "eks", region_name=REGION, endpoint_url=moto
        )
        client.create_cluster(
            name="shop",
            roleArn="arn:aws:iam::123456789012:role/eks",
            resourcesVpcConfig={"subnetIds": ["subnet-1"]},
        )
        found = plan(of(moto))
        client.close()
    finally:
        server.stop()
    assert only(found).reach.key == f"123456789012/{REGION}/shop"
