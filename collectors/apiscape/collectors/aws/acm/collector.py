"""Certificates of AWS Certificate Manager: until when each holds that something shows.

What a front door shows is named by its ARN; what the service says of it is joined to that. One
`ListCertificates` per 1000, and nothing besides. Certificates of CloudFront and of edge-optimised
domains are those of us-east-1, which therefore has to be among the regions that are visited.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import ClassVar

from apiscape.collectors.aws.again import LooksAgainCollector
from apiscape.collectors.aws.calls import Page
from apiscape.collectors.aws.listing import Members
from apiscape.collectors.aws.looking import LookCollector, Near
from apiscape.collectors.aws.operations import unpublished_quota
from apiscape.collectors.aws.picking import Item, flag, moment, text
from apiscape.collectors.aws.trials import Recipes
from apiscape.collectors.changing import Change, Touched
from apiscape.collectors.contract import (
    Observation,
    Permission,
    Quota,
    Recorded,
    Skipped,
)
from apiscape.model.identity import certificate_uid
from apiscape.model.surroundings import CERTIFICATE_NOT_AFTER, CERTIFICATES, Signal

PRODUCT = "aws.acm.certificates"
PART = "ListCertificates"
OPERATION = f"acm:{PART}"
ISSUED = "condition.CertificateIssued"
UNUSED = "nothing shows it"

EVERY_KEY = (
    *("RSA_1024", "RSA_2048", "RSA_3072", "RSA_4096"),
    *("EC_prime256v1", "EC_secp384r1", "EC_secp521r1"),
)
EVERY_ORIGIN = ("AWS_MANAGED", "CUSTOMER_PROVIDED", "ACME")
_STANDING = frozenset({"ISSUED", "EXPIRED"})

RECIPES: Recipes = {OPERATION: lambda _told: {"MaxItems": 1}}


class CertificateCollector(LookCollector, LooksAgainCollector):
    """Lists certificates: a signal of its end for each that is in use."""

    product: ClassVar[str] = PRODUCT
    title: ClassVar[str] = "Certificate Manager"
    permissions: ClassVar[tuple[Permission, ...]] = (
        Permission(
            action="acm:ListCertificates",
            operations=(OPERATION,),
            reveals="until when the certificates of front doors hold",
        ),
    )
    quotas: ClassVar[tuple[Quota, ...]] = (unpublished_quota("acm"),)
    parts: ClassVar[tuple[str, ...]] = (PART,)
    listing: ClassVar[str] = OPERATION
    members: ClassVar[Members] = Members("CertificateArn", "DomainName", "tags")
    noun: ClassVar[str] = "certificate"
    tried_with: ClassVar[Recipes] = RECIPES
    topics: ClassVar[tuple[str, ...]] = ("acm.amazonaws.com",)
    normaliser_version: ClassVar[int] = 1

    def pages(self, near: Near) -> Iterable[Page]:
        """Return the certificates of every kind that the SDK can ask for."""
        wanted: dict[str, object] = {"Includes": {"keyTypes": list(EVERY_KEY)}}
        if near.session.accepts(OPERATION, "CertificateKeyPairOrigins"):
            wanted["CertificateKeyPairOrigins"] = list(EVERY_ORIGIN)
        return near.calls.pages(OPERATION, **wanted)

    def look(self, near: Near, key: str, listed: Item) -> list[Observation]:
        """Return what is said of one certificate."""
        return [_observe(key, listed, near.visit.now())]

    def touched(self, change: Change) -> tuple[str, ...]:
        """Return the certificate that a change is of."""
        said = change.subjects
        found = said.get("certificateArn") or said.get("made.certificateArn")
        return (found,) if found else ()

    def find(self, near: Near, touched: Touched) -> Item | None:
        """Return a certificate as it is listed: a call for one alone is a right more, and says no more."""
        return near.once(self._listed).get(touched.native_id)

    def _listed(self, near: Near) -> dict[str, Item]:
        """Return the certificates of a region by ARN."""
        every = (item for page in self.pages(near) for item in page.items)
        return {arn: item for item in every if (arn := text(item, self.members.id))}


def _observe(arn: str, certificate: Item, now: datetime) -> Observation:
    """Return what a certificate gives; what nothing shows is left out."""
    if flag(certificate, "InUse") is False:
        return Skipped(arn, UNUSED)
    return Recorded(arn, entities=tuple(read_signals(arn, certificate, now)))


def read_signals(arn: str, certificate: Item, now: datetime) -> Iterator[Signal]:
    """Yield until when a certificate holds, and that it is not to be trusted where that is said.

    Args:
        arn: Of the certificate.
        certificate: Item of `ListCertificates`.
        now: When it was read.
    """
    ends, status = moment(certificate, "NotAfter"), text(certificate, "Status")
    if ends is not None:
        yield Signal(
            subject_uid=certificate_uid(arn),
            name=CERTIFICATE_NOT_AFTER,
            value=ends.isoformat(),
            observed_at=now,
            source=CERTIFICATES,
            reason=_words(certificate),
        )
    if status is not None and status not in _STANDING:
        yield Signal(
            subject_uid=certificate_uid(arn),
            name=ISSUED,
            value=False,
            observed_at=now,
            source=CERTIFICATES,
            reason=f"the certificate is {status.replace('_', ' ').lower()}",
        )


def _words(certificate: Item) -> str | None:
    """Return who is to renew it, where that is said."""
    renewal = text(certificate, "RenewalEligibility")
    return {
        "ELIGIBLE": "renewed by Certificate Manager",
        "INELIGIBLE": "to be renewed by hand",
    }.get(renewal or "")
