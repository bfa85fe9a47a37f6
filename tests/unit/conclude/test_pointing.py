"""Names that point at what is gone are told, and only where everybody who might have it was seen."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from apiscape.conclude.counting import installed_forms
from apiscape.conclude.pointing import Ground, judge_host, judge_name, survey_hosts
from apiscape.model.run import EstateEntry
from apiscape.model.surroundings import DANGLES, POINTS_TO, Signal
from apiscape.model.values import UNKNOWN
from apiscape.store import Holder, Visited

NOON = datetime(2026, 9, 30, 12, tzinfo=UTC)
FORMS = {
    "toy.rest": (r"(?P<native>[a-z0-9]+)\.api\.(?P<region>[a-z]+)\.toy\.example",),
    "toy.http": (r"(?P<native>[a-z0-9]+)\.api\.(?P<region>[a-z]+)\.toy\.example",),
    "toy.urls": (r"[a-z0-9]+\.url\.(?P<region>[a-z]+)\.toy\.example",),
}
API, URL = "abc.api.west.toy.example", "abc.url.west.toy.example"
LENT = "d1.cache.example"


def scope(
    product: str, reach: str = "1/west", *, whole: bool = True, absent: bool = False
) -> Visited:
    key = f"toys/{reach}/{product}"
    return Visited(key=key, source="toys", reach=reach, product=product, whole=whole, absent=absent)


def reach(key: str, state: str = "visited") -> EstateEntry:
    return EstateEntry("toys", "toy", key, state=state)


def holder(*hosts: str, stands: bool = True, native: str = "", product: str = "toy.rest") -> Holder:
    return Holder("pay", f"toys/1/west/{product}", stands, hosts, native)


EVERYWHERE = (scope("toy.rest"), scope("toy.http"), scope("toy.urls"))


def ground(
    *holders: Holder,
    visited: tuple[Visited, ...] = EVERYWHERE,
    estate: tuple[EstateEntry, ...] = (reach("1/west"),),
) -> Ground:
    return survey_hosts(holders, visited, estate)


def told(host: str, known: Ground) -> tuple[bool | None, str]:
    return judge_host(host, known, FORMS)


def test_a_host_that_somebody_has_leads_there() -> None:
    assert told(API, ground(holder(API))) == (False, f"{API} is pay")
    assert told(API, ground(holder(native="abc"))) == (False, f"{API} is pay")
    both = ground(holder(API, stands=False), holder(API))
    assert told(API, both)[0] is False
    assert told(API, ground(*reversed((holder(API, stands=False), holder(API)))))[0] is False


def test_a_host_of_what_is_gone_dangles_where_its_scope_was_read_whole() -> None:
    gone = holder(LENT, stands=False)
    assert told(LENT, ground(gone)) == (
        True,
        f"{LENT} was pay, which is gone from toys/1/west/toy.rest",
    )
    for visited in ((scope("toy.rest", whole=False),), ()):
        assert told(LENT, ground(gone, visited=visited)) == (
            None,
            f"{LENT} was pay; toys/1/west/toy.rest was not read whole since",
        )


def test_a_host_that_nobody_was_seen_with_dangles_where_all_who_may_were_looked_at() -> None:
    assert told(URL, ground()) == (True, f"{URL} is in none of the one scope that would hold it")
    assert told(API, ground()) == (True, f"{API} is in none of the 2 scopes that would hold it")


@pytest.mark.parametrize(
    ("known", "why"),
    [
        (ground(visited=EVERYWHERE[:1]), "toy.http, which is not read"),
        (ground(visited=(scope("toy.rest", "1/east"), scope("toy.http"))), "toy.rest, which"),
        (
            ground(visited=(scope("toy.rest"), scope("toy.http", whole=False))),
            "toys/1/west/toy.http, which was not read whole",
        ),
        (ground(estate=(reach("1/west"), reach("2/west"))), "toys/2/west, which is not read"),
        (ground(estate=(reach("1/west"), reach("2", "not_configured"))), "toys/2, which"),
        (ground(estate=(reach("1/west", "lost"),)), "toys/1/west, which is not read"),
        (
            ground(Holder("blind", "toys/1/west/toy.http", stands=True, hosts=UNKNOWN)),
            "blind in toys/1/west/toy.http",
        ),
    ],
)
def test_whatever_was_not_looked_at_may_have_it(known: Ground, why: str) -> None:
    dangles, reason = told(API, known)
    assert dangles is None
    assert reason.startswith(f"{API} may be ")
    assert why in reason


def test_what_cannot_have_it_need_not_be_looked_at() -> None:
    known = ground(
        Holder("lost", "toys/1/west/toy.http", stands=False, hosts=UNKNOWN),
        visited=(
            *EVERYWHERE,
            scope("toy.rest", "1/east", whole=False),
            scope("toy.z", whole=False),
        ),
        estate=(reach("1/west"), reach("2/east"), EstateEntry("b", "toy", "9", state="excluded")),
    )
    assert told(API, known)[0] is True
    off = (scope("toy.rest", whole=False, absent=True), scope("toy.http"))
    assert told(API, ground(visited=off))[0] is True


def test_a_form_that_several_services_have_says_nothing_of_who_is_gone() -> None:
    assert told(LENT, ground()) == (None, f"{LENT} may be of a service, which is not read")


@pytest.mark.parametrize(
    ("hosts", "dangles"),
    [
        (API, False),
        (f"{API} {URL}", True),
        (f"{URL} {API}", True),
        (f"{API} {LENT}", None),
        (f"{LENT} {URL}", True),
        ("", None),
    ],
)
def test_a_name_is_as_bad_as_the_worst_host_that_it_points_at(
    hosts: str, dangles: bool | None
) -> None:
    pointer = Signal("door", POINTS_TO, hosts, NOON, "toy.names")
    verdict = judge_name(pointer, ground(holder(API)), FORMS, NOON)
    assert (verdict.subject_uid, verdict.name, verdict.value) == ("door", DANGLES, dangles)
    assert verdict.reason


PRODUCTS = st.sampled_from(["toy.rest", "toy.http", "toy.urls"])
VISITED = st.builds(
    scope, PRODUCTS, st.sampled_from(["1/west", "2/west", "1/east"]), whole=st.booleans()
)
GROUNDS = st.builds(
    lambda holders, visited, estate: ground(*holders, visited=visited, estate=estate),
    st.lists(
        st.builds(
            Holder,
            st.just("pay"),
            st.sampled_from([each.key for each in EVERYWHERE]),
            st.booleans(),
            st.sampled_from([(), (API,), (URL,), UNKNOWN]),
        ),
        max_size=4,
    ),
    st.lists(VISITED, max_size=7, unique_by=lambda each: each.key).map(tuple),
    st.lists(
        st.builds(
            reach, st.sampled_from(["1/west", "2/west", "2"]), st.sampled_from(["visited", "lost"])
        ),
        max_size=3,
    ).map(tuple),
)


@given(GROUNDS, st.sampled_from([API, URL]))
def test_nobody_is_called_gone_as_long_as_a_listing_falls_short(known: Ground, host: str) -> None:
    dangles, why = told(host, known)
    assert why.startswith(host)
    short = {key: msgspec.structs.replace(seen, whole=False) for key, seen in known.visited.items()}
    less, _ = told(host, msgspec.structs.replace(known, visited=short))
    assert less is (False if dangles is False else None)


@given(GROUNDS, st.sampled_from([API, URL]))
def test_one_who_stands_is_found_whatever_else_is_known(known: Ground, host: str) -> None:
    standing = {**known.standing, host: holder(host)}
    assert told(host, msgspec.structs.replace(known, standing=standing))[0] is False


def test_the_hosts_of_installed_services_tell_whose_they_are() -> None:
    forms = installed_forms("aws")
    known = survey_hosts((), (), ())
    api = "a1b2c3.execute-api.eu-west-2.amazonaws.com"
    domain = "d-a1b2c3.execute-api.eu-west-2.amazonaws.com"
    for host, product in (
        (api, "aws.apigateway.http"),
        (domain, "aws.apigateway.domains"),
        ("x.eu-west-2.awsapprunner.com", "aws.apprunner"),
        ("x.lambda-url.eu-west-2.on.aws", "aws.lambda"),
        ("d111.cloudfront.net", "a service"),
        ("x-1.eu-west-2.elb.amazonaws.com", "a service"),
    ):
        dangles, why = judge_host(host, known, forms)
        assert dangles is None
        assert why.startswith(f"{host} may be of {product}")
    assert installed_forms("nobody") == {}
