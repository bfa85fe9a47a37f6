"""What each listener, policy, condition and action of a load balancer is taken for, by table."""

from __future__ import annotations

import re
from typing import Any

import pytest

from apiscape.collectors.aws.balancers.asking import merge, read_security
from apiscape.collectors.aws.balancers.grouping import group_rules, operations_of
from apiscape.collectors.aws.balancers.rules import Door, Rule, read_door, read_rules
from apiscape.collectors.aws.balancers.tls import LOWEST, lowest, lowest_of
from apiscape.demo.aws.estate.balancers import (
    cognito_sign_in,
    fixed_response,
    forward,
    jwt_validation,
    oidc,
    redirect_to_https,
    when,
    when_header,
    when_query,
)
from apiscape.model.security import Scheme, Security
from apiscape.model.values import UNKNOWN
from tests.collectors.aws.balancers.street import ISSUER, POOL
from tests.collectors.aws.desk import ACCOUNT, REGION
from tests.collectors.aws.oddities import CANARY

PREFIX = f"arn:aws:elasticloadbalancing:{REGION}:{ACCOUNT}"
GROUP, OTHER = f"{PREFIX}:targetgroup/orders/1", f"{PREFIX}:targetgroup/basket/2"


# ── Listeners ────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("listener", "words", "tls", "mtls"),
    [
        ({"Protocol": "HTTP", "Port": 80}, "HTTP:80", None, "disabled"),
        ({"Protocol": "HTTPS", "Port": 443}, "HTTPS:443", UNKNOWN, "unknown"),
        ({"Protocol": "QUIC", "Port": 443}, "QUIC:443", UNKNOWN, "unknown"),
        ({"Protocol": None, "Port": "443"}, "?:?", UNKNOWN, "unknown"),
        ({"Protocol": 7, "Port": float("nan")}, "?:?", UNKNOWN, "unknown"),
        ({"Port": 2**70}, "?:?", UNKNOWN, "unknown"),
        (
            {"Protocol": "HTTPS", "Port": 8443.0, "MutualAuthentication": ["verify"]},
            "HTTPS:8443",
            UNKNOWN,
            "unknown",
        ),
    ],
)
def test_only_plain_http_is_known_to_ask_for_no_certificate(
    listener: dict[str, Any], words: str, tls: Any, mtls: str
) -> None:
    door = read_door(listener)
    assert (door.words, door.tls_min, door.mtls) == (words, tls, mtls)


@pytest.mark.parametrize("policy", sorted(LOWEST))
def test_a_policy_that_names_its_lowest_protocol_is_not_contradicted(policy: str) -> None:
    named = re.search(r"(?:TLS13|TLS|FS)-(\d)-(\d)(?:-|$)", policy)
    assert lowest_of(policy) == (f"TLS_{named[1]}_{named[2]}" if named else "TLS_1_0")


@pytest.mark.parametrize(
    "policy", [None, "", "ELBSecurityPolicy-", "elbsecuritypolicy-2016-08", "x" * 9000]
)
def test_a_policy_that_is_not_in_the_table_is_unknown(policy: str | None) -> None:
    assert lowest_of(policy) is UNKNOWN


@pytest.mark.parametrize(
    ("given_", "said"),
    [
        ([], None),
        ([None], None),
        ([None, "TLS_1_2"], "TLS_1_2"),
        (["TLS_1_3", "TLS_1_0", "TLS_1_2"], "TLS_1_0"),
        (["TLS_1_3", UNKNOWN], UNKNOWN),
        ([None, UNKNOWN], UNKNOWN),
    ],
)
def test_the_lowest_of_several_is_unknown_as_soon_as_one_is(given_: list[Any], said: Any) -> None:
    assert lowest(given_) == said


# ── Rules ────────────────────────────────────────────────────────────────────


def rule(*actions: Any, door: dict[str, Any] | None = None, **members: Any) -> Rule:
    listener = {"Protocol": "HTTPS", "Port": 443, "MutualAuthentication": {"Mode": "off"}}
    answer = {"Priority": "1", "Actions": list(actions), **members}
    (read_,) = read_rules(read_door(listener if door is None else door), [answer])
    return read_


