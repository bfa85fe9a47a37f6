"""What people say of an object, and whom of them is believed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from apiscape.collectors.kubernetes import telling
from apiscape.collectors.kubernetes.objects import Metadata
from apiscape.collectors.kubernetes.settings import USUAL, KeySettings
from apiscape.collectors.kubernetes.telling import Told
from apiscape.collectors.kubernetes.voicing import (
    NAME_SIZE,
    TEXT_SIZE,
    namespace_voice,
    service_voice,
)
from apiscape.model.provenance import Claim, is_conflict
from apiscape.model.values import UNKNOWN


def meta(name: str, namespace: str = "shop", **said: Any) -> Metadata:
    return msgspec.convert({"name": name, "namespace": namespace} | said, Metadata)


def tell(
    own: Metadata,
    services: Sequence[Metadata],
    namespace: Metadata | None,
    claims: Mapping[str, Sequence[Claim]] | None = None,
    keys: KeySettings = USUAL,
) -> Told:
    near = [service_voice(each, keys) for each in services]
    above = None if namespace is None else namespace_voice(namespace, keys)
    resource = "services" if own in services else "routes"
    itself = (resource, own.namespace, own.name)
    others = telling.around(own.namespace, near, above, itself)
    return telling.tell(own, others, claims, keys, resource=resource)


def noted(name: str = "api", namespace: str = "shop", **annotations: str) -> Metadata:
    return meta(name, namespace, annotations=annotations)


def space(name: str = "shop", **labels: str) -> Metadata:
    return meta(name, "", labels=labels)


def owners(told: Told) -> list[tuple[str, str | None]]:
    assert told.owners is not UNKNOWN
    return [(each.name, each.contact) for each in told.owners]


def test_our_own_keys_come_first_then_those_of_the_service_then_of_the_namespace() -> None:
    own, service = {"apiscape.io/owner": "Tax"}, {"apiscape.io/owner": "Pay"}
    above = space(**{"apiscape.io/owner": "Land"})
    everything = tell(noted(**own), [noted("svc", **service)], above)
    assert owners(everything) == [("Tax", None)]
    assert [(each.value, each.source) for each in everything.provenance["owners"]] == [
        ("Tax", "annotation:apiscape.io/owner"),
        ("Pay", "annotation:apiscape.io/owner of Service shop/svc"),
        ("Land", "label:apiscape.io/owner of Namespace shop"),
    ]
    assert is_conflict("owners", everything.provenance["owners"])
    assert owners(tell(noted(), [noted("svc", **service)], above)) == [("Pay", None)]
    assert owners(tell(noted(), [noted("svc")], above)) == [("Land", None)]


def test_our_own_key_above_is_believed_before_a_common_one_on_the_object() -> None:
    told = tell(meta("api", labels={"team": "Blue"}), [], space(**{"apiscape.io/owner": "Land"}))
    assert [each.value for each in told.provenance["owners"]] == ["Land", "Blue"]


def test_common_keys_are_believed_in_their_order_and_nearest_first() -> None:
    own = meta("api", labels={"team": "Blue", "Owner": "Green"})
    told = tell(own, [meta("svc", labels={"owner": "Red"})], space(team="Grey"))
    said = told.provenance["owners"]
    assert [each.value for each in said] == ["Green", "Blue", "Red", "Grey"]
    assert said[0].source == "label:Owner"
    assert all(0.4 < each.confidence < 0.8 for each in said)


def test_a_label_and_an_annotation_of_one_name_are_one_word_the_annotation_of_it() -> None:
    own = meta("api", labels={"owner": "Label"}, annotations={"owner": "Note"})
    assert [each.value for each in tell(own, [], None).provenance["owners"]] == ["Note"]


def test_a_contact_belongs_to_the_owner_who_is_named_beside_it() -> None:
    service = {"apiscape.io/owner": "Pay", "apiscape.io/contact": "pay@example.org"}
    above = space(contact="#land")
    assert owners(tell(noted(), [noted("svc", **service)], above)) == [("Pay", "pay@example.org")]
    assert owners(tell(noted(**{"apiscape.io/owner": "Tax"}), [], above)) == [("Tax", None)]
    assert owners(tell(noted(**{"apiscape.io/owner": "tax@example.org"}), [], None)) == [
        ("tax@example.org", "tax@example.org")
    ]


def test_a_contact_alone_stands_for_the_owner() -> None:
    assert owners(tell(noted(**{"apiscape.io/contact": "a@example.org"}), [], None)) == [
        ("a@example.org", "a@example.org")
    ]


def test_no_credential_is_kept_of_a_contact_that_is_an_address() -> None:
    own = {
        "apiscape.io/owner": "Tax",
        "a8r.io/chat": "https://u:CANARY-1@chat.example/t?k=CANARY-2",
    }
    told = tell(noted(**own), [], None)
    assert owners(told) == [("Tax", "https://chat.example/t")]
    assert b"CANARY" not in msgspec.json.encode(told)


def test_no_credential_is_kept_of_an_address_in_whatever_is_said() -> None:
    hook = {"a8r.io/chat": "https://u:CANARY-1@chat.example/t?k=CANARY-2"}
    assert owners(tell(noted(**hook), [], None)) == [
        ("https://chat.example/t", "https://chat.example/t")
    ]
    own = {
        "apiscape.io/owner": "postgres://CANARY@db",
        "apiscape.io/title": "at https://u:CANARY@a.example",
        "apiscape.io/description": "See https://u:CANARY/1@a.example/x?k=CANARY#CANARY, or ask.",
        "apiscape.io/version": "v1",
    }
    told = tell(noted(**own), [noted("svc", **hook)], noted("shop", "", **hook))
    assert (told.title, told.version) == ("at https://a.example", "v1")
    assert told.description == "See https://a.example/x or ask."
    assert b"CANARY" not in msgspec.json.encode(told)


def test_what_an_objects_own_api_states_is_believed_before_all_that_is_said() -> None:
    stated = {
        "owners": [Claim("Product team", "source", "APIProduct shop/api")],
        "title": [Claim("The API", "source", "APIProduct shop/api")],
        "classification": [Claim("secret", "source", "APIProduct shop/api")],
    }
    told = tell(
        noted(**{"apiscape.io/owner": "Tax", "apiscape.io/title": "Mine"}), [], None, stated
    )
    assert owners(told) == [("Product team", None)]
    assert told.title == "The API"
    assert [each.value for each in told.provenance["title"]] == ["The API", "Mine"]
    assert told.provenance["classification"][0].value == "secret"


def test_nobody_answers_for_it_only_where_the_namespace_could_be_seen() -> None:
    assert tell(noted(), [], space()).owners == ()
    assert tell(noted(), [], None).owners is UNKNOWN
    assert owners(tell(noted(team="Blue"), [], None)) == [("Blue", None)]


def test_who_applies_an_object_is_evidence_and_no_owner() -> None:
    own = meta(
        "api",
        labels={
            "kustomize.toolkit.fluxcd.io/name": "apps",
            "kustomize.toolkit.fluxcd.io/namespace": "flux",
        },
        annotations={
            "argocd.argoproj.io/tracking-id": "shop-app:networking.k8s.io/Ingress:shop/api",
            "meta.helm.sh/release-name": "rel",
        },
    )
    told = tell(own, [], space())
    assert told.owners == ()
    assert [(each.value, each.method) for each in told.provenance["applied_by"]] == [
        ("Argo CD shop-app", "inferred"),
        ("Flux Kustomization flux/apps", "inferred"),
        ("Helm release rel", "inferred"),
    ]


def test_the_environment_is_said_or_guessed_from_the_namespace() -> None:
    guessed = tell(noted(namespace="shop-prod"), [], None)
    assert guessed.environment == "production"
    assert guessed.provenance["environment"][0].method == "inferred"
    said = tell(noted(namespace="shop-prod"), [], space("shop-prod", env="Test"))
    assert (said.environment, said.environment_raw) == ("test", "Test")
    assert is_conflict("environment", said.provenance["environment"])
    odd = tell(noted(env="Pink"), [], None)
    assert (odd.environment, odd.environment_raw) == ("unknown", "Pink")


def test_phase_audience_version_and_words_for_people() -> None:
    own = {
        "apiscape.io/lifecycle": "Public Beta",
        "apiscape.io/audience": "Partner",
        "apiscape.io/version": "2",
        "a8r.io/description": "Lends books.",
    }
    told = tell(noted(**own), [meta("svc", labels={"app.kubernetes.io/name": "library"})], space())
    assert (told.lifecycle, told.version, told.title) == ("beta", "2", "library")
    assert told.description == "Lends books."
    assert told.provenance["audience"][0].value == "partner"
    assert tell(noted(lifecycle="banana"), [], None).lifecycle == "unknown"


def test_several_services_do_not_speak_of_title_and_version() -> None:
    two = [meta(name, labels={"app.kubernetes.io/name": name, "team": "Blue"}) for name in "ab"]
    told = tell(noted(), two, None)
    assert (told.title, told.version) == (None, None)
    assert owners(told) == [("Blue", None)]


def test_a_service_that_is_exposed_itself_speaks_once() -> None:
    service = noted(team="Blue")
    assert len(tell(service, [service], None).provenance["owners"]) == 1


def test_keys_can_be_others() -> None:
    keys = KeySettings(owner=("crm/squad",), environment=())
    told = tell(noted(**{"CRM/Squad": "S1", "env": "prod", "team": "Blue"}), [], None, keys=keys)
    assert owners(told) == [("S1", None)]
    assert told.environment == "unknown"


def test_what_is_no_name_is_none_and_what_is_long_is_cut() -> None:
    own = {
        "owner": "x" * (NAME_SIZE + 1),
        "team": "   ",
        "description": "d" * (TEXT_SIZE + 1),
        "env": "p" * (1 << 20),
        "argocd.argoproj.io/tracking-id": "y" * (NAME_SIZE + 1),
    }
    told = tell(noted(**own), [], space())
    assert told.owners == ()
    assert told.description == "d" * TEXT_SIZE
    assert told.environment_raw is None
    assert "applied_by" not in told.provenance


WORDS = st.dictionaries(
    st.sampled_from(
        [*KeySettings().owner, *KeySettings().environment, "apiscape.io/owner", "contact", "x"]
    ),
    st.text(max_size=300),
    max_size=6,
)


@given(WORDS, WORDS, WORDS)
def test_who_is_shown_is_who_is_believed_most(
    own: dict[str, str], service: dict[str, str], above: dict[str, str]
) -> None:
    told = tell(noted(**own), [noted("svc", **service)], space(**above))
    said = told.provenance.get("owners", ())
    assert told.owners is not UNKNOWN
    assert [each.name for each in told.owners] == [each.value for each in said[:1]]
    environments = told.provenance.get("environment", ())
    assert told.environment == (environments[0].value if environments else "unknown")


# Many who speak.


def teams(*names: str, own: str = "") -> list[Metadata]:
    """Return Services, each with a team; the last one may name an owner by our own key."""
    made = [meta(f"s{number:03}", labels={"team": name}) for number, name in enumerate(names)]
    return [*made, *([noted("last", **{"apiscape.io/owner": own})] if own else [])]


def test_of_many_services_all_are_heard() -> None:
    told = tell(noted(), teams(*["Blue"] * 40, own="Pay"), None)
    assert owners(told) == [("Pay", None)]


def test_of_many_who_say_the_same_one_is_kept_and_how_many_are_not() -> None:
    told = tell(noted(), teams(*["Blue"] * 40, "Red"), None)
    said = told.provenance["owners"]
    assert [each.value for each in said] == ["Blue", "Red"]
    assert said[-1].note == "39 more say something of it"
    assert is_conflict("owners", said)


def test_of_many_words_so_many_are_kept_and_the_most_trusted_are_among_them() -> None:
    told = tell(noted(), teams(*(f"t{number:02}" for number in range(50)), own="Pay"), None)
    said = told.provenance["owners"]
    assert len(said) == telling.MOST_KEPT
    assert said[0].value == "Pay"
    assert {each.note for each in said} == {None, "31 more say something of it"}


def test_a_few_who_say_the_same_are_all_kept() -> None:
    said = tell(noted(), teams(*["Blue"] * telling.MOST_KEPT), None).provenance["owners"]
    assert [each.note for each in said] == [None] * telling.MOST_KEPT


def test_of_many_contracts_so_many_are_kept_and_how_many_are_not() -> None:
    many = [
        noted(f"s{number:03}", **{"apiscape.io/openapi-url": f"https://a.example/{number}"})
        for number in range(25)
    ]
    documents = tell(noted(), many, None).documents
    assert len(documents) == telling.MOST_KEPT
    assert (documents[-1].not_kept or "").endswith("; 5 more are named and left out")
    assert not any("left out" in (each.not_kept or "") for each in documents[:-1])
