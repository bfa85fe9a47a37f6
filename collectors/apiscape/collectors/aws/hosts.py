"""Host names as answers give them, and which service made them."""

from __future__ import annotations

import re

_HOST = re.compile(r"(?:\*\.)?[a-z0-9_-]+(?:\.[a-z0-9_-]+)*")
_LONGEST = 253
_DUALSTACK = "dualstack."
_OCTAL = re.compile(r"\\([0-7]{3})")

_SUFFIX = r"(?:amazonaws\.(?:com(?:\.cn)?|eu)|c2s\.ic\.gov|sc2s\.sgov\.gov|cloud\.adc-e\.uk|csp\.hci\.ic\.gov)"
"""What ends the hosts of services, in whichever partition of AWS."""

_SERVICES = tuple(
    (re.compile(pattern), title)
    for pattern, title in (
        (rf"[a-z0-9-]+\.execute-api\.[a-z0-9-]+\.{_SUFFIX}", "API Gateway"),
        (r"[a-z0-9]+\.cloudfront\.(?:net|cn)", "CloudFront"),
        (rf"[a-z0-9-]+\.[a-z0-9-]+\.elb\.{_SUFFIX}", "a load balancer"),
        (rf"[a-z0-9-]+\.elb\.[a-z0-9-]+\.{_SUFFIX}", "a load balancer"),
        (r"[a-z0-9]+\.[a-z0-9-]+\.awsapprunner\.com", "App Runner"),
        (r"[a-z0-9]+\.lambda-url\.[a-z0-9-]+\.on\.aws", "a function URL"),
        (rf"[a-z0-9]+\.appsync-(?:realtime-)?api\.[a-z0-9-]+\.{_SUFFIX}", "AppSync"),
        (r"[a-z0-9-]+\.[a-z0-9]+\.vpc-lattice-svcs\.[a-z0-9-]+\.on\.aws", "VPC Lattice"),
        (r"[a-z0-9]+\.awsglobalaccelerator\.com", "Global Accelerator"),
        (r"[a-z0-9-]+(?:\.[a-z0-9-]+)?\.azure-api\.net", "Azure API Management"),
        (r"[a-z0-9-]+(?:\.[a-z0-9-]+)*\.gateway\.dev", "Google API Gateway"),
    )
)
"""What services call the hosts that they make for APIs and for what stands before them."""

API_HOST = rf"(?!d-)(?P<native>[a-z0-9]+)\.execute-api\.(?P<region>[a-z0-9-]+)\.{_SUFFIX}"
DOMAIN_HOST = rf"d-[a-z0-9]+\.execute-api\.(?P<region>[a-z0-9-]+)\.{_SUFFIX}"
SERVICE_HOST = r"[a-z0-9]+\.(?P<region>[a-z0-9-]+)\.awsapprunner\.com"
FUNCTION_HOST = r"[a-z0-9]+\.lambda-url\.(?P<region>[a-z0-9-]+)\.on\.aws"
"""Hosts that no other service has the form of; a network of caches and load balancers lend theirs to others."""

_OF_A_DOMAIN = "d-"
"""Begins the host that API Gateway makes for a custom domain, which answers to the domain's name."""

LET_GO = frozenset({"API Gateway", "CloudFront", "a load balancer", "App Runner", "a function URL"})
"""Services of which somebody else may get to answer for a name that still points at what is gone."""


def read_host(value: str | None) -> str | None:
    r"""Return a host in lower case and without its trailing dot; `None` where it is none.

    Letters beyond ASCII are never folded into it: the host that `\u212a.example` would become is another's.
    """
    if value is None or len(value) > _LONGEST + 1 or not value.isascii():
        return None
    host = value.casefold().rstrip(".")
    return host if _HOST.fullmatch(host) else None


def read_record_name(value: str | None) -> str | None:
    r"""Return the host that a record is for; a star stands in it as `\052`."""
    return read_host(_OCTAL.sub(lambda found: chr(int(found[1], 8)), value) if value else None)


def read_target(value: str | None) -> str | None:
    """Return the host that a record points at; a load balancer's answers without `dualstack.` as well."""
    host = read_host(value)
    return host.removeprefix(_DUALSTACK) if host else None


def service_of(host: str) -> str | None:
    """Return which service made a host, in words, of those that run APIs or stand before them."""
    return next((title for pattern, title in _SERVICES if pattern.fullmatch(host)), None)


def takes_its_own_name_alone(host: str) -> bool:
    """Say whether what answers at a host refuses requests that name another one."""
    service = service_of(host)
    if service == "API Gateway":
        return not host.startswith(_OF_A_DOMAIN)
    return service == "a function URL"
