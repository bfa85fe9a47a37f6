"""Custom domain names: one resource that both generations of API Gateway show in their own way."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self

from apiscape.demo.aws.estate.backends import Fields
from apiscape.demo.aws.estate.identifiers import SHORT, identifier

if TYPE_CHECKING:
    from apiscape.demo.aws.estate.region import Region
    from apiscape.demo.aws.estate.rest_api import RestApi
    from apiscape.demo.aws.estate.v2_api import V2Api


@dataclass(eq=False)
class ApiMapping:
    """Which stage answers below a path of a domain; an empty `key` is the root."""

    id: str
    key: str
    api_id: str
    stage: str


@dataclass(eq=False)
class Rule:
    """A routing rule of a domain.

    Attributes:
        paths: Base paths that it is for; any where there are none.
        headers: Globs by the names of headers of which all must fit.
    """

    id: str
    priority: int
    api_id: str
    stage: str
    paths: tuple[str, ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)
    strip: bool = False


@dataclass(eq=False)
class Domain:
    """A custom domain name of a region; made by `Region.domain`.

    Attributes:
        fields: Members of the v1 `DomainName` shape.
        policy: Resource policy of a private domain, as a document.
        mappings: What answers below which path.
        rules: What answers by rules, where the domain's `routingMode` lets them decide.
    """

    region: Region = field(repr=False)
    fields: Fields
    policy: Fields | None = None
    mappings: list[ApiMapping] = field(default_factory=list)
    rules: list[Rule] = field(default_factory=list)

    @property
    def name(self) -> str:
        """The domain name."""
        return str(self.fields["domainName"])

    @property
    def private(self) -> bool:
        """Whether it is a private custom domain, which v2 does not show."""
        return "PRIVATE" in self.fields["endpointConfiguration"]["types"]

    def map(self, key: str, api: RestApi | V2Api, stage: str) -> Self:
        """Serve a stage below a path; an empty path is the root, `a/b` a multi-level one."""
        mapping_id = identifier(self.name, "mapping", key, length=SHORT)
        self.mappings.append(ApiMapping(mapping_id, key, api.id, stage))
        return self._changed("CreateApiMapping", apiId=api.id, stage=stage)

    def rule(
        self,
        priority: int,
        api: RestApi | V2Api,
        stage: str,
        *paths: str,
        headers: Mapping[str, str] | None = None,
        strip: bool = False,
    ) -> Self:
        """Serve a stage to whatever fits: one of the paths, and all of the headers."""
        rule_id = identifier(self.name, "rule", priority, length=SHORT)
        self.rules.append(Rule(rule_id, priority, api.id, stage, paths, headers or {}, strip))
        return self._changed("CreateRoutingRule", priority=priority)

    def mutual_tls(self, truststore: str, *warnings: str) -> Self:
        """Ask callers for a certificate that the truststore (an S3 address) vouches for."""
        members: Fields = {"truststoreUri": truststore, "truststoreVersion": "1"}
        if warnings:
            members["truststoreWarnings"] = list(warnings)
        self.fields["mutualTlsAuthentication"] = members
        return self._changed("UpdateDomainName")

    def edit(self, **fields: object) -> Self:
        """Change members of the domain, for instance `tags` or `routingMode`."""
        self.fields |= fields
        return self._changed("UpdateDomainName")

    def delete(self) -> None:
        """Remove the domain and its mappings from the region."""
        del self.region.domains[self.name]
        self._changed("DeleteDomainName")

    def _changed(self, name: str, /, **asked: object) -> Self:
        own_id = self.fields.get("domainNameId")
        named = {"domainName": self.name} | ({"domainNameId": own_id} if own_id else {})
        self.region.changed(name, {**named, **asked})
        return self


def new_domain_fields(region: str, name: str, endpoint: str, security_policy: str) -> Fields:
    """Give the members of a new domain; `endpoint` is REGIONAL, EDGE or PRIVATE."""
    short = identifier(region, name)
    certificate = f"arn:aws:acm:{region}:000000000000:certificate/{identifier(name, 'cert')}"
    fields: Fields = {
        "domainName": name,
        "domainNameStatus": "AVAILABLE",
        "endpointConfiguration": {"types": [endpoint], "ipAddressType": "ipv4"},
        "securityPolicy": security_policy,
        "routingMode": "BASE_PATH_MAPPING_ONLY",
    }
    if endpoint == "EDGE":
        edge = certificate.replace(region, "us-east-1")
        distribution = f"d{short}.cloudfront.net"
        return fields | {"certificateArn": edge, "distributionDomainName": distribution}
    if endpoint == "PRIVATE":
        arn = f"arn:aws:apigateway:{region}::/domainnames/{name}+{short}"
        return fields | {
            "certificateArn": certificate,
            "domainNameId": short,
            "domainNameArn": arn,
        }
    return fields | {
        "regionalCertificateArn": certificate,
        "regionalDomainName": f"d-{short}.execute-api.{region}.amazonaws.com",
        "regionalHostedZoneId": "ZLY8HYME6SFDD",
    }