@pytest.mark.parametrize(
    ("condition", "hosts", "paths", "verbs", "besides"),
    [
        (when("host-header", "A.Example", "b.example"), ("a.example", "b.example"), (), (), ()),
        (when("path-pattern", "/A/*"), (), ("/A/*",), (), ()),
        (when("path-pattern", regex=["^/a$"]), (), ("~ ^/a$",), (), ()),
        (when("http-request-method", "GET", "PUT"), (), (), ("GET", "PUT"), ()),
        ({"Field": "path-pattern", "Values": ["/old"]}, (), ("/old",), (), ()),
        (when_header("x-key", CANARY), (), (), (), ("with header x-key",)),
        ({"Field": "http-header"}, (), (), (), ("with header ?",)),
        (when_query(b=CANARY, a=CANARY), (), (), (), ("with query b, a",)),
        (
            {"Field": "query-string", "QueryStringConfig": {"Values": [{"Value": CANARY}, None]}},
            (), (), (),
            ("with query any",),
        ),
        ({"Field": "query-string"}, (), (), (), ("with query ?",)),
        (when("source-ip", "10.0.0.0/8"), (), (), (), ("from 10.0.0.0/8",)),
        (
            when("source-ip", *(f"10.0.0.{n}/32" for n in range(7))),
            (), (), (),
            ("from 10.0.0.0/32, 10.0.0.1/32, 10.0.0.2/32, 10.0.0.3/32, 10.0.0.4/32 and 2 more",),
        ),
        ({"Field": "source-ip"}, (), (), (), ("from ?",)),
        (
            {"Field": "of-a-later-year", "Values": [CANARY]},
            (), (), (),
            ("under a condition of kind of-a-later-year",),
        ),
        ({"Values": [CANARY]}, (), (), (), ("under a condition of kind ?",)),
        (
            {"Field": "host-header", "HostHeaderConfig": {"Values": [None, 7, ""]}},
            (), (), (),
            ("under a condition of kind host-header that says no values",),
        ),
        (
            {"Field": "path-pattern"},
            (), (), (),
            ("under a condition of kind path-pattern that says no values",),
        ),
    ],
)  # fmt: skip
def test_what_becomes_of_a_condition(
    condition: dict[str, Any],
    hosts: tuple[str, ...],
    paths: tuple[str, ...],
    verbs: tuple[str, ...],
    besides: tuple[str, ...],
) -> None:
    read_ = rule(forward(GROUP), Conditions=[condition])
    assert (read_.hosts, read_.paths, read_.verbs, read_.besides) == (hosts, paths, verbs, besides)
    odd = rule(forward(GROUP), Conditions=[None, condition])
    assert (odd.hosts, odd.paths, odd.verbs) == (hosts, paths, verbs)
    assert odd.besides == (*besides, "under a condition that cannot be read")
    evidence = read_security(read_).evidence or ""
    assert all(words in evidence for words in besides)
    assert CANARY not in evidence


@pytest.mark.parametrize(
    ("actions", "serves"),
    [
        ([forward(GROUP)], True),
        ([redirect_to_https()], False),
        ([fixed_response()], False),
        ([oidc(ISSUER), redirect_to_https()], False),
        ([jwt_validation(ISSUER), fixed_response(200)], False),
        ([oidc(ISSUER), forward(GROUP)], True),
        ([{"Type": "of-a-later-year"}], True),
        ([{"Type": None}], True),
        ([], True),
    ],
)
def test_only_what_the_load_balancer_answers_itself_is_no_api(
    actions: list[Any], serves: bool
) -> None:
    read_ = rule(*actions)
    assert read_.serves is serves
    assert len(group_rules([read_])) == serves


@pytest.mark.parametrize(
    ("actions", "requirement", "schemes", "words"),
    [
        ([forward(GROUP)], "none", [], "asks nothing"),
        ([oidc(ISSUER), forward(GROUP)], "required", [("oidc", ISSUER)], "otherwise authenticate"),
        (
            [cognito_sign_in(POOL, "deny"), forward(GROUP)],
            "required",
            [("oidc", POOL)],
            "otherwise deny",
        ),
        (
            [oidc(ISSUER, "allow"), forward(GROUP)],
            "optional",
            [("oidc", ISSUER)],
            "otherwise allow",
        ),
        ([oidc(ISSUER, "later"), forward(GROUP)], "unknown", [("oidc", ISSUER)], "otherwise later"),
        (
            [{"Type": "authenticate-oidc"}, forward(GROUP)],
            "unknown",
            [("oidc", None)],
            "otherwise not said",
        ),
        (
            [{"Type": "jwt-validation"}, forward(GROUP)],
            "required",
            [("jwt", None)],
            "jwt-validation",
        ),
        ([{"Type": "of-a-later-year"}, forward(GROUP)], "unknown", [], "action of-a-later-year"),
        ([{}, forward(GROUP)], "unknown", [], "action ?"),
        ([], "unknown", [], "its actions are not said"),
        ([None, 7], "unknown", [], "its actions are not said"),
        (
            [oidc(ISSUER, "allow"), jwt_validation(ISSUER), forward(GROUP)],
            "required",
            [("jwt", ISSUER)],
            "otherwise allow; jwt-validation",
        ),
        ([{"Type": "x"}, oidc(ISSUER, "allow")], "unknown", [], "action x"),
    ],
)
def test_what_actions_ask_of_callers(
    actions: list[Any], requirement: str, schemes: list[Any], words: str
) -> None:
    said = read_security(rule(*actions))
    assert said.requirement == requirement
    assert [(each.kind, each.issuer) for each in said.schemes] == schemes
    assert words in (said.evidence or "")


