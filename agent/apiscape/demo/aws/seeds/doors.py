"""What leads to the department's APIs from outside: caches, names in DNS, and their certificates."""

from __future__ import annotations

from datetime import timedelta

from apiscape.demo.aws.estate.acm import Certificates
from apiscape.demo.aws.estate.cloudfront import CloudFront
from apiscape.demo.aws.estate.domain import Domain
from apiscape.demo.aws.estate.estate import Account
from apiscape.demo.aws.estate.region import Region
from apiscape.demo.aws.estate.route53 import Route53, Zone

_WEB_ACL = "arn:aws:wafv2:us-east-1:{account}:global/webacl/edge/1"
_LIFE = timedelta(days=200)
_MAIL = "10 mail.example.gov.uk."


def open_doors(live: Account, shared: Account, region: str) -> None:
    """Put caches before the live account's APIs, names into the shared account's zones, and certificates to both."""
    _caches(live, live.region(region))
    _names(shared, live.region(region), shared.region(region))
    for account in (live, shared):
        _certificates(account.region(region))


def _caches(account: Account, region: Region) -> None:
    """Have two caches: one that its origin may know by a header, and one that anybody gets around."""
    front = account.shelves.of(CloudFront)
    firewall = _WEB_ACL.format(account=account.id)
    vehicles = front.distribution("vehicles.example.gov.uk", WebACLId=firewall)
    vehicles.origin("api", _host(region, "vehicle-enquiry"), "/prod")
    land = front.distribution("land.example.gov.uk", WebACLId=firewall)
    secret = {"x-origin-verify": "not-a-real-secret"}
    land.origin("api", _host(region, "land-titles"), "/prod", headers=secret)


def _host(region: Region, name: str) -> str:
    return f"{region.find_rest(name).id}.execute-api.{region.name}.amazonaws.com"


def _names(account: Account, region: Region, common: Region) -> None:
    """Name the custom domains and the caches; one name still points at a domain that is gone."""
    zones = account.shelves.of(Route53)
    public = zones.zone("example.gov.uk").record("example.gov.uk", "MX", _MAIL)
    public.record("example.gov.uk", "TXT", '"v=spf1 -all"')
    for domain in (*region.domains.values(), *common.domains.values()):
        if not domain.private:
            _point(public, domain)
    caches = region.account.shelves.of(CloudFront).distributions.values()
    for cache in caches:
        public.alias(str(cache.fields["Aliases"]["Items"][0]), cache.domain)
    public.record(
        "prices.example.gov.uk", "CNAME", f"d-0a1b2c3d4e.execute-api.{region.name}.amazonaws.com"
    )
    zones.zone("internal.example.gov.uk", private=True)


def _point(zone: Zone, domain: Domain) -> None:
    made = domain.fields.get("regionalDomainName") or domain.fields["distributionDomainName"]
    zone.alias(domain.name, str(made))


def _certificates(region: Region) -> None:
    """Give the certificates that the region's domains show; those of other regions are nobody's to read."""
    held = region.shelves.of(Certificates)
    for domain in region.domains.values():
        arn = domain.fields.get("regionalCertificateArn")
        if arn:
            held.certificate(domain.name, arn=str(arn), life=_LIFE)
