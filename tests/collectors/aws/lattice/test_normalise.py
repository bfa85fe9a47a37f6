"""Who may call, what rules tell, and how a service looks: by table, and by values that no service should send."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apiscape.collectors.aws.gaps import Gaps
from apiscape.collectors.aws.lattice import service as lattice
from apiscape.collectors.aws.lattice.callers import (
    UNSEEN_POLICY,
    Guard,
    Policy,
    guard_of,
    read_auth_policy,
    together,
)
from apiscape.collectors.aws.lattice.networks import Network
from apiscape.collectors.aws.lattice.rules import Leading, known_by_id, read_rules
from apiscape.collectors.aws.names import Place
from apiscape.collectors.aws.settings import TagSettings
from apiscape.model.codec import encode
from apiscape.model.security import Security
from apiscape.model.values import UNKNOWN
from tests.collectors.aws.lattice.samples import allow

PLACE = Place("aws", "111122223333", "eu-west-1", "amazonaws.com")
KEYS = TagSettings()

_ANONYMOUS = {"StringEquals": {"aws:PrincipalType": "Anonymous"}}
_SOME = {"StringEquals": {"vpc-lattice-svcs:RequestMethod": "GET"}}


def deny(principal: Any = "*", **condition: Any) -> dict[str, Any]:
    return {**allow(principal, **condition), "Effect": "Deny"}


@pytest.mark.parametrize(
    ("statements", "requirement"),
    [
        ((), "required"),
        ((allow(),), "optional"),
        ((allow(StringEquals={"aws:SourceVpc": "vpc-1"}),), "optional"),
        ((allow({"AWS": "*"}),), "required"),
        ((allow({"AWS": ["arn:aws:iam::1:root"]}),), "required"),
        ((allow(StringEquals={"aws:PrincipalOrgID": "o-1"}),), "required"),
        ((allow(StringNotEquals={"AWS:principaltype": "Anonymous"}),), "required"),
        ((allow(resource="arn:x/public/*"),), "unknown"),
        ((allow(resource=["*", "arn:x"]),), "unknown"),
        ((allow(**_SOME),), "unknown"),
        ((allow(resource="arn:x"), allow()), "optional"),
        ((allow(), deny(**_ANONYMOUS)), "required"),
        ((allow(), deny(StringEquals={"aws:PrincipalType": ["Anonymous"]})), "required"),
        ((allow(), deny(StringEquals={"aws:PrincipalType": "User"})), "optional"),
        ((allow(), deny(**_ANONYMOUS, Bool={"aws:SecureTransport": "false"})), "optional"),
        ((allow(), deny({"AWS": "*"}, **_ANONYMOUS)), "optional"),
        ((deny(),), "required"),
        (({"Effect": "Allow", "NotPrincipal": {"AWS": "arn:x"}},), "optional"),
    ],
)
def test_whom_a_policy_lets_in(statements: tuple[Any, ...], requirement: str) -> None:
    policy = read_auth_policy({"policy": json.dumps({"Statement": list(statements)})})
    assert guard_of("x", "AWS_IAM", policy).requirement == requirement


def test_a_single_statement_needs_no_list() -> None:
    policy = read_auth_policy({"policy": json.dumps({"Statement": allow()})})
    assert guard_of("x", "AWS_IAM", policy).requirement == "optional"


@pytest.mark.parametrize(
    ("way_in", "policy", "said"),
    [
        ("NONE", UNSEEN_POLICY, ("none", "authType NONE")),
        ("AWS_IAM", Policy({}), ("required", "authType AWS_IAM, auth policy: none")),
        ("AWS_IAM", UNSEEN_POLICY, ("unknown", "authType AWS_IAM, auth policy not known")),
        (None, Policy({}), ("unknown", "authType not known")),
        ("OF_A_LATER_YEAR", Policy({}), ("unknown", "authType OF_A_LATER_YEAR")),
    ],
)
def test_ways_in(way_in: str | None, policy: Policy, said: tuple[str, str]) -> None:
    guard = guard_of("x", way_in, policy)
    assert (guard.requirement, guard.evidence) == said


@pytest.mark.parametrize(
    ("service", "networks", "requirement"),
    [
        ("required", None, "required"),
        ("none", None, "unknown"),
        ("unknown", ("required",), "required"),
        ("unknown", ("none",), "unknown"),
        ("none", ("unknown", "required"), "unknown"),
        ("none", ("unknown", "none"), "none"),
        ("optional", ("none",), "optional"),
        ("optional", ("none", "required"), "optional"),
        ("of a later year", (), "unknown"),
    ],
)
def test_several_ways(service: str, networks: tuple[str, ...] | None, requirement: str) -> None:
    guards = None if networks is None else [Guard("n", word, "e") for word in networks]
    assert together(Guard("service", service, "e"), guards).requirement == requirement


def rule(priority: int, path: dict[str, str], group: str, **more: Any) -> dict[str, Any]:
    return {
        "id": f"rule-{priority}",
        "priority": priority,
        "match": {"httpMatch": {"pathMatch": {"match": path}}},
        "action": {"forward": {"targetGroups": [{"targetGroupIdentifier": group}]}},
        **more,
    }


def test_the_rule_that_is_tried_first_stands_for_its_path() -> None:
    late, early = rule(20, {"prefix": "/a"}, "tg-2"), rule(10, {"prefix": "/a/"}, "tg-1")
    leading = read_rules([late, early], {}, Security())
    assert [(one.template, one.backend) for one in leading.operations] == [("/a/*", "tg-1")]
    assert [one.key for one in leading.backends] == ["tg-1", "tg-2"]


def test_the_heaviest_target_group_stands_for_all_and_one_of_no_weight_for_none() -> None:
    weighed = [
        {"targetGroupIdentifier": "arn:x:targetgroup/tg-light", "weight": 10},
        {"targetGroupIdentifier": "tg-heavy", "weight": 90},
        {"targetGroupIdentifier": "tg-off", "weight": 0},
    ]
    action = {"forward": {"targetGroups": weighed}}
    groups = known_by_id([{"id": "tg-heavy", "type": "ALB", "arn": "arn:h"}, {"type": "IP"}])
    leading = read_rules([{"isDefault": True, "action": action}], groups, Security())
    assert [(one.verb, one.template, one.backend) for one in leading.operations] == [
        ("ANY", "/*", "tg-heavy")
    ]
    assert [(one.key, one.kind, one.address) for one in leading.backends] == [
        ("tg-heavy", "load_balancer", "arn:h"),
        ("tg-light", "unknown", UNKNOWN),
    ]


def test_where_a_rule_without_an_action_leads_is_unknown() -> None:
    (operation,) = read_rules([{"id": "r"}], None, Security()).operations
    assert (operation.verb, operation.template, operation.backend) == ("ANY", "/*", UNKNOWN)


def seen(**fields: Any) -> lattice.Seen:
    return lattice.Seen(**{"tags": {}, "listeners": (), "networks": (), "logs": False, **fields})


def network(name: str, vpcs: tuple[str, ...] | None, *, logs: bool | None = False) -> Network:
    return Network(name, Guard(name), vpcs, logs, Gaps())


@pytest.mark.parametrize(
    ("networks", "evidence"),
    [
        (None, "reached through service networks only, which could not be read"),
        ((), "in no service network"),
        ((network("a", ()),), "reached through service networks only: a (no VPC)"),
        ((network("a", None),), "reached through service networks only: a (VPCs not known)"),
        (
            (network("a", tuple(f"vpc-{n}" for n in range(7))),),
            "reached through service networks only: a (vpc-0, vpc-1, vpc-2, vpc-3, vpc-4, and 2 more)",
        ),
    ],
)
def test_from_where_a_service_is_reached(networks: Any, evidence: str) -> None:
    item = lattice.normalise({"id": "svc"}, seen(networks=networks), PLACE, KEYS)
    assert (item.exposure, item.exposure_evidence) == ("private", evidence)


@pytest.mark.parametrize(
    ("own", "networks", "word"),
    [
        (True, None, "enabled"),
        (False, None, "unknown"),
        (None, (), "unknown"),
        (False, (network("a", ()),), "disabled"),
        (False, (network("a", (), logs=None),), "unknown"),
        (None, (network("a", (), logs=True),), "enabled"),
    ],
)
def test_whether_calls_are_logged(own: bool | None, networks: Any, word: str) -> None:
    item = lattice.normalise({"id": "s"}, seen(logs=own, networks=networks), PLACE, KEYS)
    assert item.protections.access_log == word


@pytest.mark.parametrize(
    ("listeners", "style", "mtls"),
    [
        (None, "unknown", "unknown"),
        ((), "unknown", "disabled"),
        (({"protocol": "HTTP"},), "http", "disabled"),
        (({"protocol": "TLS_PASSTHROUGH"},), "tcp", "unknown"),
        (({"protocol": "TLS_PASSTHROUGH"}, {"protocol": "HTTPS"}), "http", "unknown"),
    ],
)
def test_what_listeners_speak(listeners: Any, style: str, mtls: str) -> None:
    item = lattice.normalise({"id": "s"}, seen(listeners=listeners), PLACE, KEYS)
    assert (item.style, item.protections.mtls) == (style, mtls)


def test_what_could_not_be_looked_at_is_unknown() -> None:
    item = lattice.normalise({}, lattice.Seen(None, None, None, None), PLACE, KEYS)
    unknown = (item.operations, item.backends, item.endpoints, item.owners, item.labels)
    assert set(unknown) == {UNKNOWN}
    assert (item.status, item.name) == ("unknown", "")


# ── Hostile values ───────────────────────────────────────────────────────────

_SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8), st.just("\ud800")
)
_NAMES = st.sampled_from(
    (
        *("id", "name", "arn", "status", "authType", "dnsEntry", "domainName", "customDomainName"),
        *("protocol", "port", "isDefault", "priority", "match", "httpMatch", "pathMatch", "exact"),
        *("prefix", "method", "action", "forward", "targetGroups", "targetGroupIdentifier"),
        *("weight", "fixedResponse", "type", "vpcIdentifier", "tags", "lastUpdatedAt", "policy"),
        *("Statement", "Effect", "Principal", "Condition", "StringEquals", "Resource"),
    )
)
_ANY = st.recursive(
    _SCALARS,
    lambda below: st.one_of(
        st.lists(below, max_size=3), st.dictionaries(_NAMES, below, max_size=6)
    ),
    max_leaves=30,
)
_ITEM = st.dictionaries(_NAMES, _ANY, max_size=12)


@given(_ITEM, _ITEM, st.sampled_from(("AWS_IAM", "NONE", None)))
def test_whatever_is_answered_is_understood_or_unknown(
    item: Any, other: Any, way_in: str | None
) -> None:
    policies = (read_auth_policy(item), Policy(other))
    guards = [guard_of("x", way_in, policy) for policy in policies]
    security = together(guards[0], guards)
    leading = read_rules([item, other], known_by_id([item, other]), security)
    assert isinstance(leading, Leading)
    networks = [Network("a", guards[0], ("vpc",), None, Gaps())]
    said = seen(tags=item, listeners=(item, other), networks=networks, leading=leading)
    assert encode(lattice.normalise(item, said, PLACE, KEYS))
