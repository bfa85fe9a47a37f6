"""A service that the SDK, the region or the endpoint lacks is said to be absent, in words; nothing else is hidden."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import botocore.exceptions as sdk
import pytest
from urllib3.exceptions import NameResolutionError

from apiscape.collectors.aws.functions.url_collector import FunctionUrlCollector
from apiscape.collectors.aws.functions.web_collector import WebFunctionCollector
from apiscape.collectors.aws.outward import is_nameless
from apiscape.collectors.aws.signin import SignIn, call_client
from apiscape.collectors.aws.translating import Site, translate
from apiscape.collectors.contract import Unreachable, Unsupported
from apiscape.demo.aws.estate.functions import WebFunctions
from apiscape.demo.aws.estate.region import Region
from apiscape.demo.aws.wire.server import AwsServer
from tests.collectors.aws.desk import Desk

MAKE = SignIn.client


def unresolved(url: str) -> sdk.EndpointConnectionError:
    cause = NameResolutionError("host", None, OSError("no such name"))  # type: ignore[arg-type]  # of no pool
    return sdk.EndpointConnectionError(endpoint_url=url, error=cause)


def nameless(monkeypatch: pytest.MonkeyPatch, service: str) -> None:
    """Let the host of a service be found nowhere."""

    def client(self: SignIn, name: str, region: str) -> Any:
        made = MAKE(self, name, region)
        if name == service:

            def send(**_: object) -> None:
                raise unresolved("https://host.example")

            made.meta.events.register("before-send.*", send)
        return made

    monkeypatch.setattr(SignIn, "client", client)


@pytest.mark.parametrize(("offers", "kind"), [(False, Unsupported), (True, Unreachable)])
def test_a_host_that_is_not_found_is_absent_only_where_the_sdk_knows_no_such_region(
    offers: bool,
    kind: type[Exception],
    server: AwsServer,
    west: Region,
    desk: Desk,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    nameless(monkeypatch, "lambda-web")
    monkeypatch.setattr(SignIn, "offers", lambda *_: offers)
    seen = desk.collect(WebFunctionCollector())
    assert type(seen.error) is kind
    assert str(seen.error) == (
        "no host answers for lambda-web:ListWebFunctions in eu-west-1: its name is not found"
    )
    assert desk.collect(FunctionUrlCollector()).whole


def test_the_sdk_knows_some_regions_of_some_services(server: AwsServer, desk: Desk) -> None:
    sign_in = SignIn(desk.settings)
    assert sign_in.offers("lambda", "eu-west-1")
    assert not sign_in.offers("apprunner", "eu-north-1")
    assert not sign_in.offers("bedrock-agentcore-control", "eu-west-1")


def test_a_name_that_is_not_found_is_told_from_other_failures() -> None:
    site = Site("lambda:ListFunctions", "eu-west-1")
    assert is_nameless(translate(unresolved("x"), site))
    refused = sdk.EndpointConnectionError(endpoint_url="x", error=OSError("refused"))
    assert type(translate(refused, site)) is Unreachable
    assert not is_nameless(translate(refused, site))


def test_an_sdk_that_is_too_old_for_a_service_says_so(
    server: AwsServer, west: Region, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    west.shelves.of(WebFunctions).add("site").endpoint()

    def client(self: SignIn, name: str, region: str) -> Any:
        if name == "lambda-web":
            return MAKE(self, "lambda-of-no-year", region)
        return MAKE(self, name, region)

    monkeypatch.setattr(SignIn, "client", client)
    seen = desk.collect(WebFunctionCollector())
    assert isinstance(seen.error, Unsupported)
    assert "the SDK knows no lambda-of-no-year" in str(seen.error)


def test_an_sdk_that_is_too_old_for_a_call_says_so() -> None:
    client = SimpleNamespace(meta=SimpleNamespace(region_name="eu-west-1"))
    with pytest.raises(Unsupported, match=r"the SDK knows no lambda:ListFunctions in eu-west-1"):
        call_client(client, "lambda:ListFunctions", None, {})
