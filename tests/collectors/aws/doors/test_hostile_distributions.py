"""Answers of CloudFront that no distribution should give: what cannot be read is unknown, and never safe."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apiscape.collectors.aws.cloudfront.behaviours import (
    SIGNED,
    STAGING,
    read_origins,
    read_pattern,
    read_routes,
)
from apiscape.collectors.aws.cloudfront.distributions import (
    UNSEEN,
    aliases,
    first_name,
    front_doors,
    has_tenants,
    read_front,
    tenant_doors,
)
from apiscape.collectors.aws.names import Place
from apiscape.model.surroundings import FrontDoorRoute
from apiscape.model.values import UNKNOWN, is_known
from tests.collectors.aws.desk import ACCOUNT

API = "abc123.execute-api.eu-west-1.amazonaws.com"
PLACE = Place("aws", ACCOUNT, "eu-west-1", "amazonaws.com")
NO_HOST = "an origin whose host depends on the tenant"
OWN = "d111.cloudfront.net"


def origin(name: Any = "api", host: Any = API, **more: Any) -> dict[str, Any]:
    return {"Id": name, "DomainName": host, **more}


def leading(*origins: Any, **more: Any) -> dict[str, Any]:
    """Return a distribution that leads all paths to an origin called `api`."""
    return {
        "Id": "E1",
        "DomainName": OWN,
        "Origins": {"Items": list(origins or (origin(),))},
        "CacheBehaviors": {"Quantity": 0},
        "DefaultCacheBehavior": {"TargetOriginId": "api"},
        **more,
    }


def routes(distribution: dict[str, Any], *, staging: bool = False) -> tuple[FrontDoorRoute, ...]:
    found = read_routes(distribution, staging=staging)
    assert is_known(found)
    return found


# ── Where it leads ───────────────────────────────────────────────────────────


@pytest.mark.parametrize("member", ["Origins", "CacheBehaviors", "DefaultCacheBehavior"])
def test_where_a_distribution_leads_is_unknown_where_a_member_is_missing(member: str) -> None:
    given = leading()
    del given[member]
    assert read_routes(given, staging=False) is UNKNOWN


@pytest.mark.parametrize("default", [None, [], "api", {}, 7])
def test_a_default_that_is_none_leaves_unknown_where_it_leads(default: Any) -> None:
    assert read_routes(leading(DefaultCacheBehavior=default), staging=False) is UNKNOWN


@pytest.mark.parametrize(
    "held",
    [
        {"Origins": None},
        {"Origins": {"Items": None}},
        {"Origins": {"Items": [None, 7, "api", []]}},
        {"Origins": {"Items": [origin(None), origin(""), origin(7)]}},
        {"DefaultCacheBehavior": {"TargetOriginId": "unheard-of"}},
        {"DefaultCacheBehavior": {"TargetOriginId": ["api"]}},
        {"OriginGroups": {"Items": [{"Id": "api", "Members": None}]}},
        {"OriginGroups": {"Items": [{"Id": "api", "Members": {"Items": [None, {}]}}]}},
    ],
)
def test_an_origin_that_is_not_told_is_said_to_be_not_listed(held: dict[str, Any]) -> None:
    (route,) = routes(leading(**held))
    assert (route.target, route.origin) == ("an origin that is not listed", None)


@pytest.mark.parametrize(
    ("given", "target", "url"),
    [
        (origin(), API, f"https://{API}"),
        (origin(host=f"{API.upper()}."), API, f"https://{API}"),
        (origin(OriginPath="/prod/"), API, f"https://{API}/prod"),
        (origin(OriginPath="/a%20b/~c"), API, f"https://{API}/a%20b/~c"),
        (origin(OriginPath=None), API, f"https://{API}"),
        (origin(OriginPath=7), API, f"https://{API}"),
        (origin(OriginPath="prod"), API, None),
        (origin(OriginPath="/a b"), API, None),
        (origin(OriginPath="/x\n"), API, None),
        (origin(OriginPath="/\u00e9"), API, None),
        (origin(OriginPath="/{{stage}}"), API, None),
        (origin(OriginPath="/x?key=hunter2"), API, None),
        (origin(CustomOriginConfig={"OriginProtocolPolicy": "http-only"}), API, f"http://{API}"),
        (origin(CustomOriginConfig={"OriginProtocolPolicy": "later"}), API, f"https://{API}"),
        (origin(CustomOriginConfig=["http-only"]), API, f"https://{API}"),
        (origin(host=None), NO_HOST, None),
        (origin(host=7), NO_HOST, None),
        (origin(host=""), NO_HOST, None),
        (origin(host="."), NO_HOST, None),
        (origin(host="u:hunter2@evil.example"), NO_HOST, None),
        (origin(host="\u212a.example"), NO_HOST, None),
        (origin(host="{{tenant}}.example"), NO_HOST, None),
    ],
)
def test_an_origin_has_an_address_where_host_and_path_can_be_read(
    given: dict[str, Any], target: str, url: str | None
) -> None:
    (route,) = routes(leading(given))
    assert (route.target, route.origin) == (target, url)
    assert "hunter2" not in repr(route)


@pytest.mark.parametrize(
    ("headers", "sends"),
    [
        (None, ()),
        ({"Items": None}, ()),
        ({"Items": [None, "X-A", {}, {"HeaderName": None}, {"HeaderName": 7}]}, ()),
        ({"Items": [{"HeaderName": "X-B"}, {"HeaderName": "x-a"}, {"HeaderName": "x-b"}]},
         ("x-a", "x-b")),
        ({"Items": [{"HeaderValue": "hunter2"}]}, ()),
    ],
)  # fmt: skip
def test_headers_that_are_sent_are_told_once_each(headers: Any, sends: tuple[str, ...]) -> None:
    (route,) = routes(leading(origin(CustomHeaders=headers)))
    assert route.sends == sends
    assert "hunter2" not in repr(route)


def test_a_group_asks_its_members_in_order_and_none_that_come_after_it() -> None:
    groups = [
        {"Id": "first", "Members": {"Items": [{"OriginId": "b"}, {"OriginId": "a"}]}},
        {"Id": "second", "Members": {"Items": [{"OriginId": "first"}, {"OriginId": "third"}]}},
        {"Id": "third", "Members": {"Items": [{"OriginId": "third"}]}},
        {"Id": None, "Members": {"Items": [{"OriginId": "a"}]}},
    ]
    given = leading(
        origin("a", "a.example"), origin("b", "b.example"), OriginGroups={"Items": groups}
    )
    found = {key: [each.host for each in held] for key, held in read_origins(given).items()}
    assert found == {
        "a": ["a.example"],
        "b": ["b.example"],
        "first": ["b.example", "a.example"],
        "second": ["b.example", "a.example"],
        "third": [],
    }


@pytest.mark.parametrize(
    ("behaviour", "staging", "condition"),
    [
        ({}, False, None),
        ({"TrustedSigners": {"Enabled": True}}, False, SIGNED),
        ({"TrustedSigners": {"Enabled": True}, "TrustedKeyGroups": {"Enabled": False}}, False, SIGNED),
        ({"TrustedSigners": {"Enabled": "true"}}, False, f"{SIGNED}, perhaps"),
        ({"TrustedSigners": [True]}, False, f"{SIGNED}, perhaps"),
        ({"TrustedKeyGroups": {"Enabled": True}}, True, f"{SIGNED}; {STAGING}"),
        ({"PathPattern": "a?"}, False, "a path like /a?"),
        ({"PathPattern": "a?", "TrustedKeyGroups": {"Enabled": True}}, True,
         f"a path like /a?; {SIGNED}; {STAGING}"),
        ({"PathPattern": None}, False, None),
        ({"PathPattern": ["/a"]}, False, None),
    ],
)  # fmt: skip
def test_what_a_request_must_show_is_told_together(
    behaviour: dict[str, Any], staging: bool, condition: str | None
) -> None:
    first = {"TargetOriginId": "api", **behaviour}
    given = leading(CacheBehaviors={"Items": [None, first]})
    found = routes(given, staging=staging)
    assert found[0].condition == condition
    assert [each.priority for each in found] == [0, 1]


@pytest.mark.parametrize(
    ("policy", "plain"),
    [
        ("allow-all", True),
        ("https-only", False),
        ("redirect-to-https", False),
        ("ALLOW-ALL", None),
        ("in-a-later-word", None),
        (None, None),
        (["https-only"], None),
    ],
)
def test_whether_plain_http_is_let_in_is_unknown_where_it_is_not_said(
    policy: Any, plain: bool | None
) -> None:
    default = {"TargetOriginId": "api", "ViewerProtocolPolicy": policy}
    (route,) = routes(leading(DefaultCacheBehavior=default))
    assert route.plain_http is plain


@settings(max_examples=60)
@given(st.text("/*?ab.", min_size=1, max_size=12))
def test_a_base_path_holds_no_wild_card_and_begins_what_the_pattern_fits(pattern: str) -> None:
    base, shape = read_pattern(pattern)
    path = f"/{pattern.lstrip('/')}"
    assert base.startswith("/")
    assert not set(base) & set("*?")
    assert path.startswith(base.rstrip("/"))
    assert shape in {None, f"a path like {path}"}
    assert (shape is None) == (path in {base, f"{base}/*", "/*"})


# ── What holds for its names ─────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("given", "known", "mtls"),
    [
        ({}, True, "disabled"),
        ({}, False, "unknown"),
        ({"ViewerMtlsConfig": {}}, True, "disabled"),
        ({"ViewerMtlsConfig": None}, True, "disabled"),
        ({"ViewerMtlsConfig": "required"}, True, "unknown"),
        ({"ViewerMtlsConfig": ["required"]}, True, "unknown"),
        ({"ViewerMtlsConfig": {"Mode": None}}, True, "unknown"),
        ({"ViewerMtlsConfig": {"Mode": 7}}, True, "unknown"),
        ({"ViewerMtlsConfig": {"Mode": "REQUIRED"}}, True, "unknown"),
        ({"ViewerMtlsConfig": {"TrustStoreConfig": {}}}, True, "unknown"),
        ({"ViewerMtlsConfig": {"Mode": "required"}}, False, "enabled"),
        ({"ViewerMtlsConfig": {"Mode": "optional"}}, False, "disabled"),
    ],
)
def test_client_certificates_are_asked_for_or_not_only_where_it_is_said(
    given: dict[str, Any], known: bool, mtls: str
) -> None:
    assert read_front(given, tells_mtls=known).mtls == mtls


@pytest.mark.parametrize(
    ("acl", "waf"),
    [("", "disabled"), ("arn:acl", "enabled"), (None, "unknown"), ([], "unknown"), (0, "unknown")],
)
def test_a_firewall_is_missing_only_where_it_is_said(acl: Any, waf: str) -> None:
    assert read_front({"WebACLId": acl}, tells_mtls=True).waf == waf


@pytest.mark.parametrize(
    ("shown", "certificate"),
    [
        (None, UNKNOWN),
        ({}, UNKNOWN),
        ([], UNKNOWN),
        ({"CloudFrontDefaultCertificate": True, "ACMCertificateArn": "arn:a"}, None),
        ({"CloudFrontDefaultCertificate": "true"}, UNKNOWN),
        ({"CloudFrontDefaultCertificate": False}, UNKNOWN),
        ({"ACMCertificateArn": "", "IAMCertificateId": "ASCA1"}, "ASCA1"),
        ({"ACMCertificateArn": "arn:a", "IAMCertificateId": "ASCA1"}, "arn:a"),
        ({"ACMCertificateArn": 7}, UNKNOWN),
    ],
)
def test_which_certificate_is_shown(shown: Any, certificate: Any) -> None:
    assert read_front({"ViewerCertificate": shown}, tells_mtls=True).certificate == certificate


@pytest.mark.parametrize(
    ("version", "lowest"),
    [
        ("TLSv1", "TLS_1_0"),
        ("TLSv1_2016", "TLS_1_0"),
        ("TLSv1.1_2016", "TLS_1_1"),
        ("TLSv1.2_2025", "TLS_1_2"),
        ("TLSv1.3_2025", "TLS_1_3"),
        ("SSLv3", "SSLv3"),
        ("TLSv1.2_2021\n", "TLSv1.2_2021\n"),
        ("", UNKNOWN),
        (None, UNKNOWN),
        (1.2, UNKNOWN),
    ],
)
def test_the_lowest_protocol_is_read_or_given_as_it_is(version: Any, lowest: Any) -> None:
    shown = {"MinimumProtocolVersion": version}
    assert read_front({"ViewerCertificate": shown}, tells_mtls=True).tls_min == lowest


@pytest.mark.parametrize("enabled", [None, "true", 1, 0, []])
def test_whether_it_serves_is_unknown_where_it_is_not_said(enabled: Any) -> None:
    front = read_front(leading(Enabled=enabled), tells_mtls=True)
    (door,) = front_doors(leading(), front, PLACE)
    assert door.endpoint.enabled is UNKNOWN


@pytest.mark.parametrize(
    ("held", "names"),
    [
        (None, []),
        ({"Items": None}, []),
        ({"Items": "api.example"}, []),
        ({"Items": [None, 7, "", "a b", {"x": 1}, "u:p@h", "\u212a.example"]}, []),
        ({"Items": ["B.example.", "a.example", "b.example"]}, ["b.example", "a.example"]),
        ({"Items": ["*.example"]}, ["*.example"]),
    ],
)
def test_names_that_can_be_read_are_doors_once_each_before_its_own(
    held: Any, names: list[str]
) -> None:
    given = leading(Aliases=held)
    found = list(front_doors(given, read_front(given, tells_mtls=True), PLACE))
    assert [door.name for door in found] == [*names, OWN]
    assert [door.answers_at for door in found[:-1]] == [(OWN,)] * len(names)
    assert list(dict.fromkeys(aliases(given))) == names
    assert first_name(given) == [*names, OWN][0]


@pytest.mark.parametrize("own", [None, "", 7, "no host"])
def test_a_distribution_without_a_name_of_its_own_still_has_those_it_was_given(own: Any) -> None:
    given = leading(DomainName=own, Aliases={"Items": ["api.example"]})
    (door,) = front_doors(given, UNSEEN, PLACE)
    assert (door.name, door.answers_at) == ("api.example", ())
    assert first_name(leading(DomainName=own)) is None


@pytest.mark.parametrize("mode", [None, 7, "", "direct", "TENANT-ONLY", ["tenant-only"]])
def test_only_one_that_says_so_serves_by_the_names_of_tenants(mode: Any) -> None:
    assert not has_tenants({"ConnectionMode": mode})
    assert has_tenants({"ConnectionMode": "tenant-only"})


# ── Tenants ──────────────────────────────────────────────────────────────────


def tenant(**more: Any) -> dict[str, Any]:
    return {"Id": "dt_1", "Name": "one", "Domains": [{"Domain": "one.example"}], **more}


@pytest.mark.parametrize("domains", [None, {}, "one.example", [None, 7, {}, {"Domain": None}]])
def test_a_tenant_without_names_is_no_door(domains: Any) -> None:
    assert list(tenant_doors(tenant(Domains=domains), UNSEEN, PLACE)) == []


@pytest.mark.parametrize(
    ("of", "own", "status", "serves"),
    [
        (True, True, "active", True),
        (True, True, None, True),
        (True, True, "inactive", False),
        (True, None, "active", UNKNOWN),
        (True, "true", "active", UNKNOWN),
        (True, False, "active", False),
        (False, True, "active", False),
        (False, None, "active", False),
        (None, True, "active", UNKNOWN),
        (None, None, "inactive", False),
    ],
)
def test_a_tenant_serves_where_all_say_so(of: Any, own: Any, status: Any, serves: Any) -> None:
    front = read_front(leading(Enabled=of), tells_mtls=True)
    given = tenant(Enabled=own, Domains=[{"Domain": "one.example", "Status": status}])
    (door,) = tenant_doors(given, front, PLACE)
    assert door.endpoint.enabled is serves


@pytest.mark.parametrize(
    ("customised", "waf", "certificate"),
    [
        (None, "enabled", "arn:a"),
        ([], "unknown", UNKNOWN),
        ({"WebAcl": None, "Certificate": None}, "enabled", "arn:a"),
        ({"WebAcl": {"Action": "DISABLE"}}, "unknown", "arn:a"),
        ({"WebAcl": {"Action": ["disable"]}}, "unknown", "arn:a"),
        ({"Certificate": {"Arn": 7}}, "enabled", UNKNOWN),
        ({"WebAcl": {"Action": "disable"}, "Certificate": {"Arn": ""}}, "disabled", "arn:a"),
        ({"WebAcl": {"Action": "override"}, "Certificate": {"Arn": "arn:b"}}, "enabled", "arn:b"),
    ],
)
def test_a_tenant_has_of_its_own_what_it_says_and_all_else_of_its_distribution(
    customised: Any, waf: str, certificate: Any
) -> None:
    shown = {"ACMCertificateArn": "arn:a"}
    front = read_front(leading(WebACLId="arn:acl", ViewerCertificate=shown), tells_mtls=True)
    (door,) = tenant_doors(tenant(Customizations=customised), front, PLACE)
    assert (door.waf, door.certificate, door.routes) == (waf, certificate, front.routes)
    assert door.endpoint.evidence == "tenant one of distribution E1"
    assert door.native_id == f"aws:{ACCOUNT}::cloudfront:distribution-tenant/dt_1#one.example"
