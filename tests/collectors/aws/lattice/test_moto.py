"""A second opinion: the collector of VPC Lattice against moto, which can list neither rules nor targets."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import botocore.session
import pytest
from moto.server import ThreadedMotoServer

from apiscape.collectors.aws.lattice.services import ServiceCollector
from apiscape.collectors.aws.settings import AwsSettings
from tests.collectors.aws.desk import REGION, Desk

MOTO_ACCOUNT = "123456789012"


@pytest.fixture(scope="module")
def moto() -> Iterator[str]:
    server = ThreadedMotoServer("127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def client(moto: str, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("AWS_ENDPOINT_URL", moto)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "nothing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    return botocore.session.Session().create_client("vpc-lattice")


def test_a_service_is_recorded_without_listeners(client: Any) -> None:
    network = client.create_service_network(name="shared", authType="NONE")
    service = client.create_service(name="orders", authType="AWS_IAM", tags={"owner": "Team Moto"})
    client.create_service_network_service_association(
        serviceNetworkIdentifier=network["id"], serviceIdentifier=service["id"]
    )
    desk = Desk(AwsSettings(total_max_attempts=1))
    seen = desk.collect(ServiceCollector(), account=MOTO_ACCOUNT)
    desk.close()
    assert seen.error is None
    assert seen.whole
    assert seen.closes()
    item = seen.one("orders")
    assert item.native_id == f"aws:{MOTO_ACCOUNT}:{REGION}:vpc-lattice:{service['id']}"
    assert item.owners[0].name == "Team Moto"
    assert item.exposure_evidence == "reached through service networks only: shared (no VPC)"
    assert (item.operations, item.endpoints) == ((), ())
    assert seen.unseen == []
