"""Amazon VPC Lattice: a region's services, their listeners and rules, and the networks that reach them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self

from apiscape.demo.aws.estate.backends import Fields
from apiscape.demo.aws.estate.identifiers import identifier
from apiscape.demo.aws.estate.trail import LATTICE

if TYPE_CHECKING:
    from apiscape.demo.aws.estate.region import Region

LATTICE_ID = 17
"""Characters of an id behind its prefix."""

NONE, IAM = "NONE", "AWS_IAM"


def forward(*groups: str) -> Fields:
    """Make the action that sends requests to target groups, each with the same weight."""
    return {"forward": {"targetGroups": [_weighed(group) for group in groups]}}


def answer(status: int = 404) -> Fields:
    """Make the action that Lattice answers by itself."""
    return {"fixedResponse": {"statusCode": status}}


def http_match(
    path: str = "",
    *,
    method: str = "",
    exact: bool = False,
    headers: Mapping[str, str] | None = None,
) -> Fields:
    """Make a match of a path (a prefix unless `exact`), a method, and values of headers."""
    members: Fields = {}
    if method:
        members["method"] = method
    if path:
        members["pathMatch"] = {"match": {"exact" if exact else "prefix": path}}
    if headers:
        members["headerMatches"] = [
            {"name": name, "match": {"exact": value}} for name, value in headers.items()
        ]
    return {"httpMatch": members}


@dataclass(eq=False)
class Listener:
    """A listener of a service: members of its shape, and its rules by id; the default rule is one of them."""

    fields: Fields
    rules: dict[str, Fields] = field(default_factory=dict)


@dataclass(eq=False)
class Network:
    """A service network: members of its shape, and the VPCs that are associated with it."""

    fields: Fields
    vpcs: list[str] = field(default_factory=list)

    @property
    def id(self) -> str:
        """The network's id."""
        return str(self.fields["id"])


@dataclass(eq=False)
class Service:
    """A service; made by `Lattice.service`.

    Attributes:
        fields: Members of the shape of `GetService`.
        networks: Those that it is associated with.
    """

    region: Region = field(repr=False)
    fields: Fields
    listeners: dict[str, Listener] = field(default_factory=dict)
    networks: list[Network] = field(default_factory=list)
    tags: dict[str, str] = field(default_factory=dict)

    @property
    def id(self) -> str:
        """The service's id."""
        return str(self.fields["id"])

    @property
    def arn(self) -> str:
        """The service's ARN."""
        return str(self.fields["arn"])

    def edit(self, **fields: object) -> Self:
        """Change members of the service."""
        self.fields |= {**fields, "lastUpdatedAt": self.region.now()}
        return self._changed("UpdateService")

    def listen(
        self, protocol: str = "HTTPS", port: int = 443, default: Fields | None = None
    ) -> Self:
        """Add a listener; what no rule fits goes to its default action."""
        key, now = self._new_id("listener", len(self.listeners)), self.region.now()
        arn = f"{self.arn}/listener/{key}"
        times = {"createdAt": now, "lastUpdatedAt": now}
        members = {"arn": arn, "id": key, "name": key, "protocol": protocol, "port": port}
        self.listeners[key] = Listener(members | times)
        action = answer() if default is None else default
        self._rule(self.listeners[key], {"isDefault": True, "name": "default", "action": action})
        return self._changed("CreateListener", protocol=protocol, port=port)

    def rule(self, match: Fields, action: Fields, **fields: object) -> Self:
        """Add a rule to the listener that was added last; made by `http_match` and `forward`."""
        listener = list(self.listeners.values())[-1]
        priority = len(listener.rules) * 10
        self._rule(
            listener,
            {"isDefault": False, "priority": priority, "match": match, "action": action, **fields},
        )
        return self._changed("CreateRule", listenerIdentifier=listener.fields["id"])

    def edit_rule(self, name: str, **fields: object) -> Self:
        """Change members of a rule; neither its listener nor the service say that anything changed."""
        for listener in self.listeners.values():
            for rule in listener.rules.values():
                if rule["name"] == name:
                    rule |= {**fields, "lastUpdatedAt": self.region.now()}
        return self._changed("UpdateRule")

    def join(self, network: Network) -> Self:
        """Associate the service with a network."""
        self.networks.append(network)
        name = "CreateServiceNetworkServiceAssociation"
        return self._changed(name, serviceNetworkIdentifier=network.id)

    def tag(self, tags: dict[str, str]) -> Self:
        """Add tags."""
        self.tags |= tags
        self.region.changed("TagResource", {"resourceArn": self.arn}, source=LATTICE)
        return self

    def _changed(self, name: str, /, **asked: object) -> Self:
        self.region.changed(name, {"serviceIdentifier": self.id, **asked}, source=LATTICE)
        return self

    def _rule(self, listener: Listener, members: Fields) -> None:
        key = self._new_id("rule", f"{listener.fields['id']}{len(listener.rules)}")
        now = self.region.now()
        listener.rules[key] = {
            "arn": f"{listener.fields['arn']}/rule/{key}",
            "id": key,
            "name": key,
            "createdAt": now,
            "lastUpdatedAt": now,
            **members,
        }

    def _new_id(self, kind: str, number: object) -> str:
        return f"{kind}-{identifier(self.id, kind, number, length=LATTICE_ID)}"


