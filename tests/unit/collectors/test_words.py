"""Words of people: what keys and values mean, and how sure that is."""

from __future__ import annotations

import pytest

from apiscape.collectors.words import (
    ENVIRONMENTS,
    LEAST,
    LIFECYCLES,
    find,
    find_environment,
    fold,
    inferred_environment,
    owner_named,
    tag_claims,
    translate,
    winner,
)


@pytest.mark.parametrize(
    ("words", "environment"),
    [
        ("prod", "production"),
        ("Production", "production"),
        ("tax-prod-2 eu-west-1", "production"),
        ("PRD1", "production"),
        ("pre-prod", "staging"),
        ("preproduction", "staging"),
        ("uat", "staging"),
        ("non-prod", None),
        ("nonprod", None),
        ("dev2", "development"),
        ("qa", "test"),
        ("sandbox", "sandbox"),
        ("v1", None),
        ("$default", None),
        ("product-catalogue", None),
        ("", None),
    ],
)
def test_the_environment_that_a_name_speaks_of(words: str, environment: str | None) -> None:
    assert find_environment(words) == environment


def test_keys_are_compared_without_case_and_separators() -> None:
    assert fold("Service-Owner") == fold("service_owner") == fold("SERVICE OWNER") == "serviceowner"
    tags = {"TEAM": "Blue", "owner": "", "Owner": "Green"}
    assert list(find(tags, ("owner", "team"))) == [("Owner", "Green"), ("TEAM", "Blue")]


def test_a_later_key_is_trusted_less_and_never_less_than_the_least() -> None:
    keys = [f"key-{number}" for number in range(9)]
    claims = list(tag_claims(dict.fromkeys(keys, "x"), keys))
    assert [claim.confidence for claim in claims[:2]] == [1.0, 0.9]
    assert [claim.confidence for claim in claims[-3:]] == [LEAST] * 3
    assert winner(claims) == "x"
    assert winner(()) is None


@pytest.mark.parametrize(
    ("value", "words", "meant"),
    [
        (" Blue ", None, "Blue"),
        ("  ", None, None),
        ("tax-prod", ENVIRONMENTS, "production"),
        ("pink", ENVIRONMENTS, None),
        ("Public Beta", LIFECYCLES, "beta"),
        ("pink", LIFECYCLES, None),
    ],
)
def test_what_a_value_means(value: str, words: dict[str, str] | None, meant: str | None) -> None:
    assert translate(value, words) == meant


def test_a_name_is_a_guess() -> None:
    (claim,) = inferred_environment("tax-dev", "account name", 0.5)
    assert (claim.value, claim.method, claim.confidence) == ("development", "inferred", 0.5)
    assert list(inferred_environment(None, "account name", 0.5)) == []
    assert list(inferred_environment("tax", "account name", 0.5)) == []


def test_an_owner_that_is_an_address_can_be_reached_by_it() -> None:
    assert owner_named("tax@example.gov.uk").contact == "tax@example.gov.uk"
    assert owner_named("Tax").contact is None
    assert owner_named("tax@example.gov.uk", "#tax").contact == "#tax"
