"""What the tests of the emulated AWS share: names, real clients, and what a refusal says."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from apiscape.demo.aws.wire.server import AwsServer

ACCOUNT = "111122223333"
OTHER = "444455556666"

Serve = Callable[..., AwsServer]


def boto3_client(server: AwsServer, service: str, **options: Any) -> Any:
    """Make a boto3 client with settings of the test's own."""
    make: Any = boto3.client
    defaults = {"region_name": "eu-west-1", "endpoint_url": server.url}
    return make(service, **{**defaults, **server.credentials(ACCOUNT), **options})


def code(error: pytest.ExceptionInfo[ClientError]) -> str:
    """Give the code of a refusal."""
    response: Any = error.value.response
    return str(response["Error"]["Code"])


def status(error: pytest.ExceptionInfo[ClientError]) -> int:
    """Give the HTTP status of a refusal."""
    response: Any = error.value.response
    return int(response["ResponseMetadata"]["HTTPStatusCode"])
