"""Partitions of AWS, as the SDK's data has them."""

from __future__ import annotations

import re

import msgspec

from apiscape.collectors.aws.picking import items, part, text

FALLBACK_REGION = "us-east-1"
"""Where to sign in if neither settings nor environment name a region."""


class Partition(msgspec.Struct, frozen=True, gc=False):
    """A part of AWS with accounts of its own (`aws`, `aws-cn`).

    Attributes:
        home: Region where services without regions are, and keep what happened to them.
    """

    name: str = "aws"
    dns_suffix: str = "amazonaws.com"
    home: str = FALLBACK_REGION


def find_partition(data: object, region: str) -> Partition:
    """Return the partition of a region, the first of all where none is known to have it.

    Args:
        data: The SDK's `partitions` data.
        region: Region name, perhaps newer than the data.
    """
    for entry in items(data, "partitions"):
        pattern = text(entry, "regionRegex")
        if region in part(entry, "regions") or (pattern and re.match(pattern, region)):
            said, usual = part(entry, "outputs"), Partition()
            return Partition(
                name=text(entry, "id") or usual.name,
                dns_suffix=text(said, "dnsSuffix") or usual.dns_suffix,
                home=text(said, "implicitGlobalRegion") or region,
            )
    return Partition()
