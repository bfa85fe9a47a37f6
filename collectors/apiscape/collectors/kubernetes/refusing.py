"""Errors of signing in: named by what to do about them, in words that hold no credential.

Nothing of a kubeconfig is repeated but names of its entries and where something stands; nothing of
what a library or a program said is.
"""

from __future__ import annotations

from apiscape.collectors.contract import CredentialsInvalid, Unreachable
from apiscape.model.plain import plain

LONGEST_NAME = 120


def unusable(message: str, next_step: str, *, operation: str = "kubeconfig") -> CredentialsInvalid:
    """Return the error of something that nobody can sign in with.

    Args:
        message: What is wrong, without any value.
        next_step: What helps.
        operation: What was being done.
    """
    error = CredentialsInvalid(message, operation=operation)
    error.next_step = next_step
    return error


def no_way(message: str, next_step: str, *, operation: str = "connect") -> Unreachable:
    """Return the error of a cluster that cannot be reached as it is written."""
    error = Unreachable(message, operation=operation)
    error.next_step = next_step
    return error


def shown(name: str) -> str:
    """Return the name of an entry as people may see it: without control characters, and not without end."""
    short = name if len(name) <= LONGEST_NAME else f"{name[:LONGEST_NAME]}…"
    return plain(short)
