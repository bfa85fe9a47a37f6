"""Normalise a record of Agent Registry: pure, from what `ListRegistryRecords` says."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from apiscape.collectors.aws.agentcore.arns import whereabouts_of
from apiscape.collectors.aws.framing import native_id
from apiscape.collectors.aws.names import Place
from apiscape.collectors.aws.picking import Item, entries, flag, items, text
from apiscape.model.identity import deployment_uid, entity_uid
from apiscape.model.surroundings import (
    CatalogueRecord,
    Observable,
    Relation,
    Signal,
    Whereabouts,
)
from apiscape.model.vocabulary import Lifecycle, Style

KIND = "aws.agentregistry.record"
WORD = "agent-registry"
DECLARES = "declares"
DETECTED = "agentregistry.detected"

_STYLES = {"MCP": Style.MCP, "GATEWAY": Style.MCP}
_LIFECYCLES = {"DEPRECATED": Lifecycle.DEPRECATED, "DRAFT": Lifecycle.PLANNED}


def normalise(record: Item, registry: Item, place: Place) -> CatalogueRecord:
    """Return what a registry declares.

    Args:
        record: Item of `ListRegistryRecords`.
        registry: Item of `ListRegistries`.
        place: Where the answers come from.
    """
    registry_id, key = text(registry, "registryId") or "", text(record, "recordId") or ""
    identity = native_id(place, WORD, f"{registry_id}/{key}")
    status = text(record, "status")
    return CatalogueRecord(
        uid=entity_uid("catalogue_record", identity),
        native_id=identity,
        native_kind=KIND,
        provider="aws",
        account=place.account,
        name=text(record, "name") or key,
        title=text(record, "displayName"),
        description=text(record, "description"),
        style=_STYLES.get(text(record, "recordType") or ""),
        version=text(record, "recordVersion"),
        lifecycle=_LIFECYCLES.get(status, status.casefold()) if status else None,
        catalogue=text(registry, "name") or registry_id or None,
        untold=_read_untold(record),
    )


def _read_untold(record: Item) -> str | None:
    """Return why a record may lead to more than what it was detected from and is read."""
    count = len(entries(record, "provenanceSummaryList"))
    if not count:
        return "it names no source, and what it describes is not read"
    sources = (text(each, "sourceId") for each in items(record, "provenanceSummaryList"))
    strange = count - sum(whereabouts_of(source or "") is not None for source in sources)
    return f"{strange} of its {count} sources are nothing that is read" if strange else None


def read_surroundings(
    record: Item, declared: CatalogueRecord, now: datetime
) -> Iterator[Observable]:
    """Yield what a record declares of deployments, by the ARNs that it was detected from."""
    detected = flag(record, "createdByAutoDetection")
    if detected is not None:
        yield Signal(
            subject_uid=declared.uid, name=DETECTED, value=detected, observed_at=now, source=KIND
        )
    found: dict[Whereabouts, list[str]] = {}
    for each in items(record, "provenanceSummaryList"):
        source = text(each, "sourceId") or ""
        place = whereabouts_of(source)
        if place:
            found.setdefault(place, []).append(f"{text(each, 'relation') or 'names'} {source}")
    for place, evidence in found.items():
        yield Relation(
            type=DECLARES,
            from_uid=declared.uid,
            to_uid=deployment_uid(place.native_id),
            evidence=tuple(evidence),
            whereabouts=place,
        )
