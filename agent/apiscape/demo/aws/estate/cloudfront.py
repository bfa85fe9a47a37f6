"""Amazon CloudFront: an account's distributions, and the tenants of those that have some."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self

from apiscape.demo.aws.estate.backends import Fields
from apiscape.demo.aws.estate.identifiers import identifier

if TYPE_CHECKING:
    from apiscape.demo.aws.estate.estate import Account

_LETTERS = 13
_NOTHING: Fields = {"Quantity": 0}


@dataclass(eq=False)
class Distribution:
    """A distribution; made by `CloudFront.distribution`.

    Attributes:
        fields: Members of the `DistributionSummary` shape.
    """

    id: str
    fields: Fields = field(repr=False)

    @property
    def domain(self) -> str:
        """The name that CloudFront gave it."""
        return str(self.fields["DomainName"])

    def origin(
        self,
        name: str,
        host: str,
        path: str = "",
        *,
        headers: Mapping[str, str] | None = None,
        protocol: str = "https-only",
    ) -> Self:
        """Add an origin; the first one is what the default behaviour asks."""
        custom = {"HTTPPort": 80, "HTTPSPort": 443, "OriginProtocolPolicy": protocol}
        sent = [{"HeaderName": key, "HeaderValue": value} for key, value in (headers or {}).items()]
        origin = {
            "Id": name,
            "DomainName": host,
            "OriginPath": path,
            "CustomHeaders": _listed(sent),
            "CustomOriginConfig": custom,
        }
        held = [*self.fields["Origins"].get("Items", ()), origin]
        self.fields["Origins"] = _listed(held)
        if len(held) == 1:
            self.fields["DefaultCacheBehavior"]["TargetOriginId"] = name
        return self

    def group(self, name: str, *origins: str) -> Self:
        """Add a group of origins of which the next is asked where one fails."""
        members = _listed([{"OriginId": each} for each in origins])
        codes = {"StatusCodes": {"Quantity": 1, "Items": [503]}}
        group = {"Id": name, "FailoverCriteria": codes, "Members": members}
        held = [*self.fields["OriginGroups"].get("Items", ()), group]
        self.fields["OriginGroups"] = _listed(held)
        return self

    def behave(self, pattern: str, origin: str, protocol: str = "redirect-to-https") -> Self:
        """Send the paths that a pattern fits to an origin, before all patterns that come later."""
        behaviour = {
            "PathPattern": pattern,
            "TargetOriginId": origin,
            "ViewerProtocolPolicy": protocol,
        }
        held = [*self.fields["CacheBehaviors"].get("Items", ()), behaviour]
        self.fields["CacheBehaviors"] = _listed(held)
        return self

    def by_default(self, origin: str, protocol: str = "redirect-to-https") -> Self:
        """Send all other paths to an origin."""
        self.fields["DefaultCacheBehavior"] |= {
            "TargetOriginId": origin,
            "ViewerProtocolPolicy": protocol,
        }
        return self

    def mutual_tls(self, mode: str = "required") -> Self:
        """Ask callers for certificates: `required`, `optional` or `passthrough`."""
        trust = {"TrustStoreId": identifier(self.id, "trust")}
        self.fields["ViewerMtlsConfig"] = {"Mode": mode, "TrustStoreConfig": trust}
        return self

    def edit(self, **fields: object) -> Self:
        """Change members, for instance `Enabled`, `Staging` or `WebACLId`."""
        self.fields |= fields
        return self


class CloudFront:
    """What an account has of CloudFront.

    Attributes:
        distributions: By id. `tenants`: members of the `DistributionTenantSummary` shape, by id.
    """

    def __init__(self, account: Account) -> None:
        self._account = account
        self.distributions: dict[str, Distribution] = {}
        self.tenants: dict[str, Fields] = {}

    def distribution(
        self, *aliases: str, certificate: str | None = None, **fields: object
    ) -> Distribution:
        """Add a distribution for some names, which shows a certificate of us-east-1 where it has any."""
        number = str(len(self.distributions))
        key = "E" + identifier(self._account.id, "distribution", number, length=_LETTERS).upper()
        shown: Fields = {
            "CloudFrontDefaultCertificate": True,
            "MinimumProtocolVersion": "TLSv1",
            "CertificateSource": "cloudfront",
        }
        if aliases:
            shown = {
                "CloudFrontDefaultCertificate": False,
                "ACMCertificateArn": certificate or self._certificate(aliases[0]),
                "SSLSupportMethod": "sni-only",
                "MinimumProtocolVersion": "TLSv1.2_2021",
                "CertificateSource": "acm",
            }
        default = {"TargetOriginId": "", "ViewerProtocolPolicy": "redirect-to-https"}
        members: Fields = {
            "Id": key,
            "ARN": f"arn:aws:cloudfront::{self._account.id}:distribution/{key}",
            "ETag": identifier(key, "etag").upper(),
            "Status": "Deployed",
            "LastModifiedTime": self._account.estate.tick(),
            "DomainName": f"d{key[1:].lower()}.cloudfront.net",
            "Aliases": _listed(list(aliases)),
            "Origins": _listed([]),
            "OriginGroups": _NOTHING,
            "DefaultCacheBehavior": default,
            "CacheBehaviors": _NOTHING,
            "CustomErrorResponses": _NOTHING,
            "Comment": "",
            "PriceClass": "PriceClass_100",
            "Enabled": True,
            "ViewerCertificate": shown,
            "Restrictions": {"GeoRestriction": {"RestrictionType": "none", "Quantity": 0}},
            "WebACLId": "",
            "HttpVersion": "http2",
            "IsIPV6Enabled": True,
            "Staging": False,
            "ConnectionMode": "direct",
            **fields,
        }
        self.distributions[key] = Distribution(key, members)
        return self.distributions[key]

    def tenant(self, of: Distribution, name: str, *domains: str, **fields: object) -> str:
        """Add a tenant of a distribution that serves names of its own; its id."""
        of.edit(ConnectionMode="tenant-only")
        key = "dt_" + identifier(self._account.id, "tenant", name)
        now = self._account.estate.tick()
        self.tenants[key] = {
            "Id": key,
            "DistributionId": of.id,
            "Name": name,
            "Arn": f"arn:aws:cloudfront::{self._account.id}:distribution-tenant/{key}",
            "Domains": [{"Domain": domain, "Status": "active"} for domain in domains],
            "CreatedTime": now,
            "LastModifiedTime": now,
            "ETag": identifier(key, "etag").upper(),
            "Enabled": True,
            "Status": "Deployed",
            **fields,
        }
        return key

    def _certificate(self, name: str) -> str:
        certificate = identifier(name, "certificate")
        return f"arn:aws:acm:us-east-1:{self._account.id}:certificate/{certificate}"


def _listed(items: Sequence[object]) -> Fields:
    """Give a list as CloudFront writes it: with its length, and without members where it is empty."""
    return {"Quantity": len(items), "Items": list(items)} if items else {"Quantity": 0}
