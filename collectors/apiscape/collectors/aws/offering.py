"""Services that are not everywhere: a part of one that an endpoint or region lacks is absent, not failed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from apiscape.collectors.aws.errors import NotOffered
from apiscape.collectors.aws.session import AwsSession
from apiscape.collectors.contract import Observation, PartAbsent, Unreachable


def where_offered(
    part: str, service: str, session: AwsSession, said: Iterable[Observation]
) -> Iterator[Observation]:
    """Yield what a collector says of a part, or that the part is not here.

    It is not where the endpoint knows no such call, and where nobody answers in a region that the
    SDK knows the service not to be in. What the SDK itself knows nothing of ends the visit as
    `Unsupported` by itself.

    Args:
        part: Name of the part.
        service: What the SDK calls the service.
        session: Of the reach.
        said: What the collector says, its listing first.

    Raises:
        CollectorError: as `said` does.
    """
    begun = False
    try:
        for one in said:
            begun = True
            yield one
    except NotOffered as error:
        if begun:
            raise
        yield PartAbsent(part, error.message)
    except Unreachable:
        if begun or session.offers(service) is not False:
            raise
        region = session.place.region
        yield PartAbsent(part, f"{service} is not offered in {region}, as far as the SDK knows")
