"""What an object says of itself and of what routes to it, by labels and annotations: claims by field.

First by our own keys, then by the common ones in their order, each with how far that is trusted.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache

import msgspec

from apiscape.collectors.kubernetes.announcing import own_documents, service_documents
from apiscape.collectors.kubernetes.core import SERVICES
from apiscape.collectors.kubernetes.objects import Metadata, key_of
from apiscape.collectors.words import ENVIRONMENTS, LIFECYCLES, translate
from apiscape.model.deployment import Spec
from apiscape.model.provenance import Claim
from apiscape.model.vocabulary import Audience, ProvenanceMethod

OWN = "apiscape.io/"
"""Before our own keys: `apiscape.io/owner`, `/contact`, `/environment`, `/lifecycle`, …"""

AUDIENCES: Mapping[str, str] = {
    str(word): word for word in Audience if word is not Audience.UNKNOWN
}
NAME_SIZE, TEXT_SIZE = 256, 2_000
"""A longer name is none; a longer text is cut off."""
LATER_KEY = 0.01
_READ_SIZE = 1 << 16


class KeySettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which labels and annotations say what, beside `apiscape.io/…`. Compared without case; the first one there wins.

    Attributes:
        owner: Keys that name who answers for an API.
        contact: Keys that name how whoever answers for it is reached.
        environment: Keys that name what it is for.
        lifecycle: Keys that name its phase.
        version: Keys that name its version.
        title: Keys that name it for people.
        description: Keys that say what it does.
    """

    owner: tuple[str, ...] = (
        "a8r.io/owner",
        "backstage.io/owner",
        "app.kubernetes.io/owner",
        "owner",
        "team",
        "owning-team",
        "service-owner",
        "tags.datadoghq.com/team",
    )
    contact: tuple[str, ...] = ("contact", "a8r.io/support", "a8r.io/chat")
    environment: tuple[str, ...] = (
        "environment",
        "env",
        "app.kubernetes.io/environment",
        "deployment-environment",
        "tags.datadoghq.com/env",
    )
    lifecycle: tuple[str, ...] = ("backstage.io/lifecycle", "lifecycle", "service-phase")
    version: tuple[str, ...] = (
        "api-version",
        "app.kubernetes.io/version",
        "tags.datadoghq.com/version",
    )
    title: tuple[str, ...] = ("backstage.io/kubernetes-id", "app.kubernetes.io/name")
    description: tuple[str, ...] = ("a8r.io/description", "description")


class _Word(msgspec.Struct, frozen=True, gc=False):
    """What a label or an annotation says.

    Attributes:
        source: Which one, and of what object.
        confidence: How far it is trusted.
    """

    value: str
    source: str
    confidence: float


class Voice(msgspec.Struct, frozen=True):
    """An object that says something of itself, or of what routes to it.

    Attributes:
        words: What it says by field, understood or not: by our own key first, then by the common ones.
        claims: What of that is understood.
        subject: Whose it is: resource, namespace and name; of a namespace nobody asks.
        documents: Where it says that contracts are.
    """

    words: dict[str, list[_Word]]
    claims: dict[str, tuple[Claim, ...]]
    subject: tuple[str, str, str] = ("", "", "")
    documents: tuple[Spec, ...] = ()

    def said(self, field: str) -> tuple[Claim, ...]:
        """Return what it says of a field."""
        return self.claims.get(field, ())

    def raw(self, field: str) -> str | None:
        """Return its first word for a field, understood or not."""
        words = self.words.get(field, ())
        return next((each.value for each in words if len(each.value) <= NAME_SIZE), None)

    def has_said(self, claim: Claim) -> bool:
        """Say whether a claim is one of its words."""
        return any(claim.source == word.source for said in self.words.values() for word in said)


USUAL = KeySettings()
_OURS = -1
"""Place of our own key before the common ones."""

_VOCABULARIES: Mapping[str, Mapping[str, str]] = {
    "environment": ENVIRONMENTS,
    "lifecycle": LIFECYCLES,
    "audience": AUDIENCES,
}
"""Fields that are said in words of a vocabulary."""


class _Trust(msgspec.Struct, frozen=True):
    """How far our own keys are trusted on something, and the first of the common ones."""

    ours: float
    common: float


def own_voice(own: Metadata, resource: str, keys: KeySettings = USUAL) -> Voice:
    """Return what an object of some resource says of itself."""
    voice = _voice(own, "", _Trust(1.0, 0.7), keys)
    return msgspec.structs.replace(
        voice, subject=_subject(resource, own), documents=own_documents(own)
    )


def service_voice(service: Metadata, keys: KeySettings = USUAL) -> Voice:
    """Return what a Service says of what routes to it."""
    place = f" of Service {key_of(service.namespace, service.name)}"
    voice = _voice(service, place, _Trust(0.9, 0.6), keys)
    return msgspec.structs.replace(
        voice, subject=_subject(SERVICES, service), documents=service_documents(service)
    )


def namespace_voice(namespace: Metadata, keys: KeySettings = USUAL) -> Voice:
    """Return what a namespace says of what lies in it."""
    return _voice(namespace, f" of Namespace {namespace.name}", _Trust(0.8, 0.5), keys)


def _subject(resource: str, metadata: Metadata) -> tuple[str, str, str]:
    return (resource, metadata.namespace, metadata.name)


@lru_cache(maxsize=8)
def _meanings(keys: KeySettings) -> Mapping[str, Sequence[tuple[str, int]]]:
    """Return what keys mean, without case: the field and the place among its keys."""
    found: dict[str, list[tuple[str, int]]] = {}
    for field in (*keys.__struct_fields__, "audience"):
        found.setdefault(OWN + field, []).append((field, _OURS))
        for position, key in enumerate(getattr(keys, field, ())):
            found.setdefault(key.casefold(), []).append((field, position))
    return found


def _voice(metadata: Metadata, place: str, trust: _Trust, keys: KeySettings) -> Voice:
    """Return what an object says; of an annotation and a label of one name, the annotation counts."""
    meanings = _meanings(keys)
    words: dict[str, dict[int, _Word]] = {}
    for kind, told in (("label", metadata.labels), ("annotation", metadata.annotations)):
        for key, value in (told or {}).items():
            for field, position in meanings.get(key.casefold(), ()):
                said = value.strip() if len(value) <= _READ_SIZE else ""
                if said:
                    later = trust.common - LATER_KEY * position
                    sure = trust.ours if position == _OURS else later
                    word = _Word(said, f"{kind}:{key}{place}", sure)
                    words.setdefault(field, {})[position] = word
    in_order = {field: [by[at] for at in sorted(by)] for field, by in words.items()}
    claims = {field: _claims(field, by) for field, by in in_order.items()}
    return Voice(in_order, claims)


def _claims(field: str, words: Sequence[_Word]) -> tuple[Claim, ...]:
    return tuple(
        Claim(said, ProvenanceMethod.TAG, word.source, word.confidence)
        for word in words
        if (said := _read(field, word.value))
    )


def _read(field: str, value: str) -> str | None:
    vocabulary = _VOCABULARIES.get(field)
    if vocabulary is not None:
        return translate(value[:NAME_SIZE], vocabulary)
    if field == "description":
        return value[:TEXT_SIZE]
    return value if len(value) <= NAME_SIZE else None
