"""VPC Lattice through the real SDK: services, listeners, rules, networks, policies, logs."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from apiscape.demo.aws.estate.estate import AwsEstate
from apiscape.demo.aws.estate.lattice import IAM, Lattice, answer, forward, http_match
from apiscape.demo.aws.estate.region import Region
from apiscape.demo.aws.wire.server import AwsServer
from tests.unit.demo.aws.sdk import ACCOUNT, OTHER, code


@pytest.fixture
def held(region: Region) -> Lattice:
    return region.shelves.of(Lattice)


@pytest.fixture
def client(server: AwsServer) -> Any:
    return server.client("vpc-lattice", ACCOUNT)


def test_the_listing_lacks_what_each_service_says_of_itself(client: Any, held: Lattice) -> None:
    service = held.service("pay", auth=IAM, customDomainName="pay.example", certificateArn="arn:c")
    (listed,) = client.list_services()["items"]
    assert (listed["id"], listed["name"], listed["status"]) == (service.id, "pay", "ACTIVE")
    assert "authType" not in listed
    assert "certificateArn" not in listed
    whole = client.get_service(serviceIdentifier=service.id)
    assert (whole["authType"], whole["certificateArn"]) == (IAM, "arn:c")
    by_arn = client.get_service(serviceIdentifier=service.arn)
    assert by_arn["dnsEntry"] == whole["dnsEntry"]


def test_pages_have_a_hundred_at_most(client: Any, held: Lattice) -> None:
    for number in range(120):
        held.service(f"s-{number}")
    first = client.list_services(maxResults=100)
    rest = client.list_services(maxResults=100, nextToken=first["nextToken"])
    assert [len(each["items"]) for each in (first, rest)] == [100, 20]
    with pytest.raises(ClientError) as error:
        client.list_services(nextToken="x")
    assert code(error) == "ValidationException"


def test_rules_are_listed_without_what_they_match_and_do(client: Any, held: Lattice) -> None:
    group = held.target_group("pay-v1")
    service = held.service("pay").listen(default=answer(404))
    service.rule(
        http_match("/v1", method="GET", headers={"beta": "yes"}), forward(group), name="v1"
    )
    (listener,) = client.list_listeners(serviceIdentifier=service.id)["items"]
    assert (listener["protocol"], listener["port"]) == ("HTTPS", 443)
    place = {"serviceIdentifier": service.id, "listenerIdentifier": listener["id"]}
    default, first = client.list_rules(**place)["items"]
    assert (default["isDefault"], first["isDefault"]) == (True, False)
    assert not {"match", "action"} & {*default, *first}
    whole = client.get_rule(**place, ruleIdentifier=first["id"])
    assert whole["match"]["httpMatch"] == {
        "method": "GET",
        "pathMatch": {"match": {"prefix": "/v1"}},
        "headerMatches": [{"name": "beta", "match": {"exact": "yes"}}],
    }
    assert whole["action"]["forward"]["targetGroups"][0]["targetGroupIdentifier"] == group
    assert client.get_rule(**place, ruleIdentifier=default["id"])["action"] == answer(404)
    (listed,) = client.list_target_groups()["items"]
    assert (listed["id"], listed["name"], listed["type"]) == (group, "pay-v1", "IP")


def test_a_rule_that_was_edited_says_so_alone(client: Any, held: Lattice) -> None:
    service = held.service("pay").listen().rule(http_match("/a"), answer(), name="a")
    before = client.get_service(serviceIdentifier=service.id)["lastUpdatedAt"]
    (listener,) = client.list_listeners(serviceIdentifier=service.id)["items"]
    place = {"serviceIdentifier": service.id, "listenerIdentifier": listener["id"]}
    old = client.list_rules(**place)["items"][1]["lastUpdatedAt"]
    service.edit_rule("a", match=http_match("/b"))
    assert client.list_rules(**place)["items"][1]["lastUpdatedAt"] > old
    assert client.get_service(serviceIdentifier=service.id)["lastUpdatedAt"] == before
    service.edit(customDomainName="x.example")
    assert client.get_service(serviceIdentifier=service.id)["lastUpdatedAt"] > before


def test_networks_say_who_reaches_a_service(client: Any, held: Lattice) -> None:
    network = held.network("shared", "vpc-1", "vpc-2", auth=IAM)
    service = held.service("pay").join(network)
    (joined,) = client.list_service_network_service_associations(serviceIdentifier=service.id)[
        "items"
    ]
    assert (joined["serviceNetworkId"], joined["serviceNetworkName"]) == (network.id, "shared")
    found = client.get_service_network(serviceNetworkIdentifier=network.id)
    assert (found["authType"], found["numberOfAssociatedVPCs"]) == (IAM, 2)
    vpcs = client.list_service_network_vpc_associations(serviceNetworkIdentifier=network.id)
    assert [each["vpcId"] for each in vpcs["items"]] == ["vpc-1", "vpc-2"]


def test_policies_logs_and_tags_are_of_services_and_networks(client: Any, held: Lattice) -> None:
    network, service = held.network("shared"), held.service("pay").tag({"owner": "Team Pay"})
    held.policy(service, {"Effect": "Allow", "Principal": "*"}).log(network, "arn:aws:s3:::logs")
    policy = client.get_auth_policy(resourceIdentifier=service.arn)
    assert json.loads(policy["policy"])["Statement"] == [{"Effect": "Allow", "Principal": "*"}]
    assert "policy" not in client.get_auth_policy(resourceIdentifier=network.id)
    (log,) = client.list_access_log_subscriptions(resourceIdentifier=network.id)["items"]
    assert log["destinationArn"] == "arn:aws:s3:::logs"
    assert client.list_access_log_subscriptions(resourceIdentifier=service.id)["items"] == []
    assert client.list_tags_for_resource(resourceArn=service.arn)["tags"] == {"owner": "Team Pay"}


def test_what_is_shared_keeps_its_owner_and_its_networks(
    client: Any, held: Lattice, estate: AwsEstate
) -> None:
    theirs = estate.account(OTHER).region("eu-west-1").shelves.of(Lattice)
    service = theirs.service("theirs").join(theirs.network("theirs"))
    held.share(service)
    (listed,) = client.list_services()["items"]
    assert listed["arn"].split(":")[4] == OTHER
    network = client.get_service_network(serviceNetworkIdentifier=service.networks[0].id)
    assert network["name"] == "theirs"


@pytest.mark.parametrize(
    ("call", "members"),
    [
        ("get_service", {"serviceIdentifier": "svc-00000000000000000"}),
        ("list_listeners", {"serviceIdentifier": "svc-00000000000000000"}),
        ("get_service_network", {"serviceNetworkIdentifier": "sn-00000000000000000"}),
        ("get_auth_policy", {"resourceIdentifier": "svc-00000000000000000"}),
    ],
)
def test_what_does_not_exist_is_not_found(client: Any, call: str, members: dict[str, str]) -> None:
    with pytest.raises(client.exceptions.ResourceNotFoundException):
        getattr(client, call)(**members)


def test_a_listener_and_a_rule_that_do_not_exist_are_not_found(client: Any, held: Lattice) -> None:
    service = held.service("pay").listen()
    (key,) = service.listeners
    for listener, rule in (
        (key, "rule-00000000000000000"),
        ("listener-00000000000000000", "x" * 20),
    ):
        with pytest.raises(client.exceptions.ResourceNotFoundException):
            client.get_rule(
                serviceIdentifier=service.id, listenerIdentifier=listener, ruleIdentifier=rule
            )