class Lattice:
    """What a region has of VPC Lattice.

    Attributes:
        services: By id; those that other accounts share with this one included.
        networks: By id.
        target_groups: Members of the `TargetGroupSummary` shape, by id.
        policies: Auth policies as text, by the id of a service or network.
        logs: Where access logs go, by the id of a service or network.
    """

    def __init__(self, region: Region) -> None:
        self._region = region
        self.services: dict[str, Service] = {}
        self.networks: dict[str, Network] = {}
        self.target_groups: dict[str, Fields] = {}
        self.policies: dict[str, str] = {}
        self.logs: dict[str, str] = {}

    def service(self, name: str, *, auth: str = NONE, **fields: object) -> Service:
        """Add a service; `fields` are further members of its shape, for instance `customDomainName`."""
        region, key = self._region, self._new_id("svc", name)
        now, host = region.now(), f"{name}-{key[4:12]}.7d67968.vpc-lattice-svcs"
        members: Fields = {
            "id": key,
            "name": name,
            "arn": self._arn("service", key),
            "authType": auth,
            "status": "ACTIVE",
            "createdAt": now,
            "lastUpdatedAt": now,
            "dnsEntry": {
                "domainName": f"{host}.{region.name}.on.aws",
                "hostedZoneId": "Z09127221KTH2CFUOHIZH",
            },
            **fields,
        }
        self.services[key] = Service(region, members)
        made = {"id": key, "arn": members["arn"]}
        region.changed("CreateService", {"name": name}, made, source=LATTICE)
        return self.services[key]

    def remove(self, service: Service) -> Self:
        """Delete a service."""
        del self.services[service.id]
        self._region.changed("DeleteService", {"serviceIdentifier": service.arn}, source=LATTICE)
        return self

    def share(self, service: Service) -> None:
        """Show a service of another account here, as a share of it does."""
        self.services[service.id] = service

    def network(self, name: str, *vpcs: str, auth: str = NONE) -> Network:
        """Add a service network that some VPCs are associated with."""
        key, now = self._new_id("sn", name), self._region.now()
        members: Fields = {
            "id": key,
            "name": name,
            "arn": self._arn("servicenetwork", key),
            "authType": auth,
            "createdAt": now,
            "lastUpdatedAt": now,
        }
        self.networks[key] = Network(members, list(vpcs))
        return self.networks[key]

    def target_group(self, name: str, kind: str = "IP", **fields: object) -> str:
        """Add a target group and give its id."""
        key, now = self._new_id("tg", name), self._region.now()
        self.target_groups[key] = {
            "id": key,
            "arn": self._arn("targetgroup", key),
            "name": name,
            "type": kind,
            "status": "ACTIVE",
            "createdAt": now,
            "lastUpdatedAt": now,
            **fields,
        }
        return key

    def policy(self, of: Service | Network, *statements: Fields) -> Self:
        """Put an auth policy on a service or network."""
        self.policies[of.id] = json.dumps({"Version": "2012-10-17", "Statement": list(statements)})
        self._region.changed("PutAuthPolicy", {"resourceIdentifier": of.id}, source=LATTICE)
        return self

    def log(self, of: Service | Network, destination: str) -> Self:
        """Write access logs of a service or network."""
        self.logs[of.id] = destination
        return self

    def _arn(self, kind: str, key: str) -> str:
        return f"arn:aws:vpc-lattice:{self._region.name}:{self._region.account.id}:{kind}/{key}"

    def _new_id(self, prefix: str, name: str) -> str:
        place = (self._region.account.id, self._region.name)
        made = len(self.services) + len(self.networks) + len(self.target_groups)
        return f"{prefix}-{identifier(*place, prefix, name, made, length=LATTICE_ID)}"


def _weighed(group: str) -> Fields:
    return {"targetGroupIdentifier": group, "weight": 100}