@pytest.mark.parametrize("action", [oidc(ISSUER), cognito_sign_in(POOL), jwt_validation(ISSUER)])
@pytest.mark.parametrize("protocol", ["HTTP", "QUIC"])
def test_signing_in_without_https_is_not_believed(action: Any, protocol: str) -> None:
    door = {"Protocol": protocol, "Port": 80, "MutualAuthentication": {"Mode": "off"}}
    said = read_security(rule(action, forward(GROUP), door=door))
    assert (said.requirement, said.schemes) == ("unknown", ())
    assert f"{action['Type']} without HTTPS" in (said.evidence or "")


_REQUIRED = Security(requirement="required", schemes=(Scheme(kind="jwt"),), evidence="a")
_SIGNED_IN = Security(requirement="required", schemes=(Scheme(kind="oidc"),), evidence="b")
_NOTHING = Security(requirement="none", evidence="c")


@pytest.mark.parametrize(
    ("securities", "requirement", "kinds", "evidence"),
    [
        ([], "unknown", [], None),
        ([_REQUIRED], "required", ["jwt"], "a"),
        ([_REQUIRED, _REQUIRED], "required", ["jwt"], "a"),
        ([_REQUIRED, _NOTHING], "mixed", [], "a; c"),
        ([_REQUIRED, _SIGNED_IN], "required", [], "a; b"),
        ([_NOTHING, Security()], "unknown", [], "c"),
        ([_REQUIRED, _NOTHING, Security()], "unknown", [], "a; c"),
    ],
)
def test_what_several_rules_ask_for_one_operation(
    securities: list[Security], requirement: str, kinds: list[str], evidence: str | None
) -> None:
    said = merge(securities)
    assert (said.requirement, said.evidence) == (requirement, evidence)
    assert [each.kind for each in said.schemes] == kinds


@pytest.mark.parametrize(
    ("action", "backend", "targets"),
    [
        (forward(GROUP), "orders", (GROUP,)),
        (forward(GROUP, OTHER, weights=[9, 1]), "orders=9 + basket=1", (GROUP, OTHER)),
        (forward(GROUP, OTHER, weights=[1, 0]), "orders=1 + basket=0", (GROUP,)),
        ({"Type": "forward", "TargetGroupArn": GROUP}, "orders", (GROUP,)),
        ({"Type": "forward", "TargetGroupArn": "odd"}, "odd", ("odd",)),
        ({"Type": "forward"}, UNKNOWN, ()),
        (
            {"Type": "forward", "ForwardConfig": {"TargetGroups": [None, {}, {"Weight": 1}]}},
            UNKNOWN,
            (),
        ),
        ({"Type": "forward", "ForwardConfig": 7, "TargetGroupArn": ["x"]}, UNKNOWN, ()),
    ],
)
def test_where_a_rule_sends_requests(action: Any, backend: Any, targets: tuple[str, ...]) -> None:
    (group,) = group_rules([rule(action)])
    (operation,) = operations_of(group)
    assert operation.backend == backend
    assert group.targets == targets


def test_rules_that_lead_one_operation_to_several_places_lead_it_nobody_knows_where() -> None:
    (group,) = group_rules([rule(forward(GROUP)), rule(forward(OTHER))])
    (operation,) = operations_of(group)
    assert operation.backend is UNKNOWN
    assert set(group.targets) == {GROUP, OTHER}


def test_doors_are_told_once_however_many_rules_stand_behind_them() -> None:
    rules = [rule(forward(GROUP)), rule(jwt_validation(ISSUER), forward(GROUP))]
    (group,) = group_rules(rules)
    assert group.doors == (Door("HTTPS", 443, UNKNOWN, "disabled"),)
    (operation,) = operations_of(group)
    assert operation.security.requirement == "mixed"
