"""Single slots: what controllers say, where something is served, what is asked, and what nobody can tell."""

from __future__ import annotations

from typing import Any

import pytest

from apiscape.collectors.kubernetes.exposed import Address, Condition, Exposed, Match
from apiscape.collectors.kubernetes.table.serving import host_fits, tls_word
from apiscape.model.values import UNKNOWN
from apiscape.model.vocabulary import Requirement, Status, Switch
from tests.collectors.kubernetes.table.room import Room, entry_of, gate, route, rules

VALUE = (
    "  health:\n    - name: Ready\n      value: status.state\n      map: {Up: ok, Down: error, New: pending}\n"
    "      reason: status.reason\n      generation: status.seen\n"
)
ACCEPTED = {"type": "Accepted", "status": "True"}
CONDITIONS = (
    "  health:\n    - {conditions: 'status.conditions[]', ok: [Accepted], negative: [Conflicted]}\n"
)


def said(text: str, **status: Any) -> tuple[Condition, ...]:
    return route(text, status=status).one().conditions


@pytest.mark.parametrize(
    ("status", "holds", "reason"),
    [
        ({"state": "Up"}, True, None),
        ({"state": "Up", "seen": 2}, True, None),
        ({"state": "Up", "seen": 1}, None, "stale: said of generation 1, which is 2 now"),
        ({"state": "Up", "seen": True}, True, None),
        ({"state": "Down", "reason": "broken"}, False, "Down: broken"),
        ({"state": "New"}, None, "pending: New"),
        ({"state": "Unheard"}, None, "pending: Unheard"),
        ({"state": ""}, None, "pending: no status yet"),
        ({"state": ["Up"]}, None, "pending: no status yet"),
        ({}, None, "pending: no status yet"),
        ({"state": "Down", "reason": "x" * 500}, False, "Down: " + "x" * 194),
    ],
)
def test_a_word_says_whether_it_is_well(
    status: dict[str, Any], holds: bool | None, reason: str | None
) -> None:
    assert said(VALUE, **status) == (Condition(name="Ready", holds=holds, reason=reason),)


@pytest.mark.parametrize(
    ("conditions", "holds", "reason"),
    [
        ([{"type": "Accepted", "status": "True", "observedGeneration": 2}], True, None),
        (
            [{"type": "Accepted", "status": "True", "observedGeneration": 1}],
            None,
            "stale: said of generation 1, which is 2 now",
        ),
        (
            [{"type": "Accepted", "status": "False", "reason": "Bad", "message": "very"}],
            False,
            "Bad: very",
        ),
        ([{"type": "Accepted", "status": "False"}], False, "no reason is given"),
        (
            [{"type": "Accepted", "status": "Unknown", "reason": "Pending"}],
            None,
            "pending: Pending",
        ),
        ([{"type": "Accepted", "status": ["True"]}], None, "pending: no reason is given"),
        ([{"type": "Other", "status": "True"}], None, "pending: no Accepted yet"),
        (["odd", None], None, "pending: no Accepted yet"),
        ("odd", None, "pending: no Accepted yet"),
        (
            [
                {"type": "Accepted", "status": "True"},
                {"type": "Accepted", "status": "False", "reason": "B"},
            ],
            False,
            "B",
        ),
        (
            [
                {"type": "Accepted", "status": "True"},
                {"type": "Accepted", "status": "Unknown", "reason": "C"},
            ],
            None,
            "pending: C",
        ),
    ],
)
def test_conditions_say_whether_it_is_well(
    conditions: Any, holds: bool | None, reason: str | None
) -> None:
    assert said(CONDITIONS, conditions=conditions) == (
        Condition(name="Accepted", holds=holds, reason=reason),
    )


@pytest.mark.parametrize(
    ("status", "seen", "expected"),
    [
        ("True", 2, [False]),
        ("True", 1, [None]),
        ("False", 2, []),
        ("Unknown", 2, []),
    ],
)
def test_a_condition_that_is_bad_news_is_said_only_where_it_holds(
    status: str, seen: int, expected: list[bool | None]
) -> None:
    told = said(
        CONDITIONS,
        conditions=[{"type": "Conflicted", "status": status, "observedGeneration": seen}],
    )
    assert [each.holds for each in told if each.name == "Conflicted"] == expected


def test_words_of_status_style_and_lifecycle_that_are_not_known_stay_unknown() -> None:
    text = (
        '  status: {value: spec.on, map: {"true": active}}\n'
        "  style: {value: spec.s, map: {G: grpc}, otherwise: http}\n"
    )
    told = [
        route(text, spec=spec).one()
        for spec in ({"on": True, "s": "G"}, {"on": False, "s": "H"}, {})
    ]
    assert [(each.status, each.style) for each in told] == [
        (Status.ACTIVE, "grpc"),
        (Status.UNKNOWN, "http"),
        (Status.UNKNOWN, "http"),
    ]


