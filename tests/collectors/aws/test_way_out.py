"""Every call of the SDK leaves by the configured way: through the proxy, and trusting whom it should."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ProxyConnectionError

from apiscape.collectors.aws.apigateway.rest_collector import RestApiCollector
from apiscape.collectors.aws.outward import blocked
from apiscape.collectors.aws.settings import AwsSettings, RoleSettings
from apiscape.collectors.aws.signin import SignIn
from apiscape.collectors.contract import CollectorError, Unreachable
from apiscape.demo.aws.estate.region import Region
from apiscape.demo.aws.wire.server import AwsServer
from apiscape.network.ways import Network
from tests.collectors.aws.desk import ACCOUNT, REGION, Desk
from tests.proxies import RecordingProxy, encrypted, forget_variables, lead_only_through, proxying
from tests.unit.health.probing.servers import certificate

HOST = "aws.gateway.test"
PASSWORD = "c4nary-pass-word"
TOKEN = {"accessToken": "t", "expiresAt": "2099-01-01T00:00:00Z"}


class Behind:
    """The emulated AWS by TLS, under a name that nobody but the proxy knows."""

    def __init__(self, bundle: Path, port: int, server: AwsServer) -> None:
        self.bundle = str(bundle)
        self.names = {HOST: port}
        self.server = server

    def settings(self, proxy: str | None, **fields: Any) -> AwsSettings:
        network = {"proxy": proxy, "ca_bundle": self.bundle} | fields
        return AwsSettings(
            regions=(REGION,),
            endpoint_url=f"https://{HOST}",
            network=Network(**network),
            total_max_attempts=1,
        )


@pytest.fixture
def behind(server: AwsServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Behind]:
    forget_variables(monkeypatch)
    monkeypatch.delenv("AWS_ENDPOINT_URL")
    file = certificate(tmp_path, name=HOST)
    with encrypted(int(server.url.rpartition(":")[2]), file) as port:
        yield Behind(file, port, server)


@pytest.fixture
def proxy(behind: Behind, monkeypatch: pytest.MonkeyPatch) -> Iterator[RecordingProxy]:
    with proxying(behind.names) as proxy:
        lead_only_through(proxy, monkeypatch)
        yield proxy


def failure(settings: AwsSettings) -> CollectorError:
    with pytest.raises(CollectorError) as caught:
        SignIn(settings).identity()
    return caught.value


def test_a_whole_visit_goes_through_the_proxy(
    behind: Behind, proxy: RecordingProxy, west: Region
) -> None:
    west.rest_api("payments").method("GET", "/x").deploy("live")
    desk = Desk(behind.settings(proxy.url))
    seen = desk.collect(RestApiCollector())
    desk.close()
    assert seen.error is None
    assert seen.one("payments").stage == "live"
    assert proxy.targets() == {f"{HOST}:443"}
    assert {each.method for each in proxy.passed} == {"CONNECT"}
    spent = {each.family: each for each in desk.budget.spending.sums()}
    assert spent["apigateway"].calls == desk.budget.calls
    assert (spent["apigateway"].took_s or 0) > 0
    assert spent["apigateway"].failure is None


def test_calls_without_an_answer_are_told_by_the_type_of_their_error(
    behind: Behind, proxy: RecordingProxy
) -> None:
    desk = Desk(behind.settings(None))
    assert isinstance(desk.collect(RestApiCollector()).error, Unreachable)
    desk.close()
    (spent,) = (one for one in desk.budget.spending.sums() if one.family == "apigateway")
    assert (spent.failed, spent.failure) == (spent.calls, "EndpointConnectionError")


def test_planning_and_roles_go_through_it_too(
    behind: Behind, proxy: RecordingProxy, server: AwsServer
) -> None:
    settings = behind.settings(proxy.url)
    assert SignIn(settings).identity().account == ACCOUNT
    role = server.estate.accounts[ACCOUNT].role("reader", trusted=ACCOUNT)
    before = len(proxy.passed)
    assert SignIn(settings, RoleSettings(role_arn=role)).identity().account == ACCOUNT
    assert server.calls.count("sts:AssumeRole") == 1
    assert len(proxy.passed) - before >= 2
    assert proxy.targets() == {f"{HOST}:443"}


def test_without_the_proxy_nothing_is_reached(behind: Behind, proxy: RecordingProxy) -> None:
    assert isinstance(failure(behind.settings(None)), Unreachable)
    assert proxy.passed == []


def test_the_variables_hold_where_the_configuration_is_silent(
    behind: Behind, proxy: RecordingProxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", proxy.url)
    monkeypatch.setenv("AWS_CA_BUNDLE", behind.bundle)
    assert SignIn(behind.settings(None, ca_bundle=None)).identity().account == ACCOUNT
    assert proxy.targets() == {f"{HOST}:443"}


def test_what_is_reached_directly_asks_neither_proxy(
    behind: Behind, proxy: RecordingProxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    for network in ({"proxy": proxy.url}, {"proxy": None}):
        monkeypatch.setenv("HTTPS_PROXY", proxy.url)
        settings = behind.settings(**network, no_proxy=(".test",))
        assert isinstance(failure(settings), Unreachable)
        assert proxy.passed == []
        client = SignIn(settings).client("apigateway", REGION)
        assert client.meta.config.proxies == {}
        client.close()


def test_an_endpoint_on_this_machine_is_reached_directly(
    server: AwsServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    forget_variables(monkeypatch)
    with proxying({}) as proxy:
        network = Network(proxy=proxy.url, no_proxy=("127.0.0.0/8",))
        sign_in = SignIn(AwsSettings(endpoint_url=server.url, network=network))
        assert sign_in.identity().account == ACCOUNT
        assert proxy.passed == []


# The SDK's own clients.


def test_single_sign_on_goes_through_the_proxy(
    tmp_path: Path, proxy: RecordingProxy, behind: Behind, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The SDK signs in at a portal of its own, by a client that nobody configures."""
    sign_in_by_portal(tmp_path, monkeypatch)
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    assert failure(behind.settings(proxy.url)).message.endswith("through (502)")
    assert {each.target for each in proxy.passed} == {f"portal.sso.{REGION}.amazonaws.com:443"}


