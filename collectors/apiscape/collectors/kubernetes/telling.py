"""What people say of an object: owners, environment, lifecycle, version, title, and where its contract is said to be.

The order of trust: what an API's own object states, our own keys on the object, then on the Service that
it routes to, then on the namespace, then the common conventions in the same order. Who applies an object
(a GitOps tool, Helm) is kept as evidence, and never taken for who answers for it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache

import msgspec

from apiscape.collectors.kubernetes.announcing import documents_of
from apiscape.collectors.kubernetes.applying import applied_by
from apiscape.collectors.kubernetes.objects import Metadata, key_of
from apiscape.collectors.specs import clean_address
from apiscape.collectors.words import (
    ENVIRONMENTS,
    LIFECYCLES,
    inferred_environment,
    owner_named,
    translate,
    winner,
)
from apiscape.model.deployment import Owner, Spec
from apiscape.model.provenance import Claim, settle
from apiscape.model.values import UNKNOWN, Unknown
from apiscape.model.vocabulary import Audience, Environment, Lifecycle, ProvenanceMethod

OWN = "apiscape.io/"
"""Before our own keys: `apiscape.io/owner`, `/contact`, `/environment`, `/lifecycle`, …"""

AUDIENCES: Mapping[str, str] = {
    str(word): word for word in Audience if word is not Audience.UNKNOWN
}
NAMESPACE_CONFIDENCE = 0.5
"""That a namespace is called after its environment."""
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


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """What people say of an object, each with who said it.

    Attributes:
        owners: Unknown where nobody says and the namespace could not be seen; empty where nobody says.
        documents: Where its contract is said to be; never fetched.
        provenance: Claims by field; `applied_by` holds who applies the object, `audience` for whom it is said to be.
    """

    owners: tuple[Owner, ...] | Unknown
    environment: str
    environment_raw: str | None
    lifecycle: str
    version: str | None
    title: str | None
    description: str | None
    documents: tuple[Spec, ...]
    provenance: dict[str, tuple[Claim, ...]]


class _Word(msgspec.Struct, frozen=True, gc=False):
    kind: str
    key: str
    value: str


class _Voice(msgspec.Struct, frozen=True):
    """An object that says something of itself, or of what routes to it.

    Attributes:
        place: What it is, after what it says; empty for the object itself.
        words: What it says by field: first by our own key, then by the common ones in their order,
            each with how far that is trusted; of an annotation and a label of one name the annotation.
    """

    place: str
    words: dict[str, list[tuple[float, _Word]]]

    def said(self, field: str) -> list[tuple[float, _Word]]:
        """Return what it says of a field."""
        return self.words.get(field, _NOTHING)

    def source(self, word: _Word) -> str:
        """Return what exactly said a word."""
        return f"{word.kind}:{word.key}{self.place}"


_NOTHING: list[tuple[float, _Word]] = []


def tell(
    own: Metadata,
    services: Sequence[Metadata],
    namespace: Metadata | None,
    claims: Mapping[str, Sequence[Claim]] | None = None,
    keys: KeySettings | None = None,
) -> Told:
    """Return what is said of an object.

    Args:
        own: Its own metadata.
        services: Of the Services that it routes to (one that is exposed itself too); where they are
            several, none speaks of title, description and version.
        namespace: Of its namespace; `None` where it could not be seen.
        claims: What objects of APIs state, by field; owners by their names.
        keys: Which labels and annotations say what.
    """
    meanings = _meanings(keys or _USUAL)
    others = [each for each in services if each != own]
    near = [_voice(own, "", 1.0, 0.7, meanings)]
    near += [_service_voice(each, meanings) for each in others]
    voices = near if namespace is None else [*near, _namespace_voice(namespace, meanings)]
    said = _said(own, near[:1] if len(others) > 1 else near, voices)
    for field, stated in (claims or {}).items():
        said[field] = settle((*stated, *said.get(field, ())))
    return Told(
        owners=_owners(said.get("owners", ()), voices, is_seen=namespace is not None),
        environment=winner(said.get("environment", ())) or Environment.UNKNOWN,
        environment_raw=_raw(voices, "environment"),
        lifecycle=winner(said.get("lifecycle", ())) or Lifecycle.UNKNOWN,
        version=winner(said.get("version", ())),
        title=winner(said.get("title", ())),
        description=winner(said.get("description", ())),
        documents=documents_of(own, services),
        provenance={field: found for field, found in said.items() if found},
    )


_USUAL = KeySettings()
_OURS = -1
"""Place of our own key before the common ones."""


@lru_cache(maxsize=8)
def _meanings(keys: KeySettings) -> Mapping[str, Sequence[tuple[str, int]]]:
    """Return what keys mean, without case: the field and the place among its keys."""
    found: dict[str, list[tuple[str, int]]] = {}
    for field in (*keys.__struct_fields__, "audience"):
        found.setdefault(OWN + field, []).append((field, _OURS))
        for position, key in enumerate(getattr(keys, field, ())):
            found.setdefault(key.casefold(), []).append((field, position))
    return found


@lru_cache(maxsize=4096)
def _guessed(namespace: str) -> tuple[Claim, ...]:
    """Return the environment that a namespace is called after."""
    return tuple(inferred_environment(namespace, "name of the namespace", NAMESPACE_CONFIDENCE))


def _said(
    own: Metadata, alone: Sequence[_Voice], voices: Sequence[_Voice]
) -> dict[str, tuple[Claim, ...]]:
    """Return what labels, annotations and names say, by field."""
    spoken = {field for voice in voices for field in voice.words}
    guessed = _guessed(own.namespace)
    found: dict[str, Iterable[Claim]] = {"environment": guessed, "applied_by": applied_by(own)}
    if "environment" in spoken:
        found["environment"] = (*_claims(voices, "environment", ENVIRONMENTS), *guessed)
    if spoken & {"owner", "contact"}:
        found["owners"] = _owner_claims(voices)
    for field, words in (("lifecycle", LIFECYCLES), ("audience", AUDIENCES)):
        if field in spoken:
            found[field] = _claims(voices, field, words)
    for field in spoken & {"version", "title", "description"}:
        found[field] = _claims(alone, field)
    return {field: claims for field, said in found.items() if (claims := settle(said))}


def _service_voice(service: Metadata, meanings: Mapping[str, Sequence[tuple[str, int]]]) -> _Voice:
    place = f" of Service {key_of(service.namespace, service.name)}"
    return _voice(service, place, 0.9, 0.6, meanings)


def _namespace_voice(
    namespace: Metadata, meanings: Mapping[str, Sequence[tuple[str, int]]]
) -> _Voice:
    return _voice(namespace, f" of Namespace {namespace.name}", 0.8, 0.5, meanings)


def _voice(
    metadata: Metadata,
    place: str,
    own: float,
    common: float,
    meanings: Mapping[str, Sequence[tuple[str, int]]],
) -> _Voice:
    """Return what an object says: how far our own keys on it are trusted, and the first of the common ones."""
    words: dict[str, dict[int, tuple[float, _Word]]] = {}
    for kind, told in (("label", metadata.labels), ("annotation", metadata.annotations)):
        for key, value in (told or {}).items():
            for field, position in meanings.get(key.casefold(), ()):
                said = value.strip() if len(value) <= _READ_SIZE else ""
                if said:
                    sure = own if position == _OURS else common - LATER_KEY * position
                    words.setdefault(field, {})[position] = (sure, _Word(kind, key, said))
    return _Voice(place, {field: [by[at] for at in sorted(by)] for field, by in words.items()})


def _claims(
    voices: Sequence[_Voice], field: str, words: Mapping[str, str] | None = None
) -> Iterator[Claim]:
    """Yield what each voice says of a field, by our own key and by the common ones."""
    for voice in voices:
        for confidence, word in voice.words.get(field, _NOTHING):
            said = _read(field, word.value, words)
            if said:
                yield Claim(said, ProvenanceMethod.TAG, voice.source(word), confidence)


def _read(field: str, value: str, words: Mapping[str, str] | None) -> str | None:
    if words is not None:
        return translate(value[:NAME_SIZE], words)
    if field == "description":
        return value[:TEXT_SIZE]
    return value if len(value) <= NAME_SIZE else None


def _owner_claims(voices: Sequence[_Voice]) -> Iterator[Claim]:
    """Yield who answers for it; of a voice that names nobody, how they are reached stands for who they are."""
    for voice in voices:
        if voice.words:
            named = list(_claims([voice], "owner"))
            yield from named or _claims([voice], "contact")


def _owners(
    claims: Sequence[Claim], voices: Sequence[_Voice], *, is_seen: bool
) -> tuple[Owner, ...] | Unknown:
    """Return whoever is trusted most, with the contact that is named in the same place."""
    if not claims:
        return () if is_seen else UNKNOWN
    first = claims[0]
    contact = None
    for voice in voices:
        if "contact" in voice.words and any(
            first.source == voice.source(word) for said in voice.words.values() for _, word in said
        ):
            contact = winner(list(_claims([voice], "contact")))
    return (owner_named(str(first.value), _plain(contact)),)


def _plain(contact: str | None) -> str | None:
    """Return a contact; where it is an address to follow, without userinfo and query."""
    return clean_address(contact) if contact and "://" in contact else contact


def _raw(voices: Sequence[_Voice], field: str) -> str | None:
    """Return the first word for a field, understood or not."""
    words = (word.value for voice in voices for _, word in voice.said(field))
    return next((word for word in words if len(word) <= NAME_SIZE), None)