@pytest.mark.parametrize(
    ("spot", "address"),
    [
        ("{host: 'a'}", Address(host="a", scheme="http")),
        ("{host: 'a', secret: 's'}", Address(host="a", certificate="shop/s", tls_mode="terminate")),
        (
            "{host: 'a', secret: 'ns/s'}",
            Address(host="a", certificate="ns/s", tls_mode="terminate"),
        ),
        ("{host: '*', scheme: 'https'}", Address()),
        ("{url: 'https://a.example:8443/x/'}", Address(host="a.example", port=8443, path="/x")),
        ("{url: 'a.example'}", Address(host="a.example", scheme="http")),
        ("{url: 'http://0.0.0.0:80'}", Address(scheme="http", port=80)),
        (
            "{host: 'a', tls_min: 'VersionTLS13', mtls: `false`}",
            Address(host="a", scheme="http", tls_min="TLS_1_3", mtls=Switch.DISABLED),
        ),
        (
            "{host: 'a', mtls: `true`, is_generated: `true`}",
            Address(host="a", scheme="http", mtls=Switch.ENABLED, is_generated=True),
        ),
    ],
)
def test_a_spot_is_an_address(spot: str, address: Address) -> None:
    assert route(f'  addresses: "{spot}"\n').one().addresses == (address,)


def test_addresses_that_an_object_does_not_state_are_unknown() -> None:
    exposed = route("  addresses: spec.at\n").one()
    assert (exposed.addresses, exposed.mtls) == (None, Switch.UNKNOWN)
    assert exposed.gateway is UNKNOWN


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("1.2", "TLS_1_2"),
        ("TLSv1.3", "TLS_1_3"),
        ("VersionTLS12", "TLS_1_2"),
        ("1_1", "TLS_1_1"),
        ("modern", "modern"),
    ],
)
def test_versions_of_tls_are_in_one_form(text: str, word: str) -> None:
    assert tls_word(text) == word


@pytest.mark.parametrize(
    ("one", "other", "fits"),
    [
        ("a.example", "a.example", True),
        ("*", "a.example", True),
        ("", "a.example", True),
        ("a.example", "*.example", True),
        ("*.example", "x.y.example", True),
        ("*.example", "example", False),
        ("a.example", "b.example", False),
        ("*.a.example", "*.example", True),
        ("*.a.example", "*.b.example", False),
    ],
)
def test_hosts_fit_where_they_have_names_in_common(one: str, other: str, fits: bool) -> None:
    assert host_fits(one, other) is fits
    assert host_fits(other, one) is fits


GATES = """\
- id: gate
  role: route
  resource: {group: x.example, plural: gates, kind: Gate, versions: [v1]}
  addresses: "{host: spec.host}"
  addresses_from: [doors.x.example]
- id: door
  role: gateway
  resource: {group: x.example, plural: doors, kind: Door, versions: [v1]}
  addresses: "spec.hosts[].{host: @, scheme: 'https', port: `443`, secret: 's', tls_min: '1.2'}"
"""


@pytest.mark.parametrize(
    ("host", "doors", "expected"),
    [
        ("a.example", ["*.example"], ["https://a.example"]),
        ("*.example", ["a.example", "b.example"], ["https://a.example", "https://b.example"]),
        ("*", ["a.example"], ["https://a.example"]),
        ("a.example", ["b.example"], ["http://a.example"]),
        ("*.a.example", ["*.example"], ["https://*.a.example"]),
    ],
)
def test_gateways_say_how_their_hosts_are_served(
    host: str, doors: list[str], expected: list[str]
) -> None:
    room = Room(
        [gate(spec={"host": host}), gate("d", "Door", spec={"hosts": doors})],
        entries=entry_of(GATES),
    )
    (exposed,) = room.exposed()["Gate shop/a"]
    assert isinstance(exposed, Exposed)
    assert [f"{each.scheme}://{each.host}" for each in exposed.addresses or ()] == expected


def test_a_gateway_that_could_not_be_looked_at_is_told() -> None:
    room = Room([gate(spec={"host": "a"})], entries=entry_of(GATES), unseen=["doors.x.example"])
    (exposed,) = room.exposed()["Gate shop/a"]
    assert isinstance(exposed, Exposed)
    assert exposed.incomplete == ("every doors.x.example could not be looked at",)


