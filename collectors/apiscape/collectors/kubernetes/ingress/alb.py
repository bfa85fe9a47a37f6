"""Annotations of the AWS Load Balancer Controller: JSON, and shared by all Ingresses of a group.

After its guide (`docs/guide/ingress/annotations.md`). Those of a Service come before those of the
Ingress; what is said of the load balancer holds for every Ingress of its group.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Any

import msgspec

from apiscape.collectors.kubernetes.exposed import Reached
from apiscape.collectors.kubernetes.ingress.endpoints import Ports
from apiscape.collectors.kubernetes.ingress.guards import Guard, together
from apiscape.collectors.kubernetes.ingress.kinds import ALB_GROUP, INGRESSES, Ingress
from apiscape.collectors.kubernetes.ingress.named import CLASS_PARAMETERS, ClassParams
from apiscape.collectors.kubernetes.ingress.values import issuer_of, split
from apiscape.collectors.kubernetes.reaching import limited
from apiscape.collectors.kubernetes.resource import Look
from apiscape.model.security import Scheme
from apiscape.model.values import UNKNOWN, Unknown
from apiscape.model.vocabulary import SchemeKind

PREFIX = "alb.ingress.kubernetes.io/"
BY_ANNOTATION = "use-annotation"
"""Port of a backend that is described by an annotation called after its Service."""
GROUP_SIZE = 100
"""Ingresses of a group that are looked at, at most: as many rules as a listener takes."""
HTTP_PORT, HTTPS_PORT = 80, 443
"""Where nothing is said: https for whoever names a certificate."""
JSON_SIZE = 1 << 16
"""Longer JSON is not read."""

_SHARED = ("scheme", "ssl-redirect", "mutual-authentication", "ssl-policy", "wafv2-acl-arn")
"""What one Ingress of a group says for all of it."""
_TLS_MIN = re.compile(r"(?:TLS13|TLS|FS)-1-(\d)")
_OLD_POLICIES = ("ELBSecurityPolicy-2016", "ELBSecurityPolicy-2015", "ELBSecurityPolicy-FS-2018")


class Balancer(msgspec.Struct, frozen=True, kw_only=True):
    """A load balancer, as the Ingresses of its group and its class describe it.

    Attributes:
        name: Of the group, else `namespace/name` of the Ingress: by this tags of AWS call it.
        said: What is said of it as a whole, by annotation.
        class_scheme: What the class says of its scheme, before any annotation.
        class_sources: Who is let in as the class says, before any annotation.
        incomplete: What was not looked at.
    """

    name: str
    said: dict[str, str]
    class_scheme: str | None = None
    class_sources: tuple[str, ...] = ()
    incomplete: tuple[str, ...] = ()


def balancer_of(ingress: Ingress, params_name: str | None, look: Look) -> Balancer:
    """Return the load balancer that an Ingress is served by."""
    found = look.get(CLASS_PARAMETERS, params_name) if params_name else None
    params = found if isinstance(found, ClassParams) else None
    own = ingress.alb_group
    wide = params.spec.group.name if params and params.spec.group else ""
    members = [ingress]
    incomplete: tuple[str, ...] = ()
    if own and not wide:
        members += islice(look.those(INGRESSES, ALB_GROUP, own), GROUP_SIZE + 1)
        if len(members) > GROUP_SIZE + 1:
            incomplete = (f"more than {GROUP_SIZE} Ingresses of group {own}",)
    said = {
        PREFIX + key: value
        for key in _SHARED
        if (value := next(_values(members, PREFIX + key), None)) is not None
    }
    if params and params.spec.ssl_policy:
        said[f"{PREFIX}ssl-policy"] = params.spec.ssl_policy
    if params and params.spec.wafv2_acl_arn:
        said[f"{PREFIX}wafv2-acl-arn"] = params.spec.wafv2_acl_arn
    return Balancer(
        name=wide or own or ingress.key,
        said=said,
        class_scheme=params.spec.scheme if params else None,
        class_sources=tuple((params.spec.inbound_cidrs if params else None) or ()),
        incomplete=incomplete,
    )


def _values(members: Iterable[Ingress], key: str) -> Iterator[str]:
    for ingress in members:
        value = ingress.said.get(key, "").strip()
        if value:
            yield value


def read_json(value: str | None) -> Any:  # noqa: ANN401 - whatever an annotation holds
    """Return what the JSON of an annotation says; nothing where it is none, or too long."""
    if not value or len(value) > JSON_SIZE:
        return None
    try:
        return msgspec.json.decode(value)
    except (msgspec.DecodeError, RecursionError):
        return None


def objects(value: Any) -> list[dict[str, Any]]:  # noqa: ANN401 - whatever JSON holds
    """Return the objects of a list; none of anything else."""
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def text_of(item: Mapping[str, Any], key: str) -> str | None:
    """Return a member that is text, and no empty one."""
    value = item.get(key)
    return value if isinstance(value, str) and value else None


def ports_of(ingress: Ingress) -> Ports:
    """Return the ports that an Ingress is served at: each of a group has its own."""
    told = objects(read_json(ingress.said.get(f"{PREFIX}listen-ports")))
    pairs = [(key.upper(), port) for each in told for key, port in each.items()]
    http, https = (
        tuple(port for key, port in pairs if key == name and isinstance(port, int))
        for name in ("HTTP", "HTTPS")
    )
    if not http and not https:
        has_certificate = bool(ingress.said.get(f"{PREFIX}certificate-arn", "").strip())
        return Ports(https=(HTTPS_PORT,)) if has_certificate else Ports(http=(HTTP_PORT,))
    return Ports(http=http, https=https)


def tls_min_of(balancer: Balancer) -> str | Unknown:
    """Return the lowest version of TLS that a policy of AWS lets in, by its name."""
    policy = balancer.said.get(f"{PREFIX}ssl-policy", "")
    found = _TLS_MIN.search(policy)
    if found:
        return f"TLS_1_{found.group(1)}"
    return "TLS_1_0" if policy.startswith(_OLD_POLICIES) else UNKNOWN


def limited_to(balancer: Balancer, ingress: Ingress, reached: Reached) -> Reached:
    """Return from where an Ingress can be reached, with who alone is let in; not of groups that others make."""
    if ingress.said.get(f"{PREFIX}security-groups", "").strip():
        return reached
    if balancer.class_sources:
        by = "spec.inboundCIDRs of the IngressClassParams"
        return limited(reached, balancer.class_sources, by)
    key = f"{PREFIX}inbound-cidrs"
    return limited(reached, split(ingress.said.get(key, "")), key)


def guard_of(balancer: Balancer, ingress: Ingress, service: Mapping[str, str], place: str) -> Guard:
    """Return what is asked of callers.

    Args:
        balancer: That it is served by.
        ingress: That says so.
        service: Annotations of the Service that is sent to; they come first.
        place: The Ingress, in words.
    """
    said = {**ingress.said, **{key: value for key, value in service.items() if value}}
    guards = [
        *_signed_in(said, place),
        *_token(ingress.said, place),
        *_certificate(balancer, ports_of(ingress), place),
    ]
    has_waf = bool(balancer.said.get(f"{PREFIX}wafv2-acl-arn"))
    shared = Guard(
        on=frozenset({"waf"} if has_waf else ()),
        incomplete=balancer.incomplete,
        hidden=balancer.incomplete,
    )
    return together([*guards, shared])


def _signed_in(said: Mapping[str, str], place: str) -> Iterator[Guard]:
    kind = said.get(f"{PREFIX}auth-type", "").strip().lower()
    if kind not in {"oidc", "cognito"}:
        return
    told = read_json(said.get(f"{PREFIX}auth-idp-{kind}"))
    issuer = (
        text_of(told, "issuer" if kind == "oidc" else "userPoolARN")
        if isinstance(told, dict)
        else None
    )
    mode = said.get(f"{PREFIX}auth-on-unauthenticated-request", "authenticate").strip().lower()
    scheme = Scheme(
        kind=SchemeKind.OIDC,
        issuer=issuer_of(issuer),
        location="cookie",
        native_id=f"{place}: {PREFIX}auth-type",
    )
    words = f"{place}: {PREFIX}auth-type is {kind}, unauthenticated requests: {mode[:16]}"
    yield Guard(schemes=(scheme,), evidence=(words,), is_optional=mode == "allow")


def _token(said: Mapping[str, str], place: str) -> Iterator[Guard]:
    value = said.get(f"{PREFIX}jwt-validation")
    if not value:
        return
    told = read_json(value)
    issuer = text_of(told, "issuer") if isinstance(told, dict) else None
    scheme = Scheme(
        kind=SchemeKind.JWT,
        issuer=issuer_of(issuer),
        location="header:Authorization",
        native_id=f"{place}: {PREFIX}jwt-validation",
    )
    yield Guard(schemes=(scheme,), evidence=(f"{place}: {PREFIX}jwt-validation",))


def _certificate(balancer: Balancer, ports: Ports, place: str) -> Iterator[Guard]:
    """Yield that certificates are asked of callers: at every port that has TLS, or at some alone."""
    told = objects(read_json(balancer.said.get(f"{PREFIX}mutual-authentication")))
    asking = [each for each in told if each.get("mode") == "verify"]
    if not asking:
        return
    at = [each.get("port") for each in asking]
    if not any(port in at for port in ports.https):
        return
    everywhere = all(port in at for port in ports.https)
    words = f"{place}: {PREFIX}mutual-authentication is verify"
    scheme = Scheme(
        kind=SchemeKind.MTLS, location="tls", native_id=f"{place}: {PREFIX}mutual-authentication"
    )
    yield Guard(
        schemes=(scheme,),
        evidence=(words if everywhere else f"{words} at some ports alone",),
        is_optional=not everywhere,
        on=frozenset({"mtls"} if everywhere else ()),
    )
