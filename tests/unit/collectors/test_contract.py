from __future__ import annotations

import pytest

from apiscape.collectors import contract
from apiscape.model.vocabulary import ErrorKind


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (contract.CredentialsInvalid("x"), ErrorKind.CREDENTIALS),
        (contract.AccessDenied("x", permission="a:Get", operation="Get"), ErrorKind.ACCESS_DENIED),
        (contract.Throttled("x", retry_after_s=3.0, operation="Get"), ErrorKind.THROTTLED),
        (contract.Unreachable("x"), ErrorKind.UNREACHABLE),
        (contract.Gone("x"), ErrorKind.GONE),
        (contract.Unsupported("x"), ErrorKind.UNSUPPORTED),
        (contract.Malformed("x", native_id="a1", operation="Get"), ErrorKind.MALFORMED),
        (contract.Cancelled("x"), ErrorKind.DEADLINE),
        (contract.CollectorError("x"), ErrorKind.DEFECT),
    ],
)
def test_every_error_becomes_data_named_by_what_to_do(
    error: contract.CollectorError, kind: str
) -> None:
    record = error.record()
    assert (record.kind, record.message) == (kind, "x")
    assert record.permission == error.permission
    assert record.operation == error.operation


def test_what_is_thrown_keeps_what_only_it_knows() -> None:
    assert contract.Throttled("x", retry_after_s=3.0).retry_after_s == 3.0
    assert contract.Throttled("x", retry_after_s=3.0).record().retry_after_s == 3.0
    assert contract.Malformed("x", native_id="a1").native_id == "a1"
