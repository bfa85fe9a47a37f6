from __future__ import annotations

import pytest

from apiscape.model.deployment import Backend, Endpoint, Owner, Protections, Spec
from apiscape.model.projection import below, beyond, deepen, project, routes_to
from apiscape.model.row import Deep, search_text
from apiscape.model.surroundings import FrontDoor, FrontDoorRoute
from apiscape.model.values import UNKNOWN, Unknown
from tests.unit.model.build import IAM, JWT, OPEN, a_deployment, a_scope, an_operation


def test_a_row_of_what_nobody_looked_at_is_unknown_not_empty() -> None:
    row = project(a_deployment(), a_scope())
    assert (row.operations, row.unauthenticated, row.endpoints, row.owners) == (UNKNOWN,) * 4
    assert (row.schemes, row.spec, row.consumers, row.auth) == (
        UNKNOWN,
        UNKNOWN,
        UNKNOWN,
        "unknown",
    )
    assert deepen(a_deployment()) == Deep()


def test_operations_are_counted_and_summed_up() -> None:
    item = a_deployment(
        operations=(
            an_operation("GET", "/a", security=IAM),
            an_operation("POST", "/a", security=JWT),
            an_operation("GET", "/open", security=OPEN),
        )
    )
    row = project(item, a_scope())
    assert (row.operations, row.unauthenticated, row.auth, row.schemes) == (
        3,
        1,
        "mixed",
        ("iam", "jwt"),
    )


def test_a_preflight_is_an_operation_but_never_unprotected() -> None:
    item = a_deployment(
        operations=(
            an_operation(security=IAM),
            an_operation("OPTIONS", "/x", security=OPEN, preflight=True),
        )
    )
    row = project(item, a_scope())
    assert (row.operations, row.unauthenticated, row.auth) == (2, 0, "required")


def test_one_operation_nobody_could_judge_leaves_the_count_unknown() -> None:
    row = project(
        a_deployment(operations=(an_operation(), an_operation("PUT", security=OPEN))), a_scope()
    )
    assert row.unauthenticated is UNKNOWN


def test_who_ends_tls_is_said_of_the_addresses_that_are_served() -> None:
    def row(*endpoints: Endpoint) -> tuple[str, ...] | Unknown:
        return project(a_deployment(endpoints=endpoints), a_scope()).tls

    plain = Endpoint("http://x.example", tls_mode="plain")
    ended = Endpoint("https://x.example", tls_mode="terminate")
    off = Endpoint("https://y.example", enabled=False)
    assert project(a_deployment(), a_scope()).tls is UNKNOWN
    assert row() == ()
    assert row(ended, plain, ended, off) == ("plain", "terminate")
    assert row(ended, Endpoint("https://z.example")) is UNKNOWN


def test_a_row_says_whether_callers_are_limited() -> None:
    row = project(a_deployment(protections=Protections(rate_limit="partial")), a_scope())
    assert row.rate_limit == "partial"


def test_none_at_all_is_zero_not_unknown() -> None:
    row = project(a_deployment(operations=(), endpoints=(), specs=(), owners=()), a_scope())
    assert (row.operations, row.unauthenticated, row.endpoints, row.spec, row.owners) == (
        0,
        0,
        (),
        None,
        (),
    )


def test_an_address_that_is_switched_off_is_no_address() -> None:
    item = a_deployment(
        endpoints=(
            Endpoint(url="https://on.example"),
            Endpoint(url="https://off.example", enabled=False),
        )
    )
    assert project(item, a_scope()).endpoints == ("https://on.example",)


def test_the_contract_is_named_with_its_version() -> None:
    assert project(
        a_deployment(specs=(Spec(format="openapi", format_version="3.1.0"),)), a_scope()
    ).spec == ("openapi 3.1.0")
    assert project(a_deployment(specs=(Spec(format="graphql"),)), a_scope()).spec == "graphql"


def test_paths_backends_and_tags_are_for_the_store() -> None:
    item = a_deployment(
        operations=(
            an_operation("GET", "/b"),
            an_operation("PUT", "/b"),
            an_operation("GET", "/a"),
        ),
        backends=(
            Backend(key="1", kind="http", address="https://in.example"),
            Backend(key="2", kind="mock", address=None),
        ),
        labels={"team": "tax", "cost": ""},
    )
    assert deepen(item) == Deep(
        paths=("/a", "/b"), backends=("https://in.example",), labels=("cost=", "team=tax")
    )


def test_words_are_looked_for_in_names_places_and_owners_casefolded() -> None:
    item = a_deployment(
        name="Tax STRASSE ß",
        title=None,
        endpoints=(Endpoint(url="https://pay.example"),),
        owners=(Owner(name="Team Tax"),),
    )
    text = search_text(project(item, a_scope()))
    assert "strasse ss" in text
    assert "https://pay.example" in text.split("\n")
    assert "team tax" in text


def a_door(routes: tuple[FrontDoorRoute, ...] | Unknown, account: str) -> FrontDoor:
    return FrontDoor(
        uid="d",
        native_id="d",
        native_kind="domain",
        provider="aws",
        account=account,
        name="api.example",
        endpoint=Endpoint("https://api.example"),
        routes=routes,
    )


def test_of_a_front_door_the_routes_count_that_lead_to_the_deployment() -> None:
    item = a_deployment()
    any_stage = FrontDoorRoute("/a", native_api_id=item.native_api_id)
    its_stage = FrontDoorRoute("/b", native_api_id=item.native_api_id, stage=item.stage)
    other = FrontDoorRoute("/c", native_api_id=item.native_api_id, stage="another")
    elsewhere = FrontDoorRoute("/d", native_api_id="x", stage=item.stage)
    routes = (any_stage, its_stage, other, elsewhere)
    assert routes_to(a_door(routes, item.account), item) == (any_stage, its_stage)
    assert routes_to(a_door(routes, "another account"), item) == ()
    assert routes_to(a_door(UNKNOWN, item.account), item) == ()


def test_a_route_to_an_address_leads_to_what_answers_there_whoever_runs_it() -> None:
    item = a_deployment(endpoints=(Endpoint("https://a.example/live"),))
    there, elsewhere = (
        FrontDoorRoute("/", origin=origin)
        for origin in ("https://a.example", "https://a.example/test")
    )
    door = a_door((there, elsewhere), "another account")
    assert routes_to(door, item) == (there,)
    assert routes_to(door, a_deployment()) == ()


def test_a_base_path_is_joined_with_one_slash() -> None:
    assert below("https://a.example/", "/v1/") == "https://a.example/v1"
    assert below("https://a.example", "/") == "https://a.example"


@pytest.mark.parametrize(
    ("origin", "url", "added"),
    [
        ("https://h/api", "https://h/api", ""),
        ("https://h/api", "https://h/api/v1", "/v1"),
        ("https://h/api/v1", "https://h/api", ""),
        ("https://h", "https://h/api", "/api"),
        ("https://h/api", "https://h/apis", None),
        ("https://h/api", "https://other/api", None),
        ("https://h:8443/api", "https://h/api", None),
    ],
)
def test_what_a_caller_adds_behind_the_address_that_a_front_door_asks(
    origin: str, url: str, added: str | None
) -> None:
    assert beyond(origin, url) == added
