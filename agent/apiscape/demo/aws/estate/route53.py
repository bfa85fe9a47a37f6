"""Amazon Route 53: an account's hosted zones and their records."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self

from apiscape.demo.aws.estate.backends import Fields
from apiscape.demo.aws.estate.identifiers import identifier

if TYPE_CHECKING:
    from apiscape.demo.aws.estate.estate import Account

_LETTERS = 14
_TTL_S = 300


@dataclass(eq=False)
class Zone:
    """A hosted zone; made by `Route53.zone`.

    Attributes:
        records: Members of the `ResourceRecordSet` shape, in the order in which they were made.
    """

    id: str
    name: str
    private: bool = False
    records: list[Fields] = field(default_factory=list, repr=False)

    def alias(self, name: str, target: str, kind: str = "A", **fields: object) -> Self:
        """Add an alias record; further members say of which set it is (`SetIdentifier`, `Weight`)."""
        to = {"HostedZoneId": "Z2FDTNDATAQYW2", "DNSName": f"{target}."}
        self.records.append(
            {
                "Name": f"{name}.",
                "Type": kind,
                "AliasTarget": {**to, "EvaluateTargetHealth": False},
                **fields,
            }
        )
        return self

    def record(self, name: str, kind: str, *values: str, **fields: object) -> Self:
        """Add a record of plain values, for instance a `CNAME` or a `TXT`."""
        held = [{"Value": value} for value in values]
        self.records.append(
            {"Name": f"{name}.", "Type": kind, "TTL": _TTL_S, "ResourceRecords": held, **fields}
        )
        return self

    def in_order(self) -> Sequence[Fields]:
        """Give the records as the service lists them: by name, its labels from the last, then type and set."""
        return sorted(
            self.records,
            key=lambda each: (
                each["Name"].rstrip(".").split(".")[::-1],
                each["Type"],
                each.get("SetIdentifier", ""),
            ),
        )


class Route53:
    """What an account has of Route 53."""

    def __init__(self, account: Account) -> None:
        self._account = account
        self.zones: dict[str, Zone] = {}

    def zone(self, name: str, *, private: bool = False) -> Zone:
        """Add a hosted zone with the records that every zone begins with."""
        number = str(len(self.zones))
        key = "Z" + identifier(self._account.id, "zone", number, length=_LETTERS).upper()
        zone = self.zones[key] = Zone(key, name, private=private)
        zone.record(name, "NS", "ns-1.awsdns-00.co.uk.", "ns-2.awsdns-01.org.")
        return zone.record(name, "SOA", "ns-1.awsdns-00.co.uk. hostmaster.example. 1 7200 900 1 60")