def test_a_role_of_a_profile_is_taken_on_through_the_proxy(
    tmp_path: Path,
    proxy: RecordingProxy,
    behind: Behind,
    server: AwsServer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    role = server.estate.accounts[ACCOUNT].role("reader", trusted=ACCOUNT)
    profile = f"[profile hub]\nrole_arn = {role}\ncredential_source = Environment\n"
    file = write_profile(tmp_path, monkeypatch, f"{profile}region = {REGION}\n")
    assert file.exists()
    monkeypatch.setenv("AWS_PROFILE", "hub")
    monkeypatch.setenv("AWS_ENDPOINT_URL_STS", f"https://{HOST}")
    monkeypatch.setenv("AWS_REGION", REGION)
    settings = AwsSettings(
        profile="hub",
        regions=(REGION,),
        endpoint_url=f"https://{HOST}",
        network=Network(proxy=proxy.url, ca_bundle=behind.bundle),
        total_max_attempts=1,
    )
    assert ":assumed-role/reader/" in SignIn(settings).identity().arn
    assert server.calls.count("sts:AssumeRole") == 1
    assert proxy.targets() == {f"{HOST}:443"}


def write_profile(folder: Path, environment: pytest.MonkeyPatch, text: str) -> Path:
    file = folder / "config"
    file.write_text(text)
    environment.setenv("AWS_CONFIG_FILE", str(file))
    return file


def sign_in_by_portal(folder: Path, environment: pytest.MonkeyPatch) -> None:
    """Have a profile that has logged in at a portal, and nothing else to sign in with."""
    start = "https://tax.awsapps.com/start"
    lines = (
        *("[profile portal]", f"sso_start_url = {start}", f"sso_region = {REGION}"),
        *(f"sso_account_id = {ACCOUNT}", "sso_role_name = reader", f"region = {REGION}"),
    )
    write_profile(folder, environment, "\n".join(lines))
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        environment.delenv(name)
    environment.setenv("AWS_PROFILE", "portal")
    environment.setattr("botocore.utils.SSOTokenLoader.__call__", lambda *_: TOKEN)


# What is said where it leads nowhere.


def test_a_private_certificate_that_is_not_trusted_names_the_key(
    behind: Behind, proxy: RecordingProxy
) -> None:
    error = failure(behind.settings(proxy.url, ca_bundle=None))
    assert isinstance(error, Unreachable)
    assert "certificate" in error.message
    assert "network.ca_bundle" in str(error.record().next_step)
    assert error.record().kind == "unreachable"


def test_a_proxy_that_asks_for_credentials_is_named_without_any(
    behind: Behind, monkeypatch: pytest.MonkeyPatch
) -> None:
    with proxying(behind.names, credentials=f"agent:{PASSWORD}") as proxy:
        lead_only_through(proxy, monkeypatch)
        wrong = proxy.url.replace("//", "//agent:not-it@")
        for variable in (None, wrong):
            if variable is not None:
                monkeypatch.setenv("HTTPS_PROXY", variable)
            error = failure(behind.settings(proxy.url))
            assert error.message == f"the proxy {proxy.url} asks for credentials (407)"
            assert "HTTPS_PROXY" in str(error.record().next_step)
            assert "not-it" not in repr(error.record())
        monkeypatch.setenv("HTTPS_PROXY", proxy.url.replace("//", f"//agent:{PASSWORD}@"))
        assert SignIn(behind.settings(proxy.url)).identity().account == ACCOUNT
        assert [each.status for each in proxy.passed] == [407, 407, 0]


def test_a_plain_endpoint_behind_a_proxy_that_asks_for_credentials(
    behind: Behind, monkeypatch: pytest.MonkeyPatch
) -> None:
    with proxying(behind.names, credentials="a:b") as proxy:
        settings = AwsSettings(
            endpoint_url=f"http://{HOST}", network=Network(proxy=proxy.url), total_max_attempts=1
        )
        error = failure(settings)
    assert error.message == f"the proxy {proxy.url} asks for credentials (407)"
    assert "HTTPS_PROXY" in str(error.record().next_step)


def test_a_proxy_that_turns_away_says_which_and_with_what(
    behind: Behind, monkeypatch: pytest.MonkeyPatch
) -> None:
    with proxying(behind.names, refuses=403) as proxy:
        error = failure(behind.settings(proxy.url))
    assert error.message.startswith(f"the proxy {proxy.url} does not let sts:GetCallerIdentity")
    assert error.message.endswith("(403)")
    assert "network.no_proxy" in str(error.record().next_step)


def test_a_proxy_that_is_down_is_named_without_its_password(
    behind: Behind, monkeypatch: pytest.MonkeyPatch
) -> None:
    with proxying(behind.names) as proxy:
        down = proxy.url
    monkeypatch.setenv("HTTPS_PROXY", down.replace("//", f"//agent:{PASSWORD}@"))
    for network in (Network(proxy=down), Network()):
        settings = AwsSettings(
            endpoint_url=f"https://{HOST}", network=network, total_max_attempts=1
        )
        error = failure(settings)
        assert error.message == f"the proxy {down} does not answer"
        assert "network.proxy" in str(error.record().next_step)
        assert PASSWORD not in repr(error.record())


def test_the_certificate_of_the_proxy_itself_is_told_apart() -> None:
    error = ProxyConnectionError(
        proxy_url="https://u:p@proxy.example:3128",
        error="[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed",
    )
    said = blocked(error, "sts:X in eu-west-1", "sts:X")
    assert said is not None
    assert said.message == "the certificate of the proxy https://proxy.example:3128 is not trusted"
    assert "network.ca_bundle" in str(said.record().next_step)
