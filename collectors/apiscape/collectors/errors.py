"""What ends a visit of a part, named by what the operator should do. `collectors.contract` gives them to collectors.

CollectorError                 message, permission?, operation?
├── CredentialsInvalid         renew or correct the credentials
├── AccessDenied               grant the permission
├── Throttled                  wait (`retry_after_s`)
├── Unreachable                check network and endpoint
├── Gone                       nothing to do: the thing was deleted
├── Unsupported                the product, region or SDK lacks it: the part is absent
├── Malformed                  report it: one answer could not be understood
├── BadFile                    correct the file that the source names
└── Cancelled                  the visit was told to stop, or its deadline passed
"""

from __future__ import annotations

from typing import ClassVar

import msgspec

from apiscape.model.run import ErrorRecord
from apiscape.model.vocabulary import ErrorKind


class CollectorError(Exception):
    """Something went wrong while collecting.

    Attributes:
        kind: A word of `ErrorKind`.
        permission: The right that was missing, in the provider's words.
        operation: The call that failed.
        next_step: What helps, where it is not what helps with every error of the kind.
    """

    kind: ClassVar[str] = ErrorKind.DEFECT
    next_step: str | None = None

    def __init__(
        self, message: str, *, permission: str | None = None, operation: str | None = None
    ) -> None:
        """Keep what the operator needs; the message must hold no credential."""
        super().__init__(message)
        self.message = message
        self.permission = permission
        self.operation = operation

    def record(self) -> ErrorRecord:
        """Return the error as data."""
        return ErrorRecord(
            kind=self.kind,
            message=self.message,
            permission=self.permission,
            operation=self.operation,
            next_step=self.next_step,
        )


class CredentialsInvalid(CollectorError):
    """The credentials are missing, expired or wrong, or a role cannot be assumed."""

    kind = ErrorKind.CREDENTIALS


class AccessDenied(CollectorError):
    """The identity lacks a permission."""

    kind = ErrorKind.ACCESS_DENIED


class Throttled(CollectorError):
    """The provider refused for rate, and kept refusing."""

    kind = ErrorKind.THROTTLED

    def __init__(
        self, message: str, *, retry_after_s: float | None = None, operation: str | None = None
    ) -> None:
        """Keep how long the provider asked to wait."""
        super().__init__(message, operation=operation)
        self.retry_after_s = retry_after_s

    def record(self) -> ErrorRecord:
        """Return the error as data, with how long to wait."""
        return msgspec.structs.replace(super().record(), retry_after_s=self.retry_after_s)


class Unreachable(CollectorError):
    """No usable answer: connection refused or cut, time-out, server error."""

    kind = ErrorKind.UNREACHABLE


class Gone(CollectorError):
    """A direct read answered that the thing does not exist."""

    kind = ErrorKind.GONE


class Unsupported(CollectorError):
    """The product does not exist here: region, SDK or cluster lacks it."""

    kind = ErrorKind.UNSUPPORTED


class Malformed(CollectorError):
    """An answer that cannot be understood."""

    kind = ErrorKind.MALFORMED

    def __init__(
        self, message: str, *, native_id: str | None = None, operation: str | None = None
    ) -> None:
        """Keep which object it was."""
        super().__init__(message, operation=operation)
        self.native_id = native_id


class BadFile(CollectorError):
    """A file that the source's settings name cannot be used.

    Attributes:
        path: The file.
        line: Counted from 1; `None` where it is not known.
        why: What is wrong, without file and line.
    """

    kind = ErrorKind.MALFORMED

    def __init__(self, message: str, *, path: str, line: int | None, why: str) -> None:
        """Keep the place; the message says it in short."""
        super().__init__(message, operation="plan")
        self.path = path
        self.line = line
        self.why = why


class Cancelled(CollectorError):
    """The visit was told to stop, or its deadline passed."""

    kind = ErrorKind.DEADLINE
