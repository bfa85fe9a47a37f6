"""What other objects say of an API: it is added to what its own states, and takes nothing away."""

from __future__ import annotations

from typing import Any

from apiscape.collectors.kubernetes.deploying.stating import described, stated
from apiscape.collectors.kubernetes.exposed import Condition, Exposed, Rule
from apiscape.collectors.kubernetes.objects import Metadata
from apiscape.collectors.kubernetes.table.describing import Told
from apiscape.model.deployment import Spec
from apiscape.model.limits import RateLimit
from apiscape.model.provenance import Claim
from apiscape.model.security import Scheme, Security
from apiscape.model.values import UNKNOWN

JWT, KEY = Scheme(kind="jwt", native_id="route"), Scheme(kind="api_key", native_id="product")
PRODUCT = "APIProduct shop/catalogue"


def asked(*schemes: Scheme, by: str, requirement: str = "required") -> Security:
    return Security(requirement=requirement, schemes=schemes, evidence=by)


def route(**given: Any) -> Exposed:
    usual: dict[str, Any] = {"rules": (Rule(security=asked(JWT, by="policy")),)}
    return Exposed(metadata=Metadata(name="catalogue"), **(usual | given))


def with_product(exposed: Exposed, **said: Any) -> Exposed:
    return described(exposed, [Told(by=PRODUCT, **said)])


def test_what_a_product_is_called_is_a_claim_of_its_own() -> None:
    own = route(title="Mine", lifecycle="live", owners=(Claim("Web", "source"),))
    told = with_product(own, title="The Catalogue", version="v2", owners=(Claim("Shop", "source"),))
    found = stated(told)
    assert [(each.value, each.source) for each in found["title"]] == [
        ("Mine", None),
        ("The Catalogue", PRODUCT),
    ]
    assert [each.value for each in found["owners"]] == ["Web", "Shop"]
    assert [each.value for each in found["version"]] == ["v2"]
    assert [each.value for each in found["lifecycle"]] == ["live"]


def test_how_another_object_stands_is_said_by_its_own_name() -> None:
    accepted = Condition(name="Accepted", holds=True)
    said = (
        Condition(name="Accepted", holds=None, reason="pending: no status yet"),
        Condition(name="Ready", holds=True),
    )
    told = with_product(route(conditions=(accepted,)), conditions=said)
    assert told.conditions == (
        accepted,
        Condition(
            name="APIProductAccepted", holds=None, reason=f"{PRODUCT}: pending: no status yet"
        ),
        Condition(name="APIProductReady", holds=True),
    )


def test_what_a_product_asks_besides_is_asked_too() -> None:
    both = with_product(route(), security=asked(KEY, by="product")).rules or ()
    assert [each.security for each in both] == [asked(JWT, KEY, by="policy; product")]
    open_one = route(rules=(Rule(security=Security(requirement="none", evidence="open")),))
    alone = with_product(open_one, security=asked(KEY, by="product")).rules or ()
    assert [each.security for each in alone] == [asked(KEY, by="open; product")]
    perhaps = asked(KEY, by="product", requirement="optional")
    assert with_product(route(), security=perhaps).rules == route().rules


def test_limits_and_protections_hold_beside_those_that_are_known() -> None:
    ten, two = RateLimit(requests=10), RateLimit(requests=2)
    own = route(rules=(Rule(rate_limits=(ten,)), Rule()), cors="disabled")
    told = with_product(own, limits=(two, ten), switches=frozenset({"cors", "other"}))
    assert [each.rate_limits for each in told.rules or ()] == [(ten, two), (two, ten)]
    assert told.cors == "enabled"
    assert with_product(route(rules=None), limits=(two,)).rules is None
    untouched = with_product(own).rules or ()
    assert [each.rate_limits for each in untouched] == [(ten,), UNKNOWN]


def test_what_an_object_says_itself_of_links_and_callers_stays() -> None:
    paper = Spec(format="openapi", source_uri="https://docs.example/openapi.json")
    own = route(links={"a": "own"}, consumers=3, status="active")
    told = with_product(
        own, links={"a": "other", "b": "other"}, status="inactive", documents=(paper,)
    )
    assert (told.links, told.consumers, told.status) == ({"a": "own", "b": "other"}, 3, "active")
    assert told.documents == (paper,)
    counted = with_product(route(), consumers=2, status="inactive")
    assert (counted.consumers, counted.status) == (2, "inactive")
