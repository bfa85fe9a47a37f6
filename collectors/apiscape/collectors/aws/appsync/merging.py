"""Which source API serves which field of a merged API. Pure.

A merged API has no resolvers of its own: its fields are those of its source APIs, which may have called them
otherwise (`@renamed`). So a field is served by the one source that resolves a field of that name, where the
resolvers of all sources were read; anything else is unknown, and never nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec

from apiscape.collectors.aws.appsync.naming import native_id_of_arn
from apiscape.collectors.aws.appsync.resolving import NAMELESS, Sources
from apiscape.collectors.aws.names import Place
from apiscape.collectors.aws.picking import Item, text
from apiscape.model.deployment import Backend, Operation
from apiscape.model.provenance import Claim
from apiscape.model.values import UNKNOWN, Unknown
from apiscape.model.vocabulary import ProvenanceMethod

KIND = "graphql"
"""Kind of a backend that is another GraphQL API."""

Served = Mapping[str, Mapping[str, Sources]]
"""Data sources by field, by verb."""


class SourceApi(msgspec.Struct, frozen=True, gc=False):
    """A source of a merged API.

    Attributes:
        is_near: Whether its resolvers can be asked for where the merged API is: of the same account and region.
    """

    id: str
    arn: str
    is_near: bool


def read_source_apis(associations: Iterable[Item], place: Place) -> tuple[SourceApi, ...]:
    """Return the sources that associations name, in the order of their ids."""
    found: dict[str, SourceApi] = {}
    for item in associations:
        arn = text(item, "sourceApiArn") or ""
        if native_id_of_arn(arn) is None:
            continue
        _, _, _, region, account, resource = arn.split(":", 5)
        key = resource.removeprefix("apis/").partition("/")[0]
        near = (account, region) == (place.account, place.region)
        found[arn] = SourceApi(key, arn, near)
    return tuple(sorted(found.values(), key=lambda each: (each.id, each.arn)))


def backends(sources: Iterable[SourceApi]) -> tuple[Backend, ...]:
    """Return the sources as what a merged API sends requests on to."""
    return tuple(Backend(key=each.id, kind=KIND, address=each.arn) for each in sources)


def resolve(
    operations: Iterable[Operation], served: Mapping[str, Served | None], verbs: Iterable[str]
) -> tuple[Operation, ...]:
    """Return operations with the source that serves each.

    Args:
        operations: Fields of the root types.
        served: By id of the source; `None` of one whose resolvers were not all read.
        verbs: Those whose resolvers were asked for.
    """
    known = {key: fields for key, fields in served.items() if fields is not None}
    whole = len(known) == len(served) and all(
        NAMELESS not in fields for each in known.values() for fields in each.values()
    )
    asked = frozenset(verbs)
    return tuple(
        msgspec.structs.replace(each, backend=_source(each, known))
        if whole and each.verb in asked
        else each
        for each in operations
    )


def _source(operation: Operation, served: Mapping[str, Served]) -> str | Unknown:
    of = [key for key, each in served.items() if operation.template in each.get(operation.verb, {})]
    return of[0] if len(of) == 1 else UNKNOWN


def claim(sources: Iterable[SourceApi], served: Mapping[str, Served | None]) -> Claim:
    """Return what says which source serves what, and which of them could not be read."""
    held = tuple(sources)
    far = [each.id for each in held if not each.is_near]
    unread = [each.id for each in held if each.is_near and served.get(each.id) is None]
    notes = [
        f"of another account or region, and not read: {', '.join(far)}" if far else "",
        f"could not be read: {', '.join(unread)}" if unread else "",
    ]
    return Claim(
        value=[each.id for each in held],
        method=ProvenanceMethod.INFERRED,
        source="resolvers of source APIs",
        note="; ".join(filter(None, notes)) or None,
    )
