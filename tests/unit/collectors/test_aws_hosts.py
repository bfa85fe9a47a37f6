"""Hosts that services of AWS make are known in every partition that the SDK knows."""

from __future__ import annotations

import re

import botocore.session
import pytest

from apiscape.collectors.aws.hosts import (
    API_HOST,
    DOMAIN_HOST,
    service_of,
    takes_its_own_name_alone,
)

SUFFIXES = sorted(
    {
        partition["outputs"]["dnsSuffix"]
        for partition in botocore.session.get_session().get_data("partitions")["partitions"]
    }
)


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_host_is_its_services_in_every_partition(suffix: str) -> None:
    place = f"xx-region-1.{suffix}"
    assert service_of(f"abc123.execute-api.{place}") == "API Gateway"
    assert service_of(f"d-abc123.execute-api.{place}") == "API Gateway"
    assert service_of(f"web-1.xx-region-1.elb.{suffix}") == "a load balancer"
    assert service_of(f"net-1.elb.{place}") == "a load balancer"
    assert service_of(f"abc123.appsync-api.{place}") == "AppSync"
    assert service_of(f"abc123.appsync-realtime-api.{place}") == "AppSync"
    assert takes_its_own_name_alone(f"abc123.execute-api.{place}")
    assert not takes_its_own_name_alone(f"d-abc123.execute-api.{place}")


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_the_host_of_an_api_tells_its_id_and_region(suffix: str) -> None:
    api = re.fullmatch(API_HOST, f"abc123.execute-api.xx-region-1.{suffix}")
    domain = re.fullmatch(DOMAIN_HOST, f"d-abc123.execute-api.xx-region-1.{suffix}")
    assert api is not None
    assert domain is not None
    assert (api["native"], api["region"], domain["region"]) == (
        *("abc123", "xx-region-1"),
        "xx-region-1",
    )


@pytest.mark.parametrize(
    "host",
    [
        "abc123.execute-api.xx-region-1.amazonaws.com.example",
        "abc123.execute-api.xx-region-1.amazonawsxcom",
        "abc123.execute-api.xx-region-1.amazonaws.org",
        "execute-api.xx-region-1.amazonaws.com",
        "abc123.appsync-api.xx-region-1.example",
    ],
)
def test_what_ends_otherwise_is_nobodys(host: str) -> None:
    assert service_of(host) is None
