"""AWS App Runner in one region: services with their custom domains and the firewalls before them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self

from apiscape.demo.aws.estate.backends import Fields
from apiscape.demo.aws.estate.identifiers import identifier
from apiscape.demo.aws.estate.trail import APPRUNNER, FIREWALLS

if TYPE_CHECKING:
    from apiscape.demo.aws.estate.region import Region


@dataclass(eq=False)
class Service:
    """A service; made by `AppRunner.add`.

    Attributes:
        fields: Members of the `Service` shape.
        domains: Members of the `CustomDomain` shape.
        firewall: ARN of the web ACL before it, if there is one.
    """

    region: Region = field(repr=False)
    fields: Fields
    tags: dict[str, str] = field(default_factory=dict)
    domains: list[Fields] = field(default_factory=list)
    firewall: str | None = None

    @property
    def arn(self) -> str:
        """Its ARN."""
        return str(self.fields["ServiceArn"])

    def domain(self, name: str, status: str = "ACTIVE", *, www: bool = False) -> Self:
        """Add a custom domain; `status` is of its certificate as well."""
        validated = "SUCCESS" if status == "ACTIVE" else "PENDING_VALIDATION"
        record = {
            "Name": f"_x.{name}.",
            "Type": "CNAME",
            "Value": "_y.acm-validations.aws.",
            "Status": validated,
        }
        self.domains.append(
            {
                "DomainName": name,
                "EnableWWWSubdomain": www,
                "CertificateValidationRecords": [record],
                "Status": status,
            }
        )
        return self._changed("AssociateCustomDomain", domainName=name)

    def protect(self, name: str = "edge") -> Self:
        """Put a web ACL before it."""
        place = f"{self.region.name}:{self.region.account.id}"
        self.firewall = f"arn:aws:wafv2:{place}:regional/webacl/{name}/1"
        asked = {"webACLArn": self.firewall, "resourceArn": self.arn}
        self.region.changed("AssociateWebACL", asked, source=FIREWALLS)
        return self

    def edit(self, **fields: object) -> Self:
        """Change members of the service."""
        self.fields |= {"UpdatedAt": self.region.now(), **fields}
        return self._changed("UpdateService")

    def _changed(self, name: str, **asked: object) -> Self:
        self.region.changed(name, {"serviceArn": self.arn, **asked}, source=APPRUNNER)
        return self


class AppRunner:
    """The services of a region, by ARN, and those that were deleted."""

    def __init__(self, region: Region) -> None:
        self._region = region
        self.by_arn: dict[str, Service] = {}
        self.deleted: dict[str, Service] = {}

    def add(
        self,
        name: str,
        tags: dict[str, str] | None = None,
        *,
        public: bool = True,
        variables: dict[str, str] | None = None,
        **fields: object,
    ) -> Service:
        """Add a service that runs an image.

        Args:
            name: Display name.
            tags: Of the service.
            public: Whether the internet reaches it.
            variables: Environment variables, which the service gives to whoever may describe it.
            **fields: Further members of the `Service` shape, for instance `Status`.
        """
        place, now = f"{self._region.name}:{self._region.account.id}", self._region.now()
        key = identifier(place, name, length=32)
        host = f"{identifier(place, name, 'host')}.{self._region.name}.awsapprunner.com"
        image: Fields = {
            "ImageIdentifier": f"{self._region.account.id}.dkr.ecr.{self._region.name}.amazonaws.com/{name}:1",
            "ImageRepositoryType": "ECR",
            "ImageConfiguration": {
                "Port": "8080",
                "RuntimeEnvironmentVariables": variables or {},
            },
        }
        members: Fields = {
            "ServiceName": name,
            "ServiceId": key,
            "ServiceArn": f"arn:aws:apprunner:{place}:service/{name}/{key}",
            "ServiceUrl": host,
            "CreatedAt": now,
            "UpdatedAt": now,
            "Status": "RUNNING",
            "SourceConfiguration": {"ImageRepository": image},
            "InstanceConfiguration": {"Cpu": "1024", "Memory": "2048"},
            "AutoScalingConfigurationSummary": {"AutoScalingConfigurationName": "default"},
            "NetworkConfiguration": {
                "EgressConfiguration": {"EgressType": "DEFAULT"},
                "IngressConfiguration": {"IsPubliclyAccessible": public},
            },
            "ObservabilityConfiguration": {"ObservabilityEnabled": False},
            **fields,
        }
        return self._keep(Service(self._region, members, tags or {}))

    def _keep(self, service: Service) -> Service:
        self.by_arn[service.arn] = service
        asked = {"serviceName": service.fields["ServiceName"]}
        made = {"service": {"serviceArn": service.arn}, "operationId": "1"}
        self._region.changed("CreateService", asked, made, source=APPRUNNER)
        return service

    def remove(self, service: Service) -> Self:
        """Delete a service: it is listed no more, and described as one that is deleted."""
        self.deleted[service.arn] = self.by_arn.pop(service.arn).edit(Status="DELETED")
        self._region.changed("DeleteService", {"serviceArn": service.arn}, source=APPRUNNER)
        return self
