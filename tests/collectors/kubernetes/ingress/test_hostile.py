"""Whatever objects hold, something true is said of them, nothing is raised, and no credential is kept."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from apiscape.collectors.kubernetes.ingress.controllers import DIALECTS
from apiscape.collectors.kubernetes.ingress.dialects import WORD_SIZE, WORDS
from apiscape.collectors.kubernetes.ingress.kinds import Ingress
from apiscape.collectors.kubernetes.ingress.plugins import MEMBERS
from apiscape.collectors.kubernetes.objects import Decoder
from apiscape.model.vocabulary import Requirement, Switch
from tests.collectors.kubernetes.ingress.room import (
    CONTROLLERS,
    Json,
    expose,
    ingress,
    named,
    path,
    rule,
    service,
)

KEYS = sorted(
    {
        prefix + key
        for dialect in DIALECTS
        for prefix in dialect.prefixes
        for key in (
            *(asks.key for asks in dialect.asks),
            *(asks.mode or "x" for asks in dialect.asks),
            *dialect.either,
            *(sign.key for signs in dialect.on.values() for sign in signs),
            *dialect.redirect.keys,
            *(sign.key for sign in (*dialect.passthrough, *dialect.regex, *dialect.grpc)),
            *dialect.aliases,
            *dialect.tls,
            *dialect.snippets,
            *(dialect.methods or "x", dialect.without_methods or "x"),
        )
    }
    | {
        "kubernetes.io/ingress.class",
        "konghq.com/plugins",
        "traefik.ingress.kubernetes.io/router.middlewares",
        "nginx.org/policies",
        "nginx.org/mergeable-ingress-type",
        "nginx.ingress.kubernetes.io/canary",
        "nginx.ingress.kubernetes.io/canary-weight",
        "alb.ingress.kubernetes.io/group.name",
        "alb.ingress.kubernetes.io/scheme",
        "alb.ingress.kubernetes.io/listen-ports",
        "alb.ingress.kubernetes.io/mutual-authentication",
        "alb.ingress.kubernetes.io/actions.web",
        "alb.ingress.kubernetes.io/conditions.web",
        "alb.ingress.kubernetes.io/auth-type",
        "alb.ingress.kubernetes.io/jwt-validation",
        "ingress.kubernetes.io/backends",
        "cloud.google.com/backend-config",
    }
)
JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda below: (
        st.lists(below, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["type", "forward", "forwardConfig", "targetGroups", "values", "field", "port"]
            ),
            below,
            max_size=3,
        )
    ),
    max_leaves=8,
)
VALUES = (
    st.text(max_size=30)
    | st.sampled_from(
        ["true", "false", "basic", "oidc", "any", "verify", "master", "1", "a,b", "https"]
    )
    | JSON_VALUES.map(json.dumps)
)
SAID = st.dictionaries(st.sampled_from(KEYS), VALUES, max_size=6)
HOSTS = (
    st.none()
    | st.sampled_from(["a.example", "*.example", "A.EXAMPLE", "\x1b[31m"])
    | st.text(max_size=8)
)
TLS = st.none() | st.lists(
    st.fixed_dictionaries(
        {},
        optional={
            "hosts": st.lists(st.text(max_size=8)) | st.none(),
            "secretName": st.text(max_size=5),
        },
    ),
    max_size=2,
)


@given(st.sampled_from([*CONTROLLERS, None]), HOSTS, SAID, SAID, TLS)
def test_whatever_annotations_say_something_true_is_said(
    name: str | None, host: str | None, said: Json, of_service: Json, tls: Any
) -> None:
    found = expose(ingress(name, rule(host), said=said, tls=tls), service(said=of_service))
    for api in found:
        msgspec.json.encode(api)
        assert api.host
        for each in api.rules or ():
            security = each.security
            assert security.evidence
            asks = security.requirement in {Requirement.REQUIRED, Requirement.OPTIONAL}
            assert bool(security.schemes) == asks
            assert all(scheme.native_id for scheme in security.schemes)
        if api.mtls == Switch.ENABLED:
            assert not any(each.scheme == "http" for each in api.addresses or ())
        assert any(each.scheme in {"http", "https"} for each in api.addresses or ()) or any(
            each.name == "Attached" and each.holds is False for each in api.conditions
        )


@given(st.sampled_from([*CONTROLLERS]), SAID)
def test_what_asks_for_nothing_never_says_so_where_something_is_hidden(
    name: str, said: Json
) -> None:
    """One more plugin that cannot be seen never makes an API open."""
    gone = {
        "konghq.com/plugins": "gone",
        "nginx.org/policies": "gone",
        "appgw.ingress.kubernetes.io/appgw-ssl-profile": "gone",
        "nginx.ingress.kubernetes.io/configuration-snippet": "x",
    }
    found = expose(ingress(name, said=said | gone))
    if name in {"kong", "f5", "agic", "nginx"}:
        told = [each.security.requirement for api in found for each in api.rules or ()]
        assert Requirement.NONE not in told


CANARY = "CANARY-SECRET"
PLACES = {
    "kubectl.kubernetes.io/last-applied-configuration": f'{{"password": "{CANARY}"}}',
    "nginx.ingress.kubernetes.io/auth-url": f"https://user:{CANARY}@auth.example/c?token={CANARY}",
    "nginx.ingress.kubernetes.io/configuration-snippet": f"set $key {CANARY};",
    "nginx.ingress.kubernetes.io/auth-snippet": f"proxy_set_header X {CANARY};",
    "nginx.org/location-snippets": CANARY,
    "haproxy.org/backend-config-snippet": CANARY,
    "haproxy-ingress.github.io/config-backend": CANARY,
    "haproxy-ingress.github.io/auth-url": f"http://u:{CANARY}@a.example/?k={CANARY}",
    "k8s.apisix.apache.org/auth-uri": f"http://u:{CANARY}@a.example/?k={CANARY}",
    "k8s.apisix.apache.org/csrf-key": CANARY,
    "konghq.com/headers.x-key": CANARY,
    "alb.ingress.kubernetes.io/auth-idp-oidc": json.dumps(
        {"issuer": f"https://{CANARY}:x@i.example", "clientSecret": CANARY}
    ),
    "alb.ingress.kubernetes.io/auth-type": "oidc",
    "alb.ingress.kubernetes.io/actions.web": json.dumps(
        {"type": "redirect", "redirectConfig": {"query": CANARY}}
    ),
    "alb.ingress.kubernetes.io/conditions.web": json.dumps(
        [{"field": "http-header", "httpHeaderConfig": {"values": [CANARY]}}]
    ),
}


@pytest.mark.parametrize("name", CONTROLLERS)
def test_no_credential_is_kept_of_any_annotation(name: str) -> None:
    found = expose(ingress(name, said=dict(PLACES)), service(said=dict(PLACES)))
    assert found
    for api in found:
        told = msgspec.structs.replace(
            api, metadata=msgspec.structs.replace(api.metadata, annotations=None)
        )
        assert CANARY.encode() not in msgspec.json.encode(told)
        assert "kubectl.kubernetes.io/last-applied-configuration" not in (
            api.metadata.annotations or {}
        )


@pytest.mark.parametrize(
    "spec",
    [
        {"rules": "none"},
        {"rules": [{"host": 7}]},
        {"tls": [{"hosts": "a"}]},
        {"rules": [{"http": {"paths": [{"path": "/"}]}}]},
        {"ingressClassName": []},
    ],
)
def test_an_ingress_of_the_wrong_types_is_odd_and_no_other(spec: Json) -> None:
    items = [named("Ingress", "bad", spec=spec), ingress("own", name="good")]
    page = Decoder(Ingress).page(msgspec.json.encode({"metadata": {}, "items": items}), "list")
    assert [each.metadata.name for each in page.items] == ["good"]
    assert [each.key for each in page.odd] == ["shop/bad"]


def test_annotations_of_a_mebibyte_in_all_are_not_repeated() -> None:
    huge = "x" * ((1 << 20) // len(KEYS))
    said = dict.fromkeys(KEYS, huge)
    for name in CONTROLLERS:
        for api in expose(ingress(name, said=said), service(said=said)):
            told = msgspec.structs.replace(
                api, metadata=msgspec.structs.replace(api.metadata, annotations=None)
            )
            assert len(msgspec.json.encode(told)) < len(huge), name


def test_a_thousand_paths_and_hosts() -> None:
    rules = [
        rule(f"h{number}.example", *(path(f"/{each}", f"s{each}") for each in range(10)))
        for number in range(100)
    ]
    found = expose(ingress("nginx", *rules))
    assert len(found) == 100
    assert sum(len(api.rules or ()) for api in found) == 1_000


def test_lists_in_annotations_are_read_so_far_and_no_further() -> None:
    many = ",".join(f"h{number}.example" for number in range(WORDS + 5))
    found = expose(ingress("nginx", said={"nginx.ingress.kubernetes.io/server-alias": many}))
    assert len(found) == WORDS + 1
    told = f"more than {WORDS} words of nginx.ingress.kubernetes.io/server-alias"
    assert {each.incomplete for each in found} == {(told,)}
    long = f"b.example,{'h' * (WORD_SIZE + 1)}"
    found = expose(ingress("nginx", said={"nginx.ingress.kubernetes.io/server-alias": long}))
    told = (
        "a word of nginx.ingress.kubernetes.io/server-alias that is longer than "
        f"{WORD_SIZE} characters"
    )
    assert {each.incomplete for each in found} == {(told,)}
    names = ",".join(f"p{number}" for number in range(MEMBERS + 1))
    (named_,) = expose(ingress("kong", said={"konghq.com/plugins": names}))
    assert named_.incomplete == (f"more than {MEMBERS} are named",)
