"""The emulated AWS in a process of its own, so that a client's time is its own.

    python -m tests.bench.aws_server '{"apis": 300, "methods": 10}' LATENCY_S

With `accounts` it is an organisation of so many. Prints the environment that signs in to it, and ends with
its standard input.
"""

from __future__ import annotations

import sys
from typing import Any

import msgspec

from apiscape.demo.aws.seeds.generated import (
    ACCOUNT,
    REGION,
    generated_estate,
    generated_organisation,
)
from apiscape.demo.aws.wire.server import AwsServer


def serve(estate: dict[str, Any], latency_s: float) -> None:
    """Serve a generated estate until standard input ends."""
    make = generated_organisation if "accounts" in estate else generated_estate
    with AwsServer(make(**estate), latency_s=latency_s) as server:
        sys.stdout.buffer.write(msgspec.json.encode(server.environment(ACCOUNT, REGION)) + b"\n")
        sys.stdout.buffer.flush()
        sys.stdin.read()


if __name__ == "__main__":
    serve(msgspec.json.decode(sys.argv[1]), float(sys.argv[2]))
