"""What the department has of VPC Lattice: services that its accounts call among themselves."""

from __future__ import annotations

from apiscape.demo.aws.estate.lattice import IAM, NONE, Lattice, answer, forward, http_match
from apiscape.demo.aws.estate.region import Region

_ORGANISATION = {
    "Effect": "Allow",
    "Principal": "*",
    "Action": "vpc-lattice-svcs:Invoke",
    "Resource": "*",
    "Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-department"}},
}


def add_lattice(region: Region) -> None:
    """Add three services of one network: one for the organisation, one for anybody inside, one of a cluster."""
    held = region.shelves.of(Lattice)
    network = held.network("department", "vpc-0a1b2c3d", "vpc-4e5f6071")
    held.log(network, "arn:aws:s3:::department-lattice-logs")
    people = held.target_group("people-v2", vpcIdentifier="vpc-0a1b2c3d", protocol="HTTPS")
    records = held.service("people-records", auth=IAM, customDomainName="people.internal.example")
    records.join(network).listen().tag({"owner": "Team Records", "environment": "prod"})
    records.rule(http_match("/people", method="GET"), forward(people), name="read")
    records.rule(http_match("/people", method="POST"), forward(people), name="write")
    held.policy(records, _ORGANISATION)
    postcodes = held.service("postcodes", auth=NONE).join(network).tag({"environment": "prod"})
    function = held.target_group("postcodes", "LAMBDA")
    postcodes.listen("HTTP", 80, default=forward(function))
    cluster = (
        held.service("case-search-shop", auth=NONE)
        .join(network)
        .tag(
            {
                "application-networking.k8s.aws/ManagedBy": f"{region.account.id}/department/vpc-0a1b2c3d",
                "application-networking.k8s.aws/RouteName": "case-search",
                "application-networking.k8s.aws/RouteNamespace": "cases",
                "application-networking.k8s.aws/RouteType": "http",
            }
        )
    )
    pods = held.target_group("k8s-case-search", vpcIdentifier="vpc-0a1b2c3d")
    cluster.listen(default=answer()).rule(http_match("/search"), forward(pods), name="search")
