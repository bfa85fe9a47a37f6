"""The normalisers of AppSync: by table, and by values that no service should send."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apiscape.collectors.aws.appsync import domain_names, events, graphql, modes, naming
from apiscape.collectors.aws.appsync.sources import read_data_sources
from apiscape.collectors.aws.names import Place
from apiscape.collectors.aws.settings import TagSettings
from apiscape.collectors.sdl import Directive, RootField
from apiscape.model.codec import encode
from apiscape.model.security import Scheme
from apiscape.model.values import UNKNOWN
from tests.collectors.aws.desk import START

PLACE = Place("aws", "111122223333", "eu-west-1", "amazonaws.com")
KEYS = TagSettings()


def field(*own: str, inherited: tuple[str, ...] = ()) -> RootField:
    return RootField(
        "QUERY",
        "x",
        deprecated=False,
        own=tuple(Directive(name) for name in own),
        inherited=tuple(Directive(name) for name in inherited),
    )


def security(api: dict[str, Any], one: RootField) -> tuple[str, list[str], str | None]:
    (operation,) = graphql.read_operations((one,), graphql.ways_in(api))
    found = operation.security
    return found.requirement, [scheme.kind for scheme in found.schemes], found.evidence


@pytest.mark.parametrize(
    ("mode", "kind"),
    [
        ("API_KEY", "api_key"),
        ("AWS_IAM", "iam"),
        ("AMAZON_COGNITO_USER_POOLS", "jwt"),
        ("OPENID_CONNECT", "oidc"),
        ("AWS_LAMBDA", "custom"),
        ("OF_A_LATER_YEAR", "custom"),
    ],
)
def test_the_default_holds_where_no_directive_does(mode: str, kind: str) -> None:
    said = security({"authenticationType": mode}, field("deprecated", "aws_subscribe"))
    assert said == ("required", [kind], f"default: {mode}")


def test_what_no_pool_lets_in_by_default_is_said_beside_it() -> None:
    api = {
        "authenticationType": modes.POOL,
        "userPoolConfig": {"userPoolId": "p", "defaultAction": "DENY"},
    }
    assert security(api, field())[2] == f"default (default action DENY): {modes.POOL}"


def test_an_api_without_a_word_of_its_ways_in_is_unknown() -> None:
    assert security({}, field("aws_iam")) == ("unknown", [], "no authentication type")


@pytest.mark.parametrize(
    ("more", "kinds"), [([], ["jwt"]), ([{"authenticationType": "AWS_IAM"}], ["jwt"])]
)
def test_groups_count_where_the_pool_is_the_one_way_in(more: list[Any], kinds: list[str]) -> None:
    api = {"authenticationType": modes.POOL, "additionalAuthenticationProviders": more}
    grouped = Directive("aws_auth", (("cognito_groups", ("Admins",)),))
    one = RootField("QUERY", "x", deprecated=False, own=(grouped,))
    (operation,) = graphql.read_operations((one,), graphql.ways_in(api))
    assert [scheme.kind for scheme in operation.security.schemes] == kinds
    scopes = () if more else ("cognito:groups=Admins",)
    assert operation.security.schemes[0].scopes == scopes


def test_groups_of_the_pool_are_no_scope_where_a_signature_does_as_well() -> None:
    grouped = Directive("aws_cognito_user_pools", (("cognito_groups", ("Admins",)),))
    one = RootField("QUERY", "x", deprecated=False, own=(grouped, Directive("aws_iam")))
    (operation,) = graphql.read_operations(
        (one,), graphql.ways_in({"authenticationType": "API_KEY"})
    )
    assert [scheme.scopes for scheme in operation.security.schemes] == [()]
    only_iam = RootField("QUERY", "x", deprecated=False, own=(Directive("aws_iam", grouped.lists),))
    (operation,) = graphql.read_operations(
        (only_iam,), graphql.ways_in({"authenticationType": "API_KEY"})
    )
    assert [scheme.kind for scheme in operation.security.schemes] == ["iam"]


def test_several_pools_are_one_scheme_with_all_their_issuers() -> None:
    pools = [
        {"authenticationType": modes.POOL, "userPoolConfig": {"userPoolId": name}} for name in "ab"
    ]
    providers = modes.read_graphql({**pools[0], "additionalAuthenticationProviders": pools[1:]})
    (scheme,) = modes.asked((modes.POOL,), providers, "x").schemes
    assert (scheme.kind, scheme.issuer) == ("jwt", "a or b")
    bare = modes.any_of(
        (scheme, modes.read_graphql(pools[0]).schemes("AMAZON_COGNITO_USER_POOLS")[0])
    )
    assert bare.issuer == "a or b or a"
    unbound = modes.any_of(modes.Providers({}).schemes(modes.POOL) * 2)
    assert unbound.issuer is None


def test_issuers_and_authorizers_are_told_without_what_may_be_a_credential() -> None:
    configuration = {
        "authProviders": [
            {
                "authType": "OPENID_CONNECT",
                "openIDConnectConfig": {"issuer": "https://u:p@id.example/x?k=1", "clientId": "c"},
            },
            {"authType": "AWS_LAMBDA", "lambdaAuthorizerConfig": {"authorizerUri": "arn:f"}},
            {"authType": "AMAZON_COGNITO_USER_POOLS", "cognitoConfig": {"userPoolId": "p"}},
        ]
    }
    providers = modes.read_event(configuration)
    assert [providers.schemes(mode)[0] for mode in providers.known] == [
        Scheme(kind="oidc", location="header:Authorization", issuer="https://id.example/x"),
        Scheme(kind="custom", location="header:Authorization", native_id="arn:f"),
        Scheme(kind="jwt", location="header:Authorization", issuer="p"),
    ]


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ({"type": "NONE"}, ("mock", None)),
        (
            {"type": "AWS_LAMBDA", "lambdaConfig": {"lambdaFunctionArn": "arn:f"}},
            ("lambda", "arn:f"),
        ),
        ({"type": "AWS_LAMBDA"}, ("lambda", UNKNOWN)),
        (
            {"type": "AMAZON_DYNAMODB", "dynamodbConfig": {"tableName": "t"}},
            ("table", "dynamodb:?:table/t"),
        ),
        ({"type": "AMAZON_DYNAMODB"}, ("table", UNKNOWN)),
        (
            {
                "type": "AMAZON_OPENSEARCH_SERVICE",
                "openSearchServiceConfig": {"endpoint": "https://u:p@s.example"},
            },
            ("search", "https://s.example"),
        ),
        (
            {"type": "AMAZON_EVENTBRIDGE", "eventBridgeConfig": {"eventBusArn": "arn:b"}},
            ("event_bus", "arn:b"),
        ),
        (
            {
                "type": "RELATIONAL_DATABASE",
                "relationalDatabaseConfig": {
                    "rdsHttpEndpointConfig": {
                        "dbClusterIdentifier": "arn:c",
                        "awsSecretStoreArn": "arn:secret",
                    }
                },
            },
            ("database", "arn:c"),
        ),
        ({"type": "RELATIONAL_DATABASE"}, ("database", UNKNOWN)),
        ({"type": "AMAZON_BEDROCK_RUNTIME"}, ("aws", UNKNOWN)),
        ({}, ("unknown", UNKNOWN)),
    ],
)
def test_data_sources(source: dict[str, Any], said: tuple[str, Any]) -> None:
    (backend,) = read_data_sources([{**source, "name": "x"}, {"type": "NONE"}])
    assert (backend.key, backend.kind, backend.address) == ("x", *said)


@pytest.mark.parametrize(
    ("uris", "urls"),
    [
        ({"GRAPHQL": "https://U:P@Host.Example/GraphQL/?k=1"}, ["https://host.example/GraphQL"]),
        ({"REALTIME": "https://live.example/graphql"}, ["wss://live.example/graphql"]),
        ({"GRAPHQL": "nonsense", "OTHER": "https://x"}, UNKNOWN),
        (None, UNKNOWN),
    ],
)
def test_addresses(uris: Any, urls: Any) -> None:
    item = graphql.normalise({"apiId": "a", "uris": uris}, graphql.UNSEEN, PLACE, KEYS)
    found = item.endpoints if item.endpoints is UNKNOWN else [one.url for one in item.endpoints]
    assert found == urls
    assert item.exposure == "unknown"


@pytest.mark.parametrize(
    ("arn", "said"),
    [
        ("arn:aws:appsync:eu-west-1:111122223333:apis/x", "aws:111122223333:eu-west-1:appsync:x"),
        ("arn:aws-cn:appsync:cn-north-1:1:apis/x/more", "aws-cn:1:cn-north-1:appsync:x"),
        ("arn:aws:appsync:eu-west-1:111122223333:domainnames/x", None),
        ("arn:aws:lambda:eu-west-1:111122223333:apis/x", None),
        ("arn:aws:appsync", None),
        ("", None),
    ],
)
def test_native_ids_of_arns(arn: str, said: str | None) -> None:
    assert naming.native_id_of_arn(arn) == said


@pytest.mark.parametrize(
    ("arn", "account"),
    [
        ("arn:aws:appsync:eu-west-1:444455556666:apis/x", "444455556666"),
        ("arn:aws:appsync:eu-west-1:111122223333:apis/x", "111122223333"),
        ("arn:aws:appsync:eu-west-1:evil/account:apis/x", "111122223333"),
        ("arn", "111122223333"),
        (None, "111122223333"),
    ],
)
def test_what_an_arn_names_belongs_to_its_account(arn: str | None, account: str) -> None:
    assert PLACE.owning(arn).account == account


def test_a_console_that_is_not_known_is_not_linked_to() -> None:
    assert PLACE.console_page(naming.console(PLACE, "a/b")) == (
        "https://eu-west-1.console.aws.amazon.com/appsync/home?region=eu-west-1#/a%2Fb/v1/home"
    )
    assert Place("aws-iso", "1", "us-iso-east-1", "c2s").console_page("a") is None


def test_a_contact_alone_answers_for_an_api() -> None:
    item = graphql.normalise({"ownerContact": "a@example"}, graphql.UNSEEN, PLACE, KEYS)
    (owner,) = item.owners  # type: ignore[misc]
    assert (owner.name, owner.contact) == ("a@example", "a@example")
    assert graphql.normalise({}, graphql.UNSEEN, PLACE, KEYS).owners == ()


# ── Hostile values ───────────────────────────────────────────────────────────

_SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8), st.just("\ud800")
)
_NAMES = st.sampled_from(
    (
        *("apiId", "name", "arn", "apiType", "uris", "GRAPHQL", "tags", "authenticationType"),
        *("additionalAuthenticationProviders", "userPoolConfig", "openIDConnectConfig", "issuer"),
        *("logConfig", "queryDepthLimit", "introspectionConfig", "ownerContact", "type", "created"),
        *("eventConfig", "authProviders", "authType", "connectionAuthModes", "handlerConfigs"),
        *("onPublish", "integration", "dataSourceName", "dns", "HTTP", "publishAuthModes"),
        *("apiAssociation", "associationStatus", "httpConfig", "endpoint", "sourceApiArn"),
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


@given(_ITEM, _ITEM)
def test_whatever_is_answered_is_understood_or_unknown(item: Any, other: Any) -> None:
    backends = read_data_sources([item, other])
    fields = (field("aws_auth"), field("aws_iam", "aws_lambda"), field())
    operations = graphql.read_operations(fields, graphql.ways_in(item))
    detail = graphql.Detail(operations=operations, backends=backends)
    plain = graphql.normalise(item, detail, PLACE, KEYS)
    event = events.normalise(item, (item, other), backends, PLACE, KEYS)
    door = domain_names.normalise(item, other, PLACE)
    limits = tuple(graphql.read_limits(item, plain, START))
    for said in (plain, event, door, limits, graphql.read_sources([item, other], plain)):
        assert encode(said)
    assert events.needs_data_sources([item, other]) in {True, False}
