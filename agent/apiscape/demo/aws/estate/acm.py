"""AWS Certificate Manager: a region's certificates."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from apiscape.demo.aws.estate.backends import Fields
from apiscape.demo.aws.estate.identifiers import identifier

if TYPE_CHECKING:
    from apiscape.demo.aws.estate.region import Region

_LIFE = timedelta(days=395)


class Certificates:
    """What a region has of Certificate Manager: members of the `CertificateSummary` shape, by ARN."""

    def __init__(self, region: Region) -> None:
        self._region = region
        self.held: dict[str, Fields] = {}

    def certificate(
        self,
        name: str,
        *others: str,
        arn: str | None = None,
        life: timedelta = _LIFE,
        **fields: object,
    ) -> str:
        """Add a certificate for some names, and give its ARN.

        Args:
            name: The first name that it is for.
            *others: All other names.
            arn: That something names already.
            life: How long it holds from now on.
            **fields: Further members, for instance `KeyAlgorithm` or `InUse`.
        """
        region, now = self._region, self._region.account.estate.now
        key = identifier(region.account.id, region.name, "certificate", name, len(self.held))
        arn = arn or f"arn:aws:acm:{region.name}:{region.account.id}:certificate/{key}"
        self.held[arn] = {
            "CertificateArn": arn,
            "DomainName": name,
            "SubjectAlternativeNameSummaries": [name, *others],
            "HasAdditionalSubjectAlternativeNames": False,
            "Status": "ISSUED",
            "Type": "AMAZON_ISSUED",
            "KeyAlgorithm": "RSA_2048",
            "InUse": True,
            "RenewalEligibility": "ELIGIBLE",
            "NotBefore": now,
            "NotAfter": now + life,
            "CreatedAt": now,
            "IssuedAt": now,
            "CertificateKeyPairOrigin": "AWS_MANAGED",
            **fields,
        }
        return arn
