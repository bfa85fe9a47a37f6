from __future__ import annotations

import pytest

from apiscape.collectors.aws.settings import TagSettings
from apiscape.collectors.aws.tags import Told, read_told, settle_version
from apiscape.model.provenance import is_conflict


def told(tags: dict[str, str], stage: str | None = None, title: str | None = None) -> Told:
    return read_told(tags, TagSettings(), stage=stage, account_title=title)


def test_a_tag_says_more_than_a_stage_and_a_stage_more_than_an_account() -> None:
    everything = told({"Environment": "Test"}, "prod", "tax-dev eu-west-1")
    assert everything.environment == "test"
    assert everything.environment_raw == "Test"
    claims = everything.provenance["environment"]
    assert [(claim.method, claim.value) for claim in claims] == [
        ("tag", "test"),
        ("inferred", "production"),
        ("inferred", "development"),
    ]
    assert is_conflict("environment", claims)
    assert told({}, "prod", "tax-dev").environment == "production"
    assert told({}, "v1", "tax-dev").environment == "development"
    assert told({}, "v1", None).environment == "unknown"
    assert told({}, "v1", None).environment_raw == "v1"


def test_a_tag_that_nobody_understands_is_kept_as_it_is() -> None:
    odd = told({"env": "Pink"}, "main")
    assert (odd.environment, odd.environment_raw) == ("unknown", "Pink")
    assert "environment" not in odd.provenance


def test_the_first_owner_tag_wins_and_the_others_are_remembered() -> None:
    found = told({"Team": "Blue", "OWNER": "tax@example.gov.uk", "service_owner": "Green"})
    assert [(owner.name, owner.contact) for owner in found.owners] == [
        ("tax@example.gov.uk", "tax@example.gov.uk")
    ]
    said = [(claim.source, claim.value) for claim in found.provenance["owners"]]
    assert said == [
        ("tag:OWNER", "tax@example.gov.uk"),
        ("tag:service_owner", "Green"),
        ("tag:Team", "Blue"),
    ]
    assert told({"team": "Blue"}).owners[0].contact is None


def test_without_an_owner_tag_there_is_no_owner() -> None:
    assert told({"owner": "  ", "cost-centre": "1"}).owners == ()
    assert told({"owner": ""}).provenance == {}


@pytest.mark.parametrize(
    ("word", "lifecycle"),
    [
        ("live", "live"),
        ("Public Beta", "beta"),
        ("sunset", "deprecated"),
        ("decommissioned", "retired"),
        ("banana", "unknown"),
    ],
)
def test_lifecycle_words(word: str, lifecycle: str) -> None:
    assert told({"Lifecycle": word}).lifecycle == lifecycle


def test_the_gateways_own_version_comes_before_a_tag() -> None:
    tagged = told({"api-version": "2"})
    assert settle_version("1", tagged)[0] == "1"
    both = settle_version("1", tagged)[1]["version"]
    assert [(claim.method, claim.value) for claim in both] == [("source", "1"), ("tag", "2")]
    assert settle_version(None, tagged)[0] == "2"
    assert settle_version(None, told({})) == (None, {})
