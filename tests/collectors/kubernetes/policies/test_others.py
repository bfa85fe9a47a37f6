"""Policies of NGINX Gateway Fabric, of GKE and of AWS, and controllers that nobody knows."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from apiscape.collectors.kubernetes.policies.amazon import RULES
from apiscape.collectors.kubernetes.policies.effective import CONTROLLERS, POLICIES, effective
from apiscape.collectors.kubernetes.policies.google import BACKENDS
from apiscape.collectors.kubernetes.policies.nginx import FILTERS
from apiscape.collectors.kubernetes.policies.securing import any_of, together
from apiscape.model.security import Scheme, Security
from tests.collectors.kubernetes.policies.clusters import (
    AMAZON,
    ENVOY,
    EVERY,
    GATEWAY,
    GOOGLE,
    ISTIO,
    KGATEWAY,
    NGINX,
    ROUTE,
    Json,
    accepted,
    asked_of,
    decoded,
    holding,
    look_at,
    made,
    point,
    world_of,
)

CANARY = "canary-19bd"

# ── NGINX Gateway Fabric ─────────────────────────────────────────────────────

FILTER = ("gateway.nginx.org", "AuthenticationFilter", "login")
FILTERED = point(NGINX, extensions=(FILTER,))


def login(spec: Json, status: str | None = "True", reason: str = "Accepted") -> Json:
    condition = {"type": "Accepted", "status": status, "reason": reason}
    controllers = [{"controllerName": NGINX, "conditions": [condition]}]
    told: Json = {"controllers": controllers} if status else {}
    return made("AuthenticationFilter", "login", spec, status=told)


@pytest.mark.parametrize(
    ("spec", "scheme"),
    [
        (
            {"type": "Basic", "basic": {"secretRef": {"name": "people"}, "realm": "r"}},
            {"kind": "basic", "location": "header:Authorization"},
        ),
        (
            {"type": "OIDC", "oidc": {"issuer": "https://id.example", "clientID": "c"}},
            {"kind": "oidc", "issuer": "https://id.example"},
        ),
        ({"type": "JWT"}, {"kind": "jwt", "location": "header:Authorization"}),
        ({"type": "New"}, {"kind": "custom"}),
    ],
)
def test_a_filter_of_nginx_asks_callers_of_its_rule(spec: Json, scheme: Json) -> None:
    security = holding(login(spec), at=FILTERED).security
    assert security.requirement == "required"
    assert security.schemes == (Scheme(native_id="AuthenticationFilter shop/login", **scheme),)
    assert asked_of(login(spec), at=point(NGINX)) == ("none",)


@pytest.mark.parametrize(
    ("status", "told"),
    [("False", ("unknown",)), ("Unknown", ("unknown", "basic")), (None, ("unknown", "basic"))],
)
def test_a_filter_of_nginx_counts_once_it_is_accepted(
    status: str | None, told: tuple[str, ...]
) -> None:
    assert asked_of(login({"type": "Basic"}, status), at=FILTERED) == told


def test_a_filter_of_nginx_that_is_not_there() -> None:
    assert holding(at=FILTERED).security.evidence == "AuthenticationFilter shop/login is not there"
    unseen = holding(at=FILTERED, unseen=["AuthenticationFilter"]).security
    assert unseen.evidence == "AuthenticationFilter could not be read"
    assert asked_of(at=FILTERED) == asked_of(at=FILTERED, unseen=["AuthenticationFilter"])


def test_snippets_leave_nothing_known() -> None:
    spec = {"targetRefs": [GATEWAY]}
    snippets = made("SnippetsPolicy", "s", spec, status=accepted(NGINX))
    assert asked_of(snippets, at=point(NGINX)) == ("unknown",)
    by_filter = point(NGINX, extensions=(("gateway.nginx.org", "SnippetsFilter", "s"),))
    assert holding(at=by_filter).security.evidence == "SnippetsFilter s may ask for more"


@pytest.mark.parametrize(
    ("rules", "told"),
    [
        ([{"rate": "10r/s", "key": "$binary_remote_addr"}], "enabled"),
        ([{"rate": "10r/s", "key": "k", "dryRun": True}], "disabled"),
        (None, "disabled"),
    ],
)
def test_nginx_limits_rates_unless_it_only_tries(rules: Any, told: str) -> None:
    spec = {"targetRefs": [GATEWAY], "rateLimit": {"local": {"rules": rules}}}
    policy = made("RateLimitPolicy", "r", spec, group="gateway.nginx.org", status=accepted(NGINX))
    assert holding(policy, at=point(NGINX)).rate_limit == told


def test_nginx_has_a_firewall_where_a_policy_says_so() -> None:
    spec = {"targetRef": GATEWAY, "policySource": {"authSecret": {"name": CANARY}}}
    policy = made("WAFPolicy", "w", spec, status=accepted(NGINX))
    assert holding(policy, at=point(NGINX)).waf == "enabled"
    assert holding(at=point(NGINX)).waf == "disabled"
    assert holding(at=point(NGINX), unseen=["WAFPolicy"]).waf == "unknown"


def test_no_secret_of_a_filter_is_decoded() -> None:
    spec = {"type": "OIDC", "oidc": {"clientID": CANARY, "clientSecretRef": {"name": CANARY}}}
    assert CANARY not in msgspec.json.encode(decoded(login(spec), FILTERS)).decode()


# ── GKE ──────────────────────────────────────────────────────────────────────


def iap(service: str, *, on: bool = True, status: str | None = "True", **given: Any) -> Json:
    default = {"iap": {"enabled": on, "oauth2ClientSecret": {"name": CANARY}}} | given
    spec = {"targetRef": {"group": "", "kind": "Service", "name": service}, "default": default}
    conditions = [{"type": "Attached", "status": status}] if status else None
    return made("GCPBackendPolicy", f"iap-{service}", spec, status={"conditions": conditions})


BOTH = point(GOOGLE, services=("shop/web", "shop/till"))


@pytest.mark.parametrize(
    ("objects", "told"),
    [
        ([iap("web"), iap("till")], ("required", "oidc")),
        ([iap("web")], ("unknown", "oidc")),
        ([iap("web"), iap("till", on=False)], ("unknown", "oidc")),
        ([iap("web"), iap("till", status=None)], ("unknown", "oidc")),
        ([iap("web"), iap("till", status="False")], ("unknown", "oidc")),
        ([], ("unknown",)),
    ],
)
def test_iap_asks_for_an_identity_where_it_is_in_front_of_all_services(
    objects: list[Json], told: tuple[str, ...]
) -> None:
    assert asked_of(*objects, at=BOTH) == told


def test_that_nothing_is_asked_at_gke_is_never_known() -> None:
    assert asked_of(iap("web"), iap("till"), at=BOTH, unseen=["GCPBackendPolicy"]) == ("unknown",)
    assert asked_of(iap("web"), at=point(GOOGLE)) == ("unknown",)


@pytest.mark.parametrize(
    ("objects", "told"),
    [
        ([iap("web", securityPolicy="a"), iap("till", securityPolicy="b")], "enabled"),
        ([iap("web", securityPolicy="a")], "unknown"),
        ([iap("web")], "disabled"),
        ([iap("web", securityPolicy="a", status=None)], "unknown"),
    ],
)
def test_a_firewall_is_on_where_it_is_in_front_of_all_services(
    objects: list[Json], told: str
) -> None:
    assert holding(*objects, at=BOTH).waf == told


def test_no_secret_of_iap_is_decoded() -> None:
    assert CANARY not in msgspec.json.encode(decoded(iap("web"), BACKENDS)).decode()


# ── AWS ──────────────────────────────────────────────────────────────────────

ACTIONS = point(AMAZON, extensions=(("gateway.k8s.aws", "ListenerRuleConfiguration", "rule"),))


def rule(*actions: Json) -> Json:
    return made("ListenerRuleConfiguration", "rule", {"actions": list(actions)}, status={})


@pytest.mark.parametrize(
    ("action", "told"),
    [
        (
            {"authenticateOIDCConfig": {"issuer": "https://id.example"}},
            ("required", "oidc", None, "https://id.example"),
        ),
        (
            {"authenticateCognitoConfig": {"userPoolArn": "arn:pool"}},
            ("required", "oidc", None, "arn:pool"),
        ),
        (
            {"jwtValidationConfig": {"issuer": "https://id.example"}},
            ("required", "jwt", "header:Authorization", "https://id.example"),
        ),
        (
            {"authenticateOIDCConfig": {"onUnauthenticatedRequest": "allow"}},
            ("optional", "oidc", None, None),
        ),
    ],
)
def test_actions_of_a_rule_ask_its_callers(action: Json, told: tuple[Any, ...]) -> None:
    security = holding(rule(action | {"type": "any"}), at=ACTIONS).security
    (scheme,) = security.schemes
    assert (security.requirement, scheme.kind, scheme.location, scheme.issuer) == told


def test_that_nothing_is_asked_at_aws_is_never_known() -> None:
    assert asked_of(at=point(AMAZON)) == ("unknown",)
    assert asked_of(rule({"type": "forward"}), at=ACTIONS) == ("unknown",)
    assert "is not there" in (holding(at=ACTIONS).security.evidence or "")
    unseen = holding(at=ACTIONS, unseen=["ListenerRuleConfiguration"]).security
    assert unseen.evidence == "ListenerRuleConfiguration could not be read"


def test_no_secret_of_a_rule_is_decoded() -> None:
    action = {"authenticateOIDCConfig": {"issuer": "i", "secret": {"name": CANARY}}}
    assert CANARY not in msgspec.json.encode(decoded(rule(action), RULES)).decode()


# ── Whoever is asked ─────────────────────────────────────────────────────────


def test_what_a_controller_that_nobody_knows_enforces_is_unknown() -> None:
    for name in ("example.com/gateway", "", "istio"):
        told = holding(at=point(controller=name))
        assert (told.security.requirement, told.rate_limit, told.mtls) == ("unknown",) * 3


def test_what_is_attached_to_no_gateway_is_asked_nothing_that_anybody_knows() -> None:
    assert asked_of(at=point(gateway=None)) == ("unknown",)


@pytest.mark.parametrize("controller", [ENVOY, ISTIO, KGATEWAY, NGINX, GOOGLE, AMAZON])
def test_an_extension_that_nobody_knows_never_leaves_a_rule_open(controller: str) -> None:
    at = point(controller, extensions=(("x.example", "Plugin", "p"),))
    security = holding(at=at).security
    assert security.requirement == "unknown"
    assert "Plugin p may ask for more" in (security.evidence or "")


@pytest.mark.parametrize("controller", [ENVOY, ISTIO, KGATEWAY, NGINX])
def test_nothing_is_asked_where_all_policies_were_seen_and_none_is_attached(
    controller: str,
) -> None:
    security = holding(at=point(controller)).security
    assert security.requirement == "none"
    assert security.evidence


@pytest.mark.parametrize("controller", [ENVOY, ISTIO, KGATEWAY, NGINX, GOOGLE, AMAZON])
def test_nothing_is_known_of_a_cluster_that_nobody_could_read(controller: str) -> None:
    every = [each.kind for each in POLICIES]
    at = point(controller, extensions=(FILTER,))
    told = holding(at=at, unseen=every)
    assert told.security.requirement == "unknown"
    assert {told.rate_limit, told.cors, told.waf, told.mtls} == {"unknown"}


def test_what_nobody_can_say_who_looks_after_is_unknown() -> None:
    nobody = msgspec.structs.replace(point(), controller=None)
    assert asked_of(at=nobody) == ("unknown",)


@pytest.mark.parametrize("controller", [ENVOY, ISTIO, KGATEWAY, NGINX])
@pytest.mark.parametrize(
    ("read", "at", "told"),
    [
        (["shop", "istio-system"], {}, "none"),
        (["other", "istio-system"], {}, "unknown"),
        (["shop", "istio-system"], {"gateway": "edge/edge"}, "unknown"),
    ],
)
def test_of_some_namespaces_that_are_read_those_of_a_route_and_its_gateway_count(
    controller: str, read: list[str], at: Json, told: str
) -> None:
    world = world_of()
    for each in EVERY:
        world.see(each.name, whole=True, namespaces=read)
    found = effective(point(controller, **at), look_at(world)).security
    assert found.requirement == told


def test_nobody_knows_that_nothing_is_asked_while_a_policy_is_odd() -> None:
    world = world_of()
    world.doubt("securitypolicies.gateway.envoyproxy.io", "other/odd")
    assert effective(point(), look_at(world)).security.requirement == "none"
    world.doubt("securitypolicies.gateway.envoyproxy.io", "shop/odd")
    assert effective(point(), look_at(world)).security.requirement == "unknown"


def test_what_services_of_a_rule_ask_says_nothing_of_other_rules() -> None:
    world = world_of()
    told = [
        effective(point(GOOGLE, services=services), look_at(world)).waf
        for services in ((), ("shop/web",), ())
    ]
    assert told == ["unknown", "disabled", "unknown"]


def test_a_filter_of_envoy_gateway_that_rewrites_asks_for_nothing() -> None:
    at = point(ENVOY, extensions=(("gateway.envoyproxy.io", "HTTPRouteFilter", "f"),))
    assert asked_of(at=at) == ("none",)


def test_each_kind_of_policy_is_read_once() -> None:
    names = [each.name for each in POLICIES]
    assert len(names) == len(set(names))
    assert all(name.endswith("/") for name in CONTROLLERS)


def test_a_change_of_a_policy_asks_again_whoever_looked() -> None:
    told = made("SecurityPolicy", "p", {"targetRefs": [ROUTE], "basicAuth": {}})
    world = world_of(told)
    look = look_at(world)
    assert effective(point(), look).security.requirement == "required"
    look.done()
    world.drop("securitypolicies.gateway.envoyproxy.io", "shop/p")
    assert [each.key for each in world.stale] == ["shop/web"]


NOTHING_OF_ITS_OWN: list[Json] = [
    made("SecurityPolicy", "p", {"targetRefs": [GATEWAY], "basicAuth": {}}),
    made(
        "TrafficPolicy", "t", {"targetRefs": [GATEWAY], "basicAuth": {}}, status=accepted(KGATEWAY)
    ),
    made("RequestAuthentication", "r", {"jwtRules": [{"issuer": "i"}]}, status={}),
    made("SnippetsPolicy", "s", {"targetRefs": [GATEWAY]}, status=accepted(NGINX)),
]


@pytest.mark.parametrize("controller", [ENVOY, ISTIO, KGATEWAY, NGINX])
def test_what_holds_of_a_listener_is_what_holds_of_each_route_that_nothing_is_for(
    controller: str,
) -> None:
    world = world_of(*NOTHING_OF_ITS_OWN)
    shared = [effective(point(controller), look_at(world)) for _ in range(2)]
    told = CONTROLLERS[f"{controller.partition('/')[0]}/"]
    alone = [
        each(point(controller), look_at(world_of(*NOTHING_OF_ITS_OWN))) for each in told.families
    ]
    assert shared[0] == shared[1]
    assert shared[0].security == together([each.security for each in alone if each.security])
    assert shared[0].security.requirement != "none"


def test_a_route_that_a_policy_comes_to_be_for_is_asked_by_it() -> None:
    world = world_of()
    look = look_at(world)
    assert effective(point(), look).security.requirement == "none"
    look.done()
    policy = made("SecurityPolicy", "p", {"targetRefs": [ROUTE], "basicAuth": {}})
    resource = next(each for each in POLICIES if each.kind == "SecurityPolicy")
    world.put(resource.name, decoded(policy, resource))
    assert [each.key for each in world.stale] == ["shop/web"]
    assert effective(point(), look_at(world)).security.requirement == "required"


# ── Several statements together ──────────────────────────────────────────────

WORDS = st.sampled_from(["none", "optional", "required", "unknown"])
SECURITIES = st.lists(st.builds(Security, requirement=WORDS), min_size=1, max_size=4)


@given(told=SECURITIES, data=st.data())
def test_statements_go_together_in_any_order(told: list[Security], data: st.DataObject) -> None:
    assert together(data.draw(st.permutations(told))).requirement == together(told).requirement


@given(told=SECURITIES, more=st.builds(Security, requirement=WORDS))
def test_one_more_statement_never_takes_away_what_is_asked(
    told: list[Security], more: Security
) -> None:
    before, after = together(told).requirement, together([*told, more]).requirement
    if before == "required":
        assert after == "required"
    if after == "none":
        assert before == "none"
        assert more.requirement == "none"


def test_of_no_statements_nothing_follows() -> None:
    assert together([]) == Security()


def test_statements_of_words_that_nobody_knows_yet_say_nothing() -> None:
    assert together([Security(requirement="newer")]) == Security()


def test_one_of_several_schemes_has_what_they_have_in_common() -> None:
    one = Scheme(kind="jwt", location="header:A", issuer="a", native_id="p")
    assert any_of([one]) == one
    other = msgspec.structs.replace(one, location="query:t", issuer="b")
    assert any_of([one, other]) == Scheme(kind="jwt", issuer="a or b", native_id="p")
    keys = Scheme(kind="api_key", native_id="p")
    assert any_of([one, keys]) == Scheme(kind="custom", native_id="p")
    many = [msgspec.structs.replace(one, issuer=each) for each in "abcdef"]
    assert any_of(many).issuer == "a or b or c or d"
