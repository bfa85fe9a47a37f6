"""What collecting from AWS can come to besides the contract's errors, and what of it ends what."""

from __future__ import annotations

from apiscape.collectors.contract import (
    AccessDenied,
    CollectorError,
    CredentialsInvalid,
    Gone,
    Malformed,
    Throttled,
    Unreachable,
    Unsupported,
)
from apiscape.model.vocabulary import ErrorKind

SIGN_IN = "sign in: `profile` of the source, AWS's variables, or the role of whoever runs this"
CHECK_KEYS = "check the access key and its secret: `profile` of the source, or AWS's variables; then scan again"


class Refused(CollectorError):
    """The service will not do this (4xx that is none of the others): not a matter of rights."""

    kind = ErrorKind.MALFORMED


class GivenUp(CollectorError):
    """The endpoint does not offer this at all: it was tried once in this visit."""

    kind = ErrorKind.MALFORMED


class NotOffered(CollectorError):
    """The endpoint says that it has no such call, or answers it with something else: an emulator."""

    kind = ErrorKind.MALFORMED


class Unexplained(CollectorError):
    """404 without the service's own word: evidence neither that a thing is gone nor of anything else."""

    kind = ErrorKind.MALFORMED


class RegionDoubt(CollectorError):
    """Credentials unknown *here*: also what a region answers that is not enabled."""

    kind = ErrorKind.CREDENTIALS
    next_step = CHECK_KEYS


class Ended(CollectorError):
    """Temporary credentials past their time."""

    kind = ErrorKind.CREDENTIALS
    next_step = "sign in again, then scan again"


ONE_DETAIL = (
    *(AccessDenied, Unsupported, Malformed, Gone),
    *(Refused, NotOffered, Unexplained, GivenUp),
)
"""Errors that stay: the object can be recorded without the detail, which is said."""

ONE_OBJECT = (*ONE_DETAIL, Throttled, Unreachable)
"""Errors of one object's detail; the rest of the listing goes on."""

INTERNAL = (Ended, RegionDoubt)
"""Errors that a session resolves; nobody else sees them."""


def not_signed_in(error: CollectorError) -> CredentialsInvalid:
    """Return an internal error as what it comes to in the end."""
    known = CredentialsInvalid(error.message, operation=error.operation)
    known.next_step = error.next_step
    return known
