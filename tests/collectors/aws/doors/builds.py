"""Small estates with everything that leads to APIs."""

from __future__ import annotations

from apiscape.demo.aws.estate.acm import Certificates
from apiscape.demo.aws.estate.cloudfront import CloudFront
from apiscape.demo.aws.estate.estate import Account
from apiscape.demo.aws.estate.region import Region
from apiscape.demo.aws.estate.route53 import Route53

API = "abc123.execute-api.eu-west-1.amazonaws.com"


def add_doors(account: Account, region: Region) -> None:
    """Give an account two distributions, a zone and a certificate."""
    front = account.shelves.of(CloudFront)
    front.distribution("cdn.example").origin("api", API, "/prod").behave("/v1/*", "api")
    front.tenant(front.distribution().origin("api", API), "one", "one.example")
    account.shelves.of(Route53).zone("example").alias("api.example", API)
    region.shelves.of(Certificates).certificate("api.example")
