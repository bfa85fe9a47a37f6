"""What an object says of itself and of what routes to it, by labels and annotations: claims by field.

First by our own keys, then by the common ones in their order, each with how far that is trusted.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache

import msgspec

from apiscape.collectors.kubernetes.announcing import own_documents, service_documents
from apiscape.collectors.kubernetes.core import SERVICES
from apiscape.collectors.kubernetes.objects import Metadata
from apiscape.collectors.kubernetes.settings import USUAL, KeySettings
from apiscape.collectors.specs import clean_address
from apiscape.collectors.words import ENVIRONMENTS, LIFECYCLES, translate, winner
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
_ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]{0,30}://\S+")


Claims = dict[str, tuple[Claim, ...]]
"""Claims by field, of each the most trusted first."""

_Words = dict[int, Claim]
"""What is said of a field, understood or not: by the place of the key among those of the field."""


class Voice(msgspec.Struct, frozen=True):
    """An object that says something of itself, or of what routes to it.

    Attributes:
        claims: What is understood of it, by field: by our own key first, then by the common ones. Of one that
            names no owner, how they are reached stands for who they are.
        contact: How whoever answers for it is reached, as far as it says.
        environment: Its first word for the environment, understood or not.
        subject: Whose it is: resource, namespace and name; of a namespace nobody asks.
        documents: Where it says that contracts are.
    """

    claims: Claims
    contact: str | None = None
    environment: str | None = None
    subject: tuple[str, str, str] = ("", "", "")
    documents: tuple[Spec, ...] = ()

    def said(self, field: str) -> tuple[Claim, ...]:
        """Return what it says of a field."""
        return self.claims.get(field, ())

    def contact_of(self, owner: Claim) -> str | None:
        """Return how an owner is reached whom it names itself."""
        is_named = any(owner.source == each.source for each in self.said("owners"))
        return self.contact if is_named else None


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
    subject = (resource, own.namespace, own.name)
    return _voice(own, "", _ITSELF, keys, subject, own_documents(own))


def service_voice(service: Metadata, keys: KeySettings = USUAL) -> Voice:
    """Return what a Service says of what routes to it."""
    place = f" of Service {service.key}"
    subject = (SERVICES, service.namespace, service.name)
    return _voice(service, place, _SERVICE, keys, subject, service_documents(service))


def namespace_voice(namespace: Metadata, keys: KeySettings = USUAL) -> Voice:
    """Return what a namespace says of what lies in it."""
    return _voice(namespace, f" of Namespace {namespace.name}", _NAMESPACE, keys)


_ITSELF, _SERVICE, _NAMESPACE = _Trust(1.0, 0.7), _Trust(0.9, 0.6), _Trust(0.8, 0.5)


@lru_cache(maxsize=8)
def _meanings(keys: KeySettings) -> Mapping[str, Sequence[tuple[str, int]]]:
    """Return what keys mean, without case: the field and the place among its keys."""
    found: dict[str, list[tuple[str, int]]] = {}
    for field in (*keys.__struct_fields__, "audience"):
        found.setdefault(OWN + field, []).append((field, _OURS))
        for position, key in enumerate(getattr(keys, field, ())):
            found.setdefault(key.casefold(), []).append((field, position))
    return found


def _voice(
    metadata: Metadata,
    place: str,
    trust: _Trust,
    keys: KeySettings,
    subject: tuple[str, str, str] = ("", "", ""),
    documents: tuple[Spec, ...] = (),
) -> Voice:
    """Return what an object says; of an annotation and a label of one name, the annotation counts."""
    words: dict[str, _Words] = {}
    if metadata.labels:
        _take(metadata.labels, "label", place, trust, keys, words)
    if metadata.annotations:
        _take(metadata.annotations, "annotation", place, trust, keys, words)
    claims: Claims = {}
    environment = None
    for field, by in words.items():
        said = [by[at] for at in sorted(by)] if len(by) > 1 else [*by.values()]
        claims[field] = _understood(field, said)
        if field == "environment":
            short = (each.value for each in said if len(each.value) <= NAME_SIZE)
            environment = next(short, None)
    contacts = claims.pop("contact", ())
    claims["owners"] = claims.pop("owner", ()) or contacts
    return Voice(claims, winner(contacts), environment, subject, documents)


def _take(
    told: Mapping[str, str],
    kind: str,
    place: str,
    trust: _Trust,
    keys: KeySettings,
    words: dict[str, _Words],
) -> None:
    """Add what labels or annotations say to words."""
    meanings = _meanings(keys)
    for key, value in told.items():
        for field, position in meanings.get(key) or meanings.get(key.casefold(), ()):
            said = value.strip() if len(value) <= _READ_SIZE else ""
            if "://" in said:
                said = _ADDRESS.sub(_without_secrets, said)
            if said:
                later = LATER_KEY * position
                sure = trust.ours if position == _OURS else trust.common - later
                word = Claim(said, ProvenanceMethod.TAG, f"{kind}:{key}{place}", sure)
                words.setdefault(field, {})[position] = word


def _without_secrets(found: re.Match[str]) -> str:
    """Return an address in a text without userinfo and query."""
    return clean_address(found[0])


def _understood(field: str, words: Iterable[Claim]) -> tuple[Claim, ...]:
    """Return words with what they mean; without those that mean nothing."""
    vocabulary = _VOCABULARIES.get(field)
    if vocabulary is not None:
        meant = ((each, translate(each.value[:NAME_SIZE], vocabulary)) for each in words)
        return tuple(msgspec.structs.replace(each, value=word) for each, word in meant if word)
    if field == "description":
        return tuple(msgspec.structs.replace(each, value=each.value[:TEXT_SIZE]) for each in words)
    return tuple([each for each in words if len(each.value) <= NAME_SIZE])
