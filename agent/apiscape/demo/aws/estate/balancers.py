"""Application load balancers of a region: listeners, rules, target groups, and the firewalls before them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Self

from apiscape.demo.aws.estate.backends import Fields
from apiscape.demo.aws.estate.identifiers import identifier
from apiscape.demo.aws.estate.region import Region
from apiscape.demo.aws.estate.trail import BALANCERS, FIREWALLS

DEFAULT_PRIORITY = "default"
_CONFIGS = {
    "host-header": "HostHeaderConfig",
    "path-pattern": "PathPatternConfig",
    "http-request-method": "HttpRequestMethodConfig",
    "source-ip": "SourceIpConfig",
}
#: Conditions that the service repeats in a member of its own from older days.
_REPEATED = frozenset({"host-header", "path-pattern"})


# ── Conditions and actions, as the service writes them ───────────────────────


def when(kind: str, *values: str, regex: Sequence[str] = ()) -> Fields:
    """Make a condition on host, path, method or source address."""
    configured: Fields = {"Values": list(values)} if values else {}
    if regex:
        configured["RegexValues"] = list(regex)
    made: Fields = {"Field": kind, _CONFIGS[kind]: configured}
    if kind in _REPEATED:
        made |= configured
    return made


def when_header(name: str, *values: str) -> Fields:
    """Make a condition on a header."""
    return {
        "Field": "http-header",
        "HttpHeaderConfig": {"HttpHeaderName": name, "Values": list(values)},
    }


def when_query(**values: str) -> Fields:
    """Make a condition on parameters of the query."""
    pairs = [{"Key": key, "Value": value} for key, value in values.items()]
    return {"Field": "query-string", "QueryStringConfig": {"Values": pairs}}


def forward(*groups: str, weights: Sequence[int] = ()) -> Fields:
    """Make the action that sends requests on to target groups, evenly unless told otherwise."""
    shares = list(weights) or [1] * len(groups)
    pairs = [
        {"TargetGroupArn": arn, "Weight": share} for arn, share in zip(groups, shares, strict=True)
    ]
    made: Fields = {"Type": "forward", "ForwardConfig": {"TargetGroups": pairs}}
    return made | ({"TargetGroupArn": groups[0]} if len(groups) == 1 else {})


def oidc(issuer: str, otherwise: str = "authenticate", **fields: object) -> Fields:
    """Make the action that asks callers to sign in at an issuer; `otherwise` is what becomes of the others."""
    return {
        "Type": "authenticate-oidc",
        "AuthenticateOidcConfig": {
            "Issuer": issuer,
            "AuthorizationEndpoint": f"{issuer}/authorize",
            "TokenEndpoint": f"{issuer}/token",
            "UserInfoEndpoint": f"{issuer}/userinfo",
            "ClientId": "balancer",
            "SessionCookieName": "AWSELBAuthSessionCookie",
            "Scope": "openid",
            "OnUnauthenticatedRequest": otherwise,
            **fields,
        },
    }


def cognito_sign_in(pool_arn: str, otherwise: str = "authenticate") -> Fields:
    """Make the action that asks callers to sign in to a user pool."""
    return {
        "Type": "authenticate-cognito",
        "AuthenticateCognitoConfig": {
            "UserPoolArn": pool_arn,
            "UserPoolClientId": "balancer",
            "UserPoolDomain": "sign-in",
            "OnUnauthenticatedRequest": otherwise,
        },
    }


def jwt_validation(issuer: str, **fields: object) -> Fields:
    """Make the action that wants a token of an issuer."""
    configured = {"Issuer": issuer, "JwksEndpoint": f"{issuer}/.well-known/jwks.json", **fields}
    return {"Type": "jwt-validation", "JwtValidationConfig": configured}


def redirect_to_https() -> Fields:
    """Make the action that most plain listeners have."""
    target = {
        "Protocol": "HTTPS",
        "Port": "443",
        "Host": "#{host}",
        "Path": "/#{path}",
        "Query": "#{query}",
        "StatusCode": "HTTP_301",
    }
    return {"Type": "redirect", "RedirectConfig": target}


def fixed_response(status: int = 404) -> Fields:
    """Make the action that answers by itself."""
    answer = {"StatusCode": str(status), "ContentType": "text/plain"}
    return {"Type": "fixed-response", "FixedResponseConfig": answer}


# ── What there is ────────────────────────────────────────────────────────────


@dataclass(eq=False)
class Listener:
    """A listener; its rules in the order of their priorities, the default one last."""

    region: Region = field(repr=False)
    arn: str
    fields: Fields
    rules: list[Fields] = field(default_factory=list)

    def rule(self, *conditions: Fields, to: Sequence[Fields], **fields: object) -> Self:
        """Add a rule that is tried after those that are there, before the default one."""
        priority = len(self.rules) + 1
        base = self.arn.replace(":listener/", ":listener-rule/")
        self.rules.append(
            {
                "RuleArn": f"{base}/{identifier(self.arn, priority, length=16)}",
                "Priority": str(priority),
                "Conditions": list(conditions),
                "Actions": numbered(to),
                "IsDefault": False,
                **fields,
            }
        )
        self.region.changed("CreateRule", {"listenerArn": self.arn}, source=BALANCERS)
        return self

    def order(self, *numbers: int) -> Self:
        """Have the rules tried in another order, each given by its place so far."""
        self.rules = [self.rules[number] for number in numbers]
        for priority, rule in enumerate(self.rules, 1):
            rule["Priority"] = str(priority)
        asked = [{"ruleArn": each["RuleArn"], "priority": each["Priority"]} for each in self.rules]
        self.region.changed("SetRulePriorities", {"rulePriorities": asked}, source=BALANCERS)
        return self

    def all_rules(self) -> list[Fields]:
        """Give every rule, as the service lists them."""
        base = self.arn.replace(":listener/", ":listener-rule/")
        default: Fields = {
            "RuleArn": f"{base}/{identifier(self.arn, DEFAULT_PRIORITY, length=16)}",
            "Priority": DEFAULT_PRIORITY,
            "Conditions": [],
            "Actions": self.fields["DefaultActions"],
            "IsDefault": True,
        }
        return [*self.rules, default]


def numbered(actions: Sequence[Fields]) -> list[Fields]:
    """Give actions with their order; one alone has none."""
    if len(actions) == 1:
        return list(actions)
    return [{**action, "Order": order} for order, action in enumerate(actions, 1)]


@dataclass(eq=False)
class LoadBalancer:
    """A load balancer; made by `Balancers.application` or `Balancers.network`."""

    region: Region = field(repr=False)
    arn: str
    fields: Fields
    tags: dict[str, str] = field(default_factory=dict)
    attributes: dict[str, str] = field(default_factory=dict)
    listeners: dict[str, Listener] = field(default_factory=dict)

    def listener(
        self, port: int = 443, protocol: str = "HTTPS", *, to: Sequence[Fields], **fields: object
    ) -> Listener:
        """Add a listener with its default actions; an HTTPS one has a policy and a certificate."""
        base = self.arn.replace(":loadbalancer/", ":listener/")
        arn = f"{base}/{identifier(self.arn, port, length=16)}"
        secured: Fields = {
            "SslPolicy": "ELBSecurityPolicy-TLS13-1-2-2021-06",
            "Certificates": [{"CertificateArn": _certificate(self.arn)}],
            "MutualAuthentication": {"Mode": "off"},
        }
        members: Fields = {
            "ListenerArn": arn,
            "LoadBalancerArn": self.arn,
            "Port": port,
            "Protocol": protocol,
            "DefaultActions": numbered(to),
            **(secured if protocol == "HTTPS" else {}),
            **fields,
        }
        self.listeners[arn] = Listener(self.region, arn, members)
        asked = {"loadBalancerArn": self.arn, "port": port}
        self.region.changed("CreateListener", asked, source=BALANCERS)
        return self.listeners[arn]

    def edit(self, **fields: object) -> Self:
        """Change members, for instance `State`."""
        self.fields |= fields
        asked = {"loadBalancerArn": self.arn}
        self.region.changed("ModifyLoadBalancerAttributes", asked, source=BALANCERS)
        return self

    def tag(self, **tags: str) -> Self:
        """Add tags."""
        self.tags |= tags
        self.region.changed("AddTags", {"resourceArns": [self.arn]}, source=BALANCERS)
        return self


def _certificate(arn: str) -> str:
    _, partition, _, region, account, _ = arn.split(":", 5)
    return f"arn:{partition}:acm:{region}:{account}:certificate/{identifier(arn, length=32)}"


@dataclass(eq=False)
class TargetGroup:
    """A target group with the state of each of its targets."""

    arn: str
    fields: Fields
    states: dict[str, str] = field(default_factory=dict)


class Balancers:
    """What a region has of load balancers and of the firewalls that stand before them."""

    def __init__(self, region: Region) -> None:
        self._region = region
        self.balancers: dict[str, LoadBalancer] = {}
        self.groups: dict[str, TargetGroup] = {}
        self.web_acls: dict[str, list[str]] = {}

    def application(
        self, name: str, *, internal: bool = False, tags: dict[str, str] | None = None
    ) -> LoadBalancer:
        """Add an application load balancer."""
        return self._add(name, "application", "app", internal=internal, tags=tags or {})

    def network(self, name: str, *, tags: dict[str, str] | None = None) -> LoadBalancer:
        """Add a network load balancer: listed with the others, and no door of an API but of a cluster's."""
        return self._add(name, "network", "net", internal=True, tags=tags or {})

    def target_group(self, name: str, *states: str, **fields: object) -> str:
        """Add a target group of so many targets, and give its ARN.

        Args:
            name: Of the group.
            *states: Of each target: `healthy`, `unhealthy`, `draining`, …
            **fields: Further members, for instance `ProtocolVersion` and `TargetType`.
        """
        arn = f"{self._prefix()}:targetgroup/{name}/{identifier(self._prefix(), name, length=16)}"
        members: Fields = {
            "TargetGroupArn": arn,
            "TargetGroupName": name,
            "Protocol": "HTTP",
            "Port": 8080,
            "VpcId": "vpc-0a1b2c3d",
            "HealthCheckEnabled": True,
            "HealthCheckPath": "/healthz",
            "ProtocolVersion": "HTTP1",
            "TargetType": "ip",
            **fields,
        }
        targets = {f"10.0.{number // 250}.{number % 250 + 1}": s for number, s in enumerate(states)}
        self.groups[arn] = TargetGroup(arn, members, targets)
        return arn

    def web_acl(self, name: str, *guarded: LoadBalancer) -> str:
        """Add a firewall before load balancers, and give its ARN."""
        region = self._region
        key = identifier(region.account.id, region.name, name, length=32)
        arn = f"arn:aws:wafv2:{region.name}:{region.account.id}:regional/webacl/{name}/{key}"
        self.web_acls[arn] = [each.arn for each in guarded]
        for each in guarded:
            asked = {"webACLArn": arn, "resourceArn": each.arn}
            region.changed("AssociateWebACL", asked, source=FIREWALLS)
        return arn

    def remove(self, balancer: LoadBalancer) -> Self:
        """Delete a load balancer."""
        del self.balancers[balancer.arn]
        asked = {"loadBalancerArn": balancer.arn}
        self._region.changed("DeleteLoadBalancer", asked, source=BALANCERS)
        return self

    def _add(
        self, name: str, kind: str, word: str, *, internal: bool, tags: dict[str, str]
    ) -> LoadBalancer:
        key = identifier(self._prefix(), word, name, length=16)
        arn = f"{self._prefix()}:loadbalancer/{word}/{name}/{key}"
        number = int.from_bytes(key[:4].encode())
        host = f"{'internal-' if internal else ''}{name}-{number}.{self._region.name}"
        members: Fields = {
            "LoadBalancerArn": arn,
            "DNSName": f"{host}.elb.amazonaws.com",
            "CreatedTime": self._region.now(),
            "LoadBalancerName": name,
            "Scheme": "internal" if internal else "internet-facing",
            "VpcId": "vpc-0a1b2c3d",
            "State": {"Code": "active"},
            "Type": kind,
            "SecurityGroups": ["sg-0a1b2c3d"],
            "IpAddressType": "ipv4",
        }
        attributes = {
            "access_logs.s3.enabled": "false",
            "deletion_protection.enabled": "false",
            "routing.http.desync_mitigation_mode": "defensive",
            "routing.http.drop_invalid_header_fields.enabled": "false",
        }
        self.balancers[arn] = LoadBalancer(self._region, arn, members, tags, attributes)
        made = {"loadBalancers": [{"loadBalancerArn": arn, "loadBalancerName": name}]}
        self._region.changed("CreateLoadBalancer", {"name": name}, made, source=BALANCERS)
        return self.balancers[arn]

    def _prefix(self) -> str:
        region = self._region
        return f"arn:aws:elasticloadbalancing:{region.name}:{region.account.id}"
