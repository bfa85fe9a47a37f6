"""Trying the rights of AppSync's collectors: one call each."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from apiscape.collectors.aws.appsync.domain_names import DomainNameCollector
from apiscape.collectors.aws.appsync.event_apis import EventCollector
from apiscape.collectors.aws.appsync.graphql_apis import GraphqlCollector, MergedCollector
from apiscape.collectors.trying import Grant
from apiscape.demo.aws.estate.appsync import AppSync
from apiscape.demo.aws.estate.region import Region
from apiscape.demo.aws.wire.server import AwsServer
from tests.collectors.aws.appsync.samples import fill
from tests.collectors.aws.desk import EVERY_OPTION, Desk
from tests.collectors.aws.test_trials import attempt, grants

COLLECTORS: tuple[Any, ...] = (
    GraphqlCollector,
    MergedCollector,
    EventCollector,
    DomainNameCollector,
)


@pytest.fixture
def desk() -> Iterator[Desk]:
    """Give the desk of a source that sets every option."""
    desk = Desk(EVERY_OPTION)
    yield desk
    desk.close()


@pytest.mark.parametrize("kind", COLLECTORS)
def test_resolvers_are_not_tried_where_nobody_asks_for_them(
    kind: Any, server: AwsServer, west: Region
) -> None:
    fill(west)
    west.deny("appsync:ListResolvers")
    west.deny("appsync:ListFunctions")
    plain = Desk()
    said = attempt(plain, kind)
    plain.close()
    assert set(grants(said).values()) <= {Grant.GRANTED, Grant.NOT_NEEDED}
    untried = {name: said[name].reason for name in said if said[name].grant == Grant.NOT_NEEDED}
    assert set(untried.values()) <= {"the source does not set `appsync.resolvers`"}
    assert set(untried) == set(said) & {"appsync:ListResolvers", "appsync:ListFunctions"}
    assert server.calls.count("appsync:ListResolvers") == 0


@pytest.mark.parametrize("kind", COLLECTORS)
def test_all_is_granted_at_one_call_each(
    kind: Any, server: AwsServer, west: Region, desk: Desk
) -> None:
    fill(west)
    said = attempt(desk, kind)
    wanted = [permission.operations[0] for permission in kind.permissions]
    assert grants(said) == dict.fromkeys(wanted, Grant.GRANTED)
    assert server.calls.by_operation() == dict.fromkeys(wanted, 1)


@pytest.mark.parametrize("kind", COLLECTORS)
def test_each_denied_right_in_turn_is_the_one_that_is_said(
    kind: Any, server: AwsServer, west: Region, desk: Desk
) -> None:
    fill(west)
    for permission in kind.permissions:
        (operation,) = permission.operations
        west.deny(operation)
        said = attempt(desk, kind)
        west.allow(operation)
        assert said[operation].grant == Grant.DENIED
        assert (said[operation].reason or "").startswith(f"needs {permission.action} ")
        granted = {name for name, grant in grants(said).items() if grant == Grant.GRANTED}
        first, *_ = kind.permissions
        every = {each.operations[0] for each in kind.permissions}
        assert granted == (set() if permission == first else every - {operation})


def test_where_there_is_no_api_only_the_listing_is_told(
    server: AwsServer, west: Region, desk: Desk
) -> None:
    west.shelves.of(AppSync).graphql("plain")
    said = attempt(desk, MergedCollector)
    assert said["appsync:GetIntrospectionSchema"].reason == "no merged API to try it on"
    assert server.calls.by_operation() == {"appsync:ListGraphqlApis": 1}
