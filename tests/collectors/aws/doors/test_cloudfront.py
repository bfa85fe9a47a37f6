"""Distributions of CloudFront as front doors."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apiscape.collectors.aws.cloudfront.behaviours import SIGNED, STAGING, read_pattern
from apiscape.collectors.aws.cloudfront.collector import DistributionCollector
from apiscape.collectors.aws.cloudfront.distributions import (
    front_doors,
    read_front,
    tenant_doors,
)
from apiscape.collectors.aws.names import Place
from apiscape.collectors.aws.session import AwsSession
from apiscape.demo.aws.estate.cloudfront import CloudFront
from apiscape.demo.aws.estate.estate import AwsEstate
from apiscape.demo.aws.wire.server import AwsServer
from apiscape.model.surroundings import FrontDoor, FrontDoorRoute
from apiscape.model.values import UNKNOWN, is_known
from apiscape.settings.schema import Rules
from tests.collectors.aws.desk import ACCOUNT, Desk, Seen

API = "abc123.execute-api.eu-west-1.amazonaws.com"
PLACE = Place("aws", ACCOUNT, "eu-west-1", "amazonaws.com")


@pytest.fixture
def front(estate: AwsEstate) -> CloudFront:
    return estate.accounts[ACCOUNT].shelves.of(CloudFront)


def scan(desk: Desk) -> Seen:
    seen = desk.collect(DistributionCollector())
    assert seen.error is None
    assert seen.whole
    assert seen.closes()
    return seen


def doors(seen: Seen) -> dict[str, FrontDoor]:
    return {item.name: item for item in seen.entities}


def led(door: FrontDoor) -> tuple[FrontDoorRoute, ...]:
    assert is_known(door.routes)
    return door.routes


def test_every_name_of_a_distribution_leads_where_it_does(
    server: AwsServer, front: CloudFront, desk: Desk
) -> None:
    made = front.distribution("api.tax.example", "www.tax.example").origin("api", API, "/prod")
    seen = scan(desk)
    assert seen.listed == [made.id]
    found = doors(seen)
    assert list(found) == ["api.tax.example", "www.tax.example", made.domain]
    assert {led(door)[0].origin for door in found.values()} == {f"https://{API}/prod"}
    one = found["api.tax.example"]
    assert one.endpoint.url == "https://api.tax.example"
    assert one.endpoint.evidence == f"distribution {made.id}"
    assert (one.region, one.endpoint.exposure, one.endpoint.generated_host) == (
        None,
        "internet",
        False,
    )
    assert (one.endpoint.tls_min, one.endpoint.mtls, one.waf) == ("TLS_1_2", "disabled", "disabled")
    assert one.certificate == made.fields["ViewerCertificate"]["ACMCertificateArn"]
    assert one.certificate_not_after is UNKNOWN
    assert one.native_id == f"aws:{ACCOUNT}::cloudfront:distribution/{made.id}#api.tax.example"


def test_its_own_name_shows_cloudfronts_certificate(
    server: AwsServer, front: CloudFront, desk: Desk
) -> None:
    named = front.distribution("api.example").origin("api", API).mutual_tls()
    bare = front.distribution().origin("api", API).edit(WebACLId="arn:aws:wafv2:acl")
    found = doors(scan(desk))
    own = found[named.domain]
    assert (own.certificate, own.certificate_not_after) == (None, None)
    assert (own.endpoint.generated_host, own.endpoint.tls_min) == (True, UNKNOWN)
    assert (own.endpoint.mtls, found["api.example"].endpoint.mtls) == ("unknown", "enabled")
    assert (found[bare.domain].endpoint.tls_min, found[bare.domain].waf) == ("TLS_1_0", "enabled")


def test_behaviours_lead_in_their_order_to_their_origins(
    server: AwsServer, front: CloudFront, desk: Desk
) -> None:
    made = front.distribution("api.example").origin("api", API, "/prod/", protocol="http-only")
    made.origin("old", "old.example").group("both", "old", "api", "unheard-of")
    made.behave("/v1/*", "both", "allow-all").behave("img/*.png", "old", "https-only")
    made.by_default("api", "allow-all")
    routes = led(doors(scan(desk))["api.example"])
    assert [(one.base_path, one.origin, one.priority) for one in routes] == [
        ("/v1", "https://old.example/v1", 0),
        ("/v1", f"http://{API}/prod/v1", 0),
        ("/img", "https://old.example/img", 1),
        ("/", f"http://{API}/prod", 2),
    ]
    assert [one.plain_http for one in routes] == [True, True, False, True]
    assert [one.condition for one in routes] == [None, None, "a path like /img/*.png", None]
    assert {one.strips_base_path for one in routes} == {False}


def test_headers_that_it_sends_are_told_by_name_and_never_by_value(
    server: AwsServer, front: CloudFront, desk: Desk
) -> None:
    secret = {"X-Origin-Verify": "hunter2-hunter2", "x-tenant": "hunter2-again"}
    front.distribution("api.example").origin("api", API, headers=secret)
    seen = scan(desk)
    assert led(doors(seen)["api.example"])[0].sends == ("x-origin-verify", "x-tenant")
    assert "hunter2" not in repr(seen.said)


def test_what_a_request_must_show_besides_its_path(
    server: AwsServer, front: CloudFront, desk: Desk
) -> None:
    signed = front.distribution("signed.example").origin("api", API)
    signed.fields["DefaultCacheBehavior"] |= {"TrustedKeyGroups": {"Enabled": True, "Quantity": 0}}
    front.distribution("next.example", Staging=True).origin("api", API)
    found = doors(scan(desk))
    assert led(found["signed.example"])[0].condition == SIGNED
    assert led(found["next.example"])[0].condition == STAGING
    assert str(found["next.example"].endpoint.evidence).startswith("staging distribution")


def test_switched_off_and_asking_for_certificates(
    server: AwsServer, front: CloudFront, desk: Desk
) -> None:
    front.distribution("off.example", Enabled=False).origin("api", API)
    front.distribution("maybe.example").origin("api", API).mutual_tls("optional")
    front.distribution("lax.example").origin("api", API).mutual_tls("passthrough")
    found = doors(scan(desk))
    assert found["off.example"].endpoint.enabled is False
    assert found["maybe.example"].endpoint.mtls == "disabled"
    assert found["lax.example"].endpoint.mtls == "disabled"
    late = read_front({"ViewerMtlsConfig": {"Mode": "in-a-later-word"}}, tells_mtls=True)
    assert late.mtls == "unknown"


def test_an_sdk_that_knows_no_client_certificates_says_nothing_of_them(
    server: AwsServer, front: CloudFront, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    front.distribution("api.example").origin("api", API)
    monkeypatch.setattr(AwsSession, "reads", lambda *_: False)
    assert doors(scan(desk))["api.example"].endpoint.mtls == "unknown"


def test_tenants_serve_by_names_of_their_own_and_their_distribution_by_none(
    server: AwsServer, front: CloudFront, desk: Desk
) -> None:
    shared = front.distribution(WebACLId="arn:acl").origin("api", API, "/prod")
    front.tenant(shared, "one", "one.example", "www.one.example")
    front.tenant(
        shared,
        "two",
        "two.example",
        Customizations={
            "WebAcl": {"Action": "disable"},
            "Certificate": {"Arn": "arn:aws:acm:us-east-1:1:certificate/own"},
        },
    )
    front.tenant(shared, "off", "off.example", Enabled=False)
    front.tenant(
        shared,
        "half",
        "half.example",
        Domains=[{"Domain": "half.example", "Status": "inactive"}],
    )
    seen = scan(desk)
    found = doors(seen)
    assert shared.domain not in found
    assert set(found) == {
        "one.example",
        "www.one.example",
        "two.example",
        "off.example",
        "half.example",
    }
    assert led(found["one.example"])[0].origin == f"https://{API}/prod"
    assert (found["one.example"].waf, found["two.example"].waf) == ("enabled", "disabled")
    assert found["two.example"].certificate == "arn:aws:acm:us-east-1:1:certificate/own"
    enabled = {name: door.endpoint.enabled for name, door in found.items()}
    assert (enabled["one.example"], enabled["off.example"], enabled["half.example"]) == (
        True,
        False,
        False,
    )


def test_nobody_asks_for_tenants_where_there_are_none(
    server: AwsServer, front: CloudFront, desk: Desk
) -> None:
    front.distribution("api.example").origin("api", API)
    scan(desk)
    assert server.calls.by_operation() == {"cloudfront:ListDistributions": 1}


def test_distributions_are_left_out_by_name(server: AwsServer, front: CloudFront) -> None:
    kept = front.distribution("api.example").origin("api", API)
    left = front.distribution("shop.example").origin("api", API)
    desk = Desk(exclude=Rules(names=("shop.*",)))
    seen = scan(desk)
    desk.close()
    assert (list(seen.recorded), list(seen.skipped)) == ([kept.id], [left.id])


@pytest.mark.parametrize(
    ("pattern", "base", "narrower"),
    [
        ("*", "/", False),
        ("/*", "/", False),
        ("/api/*", "/api", False),
        ("api/*", "/api", False),
        ("/api/v1/*", "/api/v1", False),
        ("/health", "/health", False),
        ("/api*", "/", True),
        ("/api/*/items", "/api", True),
        ("/a?c/*", "/", True),
        ("/api/*.json", "/api", True),
    ],
)
def test_a_path_pattern_is_a_base_path_or_narrower(pattern: str, base: str, narrower: bool) -> None:
    assert read_pattern(pattern) == (
        base,
        f"a path like /{pattern.lstrip('/')}" if narrower else None,
    )


# ── Hostile answers ──────────────────────────────────────────────────────────

ANYTHING: Any = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda below: (
        st.lists(below, max_size=3) | st.dictionaries(st.text(max_size=6), below, max_size=3)
    ),
    max_leaves=6,
)
MEMBERS = (
    *("Id", "Aliases", "Origins", "OriginGroups", "DefaultCacheBehavior", "CacheBehaviors"),
    *("ViewerCertificate", "WebACLId", "Enabled", "Staging", "ConnectionMode", "DomainName"),
    *("ViewerMtlsConfig", "Domains", "Customizations", "Items", "TargetOriginId", "PathPattern"),
)


@given(st.dictionaries(st.sampled_from(MEMBERS), ANYTHING))
def test_whatever_a_summary_holds_it_is_read(item: dict[str, Any]) -> None:
    front = read_front(item, tells_mtls=True)
    for door in (*front_doors(item, front, PLACE), *tenant_doors(item, front, PLACE)):
        assert door.endpoint.url == f"https://{door.name}"
    assert front.waf in {"enabled", "disabled", "unknown"}


@pytest.mark.parametrize(
    ("host", "path"),
    [
        ("user:pw@evil.example", ""),
        ("evil.example/x", ""),
        ("evil.example", "/x?key=hunter2"),
        ("evil.example", "/x#hunter2"),
        ("{{tenant}}.example", ""),
        ("a" * 300, ""),
    ],
)
def test_an_origin_that_is_no_host_and_path_has_no_address(host: str, path: str) -> None:
    made = (
        CloudFront(AwsEstate().account(ACCOUNT)).distribution("a.example").origin("o", host, path)
    )
    (route,) = led(next(front_doors(made.fields, read_front(made.fields, tells_mtls=True), PLACE)))
    assert route.origin is None
    assert "hunter2" not in repr(route)
    assert "pw" not in repr(route)


def test_what_an_answer_lacks_is_unknown() -> None:
    front = read_front({"Id": "E1", "WebACLId": 7}, tells_mtls=True)
    assert (front.routes, front.enabled, front.tls_min, front.certificate) == (UNKNOWN,) * 4
    assert front.waf == "unknown"
    named = {"ViewerCertificate": {"IAMCertificateId": "ASCA1", "MinimumProtocolVersion": "SSLv3"}}
    own = read_front(named, tells_mtls=False)
    assert (own.certificate, own.tls_min) == ("ASCA1", "SSLv3")


def test_a_tenant_of_a_distribution_that_was_not_listed_leads_nobody_knows_where() -> None:
    tenant = {"Id": "dt_1", "Domains": [{"Domain": "one.example"}, {"Domain": "no host"}]}
    front = read_front({}, tells_mtls=True)
    (door,) = tenant_doors(tenant, front, PLACE)
    assert (door.routes, door.endpoint.enabled) == (UNKNOWN, UNKNOWN)
