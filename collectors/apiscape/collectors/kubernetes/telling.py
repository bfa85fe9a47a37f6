"""What people say of an object: owners, environment, lifecycle, version, title, and where its contract is said to be.

The order of trust: what an API's own object states, our own keys on the object, then on the Service that
it routes to, then on the namespace, then the common conventions in the same order. Who applies an object
(a GitOps tool, Helm) is kept as evidence, and never taken for who answers for it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache

import msgspec

from apiscape.collectors.kubernetes.applying import applied_by
from apiscape.collectors.kubernetes.objects import Metadata
from apiscape.collectors.kubernetes.voicing import USUAL, KeySettings, Voice, own_voice
from apiscape.collectors.specs import clean_address
from apiscape.collectors.words import inferred_environment, owner_named, winner
from apiscape.model.deployment import Owner, Spec
from apiscape.model.provenance import Claim, settle
from apiscape.model.values import UNKNOWN, Unknown
from apiscape.model.vocabulary import Environment, Lifecycle

NAMESPACE_CONFIDENCE = 0.5
"""That a namespace is called after its environment."""


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


def tell(
    own: Metadata,
    services: Sequence[Voice],
    namespace: Voice | None,
    claims: Mapping[str, Sequence[Claim]] | None = None,
    keys: KeySettings = USUAL,
    *,
    resource: str = "",
) -> Told:
    """Return what is said of an object.

    Args:
        own: Its own metadata.
        services: Of the Services that it routes to (one that is exposed itself too); where they are
            several, none speaks of title, description and version.
        namespace: Of its namespace; `None` where it could not be seen.
        claims: What objects of APIs state, by field; owners by their names.
        keys: Which labels and annotations say what.
        resource: Its own: a Service that is exposed itself is among the Services.
    """
    itself = own_voice(own, resource, keys)
    others = [each for each in services if each.subject != itself.subject]
    near = [itself, *others]
    voices = near if namespace is None else [*near, namespace]
    said = _said(own, near if len(others) <= 1 else [itself], voices)
    for field, stated in (claims or {}).items():
        settled = settle((*stated, *said.get(field, ())))
        said |= {field: settled} if settled else {}
    return Told(
        owners=_owners(said.get("owners", ()), voices, is_seen=namespace is not None),
        environment=winner(said.get("environment", ())) or Environment.UNKNOWN,
        environment_raw=next(filter(None, (each.raw("environment") for each in voices)), None),
        lifecycle=winner(said.get("lifecycle", ())) or Lifecycle.UNKNOWN,
        version=winner(said.get("version", ())),
        title=winner(said.get("title", ())),
        description=winner(said.get("description", ())),
        documents=_documents(itself, services),
        provenance=said,
    )


def _documents(itself: Voice, services: Sequence[Voice]) -> tuple[Spec, ...]:
    """Return where the contract is said to be; what a Service that is exposed itself says counts once."""
    is_service = any(each.subject == itself.subject for each in services)
    said = services if is_service else (itself, *services)
    return tuple(dict.fromkeys(document for each in said for document in each.documents))


@lru_cache(maxsize=4096)
def _guessed(namespace: str) -> tuple[Claim, ...]:
    """Return the environment that a namespace is called after."""
    return tuple(inferred_environment(namespace, "name of the namespace", NAMESPACE_CONFIDENCE))


def _said(
    own: Metadata, alone: Sequence[Voice], voices: Sequence[Voice]
) -> dict[str, tuple[Claim, ...]]:
    """Return what labels, annotations and names say, by field."""
    spoken = {field for voice in voices for field in voice.claims}
    guessed = _guessed(own.namespace)
    found: dict[str, Iterable[Claim]] = {"environment": guessed, "applied_by": applied_by(own)}
    if "environment" in spoken:
        found["environment"] = (*_of(voices, "environment"), *guessed)
    if spoken & _OWNING:
        found["owners"] = _owner_claims(voices)
    for field in spoken & _OF_ALL:
        found[field] = _of(voices, field)
    for field in spoken & _OF_ITSELF:
        found[field] = _of(alone, field)
    return {field: claims for field, said in found.items() if (claims := settle(said))}


_OWNING = frozenset({"owner", "contact"})
_OF_ALL = frozenset({"lifecycle", "audience"})
_OF_ITSELF = frozenset({"version", "title", "description"})


def _of(voices: Sequence[Voice], field: str) -> Iterator[Claim]:
    """Yield what each voice says of a field."""
    for voice in voices:
        yield from voice.said(field)


def _owner_claims(voices: Sequence[Voice]) -> Iterator[Claim]:
    """Yield who answers for it; of a voice that names nobody, how they are reached stands for who they are."""
    for voice in voices:
        yield from voice.said("owner") or voice.said("contact")


def _owners(
    claims: Sequence[Claim], voices: Sequence[Voice], *, is_seen: bool
) -> tuple[Owner, ...] | Unknown:
    """Return whoever is trusted most, with the contact that is named in the same place."""
    if not claims:
        return () if is_seen else UNKNOWN
    first = claims[0]
    contact = None
    for voice in voices:
        if "contact" in voice.claims and voice.has_said(first):
            contact = winner(voice.said("contact"))
    return (owner_named(str(first.value), _plain(contact)),)


def _plain(contact: str | None) -> str | None:
    """Return a contact; where it is an address to follow, without userinfo and query."""
    return clean_address(contact) if contact and "://" in contact else contact
