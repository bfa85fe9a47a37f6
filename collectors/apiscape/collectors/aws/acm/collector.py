"""Certificates of AWS Certificate Manager: until when each holds that something shows.

What a front door shows is named by its ARN; what the service says of it is joined to that. One
`ListCertificates` per 1000, and nothing besides. Certificates of CloudFront and of edge-optimised
domains are those of us-east-1, which therefore has to be among the regions that are visited.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import ClassVar

from apiscape.collectors.aws.listing import Members, walk
from apiscape.collectors.aws.operations import unpublished_quota
from apiscape.collectors.aws.picking import Item, flag, moment, text
from apiscape.collectors.aws.session import AwsSession
from apiscape.collectors.aws.trials import Recipes, try_each
from apiscape.collectors.contract import (
    Observation,
    Permission,
    Quota,
    Recorded,
    Skipped,
    Visit,
)
from apiscape.collectors.trying import Tried
from apiscape.model.identity import certificate_uid
from apiscape.model.run import Scope
from apiscape.model.surroundings import CERTIFICATE_NOT_AFTER, CERTIFICATES, Signal

PRODUCT = "aws.acm.certificates"
PART = "ListCertificates"
OPERATION = f"acm:{PART}"
MEMBERS = Members("CertificateArn", "DomainName", "tags")
ISSUED = "condition.CertificateIssued"
UNUSED = "nothing shows it"

EVERY_KEY = (
    *("RSA_1024", "RSA_2048", "RSA_3072", "RSA_4096"),
    *("EC_prime256v1", "EC_secp384r1", "EC_secp521r1"),
)
EVERY_ORIGIN = ("AWS_MANAGED", "CUSTOMER_PROVIDED", "ACME")
_STANDING = frozenset({"ISSUED", "EXPIRED"})

RECIPES: Recipes = {OPERATION: lambda _told: {"MaxItems": 1}}


class CertificateCollector:
    """Lists certificates: a signal of its end for each that is in use."""

    product: ClassVar[str] = PRODUCT
    title: ClassVar[str] = "Certificate Manager"
    provider: ClassVar[str] = "aws"
    permissions: ClassVar[tuple[Permission, ...]] = (
        Permission(
            action="acm:ListCertificates",
            operations=(OPERATION,),
            reveals="until when the certificates of front doors hold",
        ),
    )
    quotas: ClassVar[tuple[Quota, ...]] = (unpublished_quota("acm"),)
    parts: ClassVar[tuple[str, ...]] = (PART,)
    stability: ClassVar[str] = "beta"
    normaliser_version: ClassVar[int] = 1

    def try_permissions(self, scope: Scope, visit: Visit) -> Iterator[Tried]:
        """Yield what came of trying each permission."""
        del scope  # the session knows its place
        calls = visit.session.calls(self.permissions)
        return try_each(calls, self.permissions, noun="certificate", recipes=RECIPES)

    def discover(self, scope: Scope, visit: Visit) -> Iterator[Observation]:
        """Yield every certificate of an account's region.

        Raises:
            CollectorError: the listing could not be read to its end.
        """
        del scope  # the session knows its place
        session: AwsSession = visit.session
        calls = session.calls(self.permissions)
        wanted: dict[str, object] = {"Includes": {"keyTypes": list(EVERY_KEY)}}
        if session.accepts(OPERATION, "CertificateKeyPairOrigins"):
            wanted["CertificateKeyPairOrigins"] = list(EVERY_ORIGIN)
        yield from walk(
            PART,
            calls.pages(OPERATION, **wanted),
            MEMBERS,
            visit,
            lambda arn, item: [_observe(arn, item, visit.now())],
        )


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
