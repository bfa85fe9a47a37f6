"""Names in DNS with what was concluded of each: at what they point, who looked, and since when it is so."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, select
from sqlalchemy import Row as Record

from apiscape.client.names import DnsName
from apiscape.model.codec import decode
from apiscape.model.surroundings import FrontDoor, Signal
from apiscape.model.values import is_known
from apiscape.model.vocabulary import Dangling
from apiscape.store import schema
from apiscape.store.reading.display import moment_of
from apiscape.store.writing.surroundings import KINDS, VERDICT

_HELD = schema.surrounding.c


def read_names(connection: Connection) -> tuple[DnsName, ...]:
    """Return every name that something was concluded of, by uid; what several scopes list is there once.

    That is the one of the scope in which it was seen last.
    """
    verdicts = _verdicts(connection)
    places = sorted({place for place, _ in verdicts})
    found = {
        record.uid: _name(record, verdicts[record.scope_pk, record.uid])
        for record in (_doors(connection, places) if places else ())
        if (record.scope_pk, record.uid) in verdicts
    }
    return tuple(found[uid] for uid in sorted(found))


def _verdicts(connection: Connection) -> Mapping[tuple[int, str], Signal]:
    """Return what was concluded, by the scope that lists a name and the name's uid."""
    query = select(_HELD.scope_pk, _HELD.doc).where(_HELD.kind == VERDICT, _HELD.to_seq.is_(None))
    said = ((place, decode(doc, Signal)) for place, doc in connection.execute(query))
    return {(place, verdict.subject_uid): verdict for place, verdict in said}


def _doors(connection: Connection, places: Sequence[int]) -> Sequence[Record[Any]]:
    """Return the front doors of some scopes, with who lists them: what was seen last comes last."""
    query = (
        select(
            _HELD.uid,
            _HELD.doc,
            _HELD.scope_pk,
            schema.scope.c.key,
            schema.scope.c.source,
            schema.scope.c.product,
            schema.part.c.observed_at,
        )
        .join(schema.scope, schema.scope.c.pk == _HELD.scope_pk)
        .join(schema.part, schema.part.c.pk == _HELD.part_pk)
        .where(
            _HELD.kind == KINDS[FrontDoor],
            _HELD.to_seq.is_(None),
            _HELD.scope_pk.in_(places),
        )
        .order_by(schema.part.c.observed_at, _HELD.scope_pk)
    )
    found: Sequence[Any] = connection.execute(query).all()
    return found


def _name(record: Record[Any], verdict: Signal) -> DnsName:
    door = decode(record.doc, FrontDoor)
    routes = door.routes if is_known(door.routes) else ()
    return DnsName(
        uid=door.uid,
        name=door.name,
        provider=door.provider,
        product=record.product,
        source=record.source,
        scope=record.key,
        account=door.account,
        native_id=door.native_id,
        zone=door.endpoint.evidence,
        points_at=tuple(dict.fromkeys(route.target for route in routes if route.target)),
        exposure=door.endpoint.exposure,
        dangling=_word(verdict),
        reason=verdict.reason,
        since=verdict.observed_at,
        seen_at=moment_of(record.observed_at),
    )


def _word(verdict: Signal) -> str:
    if not isinstance(verdict.value, bool):
        return Dangling.UNKNOWN.value
    return Dangling.YES.value if verdict.value else Dangling.NO.value
