"""A scan of an organisation in a process of its own, so that its memory is its own.

    python -m tests.bench.accounts_child ACCOUNTS

Visits so many accounts by their roles, as the environment signs in; prints how many deployments there
are then, and the most memory that it ever held, before and after.
"""

from __future__ import annotations

import sys
import tempfile

import msgspec

from apiscape.collect.scan import Tools, scan
from apiscape.collect.source import SourcePlan
from apiscape.collectors.aws.settings import AwsSettings
from apiscape.demo.aws.seeds.generated import REGION, ROLE
from apiscape.store import open_store
from tests.bench.aws_scan import NO_QUOTA
from tests.bench.store_cycle import peak_bytes


class Visited(msgspec.Struct):
    """What a scan came to."""

    complete: int
    calls: int
    before_bytes: int
    peak_bytes: int


def visit(accounts: int) -> Visited:
    """Scan the first accounts of the organisation into a store of its own."""
    source = SourcePlan(
        name="bench",
        provider="aws",
        settings=AwsSettings(
            regions=(REGION,),
            accounts=tuple(f"31{number:010d}" for number in range(accounts)),
            role_name=ROLE,
        ),
        products=("aws.apigateway.rest",),
        quotas={"apigateway": NO_QUOTA},
    )
    before = peak_bytes()
    with (
        tempfile.TemporaryDirectory() as folder,
        open_store(f"{folder}/store.db", write=True) as store,
    ):
        report = scan([source], store, tools=Tools())
    complete = sum(run.outcome == "complete" for run in report.runs)
    calls = sum(run.ledger.calls for run in report.runs)
    return Visited(complete, calls, before, peak_bytes())


if __name__ == "__main__":
    print(msgspec.json.encode(visit(int(sys.argv[1]))).decode())
