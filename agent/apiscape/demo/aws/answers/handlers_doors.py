"""What leads to APIs from outside: CloudFront, Route 53 and Certificate Manager."""

from __future__ import annotations

from collections.abc import Sequence

from apiscape.demo.aws.answers.context import Context, Handler, Output, Params
from apiscape.demo.aws.answers.paging import page
from apiscape.demo.aws.estate.acm import Certificates
from apiscape.demo.aws.estate.backends import Fields
from apiscape.demo.aws.estate.cloudfront import CloudFront
from apiscape.demo.aws.estate.route53 import Route53, Zone
from apiscape.demo.aws.refusing.refusals import Refusal

_MOST_RECORDS = 300
_DEFAULT_KEYS = frozenset({"RSA_1024", "RSA_2048"})
_DEFAULT_ORIGINS = frozenset({"AWS_MANAGED", "CUSTOMER_PROVIDED"})


# ── CloudFront ───────────────────────────────────────────────────────────────


def list_distributions(context: Context, params: Params) -> Output:
    """List an account's distributions, inside one member."""
    held = context.account.shelves.of(CloudFront).distributions.values()
    paged = page("cloudfront:ListDistributions", [dict(each.fields) for each in held], params)
    items = paged["Items"]
    return {
        "DistributionList": {
            **paged,
            "Marker": params.get("Marker", ""),
            "MaxItems": int(params.get("MaxItems", 100)),
            "IsTruncated": "NextMarker" in paged,
            "Quantity": len(items),
        }
    }


def list_distribution_tenants(context: Context, params: Params) -> Output:
    """List the tenants of all distributions, or of the one asked for."""
    wanted = params.get("AssociationFilter", {}).get("DistributionId")
    held = context.account.shelves.of(CloudFront).tenants.values()
    chosen = [dict(each) for each in held if wanted in {None, each["DistributionId"]}]
    return page("cloudfront:ListDistributionTenants", chosen, params)


# ── Route 53 ─────────────────────────────────────────────────────────────────


def list_hosted_zones(context: Context, params: Params) -> Output:
    """List an account's hosted zones."""
    held = context.account.shelves.of(Route53).zones.values()
    paged = page("route53:ListHostedZones", [_zone(each) for each in held], params)
    return {
        **paged,
        "Marker": params.get("Marker", ""),
        "MaxItems": str(params.get("MaxItems", 100)),
        "IsTruncated": "NextMarker" in paged,
    }


def _zone(zone: Zone) -> Fields:
    return {
        "Id": f"/hostedzone/{zone.id}",
        "Name": f"{zone.name}.",
        "CallerReference": zone.id,
        "Config": {"PrivateZone": zone.private},
        "ResourceRecordSetCount": len(zone.records),
    }


def list_resource_record_sets(context: Context, params: Params) -> Output:
    """List a zone's records from a name, type and set on; the next page begins at those that it names."""
    key = str(params["HostedZoneId"]).rpartition("/")[2]
    zone = context.account.shelves.of(Route53).zones.get(key)
    if zone is None:
        raise Refusal("NoSuchHostedZone", f"No hosted zone found with ID: {key}", status=404)
    records, size = zone.in_order(), int(params.get("MaxItems", _MOST_RECORDS))
    if not 1 <= size <= _MOST_RECORDS:
        raise Refusal("InvalidInput", "MaxItems must be 1 to 300")
    begin = _begin(records, params)
    shown, rest = records[begin : begin + size], records[begin + size :]
    output: Output = {
        "ResourceRecordSets": [_escaped(each) for each in shown],
        "IsTruncated": bool(rest),
        "MaxItems": str(size),
    }
    if rest:
        following = _escaped(rest[0])
        output |= {"NextRecordName": following["Name"], "NextRecordType": following["Type"]}
        if "SetIdentifier" in following:
            output["NextRecordIdentifier"] = following["SetIdentifier"]
    return output


def _begin(records: Sequence[Fields], params: Params) -> int:
    """Give the index of the record that a page begins at."""
    wanted = tuple(
        params.get(member)
        for member in ("StartRecordName", "StartRecordType", "StartRecordIdentifier")
    )
    if wanted[0] is None:
        return 0
    held = map(_key, map(_escaped, records))
    return next((at for at, key in enumerate(held) if key == wanted), len(records))


def _key(record: Fields) -> tuple[object, ...]:
    return record["Name"], record["Type"], record.get("SetIdentifier")


def _escaped(record: Fields) -> Fields:
    """Give a record as the service writes it: a star in its name stands by its octal number."""
    return {**record, "Name": record["Name"].replace("*", "\\052")}


# ── Certificate Manager ──────────────────────────────────────────────────────


def list_certificates(context: Context, params: Params) -> Output:
    """List a region's certificates: of RSA keys and not of ACME, unless more is asked for."""
    keys = set(params.get("Includes", {}).get("keyTypes", _DEFAULT_KEYS))
    origins = set(params.get("CertificateKeyPairOrigins", _DEFAULT_ORIGINS))
    chosen = [
        dict(each)
        for each in context.region.shelves.of(Certificates).held.values()
        if each["KeyAlgorithm"] in keys and each["CertificateKeyPairOrigin"] in origins
    ]
    return page("acm:ListCertificates", chosen, params)


HANDLERS: dict[str, Handler] = {
    "acm:ListCertificates": list_certificates,
    "cloudfront:ListDistributionTenants": list_distribution_tenants,
    "cloudfront:ListDistributions": list_distributions,
    "route53:ListHostedZones": list_hosted_zones,
    "route53:ListResourceRecordSets": list_resource_record_sets,
}
