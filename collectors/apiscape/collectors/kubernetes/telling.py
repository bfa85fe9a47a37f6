"""What people say of an object: owners, environment, lifecycle, version, title, and where its contract is said to be.

The order of trust: what an API's own object states, our own keys on the object, then on the Service that
it routes to, then on the namespace, then the common conventions in the same order. Who applies an object
(a GitOps tool, Helm) is kept as evidence, and never taken for who answers for it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache

import msgspec

from apiscape.collectors.kubernetes.applying import applied_by
from apiscape.collectors.kubernetes.objects import Metadata
from apiscape.collectors.kubernetes.settings import USUAL, KeySettings
from apiscape.collectors.kubernetes.voicing import Claims, Voice, own_voice
from apiscape.collectors.specs import clean_address
from apiscape.collectors.words import inferred_environment, owner_named
from apiscape.model.deployment import Owner, Spec
from apiscape.model.provenance import Claim, settle
from apiscape.model.values import UNKNOWN, Unknown
from apiscape.model.vocabulary import Environment, Lifecycle

NAMESPACE_CONFIDENCE = 0.5
"""That a namespace is called after its environment."""

MOST_KEPT = 20
"""Claims on a field, and contracts, that are kept of all that is said around an object."""


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


class Around(msgspec.Struct, frozen=True):
    """What is said around an object: by the Services that it routes to, and by its namespace.

    Attributes:
        voices: Of the Services and of the namespace, nearest first.
        claims: Theirs by field; of title, description and version only where one Service alone speaks. Of more
            than `MOST_KEPT` the most trusted of each word, with a note of how many are left out.
        settled: The same in order of trust, as it holds where the object itself says nothing.
        documents: Where Services say that contracts are; likewise.
        environment: The first word for the environment, understood or not.
        is_seen: Whether the namespace could be seen.
        has_itself: Whether the object is one of the Services: then it says once where its contract is.
    """

    voices: tuple[Voice, ...]
    claims: Claims
    settled: Claims
    documents: tuple[Spec, ...]
    environment: str | None
    is_seen: bool
    has_itself: bool = False


def around(
    name: str,
    services: Sequence[Voice],
    namespace: Voice | None,
    itself: tuple[str, str, str] | None = None,
) -> Around:
    """Return what is said around all objects of a namespace that route to the same Services.

    Args:
        name: Of the namespace.
        services: Of the Services; where they are several, none speaks of title, description and version.
        namespace: Of the namespace; `None` where it could not be seen.
        itself: The object, where that is a Service that is exposed itself: it says nothing around itself.
    """
    others = [each for each in services if each.subject != itself]
    voices = others if namespace is None else [*others, namespace]
    fields = dict.fromkeys(field for voice in voices for field in voice.claims)
    claims: Claims = {}
    alone = others if len(others) == 1 else []
    for field in fields:
        speakers = alone if field in _OF_ITSELF else voices
        claims[field] = _kept(tuple(claim for voice in speakers for claim in voice.said(field)))
    claims["environment"] = (*claims.get("environment", ()), *_guessed(name))
    return Around(
        tuple(voices),
        claims,
        {field: settled for field, said in claims.items() if (settled := settle(said))},
        _read(tuple(document for each in services for document in each.documents)),
        next((each.environment for each in voices if each.environment), None),
        namespace is not None,
        len(others) < len(services),
    )


def _kept(said: tuple[Claim, ...]) -> tuple[Claim, ...]:
    """Return the claims that are kept: all of a few, else the most trusted of each word."""
    if len(said) <= MOST_KEPT:
        return said
    words: dict[str, Claim] = {}
    for claim in settle(said):
        words.setdefault(repr(claim.value), claim)
    *kept, last = list(words.values())[:MOST_KEPT]
    note = f"{len(said) - len(kept) - 1} more say something of it"
    return (*kept, msgspec.structs.replace(last, note=note))


def _read(said: tuple[Spec, ...]) -> tuple[Spec, ...]:
    """Return the contracts that are kept: a few, with a word of how many are left out."""
    found = tuple(dict.fromkeys(said))
    if len(found) <= MOST_KEPT:
        return found
    *kept, last = found[:MOST_KEPT]
    left_out = f"{last.not_kept or ''}; {len(found) - MOST_KEPT} more are named and left out"
    return (*kept, msgspec.structs.replace(last, not_kept=left_out.removeprefix("; ")))


def tell(
    own: Metadata,
    others: Around,
    claims: Mapping[str, Sequence[Claim]] | None = None,
    keys: KeySettings = USUAL,
    *,
    resource: str = "",
) -> Told:
    """Return what is said of an object.

    Args:
        own: Its own metadata.
        others: What is said around it.
        claims: What objects of APIs state, by field; owners by their names.
        keys: Which labels and annotations say what.
        resource: Its own.
    """
    itself = own_voice(own, resource, keys)
    said = _said(itself, others, applied_by(own))
    for field, stated in (claims or {}).items():
        settled = settle((*stated, *said.get(field, ())))
        said |= {field: settled} if settled else {}
    words = {field: settled[0].value for field, settled in said.items()}
    return Told(
        owners=_owners(said.get("owners", ()), itself, others),
        environment=words.get("environment") or Environment.UNKNOWN,
        environment_raw=itself.environment or others.environment,
        lifecycle=words.get("lifecycle") or Lifecycle.UNKNOWN,
        version=words.get("version"),
        title=words.get("title"),
        description=words.get("description"),
        documents=_documents(itself, others),
        provenance=said,
    )


def _documents(itself: Voice, others: Around) -> tuple[Spec, ...]:
    """Return where the contract is said to be; what a Service that is exposed itself says counts once."""
    said = others.documents if others.has_itself else (*itself.documents, *others.documents)
    return tuple(dict.fromkeys(said)) if said else ()


@lru_cache(maxsize=4096)
def _guessed(namespace: str) -> tuple[Claim, ...]:
    """Return the environment that a namespace is called after."""
    return tuple(inferred_environment(namespace, "name of the namespace", NAMESPACE_CONFIDENCE))


def _said(itself: Voice, others: Around, applied: tuple[Claim, ...]) -> Claims:
    """Return what labels, annotations and names say, by field; of each field something."""
    found = dict(others.settled)
    for field, claims in itself.claims.items():
        if claims:
            found[field] = settle((*claims, *others.claims.get(field, ())))
    if applied:
        found["applied_by"] = settle(applied)
    return found


_OF_ITSELF = frozenset({"version", "title", "description"})


def _owners(claims: Sequence[Claim], itself: Voice, others: Around) -> tuple[Owner, ...] | Unknown:
    """Return whoever is trusted most, with the contact that is named in the same place."""
    if not claims:
        return () if others.is_seen else UNKNOWN
    first = claims[0]
    told = [each.contact_of(first) for each in (itself, *others.voices) if each.contact]
    contact = next(filter(None, told), None) if told else None
    return (owner_named(str(first.value), _plain(contact)),)


def _plain(contact: str | None) -> str | None:
    """Return a contact; where it is an address to follow, without userinfo and query."""
    return clean_address(contact) if contact and "://" in contact else contact
