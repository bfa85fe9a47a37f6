"""A look at a function: what a resource policy says of who may call it."""

from __future__ import annotations

from apiscape.collectors.aws.errors import ONE_DETAIL
from apiscape.collectors.aws.looking import Look
from apiscape.collectors.aws.picking import Item, text
from apiscape.collectors.aws.policies import read_policy
from apiscape.collectors.contract import Gone, Malformed
from apiscape.model.values import UNKNOWN, Unknown


def resource_policy(
    look: Look, detail: str, operation: str, member: str, **parameters: object
) -> Item | Unknown | None:
    """Return a function's resource policy, unknown and a gap where it may not be read.

    Not-found is how the service says that there is none.

    Raises:
        CollectorError: it may be readable the next time.
    """
    try:
        answer = look.calls.call(operation, **parameters)
    except Gone:
        return None
    except ONE_DETAIL as error:
        look.gaps.note(detail, error)
        return UNKNOWN
    policy = read_policy(text(answer, member) or "")
    if policy is None:
        look.gaps.note(detail, Malformed("the resource policy cannot be read"))
        return UNKNOWN
    return policy
