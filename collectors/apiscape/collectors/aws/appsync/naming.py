"""Names of things in AppSync: native ids, addresses, console links, rights."""

from __future__ import annotations

from urllib.parse import quote

from apiscape.collectors.aws.names import Place
from apiscape.collectors.aws.operations import unpublished_quota
from apiscape.collectors.contract import Permission
from apiscape.model.identity import aws_native_id

SERVICE = "appsync"
QUOTA = unpublished_quota(SERVICE)


def native_id(place: Place, api_id: str) -> str:
    """Return the canonical id of an API: GraphQL, merged and Event APIs share one space of ids."""
    return aws_native_id(place.partition, place.account, place.region, SERVICE, api_id)


def native_id_of_arn(arn: str) -> str | None:
    """Return the canonical id of the API that an ARN names, of whichever account and region."""
    fields = arn.split(":", 5)
    if len(fields) < 6 or fields[2] != SERVICE or not fields[5].startswith("apis/"):  # noqa: PLR2004 - of an ARN
        return None
    _, partition, _, region, account, resource = fields
    api_id = resource.removeprefix("apis/").partition("/")[0]
    return aws_native_id(partition, account, region, SERVICE, api_id)


def console(place: Place, api_id: str) -> str:
    """Return the path of an API's page in the console."""
    return f"appsync/home?region={place.region}#/{quote(api_id, safe='')}/v1/home"


def right(
    operation: str, reveals: str, *, optional: bool = False, asked_where: str | None = None
) -> Permission:
    """Return the right to one call; AppSync's are called after the operations."""
    return Permission(
        action=f"{SERVICE}:{operation}",
        operations=(f"{SERVICE}:{operation}",),
        reveals=reveals,
        optional=optional,
        asked_where=asked_where,
    )
