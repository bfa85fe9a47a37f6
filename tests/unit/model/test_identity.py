from __future__ import annotations

from uuid import uuid5

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apiscape.model import identity

WORDS = st.text(min_size=1, max_size=40)
KINDS = st.from_regex(r"[a-z]+(\.[a-z]+)*", fullmatch=True)


@given(KINDS, WORDS)
def test_a_uid_depends_on_kind_and_native_id_alone(kind: str, native_id: str) -> None:
    assert identity.entity_uid(kind, native_id) == identity.entity_uid(kind, native_id)


@given(KINDS, st.lists(WORDS, max_size=3))
def test_a_uid_is_a_uuid_of_version_5_for_one_and_for_many(
    kind: str, native_ids: list[str]
) -> None:
    uids = [str(uuid5(identity.NAMESPACE, f"{kind}|{each}")) for each in native_ids]
    assert [identity.entity_uid(kind, each) for each in native_ids] == uids
    assert identity.entity_uids(kind, native_ids) == uids


def test_half_a_character_has_no_uid() -> None:
    with pytest.raises(UnicodeEncodeError):
        identity.entity_uid("kind", "\ud800")


@given(KINDS, WORDS, KINDS, WORDS)
def test_different_things_have_different_uids(
    kind: str, one: str, other_kind: str, other: str
) -> None:
    same = (kind, one) == (other_kind, other)
    assert (identity.entity_uid(kind, one) == identity.entity_uid(other_kind, other)) == same


def test_a_uid_is_the_same_for_ever() -> None:
    assert identity.deployment_uid("x") == "f8629e30-f4ac-5295-8743-84dbc2bdc203"


@pytest.mark.parametrize(("kind", "native_id"), [("", "x"), ("k", ""), ("a|b", "x")])
def test_what_is_not_an_identity_is_refused(kind: str, native_id: str) -> None:
    with pytest.raises(ValueError, match="not an identity"):
        identity.entity_uid(kind, native_id)


def test_an_api_is_not_its_founder() -> None:
    founder = identity.deployment_uid("x")
    assert identity.api_uid(founder) not in {founder, identity.api_uid("explicit-id")}


def test_an_api_without_a_stage_has_the_stage_dash() -> None:
    api = identity.aws_native_id("aws", "111122223333", "eu-west-1", "rest", "a1")
    assert identity.staged(api, None) == "aws:111122223333:eu-west-1:rest:a1/-"
    assert identity.staged(api, "prod") == "aws:111122223333:eu-west-1:rest:a1/prod"


@pytest.mark.parametrize(
    "written",
    [
        "/subscriptions/S/resourceGroups/G/providers/Microsoft.ApiManagement/service/N/apis/tax;rev=3",
        "/SUBSCRIPTIONS/s/resourcegroups/g/providers/microsoft.apimanagement/service/n/apis/tax",
    ],
)
def test_an_azure_id_has_neither_case_nor_revision(written: str) -> None:
    assert identity.azure_native_id(written) == (
        "/subscriptions/s/resourcegroups/g/providers/microsoft.apimanagement/service/n/apis/tax"
    )


def test_a_google_name_gets_its_environment_where_it_lacks_one() -> None:
    assert (
        identity.gcp_native_id("organizations/o/environments/e/apis/a")
        == "organizations/o/environments/e/apis/a"
    )
    assert identity.gcp_native_id("organizations/o/apis/a", "prod") == "organizations/o/apis/a@prod"


def test_a_kubernetes_id_names_gateway_and_host() -> None:
    build, exposed = identity.kubernetes_native_id, identity.exposed_native_id
    assert build("c", "apps/things", "ns/n") == "c:apps/things:ns/n"
    assert exposed(build("c", "g/httproutes", "ns/n"), parent="infra/gw", host=None) == (
        "c:g/httproutes:ns/n@infra/gw"
    )
    assert exposed(build("c", "g/ingresses", "ns/n"), parent=None, host="a.example") == (
        "c:g/ingresses:ns/n#a.example"
    )


@pytest.mark.parametrize(
    ("parent", "host"), [(None, None), ("edge/public", None), (None, "a.example.com")]
)
def test_the_namespace_is_found_in_a_native_id_of_a_cluster(
    parent: str | None, host: str | None
) -> None:
    native_id = identity.kubernetes_native_id("uid", "networking.k8s.io/ingresses", "shop/orders")
    exposed = identity.exposed_native_id(native_id, parent=parent, host=host)
    assert identity.kubernetes_namespace(exposed) == "shop"


def test_what_is_in_no_namespace_has_none_in_its_native_id() -> None:
    native_id = identity.kubernetes_native_id("uid", "nodes", "one")
    assert native_id == "uid:nodes:/one"
    assert identity.kubernetes_namespace(native_id) is None
