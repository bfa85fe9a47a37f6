"""What a resource policy says of who may call a function."""

from __future__ import annotations

from apiscape.collectors.aws.errors import ONE_DETAIL
from apiscape.collectors.aws.looking import Look
from apiscape.collectors.aws.picking import Item, text
from apiscape.collectors.aws.policies import UnreadPolicy, read_policy
from apiscape.collectors.contract import Gone
from apiscape.model.values import UNKNOWN, Unknown


def read_policy_of(
    look: Look, detail: str, operation: str, member: str, **parameters: object
) -> Item | Unknown | None:
    """Return the resource policy of a function, unknown and a gap where it may not be read.

    Not-found is how the service says that there is none.

    Args:
        look: At the function.
        detail: What the gap is called.
        operation: That answers with the policy.
        member: What the answer calls it.
        **parameters: What is asked with.

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
        look.gaps.note(detail, UnreadPolicy("resource policy"))
        return UNKNOWN
    return policy
