"""Clocks that are off: AWS refuses what is signed at another time than its own, in the words of a wrong secret."""

from __future__ import annotations

from apiscape.collectors.contract import CredentialsInvalid

NEXT_STEP = "set this machine's clock by NTP; AWS takes no request that is five minutes off"

_SKEWED = "RequestTimeTooSkewed"
_SIGNATURE_REFUSED = frozenset({"InvalidSignatureException", "SignatureDoesNotMatch"})
_OF_TIME = ("signature expired", "signature not yet current")
"""What AWS says of a signature whose time is too far from its own."""


def clock_error(code: str, said: str, where: str, operation: str) -> CredentialsInvalid | None:
    """Return the error of a clock that is off, if that is what a refusal means.

    Args:
        code: Of the answer.
        said: The answer's message, in lower case.
        where: The call in words.
        operation: The call by its name.
    """
    is_of_time = code in _SIGNATURE_REFUSED and any(words in said for words in _OF_TIME)
    if code != _SKEWED and not is_of_time:
        return None
    error = CredentialsInvalid(
        f"this machine's clock is not AWS's: {where} was signed for another time ({code})",
        operation=operation,
    )
    error.next_step = NEXT_STEP
    return error