AUTH = (
    "  auth: {each: spec.asks, kinds: {key: api_key, token: jwt, open: none}%s}\n"
    "  rules:\n    - matches: \"{path: '/'}\"\n"
)


def asked(asks: Any, more: str = "") -> tuple[str, list[str]]:
    security = rules(route(AUTH % more, spec={"asks": asks}).one())[0].security
    return security.requirement, [each.kind for each in security.schemes]


@pytest.mark.parametrize(
    ("asks", "together", "any_of"),
    [
        ([{"kind": "key"}], ("required", ["api_key"]), ("required", ["api_key"])),
        ([{"kind": "key"}, {"kind": "token"}], ("required", ["api_key", "jwt"]), ("required", [])),
        (
            [{"kind": "key", "id": "a"}, {"kind": "key", "id": "b"}],
            ("required", ["api_key", "api_key"]),
            ("required", ["api_key"]),
        ),
        ([{"kind": "open"}], ("none", []), ("none", [])),
        ([{"kind": "open"}, {"kind": "key"}], ("required", ["api_key"]), ("optional", ["api_key"])),
        ([{"kind": "key", "optional": True}], ("optional", ["api_key"]), ("required", ["api_key"])),
        (
            [{"kind": "key", "optional": True}, {"kind": "token"}],
            ("required", ["jwt"]),
            ("required", []),
        ),
        ([{"kind": "unheard"}], ("required", ["custom"]), ("required", ["custom"])),
        ([], ("none", []), ("none", [])),
        ([{"kind": "key", "by_name": True}], ("none", []), ("none", [])),
    ],
)
def test_what_is_asked(
    asks: Any, together: tuple[str, list[str]], any_of: tuple[str, list[str]]
) -> None:
    assert asked(asks) == together
    assert asked(asks, ", any_of: true") == any_of


def test_nothing_is_said_to_be_open_where_others_may_ask_something() -> None:
    text = "  auth_elsewhere: doors are not looked at\n" + AUTH % ""
    security = rules(route(text, spec={}).one())[0].security
    assert (security.requirement, security.evidence) == (
        Requirement.UNKNOWN,
        "Gate shop/a asks nothing itself; doors are not looked at",
    )


def test_policies_may_be_named_in_an_annotation() -> None:
    text = """\
- id: gate
  role: route
  resource: {group: x.example, plural: gates, kind: Gate, versions: [v1]}
  policies: {annotation: x.example/locks, kinds: {"*": locks.x.example}}
  rules: [{matches: "{path: '/'}"}]
- id: lock
  role: policy
  resource: {group: x.example, plural: locks, kind: Lock, versions: [v1]}
  auth: {each: "spec.{kind: kind}", kinds: {key: api_key}}
"""
    named = gate(metadata={"annotations": {"x.example/locks": " one, ,two "}})
    room = Room([named, gate("one", "Lock", spec={"kind": "key"})], entries=entry_of(text))
    exposed = room.one()
    assert [each.native_id for each in rules(exposed)[0].security.schemes] == ["Lock shop/one"]
    assert [each.reason for each in exposed.conditions] == ["Lock shop/two is not there"]


@pytest.mark.parametrize(
    ("asking", "match"),
    [
        ("{path: 'x'}", Match(path="/x")),
        ("{path: '*', type: 'own'}", Match(path="*", path_type="own")),
        ("{path: '^x', type: 'regex'}", Match(path="^x", path_type="regex")),
        ("{type: 'Strange'}", Match(path_type="own")),
        ("{method: 'get', operation_id: 'one'}", Match(method="GET", operation_id="one")),
    ],
)
def test_requests_are_told_in_one_form(asking: str, match: Match) -> None:
    exposed = route(f'  rules:\n    - matches: "{asking}"\n').one()
    assert rules(exposed)[0].matches == (match,)


def test_methods_of_a_rule_are_for_all_of_its_paths() -> None:
    text = "  rules:\n    - {methods: spec.m, matches: 'spec.p[].{path: @}'}\n"
    both = route(text, spec={"m": ["GET", "PUT"], "p": ["/a", "/b"]}).one()
    assert [(each.path, each.method) for each in rules(both)[0].matches] == [
        ("/a", "GET"),
        ("/a", "PUT"),
        ("/b", "GET"),
        ("/b", "PUT"),
    ]
    bare = route(text, spec={"m": ["GET"]}).one()
    assert rules(bare)[0].matches == (Match(method="GET"),)


def test_without_rules_of_its_entry_nobody_knows_them() -> None:
    assert route("  title: spec.title\n").one().rules is None
