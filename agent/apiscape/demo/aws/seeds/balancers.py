"""The department's load balancers: one for the public, one for staff, and one that a cluster made."""

from __future__ import annotations

from apiscape.demo.aws.estate.balancers import (
    Balancers,
    cognito_sign_in,
    fixed_response,
    forward,
    jwt_validation,
    oidc,
    redirect_to_https,
    when,
)
from apiscape.demo.aws.estate.region import Region

_ISSUER = "https://login.department.example.gov.uk"
_OLD_POLICY = "ELBSecurityPolicy-2016-08"


def balance(live: Region, shared: Region) -> None:
    """Put load balancers into a region of the live account, and into one of the shared account."""
    _public(live.shelves.of(Balancers))
    _staff(live.shelves.of(Balancers), live)
    _cluster(shared.shelves.of(Balancers))


def _public(shelf: Balancers) -> None:
    """Serve two public calculators and the open data behind a firewall; a redirect makes HTTPS of HTTP."""
    calculators = shelf.target_group("calculators", "healthy", "healthy", "healthy")
    trial = shelf.target_group("calculators-next", "healthy")
    reports = shelf.target_group("open-reports", "healthy", "unhealthy")
    tags = {"owner": "Team Online", "environment": "prod"}
    balancer = shelf.application("online-services", tags=tags)
    balancer.attributes["access_logs.s3.enabled"] = "true"
    balancer.listener(80, "HTTP", to=[redirect_to_https()])
    host = when("host-header", "online.example.gov.uk")
    balancer.listener(
        to=[fixed_response()], SslPolicy="ELBSecurityPolicy-TLS13-1-2-Res-PQ-2025-09"
    ).rule(
        host,
        when("path-pattern", "/calculators/*"),
        when("http-request-method", "GET", "POST"),
        to=[forward(calculators, trial, weights=[9, 1])],
    ).rule(
        host, when("path-pattern", "/account/*"), to=[jwt_validation(_ISSUER), forward(calculators)]
    ).rule(
        host,
        when("path-pattern", "/reports/*"),
        when("http-request-method", "GET"),
        to=[forward(reports)],
    )
    shelf.web_acl("online-services", balancer)


def _staff(shelf: Balancers, region: Region) -> None:
    """Let staff sign in to casework; the old rota lets through whoever does not."""
    pool = f"arn:aws:cognito-idp:{region.name}:{region.account.id}:userpool/{region.name}_staff"
    casework = shelf.target_group("casework", "healthy", "healthy")
    rota = shelf.target_group("rota")
    balancer = shelf.application("staff", internal=True, tags={"environment": "prod"})
    balancer.listener(to=[fixed_response()], SslPolicy=_OLD_POLICY).rule(
        when("host-header", "casework.internal.example.gov.uk"),
        to=[cognito_sign_in(pool), forward(casework)],
    ).rule(
        when("host-header", "rota.internal.example.gov.uk"),
        to=[oidc(_ISSUER, "allow"), forward(rota)],
    )


def _cluster(shelf: Balancers) -> None:
    """Stand in front of a cluster, as its controller made it."""
    pods = shelf.target_group("k8s-shop-api", "healthy", "healthy")
    tags = {
        "elbv2.k8s.aws/cluster": "department-services",
        "ingress.k8s.aws/resource": "LoadBalancer",
        "ingress.k8s.aws/stack": "licensing/permits",
    }
    balancer = shelf.application("k8s-licensing-permits", tags=tags)
    balancer.listener(to=[fixed_response()]).rule(
        when("host-header", "permits.example.gov.uk"),
        when("path-pattern", "/permits", "/permits/*"),
        to=[forward(pods)],
    )
